"""Makes log text harmless: what an attacker wrote into a log is shown, and never obeyed."""

from __future__ import annotations

import re

# Control characters (C0, DEL, C1), line and paragraph separators, bidirectional and zero-width characters, and the
# halves of surrogate pairs: what a terminal obeys, what hides text, or what cannot be written at all.
UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
# In JSON, orjson has escaped the C0 characters already; the others are escaped the same way, so nothing is lost.
UNSAFE_IN_JSON = re.compile(UNSAFE.pattern.replace("\x00-\x1f\x7f", "\x7f"))


# What spreadsheets take for a formula, also behind blanks, and in the wide forms of East Asian input.
FORMULA = re.compile("[\\s\"']*[=+@\uff0b\uff0d\uff1d\uff20-]")


def shown(text: object) -> str:
    """Text for a terminal: every character that could act or hide is written as its code."""
    return UNSAFE.sub(lambda found: _code(found[0]), "" if text is None else str(text))


def cell(text: object) -> str:
    """Text for a cell of a spreadsheet: as for a terminal, and an apostrophe before what would begin a formula."""
    safe = shown(text)
    return "'" + safe if FORMULA.match(safe) else safe


def json_text(text: str) -> str:
    """JSON text in which such characters stand as JSON's own escapes."""
    return UNSAFE_IN_JSON.sub(lambda found: _json_escape(found[0]), text)


def _code(char: str) -> str:
    number = ord(char)
    if char in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[char]
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _json_escape(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[i : i + 2]):04x}" for i in range(0, len(units), 2))
