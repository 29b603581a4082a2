"""Rewrites queries into what the Kusto parser knows: stages that are searches, and operators that it lacks."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from hopwatch.hunt.cut import bracket, cut, outside, skip
from hopwatch.hunt.place import Rewritten, wrong
from hopwatch.hunt.search import Known, Search
from hopwatch.hunt.slots import held_together
from hopwatch.hunt.tables import EVENTS, Tables
from hopwatch.hunt.terms import parse

Columns = Callable[[str], dict[str, str]]  # the columns, with types, that a query gives
WORD = re.compile(r"[A-Za-z_][\w-]*")
LET = re.compile(r"let\s+\w+\s*=\s*")
FIELD = re.compile(r"(?:NOT\s+|[-+!(\s])*(?:[\w.@*\\-]+\s*:(?!:)|[\w.@]+\s*:\s*\()")
JOINED = re.compile(r"(?<!\S)(?:AND|OR|NOT)(?!\S)")
JOIN = re.compile(r"join\s+kind\s*=\s*inner\b")
ON = re.compile(r"\s*on\s+([A-Za-z_]\w*(?:\s*,\s*[A-Za-z_]\w*)*)\s*")


@cache
def language() -> dict[str, Any]:
    """The words of the language: `sources`, `operators`, and those that are `lacking`, with what they would be for."""
    return tomllib.loads((files("hopwatch.hunt") / "operators.toml").read_text("utf-8"))


@dataclass
class Rewriter:
    """Rewrites one query; `out` is what became of it, `notes` what its reader should know."""

    text: str
    tables: Tables
    columns: Columns
    inner: Known
    table: str = EVENTS
    kibana: bool = False
    out: Rewritten = field(default_factory=Rewritten)
    lets: str = ""
    notes: list[str] = field(default_factory=list)
    searches: int = 0

    def run(self) -> Rewritten:
        """Rewrite the query. Raises QueryError with the position."""
        pieces = [p for p in cut(self.text, 0, len(self.text), ";") if skip(self.text, *p) < p[1]]
        if not pieces:
            raise wrong(self.text, len(self.text), "a query")
        for i, (begin, end) in enumerate(pieces):
            self.statement(begin, end, i == len(pieces) - 1)
            if i < len(pieces) - 1:
                self.out.add(";\n", end)
                self.lets = self.out.text
        return self.out

    def search_alone(self) -> Rewritten:
        """Rewrite a query that is one search and nothing else."""
        self.out.add(f"{self.table}\n| where ", 0)
        self.search(0, len(self.text), self.tables.columns[self.table])
        return self.out

    def statement(self, begin: int, end: int, last: bool) -> None:
        """A statement: a `let`, or the query itself."""
        start = skip(self.text, begin, end)
        found = LET.match(self.text, start, end)
        if found is None:
            if not last and self.first_word(start, end) not in ("", "set", "declare", "alias"):
                raise wrong(self.text, start, "let, or one query only")
            self.pipeline(start, end, True)
            return
        self.out.add(found[0], start, True)
        value = found.end()
        if self.is_search(value, end) or (self.first_word(value, end) in self.tables.columns):
            self.pipeline(value, end, False)
        else:
            self.out.add(self.text[value:end], value, True)

    def first_word(self, begin: int, end: int) -> str:
        """The word that a part of the query begins with; empty where it begins with none."""
        found = WORD.match(self.text, skip(self.text, begin, end), end)
        return found[0] if found else ""

    def is_search(self, begin: int, end: int) -> bool:
        """Whether a stage is a search in Lucene's or Kibana's form."""
        start = skip(self.text, begin, end)
        if FIELD.match(self.text, start, end):
            return True
        shown = "".join(self.text[at] for at, _ in outside(self.text, start, end))
        return bool(JOINED.search(shown)) and self.first_word(begin, end) not in language()["sources"]

    def pipeline(self, begin: int, end: int, main: bool) -> None:
        """A source and the stages that follow it."""
        start = self.out.length
        stages = cut(self.text, begin, end, "|")
        i = 0
        while i < len(stages):
            a, b = stages[i]
            if i:
                self.out.add("\n| ", a)
            if skip(self.text, a, b) >= b:
                raise wrong(
                    self.text,
                    a,
                    "a stage of the query before the next |" if i < len(stages) - 1 else "an operator after |",
                )
            following = stages[i + 1] if i + 1 < len(stages) else None
            if i == 0:
                self.source(a, b)
            else:
                self.stage(a, b, start, main, following)
            i += 1

    def source(self, begin: int, end: int) -> None:
        """What a query starts from: a table, a search over one, or what Kusto starts from."""
        at = skip(self.text, begin, end)
        word = self.first_word(begin, end)
        if word == "search":
            self.search_everywhere(at + len("search"), end)
        elif self.is_search(at, end):
            self.out.add(f"{self.table}\n| where ", at)
            self.search(at, end, self.tables.columns[self.table])
        elif word in language()["lacking"]:
            raise wrong(self.text, at, f"a table: {language()['lacking'][word]} are not supported", repr(word))
        elif self.text[at] == ".":
            raise wrong(self.text, at, "a query: commands are not allowed")
        elif word in ("union", "materialize") or self.text[at] == "(":
            self.nested(at, end)
        elif (table := self.tables.named(word)) and skip(self.text, at + len(word), end) >= end:
            self.out.add(table, at)
        elif word and word not in language()["sources"] and not re.search(rf"\blet\s+{word}\b", self.lets):
            raise wrong(self.text, at, self.known_tables(word), repr(word))
        else:
            self.out.add(self.text[at:end], at, True)

    def known_tables(self, word: str) -> str:
        """What could have been meant by a word where a table should stand."""
        names = list(self.tables.columns)
        near = difflib.get_close_matches(word.lower(), [n.lower() for n in names], 3, 0.6)
        like = [name for name in names if name.lower() in near]
        hint = " or ".join(like) if like else "SecurityEvent, DeviceProcessEvents, hops, …"
        return f"a table (perhaps {hint}; --tables lists them) or a search like field:value"

    def search_everywhere(self, begin: int, end: int) -> None:
        """Kusto's `search`, of a phrase in all events."""
        at = skip(self.text, begin, end)
        if self.text[at : at + 1] not in ('"', "'"):
            raise wrong(self.text, at, 'a phrase in quotes, like search "psexec"')
        self.out.add(f"{self.table}\n| where ", at)
        self.search(at, end, self.tables.columns[self.table])

    def search(self, begin: int, end: int, columns: dict[str, str] | object) -> None:
        """A search as a condition."""
        assert isinstance(columns, dict)
        shown = "".join(self.text[at] for at, _ in outside(self.text, begin, end))
        kibana = self.kibana or (bool(re.search(r"\s(?:and|or|not)\s", shown)) and not JOINED.search(shown))
        parsed = parse(self.text, begin, end, kibana)
        for at in parsed.side_by_side:
            self.notes.append(
                f"two conditions stand side by side before {self.text[at:end].split()[0]!r}: "
                "either is enough; write AND where both must hold"
            )
        self.searches += 1
        self.out.add(Search(self.text, self.table, columns, self.inner).condition(parsed.node), begin)

    def stage(self, begin: int, end: int, start: int, main: bool, following: tuple[int, int] | None) -> None:
        """One stage after the source."""
        at = skip(self.text, begin, end)
        word = self.first_word(begin, end)
        if word in ("where", "filter"):
            self.where(at, end, start)
        elif word == "join" and self.slotted(at, end, start, following):
            return
        elif word in ("join", "lookup", "union"):
            self.nested(at, end)
        elif word == "project-reorder":
            self.reorder(at, end, start)
        elif word in ("project", "project-keep") and main:
            self.out.add(self.text[at:end].rstrip(), at, True)
            self.keep_pointer(start, at, end)
        elif word in language()["operators"]:
            self.out.add(self.text[at:end], at, True)
        elif self.is_search(at, end):
            self.out.add("where ", at)
            self.search(at, end, self.before(start))
        elif word in language()["lacking"]:
            raise wrong(self.text, at, f"another operator: {language()['lacking'][word]} are not supported", repr(word))
        else:
            near = difflib.get_close_matches(word, language()["operators"], 2, 0.6)
            like = ", perhaps " + " or ".join(near) if near else " like where, join, summarize or project"
            raise wrong(self.text, at, f"an operator{like}", repr(word) if word else None)

    def before(self, start: int) -> dict[str, str]:
        """The columns of the pipeline that began at an offset of `out`, as far as it stands."""
        text = self.out.text
        return self.columns(self.lets + text[start : text.rindex("|")]) or dict(self.tables.columns[self.table])

    def where(self, begin: int, end: int, start: int) -> None:
        """A condition, in Kusto's form or as a search."""
        word = self.first_word(begin, end)
        inside = skip(self.text, begin + len(word), end)
        if re.compile(r"[\w.@]+\s*:(?!:)").match(self.text, inside, end):
            self.out.add("where ", begin)
            self.search(inside, end, self.before(start))
            return
        for at, _ in outside(self.text, inside, end):
            if (
                self.text[at] == "="
                and self.text[at - 1] not in "=!<>"
                and self.text[at + 1 : at + 2] not in ("=", "~")
            ):
                raise wrong(self.text, at, "== (or =~ where case does not matter)", "'='")
        self.nested(begin, end, "in")

    def nested(self, begin: int, end: int, only: str = "") -> None:
        """A stage with queries in brackets, each rewritten."""
        at = begin
        while (inside := bracket(self.text, at, end)) is not None:
            first, last = inside
            self.out.add(self.text[at:first], at, True)
            word = self.first_word(first, last)
            query = len(cut(self.text, first, last, "|")) > 1 or not only
            if query and (self.is_search(first, last) or word in self.tables.columns or (not only and word)):
                self.pipeline(first, last, False)
            else:
                self.out.add(self.text[first:last], first, True)
            at = last
        self.out.add(self.text[at:end], at, True)

    def keep_pointer(self, start: int, begin: int, end: int) -> None:
        """Let a projection keep the pointer to the record that a row is of."""
        text = self.out.text
        have = self.columns(self.lets + text[start : text.rindex("|", 0, text.rindex(self.text[begin:end].rstrip()))])
        asked = self.text[begin:end]
        for name in ("_record", "_record1"):
            if name in have and not re.search(rf"\b{name}\b", asked):
                self.out.add(f", {name}", end)

    def reorder(self, begin: int, end: int, start: int) -> None:
        """`project-reorder`: the named columns first, in that order, by pattern too; then the others."""
        have = list(self.before(start))
        chosen: list[str] = []
        for a, b in cut(self.text, begin + len("project-reorder"), end, ","):
            name, _, order = self.text[a:b].strip().partition(" ")
            regex = ".*".join(re.escape(part) for part in name.strip("[]'\"").split("*"))
            found = [column for column in have if re.fullmatch(regex, column)]
            if not found and "*" not in name:
                raise wrong(self.text, skip(self.text, a, b), "a column that there is at this point", repr(name))
            if order.strip() in ("asc", "desc"):
                found.sort(key=str.lower, reverse=order.strip() == "desc")
            chosen += [column for column in found if column not in chosen]
        names = chosen + [column for column in have if column not in chosen]
        self.out.add("project " + ", ".join(f"['{name}']" for name in names), begin)

    def slotted(self, begin: int, end: int, start: int, following: tuple[int, int] | None) -> bool:
        """Write an inner join whose pairs the next stage holds close in time as one on slots of time.

        Without, all pairs of a key would be made before most of them are thrown away. Gives whether it could be done.
        """
        inside = bracket(self.text, begin, end)
        on = ON.fullmatch(self.text, inside[1] + 1, end) if inside else None
        if following is None or inside is None or on is None or not JOIN.match(self.text, begin, end):
            return False
        at = skip(self.text, *following)
        if self.first_word(*following) not in ("where", "filter"):
            return False
        left = self.before(start)
        mark = self.out.length
        self.pipeline(*inside, False)
        right_text = self.out.text[mark:]
        self.take_back(mark)
        span = held_together(self.text[at + len("where") : following[1]], left, self.columns(self.lets + right_text))
        if span is None:
            return False
        (one, other, seconds), keys = span, on[1].strip()
        self.out.add(f"extend _slot = hopwatch_slot({one}, {seconds})\n| join kind=inner (", begin)
        self.pipeline(*inside, False)
        near = "pack_array(_slot - 1, _slot, _slot + 1)"
        self.out.add(
            f"\n| extend _slot = hopwatch_slot({other}, {seconds})\n| extend _slot = {near}"
            f"\n| mv-expand _slot to typeof(long)) on {keys}, _slot\n| project-away _slot, _slot1",
            inside[1],
        )
        return True

    def take_back(self, mark: int) -> None:
        """Forget what was written from an offset of `out` on."""
        keep = len([s for s in self.out.starts if s < mark])
        self.out = Rewritten(self.out.pieces[:keep], self.out.starts[:keep], self.out.origins[:keep], mark)
