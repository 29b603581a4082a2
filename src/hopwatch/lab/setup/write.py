"""Writes every file of a lab's setup into a folder, with a page that says what each is for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hopwatch.lab.setup import collectors, sensors, windows
from hopwatch.lab.setup.asked import Asked
from hopwatch.lab.setup.sysmon import sysmon
from hopwatch.model.errors import InputError

Writer = Callable[[Asked], str]
FILES: dict[str, tuple[Writer, str]] = {
    "wef-subscription.xml": (windows.wef, "event forwarding, on the collector: `wecutil cs wef-subscription.xml`"),
    "audit.cmd": (windows.audit, "audit policy and logs, on every host, as an administrator"),
    "policies.reg": (windows.registry, "policies as registry values, on every host: `reg import policies.reg`"),
    "sysmon.xml": (sysmon, "Sysmon, on every host: `sysmon64 -accepteula -i sysmon.xml`"),
    "winlogbeat.yml": (collectors.winlogbeat, "Winlogbeat, where it collects instead of event forwarding"),
    "nxlog.conf": (collectors.nxlog, "NXLog, where it collects instead of event forwarding"),
    "openwec.toml": (collectors.openwec, "OpenWEC, a collector on Linux: `openwec subscriptions load openwec.toml`"),
    "local.zeek": (sensors.zeek, "Zeek, on a sensor that sees traffic between clients and servers"),
    "suricata.yaml": (sensors.suricata, "Suricata, on such a sensor"),
}


def setup(asked: Asked, out: Path) -> list[Path]:
    """Write the files into a folder, which is made where it is not there; give them. Raises InputError."""
    texts = {name: writer(asked) for name, (writer, _) in FILES.items()} | {"README.md": page(asked)}
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (out / name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(f"cannot write to {out}: {error.strerror or error}") from error
    return [out / name for name in texts]


def page(asked: Asked) -> str:
    """Give the page: the files, the events with what asks for them, the audit policy, the policies' paths."""
    lines = ["# What to collect for hopwatch", "", "| file | what it is for |", "|---|---|"]
    lines += [f"| `{name}` | {what} |" for name, (_, what) in FILES.items()]
    lines += ["", "## Events", "", "| log | events |", "|---|---|"]
    for channel in sorted(asked.channels):
        ids = "all" if asked.channels[channel] is None else ", ".join(map(str, asked.ids(channel)))
        lines.append(f"| {channel} | {ids} |")
    lines += ["", "## Audit policy", "", "| subcategory | events | |", "|---|---|---|"]
    for one, numbers in windows.subcategories(asked):
        note = "; ".join(
            text
            for text in (f"on {one.on}" if one.on else "", f"left off: {one.loud}" if one.loud else "", one.busy or "")
            if text
        )
        lines.append(f"| {one.name} | {', '.join(map(str, numbers))} | {note} |")
    lines += ["", "## Policies", ""]
    lines += [f"- {policy['name']}: {policy['path']}" for policy in windows.wanted_policies(asked)]
    lines += ["", "Network sensors: " + ", ".join(sensors.logs(asked)) + " (by Zeek's names).", ""]
    return "\n".join(lines)
