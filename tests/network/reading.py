"""Short ways for tests to bring network logs into a store, written as their sensors write them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from hopwatch.model.summary import Summary
from hopwatch.normalise.ingest import Ingest
from hopwatch.normalise.wanted import Asked
from hopwatch.readers.registry import read
from hopwatch.readers.source import bytes_source
from hopwatch.store.database import connect
from tests.support.reading import Row

TABLES = (
    "connection", "dns", "smb_activity", "dce_rpc", "kerberos_activity", "ntlm_activity", "http_activity", "dhcp_lease",
    "sensor_alert", "asset", "windows_event",
)  # fmt: skip
CONN = (
    "ts uid id.orig_h id.orig_p id.resp_h id.resp_p proto service duration orig_bytes resp_bytes conn_state"
    " missed_bytes history orig_pkts resp_pkts"
)
FLOW = {
    "ts": 1773134042.125, "uid": "CaaaBBBccc1", "id.orig_h": "10.20.1.11", "id.orig_p": 50211,
    "id.resp_h": "10.20.1.21", "id.resp_p": 445,
}  # fmt: skip
CONNECTION = {
    **FLOW, "proto": "tcp", "service": "gssapi,smb,krb", "duration": 10.5, "orig_bytes": 4020, "resp_bytes": 1681,
    "conn_state": "RSTO", "missed_bytes": 0, "history": "ShADdaR", "orig_pkts": 12, "resp_pkts": 11,
}  # fmt: skip


class Loaded:
    """A store that logs were brought into."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.summary = Summary()
        self.con = connect()
        ingest = Ingest(self.con, Asked({"Security": {4624}}), self.summary)
        for name, content in files.items():
            for batch in read(bytes_source(name, content), lambda reason, name=name: self.summary.skip(name, reason)):  # type: ignore[misc]
                ingest.add(batch, name)
        ingest.finish()

    def rows(self, table: str) -> list[Row]:
        """Give the rows of a table in order of time and content."""
        query = f"SELECT * FROM {table} ORDER BY time, COLUMNS(* EXCLUDE (key))"
        return self.con.sql(query).to_arrow_table().to_pylist()

    def row(self, table: str) -> Row:
        """Give the only row of a table."""
        [row] = self.rows(table)
        return row

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each table has, where it has any."""
        found = {table: len(self.rows(table)) for table in TABLES}
        return {table: count for table, count in found.items() if count}

    @property
    def reasons(self) -> dict[str, int]:
        """What was skipped, and how often."""
        return {skip.reason: skip.count for skip in self.summary.skips}


def load(content: bytes, name: str = "sample.log") -> Loaded:
    """Bring one file into a new store."""
    return Loaded({name: content})


def jsonl(*records: Mapping[str, Any]) -> bytes:
    """JSON lines."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def zeek(path: str, fields: str, *rows: Sequence[object], separator: str = "\t", head: str = "") -> bytes:
    """A Zeek log as its ASCII writer writes it."""
    names = fields.split()
    written = "\\x" + f"{ord(separator):02x}"
    lines = [
        f"#separator {written}", separator.join(["#set_separator", ","]), separator.join(["#empty_field", "(empty)"]),
        separator.join(["#unset_field", "-"]), separator.join(["#path", path]), separator.join(["#fields", *names]),
        separator.join(["#types", *(["string"] * len(names))]),
        *(separator.join("-" if cell is None else str(cell) for cell in row) for row in rows),
        separator.join(["#close", "2026-03-10-10-00-00"]),
    ]  # fmt: skip
    return (head + "\n".join(lines) + "\n").encode()


def zeek_of(path: str, *records: Mapping[str, Any]) -> bytes:
    """A Zeek log of records that have the same keys."""
    return zeek(path, " ".join(records[0]), *([record[name] for name in records[0]] for record in records))
