"""Rewrites rows of Microsoft Defender's advanced hunting as the Windows events that record the same."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.normalise.fields import Fields, parse, text_of

Record = dict[str, Any]
PROVIDER = "Microsoft Defender for Endpoint"
KERNEL_PIPE = re.compile(r"^\\Device\\NamedPipe(?=\\)", re.IGNORECASE)
KERNEL = re.compile(r"(^|\\)ntoskrnl\.exe$", re.IGNORECASE)  # whom Sysmon calls System
CONTROL_SET = re.compile(r"(?<=\\SYSTEM\\)ControlSet\d{3}(?=\\)", re.IGNORECASE)
HIVES = {"HKEY_LOCAL_MACHINE": "HKLM", "HKEY_USERS": "HKU", "HKEY_CURRENT_USER": "HKCU", "HKEY_CLASSES_ROOT": "HKCR"}


def as_windows(record: Record) -> Record:
    """Give the row as a Windows event; what has no counterpart keeps its own columns, as event 0 of its table."""
    event = _table()["actions"].get(text_of(record.get("ActionType")))
    head = {"time": record.get("Timestamp") or record.get("TimeGenerated"), "Computer": record.get("DeviceName")}
    if event is None:
        channel = f"Defender {record.get('Type') or 'event'}"
        return head | {"Channel": channel, "EventID": 0, "Provider": PROVIDER, "fields": record}
    row = Row(record)
    fields: Fields = {}
    for names in (_table().get(event.get("with"), {}), event["fields"], event.get("else", {})):
        for name, source in names.items():
            fields[name] = fields.get(name) or row.value(source)
    found = {name: _as_windows_writes(name, value) for name, value in fields.items() if value}
    event_id = event["id"]
    if "other_id" in event and "creat" not in (row.value("more.FileOperation") or "").lower():
        event_id = event["other_id"]
    return head | {"Channel": event["channel"], "EventID": event_id, "Provider": PROVIDER, "fields": found}


class Row:
    """One row of advanced hunting, whose values are asked for as the table writes them."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._more = _object(record.get("AdditionalFields"))

    def value(self, source: str) -> str | None:
        """The text that a source of the table gives, None where the row has none."""
        kind, _, rest = source.partition(" ")
        if kind == "=":
            return rest
        if kind == "path":
            return self._path(*(self._column(name) for name in rest.split(" | ")))
        parts = [text for name in source.split(" \\ ") if (text := self._column(name))]
        return "\\".join(parts) or None

    def _column(self, name: str) -> str | None:
        if name.startswith("more."):
            return text_of(self._more.get(name[5:]))
        return text_of(self._record.get(name))

    def _path(self, folder: str | None, file: str | None) -> str | None:
        """A full path: the column that is called a folder mostly holds the file as well."""
        if folder and file and not folder.lower().endswith(file.lower()):
            return folder.rstrip("\\") + "\\" + file
        return folder or file


def _object(value: Any) -> Record:
    """AdditionalFields, which are JSON, in exports also as text."""
    if isinstance(value, str):
        try:
            value = parse(value.encode("utf-8", "surrogatepass"))
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _as_windows_writes(name: str, value: str) -> str:
    if name == "LogonType":
        return str(_table()["logon_types"].get(value, value))
    if name == "PipeName":
        return KERNEL_PIPE.sub("", value)
    if name == "TargetObject":
        hive, separator, rest = value.partition("\\")
        return CONTROL_SET.sub("CurrentControlSet", HIVES.get(hive.upper(), hive) + separator + rest)
    if name in ("Image", "ParentImage") and KERNEL.search(value):
        return "System"
    return value.lower() if name == "Protocol" else value


@cache
def _table() -> dict[str, Any]:
    raw = tomllib.loads((files("hopwatch.normalise") / "defender.toml").read_text("utf-8"))
    return raw | {"actions": {action: event for event in raw["event"] for action in event["actions"]}}
