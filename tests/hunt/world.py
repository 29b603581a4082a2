"""Invented events, and a store of them that queries can ask in this process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb

from hopwatch.hunt.limits import limits
from hopwatch.hunt.plan import Asked, plan
from hopwatch.hunt.statement import Plan
from hopwatch.hunt.tables import Tables
from hopwatch.hunt.worker import opened
from hopwatch.pipeline.keep import keep
from hopwatch.pipeline.logs import LogOptions

START = datetime(2026, 3, 10, 8, 0, tzinfo=UTC)
SYSMON = "Microsoft-Windows-Sysmon/Operational"


class Log:
    """Collects events, and numbers them."""

    def __init__(self) -> None:
        self.records: list[dict[str, Any]] = []

    def add(self, event_id: int, computer: str, minutes: float = 0, channel: str = "Security", **fields: Any) -> int:
        """Add an event so many minutes after the start; give its record id."""
        number = len(self.records) + 1000
        system = {
            "Channel": channel,
            "EventID": event_id,
            "EventRecordID": number,
            "Computer": f"{computer}.corp.example",
            "TimeCreated": {
                "#attributes": {"SystemTime": (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")}
            },
        }
        self.records.append({"Event": {"System": system, "EventData": fields}})
        return number

    def logon(
        self, computer: str, minutes: float = 0, user: str = "adm.keller", ip: str = "10.20.1.11", **more: Any
    ) -> int:
        """Add a network logon."""
        fields = {
            "TargetUserName": user,
            "TargetDomainName": "CORP",
            "LogonType": "3",
            "IpAddress": ip,
            "TargetLogonId": "0x51000",
        }
        return self.add(4624, computer, minutes, **(fields | {"AuthenticationPackageName": "Kerberos"} | more))

    def process(self, computer: str, minutes: float, path: str, **more: Any) -> int:
        """Add a created process."""
        fields = {
            "NewProcessName": path,
            "ProcessId": "0x200",
            "NewProcessId": "0x300",
            "SubjectUserName": "adm.keller",
        }
        return self.add(4688, computer, minutes, **(fields | {"SubjectLogonId": "0x51000"} | more))

    def write(self, folder: Path) -> Path:
        """Write the events as JSON lines."""
        file = folder / "events.ndjson"
        file.write_text("".join(json.dumps(record) + "\n" for record in self.records), "utf-8")
        return file


@dataclass
class Asking:
    """A store opened in this process."""

    con: duckdb.DuckDBPyConnection
    tables: Tables

    def plan(self, text: str, language: str = "auto", table: str = "events") -> Plan:
        return plan(self.con, Asked(text, language, table), self.tables, limits())

    def rows(self, text: str, language: str = "auto", table: str = "events") -> list[dict[str, Any]]:
        made = self.plan(text, language, table)
        found = self.con.execute(made.sql, made.parameters or None).fetchall()
        return [dict(zip(made.columns, row, strict=True)) for row in found]

    def numbers(self, text: str, language: str = "auto") -> list[int]:
        """The record ids of the rows."""
        return sorted(row["EventRecordId"] for row in self.rows(text, language))


def stored(log: Log, folder: Path) -> Path:
    """A store of the events."""
    out = folder / "events.store"
    keep([log.write(folder)], out, LogOptions())
    return out


def asking(store: Path, folder: Path) -> Asking:
    return Asking(*opened(str(store), limits(), str(folder)))
