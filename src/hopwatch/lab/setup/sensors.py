"""Writes the settings of network sensors: Zeek and Suricata."""

from __future__ import annotations

from typing import Any

import yaml

from hopwatch.lab.forms import table
from hopwatch.lab.setup.asked import Asked


def logs(asked: Asked) -> list[str]:
    """The logs of sensors that are needed, by Zeek's names."""
    return sorted({*table("sensors")["always"], *asked.logs})


def zeek(asked: Asked) -> str:
    """Give a local.zeek: JSON with times as text, and whatever a wanted log needs to be loaded."""
    known = table("sensors")["zeek"]
    lines = ["# Logs that hopwatch reads: " + ", ".join(logs(asked)) + "."]
    lines += [f"@load {known[name]}" for name in logs(asked) if known.get(name)]
    lines += [
        "@load policy/tuning/json-logs",
        "redef LogAscii::json_timestamps = JSON::TS_ISO8601;",
        "# A sensor that sees packets before the network card has filled in their checksums must not drop them.",
        "redef ignore_checksums = T;",
    ]
    return "\n".join(lines) + "\n"


def suricata(asked: Asked) -> str:
    """Give the part of suricata.yaml that writes eve.json, and the parsers that it needs."""
    known = table("sensors")["suricata"]
    types = sorted({known[name] for name in logs(asked)})
    entries: list[Any] = [{"dhcp": {"extended": True}} if name == "dhcp" else name for name in types]
    parsers = {name: {"enabled": "yes"} for name in types if name != "flow"}
    config = {
        "outputs": [{"eve-log": {"enabled": "yes", "filetype": "regular", "filename": "eve.json", "types": entries}}],
        "app-layer": {"protocols": parsers},
    }
    head = "%YAML 1.1\n---\n# Put these keys into your suricata.yaml.\n"
    return head + yaml.safe_dump(config, sort_keys=False)
