"""What a Suricata 7 sensor writes: eve.json with flow, dns, krb5, smb and dcerpc."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import orjson

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Flow, number_of
from hopwatch.lab.formats.zeek import Lines

NAMES = {"ssl": "tls", "krb_tcp": "krb5", "dce_rpc": "dcerpc", "-": "failed"}


def lines(batch: list[Flow]) -> Lines:
    """Give the lines of each sensor's file."""
    out: Lines = defaultdict(list)
    for flow in batch:
        for sensor, uid in flow.uids.items():
            ends = {
                "flow_id": number_of(uid), "src_ip": flow.orig[0], "src_port": flow.orig[1], "dest_ip": flow.resp[0],
                "dest_port": flow.resp[1], "proto": flow.proto.upper(),
            }  # fmt: skip
            path = f"suricata/{sensor}-eve-{iso(flow.time)[:10]}.json"
            out[path, b""] += [_line(time, kind, {**ends, **about}) for time, kind, about in _records(flow)]
    return out


def _protocol(service: str) -> str:
    return "smb" if "smb" in service else NAMES.get(service, service)


def _line(time: float, kind: str, about: dict[str, Any]) -> bytes:
    return orjson.dumps({"timestamp": f"{iso(time, 6)}+0000", "event_type": kind, **about}) + b"\n"


def _records(flow: Flow) -> list[tuple[float, str, dict[str, Any]]]:
    out = [_record(log, time, about) for log, time, about in flow.rows]
    end = flow.time + flow.seconds
    about = {
        "pkts_toserver": 4 + flow.sent // 900, "pkts_toclient": 4 + flow.received // 900, "bytes_toserver": flow.sent,
        "bytes_toclient": flow.received, "start": f"{iso(flow.time, 6)}+0000", "end": f"{iso(end, 6)}+0000",
        "age": int(flow.seconds), "state": "closed", "reason": "timeout", "alerted": False,
    }  # fmt: skip
    out.append((end, "flow", {"app_proto": _protocol(flow.service), "flow": about}))
    return out


Record = tuple[float, str, dict[str, Any]]


def _record(log: str, time: float, about: dict[str, Any]) -> Record:
    """An entry of Suricata's for one of a flow's notes."""
    kind, make = MAKERS[log]
    return time, kind, {kind: make(about)}


def _dns(about: dict[str, Any]) -> dict[str, Any]:
    name = {"rrname": about["query"], "rrtype": "A"}
    return {"type": "answer", **name, "rcode": "NOERROR", "answers": [{**name, "ttl": 3600, "rdata": about["answer"]}]}


def _kerberos(about: dict[str, Any]) -> dict[str, Any]:
    kind = "KRB_TGS_REP" if about["request_type"] == "TGS" else "KRB_AS_REP"
    name, _, realm = about["client"].partition("/")
    ticket = {"msg_type": kind, "cname": name, "realm": realm, "sname": about["service"]}
    return {**ticket, "encryption": "aes256-cts-hmac-sha1-96", "weak_encryption": False}


def _mapping(about: dict[str, Any]) -> dict[str, Any]:
    command = {"id": 5, "command": "SMB2_COMMAND_TREE_CONNECT"}
    return {**command, **SMB, "share": about["path"], "share_type": about["share_type"]}


def _file(about: dict[str, Any]) -> dict[str, Any]:
    return {"id": 9, "command": "SMB2_COMMAND_CREATE", **SMB, "filename": about["name"], "share": about["path"]}


def _rpc(about: dict[str, Any]) -> dict[str, Any]:
    return {
        "request": "REQUEST",
        "response": "RESPONSE",
        "endpoint": about["endpoint"],
        "operation": about["operation"],
    }


SMB = {"dialect": "3.11", "status": "STATUS_SUCCESS", "status_code": "0x0"}
MAKERS = {
    "dns": ("dns", _dns),
    "kerberos": ("krb5", _kerberos),
    "smb_mapping": ("smb", _mapping),
    "smb_files": ("smb", _file),
    "dce_rpc": ("dcerpc", _rpc),
}
