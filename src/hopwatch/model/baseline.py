"""What the past taught: who administers what, from where, how and when, as sets of rows that merge in any order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

PARTS = ("act", "allowed", "alert", "logon", "console", "flow", "covers", "machine", "role", "allow")


@dataclass(frozen=True)
class Baseline:
    """Rows of `part`, `day`, `source`, `target`, `account`, `what`, `hours` (bit n: seen in hour n, UTC), `id`.

    Hosts are short names, lower case, failing that addresses; accounts are names, lower case. Rows say *that*
    something was seen, never how often, so that the same day learnt twice is the same day; how often is told by days
    and hours.

    `act`: a hop with execution; `what` is its technique, `id` its id. `allowed`: the same, of a hop that the context
    allows. `alert`: the same, of one that alerted: it teaches nothing. `logon`: a remote logon; `what` is its kind and
    package. `console`: a logon at the keyboard of `target`. `flow`: a connection; `what` is its service. `covers`:
    `target` sent events of this kind (`logon`, `execution`, `other`, `sensor`). `machine`: `target` has the SID `what`.
    `role`: `target` is listed as, or acts as, `what`. `allow`: a person allows what goes from `source` to `target` (as
    `account`, or as anybody where null).
    """

    rows: pa.Table


@dataclass(frozen=True)
class Habit:
    """Who administers what from where, as a reader is shown it.

    `state`: `usual`, `rare` (seen on too few days), `dormant` (not seen for long), `alert` (alerted, so it taught
    nothing). `hours` has bit n where hour n (UTC) was seen; `hops` names hops of it, of an alert only.
    """

    source: str | None
    target: str
    account: str | None
    techniques: tuple[str, ...]
    days: int
    hours: int
    first: date
    last: date
    state: str
    hops: tuple[str, ...] = ()
