"""The commands that take a context, on the sample logs."""

from __future__ import annotations

import json

import pytest

from tests.golden.reports import copied_samples
from tests.test_cli import Cli


@pytest.fixture
def cli(monkeypatch, capsys):
    return Cli(monkeypatch, capsys)


@pytest.fixture(scope="module", autouse=True)
def samples():
    with copied_samples() as folder:
        yield folder


ALLOWED = """\
allow:
  - {source: WS01, account: adm.keller, target: SRV01, why: agreed}
  - {source: GONE01, why: no more}
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "context.yml"
        path.write_text(text)
        return path

    return write


def test_an_allowed_hop_stays_visible_with_what_allows_it(cli, file):
    path = file(ALLOWED)
    hops = cli.hops("--context", path)
    allowed = [hop for hop in hops if hop["suppressed_by"]]
    assert {(hop["suppressed_by"], hop["alert"]) for hop in allowed} == {(f"{path}:2 agreed", False)}
    report = cli("scan", "samples", "--context", path).out
    assert f"{len(allowed)} suppressed by context" in report
    assert ":3: allow: 'GONE01, no more'" in report.replace("\n", "")
    assert allowed[0]["id"] not in report
    assert allowed[0]["id"] in cli("scan", "samples", "--context", path, "--all").out


def test_a_role_stands_beside_its_host(cli, file):
    report = cli("scan", "samples", "--context", file("hosts:\n  - {match: 10.20.1.0/24, roles: [workstation]}\n")).out
    assert "WS01 (10.20.1.11, workstation)" in report
    assert "it starts at a user workstation, WS01" in report


@pytest.mark.parametrize("command", ["scan", "identity"])
def test_a_wrong_context_is_one_sentence_and_exit_2_before_anything_is_read(cli, file, command):
    path = file("hosts:\n  - {match: 10.20.0.0/99, roles: [server]}\n")
    done = cli(command, "samples", "--context", path)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"hopwatch: {path}:2: hosts: match: '10.20.0.0/99'")
    assert done.err.count("\n") == 1


def test_identity_shows_roles_told_and_inferred(cli, file):
    path = file("hosts:\n  - {match: WS0?, roles: [workstation]}\n")
    out = cli("identity", "samples", "--context", path, "--format", "jsonl").out
    roles = {(row["host"], row["role"], row["told"]) for row in map(json.loads, out.splitlines()) if "role" in row}
    assert ("ws01", "workstation", f"{path}:2") in roles
    assert ("dc01", "domain_controller", None) in roles


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        pytest.param("hosts:\n  - {match: A, roles: [server]}\n", 0, "nothing is wrong", id="good"),
        pytest.param("allow:\n  - {source: A, until: 2020-01-01}\n", 1, "allow: until: expired on 2020", id="old"),
        pytest.param("hosts:\n  - {match: A, rolls: [server]}\n", 2, ":2: hosts: 'rolls' is not known", id="wrong"),
    ],
)
def test_check_names_what_is_wrong(cli, file, text, code, said):
    done = cli("context", "check", file(text))
    assert done.code == code
    assert said in done.out


def test_check_counts_matches_in_logs(cli, file):
    done = cli("context", "check", file("hosts:\n  - {match: WS01, roles: [workstation]}\n" + ALLOWED), "samples")
    assert done.code == 1
    row = next(line.split() for line in done.out.splitlines() if line.startswith("2 "))
    assert row[:4] == ["2", "hosts", "WS01", "1"]
    assert int(row[4]) >= 1
    assert ":5: allow: 'GONE01, no more' allows nothing" in done.out


def test_what_is_suggested_loads_and_is_good(cli, tmp_path):
    out = tmp_path / "draft.yml"
    assert cli("context", "suggest", "samples", "--out", out).code == 0
    assert "dc01, roles: [domain_controller]" in out.read_text()
    assert cli("context", "check", out).code == 0
