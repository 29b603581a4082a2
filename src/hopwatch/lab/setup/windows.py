"""Writes what Windows needs: the subscription of event forwarding, the audit policy, logs and policies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from hopwatch.lab.forms import table
from hopwatch.lab.settings import Subcategory, policies, subcategory
from hopwatch.lab.setup.asked import Asked

MOST_TERMS = 20  # Windows takes 22 expressions in one XPath query at most
SDDL = "O:NSG:BAD:P(A;;GA;;;DC)(A;;GA;;;NS)S:"  # domain computers and the network service of domain controllers
NAMESPACE = "http://schemas.microsoft.com/2006/03/windows/events/subscription"


def query_list(asked: Asked, indent: str = "") -> str:
    """Give the XPath queries for all that is asked, a query a channel, its ids in parts that Windows takes."""
    lines = [f"{indent}<QueryList>"]
    for number, channel in enumerate(sorted(asked.channels)):
        path = quoteattr(channel)
        lines.append(f'{indent}  <Query Id="{number}" Path={path}>')
        lines += [f"{indent}    <Select Path={path}>{escape(x)}</Select>" for x in _selects(asked, channel)]
        lines.append(f"{indent}  </Query>")
    return "\n".join([*lines, f"{indent}</QueryList>"]) + "\n"


def _selects(asked: Asked, channel: str) -> Iterator[str]:
    if asked.channels[channel] is None:
        yield "*"
        return
    ids = asked.ids(channel)
    for begin in range(0, len(ids), MOST_TERMS):
        terms = " or ".join(f"EventID={number}" for number in ids[begin : begin + MOST_TERMS])
        yield f"*[System[({terms})]]"


def wef(asked: Asked) -> str:
    """Give a source-initiated subscription for `wecutil cs`."""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<Subscription xmlns="{NAMESPACE}">
  <SubscriptionId>hopwatch</SubscriptionId>
  <SubscriptionType>SourceInitiated</SubscriptionType>
  <Description>What hopwatch's rules and correlation ask for</Description>
  <Enabled>true</Enabled>
  <Uri>http://schemas.microsoft.com/wbem/wsman/1/windows/EventLog</Uri>
  <ConfigurationMode>Custom</ConfigurationMode>
  <Delivery Mode="Push">
    <Batching>
      <MaxItems>50</MaxItems>
      <MaxLatencyTime>30000</MaxLatencyTime>
    </Batching>
    <PushSettings>
      <Heartbeat Interval="900000"/>
    </PushSettings>
  </Delivery>
  <Query><![CDATA[
{query_list(asked, "    ")}  ]]></Query>
  <ReadExistingEvents>false</ReadExistingEvents>
  <TransportName>http</TransportName>
  <ContentFormat>Events</ContentFormat>
  <LogFile>ForwardedEvents</LogFile>
  <AllowedSourceDomainComputers>{SDDL}</AllowedSourceDomainComputers>
</Subscription>
"""


def subcategories(asked: Asked) -> list[tuple[Subcategory, list[int]]]:
    """Give the subcategories of the audit policy that are needed, each with the events that need it."""
    found: dict[str, tuple[Subcategory, list[int]]] = {}
    for number in asked.ids("Security"):
        one = subcategory(number)
        if one is not None:
            found.setdefault(one.name, (one, []))[1].append(number)
    return list(found.values())


def audit(asked: Asked) -> str:
    """Give a batch file: the audit policy by `auditpol`, the logs by `wevtutil`."""
    lines = ["@echo off", "rem Run as an administrator on every host, or set the same by group policy.", ""]
    for one, ids in subcategories(asked):
        where = " (domain controllers only)" if one.on else ""
        lines.append(f"rem {one.name}{where}: {', '.join(map(str, ids))}{f'; {one.busy}' if one.busy else ''}")
        lines += [f"rem left off: {one.loud}", f"rem {one.command}"] if one.loud else [one.command]
    lines += ["", "rem The logs: enabled, and large enough to hold a day."]
    settings = table("settings")["logs"]
    for channel in sorted(asked.channels):
        size = settings["megabytes"].get(channel, 64) * 1024 * 1024
        enable = "" if channel in settings["on"] else " /e:true"
        lines.append(f'wevtutil sl "{channel}"{enable} /ms:{size}')
    return "\r\n".join(lines) + "\r\n"


def registry(asked: Asked) -> str:
    """Give the policies as a registry file: the command line in 4688, PowerShell's logging, and what else is needed."""
    parts = ["Windows Registry Editor Version 5.00", ""]
    for policy in wanted_policies(asked):
        parts += [f"; {policy['name']}", f"[{policy['key']}]"]
        parts += [f'"{name}"=dword:{value:08x}' for name, value in policy["values"].items()]
        if names := policy.get("names"):
            parts += ["", f"[{names['key']}]", f'"{names["value"]}"="{names["value"]}"']
        parts.append("")
    return "\r\n".join(parts)


def wanted_policies(asked: Asked) -> list[dict[str, Any]]:
    """The policies that any of the asked events needs, each once."""
    found = {str(policy["name"]): policy for kind in asked.kinds() for policy in policies(kind)}
    return list(found.values())
