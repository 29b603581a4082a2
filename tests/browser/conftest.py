"""One headless Chromium for the tests; where there is none they are skipped, and say so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hopwatch.report.html.page import pieces
from hopwatch.report.html.report import Report

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium here: make test-browser installs it where it may")
    flags = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield chromium
        chromium.close()


class Opened:
    """A page that is open, and all that it must not do: errors, requests, dialogs."""

    def __init__(self, page: Any, file: Path):
        self.page, self.file, self.wrong = page, file, []
        page.set_default_timeout(120_000)  # a busy machine is no error of the page
        page.on("console", lambda said: self.wrong.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on("popup", lambda popup: self.wrong.append(f"popup: {popup.url}"))
        page.on("request", self._request)

    def _request(self, request: Any) -> None:
        if request.url.split("#")[0] != self.file.as_uri():
            self.wrong.append(f"request: {request.url[:200]}")

    def go(self, where: str = "overview") -> Any:
        self.page.goto(f"{self.file.as_uri()}#{where}")
        self.page.wait_for_selector("html[data-ready]")
        return self.page


@pytest.fixture
def opened(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Write a report and open it; whatever is wrong in the browser fails the test when it ends."""
    pages: list[Opened] = []

    def open_it(report: Report | Path, **options: Any) -> Opened:
        file = report if isinstance(report, Path) else tmp_path / "report.html"
        if isinstance(report, Report):
            with file.open("w", encoding="utf-8") as stream:
                stream.writelines(pieces(report))
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
        pages.append(Opened(context.new_page(), file))
        return pages[-1]

    yield open_it
    for one in pages:
        one.page.context.close()
        assert one.wrong == []
