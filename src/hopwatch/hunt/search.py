"""Turns searches in Lucene's and Kibana's languages into conditions of Kusto's."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.hunt.place import wrong
from hopwatch.hunt.terms import Join, Node, Term

Known = Callable[[str], str | None]  # how the events spell a field that has no column; null where none has it
NUMBERS = ("INTEGER", "BIGINT", "UBIGINT", "DOUBLE", "HUGEINT")
DAY = re.compile(r"\d{4}-\d\d-\d\d")
MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:?\d\d)?)?")
AGO = re.compile(r"now(?:-(\d{1,6})([smhdw]))?")
NETWORK = re.compile(r"\d{1,3}(\.\d{1,3}){3}/\d{1,2}")
PREFIXES = ("winlog.event_data.", "event_data.", "winlog.user_data.", "eventdata.", "data.")


@cache
def readings() -> dict[str, Any]:
    """How fields are read: paths, texts, addresses, and other names."""
    return tomllib.loads((files("hopwatch.hunt") / "fields.toml").read_text("utf-8"))


@dataclass(frozen=True)
class Search:
    """What a search is over: its text, a table's columns and types, and how to find fields without a column."""

    text: str
    table: str
    columns: dict[str, str]
    inner: Known

    def condition(self, node: Node) -> str:
        """The condition in Kusto's language. Raises QueryError for a field or value that cannot be."""
        if isinstance(node, Join):
            if node.kind == "not":
                return f"not({self.condition(node.parts[0])})"
            return "(" + f" {node.kind} ".join(map(self.condition, node.parts)) + ")"
        return self._anywhere(node) if node.field is None else self._on_field(node)

    def _anywhere(self, term: Term) -> str:
        """A word or phrase that any field may hold."""
        if term.kind == "exists":
            return "true"
        value = term.value if term.kind == "phrase" else unescaped(term.value)
        if "EventData" in self.columns and self.columns["EventData"] == "JSON":
            inner = value.replace("\\", "\\\\").replace('"', '\\"')
            return f"({self._has('tostring(EventData)', inner, term)} or {self._has('Computer', value, term)})"
        names = [name for name, kind in self.columns.items() if kind == "VARCHAR" and not name.startswith("_")]
        return "(" + (" or ".join(self._has(quoted_name(n), value, term) for n in names) or "false") + ")"

    def _has(self, column: str, value: str, term: Term) -> str:
        if term.kind == "word" and wild(term.value):
            return f"{column} matches regex {text_literal('(?is)' + pattern(value))}"
        return f"{column} contains {text_literal(value)}"

    def _on_field(self, term: Term) -> str:
        column, kind = self._column(term)
        if term.kind == "exists":
            text = kind in ("VARCHAR", "inner")
            return f"isnotempty({column})" if text else f"isnotnull({column})"
        if kind == "TIMESTAMP":
            return self._on_time(term, column)
        if kind in NUMBERS:
            return self._on_number(term, column)
        if kind == "BOOLEAN":
            return self._on_truth(term, column)
        return self._on_text(term, column)

    def _column(self, term: Term) -> tuple[str, str]:
        """The column of a field, and its type; `inner` for a field inside the event's data."""
        assert term.field is not None
        name = self.named(term.field)
        if name is not None:
            return quoted_name(name), self.columns[name]
        bare = _without_prefix(term.field)
        spelled = self.inner(bare) if self.columns.get("EventData") == "JSON" else None
        if spelled is None:
            raise wrong(self.text, term.field_at, f"a column of {self.table}{self._like(bare)}", repr(term.field))
        return f"tostring(EventData[{text_literal(spelled)}])", "inner"

    def named(self, field: str) -> str | None:
        """The column that a field is called by, whatever its case, or by another name that is common for it."""
        lower = {name.lower(): name for name in self.columns}
        plain = _without_prefix(field).lower()
        for name in (
            field.lower(),
            readings()["names"].get(field.lower(), "").lower(),
            plain,
            field.lower().replace(".", "_"),
        ):
            if name in lower:
                return lower[name]
        return None

    def _like(self, name: str) -> str:
        lower = {column.lower(): column for column in self.columns}
        near = difflib.get_close_matches(name.lower(), list(lower), 3, 0.6)
        return f", perhaps {' or '.join(lower[n] for n in near)}" if near else " (hopwatch hunt --tables lists them)"

    def _on_number(self, term: Term, column: str) -> str:
        value = term.value if term.kind != "word" else unescaped(term.value)
        if term.kind == "regex" or (term.kind == "word" and wild(term.value)):
            regex = value if term.kind == "regex" else pattern(value)
            return f"tostring({column}) matches regex {text_literal(f'(?i)^(?:{regex})$')}"
        if not re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?|0x[0-9a-fA-F]{1,15}", value):
            raise wrong(self.text, term.at, f"a number, since {column} is one", repr(value))
        return f"{column} {_operator(term)} {int(value, 16) if value.startswith('0x') else value}"

    def _on_truth(self, term: Term, column: str) -> str:
        if term.value.lower() not in ("true", "false") or term.kind not in ("word", "phrase"):
            raise wrong(self.text, term.at, f"true or false, since {column} is one of them", repr(term.value))
        return f"{column} == {term.value.lower()}"

    def _on_time(self, term: Term, column: str) -> str:
        value = term.value if term.kind != "word" else unescaped(term.value)
        moment = self._moment(term, value, column)
        if _operator(term) == "==" and DAY.fullmatch(value):
            return f"({column} >= {moment} and {column} < {moment} + 1d)"
        if _operator(term) in ("<=", ">") and DAY.fullmatch(value):  # the whole day counts
            return f"{column} {'<' if _operator(term) == '<=' else '>='} {moment} + 1d"
        return f"{column} {_operator(term)} {moment}"

    def _moment(self, term: Term, value: str, column: str) -> str:
        ago = AGO.fullmatch(value)
        if ago:
            number, unit = (int(ago[1]) * (7 if ago[2] == "w" else 1), ago[2].replace("w", "d")) if ago[1] else (0, "s")
            return f"ago({number}{unit})"
        if not MOMENT.fullmatch(value) or term.kind == "regex":
            expected = f"a time like 2026-03-10, 2026-03-10T08:00:00Z or now-1d, since {column} is one"
            raise wrong(self.text, term.at, expected, repr(value))
        return f"datetime({value.replace(' ', 'T')})"

    def _on_text(self, term: Term, column: str) -> str:
        bare = column.strip("[]'\"")
        is_path, is_text = (any(bare.lower() == n.lower() for n in readings()[key]) for key in ("paths", "texts"))
        if term.kind in ("<", "<=", ">", ">="):
            return self._compared(term, column)
        if term.kind == "regex":
            return f"{column} matches regex {text_literal(f'(?is)^(?:{term.value})$')}"
        value = term.value if term.kind == "phrase" else unescaped(term.value)
        file = is_path and "\\" not in value and "/" not in value
        if term.kind == "word" and wild(term.value):
            if not file and (simple := _simple(column, value)):
                return simple
            before = r"(?:.*[\\/])?" if file else ""
            return f"{column} matches regex {text_literal(f'(?is)^{before}{pattern(value)}$')}"
        return self._whole(column, value, file, is_text)

    def _whole(self, column: str, value: str, file: bool, is_text: bool) -> str:
        """A value without wildcards."""
        bare = column.strip("[]'\"")
        if NETWORK.fullmatch(value) and bare in readings()["addresses"]:
            return f"ipv4_is_in_range({column}, {text_literal(value)})"
        if is_text:
            return f"{column} contains {text_literal(value)}"
        if file and value:
            return f"({column} =~ {text_literal(value)} or {column} endswith {text_literal(chr(92) + value)})"
        return f"{column} =~ {text_literal(value)}"

    def _compared(self, term: Term, column: str) -> str:
        if not re.fullmatch(r"-?\d{1,18}(\.\d{1,9})?", term.value):
            raise wrong(self.text, term.at, f"a number to compare {column} with", repr(term.value))
        return f"todouble({column}) {term.kind} {term.value}"


