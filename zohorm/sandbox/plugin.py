"""The pytest plugin of the sandbox: the fixture `sandbox`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from zohorm.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run an empty sandbox for one test."""
    # Imported late: the plugin is loaded in every test run, also where nobody needs a server.
    from zohorm.sandbox import Sandbox

    with Sandbox() as made:
        yield made
