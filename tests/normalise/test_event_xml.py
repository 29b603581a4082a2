"""Events as XML become the rows that the same events become as EVTX, or as NXLog's JSON, whoever writes the XML."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.normalise.test_shapes import FIELDS, PROVIDER, RECORDS, SID
from tests.support.event_xml import Style, escaped, event_xml, flat_xml, rendering
from tests.support.evtx_writer import write
from tests.support.reading import Row, normalise, normalise_files, read_bytes

SYSTEM = {
    "Provider": {"#attributes": {"Name": "Service Control Manager", "EventSourceName": "Service Control Manager"}},
    "EventID": {"#attributes": {"Qualifiers": 16384}, "#text": 7036}, "Version": 0, "Level": 4, "Task": 0, "Opcode": 0,
    "Keywords": "0x8080000000000000", "TimeCreated": {"#attributes": {"SystemTime": "2026-03-10T09:14:03.152345Z"}},
    "EventRecordID": 901, "Correlation": None, "Execution": {"#attributes": {"ProcessID": 612, "ThreadID": 88}},
    "Channel": "System", "Computer": "SRV01.corp.example", "Security": None,
}  # fmt: skip


def record(event_id: Any, number: int, **body: Any) -> dict[str, Any]:
    system = {**SYSTEM, "EventID": event_id, "EventRecordID": number}
    return {"Event": {"#attributes": {"xmlns": "urn:x"}, "System": system, **body}}


SHARE: dict[str, Any] = {
    "Event": {
        "#attributes": {"xmlns": "urn:x"},
        "System": {
            **SYSTEM, "Provider": {"#attributes": {"Name": PROVIDER, "Guid": "{54849625-5478-4994-A5BA-3E3B0328C30D}"}},
            "EventID": 5145, "TimeCreated": {"#attributes": {"SystemTime": "2026-03-10T09:14:02.152999Z"}},
            "EventRecordID": 48215, "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 88}},
            "Channel": "Security", "Security": {"#attributes": {"UserID": SID}},
        },
        "EventData": FIELDS,
    }
}  # fmt: skip
EVENTS = [
    SHARE,
    record(SYSTEM["EventID"], 901, EventData={"Data": {"#text": ["Spooler & Co", "", "running"]}, "Binary": "530070"}),
    record(7045, 902, EventData={"ServiceName": "Updater", "ImagePath": "\"C:\\a b\\u.exe\" <'x'> && ü", "Empty": ""}),
    record(104, 903, UserData={"LogFileCleared": {"SubjectUserName": "adm.keller", "Channel": "System", "None": None}}),
    record(24, 904, UserData={"EventXML": {"User": "CORP\\anna", "SessionID": 2, "Address": "10.20.1.11"}}),
    record(7000, 905, ProcessingErrorData={"ErrorCode": 15003, "DataItemName": "x", "EventPayload": "00"}),
]  # fmt: skip


def lines(style: Style | None = None) -> list[str]:
    return [event_xml(event, style) for event in EVENTS]


def named(body: str) -> str:
    """The first event, whose fields are told in another way."""
    whole = event_xml(SHARE)
    return whole[: whole.index("<EventData>")] + f"<EventData>{body}</EventData></Event>"


RENDERED = [event_xml(event, Style(after=rendering("A share was <checked>.\r\n\tNo more."))) for event in EVENTS]
ROOT = "<Events xmlns='urn:x' xmlns:e='urn:y'>"
PREFIXED = "\n".join(lines(Style(prefix="e:", declared=False)))
DECLARATION = "<?xml version='1.0' encoding='utf-16' standalone='yes'?>\n"
CDATA = "".join(
    f"<Data Name='{key}'><![CDATA[{value}]]></Data>".replace("\r\n", "]]>&#13;&#10;<![CDATA[")
    for key, value in FIELDS.items()
)
NUMBERS = "".join(f"<Data Name='{k}'>{''.join(f'&#x{ord(c):X};' for c in v)}</Data>" for k, v in FIELDS.items())
SPACED = "".join(f'<Data Name="{k}" xml:space="preserve">{escaped(v)}</Data >' for k, v in FIELDS.items())
COMMENTED = "".join(f"<!-- a </Event> --><Data\n Name='{k}' >{escaped(v)}</Data>" for k, v in FIELDS.items())
REST = "\n" + "\n".join(lines()[1:])
FILES: dict[str, str] = {
    "wevtutil, one line each": "\n".join(lines()),
    "wevtutil, without line ends": "".join(lines()),
    "wevtutil /e:root": "<root>" + "\n".join(lines()) + "</root>",
    "wevtutil /f:xml, pretty": "\r\n".join(lines(Style(space="\r\n  "))),
    "Event Viewer": DECLARATION + "<Events>" + "".join(lines(Style(quote='"'))) + "</Events>\n",
    "Event Viewer with rendering": DECLARATION + "<Events>" + "".join(RENDERED) + "</Events>",
    "behind a byte order mark": "\ufeff" + DECLARATION + "\n".join(lines()),
    "Get-WinEvent and ToXml": "\r\n".join(lines()) + "\r\n\r\n",
    "Splunk with syslog headers": "".join(f"<134>Mar  9 09:14:02 SRV01 hop: {line}\n" for line in lines()),
    "Splunk with times": "".join(f"03/10/2026 09:14:02.000 AM {line}\n" for line in lines()),
    "RFC 5424 headers": "".join(f"<134>1 2026-03-10T09:14:02Z SRV01 hop - - - {line}\n" for line in lines()),
    "names with prefixes": "<list>" + "\n".join(lines(Style(prefix="e:"))) + "</list>",
    "prefixes that only the root declares": ROOT + PREFIXED + "</Events>",
    "CDATA": named(CDATA) + REST,
    "numeric references": named(NUMBERS) + REST,
    "xml:space": named(SPACED) + REST,
    "comments, and spaces inside tags": named(COMMENTED) + REST,
    "end tags with spaces": "\n".join(line.replace("</Event>", "</Event >") for line in lines()),
    "NUL bytes and empty lines between": "\n\0\0\n".join(lines()),
    "seven digits": "\n".join(lines()).replace("152999Z", "1529997Z"),
    "nine digits": "\n".join(lines()).replace("152999Z", "152999789Z"),
}
OPENWEC = {"meta": {"IpAddress": "10.20.1.9", "Principal": "SRV01$@CORP.EXAMPLE", "Subscription": {"Name": "all"}}}
WRAPPED: dict[str, Any] = {
    "OpenWEC, raw in JSON": lambda xml: {**OPENWEC, "data": xml},
    "OpenWEC, what it could not parse": lambda xml: {"OpenWEC": {"Error": {"OriginalContent": xml, "Type": "Unknown"}}},
    "Splunk export": lambda xml: {"preview": False, "result": {"_raw": xml, "host": "collector"}},
    "Splunk with a header": lambda xml: {"result": {"_raw": "Mar 10 09:14:02 SRV01 " + xml}},
    "Elastic, not taken apart": lambda xml: {"_source": {"@timestamp": "2026-03-11", "event": {"original": xml}}},
    "a message": lambda xml: {"message": xml + "\r\n", "host": {"name": "collector"}},
}


def rows(content: bytes) -> list[Row]:
    records, reports = read_bytes(content)
    assert not reports
    return [{**row, "source_file": ""} for row in normalise(*records)]


EXPECTED = rows(write(EVENTS))


def test_there_is_a_row_for_every_event() -> None:
    assert len(EXPECTED) == len(EVENTS)


@pytest.mark.parametrize("form", FILES)
def test_xml_gives_the_rows_of_the_same_events_as_evtx(form: str) -> None:
    assert rows(FILES[form].encode()) == EXPECTED


@pytest.mark.parametrize("escape", [str, lambda text: text.replace("<", "\\u003c").replace(">", "\\u003e")])
@pytest.mark.parametrize("form", WRAPPED)
def test_json_that_holds_the_xml_gives_the_rows_too(form: str, escape: Any) -> None:
    texts = [escape(json.dumps(WRAPPED[form](xml))) for xml in lines()]
    assert rows("\n".join(texts).encode()) == EXPECTED
    assert rows(f"[{','.join(texts)}]".encode()) == EXPECTED


def test_an_event_that_is_taken_apart_already_is_not_taken_from_its_text() -> None:
    whole = RECORDS["winlogbeat"]
    both = {**whole, "event": {"code": "5145", "original": event_xml(EVENTS[2])}, "message": event_xml(EVENTS[2])}
    assert rows(json.dumps(both).encode()) == rows(json.dumps(whole).encode())


def openwec(event: dict[str, Any]) -> dict[str, Any]:
    """An event in OpenWEC's JSON."""
    system = event["Event"]["System"]
    flat = {key: system[key] for key in ("EventRecordID", "Channel", "Computer", "Version", "Level", "Keywords")}
    number = system["EventID"]
    body = {key: value for key, value in event["Event"].items() if key not in ("#attributes", "System")}
    if "Data" in body.get("EventData", {}):
        body["EventData"] = {**body["EventData"], "Data": body["EventData"]["Data"]["#text"]}
    if "UserData" in body:
        xml = event_xml(event)
        body["UserData"] = xml[xml.index("<UserData>") + 10 : xml.index("</UserData>")]
    parts = {
        "Provider": system["Provider"]["#attributes"],
        "EventID": number if isinstance(number, int) else number["#text"],
        "TimeCreated": system["TimeCreated"]["#attributes"]["SystemTime"],
        "Execution": system["Execution"]["#attributes"],
        **({"UserID": system["Security"]["#attributes"]["UserID"]} if system["Security"] else {}),
    }
    return {"System": {**flat, **parts}, **body, "OpenWEC": OPENWEC["meta"]}


