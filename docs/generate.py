"""Writes the pages made from rules and source shapes, and the sample output in the README: `make docs-pages`."""

from __future__ import annotations

import re
import runpy
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from hopwatch.model.hop import TECHNIQUES
from hopwatch.model.rule import Policy, Rule
from hopwatch.report.safe import shown
from hopwatch.sigma.compile import parse
from hopwatch.store.columns import schema_columns

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
RULES = ROOT / "src/hopwatch/rules"
SHAPES = ROOT / "src/hopwatch/normalise/shapes"
GOLDEN = ROOT / "tests/golden/samples.txt"
REFRESH = "make docs-pages"
MADE = "<!-- Made from {source} by `make docs-pages`: change that file, not this page. -->"
NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")
URL = re.compile(r"https?://[A-Za-z0-9][\w.:-]*(/[\w./%#?=&~+:,@-]*)?", re.ASCII)
MARKUP = re.compile(r"([\\`*\[\]<>|~$&]|(?<!\w)_|_(?!\w))")
BLOCK = re.compile(r"(?<=<!-- output -->\n).*?(?=<!-- /output -->)", re.DOTALL)

POLICIES = {
    Policy.ARTEFACT: "only attack tools leave it: with remote origin the hop is an alert, high at least",
    Policy.DUAL_USE: "administrators do it too: with remote origin the hop is an alert, medium at least",
    Policy.ACT: "an act on the source that names another host: the hop is an alert, medium at least",
    Policy.WEAK: "supports a hop, and never makes an alert by itself",
}
LEGS = {
    "logon": "logon",
    "execution": "execution",
    "network": "network",
    "source": "source: an act on the host that the movement starts from",
    "before": "before: what happens on the source ahead of a movement",
    "after": "after: what a movement leads to on the target",
}
REFERENCES = {"corpus": "recorded runs of the tools themselves"}


def pages() -> dict[Path, str]:
    """Give every generated page by its path; the same files always give the same text."""
    known = schema_columns()
    rules, out = [], {}
    for file in sorted(RULES.glob("*.yml")):
        text = file.read_text("utf-8")
        rule, _ = parse(_name(file), text, known, file.name)
        rules.append(rule)
        out[DOCS / "rules" / f"{rule.name}.md"] = _lines(_rule_page(rule, text))
    out[DOCS / "rules" / "index.md"] = _lines(_rule_index(rules))
    shapes = {_name(file): tomllib.loads(file.read_text("utf-8")) for file in sorted(SHAPES.glob("*.toml"))}
    out |= {DOCS / "shapes" / f"{name}.md": _lines(_shape_page(name, raw)) for name, raw in shapes.items()}
    out[DOCS / "shapes" / "index.md"] = _lines(_shape_index(shapes))
    out |= runpy.run_path(str(DOCS / "examples.py"))["pages"]()
    readme = ROOT / "README.md"
    out[readme] = BLOCK.sub(lambda _: _sample_output(GOLDEN.read_text("utf-8")), readme.read_text("utf-8"))
    return out


def stale() -> list[str]:
    """Name every generated page that is missing, out of date, or left over from a file that is gone."""
    wanted = pages()
    old = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    return sorted(str(path.relative_to(ROOT)) for path in [*old, *_left_over(wanted)])


