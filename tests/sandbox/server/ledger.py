"""Books kept on paper: a second opinion on documents and what is done to them, for the random walk.

Written from docs/rules.md and the vendor's documents. Nothing of zohorm is imported here, and
nothing is stored that follows from something else: balances, statuses and what contacts owe are
sums over the documents, computed when somebody asks. Totals are in paper.py, stock in shelves.py.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import attrs
from paper import ZERO, Extras, Line, Money, Sums, sums

RETAINERS = "retainerinvoices"
PAYS = {
    "customerpayments": "invoices",
    "creditnotes": "invoices",
    "vendorpayments": "bills",
    "vendorcredits": "bills",
}
OWED = ("invoices", "bills", RETAINERS)
CREDITS = ("creditnotes", "vendorcredits")
PAYMENTS = ("customerpayments", "vendorpayments")
ORDERS = {"salesorders": "invoices", "purchaseorders": "bills"}
MOVED = {"salesorders": "packages", "purchaseorders": "purchasereceives"}
PLAIN, BASE = Extras(), Money()
BUYS = ("bills", "purchaseorders", "vendorcredits")


class Refused(Exception):
    """The books do not allow this; `code` is that of the service, where one is published."""

    def __init__(self, why: str, code: int = 9999) -> None:
        super().__init__(why)
        self.code = code


def require(holds: bool, why: str, code: int = 9999) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise Refused(why, code)


@attrs.define
class Document:
    """What a client has said of a document, and where it stands."""

    kind: str
    key: str
    contact: str
    lines: tuple[Line, ...]
    extras: Extras = PLAIN
    money: Money = BASE
    amount: Decimal = ZERO
    """What a payment comes to."""
    status: str = "draft"
    due: dt.date = dt.date.max
    written_off: Decimal = ZERO
    refunds: dict[str, Decimal] = attrs.Factory(dict)
    parts: list[str] = attrs.Factory(list)
    """The ids of its lines, if it is an order."""
    order: str = ""
    """The order that a package or receive is of."""

    @property
    def sums(self) -> Sums:
        return sums(self.lines, self.extras, self.money, buys=self.kind in BUYS)

    @property
    def total(self) -> Decimal:
        return self.amount if self.kind in PAYMENTS else self.sums.total


@attrs.frozen
class Applied:
    """An amount of a payment or credit on an invoice or bill, or of a payment on a retainer."""

    payer: str
    document: str
    amount: Decimal


@attrs.define
class Ledger:
    """All documents of an organization and what is applied to what; refusals leave it as it was."""

    today: dt.date
    first: dict[str, str]
    """What an open order is called, by its collection."""
    documents: dict[str, Document] = attrs.Factory(dict)
    applied: list[Applied] = attrs.Factory(list)

    # What follows from the documents.

    def of(self, *kinds: str) -> list[Document]:
        return [each for each in self.documents.values() if each.kind in kinds]

    def used(self, document: Document) -> Decimal:
        """Return what is applied of a payment or credit, or to a document.

        What a retainer brings is there to be applied, so that is not used up by it.
        """
        if document.kind not in PAYS:
            return sum((each.amount for each in self._on(document.key)), ZERO)
        mine = (each for each in self.on_invoices_and_bills() if each.payer == document.key)
        return sum((each.amount for each in mine), ZERO)

    def on_invoices_and_bills(self) -> list[Applied]:
        return [each for each in self.applied if self.documents[each.document].kind != RETAINERS]

    def paid_by(self, key: str) -> dict[str, Decimal]:
        """Return what a payment pays of which invoices or bills."""
        mine = (each for each in self.on_invoices_and_bills() if each.payer == key)
        return {each.document: each.amount for each in mine}

    def drawn(self, retainer: Document) -> Decimal:
        """Return how much of what a retainer brought is applied to invoices."""
        payers = dict.fromkeys(each.payer for each in self._on(retainer.key))
        return sum((self.used(self.documents[each]) for each in payers), ZERO)

    def left(self, document: Document) -> Decimal:
        """Return the balance of a document, or what is left of a payment or credit."""
        if document.status == "void":
            return ZERO
        gone = self.used(document) + document.written_off + sum(document.refunds.values())
        return document.total - gone

    def status(self, document: Document) -> str:
        if document.kind in OWED and document.status == "live":
            if self.left(document) <= 0 and document.total:
                return "paid"
            if document.due < self.today:
                return "overdue"
            if self.used(document):
                return "partially_paid"
            return "open" if document.kind == "bills" else "sent"
        if document.kind in CREDITS and document.status == "open":
            return "open" if self.left(document) > 0 else "closed"
        if document.kind == "estimates" and document.status == "sent":
            return "expired" if document.due < self.today else "sent"
        if document.kind in ORDERS:
            return self._order_status(document)
        return document.status

    def _order_status(self, order: Document) -> str:
        if order.status != "live":
            return order.status
        made = self.extent(order, self.made(order))
        moved = self.extent(order, self.moved(order))
        first = self.first[order.kind]
        if made == "all":
            whole = "invoiced" if order.kind == "salesorders" else "billed"
            return "closed" if moved == "all" else whole
        if order.kind == "salesorders":
            if made == "some":
                return "partially_invoiced"
            return "fulfilled" if moved == "all" else first
        return {"all": "received", "some": "partially_received", "none": first}[moved]

    def made(self, order: Document, but: str = "") -> dict[str, Decimal]:
        """Return how much of each line of an order is in invoices or bills."""
        found = [each for each in self.of(ORDERS[order.kind]) if each.status != "void"]
        return self._carried(order, (each for each in found if each.key != but))

    def moved(self, order: Document) -> dict[str, Decimal]:
        """Return how much of each line of an order was shipped or received."""
        found = self.of(MOVED[order.kind])
        return self._carried(order, (each for each in found if each.status != "not_shipped"))

    def packed(self, order: Document) -> dict[str, Decimal]:
        return self._carried(order, self.of(MOVED[order.kind]))

    @staticmethod
    def _carried(order: Document, by: Iterable[Document]) -> dict[str, Decimal]:
        found = dict.fromkeys(order.parts, ZERO)
        for line in (line for each in by for line in each.lines):
            if line.of in found:
                found[line.of] += line.quantity
        return found

    @staticmethod
    def extent(order: Document, done: dict[str, Decimal]) -> str:
        if not any(done.values()):
            return "none"
        wanted = zip(order.parts, order.lines, strict=True)
        return "all" if all(done[part] >= line.quantity for part, line in wanted) else "some"

    def contact(self, key: str) -> dict[str, Decimal]:
        """Return what a contact owes and is owed, by the names that the service has."""
        found: dict[str, Decimal] = {}
        for member, counted in SUMS.items():
            mine = [
                each
                for each in self.documents.values()
                if each.contact == key and each.status == counted.get(each.kind)
            ]
            found[member] = sum(map(self.left, mine), ZERO)
            in_base = (each.money.in_base(self.left(each)) for each in mine)
            found[f"{member}_bcy"] = sum(in_base, ZERO)
        return found

    # What clients do.

    def create(self, document: Document) -> None:
        self._takes(document)
        self.documents[document.key] = document
        self.open_orders()

    def edit(self, key: str, **changes: Any) -> None:
        """Change contact, money, lines, extras or due date of a document."""
        document = self.documents[key]
        changed = attrs.evolve(document, **changes)
        if changed.contact != document.contact and (document.refunds or self.used(document)):
            code = 9999
            if document.kind == "invoices":
                found = [self.documents[each.payer].kind for each in self._on(key)]
                code = 3009 if "creditnotes" in found else 3010
            raise Refused("its contact is fixed", code)
        if document.kind in (*OWED, *CREDITS):
            require(self.left(changed) >= 0, "more than this is paid or used")
        if document.kind in ORDERS:
            self._covers(document, changed)
        self._takes(changed)
        self.documents[key] = changed
        self.open_orders()

    def _covers(self, order: Document, changed: Document) -> None:
        """Refuse to take away of an order what is made or packed of it already."""
        left = dict(zip(changed.parts, changed.lines, strict=True))
        for done in (self.made(order), self.packed(order)):
            for part, quantity in done.items():
                kept = left[part].quantity if part in left else ZERO
                require(quantity <= kept, "more than this was made of it")

    def delete(self, key: str) -> None:
        document = self.documents[key]
        if document.kind in OWED:
            # What is paid on it goes first.
            found = [self.documents[each.payer].kind for each in self._on(key)]
            is_invoice = document.kind == "invoices"
            require(not set(found) & set(PAYMENTS), "paid", 4001 if is_invoice else 9999)
            require(not found, "credited", 12008 if is_invoice else 9999)
        if document.kind in PAYS:
            require(not document.refunds, "refunded")
        if document.kind in CREDITS:
            require(not self.used(document), "applied")
        if document.kind in ORDERS:
            require(not any(self.made(document).values()), "something is made of it")
            others = self.of(MOVED[document.kind])
            require(all(each.order != key for each in others), "something is made of it")
        self.applied = [each for each in self.applied if key not in (each.payer, each.document)]
        del self.documents[key]

    def mark(self, key: str, to: str) -> None:
        """Do what an action named after a status does."""
        document = self.documents[key]
        now = self.status(document)
        allowed = MARKS[document.kind][to]
        require(now in allowed, f"{document.kind} is {now}; {to} is refused")
        if document.kind in CREDITS and to in ("void", "draft"):
            require(not (self.used(document) or document.refunds), "used")
        if document.kind == "bills" and to == "void":
            require(not self.used(document), "paid")
        if document.kind in ORDERS and to in ("void", "cancelled"):
            require(not any(self.made(document).values()), "invoiced or billed")
            require(not any(self.moved(document).values()), "moved")
        if to == "void":
            self.applied = [each for each in self.applied if each.document != key]
            document.written_off = ZERO
        is_live = (document.kind in OWED or document.kind in ORDERS) and to in LIVE
        document.status = "live" if is_live else to
        self._takes(document)
        self.open_orders()

    def pay(self, key: str, wanted: dict[str, Decimal]) -> None:
        """Let a payment pay these documents and no others, beside its retainer."""
        payment = self.documents[key]
        before = {each.document: each.amount for each in self.applied if each.payer == key}
        retained = before.keys() - self.paid_by(key).keys()
        asked = {**dict.fromkeys(retained, payment.amount), **wanted}
        for each, number in asked.items():
            document = self.documents[each]
            require(document.contact == payment.contact, "of another contact")
            require(document.status != "void", "void")
            require(number <= self.left(document) + before.get(each, ZERO), "more than is owed")
        self.applied = [each for each in self.applied if each.payer != key]
        require(sum(wanted.values(), ZERO) <= self.left(payment), "more than there is")
        for each, number in asked.items():
            self._add(key, each, number)

    def retain(self, key: str, retainer: str) -> None:
        """Let a payment pay a retainer with all it has."""
        payment, document = self.documents[key], self.documents[retainer]
        require(document.contact == payment.contact, "of another contact")
        require(document.status != "void", "void")
        require(payment.amount <= self.left(document), "more than is owed")
        self._add(key, retainer, payment.amount)

    def use(self, key: str, wanted: dict[str, Decimal]) -> None:
        """Apply as much more of a payment or credit to these documents."""
        payer = self.documents[key]
        for each, number in wanted.items():
            document = self.documents[each]
            require(payer.status not in ("draft", "void"), "not open")
            require(number <= self.left(document), "more than is owed")
            require(number <= self.left(payer), "more than is left")
            require(document.contact == payer.contact, "of another contact")
            require(document.status != "void", "void")
            self._add(key, each, number)

    def refund(self, key: str, refund: str, number: Decimal) -> None:
        document = self.documents[key]
        require(document.status not in ("draft", "void"), "not open")
        held = document.refunds.get(refund, ZERO)
        require(number <= self.left(document) + held, "more than is left")
        document.refunds[refund] = number

    def write_off(self, key: str) -> None:
        document = self.documents[key]
        require(document.status == "live" and self.left(document) > 0, "nothing to write off")
        document.written_off += self.left(document)

    def cancel_write_off(self, key: str) -> None:
        document = self.documents[key]
        require(document.written_off > 0, "nothing was written off")
        document.written_off = ZERO

    def rest(self, key: str) -> tuple[Line, ...]:
        """Return the lines of an order as far as nothing was made of them."""
        order = self.documents[key]
        made = self.made(order)
        pairs = zip(order.parts, order.lines, strict=True)
        lines = tuple(
            attrs.evolve(line, quantity=line.quantity - made[part], of=part)
            for part, line in pairs
            if line.quantity > made[part]
        )
        require(bool(lines), "nothing is left")
        return lines

    def _on(self, key: str) -> list[Applied]:
        return [each for each in self.applied if each.document == key]

    def _add(self, payer: str, key: str, number: Decimal) -> None:
        if self.documents[payer].kind in PAYMENTS:
            # A payment lists each document once.
            for each in [each for each in self._on(key) if each.payer == payer]:
                self.applied.remove(each)
                number += each.amount
        self.applied.append(Applied(payer, key, number))
        if self.documents[key].status == "draft":
            self.documents[key].status = "live"

    def _takes(self, document: Document) -> None:
        """Refuse a document that takes more of an order than is left, or of one that is void."""
        if document.kind not in ORDERS.values() or document.status == "void":
            return
        for order in self.of(*(kind for kind, made in ORDERS.items() if made == document.kind)):
            mine = self._carried(order, [document])
            if any(mine.values()):
                require(order.status not in ("void", "cancelled"), "the order is void")
            others = self.made(order, but=document.key)
            for part, line in zip(order.parts, order.lines, strict=True):
                require(
                    not mine[part] or mine[part] + others[part] <= line.quantity,
                    "more than was ordered",
                )

    def open_orders(self) -> None:
        for order in self.of(*ORDERS):
            done = (*self.made(order).values(), *self.moved(order).values())
            if order.status == "draft" and any(done):
                order.status = "live"


# What contacts owe and are owed: sums over the documents of these kinds in these statuses.
SUMS = {
    "outstanding_receivable_amount": {"invoices": "live"},
    "unused_credits_receivable_amount": {"creditnotes": "open", "customerpayments": "made"},
    "outstanding_payable_amount": {"bills": "live"},
    "unused_credits_payable_amount": {"vendorcredits": "open", "vendorpayments": "made"},
}
LIVE = ("sent", "open", "confirmed", "issued")
_SENT = ("sent", "overdue", "partially_paid", "paid")
_ANSWERED = ("sent", "accepted", "declined", "expired")
_OPEN_ORDER = ("draft", "open", "confirmed")
MARKS: dict[str, dict[str, tuple[str, ...]]] = {
    "invoices": {
        "sent": ("draft", *_SENT),
        "draft": ("void", "draft"),
        "void": ("draft", *_SENT),
    },
    RETAINERS: {
        "sent": ("draft", *_SENT),
        "draft": ("void", "draft"),
        "void": ("draft", *_SENT),
    },
    "bills": {
        "open": ("draft", "void", "open", "overdue", "partially_paid", "paid"),
        "void": ("draft", "open", "overdue"),
    },
    "estimates": {
        "sent": ("draft", *_ANSWERED),
        "accepted": _ANSWERED,
        "declined": _ANSWERED,
    },
    "salesorders": {"open": _OPEN_ORDER, "confirmed": _OPEN_ORDER, "void": _OPEN_ORDER},
    "purchaseorders": {
        "open": ("draft", "issued", "open", "billed"),
        "issued": ("draft", "open", "issued"),
        "cancelled": ("open", "issued", "cancelled"),
    },
    "creditnotes": {
        "open": ("draft", "open", "closed"),
        "draft": ("void", "draft"),
        "void": ("draft", "open"),
    },
    "vendorcredits": {
        "open": ("draft", "void", "open", "closed"),
        "void": ("draft", "open"),
    },
}
