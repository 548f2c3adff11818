"""The pytest plugin of the sandbox: the fixture `sandbox`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zohorm.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Run an empty sandbox for one test."""
    with Sandbox() as made:
        yield made
