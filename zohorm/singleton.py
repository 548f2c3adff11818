"""The class of records of which an organization has one: settings, opening balances."""

from __future__ import annotations

from typing import Final, Self

from zohorm import wire
from zohorm.declared import Declared

ONLY: Final = "current"
"""Stands for the id of a record that has none, for there is one."""


class Singleton(Declared):
    """A record that is there once in an organization; its paths hold no id.

    `OpeningBalances.current()` loads it.
    """

    __slots__ = ()

    @classmethod
    def _id_in(cls, row: wire.Row) -> str | None:
        """Return what stands for the id, whatever the row holds."""
        return ONLY

    @classmethod
    def current(cls) -> Self:
        """Return the record of the organization; one call, none if it is cached.

        Raises:
            NotFound: there is none yet.
            NotBound: no session is bound.
        """
        return cls._session_now().get(cls._unbound(), ONLY)
