"""Turns conditions of Kusto's language into a Sigma detection: selections, and the condition that joins them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from duckdb_kql import ir

from hopwatch.model.errors import QueryError
from hopwatch.store.columns import schema_columns

MODIFIERS = {
    "==": "", "=~": "", "contains": "contains", "has": "contains", "hasprefix": "contains", "startswith": "startswith",
    "endswith": "endswith", "contains_cs": "contains|cased", "has_cs": "contains|cased",
    "startswith_cs": "startswith|cased", "endswith_cs": "endswith|cased", "matches regex": "re",
    "<": "lt", "<=": "lte", ">": "gt", ">=": "gte",
}  # fmt: skip
AFFIRMED = ("contains", "has", "startswith", "endswith", "contains_cs", "has_cs", "startswith_cs", "endswith_cs")
NEGATED = {"!=": "==", "!~": "=~"} | {f"!{operator}": operator for operator in AFFIRMED}
NAMES = {"ClientIp": "IpAddress", "EventSourceName": "Provider_Name", "UserSid": "UserID"}
OWN = {"EventID", "Computer", "Level", "Channel", "Keywords"}
SPECIAL = re.compile(r"(\\+)(?=([*?]?))|([*?])")


@dataclass
class Detection:
    """Selections and the condition that joins them; the event ids and the channel that all events must have."""

    selections: list[dict[str, Any]] = field(default_factory=list)
    condition: str = ""
    ids: list[int] = field(default_factory=list)
    channel: str | None = None

    def yaml(self) -> dict[str, Any]:
        """The detection as YAML has it."""
        return {f"selection{i}": s for i, s in enumerate(self.selections, 1)} | {"condition": self.condition}

    def named(self, selection: dict[str, Any]) -> str:
        """Add a selection, and give its name; one that is there already is not added again."""
        if selection not in self.selections:
            self.selections.append(selection)
        return f"selection{self.selections.index(selection) + 1}"


def detection(conditions: Iterable[ir.Expr]) -> Detection:
    """Give the detection of conditions that all must hold. Raises QueryError for what Sigma has no form for."""
    every = [part for condition in conditions for part in _parts(condition, "and")]
    found = Detection()
    rest = []
    for part in every:
        ids, channel = _ids(part), _channel(part)
        found.ids = ids or found.ids
        found.channel = channel or found.channel
        if channel is None:
            rest.append(part)
    found.condition = _all(found, rest) if rest else ""
    if not found.selections:
        raise QueryError("a rule needs a condition on a field")
    return found


def _parts(node: ir.Expr, op: str) -> list[ir.Expr]:
    if isinstance(node, ir.BinaryOp) and node.op == op:
        return [*_parts(node.left, op), *_parts(node.right, op)]
    return [node]


def _ids(node: ir.Expr) -> list[int]:
    """The event ids that a condition asks for."""
    if (
        isinstance(node, ir.BinaryOp)
        and node.op == "=="
        and _column(node.left) == "EventID"
        and isinstance(node.right, ir.Literal)
    ):
        return [int(str(node.right.value))]
    if isinstance(node, ir.InList) and _column(node.value) == "EventID" and not node.negated:
        return [int(str(item.value)) for item in node.items if isinstance(item, ir.Literal)]
    alternatives = _parts(node, "or")
    return [n for a in alternatives for n in _ids(a)] if len(alternatives) > 1 and all(map(_ids, alternatives)) else []


def _channel(node: ir.Expr) -> str | None:
    if (
        isinstance(node, ir.BinaryOp)
        and node.op in ("==", "=~")
        and _column(node.left) == "Channel"
        and isinstance(node.right, ir.Literal)
    ):
        return str(node.right.value)
    return None


def _column(node: ir.Expr) -> str | None:
    return node.name if isinstance(node, ir.ColumnRef) else None


def _all(found: Detection, parts: list[ir.Expr]) -> str:
    """Conditions that all must hold: those on different fields as one selection."""
    together: dict[str, Any] = {}
    others = []
    for part in parts:
        leaf = _leaf(found, part)
        if leaf is not None and not leaf.keys() & together.keys():
            together |= leaf
        else:
            others.append(part)
    first = [found.named(together)] if together else []
    return " and ".join([*first, *(_expression(found, part) for part in others)])


def _expression(found: Detection, node: ir.Expr) -> str:
    """A condition over selections."""
    negated = _negated(node)
    if negated is not None:
        return f"not ({_expression(found, negated)})"
    leaf = _leaf(found, node)
    if leaf is not None:
        return found.named(leaf)
    if isinstance(node, ir.Between):
        node = ir.BinaryOp("and", ir.BinaryOp(">=", node.value, node.low), ir.BinaryOp("<=", node.value, node.high))
    if isinstance(node, ir.BinaryOp) and node.op == "and":
        return f"({_all(found, _parts(node, 'and'))})"
    if isinstance(node, ir.BinaryOp) and node.op == "or":
        return "(" + " or ".join(_expression(found, part) for part in _parts(node, "or")) + ")"
    raise QueryError(f"Sigma has no form for {_shown(node)}")


def _negated(node: ir.Expr) -> ir.Expr | None:
    """The condition that must not hold; null where a condition is none of that kind."""
    if isinstance(node, ir.FunctionCall) and node.name in ("not", "isempty", "isnull"):
        return node.args[0] if node.name == "not" else ir.FunctionCall("isnotempty", node.args)
    if isinstance(node, ir.UnaryOp) and node.op == "not":
        return node.operand
    if isinstance(node, ir.BinaryOp) and node.op in NEGATED:
        return ir.BinaryOp(NEGATED[node.op], node.left, node.right)
    if isinstance(node, ir.InList) and node.negated and node.subquery is None:
        return ir.InList(node.value, node.items, False, node.case_insensitive)
    if isinstance(node, ir.Between) and node.negated:
        return ir.Between(node.value, node.low, node.high)
    return None


def _leaf(found: Detection, node: ir.Expr) -> dict[str, Any] | None:
    """One condition as a selection; null where it is none."""
    if isinstance(node, ir.BinaryOp) and node.op in MODIFIERS and isinstance(node.right, ir.Literal):
        return _compared(node)
    if (
        isinstance(node, ir.InList)
        and not node.negated
        and node.subquery is None
        and all(isinstance(i, ir.Literal) for i in node.items)
    ):
        return {_field(node.value): [_value(item) for item in node.items]}
    if isinstance(node, ir.FunctionCall) and node.name in ("isnotempty", "isnotnull"):
        return {_field(node.args[0]): "?*"}
    if isinstance(node, ir.FunctionCall) and node.name == "ipv4_is_in_range" and isinstance(node.args[1], ir.Literal):
        return {f"{_field(node.args[0])}|cidr": str(node.args[1].value)}
    if isinstance(node, ir.BinaryOp) and node.op == "or":
        leaves = [_leaf(found, part) for part in _parts(node, "or")]
        keys = {tuple(leaf) for leaf in leaves if leaf is not None}
        if None not in leaves and len(keys) == 1:
            (key,) = keys.pop()
            values = [leaf[key] for leaf in leaves if leaf is not None]
            return {key: [v for value in values for v in (value if isinstance(value, list) else [value])]}
    return None


def _compared(node: ir.BinaryOp) -> dict[str, Any]:
    name, modifier = _field(node.left), MODIFIERS[node.op]
    assert isinstance(node.right, ir.Literal)
    if _column(node.left) == "Process":
        return {f"{name}|endswith": "\\" + str(_value(node.right))}
    if modifier == "re":
        return {f"{name}|re": str(node.right.value)}
    if node.op == "==" and node.right.kind == "string":
        modifier = "cased"
    return {f"{name}|{modifier}" if modifier else name: _value(node.right)}


def _value(node: ir.Expr) -> Any:
    """A value as Sigma writes it: of a text, what would be a wildcard is escaped."""
    assert isinstance(node, ir.Literal)
    if not isinstance(node.value, str):
        return node.value
    return SPECIAL.sub(_escaped, node.value)


def _escaped(found: re.Match[str]) -> str:
    if found[3]:
        return "\\" + found[3]
    return found[1] * 2 if found[2] or len(found[1]) > 1 or found.end() == len(found.string) else found[1]


def _field(node: ir.Expr) -> str:
    """The field of Windows that a column is."""
    if isinstance(node, ir.FunctionCall) and node.name in ("tostring", "tolower", "toint", "tolong", "todouble"):
        return _field(node.args[0])
    if isinstance(node, ir.PathAccess) and _column(node.base) == "EventData" and len(node.steps) == 1:
        step = node.steps[0]
        return str(step.name if step.name else step.index.value if isinstance(step.index, ir.Literal) else "")
    name = _column(node)
    if name == "Process" or name == "ProcessName":
        return "NewProcessName"
    if name is None or name not in schema_columns() | OWN | NAMES.keys():
        raise QueryError(f"Sigma has no field for {name or _shown(node)}: name a field of the event")
    return NAMES.get(name, name)


def _shown(node: ir.Expr) -> str:
    if isinstance(node, ir.FunctionCall):
        return f"the function {node.name}"
    if isinstance(node, ir.BinaryOp):
        return f"this use of {node.op}"
    return f"a condition of this kind ({type(node).__name__})"
