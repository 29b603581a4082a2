"""What a source did before its hop: it reached many hosts at once, or asked the DNS for odd names."""

from __future__ import annotations

from typing import Any

import pytest

from tests.correlate.test_sensors import EPOCH, SRV02, conn, port, psexec, scan
from tests.support import worlds as w

SOURCE = w.STRANGERS[0]
CLIENTS = [f"10.20.7.{number}" for number in range(1, 13)]
DAY = 86400.0
DNS_SERVER = w.ADDRESS["dc01"]


def reached(hosts: int, t: float, resp_port: int = 445, days: int = 0) -> list[dict[str, Any]]:
    """Connections of the source to so many hosts within two minutes, `days` days before the hop."""
    begin = t - days * DAY
    return [
        conn(begin + i, (SOURCE, 40000 + i, f"10.20.9.{i + 1}", resp_port), f"F{days}-{resp_port}-{i}")
        for i in range(hosts)
    ]


def query(t: float, client: str, name: str) -> dict[str, Any]:
    """A question to the DNS as Zeek writes it in JSON."""
    ends = {"id.orig_h": client, "id.orig_p": 50100, "id.resp_h": DNS_SERVER, "id.resp_p": 53}
    return {"_path": "dns", "ts": EPOCH + t, "uid": f"Q{client}{t}{name}", "proto": "udp", "query": name} | ends | {
        "qtype_name": "A", "rcode_name": "NOERROR", "rejected": False,
    }  # fmt: skip


def everyday(days: int = 3) -> list[dict[str, Any]]:
    """A dozen clients that ask for the same few names every day, the source among them."""
    return [
        query(-day * DAY + i, client, name)
        for day in range(1, days + 1)
        for i, client in enumerate([*CLIENTS, SOURCE])
        for name in ("mail.corp.example", "intranet.corp.example")
    ]


SENTENCES = {"fan-out": "hosts on port", "rare-dns-name": "the source asked for"}


def signals(*sensor: dict[str, Any]) -> dict[str, int]:
    """The points of what the source of the hop did before, by signal."""
    flow = conn(0, (SOURCE, port(), SRV02, 445), "C1")
    (hop,) = [hop for hop in scan(psexec(0, SOURCE), [flow, *sensor]) if hop.source.ip == SOURCE and hop.alert]
    return {name: r.points for name, sentence in SENTENCES.items() for r in hop.reasons if sentence in r.text}


@pytest.mark.parametrize("resp_port", [445, 135, 5985])
def test_a_source_that_reaches_many_hosts_at_once_just_before_counts_for_more(resp_port):
    assert signals(*reached(12, -120, resp_port))["fan-out"] > 0


@pytest.mark.parametrize(
    ("why", "sensor"),
    [
        ("few hosts", reached(8, -120)),
        ("an hour before", reached(12, -3600)),
        ("a port of everyday work", reached(12, -120, 443)),
        ("what it does every day", [row for day in range(4) for row in reached(12, -120, days=day)]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_it_does_not_count_for(why, sensor):
    assert "fan-out" not in signals(*sensor)


def test_a_name_that_only_the_source_asks_for_counts_on_its_hops():
    assert signals(*everyday(), query(-600, SOURCE, "cdn.stage-two.example"))["rare-dns-name"] > 0


def test_a_long_random_label_counts_too():
    label = "q7x0d9f2k4m1z8c6v5b3n7l2j9h4g1ap"
    assert signals(*everyday(), query(-600, SOURCE, f"{label}.tunnel.example"))["rare-dns-name"] > 0


@pytest.mark.parametrize(
    ("why", "asked"),
    [
        ("names that others ask for too", [query(-600, c, "cdn.news.example") for c in (SOURCE, CLIENTS[0])]),
        ("a name that was asked for more than an hour before", [query(-2 * 3600, SOURCE, "cdn.stage-two.example")]),
        ("what another host asked for", [query(-600, CLIENTS[3], "cdn.stage-two.example")]),
        ("what it asked for from the first day on", [query(-3 * DAY + 60, SOURCE, "old.vendor.example"),
                                                     query(-600, SOURCE, "old.vendor.example")]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_the_dns_does_not_count_for(why, asked):
    assert "rare-dns-name" not in signals(*everyday(), *asked)


def test_in_a_capture_of_few_clients_no_name_is_rare():
    few = [query(-DAY, client, "mail.corp.example") for client in CLIENTS[:3]]
    assert "rare-dns-name" not in signals(*few, query(-600, SOURCE, "cdn.stage-two.example"))
