"""The arithmetic of `lab score` on cases made by hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from hopwatch.lab.score import Span, compare
from hopwatch.model.hop import Account, Auth, Hop, LegState, Source, Target
from hopwatch.model.path import Origin, Path, Switch

BEGIN = datetime(2026, 3, 2)
LEGS = dict.fromkeys(("logon", "execution", "network"), LegState.SEEN)


def true_hop(number, minutes, **about):
    time = BEGIN + timedelta(minutes=minutes)
    return {
        "id": f"t-{number}", "campaign": f"c{number}", "source": "ws1.corp.example", "source_ip": "10.0.0.1",
        "target": "srv1.corp.example", "target_ip": "10.0.1.1", "account": "adm", "technique": "psexec", "also": [],
        "time": time.isoformat() + "Z", "end": (time + timedelta(seconds=20)).isoformat() + "Z", "evidence": [],
        **about,
    }  # fmt: skip


def alert(minutes, source="ws1", target="SRV1", account="adm", technique="psexec", alerted=True, score=50):  # noqa: PLR0913
    start = BEGIN + timedelta(minutes=minutes)
    return Hop(
        id=f"h-{minutes}-{target}", group="g", start=start, end=start + timedelta(seconds=30), source=Source(source),
        target=Target(target, "10.0.1.1"), account=Account(account), technique=technique, techniques=(technique,),
        attack=(), auth=Auth(), legs=LEGS, score=score, severity="medium", alert=alerted, reasons=(), evidence=(),
        evidence_total=0,
    )  # fmt: skip


def scored(hops, truths, days=2.0, begin=BEGIN):
    return compare(hops, {"hops": truths}, Span(begin, days)).to_dict()


def test_a_hop_is_found_by_an_alert_on_the_same_target_within_two_minutes():
    truth = [true_hop(1, 10), true_hop(2, 60), true_hop(3, 120, target="srv2.corp.example", target_ip="10.0.1.2")]
    figures = scored([alert(11.9), alert(64), alert(120)], truth)
    assert figures["hops"] == 3
    assert figures["recall"] == 0.333
    assert figures["false_alerts"] == 2
    assert figures["false_alerts_a_day"] == 1.0
    assert len(figures["missed"]) == 2


def test_a_hop_that_is_no_alert_finds_nothing_but_has_a_rank():
    figures = scored([alert(10, alerted=False), alert(300, score=90, alerted=False)], [true_hop(1, 10)])
    assert figures["recall"] == 0.0
    assert figures["best_ranks"] == {"c1": 2}


def test_attribution_counts_among_those_found():
    truth = [true_hop(1, 10), true_hop(2, 60), true_hop(3, 120), true_hop(4, 180)]
    hops = [alert(10), alert(60, source="ws9"), alert(120, account="other"), alert(180, technique="remote_task")]
    assert scored(hops, truth)["attribution"] == {"source": 0.75, "account": 0.75, "technique": 0.75}


def test_a_technique_of_the_same_family_is_right_and_what_else_the_truth_allows():
    truth = [true_hop(1, 10), true_hop(2, 60, also=["admin_share_copy"])]
    hops = [alert(10, technique="remote_service"), alert(60, technique="admin_share_copy")]
    assert scored(hops, truth)["attribution"]["technique"] == 1.0


def test_a_host_known_by_address_only_is_compared_by_address():
    hop = alert(10)
    unnamed = Hop(
        **{**{name: getattr(hop, name) for name in hop.__dataclass_fields__}, "source": Source(None, "10.0.0.1")}
    )
    assert scored([unnamed], [true_hop(1, 10)])["attribution"]["source"] == 1.0


def test_recall_is_told_by_technique_and_delay_in_seconds():
    figures = scored([alert(10)], [true_hop(1, 10), true_hop(2, 60, technique="winrm_exec")])
    assert figures["techniques"] == {
        "psexec": {"hops": 1, "found": 1, "recall": 1.0},
        "winrm_exec": {"hops": 1, "found": 0, "recall": 0.0},
    }
    assert figures["seconds_to_alert"] == 30.0


def test_the_days_of_the_baseline_do_not_count():
    truth = [true_hop(1, 10), true_hop(2, 1500)]
    figures = scored([alert(10), alert(20), alert(1500)], truth, days=1.0, begin=BEGIN + timedelta(days=1))
    assert (figures["hops"], figures["recall"], figures["false_alerts"]) == (1, 1.0, 0)


def path(*hops, origin=("ws1", "user"), switches=(), alerted=True):
    return Path(
        id="p-1", hops=tuple(hop.id for hop in hops), parents=(None,) * len(hops), start=hops[0].start,
        end=hops[-1].end, origin=Origin(origin[0], None, origin[1]), hosts=(), accounts=(), effects=(), beyond=(),
        switches=tuple(Switch("h", *switch) for switch in switches), score=50, severity="medium", alert=alerted,
        reasons=(),
    )  # fmt: skip


def campaign_of(*paths, truth, hops):
    campaign = {"campaign": "c1", "origin": "ws1.corp.example", "origin_user": "user",
                "switches": [{"host": "ws1.corp.example", "from": "user", "to": "adm"}]}  # fmt: skip
    figures = compare(hops, {"hops": truth, "campaigns": [campaign]}, Span(BEGIN, 2.0), paths).to_dict()
    return figures["campaigns"]["c1"] | {key: figures[key] for key in ("campaigns_in_one_path", "false_paths")}


CHAIN = [true_hop(1, 10), true_hop(2, 60, campaign="c1", target="srv2.corp.example", target_ip="10.0.1.2")]


def test_a_campaign_is_one_path_with_its_origin_and_its_switch():
    hops = [alert(10), alert(60, target="srv2")]
    course = campaign_of(path(*hops, switches=[("ws1", "user", "adm")]), truth=CHAIN, hops=hops)
    assert (course["path"], course["path_in_order"], course["foreign"]) == (2, True, 0)
    assert (course["origin"], course["switches"], course["switched"]) == (True, 1, 1)
    assert course["campaigns_in_one_path"] == 1


def test_a_path_with_a_hop_that_nobody_attacked_by_is_not_the_campaigns_alone():
    hops = [alert(10), alert(60, target="srv2"), alert(90, target="srv3")]
    course = campaign_of(path(*hops, origin=("ws2", None)), truth=CHAIN, hops=hops)
    assert (course["path"], course["foreign"], course["origin"], course["switches"]) == (2, 1, False, 0)
    assert course["campaigns_in_one_path"] == 0


def test_an_alerting_path_without_a_hop_of_an_attack_is_false():
    hops = [alert(300), alert(400, target="srv3")]
    assert campaign_of(path(*hops), truth=CHAIN, hops=hops)["false_paths"] == 1
    assert campaign_of(path(*hops, alerted=False), truth=CHAIN, hops=hops)["false_paths"] == 0
