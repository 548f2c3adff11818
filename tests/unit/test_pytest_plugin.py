"""The pytest plugin where Werkzeug is missing: pytest loads it in every run beside zohorm."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

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


def pytest_without_werkzeug(folder: Path, test: str) -> subprocess.CompletedProcess[str]:
    """Run pytest on one test, with the plugin that the package names to pytest."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plugin = project["entry-points"]["pytest11"]["zohorm"]
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_one.py").write_text(test, encoding="utf-8")
    arguments = [str(folder), "-p", plugin, "-p", "no:cacheprovider"]
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
