"""What a Suricata 7 sensor writes: eve.json with flow, dns, dhcp, http, krb5, smb and dcerpc."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import orjson

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Flow, number_of
from hopwatch.lab.formats.zeek import Lines, hash_of
from hopwatch.lab.forms import table

NAMES = {"ssl": "tls", "krb_tcp": "krb5", "dce_rpc": "dcerpc", "ldap_tcp": "ldap", "-": "failed"}
HEADER = 54  # Ethernet, IPv4 and TCP: Suricata counts whole packets
About = dict[str, Any]
Record = tuple[float, str, About]


def lines(batch: list[Flow]) -> Lines:
    """Give the lines of each sensor's file."""
    out: Lines = defaultdict(list)
    for flow in batch:
        for sensor, uid in flow.uids.items():
            path = f"suricata/{sensor}-eve-{iso(flow.time)[:10]}.json"
            swapped, found = _seen(flow, flow.lost.get(sensor, ""))
            source, target = (flow.resp, flow.orig) if swapped else (flow.orig, flow.resp)
            ends = {
                "flow_id": number_of(uid), "src_ip": source[0], "src_port": source[1], "dest_ip": target[0],
                "dest_port": target[1], "proto": flow.proto.upper(),
            }  # fmt: skip
            out[path, b""] += [_line(time, kind, {**ends, **about}) for time, kind, about in found]
    return out


def _seen(flow: Flow, lost: str) -> tuple[bool, list[Record]]:
    """What a sensor writes of a flow, and whether it takes the server for the client: where it lost one direction."""
    end = flow.time + flow.seconds
    if not lost:
        return False, [*_records(flow), (end, "flow", _flow(flow, _protocol(flow.service), ""))]
    swapped = lost == "orig" and flow.proto == "tcp"
    return swapped, [(end, "flow", _flow(flow, "failed", lost))]


def _flow(flow: Flow, protocol: str, lost: str) -> About:
    """A flow's own entry; what the sensor lost is not counted, and such a flow is never established."""
    to_server, to_client = _count(flow.sent, flow.proto), _count(flow.received, flow.proto)
    to_client = (0, 0) if lost else to_client
    to_server = _count(flow.received, flow.proto) if lost == "orig" else to_server
    about = {
        "pkts_toserver": to_server[0], "pkts_toclient": to_client[0], "bytes_toserver": to_server[1],
        "bytes_toclient": to_client[1], "start": f"{iso(flow.time, 6)}+0000",
        "end": f"{iso(flow.time + flow.seconds, 6)}+0000", "age": int(flow.seconds),
        "state": "new" if lost else "established" if flow.proto == "udp" else "closed",
        "reason": "timeout", "alerted": False,
    }  # fmt: skip
    if flow.proto == "udp":
        return {"app_proto": protocol, "flow": about}
    back = "00" if lost else "1b"
    sent = "1b" if lost != "orig" else "1a"
    tcp = {
        "tcp_flags": "1b",
        "tcp_flags_ts": sent,
        "tcp_flags_tc": back,
        "syn": True,
        "fin": True,
        "psh": True,
        "ack": True,
    }
    return {"app_proto": protocol, "flow": about, "tcp": {**tcp, "state": "syn_sent" if lost else "closed"}}


def _count(payload: int, proto: str) -> tuple[int, int]:
    """Packets and bytes on the wire for a payload."""
    packets = 1 if proto == "udp" else 4 + payload // 900
    return packets, payload + HEADER * packets


def _protocol(service: str) -> str:
    first = service.split(",")[0]
    return "smb" if "smb" in service else NAMES.get(first, first)


def _line(time: float, kind: str, about: About) -> bytes:
    return orjson.dumps({"timestamp": f"{iso(time, 6)}+0000", "event_type": kind, **about}) + b"\n"


def _records(flow: Flow) -> Iterator[Record]:
    """The entries for a flow's notes; an RPC interface is bound once before its operations are called."""
    bound: set[str] = set()
    over_smb = "smb" in flow.service
    if over_smb and flow.rows:
        yield flow.time + 0.002, "smb", {"smb": _setup(flow)}
    for number, (log, time, about) in enumerate(flow.rows, 3):
        if log == "dce_rpc":
            yield from _rpc(time, about, number, bound, over_smb)
        elif log == "dhcp":
            yield from _dhcp(time, about)
        elif log in MAKERS:
            kind, make = MAKERS[log]
            yield time, kind, {kind: make(about, number)}


def _setup(flow: Flow) -> About:
    """An SMB session setup: who, with NTLM, or for whom the ticket is, with Kerberos."""
    seen = next((about for log, _, about in flow.rows if log == "ntlm"), None)
    if seen is None:
        realm = flow.target.domain.upper()
        return {**_smb(2, "SESSION_SETUP"), "kerberos": {"realm": realm, "snames": ["cifs", flow.target.fqdn]}}
    who = {"domain": seen["domainname"], "user": seen["username"], "host": seen["hostname"] or ""}
    return {**_smb(2, "SESSION_SETUP"), "ntlmssp": {**who, "version": "10.0 build 17763 rev 15"}}


