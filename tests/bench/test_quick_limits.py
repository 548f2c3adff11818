"""The benchmark of the limits runs; its times are no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_side_works_and_no_call_is_refused() -> None:
    command = [sys.executable, "-m", "tests.bench.limits", "--quick"]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert "sides work; 0 calls were refused" in ran.stderr
