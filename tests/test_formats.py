"""One sample in other products' formats gives the same hops; Defender's rows give a hop as well."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import hopwatch
from tests.support.reading import read_paths

SAMPLE = Path(__file__).parents[1] / "samples/psexec-target.evtx"
Event = dict[str, Any]


def events() -> list[Event]:
    return [json.loads(text)["Event"] for text in read_paths(SAMPLE)[0]]


def attribute(event: Event, part: str, name: str) -> Any:
    return ((event["System"].get(part) or {}).get("#attributes") or {}).get(name)


def number(event: Event) -> Any:
    value = event["System"]["EventID"]
    return value["#text"] if isinstance(value, dict) else value


def fields(event: Event) -> Event:
    given = event.get("EventData") or next(iter((event.get("UserData") or {}).values()), {})
    return {name: value for name, value in given.items() if name != "#attributes"}


def evtx_dump() -> str:
    return "".join(f"Record {n}\n{json.dumps({'Event': event}, indent=2)}\n" for n, event in enumerate(events(), 1))


def separate_attributes() -> str:
    def apart(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        out = {}
        for key, value in node.items():
            inner = value if isinstance(value, dict) else {}
            if "#attributes" in inner:
                out[f"{key}_attributes"] = inner["#attributes"]
            if set(inner) - {"#attributes"} or not inner:
                out[key] = inner["#text"] if "#text" in inner else apart(value)
        return {key: value for key, value in out.items() if key != "#attributes"}

    return "\n".join(json.dumps(apart({"Event": event})) for event in events())


def evtxecmd() -> str:
    rows = []
    for event in events():
        data = [{"@Name": name, "#text": value} for name, value in fields(event).items()]
        payload = {"EventData": {"Data": data}} if event.get("EventData") else {"UserData": event.get("UserData")}
        rows.append(
            {
                "EventRecordId": event["System"]["EventRecordID"], "EventId": number(event),
                "Payload": json.dumps(payload),
                "TimeCreated": attribute(event, "TimeCreated", "SystemTime").replace("T", " ").rstrip("Z"),
                "Provider": attribute(event, "Provider", "Name"), "Channel": event["System"]["Channel"],
                "Computer": event["System"]["Computer"], "UserId": attribute(event, "Security", "UserID"),
                "ProcessId": attribute(event, "Execution", "ProcessID"),
            }
        )  # fmt: skip
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def fluent_bit() -> str:
    rows = [
        {
            "ProviderName": attribute(event, "Provider", "Name"), "EventID": number(event), "Message": "",
            "TimeCreated": attribute(event, "TimeCreated", "SystemTime"), "Channel": event["System"]["Channel"],
            "EventRecordID": event["System"]["EventRecordID"], "Computer": event["System"]["Computer"],
            "ProcessID": attribute(event, "Execution", "ProcessID"), "UserID": attribute(event, "Security", "UserID"),
            "StringInserts": list(fields(event).values()),
        }
        for event in events()
    ]  # fmt: skip
    return "\n".join(map(json.dumps, rows))


def hops(path: Path) -> list[dict[str, Any]]:
    found = [hop.to_dict() for hop in hopwatch.scan([str(path)]).hops]
    for hop in found:
        for piece in hop["evidence"]:
            del piece["file"]
    return found


@pytest.mark.parametrize("write", [evtx_dump, separate_attributes, evtxecmd, fluent_bit])
def test_a_sample_in_another_format_gives_the_same_hops(write: Callable[[], str], tmp_path: Path) -> None:
    path = tmp_path / "export"
    path.write_text(write(), "utf-8")
    assert hops(path) == hops(SAMPLE)


SYSTEM32 = "C:\\Windows\\System32\\"
ACTOR = {
    "DeviceName": "srv01.corp.example", "InitiatingProcessAccountDomain": "corp", "InitiatingProcessLogonId": 3953138,
    "InitiatingProcessAccountName": "adm.keller", "InitiatingProcessAccountSid": "S-1-5-21-1-2-3-1118",
}  # fmt: skip
ROWS: list[dict[str, Any]] = [
    {"ActionType": "InboundConnectionAccepted", "LocalIP": "10.20.2.21", "LocalPort": 445, "RemoteIP": "10.20.1.11",
     "RemotePort": 50211, "Protocol": "Tcp", "InitiatingProcessFileName": "ntoskrnl.exe", "InitiatingProcessId": 4},
    {"ActionType": "LogonSuccess", "LogonType": "Network", "LogonId": 3953138, "AccountName": "adm.keller",
     "AccountDomain": "corp", "AccountSid": "S-1-5-21-1-2-3-1118", "RemoteIP": "10.20.1.11", "RemotePort": 50211,
     "RemoteDeviceName": "ws01", "Protocol": "NTLM"},
    {"ActionType": "FileCreated", "FolderPath": "C:\\Windows\\PSEXESVC.exe", "FileName": "PSEXESVC.exe",
     "InitiatingProcessFileName": "ntoskrnl.exe", "InitiatingProcessId": 4},
    {"ActionType": "ServiceInstalled", "FolderPath": "C:\\Windows\\PSEXESVC.exe", "FileName": "PSEXESVC.exe",
     "AdditionalFields": '{"ServiceName": "PSEXESVC", "ServiceAccount": "LocalSystem"}'},
    {"ActionType": "ProcessCreated", "FolderPath": "C:\\Windows\\PSEXESVC.exe", "FileName": "PSEXESVC.exe",
     "LogonId": 999, "ProcessId": 5000, "InitiatingProcessFolderPath": SYSTEM32 + "services.exe",
     "InitiatingProcessId": 700,
     "InitiatingProcessFileName": "services.exe", "AccountName": "system", "AccountDomain": "nt authority"},
]  # fmt: skip


def test_defenders_rows_make_a_hop_with_three_legs(tmp_path: Path) -> None:
    path = tmp_path / "hunt.json"
    rows = [ACTOR | row | {"Timestamp": f"2026-03-10T09:14:0{n}.152Z"} for n, row in enumerate(ROWS)]
    path.write_text(json.dumps({"schema": [], "results": rows}), "utf-8")
    (hop,) = hopwatch.scan([str(path)]).hops
    assert (hop.source.ip, hop.target.host, hop.technique) == ("10.20.1.11", "srv01.corp.example", "psexec")
    assert set(hop.to_dict()["legs"].values()) == {"seen"}
    assert {(e.channel, e.record_id) for e in hop.evidence} >= {("Security", None)}