def _smb(number: int, command: str) -> About:
    return {
        "id": number, "dialect": "3.11", "command": f"SMB2_COMMAND_{command}", "status": "STATUS_SUCCESS",
        "status_code": "0x0", "session_id": 4398046511121 + number, "tree_id": 1,
    }  # fmt: skip


def _dns(about: About, number: int) -> About:
    name = {"rrname": about["query"], "rrtype": "A"}
    return {
        "version": 2, "type": "answer", "id": hash_of(about["query"]), "flags": "8580", "qr": True, "rd": True,
        "ra": True, **name, "rcode": "NOERROR", "answers": [{**name, "ttl": 3600, "rdata": about["answer"]}],
    }  # fmt: skip


def _dhcp(time: float, about: About) -> Iterator[Record]:
    """A request, which carries the host's name, and its acknowledgement, which carries the time."""
    known = {"id": hash_of(about["mac"]), "client_mac": about["mac"], "client_ip": about["client_addr"] or "0.0.0.0"}
    asked = {"dhcp_type": "request", "requested_ip": about["assigned_addr"], "hostname": about["host_name"]}
    given = {"assigned_ip": about["assigned_addr"], "dhcp_type": "ack", "lease_time": int(about["lease_time"])}
    server = {"relay_ip": "0.0.0.0", "next_server_ip": about["server_addr"]}
    yield time, "dhcp", {"dhcp": {"type": "request", **known, "assigned_ip": "0.0.0.0", **asked}}
    yield time + 0.004, "dhcp", {"dhcp": {"type": "reply", **known, **server, **given}}


def _http(about: About, number: int) -> About:
    return {
        "hostname": about["host"].partition(":")[0], "http_port": 5985, "url": about["uri"],
        "http_user_agent": about["user_agent"], "http_method": about["method"], "protocol": "HTTP/1.1",
        "status": about["status_code"], "length": about["response_body_len"],
    }  # fmt: skip


def _kerberos(about: About, number: int) -> About:
    kind = "KRB_TGS_REP" if about["request_type"] == "TGS" else "KRB_AS_REP"
    name, _, realm = about["client"].partition("/")
    cipher = "aes256-cts-hmac-sha1-96"
    ticket = {"msg_type": kind, "cname": name, "realm": realm, "sname": about["service"], "encryption": cipher}
    return {**ticket, "weak_encryption": False, "ticket_encryption": cipher, "ticket_weak_encryption": False}


def _mapping(about: About, number: int) -> About:
    pipe = about["share_type"] == "PIPE"
    name = {"named_pipe": about["path"]} if pipe else {"share": about["path"]}
    return {**_smb(number, "TREE_CONNECT"), **name, "share_type": "PIPE" if pipe else "FILE"}


def _file(about: About, number: int) -> About:
    """A file that is opened: its times are what the server answers, in seconds."""
    times = {name: int(about[f"times.{name}"]) for name in ("created", "accessed", "modified", "changed")}
    delete = about["action"] == "SMB::FILE_DELETE"
    how = "FILE_OVERWRITE_IF" if about["size"] == 0 else "FILE_OPEN"
    opened = {"filename": about["name"], "disposition": how, "access": "delete on close" if delete else "normal"}
    fuid = f"{number:08x}-0000-0000-{hash_of(about['name']):04x}-00000000{number:04x}"
    return {**_smb(number, "CREATE"), **opened, **times, "size": about["size"], "fuid": fuid}


def _rpc(time: float, about: About, number: int, bound: set[str], over_smb: bool) -> Iterator[Record]:
    """A bind names the interface, a request the number of the operation."""
    interface = table("rpc")[about["endpoint"]]
    if about["endpoint"] not in bound:
        bound.add(about["endpoint"])
        ack = {"uuid": interface["uuid"], "version": interface["version"], "ack_result": 0}
        ack |= {"ack_reason": 0} if over_smb else {}
        yield _call(time - 0.0008, number, {"request": "BIND", "response": "BINDACK", "interfaces": [ack]}, over_smb)
    opnum = {"opnum": interface["operations"][about["operation"]]}
    size = {"frag_cnt": 1, "stub_data_size": 64 + 8 * number}
    asked = {"opnum": opnum["opnum"], "req": size} if over_smb else {"req": {**opnum, **size}}
    yield _call(time, number, {"request": "REQUEST", "response": "RESPONSE", **asked, "res": size}, over_smb)


def _call(time: float, number: int, call: About, over_smb: bool) -> Record:
    about = {**call, "call_id": number}
    if over_smb:
        return time, "smb", {"smb": {**_smb(number, "IOCTL"), "dcerpc": about}}
    return time, "dcerpc", {"dcerpc": {**about, "rpc_version": "5.0"}}


MAKERS = {
    "dns": ("dns", _dns), "http": ("http", _http), "kerberos": ("krb5", _kerberos),
    "smb_mapping": ("smb", _mapping), "smb_files": ("smb", _file),
}  # fmt: skip
