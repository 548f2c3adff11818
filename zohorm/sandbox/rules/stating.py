"""What each rule rests on: a source that everybody can read, or an assumption of ours.

    @source("Books v3, invoices: `is_discount_before_tax`")
    def taxable(...) -> Decimal:
        '''Tax is computed on what a discount leaves, if the document says so.'''

    @assumed("no document says what becomes of a discount of more than all")
    def all(...) -> Decimal:
        '''A discount of more than all there is takes all there is.'''

The name of a rule is that of its function, `lines.gross`. The first sentence of its docstring
goes into docs/rules.md, so it says what holds and not what the function does. A call in which an
assumed rule ran is answered with its name in the header `X-Sandbox-Assumed`, and so is every later
one that shows a record which it settled: write a rule so that it only runs where it decides
something.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import ParamSpec, TypeVar

import attrs

HEADER = "X-Sandbox-Assumed"

_P = ParamSpec("_P")
_R = TypeVar("_R")
_PACKAGE = __name__.rpartition(".")[0]
# The names of the assumed rules that ran in the call which this thread answers.
_RAN: ContextVar[set[str] | None] = ContextVar("ran", default=None)


@attrs.frozen(order=True)
class Rule:
    """One rule: where it comes from, or why it is assumed."""

    name: str
    says: str
    source: str = ""
    because: str = ""


_KNOWN: dict[str, Rule] = {}


def source(said: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """State which public document says what a function does; costs nothing when it runs."""

    def state(function: Callable[_P, _R]) -> Callable[_P, _R]:
        _state(function, said=said)
        return function

    return state


def assumed(because: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """State that no source says what a function does, and why it does it so."""

    def state(function: Callable[_P, _R]) -> Callable[_P, _R]:
        name = _state(function, because=because)

        @wraps(function)
        def noted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            ran = _RAN.get()
            if ran is not None:
                ran.add(name)
            return function(*args, **kwargs)

        return noted

    return state


@contextmanager
def watched() -> Iterator[set[str]]:
    """Collect the names of the assumed rules that run in a block, in this thread alone.

    A block around this one collects them as well.
    """
    ran: set[str] = set()
    token = _RAN.set(ran)
    try:
        yield ran
    finally:
        _RAN.reset(token)
        recall(ran)


@contextmanager
def apart() -> Iterator[set[str]]:
    """Collect the names in a block for what it makes, which this call does not answer with."""
    ran: set[str] = set()
    token = _RAN.set(ran)
    try:
        yield ran
    finally:
        _RAN.reset(token)


def recall(names: Iterable[str]) -> None:
    """Say that what a call answers was computed by these assumed rules in an earlier one."""
    ran = _RAN.get()
    if ran is not None:
        ran.update(names)


def headers(ran: set[str]) -> dict[str, str]:
    """Return the header that tells of assumed rules; none if there were none."""
    return {HEADER: ", ".join(sorted(ran))} if ran else {}


def known() -> list[Rule]:
    """Return every rule of every module, by name."""
    package = importlib.import_module(_PACKAGE)
    for module in pkgutil.walk_packages(package.__path__, f"{_PACKAGE}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    return sorted(_KNOWN.values())


def stated(name: str, says: str, *, source: str = "", because: str = "") -> Callable[[], None]:
    """State a rule that is a row of a table; what is returned is to be called where it decides."""
    _register(name, says, said=source, because=because)

    def note() -> None:
        ran = _RAN.get()
        if because and ran is not None:
            ran.add(name)

    return note


def _state(function: Callable[_P, _R], *, said: str = "", because: str = "") -> str:
    module = function.__module__.removeprefix(f"{_PACKAGE}.")
    name = f"{module}.{function.__name__.lstrip('_')}"
    says = " ".join((inspect.getdoc(function) or "").partition("\n\n")[0].split())
    _register(name, says, said=said, because=because)
    return name


def _register(name: str, says: str, *, said: str, because: str) -> None:
    if not says or not (said or because) or name in _KNOWN:
        raise TypeError(f"rule {name} needs a sentence, a source and a name of its own")
    _KNOWN[name] = Rule(name, says, said, because)
