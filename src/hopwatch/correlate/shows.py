"""Says which events show a leg of a technique, for people."""

from __future__ import annotations

import tomllib
from importlib.resources import files

SENSOR = "Zeek or Suricata between the two hosts"


def shows(technique: str) -> dict[str, str]:
    """Give, by leg, the events that can show it: logs and event ids of the target, sensors for the network."""
    kinds = tomllib.loads((files("hopwatch.correlate") / "kinds.toml").read_text(encoding="utf-8"))
    execution = kinds["execution"][kinds["technique"].get(technique, "process")]
    return {
        "logon": f"{_listed(kinds['logon']['any'])} of the target",
        "execution": f"{_listed(execution)} of the target",
        "network": f"{SENSOR}, or {_listed(kinds['network']['any'])} of either",
    }


def _listed(names: list[str]) -> str:
    """Events by log: "Security 4697 or 4688, Sysmon 1"."""
    by_log: dict[str, list[str]] = {}
    for name in names:
        channel, _, number = name.rpartition("/")
        by_log.setdefault(channel.removeprefix("Microsoft-Windows-").removesuffix("/Operational"), []).append(number)
    return ", ".join(f"{log} {' or '.join(numbers)}" for log, numbers in by_log.items())
