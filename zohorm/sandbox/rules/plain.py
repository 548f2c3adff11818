"""The steps at which a resource may have rules; by default there are none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

from zohorm.sandbox.catalogue import Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.exact import Row
from zohorm.sandbox.reply import Reply
from zohorm.sandbox.rules import approvals, recurrences, references, stating, statuses
from zohorm.sandbox.store import Store, Where


class Rules:
    """Nothing special: what the generic server does is all there is."""

    views: ClassVar[Mapping[str, Where]] = {}
    """Values of `filter_by` that are more than one status, with their condition."""

    def __init__(self, resource: Resource) -> None:
        self.resource = resource

    @property
    def handlers(self) -> Mapping[str, Callable[[Context], Reply]]:
        """Operations that are answered here, by the name that their document gives them."""
        return {}

    def wake(self, context: Context) -> None:
        """Bring stored records up to the clock before a call sees them."""
        recurrences.wake(context)

    def settled(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Settle a record, and keep the names of the assumed rules that did it."""
        with stating.watched() as ran:
            self.settle(context, row, sent, before)
        key, names = str(row[self.resource.id]), ", ".join(sorted(ran))
        context.store.set_assumed(self.resource, context.scope, key, names)

    def recall(
        self,
        context: Context,
        where: Where,
        *,
        order: str = "seq",
        limit: int = -1,
        offset: int = 0,
    ) -> None:
        """Name again the assumed rules that settled the records which an answer shows."""
        kept = context.store.assumed(
            self.resource, context.scope, where, order=order, limit=limit, offset=offset
        )
        for names in kept:
            stating.recall(names.split(", "))

    def settle(self, context: Context, row: Row, sent: Row, before: Row | None) -> None:
        """Compute and check a record before it is stored; `before` is None for a new one."""

    def carried(self, context: Context, record: Row, sent: Row) -> None:
        """Complete what a new record takes from the one that the call makes it of."""

    def created(self, context: Context, row: Row, sent: Row) -> None:
        """Do what follows a new record."""

    def updated(self, context: Context, row: Row, before: Row) -> None:
        """Do what follows a changed record; `before` is how it was."""

    def removable(self, context: Context, row: Row) -> None:
        """Check that nothing stands in the way of removing a record."""
        references.check(context, row)

    def deleted(self, context: Context, row: Row) -> None:
        """Do what follows a removed record."""

    def allowed(self, context: Context, row: Row, sets: Row) -> None:
        """Check that an action may set on a record what it sets; its status comes first."""
        if "status" in sets:
            statuses.check(context, row, str(sets["status"]))
        approvals.check_mailed(context, row)

    def acted(self, context: Context, row: Row) -> None:
        """Complete a record after an action has set its status; it is stored afterwards."""

    def inserted(self, store: Store, organization: str) -> None:
        """Do what follows a record that a test stored without a call."""

    def refresh(self, context: Context, row: Row) -> None:
        """Complete a record after one of its children was written; it is stored afterwards."""

    def recipients(self, context: Context, row: Row) -> tuple[str, ...]:
        """Return the addresses that a mail about a record goes to by default."""
        return ()
