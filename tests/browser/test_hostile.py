"""What an attacker wrote into a log is shown in the report and never obeyed: in every column, in every view."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from itertools import count
from pathlib import Path
from urllib.parse import quote

import orjson
import pytest

from hopwatch.report.html.data import key_of
from hopwatch.report.html.report import Report
from tests.browser.made import hop, path, planted, report

pytestmark = pytest.mark.browser
RUN = "document.documentElement.dataset.ran=1"
TEXTS = {
    "script": f"</script><script>{RUN}</script>",
    "comment": f"<!--<script>{RUN}</script>-->",
    "handler": f"\"><img src=x onerror='{RUN}'><svg onload={RUN}>",
    "quotes": f"' onmouseover={RUN} style=position:fixed;inset:0 x='",
    "link": f"javascript:{RUN}",
    "data": f"data:text/html,<script>{RUN}</script>",
    "away": "//attacker.example/x?<link rel=prefetch href=https://attacker.example/><base href=https://attacker.example>",
    "template": "{{constructor.constructor('alert(1)')()}} ${alert(1)} __proto__ constructor toString",
    "bidi": "user\u202egnp.exe\u2066\u200b\u200d\ufeff\u2028\u0000\x1b[31m",
    "huge": "A" * 300_000,
    "wide": "\u0300" * 3_000 + "\ufdfd" * 500,
    "proto": "__proto__",
    "empty": "",
}
PLACES = ("overview", "graph", "timeline", "table", "paths", "coverage")
SAMPLE = Path(__file__).parents[2] / "samples/wmi-winlogbeat.ndjson"
IDS = ("h-0000000000000001", "h-0000000000000002")


def hostile(plant) -> Report:
    """A report in which every text is planted; ids are kept unless they are planted apart."""
    number = count()
    clean = [hop(i, alert=True, severity="critical") for i in range(6)]
    bad = [replace(planted(one, lambda: plant(next(number))), id=one.id, legs=one.legs) for one in clean]
    way = planted(path(clean[:3]), lambda: plant(next(number)))
    way = replace(way, id="p-1", hops=tuple(one.id for one in bad[:3]), parents=(None, bad[0].id, bad[1].id))
    summary = report(5, 5).summary
    summary.skip(plant(0), plant(1))
    summary.formats[plant(2)] = 3
    summary.unused[plant(2)] = 3
    summary.warnings.append(plant(3))
    summary.corrected.append(plant(4))
    records = {
        one.id: [(key_of(e), {plant(5): plant(6), "x": {plant(7): [plant(8)]}}) for e in one.evidence] for one in bad
    }
    leg = {"sight": plant(1), "kinds": [plant(2)], "missing": [plant(3)], "why": plant(4)}
    seen = {"technique": plant(5), "legs": {"logon": leg, "execution": leg | {"sight": "blind"}, "network": leg}}
    host = {"host": plant(9), "events": 3, "techniques": [seen], "silent": plant(10), "audit": [plant(11)], "gaps": []}
    net = {"network": plant(6), "addresses": 3, "seen": 1, "sensors": [plant(7)]}
    cover = {"hosts": [host], "subnets": [net], "blind": [{"host": plant(8), "text": plant(12)}]}
    return Report(bad, summary, [way], report(5, 5).weights, records, cover, version=plant(13))


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_that_a_log_holds_runs_or_breaks_the_page(opened, name):
    texts = list(TEXTS.values())
    one = opened(hostile(lambda n: TEXTS[name] if n % 5 else texts[n % len(texts)]))
    for place in (*PLACES, "path/p-1", *(f"hop/{id}" for id in IDS)):
        page = one.go(place)
        assert page.locator("#view").inner_text().strip(), place
        assert not place.startswith("hop") or page.locator(".said, .records li").count() >= 10
        everything_opened(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1280, place
        assert page.evaluate("document.documentElement.dataset.ran") is None, place
        assert page.locator("img, iframe, object, embed, base, form").count() == 0
        assert foreign_links(page) == [], place


def everything_opened(page) -> None:
    """Press all that shows more, and hover over the rest."""
    script = (
        "() => document.querySelectorAll('button.more, button.copy, details > summary').forEach((one) => one.click())"
    )
    page.evaluate(script)
    page.mouse.move(400, 500)
    page.wait_for_timeout(30)


def foreign_links(page) -> list[str]:
    """Links that lead neither inside the page nor to a technique of ATT&CK."""
    script = "(name) => [...document.querySelectorAll(`[${name}]`)].map((one) => one.getAttribute(name))"
    links = [link for name in ("href", "src") for link in page.evaluate(script, name)]
    return [link for link in links if not link.startswith(("#", "https://attack.mitre.org/techniques/T"))]


def test_text_that_hides_or_turns_is_shown_as_its_code(opened):
    page = opened(hostile(lambda n: TEXTS["bidi"])).go(f"hop/{IDS[0]}")
    text = page.locator("article").inner_text()
    assert "user\\u202egnp.exe\\u2066\\u200b\\u200d\\ufeff\\u2028\\x00\\x1b[31m" in text
    assert not set("\u202e\u2066\u200b\ufeff\u2028\x1b") & set(text)


def test_a_huge_text_is_cut_and_can_be_opened(opened):
    page = opened(hostile(lambda n: TEXTS["huge"])).go(f"hop/{IDS[0]}")
    assert len(page.locator(".said").first.inner_text()) < 600
    page.locator(".said button.more").first.click()
    assert "more characters" in page.locator(".said").first.inner_text()


@pytest.mark.parametrize(
    "where", ["hop/%E0%A4%A", f"hop/{quote(TEXTS['script'])}", "path/__proto__", "constructor", "hop/", "//x"]
)
def test_an_address_made_by_somebody_else_shows_a_view_and_runs_nothing(opened, where):
    page = opened(report(10, 4)).go(where)
    assert page.locator("#view").inner_text().strip()
    assert page.evaluate("document.documentElement.dataset.ran") is None


def test_a_scan_of_a_log_full_of_such_text_gives_a_page_that_runs_nothing(opened, tmp_path):
    log, file = tmp_path / "</title><img src=x>.ndjson".replace("/", "_"), tmp_path / "scan.html"
    lines = [orjson.loads(line) for line in SAMPLE.read_bytes().splitlines()]
    log.write_bytes(b"\n".join(orjson.dumps(poisoned(line)) for line in lines))
    command = [sys.executable, "-m", "hopwatch", "scan", log, "--format", "html", "--all", "--out", file]
    subprocess.run(command, check=True, timeout=120)
    one = opened(file)
    page = one.go("table")
    hops = page.locator("[data-hop]").evaluate_all("all => all.map((one) => one.dataset.hop)")
    assert hops
    for place in (*PLACES, *(f"hop/{name}" for name in hops)):
        page = one.go(place)
        everything_opened(page)
        assert page.evaluate("document.documentElement.dataset.ran") is None, place
        assert foreign_links(page) == [], place
    assert "<script>" in page.locator("article").inner_text()


def poisoned(record: dict) -> dict:
    """A record with hostile text behind every free text of its event."""
    bad = TEXTS["script"] + TEXTS["handler"] + TEXTS["bidi"]
    names = (
        "TargetUserName",
        "SubjectUserName",
        "TargetDomainName",
        "WorkstationName",
        "CommandLine",
        "ParentCommandLine",
    )
    for name in {*names, "User", "RelativeTargetName", "ProcessName"} & set(record["winlog"]["event_data"]):
        record["winlog"]["event_data"][name] += bad
    return record


def test_a_file_that_is_cut_short_still_tells_what_it_has(opened, tmp_path):
    from hopwatch.report.html.page import pieces

    text = "".join(pieces(report(200, 9)))
    file = tmp_path / "cut.html"
    file.write_text(text[: text.index('id="details-1"') + 400], encoding="utf-8")
    one = opened(file)
    assert one.go("overview").locator("h1").inner_text()
    last = report(200, 9).hops[-1].id
    assert "cut short" in one.go(f"hop/{last}").locator("#view").inner_text()
