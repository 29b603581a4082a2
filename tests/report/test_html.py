"""The HTML report as text: what stands in the file before a browser reads it."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files

import orjson
import pytest

from hopwatch.model.hop import LegState, Source
from hopwatch.model.summary import Summary
from hopwatch.pipeline.records import records_of
from hopwatch.pipeline.scan import ScanOptions, scan
from hopwatch.report.html.coverage import of_hops
from hopwatch.report.html.data import LONGEST, key_of
from hopwatch.report.html.page import MODULES, pieces
from hopwatch.report.html.report import Report, gravest
from hopwatch.report.html.summary import summary_of
from tests.browser.made import hop, path, report

ASSETS = files("hopwatch.report.html") / "assets"


class Blocks(HTMLParser):
    """What a parser of HTML makes of a page: scripts with their attributes and text, styles, and other elements."""

    def __init__(self, text: str):
        super().__init__()
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.styles: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_data(self, data):
        if self.cdata_elem == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)
        elif self.cdata_elem == "style":
            self.styles.append(data)

    def data(self) -> dict[str, object]:
        return {a["id"]: orjson.loads(text) for a, text in self.scripts if a.get("type") == "application/json"}


def parsed(given: Report) -> Blocks:
    return Blocks("".join(pieces(given)))


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_allows_the_scripts_and_styles_of_the_page_and_nothing_else():
    page = parsed(report(20, 5))
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    run = [text for a, text in page.scripts if "type" not in a]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"].split() == [digest(text) for text in run]
    assert rules["style-src"] == digest(page.styles[0])
    assert "unsafe" not in policy
    assert len(run) == 2


def test_no_element_names_anything_outside_the_file():
    outside = ("src", "srcset", "data", "action", "poster", "style", "background")
    named = [(tag, name) for tag, attributes in parsed(report(20, 5)).tags for name in attributes if name in outside]
    assert named == []
    assert not [tag for tag, _ in parsed(report(20, 5)).tags if tag in ("link", "base", "iframe", "img", "object")]


def test_every_hop_is_in_the_file_with_all_that_is_known_of_it():
    given = report(100, 9)
    blocks = parsed(given).data()
    rows = {row[0]: row for row in blocks["hops"]}
    found = {name: one for key, block in blocks.items() if key.startswith("details-") for name, one in block.items()}
    assert list(rows) == [one.id for one in given.hops]
    for one in given.hops:
        assert {k: v for k, v in found[one.id].items() if k != "records"} == one.to_dict()
    assert blocks["complete"] is True


def test_text_of_a_log_is_neither_markup_nor_longer_than_the_page_bears():
    text = "</script><!--<script>" + "x" * LONGEST * 3
    bad = replace(hop(1), technique=text, suppressed_by=text)
    page = parsed(Report([bad], Summary(), version="0"))
    stored = page.data()["hops"][0][10]
    assert stored.startswith("</script><!--<script>xxx")
    assert len(stored) < LONGEST + 60
    assert {tag for tag, _ in page.tags} == {tag for tag, _ in parsed(Report([], Summary())).tags}


def test_halves_of_characters_do_not_stop_the_report():
    summary = Summary(files=1)
    summary.skip("odd-\udcff.evtx", "no \ud800 log")
    skipped = parsed(Report([], summary)).data()["meta"]["summary"]["skipped"]
    assert skipped == [{"file": "odd-\\udcff.evtx", "reason": "no \\ud800 log", "count": 1}]


def test_the_page_comes_in_small_pieces():
    largest = max((len(piece) for piece in pieces(report(2000, 50)) if "cytoscape" not in piece), default=0)
    assert largest < 150_000


def test_the_same_hops_give_the_same_file():
    assert "".join(pieces(report(50, 9))) == "".join(pieces(report(50, 9)))


def test_alerts_come_first_then_the_gravest():
    found = [(one.alert, one.severity) for one in gravest([hop(i) for i in range(25)])]
    assert found[0] == (True, "critical")
    assert [alert for alert, _ in found] == sorted((alert for alert, _ in found), reverse=True)


@pytest.mark.parametrize(
    ("given", "headline"),
    [
        (Report([], Summary()), "Nothing was read"),
        (Report([], Summary(files=2)), "No sign of an intruder moving in what was read"),
        (Report([hop(4)], Summary(files=2)), "1 alert: the gravest is critical, on SRV003"),
        (Report([hop(4)], Summary(files=2), [path([hop(1), hop(3)])]), "1 alert: the gravest path leads from WS001 to SRV001"),  # noqa: E501
    ],
)  # fmt: skip
def test_the_headline_says_what_matters(given, headline):
    assert summary_of(given)["headline"] == headline


def test_the_summary_says_what_could_not_be_seen_and_how_sure_it_is():
    seen, not_collected = LegState.SEEN, LegState.NOT_COLLECTED
    legs = {"logon": seen, "execution": seen, "network": not_collected}
    said = summary_of(Report([hop(4, legs=legs), hop(9, legs=legs, source=Source())], Summary(files=1)))
    assert said["unseen"] == [
        "For 2 of 2 alerts no log was collected that shows the connection itself.",
        "Of 1 alert nothing says where it came from.",
    ]
    assert said["sure"] == ["2 alerts stand on two of the three."]


def test_without_a_coverage_report_the_hops_tell_what_was_collected():
    rows = {row["host"]: row for row in of_hops([hop(3), hop(3)])["hosts"]}
    assert rows["SRV001.corp.example"]["network"] == {"seen": 2, "absent": 0, "not_collected": 0}
    assert rows["SRV001.corp.example"]["logs"] == ["Security"]
    given = {"hosts": [{"host": "a"}], "blind": []}
    assert parsed(Report([], Summary(), coverage=given)).data()["coverage"] == given


def test_records_are_fetched_with_all_fields_that_were_kept():
    result = scan(["samples"], ScanOptions(every=False))
    found = records_of(result.store, result.hops)
    for one in result.hops:
        assert {key for key, _ in found[one.id]} == {key_of(e) for e in one.evidence}
    logon = next(fields for _, fields in found[result.hops[0].id] if "LogonType" in fields)
    assert logon["TargetUserName"] == "adm.keller"
    assert logon["IpAddress"] == "10.20.1.11"


def test_every_module_is_part_of_the_page_and_makes_no_markup_of_text():
    stored = {file.name.removesuffix(".js") for file in ASSETS.iterdir() if file.name.endswith(".js")}
    assert set(MODULES) == stored
    markup = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function"
    forbidden = re.compile(markup + r"|fetch\(|XMLHttp|WebSocket|import\(")
    for name in MODULES:
        text = (ASSETS / f"{name}.js").read_text("utf-8")
        assert text.startswith("// "), f"{name}.js says what it is for"
        assert not forbidden.search(text), name
        assert len(text.splitlines()) < 300


def test_the_library_is_the_one_that_the_notice_names():
    notice = (ASSETS / "vendor/NOTICE.txt").read_text("utf-8")
    library = (ASSETS / "vendor/cytoscape.min.js").read_bytes()
    assert re.search(r"sha256 +(\w+)", notice)[1] == hashlib.sha256(library).hexdigest()
    assert "MIT" in notice
    assert "Permission is hereby granted" in (ASSETS / "vendor/cytoscape.LICENSE.txt").read_text("utf-8")
