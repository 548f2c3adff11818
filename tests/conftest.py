"""What every test gets: the guard against the network, and the fixture `sandbox`."""

from __future__ import annotations

import importlib.util

import pytest

_PLUGIN = "zohorm.extras.plugin"


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
