"""Rules of the random walk that write documents: create, change, delete them, set their status."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
from hypothesis.stateful import rule
from ledger import MARKS, ORDERS, PAYMENTS, RETAINERS, Document, Ledger
from paper import Extras, Line
from walk_calls import EXTRAS, LINES, PICKS, WRITTEN, Calls


class DocumentRules(Calls):
    """What is done to documents of every kind."""

    @rule(pick=PICKS, lines=LINES, extras=EXTRAS)
    def create(self, pick: int, lines: tuple[Line, ...], extras: Extras) -> None:
        kind = self.kind(pick, WRITTEN)
        is_draft = kind == "creditnotes" and pick % 3 == 0
        self._create(kind, pick, *self.fit(kind, lines, extras), is_draft=is_draft)

    def _create(
        self,
        kind: str,
        pick: int,
        lines: tuple[Line, ...],
        extras: Extras,
        *,
        is_draft: bool = False,
        contact: str = "",
        **more: str,
    ) -> str:
        """Create a document, and return its id."""
        member, other = self.contact_of(kind, pick // 7)
        contact = contact or other
        due = self.day(pick)
        # Nobody sends the rate of a retainer.
        money = self.usual(contact) if kind == RETAINERS else self.money(contact, pick)
        self.number += 1
        sent: dict[str, Any] = {
            **self.body(kind, lines, extras),
            member: contact,
            **self.dated(kind, due),
            **more,
        }
        sent |= {"date": self.ledger.today.isoformat(), "exchange_rate": float(money.rate)}
        if kind == "bills":
            sent["bill_number"] = f"B-{self.number}"
        if kind == "creditnotes":
            sent["is_draft"] = is_draft
        first = {"bills": "live", "creditnotes": "open", "vendorcredits": "open"}.get(kind)
        status = "draft" if is_draft or first is None else first
        due = due if self.dated(kind, due) else due.max

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            key, parts = self.made(kind, said)
            new = Document(kind, key, contact, lines, extras, money, due=due, parts=parts)
            new.status = status
            ledger.create(new)
            if "invoiced_estimate_id" in more:
                ledger.documents[more["invoiced_estimate_id"]].status = "invoiced"

        return self.made(kind, self.step(act, "POST", f"/{kind}", sent))[0]

    @rule(pick=PICKS, lines=LINES, extras=EXTRAS)
    def edit(self, pick: int, lines: tuple[Line, ...], extras: Extras) -> None:
        found = self.one(pick, *WRITTEN)
        if found is not None:
            _, contact = self.contact_of(found.kind, pick // 7)
            self._change(found, pick, lines, extras, found.contact if pick % 4 else contact)

    def _change(
        self, found: Document, pick: int, lines: tuple[Line, ...], extras: Extras, contact: str
    ) -> None:
        lines, extras = self.fit(found.kind, lines, extras)
        if pick % 3:
            lines = self._again(found, lines, keeps_quantities=bool(pick % 2))
        member, _ = self.contact_of(found.kind, 0)
        body = {**self.body(found.kind, lines, extras), member: contact}
        for row, part in zip(body["line_items"], found.parts if pick % 3 else (), strict=False):
            row["line_item_id"] = part
        changes: dict[str, Any] = {"contact": contact, "lines": lines, "extras": extras}
        if found.kind != RETAINERS and (pick % 2 or self.product == "inventory"):
            changes["money"] = money = self.money(contact, pick)
            body["exchange_rate"] = float(money.rate)
        elif contact != found.contact:
            changes["money"] = self.usual(contact)
        due = self.dated(found.kind, self.day(pick))
        if due:
            body |= due
            changes["due"] = self.day(pick)
        if not extras.kind and found.extras.kind:
            # What was said before holds on.
            changes["extras"] = attrs.evolve(extras, kind=found.extras.kind)

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            _, parts = self.made(found.kind, said)
            # An answer that refuses shows no lines: those that stay are known.
            kept = [row.get("line_item_id", "") for row in body["line_items"]]
            ledger.edit(found.key, parts=parts or kept, **changes)
            changed = ledger.documents[found.key]
            if changed.kind == "estimates" and changed.status == "expired":
                changed.status = "sent"

        self.step(act, "PUT", f"/{found.kind}/{found.key}", body)

    @staticmethod
    def _again(
        found: Document, lines: tuple[Line, ...], *, keeps_quantities: bool
    ) -> tuple[Line, ...]:
        """Return other lines in the place of those that a document has."""
        pairs = list(zip(found.lines, lines, strict=False))
        if keeps_quantities:
            pairs = [(old, attrs.evolve(new, quantity=old.quantity)) for old, new in pairs]
        # A line that stays keeps its rate unless another one is sent.
        return tuple(
            attrs.evolve(new, of=old.of, rate=new.rate or Decimal("20.05")) for old, new in pairs
        )

    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        found = self.one(pick, *WRITTEN, *PAYMENTS)
        if found is not None:
            path = f"/{found.kind}/{found.key}"
            self.step(lambda ledger, _: ledger.delete(found.key), "DELETE", path)

    @rule(pick=PICKS, which=PICKS)
    def mark(self, pick: int, which: int) -> None:
        found = self.one(pick, *(kind for kind in MARKS if self.has(kind)))
        if found is None:
            return
        ends = [*MARKS[found.kind]]
        if found.kind in ORDERS:
            ends = [self.ledger.first[found.kind], ends[-1]]
        end = ends[which % len(ends)]
        if self.ledger.status(found) == "billed" and end == "open":
            return
        self._mark(found, end)

    def _mark(self, found: Document, end: str) -> None:
        is_short = self.product == "inventory" and found.kind == "creditnotes" and end != "open"
        path = f"/{found.kind}/{found.key}/{end if is_short else f'status/{end}'}"
        self.step(lambda ledger, _: ledger.mark(found.key, end), "POST", path)
