"""What the tests over HTTP share: a bound session of Books on the fixture `sandbox`.

With `--switches` they run under every setting of the switches, see `switching.py`.
"""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from zohorm.books import ZohoBooks
from zohorm.sandbox import Sandbox

# Tests are no package, so what they import from each other has to be found by its folder.
sys.path.insert(0, str(Path(__file__).parent))

import switching


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test under every setting that may make a difference, if that is asked for."""
    if not item.config.getoption("--switches") or not switching.is_swept(item):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    switching.run(item, nextitem)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.CallInfo[pytest.TestReport], None]:
    """Look whether a test fails where it must."""
    made = yield
    switching.judge(item, call, made.get_result())  # type: ignore[attr-defined]


@pytest.fixture
def sandbox(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """The fixture of the plugin, whose switches are noted for a run under other settings."""
    yield sandbox
    switching.note(request.node, sandbox)


@pytest.fixture
def books(sandbox: Sandbox) -> Iterator[ZohoBooks]:
    """A session in a block of its own; it waits on the sandbox's clock, so nothing sleeps."""
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as session, session:
        yield session
