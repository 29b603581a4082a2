"""Makes log text harmless in Markdown: whatever it holds is shown, and never becomes markup."""

from __future__ import annotations

import re

from hopwatch.report.safe import shown

MARKUP = re.compile(r"([\\`*\[\]<>|~$&]|(?<!\w)_|_(?!\w))")
ADDRESS = re.compile(r"(?i)(?<![a-z0-9])(https?|ftp|www)(?=[:.])")


def plain(text: object) -> str:
    """Text of one line in which nothing is markup, a mention or a link."""
    line = " ".join(shown(" ".join(str("" if text is None else text).split())).split())
    return re.sub(r"^(\d*)(?=[#+=:.)-](?:\s|$|#|=|-))", r"\1\\", MARKUP.sub(r"\\\1", ADDRESS.sub(_broken, line)))


def code(text: object) -> str:
    """Text of one line as a code span, also inside a table."""
    line = " ".join(shown(text).split()).replace("|", "\u2502")
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") or not line else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def _broken(found: re.Match[str]) -> str:
    """An address that a viewer would make a link, in the way that tickets write them."""
    return {"http": "hxxp", "https": "hxxps", "ftp": "fxp", "www": "www[.]"}[found[1].lower()]
