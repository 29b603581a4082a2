"""Every format is what its own schema or parser takes it for, whatever stood in the logs, and streams."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import networkx
import pyarrow.parquet as pq
import pydot
import pytest
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt
from mitreattack.navlayers import Layer
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

from hopwatch.report import ecs, graph, md, navigator, ocsf, parquet
from hopwatch.report.formats import NAMES, TEXTS
from tests.report.made import HOSTILE, many, samples, unknown

FIELDS = Path(__file__).parent / "ecs_fields.txt"
TEXT_TYPES = {"text": (str,), "texts": (str, list), "number": (int, float), "boolean": (bool,), "object": (dict, list)}


def written(name: str) -> str:
    return "".join(TEXTS[name](many(), samples()[1]))


def objects(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written(name).splitlines()]


# OCSF, against the published schema


@cache
def finding_schema() -> Draft202012Validator:
    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=ocsf.VERSION))
    return Draft202012Validator(schema.get_class_schema(class_name="detection_finding", profiles=[]))


def test_every_hop_is_a_detection_finding_of_the_published_schema():
    for found in objects("ocsf"):
        assert [error.message for error in finding_schema().iter_errors(found)] == []


def test_the_schema_would_refuse_a_finding_with_a_key_that_it_does_not_have():
    found = objects("ocsf")[0]
    assert not finding_schema().is_valid(found | {"severty": "High"})
    assert not finding_schema().is_valid({**found, "severity_id": 7})


def test_a_finding_says_what_the_hop_says():
    hop, found = samples()[0][0], objects("ocsf")[0]
    assert (found["finding_info"]["uid"], found["is_alert"], found["risk_score"]) == (hop.id, hop.alert, hop.score)
    assert found["evidences"][0]["src_endpoint"]["ip"] == hop.source.ip
    assert found["unmapped"]["hop"] == hop.to_dict()
    assert found["time"] == 1773129664100


def test_names_of_severities_and_observables_are_those_of_the_schema():
    schema = get_ocsf_schema(version=ocsf.VERSION)
    named = {
        int(n): e["caption"]
        for n, e in schema["classes"]["detection_finding"]["attributes"]["severity_id"]["enum"].items()
    }
    assert {named[number].lower() for number in ocsf.SEVERITY.values()} == set(ocsf.SEVERITY)
    kinds = {int(n): e["caption"] for n, e in schema["objects"]["observable"]["attributes"]["type_id"]["enum"].items()}
    assert [kinds[number] for number, _ in (ocsf.HOSTNAME, ocsf.ADDRESS, ocsf.USER)] == [
        name for _, name in (ocsf.HOSTNAME, ocsf.ADDRESS, ocsf.USER)
    ]  # fmt: skip


# ECS, against Elastic's list of fields


@cache
def ecs_fields() -> dict[str, str]:
    lines = [line.split() for line in FIELDS.read_text("utf-8").splitlines() if not line.startswith("#")]
    return dict(lines)


def flat(value: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict):
            yield from flat(inner, f"{prefix}{name}.")
        else:
            yield prefix + name, inner


def test_every_field_of_a_document_is_one_of_the_schema_and_of_its_type():
    for document in objects("ecs"):
        for name, value in flat({k: v for k, v in document.items() if k != "hopwatch"}):
            kind = ecs_fields().get(name)
            assert kind is not None, name
            allowed = (str, list) if name in ("host.ip",) else TEXT_TYPES[kind]
            assert isinstance(value, allowed), (name, value)
            assert value not in ("", [], None)


def test_an_alert_is_an_alert_and_what_is_allowed_is_an_event():
    kinds = {document["event"]["id"]: document["event"]["kind"] for document in objects("ecs")}
    assert {hop.id: "alert" if hop.alert else "event" for hop in many()} == kinds


def test_a_document_relates_everybody_and_every_host():
    hop, document = unknown(), objects("ecs")[-1]
    assert document["related"] == {"hosts": ["WS01", "WS02"], "ip": ["10.20.2.9"]}
    assert "threat" not in document
    assert document["hopwatch"]["hop"]["id"] == hop.id


def test_threat_holds_the_technique_and_its_part():
    threat = objects("ecs")[-2]["threat"]
    assert threat["technique"]["id"] == ["T1021", "T9999"]
    assert threat["technique"]["subtechnique"]["id"] == ["T1021.002", "T9999.001"]
    assert threat["tactic"]["name"] == ["Lateral Movement"]


# The Navigator, by MITRE's own model of a layer


def test_mitre_s_own_library_reads_the_layer(capsys):
    layer = Layer(init_data=json.loads(written("navigator")), strict=True)
    assert layer.layer is not None
    found = {t.techniqueID: t.score for t in layer.layer.techniques}
    assert found["T1021.002"] == max(hop.score for hop in many() if "T1021.002" in hop.attack)
    assert set(found) == {number for hop in many() for number in hop.attack}
    assert layer.layer.versions.layer == navigator.VERSIONS["layer"]


# Graphs, by networkx and pydot


def test_networkx_reads_the_graph_and_every_hop_is_an_edge_of_it():
    read = networkx.parse_graphml(written("graphml"), force_multigraph=True)
    assert sorted(key for *_, key in read.edges(keys=True)) == sorted(hop.id for hop in many())
    facts = next(data for *_, key, data in read.edges(keys=True, data=True) if key == samples()[0][0].id)
    assert (facts["technique"], facts["score"], facts["alert"]) == ("remote_logon", 15, False)


def test_pydot_reads_the_graph_and_its_edges_bear_the_hops():
    [read] = pydot.graph_from_dot_data(written("dot"))
    assert sorted(edge.get("id").strip('"') for edge in read.get_edges()) == sorted(hop.id for hop in many())
    assert len(read.get_nodes()) - 2 == len({end for hop in many() for end in _ends(hop)})


def _ends(hop) -> list[str]:
    return [(end.host or end.ip or hop.id).lower() for end in (hop.source, hop.target)]


def test_one_host_is_one_node_however_it_is_written():
    hop = samples()[0][0]
    from dataclasses import replace

    twice = [hop, replace(hop, source=replace(hop.source, host=hop.source.host.upper()))]
    assert len(networkx.parse_graphml("".join(graph.graphml(twice))).nodes) == 2


# Markdown, by a parser


def test_nothing_in_a_log_becomes_markup():
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse("".join(md.lines(many(), samples()[1])))
    inner = [child for token in tokens for child in token.children or ()]
    assert {token.type for token in [*tokens, *inner] if "html" in token.type} == set()
    assert all(t.attrs["href"].startswith("https://attack.mitre.org/") for t in inner if t.type == "link_open")
    assert "image" not in {token.type for token in inner}
    heads = [tokens[i + 1].content for i, token in enumerate(tokens) if token.type == "heading_open"]
    assert len(heads) == 1 + len(many()) + len(samples()[1])


def test_log_text_is_all_there_in_markdown():
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse("".join(md.lines(many(), ())))
    shown = "\n".join("".join(c.content for c in token.children or ()) for token in tokens)
    for word in (
        "<script>alert(1)</script>",
        "**b**",
        "[a](javascript:1)",
        "日本語",
        r"\x1b[31m",
        r"\u202e",
        "hxxp://evil",
    ):
        assert word in shown


# Parquet, by DuckDB and Arrow


def test_duckdb_reads_the_contract_from_parquet(tmp_path):
    file = tmp_path / "hops.parquet"
    with file.open("wb") as stream:
        parquet.write(stream, many())
    names = [name for name in many()[0].to_dict() if name not in ("start", "end", "evidence")]
    relation = duckdb.sql(f"SELECT * FROM '{file}'")
    rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    for hop, row in zip(many(), rows, strict=True):
        assert {name: row[name] for name in names} == {name: hop.to_dict()[name] for name in names}
        assert row["start"].replace(tzinfo=None) == hop.start
    [(signals,)] = duckdb.sql(f"SELECT count(*) FROM (SELECT unnest(evidence) FROM '{file}')").fetchall()
    assert signals == sum(len(hop.evidence) for hop in many())


def test_parquet_is_written_some_rows_at_a_time(monkeypatch):
    monkeypatch.setattr(parquet, "ROWS", 2)
    out = io.BytesIO()
    parquet.write(out, many()[:5])
    assert pq.ParquetFile(out).num_row_groups == 3


# All of them


@pytest.mark.parametrize("name", [name for name in TEXTS if name != "navigator"])
def test_a_format_begins_before_the_last_hop_is_known(name):
    """The layer of the Navigator is a sum; everything else streams."""
    taken = []

    def hops():
        for hop in many():
            taken.append(hop.id)
            yield hop

    lines = TEXTS[name](hops(), ())
    while many()[0].id not in (next(lines)):
        if len(taken) > 2:
            break
    assert len(taken) <= 2


@pytest.mark.parametrize("name", TEXTS)
def test_no_format_lets_a_control_or_hidden_character_through(name):
    assert "\x1b" in HOSTILE
    assert re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]", written(name)) == []


@pytest.mark.parametrize("name", TEXTS)
def test_no_hop_at_all_is_a_valid_answer_too(name):
    text = "".join(TEXTS[name]((), ()))
    readers = {"graphml": networkx.parse_graphml, "dot": pydot.graph_from_dot_data, "navigator": json.loads}
    assert readers.get(name, str)(text) is not None


def test_the_help_names_every_format():
    page = (Path(__file__).parents[2] / "docs/outputs.md").read_text("utf-8")
    assert [name for name in NAMES if f"## `{name}`" not in page] == []


def test_event_categories_of_ecs_are_its_own():
    document = objects("ecs")[0]
    assert (document["ecs"]["version"], document["event"]["category"]) == (ecs.VERSION, ["intrusion_detection"])
