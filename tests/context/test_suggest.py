"""A draft of a context says what the logs show, loads, and lets no text of a log become anything else."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopwatch.context.load import read
from hopwatch.context.suggest import propose
from hopwatch.model.observed import Observed, RoleFact
from hopwatch.model.rule import Policy
from hopwatch.report.context import draft as written
from tests.context.drafts import NOON, draft


def suggested(tmp_path: Path, drafts, observed=None):
    """The draft for some hops, its text and what it loads to."""
    text = "".join(written(propose(drafts, observed or Observed())))
    file = tmp_path / "draft.yml"
    file.write_text(text, "utf-8")
    context, problems = read(file)
    assert problems == []
    return text, context


def days(n: int, source="AUTO01", account="svc-auto", **more):
    targets = [f"SRV{i}" for i in range(5)]
    return [draft(source, target, account, at=NOON + timedelta(days=i), **more) for i in range(n) for target in targets]


def test_a_service_account_is_drafted_with_where_it_works_and_counts(tmp_path):
    text, context = suggested(tmp_path, days(3))
    (entry,) = context.accounts
    assert (entry.match, entry.roles, entry.sources, entry.techniques) == (
        "svc-auto", ("service_account",), ("auto01",), ("wmi_exec",),
    )  # fmt: skip
    assert entry.hosts == ("srv0", "srv1", "srv2", "srv3", "srv4")
    assert "15 hops to 5 hosts on 3 days" in text
    assert [(e.match, e.roles) for e in context.hosts] == [("auto01", ("management",))]


def test_a_source_of_one_day_is_named_in_the_comment_only(tmp_path):
    text, context = suggested(tmp_path, [*days(3), draft("WS01", "SRV9", "svc-auto")])
    assert context.accounts[0].sources == ("auto01",)
    assert "on one day only: ws01" in text


def test_artefacts_of_attack_tools_suggest_nothing_and_nothing_is_allowed(tmp_path):
    text, context = suggested(tmp_path, days(5, policy=Policy.ARTEFACT))
    assert (context.hosts, context.accounts, context.allow) == ((), (), ())
    assert "\nallow:" not in text


def test_who_comes_by_remote_desktop_is_an_administrator_and_what_he_comes_to_a_jump_host(tmp_path):
    desk = [draft("WS01", "JMP01", "adm-kim", "rdp", policy=Policy.WEAK)]
    _, context = suggested(tmp_path, [*desk, *days(3, "JMP01", "adm-kim")], Observed(guests={"jmp01": 1}))
    assert [(e.match, e.roles, e.sources) for e in context.accounts] == [("adm-kim", ("admin",), ("jmp01",))]
    assert [(e.match, e.roles) for e in context.hosts] == [("jmp01", ("jump_host",))]


def test_roles_that_the_logs_show_are_drafted_with_why(tmp_path):
    facts = (
        RoleFact("dc01", None, "domain_controller", "it gives out Kerberos tickets"),
        RoleFact(None, "10.20.2.9", "collector", "40 hosts forward events to it"),
        RoleFact("ws01", None, "workstation", "1 user sits at it"),
    )
    text, context = suggested(tmp_path, [], Observed(roles=facts))
    assert [(e.match, e.roles) for e in context.hosts] == [
        ("10.20.2.9", ("collector",)),
        ("dc01", ("domain_controller",)),
    ]
    assert "# it gives out Kerberos tickets" in text


HOSTILE = [
    "x, roles: [admin]}", "a\nallow: []", '"', "*", "10.0.0.0/8", "#x", "\x1b[31mred", "\u202eevil", "no", "a: b",
]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_in_a_log_becomes_anything_but_a_name(tmp_path, name):
    hops = [*days(3, name, "svc-auto"), *days(3, "AUTO01", name), *days(3)]
    text, context = suggested(tmp_path, hops, Observed(roles=(RoleFact(name, None, "scanner", f"{name}\nallow: x"),)))
    assert context.allow == ()
    assert {e.match for e in (*context.hosts, *context.accounts)} <= {"auto01", "svc-auto", name, name.split(".")[0]}
    assert "*" not in {e.match for e in context.accounts}
    assert all(c == "\n" or (c.isprintable() and c != "\u202e") for c in text)


@settings(deadline=None, max_examples=50)
@given(st.text(min_size=1, max_size=40))
def test_a_draft_always_loads(tmp_path_factory, name):
    suggested(tmp_path_factory.mktemp("draft"), [*days(3, name, "svc-auto"), *days(3, "AUTO01", name)])
