"""The pytest plugin of the sandbox: the fixture `sandbox`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zohorm.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run an empty sandbox for one test; its clock stands still until the test moves it."""
    # Imported late: the plugin is loaded in every test run, also where nobody needs a server.
    from zohorm.clock import ManualClock
    from zohorm.sandbox import Sandbox
    from zohorm.sandbox.sandbox import START

    with Sandbox(clock=ManualClock(START.timestamp())) as made:
        yield made
