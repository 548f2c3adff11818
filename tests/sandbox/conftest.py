"""What the tests over HTTP share: a bound session of Books on the fixture `sandbox`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from zohorm.books import ZohoBooks
from zohorm.sandbox import Sandbox

# Tests are no package, so what they import from each other has to be found by its folder.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def books(sandbox: Sandbox) -> Iterator[ZohoBooks]:
    """A session in a block of its own; it waits on the sandbox's clock, so nothing sleeps."""
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as session, session:
        yield session
