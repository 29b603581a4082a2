"""The site builds without a warning and without the network, and every link in it leads somewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from typer.testing import CliRunner

from hopwatch.cli.main import application

ROOT = Path(__file__).parents[1]
FETCHED = {("script", "src"), ("link", "href"), ("img", "src"), ("iframe", "src")}
PAGES = (
    "first-scan",
    "how-a-hop-is-made",
    "reading-an-alert",
    "tuning",
    "faq",
    "outputs",
    "contracts",
    "formats",
    "show",
)


class Links(HTMLParser):
    """The links of a page, what it fetches, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            if name in ("href", "src") and value:
                self.links.append(value)
                if (tag, name) in FETCHED and ("rel", "canonical") not in attrs:
                    self.fetched.append(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(out)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1", "no_proxy": "", "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    assert [line for line in done.stderr.splitlines() if line.startswith(("WARNING", "ERROR"))] == []
    return out


@cache
def parsed(file: Path) -> Links:
    found = Links()
    found.feed(file.read_text("utf-8"))
    return found


def test_every_link_and_anchor_leads_somewhere(site):
    dead = []
    for page in site.rglob("*.html"):
        for link in parsed(page).links:
            target, _, anchor = unquote(link).partition("#")
            if re.match(r"[a-z]+:|//", target) or (page.name == "404.html"):
                continue
            file = (page.parent / target).resolve() if target else page
            if not file.exists() or (anchor and file.suffix == ".html" and anchor not in parsed(file).ids):
                dead.append((page.name, link))
    assert dead == []


def test_no_page_fetches_anything_from_elsewhere(site):
    pages = list(site.rglob("*.html"))
    assert len(pages) > 250
    assert {link for page in pages for link in parsed(page).fetched if re.match(r"[a-z]+:|//", link)} == set()


@pytest.mark.parametrize("name", PAGES)
def test_the_site_has_the_page(site, name):
    assert (site / f"{name}.html").exists()


def test_every_rule_and_technique_has_its_page(site):
    for folder, source in (("rules", "src/hopwatch/rules/*.yml"), ("techniques", "docs/techniques/*.md")):
        names = {file.stem for file in ROOT.glob(source)}
        assert names <= {file.stem for file in (site / folder).glob("*.html")}


def entries() -> list[tuple[str, str]]:
    """The entries that the page on false alarms gives, by heading."""
    text = (ROOT / "docs/faq.md").read_text("utf-8")
    return re.findall(r"^## ([^\n]+)\n[^#]*?```yaml\n(.*?)```", text, re.DOTALL | re.MULTILINE)


def test_the_false_alarms_that_everybody_has_are_there():
    names = " ".join(name for name, _ in entries())
    assert [word for word in ("SCCM", "Veeam", "scanners", "Ansible", "forwarding") if word not in names] == []


@pytest.mark.parametrize(("name", "text"), entries())
def test_every_entry_against_false_alarms_is_a_context(name, text, tmp_path):
    file = tmp_path / "context.yml"
    file.write_text(text, "utf-8")
    done = CliRunner().invoke(application(), ["context", "check", str(file)])
    assert done.exit_code == 0, done.output
    assert set(yaml.safe_load(text)) <= {"hosts", "accounts", "allow"}
