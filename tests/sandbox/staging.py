"""One sandbox and session for each product, and what fills records and arguments from the facts."""

from __future__ import annotations

import datetime as dt
import importlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest
from walking import Walker

from zohorm import (
    ZohoBooks,
    ZohoCheckout,
    ZohoExpense,
    ZohoInventory,
    ZohoInvoice,
    ZohoSubscriptions,
)
from zohorm.clock import ManualClock
from zohorm.facts.load import load
from zohorm.sandbox import Sandbox
from zohorm.session import Session

SESSIONS: dict[str, type[Session]] = {
    "books": ZohoBooks,
    "checkout": ZohoCheckout,
    "expense": ZohoExpense,
    "inventory": ZohoInventory,
    "invoice": ZohoInvoice,
    "subscriptions": ZohoSubscriptions,
}
PDF = b"%PDF-1.4 content"
PNG = b"\x89PNG\r\n\x1a\n content"
RIGHT: Mapping[str, object] = {
    "str": "1",
    "Iterable[str]": ["1"],
    "bool": True,
    "int": 1,
    "Decimal": Decimal(1),
    "dt.date": dt.date(2026, 1, 31),
    "Iterable[Mapping[str, object]]": [{"x": "y"}],
    "Mapping[str, object]": {"x": "y"},
    "FileSource": PDF,
    "FileSource | Iterable[FileSource]": PDF,
}
"""An argument of the right kind, by the annotation of its parameter."""


@attrs.frozen
class Stage:
    """The sandbox, a session of one product, and what knows how to fill its records."""

    sandbox: Sandbox
    session: Session
    walker: Walker

    def lose(self, method: str) -> None:
        """Let the next answer to such a call be lost; the one before must have been."""
        assert self.sandbox.faults_left == 0
        self.sandbox.next(fault="drop-after-commit", method=method)

    def written(self, method: str) -> int:
        """Count the calls of this method that have arrived."""
        return sum(call.method == method for call in self.sandbox.calls)


@contextmanager
def opened() -> Iterator[dict[str, Stage]]:
    """One sandbox for each product, which no limit slows down."""
    with ExitStack() as stack:
        found: dict[str, Stage] = {}
        for name, kind in SESSIONS.items():
            clock = ManualClock()
            sandbox = stack.enter_context(Sandbox(clock=clock))
            sandbox.limits(per_minute=10**6, per_day=10**6)
            session = kind(**sandbox.credentials, clock=clock, calls_per_minute=10**6)
            stack.enter_context(closing(session))
            found[name] = Stage(sandbox, session, Walker(sandbox, name))
        yield found


def resources(wanted: Callable[[Mapping[str, Any]], bool]) -> list[Any]:
    return [
        pytest.param(name, resource, id=f"{name}-{resource}")
        for name in SESSIONS
        for resource, facts in load(name)["resources"].items()
        if wanted(facts)
    ]


def model_of(product: str, resource: str) -> Any:
    return getattr(importlib.import_module(f"zohorm.{product}"), resource)


def given(method: Callable[..., object]) -> dict[str, object]:
    """Return arguments for what a method needs."""
    return {
        name: PNG
        if "image" in name
        else RIGHT.get(str(each.annotation).removesuffix(" | None"), "1")
        for name, each in inspect.signature(method).parameters.items()
        if each.default is each.empty
    }
