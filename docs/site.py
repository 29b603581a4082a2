"""What the site has besides docs/: the project's own pages, and links to its files as text."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
OUTSIDE = {"CONTRIBUTING.md": "contributing.md", "CHANGELOG.md": "changelog.md"}
WORKER = "https://unpkg.com/iframe-worker/shim"
LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that stand at the project's root."""
    for name, page in OUTSIDE.items():
        files.append(File.generated(config, page, content=(ROOT / name).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Point links to what is in the site; a link to another file of the project becomes its name."""
    own = page.file.src_uri in OUTSIDE.values()
    return LINK.sub(lambda found: _link(found, own), markdown)


def _link(found: re.Match[str], own: bool) -> str:
    text, target = found[1], found[2]
    name, _, anchor = target.partition("#")
    plain = name.removeprefix("../")
    if plain in OUTSIDE:
        return f"[{text}]({OUTSIDE[plain]}{'#' + anchor if anchor else ''})"
    if not own or ":" in target or target.startswith("#"):
        return found[0]
    return f"[{text}]({target.removeprefix('docs/')})" if target.startswith("docs/") else text


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Take the search's helper, which the theme would fetch from elsewhere, from the site itself."""
    return output.replace(WORKER, "../" * page.url.count("/") + "assets/iframe-worker.js")


def on_post_template(output: str, template_name: str, config: Any) -> str:
    """The same for the page that says that there is none."""
    return output.replace(WORKER, "assets/iframe-worker.js")
