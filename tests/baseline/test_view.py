"""What a reader is shown of a baseline: who administers what, what is rare, dormant or alerted, and what changed."""

from __future__ import annotations

import orjson
import pytest

from hopwatch.baseline.rows import merge, table
from hopwatch.baseline.view import difference, habits
from hopwatch.model.baseline import Baseline
from hopwatch.model.rule import Policy
from hopwatch.report.baseline import changes, lines, report
from tests.baseline.history import covered, hop, past


def known_by(baseline, account):
    return {(h.source, h.target): h for h in habits(baseline) if h.account == account}


def test_a_habit_says_who_how_how_often_when_and_when_last():
    found = known_by(past(), "adm.keller")["jmp01", "app02"]
    assert (found.techniques, found.days, found.state) == (("psexec",), 8, "usual")
    assert (found.first.isoformat(), found.last.isoformat(), found.hours) == ("2026-03-02", "2026-03-11", 1 << 9)


def test_what_was_seen_once_is_rare_and_what_was_seen_long_ago_dormant():
    once = [hop(2, "JMP01", "APP08", "adm.rossi", "winrm_exec")]
    assert known_by(past(more=once), "adm.rossi")["jmp01", "app08"].state == "rare"
    later = merge([past(more=once), Baseline(table(covered(range(10, 100))))])
    assert {h.state for h in habits(later)} == {"dormant"}


@pytest.mark.parametrize("policy", [Policy.ARTEFACT, Policy.DUAL_USE])
def test_what_alerted_stands_apart_with_the_ids_of_its_hops(policy):
    evil = hop(8, "WS17", "APP01", "adm.rossi", policy=policy)
    known = past(more=[] if policy is Policy.ARTEFACT else [evil], alerting=[evil] if policy is Policy.ARTEFACT else [])
    found = known_by(known, "adm.rossi")["ws17", "app01"]
    assert (found.state, found.hops) == ("alert", (evil.id,))


def test_a_difference_names_what_is_new_and_what_is_gone():
    more = [hop(day, "JMP01", "APP08", "adm.rossi", "winrm_exec") for day in (7, 8)]
    gained, lost = difference(past(), past(more=more))
    assert [(h.source, h.target, h.account) for h in gained] == [("jmp01", "app08", "adm.rossi")]
    assert lost == []
    assert [text.plain for text in changes(lost, gained)][:2] == [
        "0 pairs new, 1 gone",
        "-   adm.rossi from jmp01 → app08",
    ]


def test_names_from_logs_cannot_act_on_a_terminal():
    odd = [hop(day, "WS01\x1b[31m", "APP01", "adm\u202e", "winrm_exec") for day in (1, 2)]
    text = "\n".join(piece.plain for piece in report(habits(past(more=odd)), []))
    assert "\x1b" not in text and "\u202e" not in text  # noqa: PT018
    told = list(lines(habits(past(more=odd))))
    assert all("\u202e" not in line for line in told)
    assert any(orjson.loads(line)["account"] == "adm\u202e" for line in told)
