"""What must be known of all events before any host can be judged, as the stages hand it on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Facts:
    """Aggregates that merge in any order: facts of all events are the merged facts of their parts.

    `address`: host, ip, hour, source (own, machine_logon, ticket, …), first, last.
    `name`: host, computer (as logged), n.
    `directory`: ip: addresses that serve a directory (Kerberos, LDAP, global catalogue).
    `winrm`: orig_ip, resp_ip, hour, forwards: who called whose WinRM port, and whether as svchost (event forwarding).
    `reach`: src_ip, port, slot (five minutes), resp_ip: whom a source reached on the ports of movement.
    `query`: client, name, hour, first: who asked for which name.
    `sensed`: ip, hour: addresses that a network sensor saw.
    `collects`: host, channel, event_id, hour: who logged what kind of event in which hour.
    `authentication`: account, domain, ip, target, logon_type, package, process, day: logons, and with what.
    `presence`: host, account, how (interactive, run_as, service, outbound), hour: who was at a host by himself.
    `overlay`: host, account, by_account, time: other credentials taken on for the network (type 9).
    `ticket`: account, ip, rc4, hour: tickets that let an account in, and whether a hash is enough for their cipher.
    `granted`: account, ip, target: who has a Kerberos ticket for a host, and from where.
    `signing`: host, required, known_by: whether a host's SMB server asks for signatures.
    `coercion`: host or host_ip, from_ip, how, sure, slot (five minutes): who was asked to authenticate elsewhere.
    `addressed`: client (host or address), ip, hour: who addressed a server by its address instead of its name.
    """

    address: pa.Table
    name: pa.Table
    directory: pa.Table
    winrm: pa.Table
    reach: pa.Table
    query: pa.Table
    sensed: pa.Table
    collects: pa.Table
    authentication: pa.Table
    presence: pa.Table
    overlay: pa.Table
    ticket: pa.Table
    granted: pa.Table
    signing: pa.Table
    coercion: pa.Table
    addressed: pa.Table
