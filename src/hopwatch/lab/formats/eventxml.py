"""Events as Windows renders them in XML (wevtutil, Event Viewer, WEF), one event a line."""

from __future__ import annotations

from xml.sax.saxutils import escape

from hopwatch.lab.clock import iso
from hopwatch.lab.event import Event

NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"


def line(event: Event) -> bytes:
    """Write an event as a line."""
    form, channel = event.form, event.form.channel
    user = f"<Security UserID='{event.user}'/>" if event.user else "<Security/>"
    system = (
        f"<Provider Name='{channel.provider}' Guid='{channel.guid}'/><EventID>{form.event_id}</EventID>"
        f"<Version>{form.version}</Version><Level>{form.level}</Level><Task>{form.task}</Task><Opcode>0</Opcode>"
        f"<Keywords>{form.keywords}</Keywords><TimeCreated SystemTime='{iso(event.recorded, 7)}Z'/>"
        f"<EventRecordID>{event.record}</EventRecordID><Correlation/>"
        f"<Execution ProcessID='{event.pid}' ThreadID='{1000 + event.record % 97 * 4}'/>"
        f"<Channel>{channel.name}</Channel><Computer>{event.host.fqdn}</Computer>{user}"
    )
    return f"<Event xmlns='{NAMESPACE}'><System>{system}</System>{_body(event)}</Event>\n".encode()


def _body(event: Event) -> str:
    name = event.form.user_data
    if name:
        inner = "".join(f"<{key}>{_text(value)}</{key}>" for key, value in event.fields.items())
        return f"<UserData><{name} xmlns='{NAMESPACE}'>{inner}</{name}></UserData>"
    data = "".join(f"<Data Name='{key}'>{_text(value)}</Data>" for key, value in event.fields.items())
    return f"<EventData>{data}</EventData>"


def _text(value: str) -> str:
    return escape(value).replace("\r", "&#13;").replace("\n", "&#10;")
