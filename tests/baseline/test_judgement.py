"""A floor on a small simulated organisation: `make bench-judgement` measures large ones."""

from __future__ import annotations

import pytest

from hopwatch.lab.score import score
from hopwatch.lab.simulate import Options, simulate

TEACHING = 2


@pytest.mark.slow
def test_with_two_days_of_baseline_attacks_alert_and_daily_work_does_not(tmp_path):
    simulate(Options(tmp_path / "lab", workstations=32, servers=8, days=4, seed=1, noise=0.5))
    without, with_past = score(tmp_path / "lab").to_dict(), score(tmp_path / "lab", TEACHING).to_dict()
    assert without["false_alerts_a_day"] > 40  # what the past has to make usual
    assert with_past["false_alerts_a_day"] <= 5
    assert with_past["recall"] >= 0.95
