"""The pytest plugin: the fixture `sandbox`, a session of each product on it, markers, and a guard.

    @pytest.mark.zoho_fault(status=429, code=44)
    def test_it(sandbox, zoho_inventory):
        sandbox.insert("Item", {"name": "Tea"}, product="inventory")
        assert [item.name for item in Item.iterate()] == ["Tea"]

The guard fails a test that reaches for anything but this machine: every test with the setting
`zoho_loopback_only = true`, else those with the marker `zoho_loopback` or the fixture
`loopback_only`.

pytest loads it in every run where zohorm is installed, so it imports neither the sandbox nor
Werkzeug, which may be missing, before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from zohorm.extras.guard import Guard

if TYPE_CHECKING:
    from zohorm import (
        ZohoBooks,
        ZohoCheckout,
        ZohoExpense,
        ZohoInventory,
        ZohoInvoice,
        ZohoSubscriptions,
    )
    from zohorm.sandbox import Sandbox
    from zohorm.session import Session

    S = TypeVar("S", bound=Session)


_MARKERS = (
    "zoho_sandbox(...): settings of the fixture `sandbox`, as of the class `Sandbox`",
    "zoho_limits(per_minute=, per_day=, in_flight=): limits of the fixture `sandbox`",
    "zoho_fault(...): a fault that calls meet, as of `sandbox.next`; several are met in order",
    "zoho_loopback(allowed=False): fail if the test uses the network, unless it is allowed",
)
_guard = Guard()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Make the setting known that watches every test."""
    text = "Fail each test that uses the network beyond this machine."
    parser.addini("zoho_loopback_only", text, type="bool", default=False)


def pytest_configure(config: pytest.Config) -> None:
    """Make the markers known, for runs with --strict-markers."""
    for marker in _MARKERS:
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Begin to watch a test, before its fixtures are made."""
    marker = item.get_closest_marker("zoho_loopback")
    if marker is not None:
        _only_keywords(marker)
        if unknown := marker.kwargs.keys() - {"allowed"}:
            text = f"zoho_loopback takes no {unknown.pop()!r}; it takes allowed"
            pytest.fail(text, pytrace=False)
        is_watched = not marker.kwargs.get("allowed", False)
    else:
        is_watched = bool(item.config.getini("zoho_loopback_only"))
    if is_watched:
        _guard.watch()


@pytest.hookimpl(trylast=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Fail a test that used the network, even if it hid the error."""
    _blame()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Report what fixtures asked for while they were taken down."""
    _blame()


def pytest_exception_interact(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Say beside the error of a test what it asked for, in place of a second error."""
    if _guard.is_watching and _guard.seen:
        report.sections.append(("use of the network", "\n".join(_guard.seen)))
        _guard.seen.clear()


def pytest_runtest_logfinish(nodeid: str) -> None:
    """Stop watching, whatever became of the test."""
    _guard.rest()


def _blame() -> None:
    if _guard.is_watching and _guard.seen:
        used = ", ".join(_guard.seen)
        _guard.seen.clear()
        pytest.fail(f"this test used the network: {used}", pytrace=False)


@pytest.fixture
def loopback_only() -> list[str]:
    """Fail the test that reaches for anything but this machine; lists what it reached for."""
    if not _guard.is_watching:
        _guard.watch()
    return _guard.seen


@pytest.fixture
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Run an empty sandbox for one test; its clock stands still until the test moves it."""
    from zohorm.clock import ManualClock
    from zohorm.sandbox import Sandbox
    from zohorm.sandbox.sandbox import START

    settings = _marked(request, "zoho_sandbox")
    with Sandbox(**{"clock": ManualClock(START.timestamp()), **settings}) as made:
        made.limits(**_marked(request, "zoho_limits"))
        # The nearest marker comes first, as decorators are read from the top.
        for marker in reversed(list(request.node.iter_markers("zoho_fault"))):
            _only_keywords(marker)
            made.next(**marker.kwargs)
        yield made


def _marked(request: pytest.FixtureRequest, name: str) -> dict[str, Any]:
    """Return the settings that markers of a name give; those of the test itself win."""
    markers = list(request.node.iter_markers(name))
    for each in markers:
        _only_keywords(each)
    return {key: value for each in reversed(markers) for key, value in each.kwargs.items()}


def _only_keywords(marker: pytest.Mark) -> None:
    """Fail a test whose marker gives what would have no effect."""
    if marker.args:
        text = f"{marker.name} takes keywords alone: name what {marker.args[0]!r} is"
        pytest.fail(text, pytrace=False)


@pytest.fixture
def zoho_books(sandbox: Sandbox) -> Iterator[ZohoBooks]:
    """A session of Books on the sandbox; models of Books use it until the test ends."""
    from zohorm import ZohoBooks

    with _bound(sandbox, ZohoBooks) as session:
        yield session


@pytest.fixture
def zoho_checkout(sandbox: Sandbox) -> Iterator[ZohoCheckout]:
    """A session of Checkout on the sandbox; models of Checkout use it until the test ends."""
    from zohorm import ZohoCheckout

    with _bound(sandbox, ZohoCheckout) as session:
        yield session


@pytest.fixture
def zoho_expense(sandbox: Sandbox) -> Iterator[ZohoExpense]:
    """A session of Expense on the sandbox; models of Expense use it until the test ends."""
    from zohorm import ZohoExpense

    with _bound(sandbox, ZohoExpense) as session:
        yield session


@pytest.fixture
def zoho_inventory(sandbox: Sandbox) -> Iterator[ZohoInventory]:
    """A session of Inventory on the sandbox; models of Inventory use it until the test ends."""
    from zohorm import ZohoInventory

    with _bound(sandbox, ZohoInventory) as session:
        yield session


@pytest.fixture
def zoho_invoice(sandbox: Sandbox) -> Iterator[ZohoInvoice]:
    """A session of Invoice on the sandbox; models of Invoice use it until the test ends."""
    from zohorm import ZohoInvoice

    with _bound(sandbox, ZohoInvoice) as session:
        yield session


@pytest.fixture
def zoho_subscriptions(sandbox: Sandbox) -> Iterator[ZohoSubscriptions]:
    """A session of Billing on the sandbox; models of Subscriptions use it until the test ends."""
    from zohorm import ZohoSubscriptions

    with _bound(sandbox, ZohoSubscriptions) as session:
        yield session


@contextmanager
def _bound(sandbox: Sandbox, kind: type[S]) -> Iterator[S]:
    """Open a session in a block of its own; it waits on the sandbox's clock, so nothing sleeps."""
    with closing(kind(**sandbox.credentials, clock=sandbox.clock)) as session, session:
        yield session
