"""Reads a context file, and checks every entry: unknown keys, roles and techniques, bad networks, hours, dates."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

from hopwatch.context import values
from hopwatch.context.patterns import host_fault
from hopwatch.context.tree import SIZE_LIMIT, Node, parse
from hopwatch.model.context import (
    ACCOUNT_ROLES,
    HOST_ROLES,
    AccountEntry,
    AllowEntry,
    Context,
    HostEntry,
    Problem,
)
from hopwatch.model.errors import InputError
from hopwatch.model.hop import TECHNIQUES

KEYS = {
    "hosts": ("match", "roles"),
    "accounts": ("match", "roles", "sources", "hosts", "techniques"),
    "allow": ("source", "account", "target", "techniques", "hours", "until", "why"),
}
TOP = (*KEYS, "timezone")
HEADER = ("match", "roles")
Entry = dict[str, Node]


@dataclass
class Check:
    """Collects what is wrong with one file."""

    file: str
    zone: ZoneInfo
    problems: list[Problem] = field(default_factory=list)

    def wrong(self, line: int, key: str, text: str) -> None:
        """Note a problem that makes the file unusable."""
        self.problems.append(Problem(self.file, line, key, text))

    def unknown(self, line: int, key: str, word: str, known: tuple[str, ...]) -> None:
        """Note a word that is none of those known."""
        near = get_close_matches(word, known, 1)
        hint = f"did you mean {near[0]}?" if near else f"it is one of {', '.join(known)}"
        self.wrong(line, key, f"{word[:80]!r} is not known; {hint}")


def load(path: Path) -> Context:
    """Read a context file. Raises InputError with file, line, key and value for what is wrong with it."""
    context, problems = read(path)
    if problems:
        more = f" (and {len(problems) - 1} more: hopwatch context check names them all)" if len(problems) > 1 else ""
        first = problems[0]
        raise InputError(f"{first.key}: {first.text}{more}", file=first.file, line=first.line)
    return context


def read(path: Path) -> tuple[Context, list[Problem]]:
    """Read a context file, YAML or a CSV list of hosts (`match,roles`), and what is wrong with it, by line.

    Entries with problems are left out. Raises InputError for what cannot be read at all.
    """
    text = _text(path)
    if _is_csv(text):
        check = Check(str(path), ZoneInfo("UTC"))
        context = Context(str(path), _csv_hosts(text, check))
    else:
        root = parse(text, str(path))
        check = Check(str(path), ZoneInfo("UTC"))
        context = _context(root, check)
    return context, sorted(check.problems, key=lambda problem: problem.line)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(SIZE_LIMIT + 1)
        if len(content) > SIZE_LIMIT:
            raise InputError(f"a context of more than {SIZE_LIMIT // 2**20} MiB", file=str(path))
        return content.decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", file=str(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"is not UTF-8 text at byte {error.start}", file=str(path)) from error


def _context(root: Node, check: Check) -> Context:
    top = {} if root.kind == "null" else _mapping(root, "the file", TOP, check)
    zone = _zone(top.get("timezone"), check)
    return Context(
        file=check.file,
        hosts=tuple(e for line, raw in _entries(top, "hosts", check) if (e := _host(line, raw, check))),
        accounts=tuple(a for line, raw in _entries(top, "accounts", check) if (a := _account(line, raw, check))),
        allow=tuple(w for line, raw in _entries(top, "allow", check) if (w := _allow(line, raw, check))),
        timezone=zone,
    )


def _zone(node: Node | None, check: Check) -> str:
    if node is None or node.value is None:
        return "UTC"
    try:
        check.zone = ZoneInfo(str(node.value) if node.kind == "text" else "")
        return check.zone.key
    except (KeyError, ValueError, OSError):
        check.wrong(node.line, "timezone", f"{_said(node)} is no time zone like Europe/Berlin")
        return "UTC"


def _entries(top: Entry, section: str, check: Check) -> list[tuple[int, Entry]]:
    node = top.get(section)
    if node is None or node.value is None:
        return []
    if not isinstance(node.value, list) or node.kind != "list":
        check.wrong(node.line, section, "is no list of entries")
        return []
    items = [item for item in node.value if isinstance(item, Node)]
    return [(item.line, _mapping(item, section, KEYS[section], check)) for item in items]


def _mapping(node: Node, key: str, known: tuple[str, ...], check: Check) -> Entry:
    """The values of a mapping by key; what is unknown or given twice is noted."""
    if node.kind != "mapping" or not isinstance(node.value, list):
        check.wrong(node.line, key, f"{_said(node)} is no entry with the keys {', '.join(known)}")
        return {}
    found: Entry = {}
    for pair in node.value:
        name, value = pair  # type: ignore[misc]
        if name.value in found:
            check.wrong(name.line, f"{key}: {name.value}", "is given twice")
        elif name.value not in known:
            check.unknown(name.line, key, str(name.value), known)
        else:
            found[str(name.value)] = value
    return found


def _host(line: int, raw: Entry, check: Check) -> HostEntry | None:
    match = _match(line, raw, "hosts", check)
    if match is None or not _is_place(match, raw["match"].line, "hosts: match", check):
        return None
    roles = _words(raw, "hosts", "roles", HOST_ROLES, check)
    if not roles and "roles" not in raw:
        check.wrong(line, "hosts", f"{match!r} has no roles")
    return HostEntry(match, roles, line)


def _account(line: int, raw: Entry, check: Check) -> AccountEntry | None:
    match = _match(line, raw, "accounts", check)
    if match is None:
        return None
    return AccountEntry(
        match,
        _words(raw, "accounts", "roles", ACCOUNT_ROLES, check),
        _places(raw, "accounts", "sources", check),
        _places(raw, "accounts", "hosts", check),
        _words(raw, "accounts", "techniques", TECHNIQUES, check),
        line,
    )


def _allow(line: int, raw: Entry, check: Check) -> AllowEntry | None:
    if not raw:
        return None
    texts = {key: _one(raw, "allow", key, check) for key in ("source", "account", "target", "hours", "until", "why")}
    for key in ("source", "target"):
        if (place := texts[key]) is not None:
            _is_place(place, raw[key].line, f"allow: {key}", check)
    if all(texts[key] in (None, "*") for key in ("source", "account", "target")):
        check.wrong(line, "allow", "names no source, account or target, and would allow everything")
    return AllowEntry(
        texts["source"], texts["account"], texts["target"],
        _words(raw, "allow", "techniques", TECHNIQUES, check),
        values.hours(texts["hours"], lambda text: check.wrong(raw["hours"].line, "allow: hours", text)),
        values.until(texts["until"], check.zone, lambda text: check.wrong(raw["until"].line, "allow: until", text)),
        texts["why"] or "", line,
    )  # fmt: skip


def _match(line: int, raw: Entry, section: str, check: Check) -> str | None:
    if "match" not in raw:
        if raw:
            check.wrong(line, section, "an entry without `match`")
        return None
    return _one(raw, section, "match", check)


def _one(raw: Entry, section: str, key: str, check: Check) -> str | None:
    """The text of a key; null where it is not there."""
    if (node := raw.get(key)) is None:
        return None
    if node.kind != "text" or not str(node.value).strip():
        check.wrong(node.line, f"{section}: {key}", f"{_said(node)} is no text")
        return None
    return str(node.value).strip()


def _many(raw: Entry, section: str, key: str, check: Check) -> list[tuple[int, str]]:
    """The texts of a key that takes a list, each with its line; one text is a list of one."""
    if (node := raw.get(key)) is None or node.kind == "null":
        return []
    items = [n for n in node.value if isinstance(n, Node)] if isinstance(node.value, list) else [node]
    if node.kind == "mapping" or any(item.kind != "text" for item in items):
        check.wrong(node.line, f"{section}: {key}", "is no list of texts")
        return []
    return [(item.line, str(item.value).strip()) for item in items]


def _words(raw: Entry, section: str, key: str, known: tuple[str, ...], check: Check) -> tuple[str, ...]:
    found = _many(raw, section, key, check)
    for line, word in found:
        if word not in known:
            check.unknown(line, f"{section}: {key}", word, known)
    return tuple(dict.fromkeys(word for _, word in found if word in known))


def _places(raw: Entry, section: str, key: str, check: Check) -> tuple[str, ...]:
    found = _many(raw, section, key, check)
    return tuple(dict.fromkeys(text for line, text in found if _is_place(text, line, f"{section}: {key}", check)))


def _is_place(text: str, line: int, key: str, check: Check) -> bool:
    if (fault := host_fault(text)) is not None:
        check.wrong(line, key, fault)
    return fault is None


def _said(node: Node) -> str:
    return repr(str(node.value)[:80]) if node.kind == "text" else "an empty value" if node.kind == "null" else node.kind


def _is_csv(text: str) -> bool:
    names = [name.strip().strip('"').lower() for name in text.partition("\n")[0].split(",")]
    return set(HEADER) <= set(names)


def _csv_hosts(text: str, check: Check) -> tuple[HostEntry, ...]:
    """The hosts of a CSV list; several roles of one are separated by blanks or semicolons."""
    reader = csv.DictReader(io.StringIO(text), skipinitialspace=True)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    for name in set(names) - set(HEADER):
        check.unknown(1, "hosts", name, HEADER)
    reader.fieldnames = names
    found = []
    try:
        for row in reader:
            found.append(_csv_host(reader.line_num, row, check))
    except csv.Error as error:
        check.wrong(reader.line_num, "hosts", f"not CSV: {error}")
    return tuple(entry for entry in found if entry)


def _csv_host(line: int, row: dict[str, str | None], check: Check) -> HostEntry | None:
    roles = (row.get("roles") or "").replace(";", " ").split()
    raw = {"match": Node(line, (row.get("match") or "").strip())}
    return _host(line, raw | {"roles": Node(line, [Node(line, role) for role in roles], "list")}, check)


def expired(context: Context, now: datetime) -> list[Problem]:
    """Warn of what is allowed no more at a time (UTC)."""
    moment = now.astimezone(UTC).replace(tzinfo=None) if now.tzinfo else now
    return [
        Problem(context.file, entry.line, "allow: until", f"expired on {entry.until:%Y-%m-%d %H:%M} UTC", fatal=False)
        for entry in context.allow
        if entry.until is not None and entry.until <= moment
    ]
