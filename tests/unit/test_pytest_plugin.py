"""The pytest plugin in a run of its own: where Werkzeug is missing, and with wrong markers."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
INSTALL = 'pip install "zohorm[sandbox]"'


def without_werkzeug(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, as if Werkzeug were not installed."""
    return subprocess.run(
        [sys.executable, "-c", f"import sys\nsys.modules['werkzeug'] = None\n{code}"],
        capture_output=True,
        text=True,
        timeout=60,
        # The plugin is named below; found as an entry point too, it would be there twice.
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )


def arguments_for(folder: Path, test: str) -> list[str]:
    """Store one test, and return how to run it with the plugin that the package names to pytest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plugin = project["entry-points"]["pytest11"]["zohorm"]
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_one.py").write_text(test, encoding="utf-8")
    return [str(folder), "-p", plugin, "-p", "no:cacheprovider"]


def pytest_without_werkzeug(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    arguments = arguments_for(folder, test)
    return without_werkzeug(f"import pytest\nsys.exit(pytest.main({arguments!r}))")


def test_other_tests_run(tmp_path: Path) -> None:
    done = pytest_without_werkzeug(tmp_path, "def test_one():\n    pass\n")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


def test_the_fixture_says_how_to_install_it(tmp_path: Path) -> None:
    done = pytest_without_werkzeug(tmp_path, "def test_one(sandbox):\n    pass\n")

    assert done.returncode == 1
    assert INSTALL in done.stdout


def test_importing_the_sandbox_says_how_to_install_it() -> None:
    done = without_werkzeug("from zohorm.sandbox import Sandbox")

    assert done.returncode == 1
    assert (
        f"zohorm.extras.MissingExtra: the sandbox needs more packages; install them: {INSTALL}"
        in (done.stderr)
    )


@pytest.mark.parametrize(
    ("marker", "said"),
    [
        ("zoho_fault('hang')", "zoho_fault takes keywords alone: name what 'hang' is"),
        ("zoho_sandbox('demo')", "zoho_sandbox takes keywords alone: name what 'demo' is"),
        ("zoho_limits(3)", "zoho_limits takes keywords alone: name what 3 is"),
        ("zoho_limits(per_hour=3)", "unexpected keyword argument 'per_hour'"),
        ("zoho_fault(falt='hang')", "unexpected keyword argument 'falt'"),
        ("zoho_sandbox(sed='demo')", "the sandbox has no switch 'sed'"),
        ("zoho_loopback(True)", "zoho_loopback takes keywords alone: name what True is"),
        ("zoho_loopback(allow=True)", "zoho_loopback takes no 'allow'; it takes allowed"),
    ],
)
def test_a_marker_that_says_what_nobody_reads_fails_its_test(
    tmp_path: Path, marker: str, said: str
) -> None:
    test = f"import pytest\n@pytest.mark.{marker}\ndef test_one(sandbox):\n    pass\n"

    done = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments_for(tmp_path, test)],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )

    assert done.returncode == 1
    assert said in done.stdout
