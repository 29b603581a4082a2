"""Each thing that can be wrong with a context is named with its file, line, key and value."""

# ruff: noqa: E501 - cases are a table
from __future__ import annotations

import contextlib
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hopwatch.context.load import expired, load, read
from hopwatch.model.errors import InputError

EXAMPLE = """\
timezone: Europe/Berlin
hosts:
  - {match: JMP01, roles: [jump_host]}            # name, glob, CIDR or address
  - {match: 10.20.0.0/16, roles: [workstation]}
accounts:
  - {match: svc-backup, roles: [service_account], sources: [BKP01], hosts: ["APP*", "SQL*"], techniques: [remote_service, admin_share_copy]}
allow:
  - {source: SCCM01, account: svc-sccm, target: "*", techniques: [remote_service], hours: "18:00-06:00", until: 2027-01-01, why: client push}
"""


def write(folder, text, name="context.yml"):
    file = folder / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def test_every_entry_knows_its_line(tmp_path):
    context = load(write(tmp_path, EXAMPLE))
    assert [entry.line for entry in (*context.hosts, *context.accounts, *context.allow)] == [3, 4, 6, 8]
    assert context.accounts[0].hosts == ("APP*", "SQL*")
    (allow,) = context.allow
    assert (allow.source, allow.account, allow.target, allow.why) == ("SCCM01", "svc-sccm", "*", "client push")
    assert allow.until == datetime(2026, 12, 31, 23), "midnight in Berlin, in UTC"


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        pytest.param("hosts:\n  - {match: A, role: [server]}", 2, ["hosts", "'role'", "did you mean roles"], id="an unknown key"),
        pytest.param("host: []", 1, ["'host'", "hosts"], id="an unknown section"),
        pytest.param("hosts:\n  - {match: 10.20.0.0/33, roles: [server]}", 2, ["hosts: match", "10.20.0.0/33", "CIDR"], id="a bad CIDR"),
        pytest.param("hosts:\n  - {match: 10.20.0.1/16, roles: [server]}", 2, ["10.20.0.1/16", "10.20.0.0/16"], id="a CIDR with bits outside its mask"),
        pytest.param("hosts:\n  - {match: 10.20.300.1, roles: [server]}", 2, ["10.20.300.1", "address"], id="a bad address"),
        pytest.param("hosts:\n  - match: A\n    roles:\n      - server\n      - jumphost", 5, ["hosts: roles", "'jumphost'", "jump_host"], id="an unknown role, at its own line"),
        pytest.param("hosts:\n  - {match: A, roles: [admin]}", 2, ["'admin'"], id="an account's role for a host"),
        pytest.param("hosts:\n  - {roles: [server]}", 2, ["hosts", "match"], id="no match"),
        pytest.param("hosts:\n  - {match: A}", 2, ["'A'", "no roles"], id="no roles"),
        pytest.param("hosts:\n  - {match: A, match: B, roles: [server]}", 2, ["match", "twice"], id="a key given twice"),
        pytest.param("hosts: JMP01", 1, ["hosts", "no list"], id="a section that is no list"),
        pytest.param("hosts:\n  - JMP01", 2, ["hosts", "'JMP01'"], id="an entry that is a text"),
        pytest.param("accounts:\n  - {match: a, techniques: [psexe]}", 2, ["accounts: techniques", "'psexe'", "psexec"], id="an unknown technique"),
        pytest.param("accounts:\n  - {match: a, sources: [1.2.3.4/99]}", 2, ["accounts: sources", "1.2.3.4/99"], id="a bad CIDR among sources"),
        pytest.param("accounts:\n  - {match: a, sources: {x: y}}", 2, ["accounts: sources", "no list"], id="a mapping for a list"),
        pytest.param('allow:\n  - {source: A, hours: "18-06"}', 2, ["allow: hours", "'18-06'"], id="bad hours"),
        pytest.param('allow:\n  - {source: A, hours: "25:00-06:00"}', 2, ["25:00-06:00"], id="no such hour"),
        pytest.param("allow:\n  - {source: A, until: tomorrow}", 2, ["allow: until", "'tomorrow'"], id="no date"),
        pytest.param("allow:\n  - {source: A, until: 2026-02-30}", 2, ["2026-02-30"], id="no such day"),
        pytest.param("allow:\n  - {techniques: [psexec]}", 2, ["allow", "everything"], id="an entry that names nobody"),
        pytest.param("allow:\n  - {sources: A}", 2, ["'sources'", "source"], id="a key of another section"),
        pytest.param("timezone: Mars/Base\n", 1, ["timezone", "Mars/Base"], id="no time zone"),
        pytest.param("timezone: ../../etc/passwd\n", 1, ["timezone"], id="a path for a time zone"),
        pytest.param("hosts:\n  - }", 2, ["not YAML"], id="no YAML"),
        pytest.param("hosts:\n\t- x", 2, ["not YAML"], id="a tab"),
        pytest.param("hosts:\n  - {match: *x, roles: [server]}", 2, ["alias"], id="a star without quotes"),
        pytest.param("a: &a [x]\nb: [*a, *a]", 1, ["alias"], id="an anchor"),
        pytest.param("hosts: !!python/object/apply:os.system [id]", 1, ["tags"], id="a tag"),
        pytest.param("hosts: []\n---\nhosts: []", 2, ["second document"], id="two documents"),
        pytest.param("match,roles,when\nA,server,now", 1, ["'when'"], id="CSV: an unknown column"),
        pytest.param("match,roles\nA,server\nB,serving", 3, ["'serving'", "server"], id="CSV: an unknown role"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_file_line_key_and_value(tmp_path, text, line, words):
    file = write(tmp_path, text)
    with pytest.raises(InputError) as wrong:
        load(file)
    assert str(wrong.value).startswith(f"{file}:{line}: ")
    assert [word for word in words if word not in str(wrong.value)] == []
    assert "\n" not in str(wrong.value)


def test_all_that_is_wrong_is_named_by_line_and_what_is_right_is_kept(tmp_path):
    text = "hosts:\n  - {match: A, roles: [server]}\n  - {match: B, rolls: [server]}\n  - {match: 1.2.3.4/5, roles: [server]}"
    context, problems = read(write(tmp_path, text))
    assert [problem.line for problem in problems] == [3, 3, 4]
    assert "A" in [entry.match for entry in context.hosts]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"x" * (17 * 2**20), id="too large"),
        pytest.param(b"[" * 100_000, id="too deep"),
        pytest.param(b"hosts:" + b"\n- - - - - - - - - - - - - - - - - - - - - -" * 50, id="deep blocks"),
        pytest.param(b"\xff\xfe\x00h", id="not UTF-8"),
        pytest.param(b"a: \x00", id="a NUL"),
        pytest.param(b"a: &a [" + b"x," * 9 + b"]\n" + b"\n".join(b"%c: &%c [%s]" % (98 + i, 98 + i, b",".join([b"*%c" % (97 + i)] * 9)) for i in range(20)), id="a bomb of aliases"),
    ],
)  # fmt: skip
def test_a_file_made_to_exhaust_us_is_refused_at_once(tmp_path, content):
    begun = time.process_time()
    with pytest.raises(InputError):
        load(write(tmp_path, content))
    assert time.process_time() - begun < 5


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(InputError, match=r"none\.yml"):
        load(tmp_path / "none.yml")


