"""The pytest plugin: the fixture `sandbox`.

pytest loads it in every run where zohorm is installed, so it imports neither the sandbox nor
Werkzeug, which may be missing, before a test asks for the fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zohorm.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run an empty sandbox for one test; its clock stands still until the test moves it."""
    from zohorm.clock import ManualClock
    from zohorm.sandbox import Sandbox
    from zohorm.sandbox.sandbox import START

    with Sandbox(clock=ManualClock(START.timestamp())) as made:
        yield made
