"""Which session a record or query takes when nobody names one; nothing here guesses."""

from __future__ import annotations

import threading
from contextvars import ContextVar
from typing import TYPE_CHECKING
from weakref import WeakSet

import attrs

from zohorm import forking
from zohorm.errors import NotBound

if TYPE_CHECKING:
    from zohorm.identity import IdentityMap
    from zohorm.session import Session


@attrs.frozen(eq=False)
class Block:
    """One `with session:` block and the identity map that lives in it."""

    session: Session
    identity: IdentityMap


_blocks: ContextVar[tuple[Block, ...]] = ContextVar("zohorm_blocks", default=())


class _Sessions:
    """The sessions of this process by product: the default one, and all that exist."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # guards both tables
        self._defaults: dict[str, Session] = {}
        self._existing: dict[str, WeakSet[Session]] = {}
        forking.register(self)

    def note(self, session: Session) -> None:
        with self._lock:
            self._existing.setdefault(session.product.name, WeakSet()).add(session)

    def forget(self, session: Session) -> None:
        with self._lock:
            self._existing.get(session.product.name, WeakSet()).discard(session)
            if self._defaults.get(session.product.name) is session:
                del self._defaults[session.product.name]

    def bind(self, session: Session) -> None:
        with self._lock:
            self._defaults[session.product.name] = session

    def default(self, product: str) -> Session:
        with self._lock:
            bound = self._defaults.get(product)
            existing = self._existing.get(product, ())
            if bound is not None and len(existing) == 1:
                return bound
            others = [
                session
                for session in existing
                if bound is not None and session.organization_key != bound.organization_key
            ]
        if bound is None:
            raise _not_bound(product, f"no {product} session is bound")
        if others:
            raise _not_bound(
                product,
                f"this process has {product} sessions of several organizations, "
                "so the bound one is no longer taken by default",
            )
        return bound

    def renew_after_fork(self) -> None:
        self._lock = threading.Lock()


_sessions = _Sessions()


def _not_bound(product: str, why: str) -> NotBound:
    return NotBound(
        why,
        advice=f"Bind one in one of three ways: {product}.bind() at start-up (one organization), "
        f"`with {product}:` for a block, or Model.using({product}) for one expression",
    )


def note(session: Session) -> None:
    """Count `session` among those that exist, until it is closed or gone."""
    _sessions.note(session)


def forget(session: Session) -> None:
    """Stop counting `session`; it is no default any more."""
    _sessions.forget(session)


def bind(session: Session) -> None:
    """Make `session` the default of its product in this process."""
    _sessions.bind(session)


def enter(block: Block) -> None:
    """Begin `block` in the current context."""
    _blocks.set((*_blocks.get(), block))


blocks = _blocks.get
"""Return the blocks of the current context; the same tuple until one begins or ends."""


def leave(session: Session) -> None:
    """End the innermost block of `session` in the current context."""
    entered = _blocks.get()
    for place in range(len(entered) - 1, -1, -1):
        if entered[place].session is session:
            _blocks.set(entered[:place] + entered[place + 1 :])
            return


def block_of(session: Session) -> Block | None:
    """Return the innermost block of `session`, None outside of any."""
    for block in reversed(_blocks.get()):
        if block.session is session:
            return block
    return None


def current(product: str) -> Session:
    """Return the session of the innermost block of `product`, else its bound default.

    Raises:
        NotBound: there is neither, or sessions of several organizations exist.
    """
    for block in reversed(_blocks.get()):
        if block.session.product.name == product:
            return block.session
    return _sessions.default(product)
