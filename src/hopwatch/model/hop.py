"""The hop and its parts, and the hop contract that other programs read."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from typing import Any

LEGS = ("logon", "execution", "network")
SEVERITIES = ("informational", "low", "medium", "high", "critical")

# Most specific first: a hop with several techniques is named by the first of them.
TECHNIQUES = (
    "psexec",
    "smbexec",
    "psexec_like",
    "winrm_exec",
    "wmi_exec",
    "dcom_exec",
    "remote_task",
    "remote_service",
    "mssql",
    "rdp",
    "remote_registry",
    "named_pipe",
    "admin_share_copy",
    "ntlm_relay",
    "pass_the_hash",
    "ssh",
    "smb_access",
    "remote_logon",
    "other",
)


class LegState(StrEnum):
    """What is known of one leg: seen, looked for in vain, or never collected."""

    SEEN = "seen"
    ABSENT = "absent"
    NOT_COLLECTED = "not_collected"


@dataclass(frozen=True)
class Source:
    """Where a hop came from; what is not known is null."""

    host: str | None = None
    ip: str | None = None
    port: int | None = None
    roles: tuple[str, ...] = ()
    known_by: str | None = None
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """Where a hop went."""

    host: str | None = None
    ip: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Account:
    """As whom: the account of the remote logon that carried the execution, and others seen."""

    name: str | None = None
    domain: str | None = None
    sid: str | None = None
    logon_id: str | None = None
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Auth:
    """How the logon authenticated (Security 4624)."""

    logon_type: int | None = None
    package: str | None = None
    process: str | None = None
    elevated: bool | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reason:
    """One contribution to the score, with its sentence."""

    points: int
    text: str


@dataclass(frozen=True)
class Evidence:
    """One event that a hop leans on, with a pointer to its record."""

    signal: str
    leg: str
    time: datetime
    host: str | None
    channel: str
    event_id: int | None
    record_id: int | None
    file: str | None
    text: str


@dataclass(frozen=True)
class Hop:
    """One movement: the evidence of one source and target, chained in time."""

    id: str
    group: str
    start: datetime
    end: datetime
    source: Source
    target: Target
    account: Account
    technique: str
    techniques: tuple[str, ...]
    attack: tuple[str, ...]
    auth: Auth
    legs: dict[str, LegState]
    score: int
    severity: str
    alert: bool
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    evidence_total: int
    suppressed_by: str | None = None
    supersedes: str | None = None
    remote_origin: str | None = field(default=None, metadata={"internal": True})

    def to_dict(self) -> dict[str, Any]:
        """Give the hop as the contract has it: plain types, times as ISO 8601 text in UTC."""
        return {f.name: _plain(getattr(self, f.name)) for f in fields(self) if "internal" not in f.metadata}


def iso(time: datetime) -> str:
    """Write a UTC time as ISO 8601 with milliseconds and Z."""
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def _plain(value: Any) -> Any:
    """Turn a model value into JSON's types."""
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if hasattr(value, "__dataclass_fields__"):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    return value
