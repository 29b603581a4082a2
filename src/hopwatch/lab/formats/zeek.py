"""What a Zeek 5 sensor writes of connections, names, tickets, SMB, RPC, NTLM, HTTP and leases, as TSV or JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import orjson

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Flow
from hopwatch.lab.forms import table

ENDS = (
    ("ts", "time"),
    ("uid", "string"),
    ("id.orig_h", "addr"),
    ("id.orig_p", "port"),
    ("id.resp_h", "addr"),
    ("id.resp_p", "port"),
)
# How flows end as Zeek calls it: Windows resets many of them.
ENDED = ("SF", "ShADadFf")
RESET = {445: ("RSTO", "ShADdaR"), 88: ("RSTR", "ShADadFr")}
KERBEROS = {"success": True, "cipher": "aes256-cts-hmac-sha1-96", "forwardable": True, "renewable": True}
DNS = {
    "proto": "udp", "qclass": 1, "qclass_name": "C_INTERNET", "qtype": 1, "qtype_name": "A", "rcode": 0,
    "rcode_name": "NOERROR", "AA": True, "TC": False, "RD": True, "RA": True, "Z": 0, "TTLs": [3600.0],
    "rejected": False,
}  # fmt: skip
COUNTS = ("bytes", "pkts", "ip_bytes")
PLAIN = frozenset(["addr", "enum"])  # types whose values need no writing
UID = b"@uid@"  # stands for the uid, which every sensor gives its own
Lines = dict[tuple[str, bytes], list[bytes]]
Row = dict[str, Any]


def lines(batch: list[Flow], as_json: bool) -> Lines:
    """Give the lines of each log file, by path and the head that a new file gets."""
    out: Lines = defaultdict(list)
    for flow in batch:
        day = iso(flow.time)[:10]
        whole = [sensor for sensor in flow.uids if sensor not in flow.lost]
        _put(out, day, rows(flow) if whole else (), {sensor: flow.uids[sensor] for sensor in whole}, as_json)
        for sensor, side in flow.lost.items():
            _put(out, day, half(flow, side), {sensor: flow.uids[sensor]}, as_json)
    return out


def _put(out: Lines, day: str, found: Iterable[tuple[str, Row]], uids: dict[str, str], as_json: bool) -> None:
    """Add entries to the files of some sensors, each with its own uid."""
    for log, row in found:
        top, text = (b"", _json(row)) if as_json else (head(log), _tsv(log, row))
        for sensor, uid in uids.items():
            out[f"zeek/{sensor}/{log}-{day}.log", top].append(text.replace(UID, uid.encode(), 1))


def rows(flow: Flow) -> Iterator[tuple[str, Row]]:
    """Give the entries of the logs for a flow."""
    ends = _ends(flow.orig, flow.resp)
    yield "conn", {**ends, **_conn(flow)}
    for log, time, about in flow.rows:
        if log == "dhcp":
            yield log, {"ts": time, "uids": [UID.decode()], **about}
        else:
            yield log, {**ends, "ts": time, **_about(log, about)}


def _ends(orig: tuple[str, int], resp: tuple[str, int]) -> Row:
    (a, b), (c, d) = orig, resp
    return {"uid": UID.decode(), "id.orig_h": a, "id.orig_p": b, "id.resp_h": c, "id.resp_p": d}


def half(flow: Flow, lost: str) -> Iterator[tuple[str, Row]]:
    """Give what a sensor makes of a flow of which it sees one direction: a connection without protocol.

    Without the client's packets Zeek sees the server's first: it turns the sides, or takes the server for the client.
    """
    row, swapped = _conn(flow), False
    row.pop("service", None)
    if flow.proto == "udp":
        state, history = ("S0", "D") if lost == "resp" else ("SHR", "^d")
    elif lost == "resp":
        state, history = "SH", "SADF"
    else:
        swapped = flow.orig[1] % 10 < 3
        state, history = ("OTH", "DA") if swapped else ("SHR", "^hadf")
    row |= {"conn_state": state, "history": history}
    if lost == "resp":
        row |= {"resp_bytes": 0, "resp_pkts": 0, "resp_ip_bytes": 0}
    else:
        row |= {"orig_bytes": 0, "orig_pkts": 0, "orig_ip_bytes": 0}
    if swapped:
        row |= {f"{a}_{what}": row[f"{b}_{what}"] for what in COUNTS for a, b in (("orig", "resp"), ("resp", "orig"))}
    yield "conn", {**(_ends(flow.resp, flow.orig) if swapped else _ends(flow.orig, flow.resp)), **row}


def _conn(flow: Flow) -> Row:
    udp = flow.proto == "udp"
    packets = 1 if udp else 4 + flow.sent // 900
    back = 1 if udp else 4 + flow.received // 900
    state, history = _ending(flow)
    service = {} if flow.service == "-" else {"service": _service(flow)}
    return {
        "ts": flow.time, "proto": flow.proto, **service, "duration": flow.seconds, "orig_bytes": flow.sent,
        "resp_bytes": flow.received, "conn_state": state, "missed_bytes": 0, "history": history,
        "orig_pkts": packets, "orig_ip_bytes": flow.sent + packets * 40, "resp_pkts": back,
        "resp_ip_bytes": flow.received + back * 40,
    }  # fmt: skip


def _ending(flow: Flow) -> tuple[str, str]:
    if flow.proto == "udp":
        return "SF", "Dd"
    return RESET.get(flow.resp[1], ENDED) if flow.orig[1] % 2 else ENDED


def _service(flow: Flow) -> str:
    """What the sensor recognised: RPC over SMB is told beside SMB."""
    calls = flow.resp[1] == 445 and any(log == "dce_rpc" for log, _, _ in flow.rows)
    return f"{flow.service},dce_rpc" if calls else flow.service


def _about(log: str, about: dict[str, Any]) -> dict[str, Any]:
    if log == "dns":
        rest = {key: value for key, value in about.items() if key != "answer"}
        return {**DNS, "trans_id": hash_of(about["query"]), "answers": [about["answer"]], **rest}
    return {**KERBEROS, **about} if log == "kerberos" else about


def hash_of(text: str) -> int:
    """A number of 16 bits for a text, the same in every run."""
    return sum(ord(char) * (i + 7) for i, char in enumerate(text)) & 0xFFFF


@cache
def _fields(log: str) -> tuple[tuple[str, str], ...]:
    return tuple(tuple(pair.split(":")) for pair in table("zeek")[log])


def _json(row: dict[str, Any]) -> bytes:
    return orjson.dumps({key: value for key, value in row.items() if value != "-" and value is not None}) + b"\n"


@cache
def head(log: str) -> bytes:
    """Give the header of a log."""
    names, types = zip(*_columns(log), strict=True)
    first = ("#separator \\x09", "#set_separator\t,", "#empty_field\t(empty)", "#unset_field\t-", f"#path\t{log}")
    return "\n".join((*first, "#fields\t" + "\t".join(names), "#types\t" + "\t".join(types), "")).encode()


def _tsv(log: str, row: dict[str, Any]) -> bytes:
    get = row.get
    cells = [
        "-" if (value := get(name)) is None else value if kind in PLAIN else _cell(value, kind)
        for name, kind in _columns(log)
    ]
    return ("\t".join(cells) + "\n").encode()


@cache
def _columns(log: str) -> tuple[tuple[str, str], ...]:
    return _fields(log) if log == "dhcp" else (*ENDS, *_fields(log))


def _cell(value: Any, kind: str) -> str:
    if kind == "bool":
        return "T" if value else "F"
    if kind == "time" or kind == "interval":
        return f"{value:.6f}"
    if kind == "string":
        return str(value).replace("\\", "\\\\")
    if type(value) is list:
        return ",".join([f"{one:.6f}" if isinstance(one, float) else str(one) for one in value]) or "(empty)"
    return str(value)
