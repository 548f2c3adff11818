"""The benchmark of the sandbox runs; its times are no test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_measured_call_and_start_works() -> None:
    command = [sys.executable, "-m", "tests.bench.sandbox", "--quick"]

    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert "6 kinds of calls and 5 starts work" in ran.stderr
