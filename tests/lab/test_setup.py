"""What is written for collectors is read by a parser of its format, and asks for all that the rules ask."""

from __future__ import annotations

import re
import tomllib
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from hopwatch.cli.main import run_command
from hopwatch.lab.forms import table
from hopwatch.lab.settings import SYSMON, fix, is_always_on, subcategory
from hopwatch.lab.setup import collectors, sensors, windows
from hopwatch.lab.setup.asked import asked
from hopwatch.lab.setup.sysmon import sysmon
from hopwatch.lab.setup.write import FILES

ASKED = asked()
TERM = re.compile(r"EventID=(\d+)")


def queried(text: str) -> dict[str, set[int]]:
    """The event ids by channel of a list of queries; no query is longer than Windows takes."""
    found: dict[str, set[int]] = {}
    for select in ElementTree.fromstring(text).iter("Select"):
        ids = TERM.findall(select.text or "")
        assert 0 < len(ids) <= 22
        assert re.fullmatch(r"\*\[System\[\(EventID=\d+( or EventID=\d+)*\)\]\]", select.text or "")
        found.setdefault(select.attrib["Path"], set()).update(map(int, ids))
    return found


def wanted() -> dict[str, set[int]]:
    return {channel: set(ASKED.ids(channel)) for channel in ASKED.channels}


def test_every_query_asks_for_all_that_rules_and_correlation_ask():
    assert queried(windows.query_list(ASKED)) == wanted()


def test_the_subscription_is_xml_with_the_same_queries():
    root = ElementTree.fromstring(windows.wef(ASKED).encode())
    name = f"{{{windows.NAMESPACE}}}"
    assert root.tag == f"{name}Subscription"
    assert queried(root.findtext(f"{name}Query") or "") == wanted()


def test_collectors_are_read_by_parsers_of_their_formats():
    beat = yaml.safe_load(collectors.winlogbeat(ASKED))
    assert queried(beat["winlogbeat.event_logs"][0]["xml_query"]) == wanted()
    wec = tomllib.loads(collectors.openwec(ASKED))
    assert queried(wec["query"]) == wanted()
    assert wec["outputs"][0]["driver"] == "Files"
    block = re.search(r"<QueryXML>(.*)</QueryXML>", collectors.nxlog(ASKED), re.DOTALL)
    assert block is not None
    assert queried(block[1]) == wanted()


def test_every_wanted_event_of_the_security_log_has_a_subcategory_or_is_always_written():
    assert [kind for kind in ASKED.ids("Security") if not (subcategory(kind) or is_always_on(f"Security/{kind}"))] == []
    assert [number for number in ASKED.ids(SYSMON) if str(number) not in table("settings")["sysmon"]] == []


def test_the_audit_policy_switches_on_what_is_wanted_and_says_what_it_leaves_off():
    text = windows.audit(ASKED)
    on = set(
        re.findall(
            r"^auditpol /set /subcategory:\{([0-9A-F-]{36})\} /success:enable( /failure:enable)?\r?$", text, re.M
        )
    )
    for one, _ in windows.subcategories(ASKED):
        assert ((one.guid, " /failure:enable" if one.failure else "") in on) is (one.loud is None)


def test_the_registry_file_has_keys_and_values():
    lines = windows.registry(ASKED).split("\r\n")
    assert lines[0] == "Windows Registry Editor Version 5.00"
    for line in filter(None, lines[1:]):
        assert re.fullmatch(r"; .*|\[HKEY_LOCAL_MACHINE\\[^\[\]]+\]|\"[^\"]+\"=(dword:[0-9a-f]{8}|\"[^\"]*\")", line), (
            line
        )
    assert '"ProcessCreationIncludeCmdLine_Enabled"=dword:00000001' in lines


def test_sensors_are_asked_for_the_logs_that_rules_read():
    config = yaml.safe_load(sensors.suricata(ASKED))
    types = [t if isinstance(t, str) else next(iter(t)) for t in config["outputs"][0]["eve-log"]["types"]]
    assert {"flow", "smb", "dcerpc", "krb5"} <= set(types)
    assert ASKED.logs <= set(table("sensors")["zeek"])
    assert "json-logs" in sensors.zeek(ASKED)


WORDS: dict[str, Any] = {
    "is": lambda have, want: have == want,
    "contains": lambda have, want: want in have,
    "begin with": lambda have, want: have.startswith(want),
    "end with": lambda have, want: have.endswith(want),
}


def kept(root: ElementTree.Element, event: dict[str, Any]) -> bool:
    """Whether a Sysmon configuration of ours lets an event through."""
    element = root.find(f".//{table('settings')['sysmon'][str(event['EventID'])]}")
    if element is None:
        return False
    if element.attrib["onmatch"] == "exclude":
        return True
    return any(WORDS[f.attrib["condition"]](str(event.get(f.tag, "")).lower(), (f.text or "").lower()) for f in element)


def hits() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for rule in ASKED.rules:
        for case in ASKED.texts[rule.name]["cases"]:
            ids = [c.event_ids for c in rule.conditions if c.channel == SYSMON]
            if "hit" in case and ids:
                event = {"EventID": ids[0][0], **case["hit"]}
                if event["EventID"] in ids[0]:
                    found.append((f"{rule.name}: {case['name']}", event))
    return found


def test_sysmon_keeps_every_event_that_a_rule_hits():
    root = ElementTree.fromstring(sysmon(ASKED))
    assert root.attrib["schemaversion"]
    assert len(hits()) > 50
    assert [name for name, event in hits() if not kept(root, event)] == []


def test_sysmon_does_not_keep_what_no_rule_asks():
    root = ElementTree.fromstring(sysmon(ASKED))
    assert not kept(root, {"EventID": 7, "ImageLoaded": "C:\\Windows\\System32\\kernel32.dll", "Image": "C:\\a.exe"})
    assert not kept(root, {"EventID": 13, "TargetObject": "HKLM\\SOFTWARE\\Acme\\Version", "Image": "C:\\a.exe"})


def test_another_rule_changes_what_is_asked(tmp_path):
    rule = {
        "title": "Another", "id": "6f2b1c9e-51a5-4a52-9d53-0d5f0a6f2d11", "status": "test",
        "logsource": {"product": "windows", "service": "ntlm"},
        "detection": {"x": {"EventID": 8004}, "condition": "x"}, "level": "low", "tags": [],
    }  # fmt: skip
    (tmp_path / "another.yml").write_text(yaml.safe_dump(rule), "utf-8")
    more = asked([tmp_path])
    assert 8004 in queried(windows.query_list(more))["Microsoft-Windows-NTLM/Operational"]


def test_the_command_writes_every_file(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["hopwatch", "lab", "setup", "--out", str(tmp_path / "setup")])
    assert run_command() == 0
    assert {path.name for path in (tmp_path / "setup").iterdir()} == {*FILES, "README.md"}
    assert "4624" in (tmp_path / "setup" / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    "kind", ["Security/4697", "Security/1102", "System/7045", f"{SYSMON}/3", "Other/Operational/5"]
)
def test_every_kind_has_a_fix_in_one_line(kind):
    assert fix(kind)
    assert "\n" not in fix(kind)