@settings(deadline=None)
@given(st.text() | st.binary())
def test_no_bytes_make_the_reader_raise_anything_else(tmp_path_factory, content):
    file = write(
        tmp_path_factory.mktemp("any"), content if isinstance(content, bytes) else content.encode("utf-8", "replace")
    )
    with contextlib.suppress(InputError):
        read(file)


def test_words_that_yaml_takes_for_something_else_stay_text(tmp_path):
    context = load(write(tmp_path, "hosts:\n  - {match: NO, roles: server}\n  - {match: 1e3, roles: [server]}\n"))
    assert [entry.match for entry in context.hosts] == ["NO", "1e3"]


def test_hosts_may_be_a_csv_list(tmp_path):
    context = load(write(tmp_path, 'match,roles\nJMP01,jump_host\n10.20.0.0/16,"workstation;server"\n', "hosts.csv"))
    assert [(e.match, e.roles, e.line) for e in context.hosts] == [
        ("JMP01", ("jump_host",), 2),
        ("10.20.0.0/16", ("workstation", "server"), 3),
    ]


@pytest.mark.parametrize(
    ("now", "warned"),
    [
        pytest.param(datetime(2026, 12, 31, 22, 59), False, id="the last minute before it, in its time zone"),
        pytest.param(datetime(2026, 12, 31, 23, 0), True, id="from then on"),
        pytest.param(datetime(2026, 12, 31, 23, 0, tzinfo=UTC), True, id="a time with a zone"),
    ],
)
def test_an_expired_entry_is_named_by_the_clock_that_is_given(tmp_path, now, warned):
    context = load(write(tmp_path, EXAMPLE))
    problems = expired(context, now)
    assert [(p.line, p.key, p.fatal) for p in problems] == ([(8, "allow: until", False)] if warned else [])
