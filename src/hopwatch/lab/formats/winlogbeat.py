"""Events as Winlogbeat 8 ships them: winlog.* and ECS, one JSON object a line."""

from __future__ import annotations

from functools import lru_cache

import orjson

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Event
from hopwatch.lab.forms import Form

LEVELS = {0: "information", 1: "critical", 2: "error", 3: "warning", 4: "information", 5: "verbose"}


def line(event: Event) -> bytes:
    """Write an event as a line."""
    form = event.form
    host = event.host
    head, tail = _around(form, host.name, host.fqdn)
    created = iso(event.time + host.lag)
    user = f',"user":{{"identifier":"{event.user}","type":"User"}}' if event.user else ""
    process = f'"process":{{"pid":{event.pid},"thread":{{"id":{1000 + event.record % 97 * 4}}}}}'
    about = f'{process},"record_id":{event.record}{user}'
    return b"".join(
        (
            f'{{"@timestamp":"{iso(event.recorded)}Z","event":{{"created":"{created}Z",'.encode(),
            head,
            orjson.dumps(event.fields),
            b",",
            about.encode(),
            tail,
        )
    )


@lru_cache(maxsize=65536)
def _around(form: Form, name: str, fqdn: str) -> tuple[bytes, bytes]:
    """What is the same for all events of a kind and host."""
    channel = form.channel
    code = str(form.event_id)
    outcome = "failure" if form.keywords == "0x8010000000000000" else "success"
    top = {
        "action": form.text.rstrip(".:"), "code": code, "kind": "event", "outcome": outcome,
        "provider": channel.provider,
    }  # fmt: skip
    rest = {
        "agent": {"name": name, "type": "winlogbeat", "version": "8.17.0"}, "ecs": {"version": "8.0.0"},
        "host": {"name": fqdn}, "log": {"level": LEVELS[form.level]}, "message": form.text,
    }  # fmt: skip
    winlog = {
        "api": "wineventlog", "channel": channel.name, "computer_name": fqdn, "event_id": code, "opcode": "Info",
        "provider_guid": channel.guid, "provider_name": channel.provider, "task": str(form.task),
        "version": form.version,
    }  # fmt: skip
    data = b'"user_data":' if form.user_data else b'"event_data":'
    head = (
        orjson.dumps(top)[1:]
        + b","
        + orjson.dumps(rest)[1:-1]
        + b',"winlog":'
        + orjson.dumps(winlog)[:-1]
        + b","
        + data
    )
    return head, b"}}\n"
