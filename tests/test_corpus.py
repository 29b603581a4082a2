"""The labelled corpus of recorded attacks, where it is at hand: how many are found, and how often in vain."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCORE = ROOT / "../shared/corpus/score.py"
BOUNDS = ("--min-recall", "0.65", "--max-false", "0.015")
MINUTES = 20


@pytest.mark.corpus
@pytest.mark.skipif(not SCORE.exists(), reason="the labelled corpus is not here")
def test_the_attacks_of_the_corpus_are_found_without_a_crash_and_almost_nothing_else():
    command = [sys.executable, str(SCORE), "--jobs", "2", *BOUNDS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60 * MINUTES)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
