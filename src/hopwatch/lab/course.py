"""Compares a simulation's campaigns with what a scan tells of each: alerts in order, and one path with its traits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hopwatch.model.hop import Hop
from hopwatch.model.path import Path
from hopwatch.score.path import short

Truth = dict[str, Any]
Agrees = Callable[[Hop, Truth], bool]
Pathway = tuple[Path, list[Hop]]  # a path, and its hops


@dataclass
class Course:
    """How much of one campaign was found: by alerts, whether in order, and by the path that has most of it."""

    hops: int = 0
    found: int = 0
    in_order: bool = False
    path: int | None = None  # hops of the campaign in one path; null where no paths were compared
    path_in_order: bool = False
    foreign: int = 0  # hops of that path that are of no campaign
    others: int = 0  # hops of that path that are another campaign's
    origin: bool = False  # whether that path names the campaign's first host and its user
    switches: int = 0  # of the campaign's switches of credentials, those that the path names
    switched: int = 0  # switches of credentials that the campaign has

    @property
    def complete(self) -> bool:
        """Whether all hops were found, in order."""
        return self.found == self.hops and self.in_order

    @property
    def one_path(self) -> bool:
        """Whether one path has all hops, in order, and no hop that nobody attacked by."""
        return self.path == self.hops and self.path_in_order and not self.foreign


def follow(course: Course, campaign: Truth, truth: Truth, paths: Sequence[Pathway], agrees: Agrees) -> None:
    """Compare a campaign with the path that holds most of its hops and fewest others."""
    own = [hop for hop in truth["hops"] if hop["campaign"] == campaign["campaign"]]
    rest = [hop for hop in truth["hops"] if hop["campaign"] != campaign["campaign"]]
    course.path, course.switched = 0, len(campaign.get("switches", ()))
    for path, hops in paths:
        numbers = [next((i for i, true in enumerate(own) if agrees(hop, true)), None) for hop in hops]
        known = list(dict.fromkeys(i for i in numbers if i is not None))
        strange = [hop for hop, number in zip(hops, numbers, strict=True) if number is None]
        others = sum(any(agrees(hop, true) for true in rest) for hop in strange)
        if known and (len(known), -len(strange)) > (course.path, -course.foreign - course.others):
            course.path, course.path_in_order = len(known), known == sorted(known)
            course.foreign, course.others = len(strange) - others, others
            _traits(course, campaign, path)


def _traits(course: Course, campaign: Truth, path: Path) -> None:
    """Compare the origin and the switches of credentials that a path names with the campaign's."""
    host, user = campaign.get("origin", ""), campaign.get("origin_user", "")
    course.origin = (short(path.origin.host or ""), bare(path.origin.user or "")) == (short(host), bare(user))
    told = {(short(switch.host), bare(switch.after)) for switch in path.switches}
    course.switches = sum((short(s["host"]), bare(s["to"])) in told for s in campaign.get("switches", ()))


def empty(path: Path, hops: Sequence[Hop], truth: Truth, agrees: Agrees) -> bool:
    """Tell whether a path alerts although none of its hops is an attack's."""
    return path.alert and not any(agrees(hop, true) for hop in hops for true in truth["hops"])


def bare(account: str) -> str:
    """An account's name without its domain, in lower case."""
    return account.lower().rsplit("\\", 1)[-1]
