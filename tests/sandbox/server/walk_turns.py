"""Turns of the random walk that make several calls in a row on one document.

Chance alone seldom credits an invoice, makes it void and sends it again.
"""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st
from hypothesis.stateful import rule
from ledger import CREDITS, OWED, RETAINERS, Document
from paper import Extras, Line
from walk_calls import EXTRAS, LINES, OF_CUSTOMERS, PICKS, SHARES
from walk_documents import DocumentRules
from walk_money import MoneyRules

WAYS = st.sampled_from(("credit", "write off", "pay"))
# What is given for an invoice or a bill: credits and payments.
GIVEN = {
    "invoices": ("creditnotes", "customerpayments"),
    "bills": ("vendorcredits", "vendorpayments"),
}


class TurnRules(MoneyRules, DocumentRules):
    """What becomes of documents that were paid, credited or written off, or not yet."""

    @rule(pick=PICKS, how=SHARES, way=WAYS)
    def void_and_return(self, pick: int, how: str, way: str) -> None:
        """Pay, credit or write off an invoice, make it void, and send it again."""
        found = self._open(pick, "invoices", RETAINERS)
        if found is None:
            return
        self._lessen(found, pick, how, way)
        for end in ("void", "draft", "sent"):
            self._mark(found, end)

    @rule(pick=PICKS, how=SHARES, way=WAYS, lines=LINES, extras=EXTRAS)
    def edit_what_is_paid(
        self, pick: int, how: str, way: str, lines: tuple[Line, ...], extras: Extras
    ) -> None:
        """Change a document on which something is paid; if there is none, pay first."""
        paid = [
            each
            for each in self.ledger.of(*OWED, *CREDITS)
            if self.ledger.used(each) or each.written_off
        ]
        found = paid[pick % len(paid)] if paid else self._open(pick, *OWED)
        if found is None:
            return
        if not paid:
            self._lessen(found, pick, how, way)
        self._change(found, pick, lines, extras, found.contact)

    @rule(pick=PICKS, lines=LINES, extras=EXTRAS)
    def hand_over(self, pick: int, lines: tuple[Line, ...], extras: Extras) -> None:
        """Move a document of which nothing is paid or used to another contact."""
        free = [
            each
            for each in self.ledger.of(*OWED, *CREDITS)
            if not (self.ledger.used(each) or each.refunds) and each.status != "draft"
        ]
        if not free:
            return
        found = free[pick % len(free)]
        everybody = self.customers if found.kind in OF_CUSTOMERS else self.vendors
        others = [each for each in everybody if each != found.contact]
        self._change(found, pick, lines, extras, others[pick % len(others)])

    def _open(self, pick: int, *kinds: str) -> Document | None:
        """Return a document of which something is left to pay; one that is a draft is sent."""
        drafts_too = [
            each
            for each in self.ledger.of(*kinds)
            if each.status in ("draft", "live") and self.ledger.left(each) > 0
        ]
        if not drafts_too:
            return None
        found = drafts_too[pick % len(drafts_too)]
        if found.status == "draft":
            self._mark(found, "sent")
        return found

    def _lessen(self, found: Document, pick: int, how: str, way: str) -> None:
        """Pay, credit or write off an open document."""
        number = self._part(how, self.ledger.left(found), found)
        money = self.money(found.contact, pick)
        if found.kind == RETAINERS:
            self._retain(found, found.contact, number, money)
            return
        credit, payment = GIVEN[found.kind]
        if way == "write off" and found.kind == "invoices":
            self._write_off(found)
        elif way == "pay" and self.has(payment):
            self._pay(payment, found.contact, {found.key: number}, number, money)
        else:
            lines = self.fit(credit, [Line(Decimal(1), number)], Extras())
            key = self._create(credit, pick, *lines, contact=found.contact)
            self._use(credit, key, {found.key: number})
