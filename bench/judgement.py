"""Measures judgement on simulated organisations: `make bench-judgement`. It prints figures and asserts nothing.

Of each seed: attack hops that alert and false alerts a day, with a baseline of the first days, and with the
organisation's context besides; the rank of each campaign's best hop with neither; what learning and asking cost;
how large the baseline's file is.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from typing import Any

from hopwatch.lab.course import Course
from hopwatch.lab.score import score
from hopwatch.lab.simulate import Options, simulate
from hopwatch.lab.verify import logs_of
from hopwatch.pipeline import past as pipeline
from hopwatch.pipeline.baseline import add
from hopwatch.pipeline.logs import LogOptions
from hopwatch.pipeline.teach import teach

SEEDS = tuple(map(int, os.environ.get("SEEDS", "1 2 3").split()))
SIZE = {"workstations": int(os.environ.get("WORKSTATIONS", "300")), "servers": int(os.environ.get("SERVERS", "60"))}
DAYS, TEACHING = int(os.environ.get("DAYS", "10")), int(os.environ.get("TEACHING", "7"))


def main() -> None:
    """Simulate, scan and print for each seed."""
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            lab = Path(folder) / "lab"
            simulate(Options(lab, days=DAYS, seed=seed, **SIZE))
            measure(seed, lab)


def measure(seed: int, lab: Path) -> None:
    spent = timed("past_judge")
    neither = score(lab).to_dict()
    ranks = sorted(neither["best_ranks"].values())
    print(f"seed {seed}, neither: recall {neither['recall']}, {neither['false_alerts_a_day']} false alerts a day,")
    print(
        f"  best ranks {ranks}, {sum(rank > 100 for rank in ranks)} beyond 100, {neither['scan_seconds']} s", flush=True
    )
    tell_paths(neither)
    for name, context in (("baseline", None), ("baseline and context", lab / "context.yml")):
        spent.clear()
        figures = score(lab, TEACHING, context).to_dict()
        print(f"seed {seed}, {name}: recall {figures['recall']}, {figures['false_alerts_a_day']} false alerts a day,")
        print(f"  {figures['scan_seconds']} s, of which the past {sum(spent):.1f} s; false: {figures['false_by']}")
        print(f"  missed: {figures['missed']}", flush=True)
        tell_paths(figures)
    file = lab / "past.baseline"
    add(teach(logs_of(lab), LogOptions()).baseline, file)
    print(f"seed {seed}: the baseline's file has {file.stat().st_size / 1e6:.2f} MB", flush=True)


def tell_paths(figures: dict[str, Any]) -> None:
    """Print how many campaigns are one path, and what is not as it should be of the others."""
    print(
        f"  {figures['campaigns_in_one_path']} of {len(figures['campaigns'])} campaigns are one path in order;", end=" "
    )
    print(f"{figures['false_paths']} alerting paths without a hop of an attack", flush=True)
    for name, course in figures["campaigns"].items():
        told = course["origin"] and course["switches"] == course["switched"]
        if not (Course(**course).one_path and told and not course["others"]):
            print(f"    {name}: {course}", flush=True)


def timed(name: str) -> list[float]:
    """Note how long what a judge of the past does takes."""
    spent: list[float] = []
    original = getattr(pipeline, name)

    def outer(*args: Any) -> Any:
        judged = original(*args)

        def inner(*inputs: Any) -> Any:
            begin = time.perf_counter()
            try:
                return judged(*inputs)
            finally:
                spent.append(time.perf_counter() - begin)

        return inner if judged else None

    from hopwatch.pipeline import scan

    scan.past_judge = outer
    return spent


if __name__ == "__main__":
    main()
