"""What every test gets: the guard against the network, `sandbox`, and a real Redis."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from local_redis import LocalRedis

# Tests are no package, so what they import from each other has to be found by its folder.
sys.path.insert(0, str(Path(__file__).parent))


_PLUGIN = "zohorm.extras.plugin"

# The tests of strangers run without hypothesis.
if importlib.util.find_spec("hypothesis"):
    from hypothesis import HealthCheck, settings

    # What an example takes says more of a busy machine than of us: times are no test.
    settings.register_profile(
        "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
    )
    settings.load_profile("untimed")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be one under every setting of the sandbox's switches."""
    said = "run the tests of tests/sandbox again under the other settings of the switches they meet"
    parser.addoption("--switches", action="store_true", help=said)


def pytest_configure(config: pytest.Config) -> None:
    """Load the sandbox plugin from the checkout where zohorm is not installed as a package."""
    if not config.pluginmanager.has_plugin("zohorm") and importlib.util.find_spec(_PLUGIN):
        config.pluginmanager.import_plugin(_PLUGIN)
    config.addinivalue_line(
        "markers",
        "switched(switch=setting, raises=, match=, because=): how a test must fail under a setting",
    )


@pytest.fixture(autouse=True)
def _this_machine_alone(loopback_only: list[str]) -> None:
    """Watch every test. Not by the setting, which a run without the package does not know."""


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[LocalRedis]:
    """One server for all tests of a process."""
    # Not above: the tests of strangers run without the packages of this extra.
    from local_redis import PROGRAM, LocalRedis

    if shutil.which(PROGRAM) is None and not os.environ.get("CI"):
        pytest.skip(f"{PROGRAM} is not installed; apt install {PROGRAM} brings it")
    with LocalRedis() as server:
        yield server


@pytest.fixture
def redis_server(_redis_server: LocalRedis) -> LocalRedis:
    """A Redis that runs and holds nothing, whatever the test before did to it."""
    _redis_server.begin_anew()
    return _redis_server
