"""Books kept on paper: a second opinion on what documents come to, for the random walk.

Written from docs/rules.md and the vendor's documents. Nothing of zohorm is imported here, and
nothing is stored that follows from something else: balances, statuses, what contacts owe and what
is in stock are sums over the documents, computed when somebody asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import attrs

ZERO = Decimal(0)
CENT = Decimal("0.01")
PAYS = {
    "customerpayments": "invoices",
    "creditnotes": "invoices",
    "vendorpayments": "bills",
    "vendorcredits": "bills",
}
OWED = ("invoices", "bills")
CREDITS = ("creditnotes", "vendorcredits")
PAYMENTS = ("customerpayments", "vendorpayments")
ORDERS = {"salesorders": "invoices", "purchaseorders": "bills"}
MOVED = {"salesorders": "packages", "purchaseorders": "purchasereceives"}
STOCK = {"invoices": -1, "vendorcredits": -1, "bills": 1, "creditnotes": 1}


class Refused(Exception):
    """The books do not allow this; `code` is that of the service, where one is published."""

    def __init__(self, why: str, code: int = 9999) -> None:
        super().__init__(why)
        self.code = code


def require(holds: bool, why: str, code: int = 9999) -> None:
    """Refuse what does not hold."""
    if not holds:
        raise Refused(why, code)


@attrs.frozen
class Line:
    """A line as a client sends it; `percentage` is that of its tax, if it has one."""

    quantity: Decimal
    rate: Decimal = Decimal(1)
    discount: str = "0"
    percentage: Decimal | None = None
    of: str = ""
    """The line of an order that it takes from."""


@attrs.frozen
class Extras:
    """What a document has beside its lines."""

    discount: str = "0"
    is_before_tax: bool = True
    kind: str = ""
    shipping: Decimal = ZERO
    adjustment: Decimal = ZERO
    is_inclusive: bool = False


@attrs.define
class Document:
    """What a client has said of a document, and where it stands."""

    kind: str
    key: str
    contact: str
    lines: list[Line]
    extras: Extras = Extras()
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
    def total(self) -> Decimal:
        return self.amount if self.kind in PAYMENTS else total(self.lines, self.extras)


@attrs.frozen
class Applied:
    """An amount of a payment or credit on an invoice or bill."""

    payer: str
    document: str
    amount: Decimal


def cents(number: Fraction | Decimal) -> Decimal:
    """Round to cents, half a cent away from zero; no digit is lost before."""
    exact = Fraction(number) * 100
    away = (abs(exact) + Fraction(1, 2)).__floor__()
    return Decimal(away if exact >= 0 else -away).scaleb(-2)


def given(discount: str, whole: Decimal) -> Decimal:
    """Return a discount: a share with `%`, else an amount, and never more than there is."""
    if discount.endswith("%"):
        return cents(Fraction(whole) * Fraction(discount[:-1]) / 100)
    return min(Decimal(discount).quantize(CENT, ROUND_HALF_UP), whole)


def total(lines: Iterable[Line], extras: Extras) -> Decimal:
    """Return what lines come to: discounts, taxes by percentage, shipping and adjustment."""
    taxed: dict[Decimal, list[Fraction]] = {}
    net = ZERO
    for line in lines:
        price = cents(Fraction(line.quantity) * Fraction(line.rate))
        if extras.kind != "entity_level":
            price -= given(line.discount, price)
        if line.percentage is None:
            net += price
            continue
        below = 100 + Fraction(line.percentage) if extras.is_inclusive else Fraction(100)
        tax = Fraction(price) * Fraction(line.percentage) / below
        taxed.setdefault(line.percentage, []).append(tax)
        net += price - cents(tax) if extras.is_inclusive else price
    discount, left = ZERO, Fraction(1)
    has_discount = extras.kind != "item_level"
    if has_discount and extras.is_before_tax:
        discount = given(extras.discount, net)
        left = Fraction(net - discount) / Fraction(net) if net else left
    tax = ZERO
    for parts in taxed.values():
        # A tax within prices is rounded on each line, one on top of them is rounded once.
        bases = parts if extras.is_inclusive else [sum(parts, Fraction(0))]
        tax += sum((cents(base * left) for base in bases), ZERO)
    if has_discount and not extras.is_before_tax:
        discount = given(extras.discount, net + tax)
    return net - discount + tax + extras.shipping + extras.adjustment


@attrs.define
class Ledger:
    """All documents of an organization and what is applied to what; refusals leave it as it was."""

    today: dt.date
    first: dict[str, str]
    """What an open order is called, by its collection."""
    documents: dict[str, Document] = attrs.Factory(dict)
    applied: list[Applied] = attrs.Factory(list)
    opening: Decimal = ZERO
    adjusted: dict[str, Decimal] = attrs.Factory(dict)

    # What follows from the documents.

    def of(self, *kinds: str) -> list[Document]:
        return [each for each in self.documents.values() if each.kind in kinds]

    def used(self, document: Document) -> Decimal:
        """Return what is applied of a payment or credit, or to an invoice or bill."""
        side = "payer" if document.kind in PAYS else "document"
        found = (each for each in self.applied if getattr(each, side) == document.key)
        return sum((each.amount for each in found), ZERO)

    def left(self, document: Document) -> Decimal:
        """Return the balance of a document, or what is left of a payment or credit."""
        if document.status == "void":
            return ZERO
        gone = self.used(document) + document.written_off + sum(document.refunds.values())
        return document.total - gone

    def status(self, document: Document) -> str:
        if document.kind in OWED and document.status == "live":
            if self.left(document) <= 0:
                return "paid"
            if document.due < self.today:
                return "overdue"
            if self.used(document):
                return "partially_paid"
            return "sent" if document.kind == "invoices" else "open"
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
        mine = [each for each in self.documents.values() if each.contact == key]

        def sums(kind: str, *statuses: str) -> Decimal:
            found = (each for each in mine if each.kind == kind and each.status in statuses)
            return sum(map(self.left, found), ZERO)

        return {
            "outstanding_receivable_amount": sums("invoices", "live"),
            "unused_credits_receivable_amount": sums("creditnotes", "open")
            + sums("customerpayments", "made"),
            "outstanding_payable_amount": sums("bills", "live"),
            "unused_credits_payable_amount": sums("vendorcredits", "open")
            + sums("vendorpayments", "made"),
        }

    def stock(self) -> tuple[Decimal, Decimal, Decimal]:
        """Return accounting stock, physical stock, and the latter less what is ordered."""
        both = self.opening + sum(self.adjusted.values(), ZERO)
        on_hand = physical = both
        ordered = ZERO
        for each in self.documents.values():
            whole = sum((line.quantity for line in each.lines), ZERO)
            if each.kind in STOCK and each.status in ("live", "open"):
                on_hand += STOCK[each.kind] * whole
            if each.kind == "purchasereceives":
                physical += whole
            if each.kind == "packages" and each.status != "not_shipped":
                physical -= whole
            if each.kind == "salesorders" and each.status == "live":
                # Of one that is closed, everything was shipped.
                ordered += whole - sum(self.moved(each).values(), ZERO)
        return on_hand, physical, physical - ordered

    # What clients do.

    def create(self, document: Document) -> None:
        self._takes(document)
        self.documents[document.key] = document
        self.open_orders()

    def edit(self, key: str, contact: str, lines: list[Line], extras: Extras, due: dt.date) -> None:
        document = self.documents[key]
        if contact != document.contact and (document.refunds or self.used(document)):
            code = 9999
            if document.kind == "invoices":
                found = [each.payer for each in self.applied if each.document == key]
                code = 3010
                if any(self.documents[each].kind == "creditnotes" for each in found):
                    code = 3009
            raise Refused("its contact is fixed", code)
        changed = attrs.evolve(document, contact=contact, lines=lines, extras=extras, due=due)
        if document.kind in (*OWED, *CREDITS):
            require(self.left(changed) >= 0, "more than this is paid or used")
        self._takes(changed)
        self.documents[key] = changed
        self.open_orders()

    def delete(self, key: str) -> None:
        document = self.documents[key]
        if document.kind in OWED:
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
        """Let a payment pay these documents and no others."""
        payment = self.documents[key]
        before = {each.document: each.amount for each in self.applied if each.payer == key}
        for each, number in wanted.items():
            document = self.documents[each]
            require(document.contact == payment.contact, "of another contact")
            require(document.status != "void", "void")
            require(number <= self.left(document) + before.get(each, ZERO), "more than is owed")
        self.applied = [each for each in self.applied if each.payer != key]
        require(sum(wanted.values(), ZERO) <= self.left(payment), "more than there is")
        for each, number in wanted.items():
            self._add(key, each, number)

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

    def take_off(self, payer: str, document: str, number: Decimal) -> None:
        self.applied.remove(Applied(payer, document, number))

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

    def rest(self, key: str) -> list[Line]:
        """Return the lines of an order as far as nothing was made of them."""
        order = self.documents[key]
        made = self.made(order)
        pairs = zip(order.parts, order.lines, strict=True)
        lines = [
            attrs.evolve(line, quantity=line.quantity - made[part], of=part)
            for part, line in pairs
            if line.quantity > made[part]
        ]
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
        if document.kind not in OWED or document.status == "void":
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