def _simple(column: str, value: str) -> str | None:
    """A condition for a value whose only wildcards are stars at its ends; null for others."""
    bare = value.strip(WILD[0])
    if not bare or any(mark in bare for mark in WILD) or WILD[1] in value:
        return None
    before, after = value[0] == WILD[0], value[-1] == WILD[0]
    operator = "contains" if before and after else "endswith" if before else "startswith"
    return f"{column} {operator} {text_literal(bare)}"


def _operator(term: Term) -> str:
    return term.kind if term.kind in ("<", "<=", ">", ">=") else "=="


def _without_prefix(field: str) -> str:
    for prefix in PREFIXES:
        if field.lower().startswith(prefix):
            return field[len(prefix) :]
    return field


WILD = "\ue000\ue001"  # stand for * and ? while a word's other characters are unescaped


def unescaped(word: str) -> str:
    """A word without its backslashes, its wildcards marked; a backslash before a letter or digit is one of a path."""
    out, i = [], 0
    while i < len(word):
        if word[i] == "\\" and i + 1 < len(word) and not word[i + 1].isalnum():
            i += 1
            out.append(word[i])
        else:
            out.append({"*": WILD[0], "?": WILD[1]}.get(word[i], word[i]))
        i += 1
    return "".join(out)


def wild(word: str) -> bool:
    """Whether a word holds a wildcard."""
    return any(mark in unescaped(word) for mark in WILD)


def pattern(value: str) -> str:
    """The regular expression of a value whose wildcards are marked."""
    return "".join({WILD[0]: ".*", WILD[1]: "."}.get(char) or re.escape(char) for char in value)


def text_literal(text: str) -> str:
    """Text as Kusto's language writes it."""
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return f'"{escaped}"'


def quoted_name(name: str) -> str:
    """A column's name as Kusto's language writes it: in brackets where it is a word of the language."""
    return name if name[:1].isupper() or "_" in name else f"['{name}']"
