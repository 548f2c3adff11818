"""What the tests of the server itself share: a client that uses no part of zohorm."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# Tests are no package, so what they import from each other has to be found by its folder.
sys.path.insert(0, str(Path(__file__).parent))

from plain import Plain

from zohorm.sandbox import Sandbox


@pytest.fixture
def plain(sandbox: Sandbox) -> Plain:
    """A client of the sandbox with a live token."""
    return Plain(sandbox)