def test_openwec_gives_the_rows_too() -> None:
    assert rows("\n".join(json.dumps(openwec(event)) for event in EVENTS).encode()) == EXPECTED


NXLOG = {key: value for key, value in RECORDS["nxlog"].items() if key != "@timestamp"}


@pytest.mark.parametrize("time", ["2026-03-10 09:14:02", "2026-03-10T10:14:02.152000+01:00"])
def test_nxlog_gives_the_same_row_as_xml_and_as_json(time: str) -> None:
    record = {**NXLOG, "EventTime": time}
    (row,) = rows(flat_xml(record).encode())
    assert [row] == rows(json.dumps(record).encode())
    assert (row["event_id"], row["ip"], row["time"].hour) == (5145, "10.20.1.11", 9)


def test_the_collectors_own_address_is_not_the_events() -> None:
    (row,) = rows(json.dumps({**NXLOG, "OpenWEC": OPENWEC["meta"]}).encode())
    assert (row["ip"], row["event_data"]) == ("10.20.1.11", rows(json.dumps(NXLOG).encode())[0]["event_data"])


def test_what_system_lacks_is_taken_from_the_rendering() -> None:
    xml = RENDERED[0].replace("<Channel>Security</Channel>", "").replace(f"<Provider Name='{PROVIDER}'", "<X y='z'")
    (row,) = rows(xml.encode())
    assert (row["channel"], row["provider"]) == ("Sicherheit", "Anbieter")


def test_the_same_record_as_evtx_as_xml_and_from_a_product_of_milliseconds_counts_once() -> None:
    short = "\n".join(lines()).replace("152999Z", "152Z").replace("152345Z", "152Z")
    files = {name: read_bytes(content)[0] for name, content in
             {"a": write(EVENTS), "b": "\n".join(lines()).encode(), "c": short.encode()}.items()}  # fmt: skip
    found, summary = normalise_files(files)
    assert [{**row, "source_file": ""} for row in found] == EXPECTED
    assert summary.duplicates == 2 * len(EVENTS)
