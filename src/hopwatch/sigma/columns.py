"""Where the fields of a rule are in a table, and the forms of a field's text that comparisons ask for."""

from __future__ import annotations

import copy
import hashlib
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from hopwatch.model.errors import RuleError
from hopwatch.sigma.literal import literal

if TYPE_CHECKING:
    from hopwatch.sigma.logsource import Place

# Sigma's names for the System part of an event, and our pseudo-fields, in lower case.
WINDOWS_FIELDS = {
    "eventid": "CAST(event_id AS VARCHAR)",
    "channel": "channel",
    "provider_name": "provider",
    "computer": "computer",
    "computername": "computer",
    "machinename": "computer",
    "level": "CAST(level AS VARCHAR)",
    "keywords": "keywords",
    "eventrecordid": "CAST(record_id AS VARCHAR)",
    "userid": "user_sid",
    "securityuserid": "user_sid",
    "security_userid": "user_sid",
    "executionprocessid": "CAST(process_id AS VARCHAR)",
    "accesses": '"AccessList"',
    "sourcerole": "role_of_ip(ip)",
    "targetrole": "role_of_host(host)",
    "sourcehost": "coalesce(host_of_ip(ip), ip)",
    "targethost": "host",
}
# Another way to write what the head says: Windows writes numbers, some collectors words.
OTHERWISE = {"keywords": "audit_keywords(keywords)"}
NETWORK_FIELDS = {
    "sourcerole": "role_of_ip({orig})",
    "targetrole": "role_of_ip({resp})",
    "sourcehost": "coalesce(host_of_ip({orig}), {orig})",
    "targethost": "coalesce(host_of_ip({resp}), {resp})",
}
PSEUDO = ("SourceRole", "TargetRole", "SourceHost", "TargetHost")
# Addresses are null in the store where the log says "-", and in one form otherwise.
ADDRESSES = frozenset(
    {"ipaddress", "clientaddress", "address", "sourceip", "destinationip", "sourceaddress", "destaddress"}
)
# Fields whose text holds several words, any of which a rule may name: Windows' codes beside their meaning, roles.
WORDED = frozenset({"accesslist", "accesses", "elevatedtoken", "direction", "sourcerole", "targetrole"})
SEPARATOR = "chr(31)"  # stands between the fields of an event's whole text
LINE_END = "chr(10)"  # between the elements of a list that is shown
LIST, EXPRESSION = "list:", "sql:"  # what stands before a field's place that holds several texts, or that is reckoned
BARE = re.compile(r'"(\w+)"|([a-z_]+)')
INNER = re.compile(r"data\('((?:[^']|'')*)'\)")  # a field inside the JSON of event_data

# The forms of a text. `number` reads decimal and hexadecimal whole numbers, `amount` also fractions.
FORMS: dict[str, str] = {
    "text": "{}",
    "lower": "lower({})",
    "tail": r"nullif(lower(regexp_extract({}, '\\[^\\]*$')), '')",
    "number": "whole_number({})",
    "amount": "amount_of({})",
    "words": r"' ' || regexp_replace(lower({}), '\s+', ' ', 'g') || ' '",
    "ipv4": "ipv4_number({})",
    "ipv6": "ipv6_groups({})",
    "moment": "TRY_CAST({} AS TIMESTAMP)",
}
Named = Callable[[str, str], str]


