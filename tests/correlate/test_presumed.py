"""An address without a name stands for the host that other hops of the day prove it to be, and for no other."""

from __future__ import annotations

from hopwatch.correlate.presumed import presumed
from hopwatch.model.hop import Source
from tests.baseline.history import hop

SECOND = "10.20.9.9"


def named(*hosts, day=1, itself=False):
    return [hop(day, host, f"APP{n:02d}", "svc-backup", ip=SECOND, names_itself=itself) for n, host in enumerate(hosts)]


def unnamed(day=1, ip=SECOND):
    return hop(day, None, "APP09", "svc-backup", known=Source(None, ip))


def host_of(*others, day=1, ip=SECOND):
    return presumed([*others, unnamed(day, ip)])[-1].source.host


def test_three_hops_of_the_day_prove_an_address():
    assert host_of(*named("BKP01", "BKP01", "BKP01")) == "BKP01.corp.example"
    assert host_of(*named("BKP01", "BKP01")) is None


def test_an_address_of_several_hosts_is_nobodys():
    assert host_of(*named("BKP01", "BKP01", "BKP01", "WS02")) is None


def test_another_day_and_another_address_prove_nothing():
    assert host_of(*named("BKP01", "BKP01", "BKP01"), day=2) is None
    assert host_of(*named("BKP01", "BKP01", "BKP01"), ip="10.20.9.8") is None


def test_what_a_client_calls_itself_proves_nothing():
    assert host_of(*named("BKP01", "BKP01", "BKP01", itself=True)) is None


def test_hops_keep_their_order_and_their_own_names():
    hops = [*named("BKP01", "BKP01", "BKP01"), hop(1, "WS02", "APP01", "alice")]
    assert presumed(hops) == hops