def main() -> None:
    """Write what is missing or out of date and remove what is left over."""
    wanted = pages()
    for path in _left_over(wanted):
        path.unlink()
    changed = [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in changed:
        path.parent.mkdir(exist_ok=True)
        path.write_text(wanted[path], "utf-8")
    print(f"{len(wanted)} pages, {len(changed)} of them written anew")


def _left_over(wanted: Mapping[Path, str]) -> list[Path]:
    return [page for folder in ("rules", "shapes") for page in (DOCS / folder).glob("*.md") if page not in wanted]


def _name(file: Path) -> str:
    """A file's name, which becomes a page's address. Raises SystemExit where it could not."""
    if not NAME.fullmatch(file.stem):
        sys.exit(f"{file.relative_to(ROOT)}: a name has lower-case letters, digits, - and _ only")
    return file.stem


# Rules


def _rule_page(rule: Rule, text: str) -> Iterator[str]:
    raw = yaml.safe_load(text)
    yield from (f"# {plain(rule.title)}", "", MADE.format(source=f"src/hopwatch/rules/{rule.name}.yml"), "")
    yield from (plain(raw.get("description", "")), "")
    yield from _table(("what", "value"), _rule_facts(rule))
    yield from ("", "## What it matches", "", *fenced(_block(text, "detection"), "yaml"), "")
    yield from ("In a report it reads:", "", *fenced(rule.text), "")
    if rule.extract:
        yield from ("It also reads names from the event:", "")
        yield from (f"* the {who} from {code(e.field)}{_by(e.pattern)}" for who, e in rule.extract.items())
        yield ""
    yield from ("## False alarms", "", *_bullets(raw.get("falsepositives") or ["none known"]), "")
    yield from ("## Cases that the tests hold it to", "")
    yield from (f"* {'hits' if 'hit' in case else 'misses'}: {plain(case['name'])}" for case in raw.get("cases") or ())
    yield from ("", "## References", "", *_bullets(raw.get("references") or ["none"]))


def _rule_facts(rule: Rule) -> Iterator[tuple[str, str]]:
    yield "name", code(rule.name)
    yield "id", code(rule.id)
    yield "events", _events(rule)
    yield "technique", _technique(rule.technique)
    yield "leg", LEGS[rule.leg]
    yield "points", str(rule.points)
    yield "alert policy", f"{rule.policy.value}: {POLICIES[rule.policy]}"
    yield "remote origin", "shown by the event itself" if rule.remote_origin else "must be shown by other evidence"
    if rule.needs_session:
        yield "counts only", "inside a remote logon session"
    yield "Sigma level, status", f"{plain(rule.level)}, {plain(rule.status)}"
    yield "ATT&CK", ", ".join(map(_attack, rule.attack)) or "none"


def _by(pattern: str | None) -> str:
    return f", by {code(pattern)}" if pattern else ""


def _events(rule: Rule) -> str:
    by_channel = (f"{_log(c.channel)} {', '.join(map(str, c.event_ids)) or 'any'}" for c in rule.conditions)
    return "; ".join(dict.fromkeys(by_channel))


def _log(channel: str) -> str:
    return plain(channel.removeprefix("Microsoft-Windows-").removesuffix("/Operational"))


def _technique(name: str | None) -> str:
    if name is None:
        return "none of its own"
    return f"[{name}](../techniques/{name}.md)" if (DOCS / "techniques" / f"{name}.md").exists() else code(name)


def _attack(technique: str) -> str:
    return f"[{technique}](https://attack.mitre.org/techniques/{technique.replace('.', '/')}/)"


def _rule_index(rules: list[Rule]) -> Iterator[str]:
    yield from ("# Rules", "", MADE.format(source="src/hopwatch/rules/"), "")
    yield f"{len(rules)} rules: each is one Sigma rule that makes one kind of event a signal. What leg, points and"
    yield "alert policy mean, and how signals become hops, is told in [how a hop is made](../how-a-hop-is-made.md)."
    for technique in (*TECHNIQUES, None):
        group = [rule for rule in rules if rule.technique == technique]
        if group:
            yield from ("", f"## {_technique(technique) if technique else 'Around a hop'}", "")
            yield from _table(("rule", "events", "leg", "points", "policy"), map(_index_row, group))


def _index_row(rule: Rule) -> tuple[str, ...]:
    return f"[{plain(rule.title)}]({rule.name}.md)", _events(rule), rule.leg, str(rule.points), rule.policy.value


# Source shapes


def _shape_page(name: str, raw: dict[str, Any]) -> Iterator[str]:
    yield from (f"# {plain(raw['title'])}", "", MADE.format(source=f"src/hopwatch/normalise/shapes/{name}.toml"), "")
    yield from (plain(raw.get("note", "")), "", "| what | value |", "|---|---|", f"| shape | {code(name)} |")
    for key, value in raw.items():
        if key not in ("title", "note") and not isinstance(value, dict | list):
            yield f"| {SHAPE_WORDS.get(key, plain(key))} | {_codes(value)} |"
    for key, value in raw.items():
        if isinstance(value, list):
            yield from ("", f"## {SHAPE_WORDS.get(key, plain(key))}", "", _codes(value))
        elif isinstance(value, dict):
            yield from ("", f"## {SHAPE_WORDS.get(key, plain(key))}", "")
            yield from _table(("hopwatch's name", "the source's"), ((code(k), _codes(v)) for k, v in value.items()))


SHAPE_WORDS = {
    "like": "otherwise read as",
    "via": "rewritten first",
    "decode": "Where fields stand that have no names of their own",
    "into": "table",
    "keep": "kept where",
    "marks": "A record with these keys is of this shape",
    "fields": "Where the event's own fields are",
    "drop": "Keys that are not fields of the event",
    "needs": "A record without these columns is not kept",
    "system": "Where the parts of the record are",
    "time": "Where the time is",
    "columns": "Columns read from the record",
    "sql": "Columns worked out from others",
}


def _shape_index(shapes: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    yield from ("# Source shapes", "", MADE.format(source="src/hopwatch/normalise/shapes/"), "")
    yield "A source shape says where a product's records keep an event's parts. hopwatch tells a record's shape by"
    yield "its keys, never by the file's name."
    for sensor in sorted({raw.get("sensor", "") for raw in shapes.values()}):
        yield from ("", f"## {plain(sensor).capitalize() or 'Windows events'}", "")
        group = [(name, raw) for name, raw in shapes.items() if raw.get("sensor", "") == sensor]
        rows = ((f"[{code(n)}]({n}.md)", plain(raw["title"]), _codes(raw.get("marks", []))) for n, raw in group)
        yield from _table(("shape", "what", "marks"), rows)


def _codes(value: Any) -> str:
    values = value if isinstance(value, list) else [str(value).lower() if isinstance(value, bool) else value]
    return ", ".join(code(v) if v != "" else "the record itself" for v in values) or "none"


# The README's sample output


def _sample_output(report: str) -> str:
    """The report's head and its first hop with all three legs (or its first), shortened."""
    head, *hops = [part.splitlines() for part in re.split(r"\n\n(?= [A-Z]+ \d+ )", report.rstrip())]
    hop = next((h for h in hops if "✔ network seen" in "\n".join(h)), hops[0] if hops else [])
    lines = ["$ hopwatch scan samples", *head, "", *hop, *(["", "..."] if len(hops) > 1 else [])]
    return "\n".join(fenced("\n".join(line.rstrip() for line in lines), "text")) + "\n"


# Markdown: whatever a rule or a shape says is shown, and never becomes markup


def plain(text: object) -> str:
    """Text of one line in which no character is markup; what stands between backticks becomes a code span."""
    parts = re.split(r"`([^`]+)`", " ".join(shown(" ".join(str(text).split())).split()))
    line = "".join(code(part) if n % 2 else MARKUP.sub(r"\\\1", part) for n, part in enumerate(parts))
    return re.sub(r"^(\d*)(?=[#+=.)-])", r"\1\\", line)


def code(text: object) -> str:
    """Text of one line as a code span, also inside a table."""
    line = " ".join(shown(text).split())
    fence = "`" * (_longest_run(line) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}".replace("|", "\\|")


def fenced(text: str, language: str = "") -> list[str]:
    """Text as a code block that nothing in it can end."""
    fence = "`" * max(3, _longest_run(text) + 1)
    return [fence + language, *(shown(line) for line in text.splitlines()), fence]


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)


def _bullets(items: Iterable[object]) -> Iterator[str]:
    for item in items:
        text = REFERENCES.get(str(item), str(item))
        yield f"* <{text}>" if URL.fullmatch(text) else f"* {plain(text)}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|---" * len(head) + "|"
    yield from ("| " + " | ".join(row) + " |" for row in rows)


def _block(text: str, key: str) -> str:
    """The lines of one top-level key of a YAML text, as they stand there."""
    found = re.search(rf"^{key}:.*\n(?:[ \t#].*\n|\n)*", text + "\n", re.MULTILINE)
    return found[0].rstrip() if found else ""


def _lines(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    main()
