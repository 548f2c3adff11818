"""What the unit tests share."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Tests are no package, so what they import from each other has to be found by its folder.
sys.path.insert(0, str(Path(__file__).parent))

from scripted import Scripted


@pytest.fixture
def server() -> Iterator[Scripted]:
    """A server that does exactly what the test tells it."""
    with Scripted() as scripted:
        yield scripted