class Columns:
    """Where a rule's fields are at one place: columns by name, the rest inside the JSON of `event_data`.

    `strict` refuses a field that a network log does not have; else it is absent, and `missing` names it.
    `shadows` collects the expressions of the forms by name: conditions then speak of the names, so that a form that
    many rules ask for is computed once. Without it they are written out.
    """

    def __init__(self, known: frozenset[str], place: Place, strict: bool, shadows: dict[str, str] | None) -> None:
        self._known = {name.lower(): name for name in known}
        self._place = place
        self._strict = strict
        self.shadows = shadows
        self.missing: set[str] = set()
        self._elements: dict[str, str] = {}

    @property
    def is_network(self) -> bool:
        """Whether the place is a table of network events."""
        return self._place.table != "windows_event"

    def listed(self, field: str) -> str | None:
        """The SQL of a field's list, of one that holds several texts."""
        key = field.lower()
        name = next(iter(self._place.fields.get(key, ())), "")
        if not name.startswith(LIST) or key in self._elements:
            return None
        return self.named(f"list {name.removeprefix(LIST)}", name.removeprefix(LIST))

    def within(self, field: str, build: Callable[[Columns], str]) -> str:
        """The SQL that asks a condition of any one element of a field's list: in `build` the field is that element."""
        element = f"x{len(self._elements)}"
        view = copy.copy(self)
        view._elements = self._elements | {field.lower(): element}
        return f"coalesce(len(list_filter({self.listed(field)}, lambda {element}: {build(view)})) > 0, FALSE)"

    def texts(self, field: str) -> tuple[str, ...]:
        """The SQL that reads a field of an event as text; several where the event says it in several ways."""
        key = field.lower()
        if key in self._elements:
            return (self._elements[key],)
        if self.is_network:
            return self._network(field, key)
        if names := self._place.fields.get(key):
            return tuple(_sql(name) if name.startswith(EXPRESSION) else self._windows(name) for name in names)
        return (self._windows(field), *([OTHERWISE[key]] if key in OTHERWISE else ()))

    def expression(self, field: str) -> str:
        """The SQL of one text of a field: the first that there is."""
        texts = self.texts(field)
        return texts[0] if len(texts) == 1 else f"coalesce({', '.join(texts)})"

    def forms(self, kind: str, field: str) -> tuple[str, ...]:
        """The SQL of a form of every text of a field."""
        if element := self._elements.get(field.lower()):
            return (FORMS[kind].format(element),)
        return tuple(self.form(kind, text) for text in self.texts(field))

    def form(self, kind: str, text: str) -> str:
        """The SQL of a form of one text: a shadow's name, where there are shadows."""
        sql = FORMS[kind].format(text)
        return self.named(f"{kind} {_short(text)}", sql)

    def named(self, name: str, sql: str) -> str:
        """The SQL of an expression of any kind: its name, where there are shadows."""
        if self.shadows is None:
            return sql
        self.shadows[name] = sql
        return f'"{name}"'

    def everything(self, lower: bool) -> str:
        """The SQL of an event's whole text: every field, with a separator between them."""
        parts = self._all_texts()
        sql = f"concat_ws({SEPARATOR}, {', '.join(parts)})"
        name, sql = ("whole, lower", f"lower({sql})") if lower else ("whole", sql)
        return self.named(name, sql)

    def _all_texts(self) -> list[str]:
        if self.is_network:
            return sorted({_as_text(name, SEPARATOR) for names in self._place.fields.values() for name in names})
        inner = f"array_to_string(json_extract_string(event_data, '$.*'), {SEPARATOR})"
        return [*(f'"{name}"' for name in sorted(self._known.values())), inner]

    def _network(self, field: str, key: str) -> tuple[str, ...]:
        if names := self._place.fields.get(key):
            return tuple(_as_text(name, LINE_END) for name in names)
        if key in NETWORK_FIELDS:
            dns = self._place.table == "dns"
            ends = {"orig": "client_ip", "resp": "server_ip"} if dns else {"orig": "orig_ip", "resp": "resp_ip"}
            return (NETWORK_FIELDS[key].format(**ends),)
        if self._strict:
            raise RuleError(f"the log has no field {field}; it has {', '.join(sorted(self._place.fields))}")
        self.missing.add(field)
        return ("CAST(NULL AS VARCHAR)",)

    def _windows(self, field: str) -> str:
        key = field.lower()
        if key in WINDOWS_FIELDS:
            return WINDOWS_FIELDS[key]
        if key in self._known:
            return f'"{self._known[key]}"'
        if self.shadows is None:
            return f"json_extract_string(event_data, {literal('$.' + member(field))})"
        return f"data({literal(field)})"


def member(name: str) -> str:
    """A JSON path member, safe whatever the field is called."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _sql(name: str) -> str:
    return name.removeprefix(EXPRESSION)


def _as_text(name: str, separator: str) -> str:
    """A column or expression as text; the elements of a list joined."""
    if name.startswith(LIST):
        return f"nullif(array_to_string({name.removeprefix(LIST)}, {separator}), '')"
    return f"CAST({_sql(name)} AS VARCHAR)"


def _short(text: str) -> str:
    """A name for an expression: that of its column or field where it is no more, else a digest."""
    if bare := BARE.fullmatch(text):
        return bare[1] or bare[2]
    if (inner := INNER.fullmatch(text)) and re.fullmatch(r"\w+", inner[1]):
        return f"data.{inner[1]}"
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
