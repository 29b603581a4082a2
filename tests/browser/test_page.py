"""The report in a browser: it opens, filters, leads from the picture to the proof, and asks nobody for anything."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.made import report

pytestmark = pytest.mark.browser
SAMPLES = Path(__file__).parents[2] / "samples"
VIEWS = ("overview", "graph", "timeline", "table", "paths", "coverage")
WIDE, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
READY = "performance.getEntriesByName('hopwatch-ready')[0].startTime"
DRAWN = "document.querySelector('.canvas')._cyreg.cy"
PAPER = "() => getComputedStyle(document.body).backgroundColor"


@pytest.fixture
def samples(tmp_path):
    """The page that the command writes of the samples."""
    file = tmp_path / "samples.html"
    command = [sys.executable, "-m", "hopwatch", "scan", SAMPLES, "--format", "html", "--out", file]
    subprocess.run(command, check=True, timeout=120)
    return file


def test_the_first_view_is_the_gravest_path(opened, samples):
    page = opened(samples).go()
    assert page.locator("h1").inner_text() == "4 alerts: the gravest path leads from WS01 to DC01"
    assert "From WS01 somebody moved to SRV01 (PsExec as adm.keller)" in page.locator(".sentence").first.inner_text()
    assert page.locator(".tree .box").count() == 4


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_view_fits_its_window(opened, tmp_path, view, size, scheme):
    page = opened(report(60, 12), viewport=size, color_scheme=scheme).go(view)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    assert page.locator("#view").inner_text().strip()


def test_filters_leave_what_they_say(opened):
    page = opened(report(300, 20)).go("table")
    every = shown(page)
    page.locator("[data-filter=technique]").select_option("psexec")
    page.wait_for_timeout(200)
    assert 0 < shown(page) < every
    assert set(page.locator(".rows .c-technique").all_inner_texts()) == {"PsExec"}
    page.locator("[data-filter=host]").fill("ws003")
    page.wait_for_timeout(300)
    assert set(page.locator(".rows .c-from").all_inner_texts()) <= {"WS003"}
    page.get_by_role("button", name="Clear filters").click()
    assert shown(page) == every
    page.get_by_text(re.compile("suppressed \\(")).click()
    assert shown(page) > every


def test_the_time_brush_moves_by_keys(opened):
    page = opened(report(300, 20)).go("table")
    every = shown(page)
    page.get_by_role("slider", name="Earliest time").press("PageUp")
    assert shown(page) < every
    page.get_by_role("slider", name="Earliest time").press("Home")
    assert shown(page) == every


def shown(page) -> int:
    return int(page.locator(".table").get_attribute("aria-rowcount")) - 1


def test_the_table_sorts_and_opens_by_keys(opened):
    page = opened(report(300, 20)).go("table")
    page.get_by_role("button", name="Time (UTC)").click()
    times = page.locator(".rows .c-start").all_inner_texts()
    assert times == sorted(times)
    page.locator(".frame").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_selector("article.hop")
    assert "#hop/h-" in page.url


def test_a_click_on_an_edge_of_the_graph_opens_its_hop(opened, samples):
    page = opened(samples).go("graph")
    page.locator(".canvas").focus()
    page.keyboard.press("ArrowRight")
    first = page.locator("#live").inner_text()
    page.keyboard.press("Enter")
    page.wait_for_selector("article.hop")
    assert page.locator("h1 strong").all_inner_texts() == [first.split(" → ")[0], first.split(" → ")[1].split(":")[0]]
    page.go_back()
    box = page.locator(".canvas").bounding_box()
    spot = edge_middle(page)
    page.mouse.click(box["x"] + spot["x"], box["y"] + spot["y"])
    page.wait_for_selector("article.hop")


def edge_middle(page) -> dict[str, float]:
    """Where on the canvas the first edge of the graph is."""
    return page.evaluate("() => { const {x, y} = " + DRAWN + ".edges()[0].renderedMidpoint(); return {x, y}; }")


def test_a_hop_shows_its_proofs_its_reasons_and_what_was_not_collected(opened, samples):
    page = opened(samples).go("table")
    page.locator("[data-hop]").filter(has_text="PsExec").first.click()
    legs = [text.split("\n")[1:] for text in page.locator(".legcard h3").all_inner_texts()]
    assert legs == [["Logon", "seen"], ["Execution", "seen"], ["Network", "not collected"]]
    page.get_by_role("button", name="Raw fields").first.click()
    assert "adm.keller" in page.locator(".raw").first.inner_text()
    assert page.locator("a.attack").first.get_attribute("href") == "https://attack.mitre.org/techniques/T1021/002/"
    assert "The points add up to" in page.locator("article").inner_text()
    page.get_by_role("button", name="Copy pointer").first.click()
    page.get_by_role("button", name=re.compile("Copied|Select and copy")).first.wait_for()


def test_colours_change_by_the_button_and_the_text_stays_readable(opened, samples):
    page = opened(samples).go()
    light = page.evaluate(PAPER)
    for _ in range(2):
        page.locator("#theme").click()
    assert page.evaluate(PAPER) != light
    assert contrast(page, "body", "p") >= 4.5
    assert contrast(page, ".badge", ".badge") >= 4.5


def contrast(page, behind: str, text: str) -> float:
    """The contrast of a text with what is behind it (WCAG 2, relative luminance)."""
    script = "([s, name]) => getComputedStyle(document.querySelector(s))[name]"
    values = [page.evaluate(script, [behind, "backgroundColor"]), page.evaluate(script, [text, "color"])]
    light = sorted(luminance([int(part) for part in re.findall(r"\d+", value)[:3]]) for value in values)
    return (light[1] + 0.05) / (light[0] + 0.05)


def luminance(rgb: list[int]) -> float:
    parts = [(c / 255) / 12.92 if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def test_every_button_and_link_has_a_name(opened, samples):
    one = opened(samples)
    nameless = """() => [...document.querySelectorAll('a, button, input, select')].filter((e) => e.offsetParent
        && !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length"""
    for view in VIEWS:
        page = one.go(view)
        assert page.evaluate(nameless) == 0


def test_five_hundred_hosts_are_few_nodes_and_a_group_opens(opened):
    page = opened(report(5000, 500)).go("graph")
    nodes = f"{DRAWN}.nodes().length"
    before = page.evaluate(nodes)
    assert before < 80
    page.evaluate(f"{DRAWN}.nodes('.group')[0].emit('tap') && null")
    assert page.evaluate(nodes) > before


def test_five_thousand_hops_open_within_three_seconds(opened):
    page = opened(report(5000, 500)).go("table")
    assert shown(page) > 2000
    assert page.locator("[data-hop]").count() < 80  # only what is in sight is drawn
    assert page.evaluate(READY) < 3000
    page.wait_for_load_state("load")
    assert page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd") < 6000  # all of the file
    page.locator("[data-hop]").first.click()
    page.wait_for_selector("article.hop")
