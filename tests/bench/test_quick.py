"""The benchmark runs, and every task costs the calls that it should; its times are no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_task_costs_the_calls_that_it_should() -> None:
    command = [sys.executable, "-m", "tests.bench", "--quick"]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert "all call counts are right" in ran.stderr
