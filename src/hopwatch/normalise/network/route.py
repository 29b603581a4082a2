"""Tells of JSON texts which sensor's log each is a record of."""

from __future__ import annotations

from hopwatch.normalise.network.access import JsonAccess
from hopwatch.normalise.network.shape import REDUCED, network_shapes, unused_logs, zeek_logs

LABELS = ("_path", "@stream", "event_type", "timestamp", "ts", "uid", "host", "ip", "hostname", "name", "@timestamp")


def looks_like_network(record: object) -> bool:
    """Whether a JSON record may be a sensor's or an asset's: the keys that the routing asks for."""
    if not isinstance(record, dict):
        return False
    if "event_type" in record:
        return "timestamp" in record
    return "ts" in record or ("ip" in record and ("host" in record or "hostname" in record))


def route_sql() -> str:
    """The statement that makes `routed` of the table `given` (text, source_file, file_log): text, source_file, log.

    `log` is sensor/log, null for what is no network record, and `damaged` for what is no JSON.
    """
    struct = JsonAccess("v")
    for name in LABELS:
        struct(((name, None),), False)
    marks = _marks(struct)
    return f"""CREATE OR REPLACE TEMP TABLE routed AS
        SELECT text, source_file, CASE
            WHEN v IS NULL THEN 'damaged'
            WHEN v.event_type IS NOT NULL AND v.timestamp IS NOT NULL THEN 'suricata/' || v.event_type
            WHEN v.ts IS NOT NULL THEN 'zeek/' || coalesce({_named()}, {marks}, file_log,
                CASE WHEN v.uid IS NOT NULL OR label IS NOT NULL THEN 'other' END)
            WHEN v.ip IS NOT NULL AND coalesce(v.host, v.hostname, v.name) IS NOT NULL AND v."@timestamp" IS NULL
                THEN 'assets/assets' END AS log
        FROM (SELECT *, regexp_replace(lower(coalesce(v."_path", v."@stream")), '{REDUCED.pattern}', '') AS label
            FROM (SELECT *, CASE WHEN json_valid(text) THEN {struct.transform("text")} END AS v FROM given))"""


def _named() -> str:
    """The log that the record names, where it is one that Zeek has."""
    names = ", ".join(f"'{name}'" for name in sorted(zeek_logs() | unused_logs("zeek")))
    return f"CASE WHEN label IN ({names}) THEN label END"


def _marks(struct: JsonAccess) -> str:
    """The log that the record's keys tell."""
    cases = []
    for shape in network_shapes():
        if shape.sensor == "zeek" and shape.marks:
            tests = [f"{struct(((mark, None),), False)} IS NOT NULL" for mark in shape.marks]
            cases.append(f"WHEN {' OR '.join(tests)} THEN '{shape.log}'")
    return f"CASE {' '.join(cases)} END"
