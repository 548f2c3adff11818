"""The random walk: calls on documents of every kind, each held against the ledger (ledger.py)."""

from __future__ import annotations

import copy
import datetime as dt
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from ledger import (
    CENT,
    CREDITS,
    MARKS,
    MOVED,
    ORDERS,
    OWED,
    PAYMENTS,
    PAYS,
    Document,
    Extras,
    Ledger,
    Line,
    Refused,
)
from plain import Plain

from zohorm.sandbox import Sandbox

BANK = "4815000000000000321"
TAXES = (Decimal("7.7"), Decimal(19))
# Collection, resource, member of the answer, id.
KINDS = {
    "invoices": ("Invoice", "invoice", "invoice_id"),
    "bills": ("Bill", "bill", "bill_id"),
    "estimates": ("Estimate", "estimate", "estimate_id"),
    "salesorders": ("SalesOrder", "salesorder", "salesorder_id"),
    "purchaseorders": ("PurchaseOrder", "purchaseorder", "purchaseorder_id"),
    "creditnotes": ("CreditNote", "creditnote", "creditnote_id"),
    "vendorcredits": ("VendorCredit", "vendor_credit", "vendor_credit_id"),
    "customerpayments": ("CustomerPayment", "payment", "payment_id"),
    "vendorpayments": ("VendorPayment", "vendorpayment", "payment_id"),
    "packages": ("Package", "package", "package_id"),
    "shipmentorders": ("ShipmentOrder", "shipment_order", "shipment_id"),
    "purchasereceives": ("PurchaseReceive", "purchasereceive", "receive_id"),
}
SALES = ("invoices", "estimates", "salesorders")
OF_CUSTOMERS = (*SALES, "creditnotes", "customerpayments")
WRITTEN = (*SALES, "bills", "purchaseorders", *CREDITS)
OF_BOOKS = ("estimates", "vendorpayments")
NO_REFUNDS = {"inventory": ("customerpayments",), "books": ()}
# The rows below a record that show what is applied: where they are listed and deleted.
BELOW = {
    "invoices": (
        ("payments", "payments", "invoice_payment_id", "payment_id"),
        ("creditsapplied", "credits", "creditnotes_invoice_id", "creditnote_id"),
    ),
    "bills": (("payments", "payments", "bill_payment_id", "payment_id"),),
    "creditnotes": (("invoices", "invoices_credited", "creditnote_invoice_id", "invoice_id"),),
    "vendorcredits": (("bills", "bills_credited", "vendor_credit_bill_id", "bill_id"),),
}

PICKS = st.integers(0, 999)
SHARES = st.sampled_from(("all", "all", "half", "more", "cent"))
CENTS = st.integers(1, 20_000).map(lambda number: Decimal(number).scaleb(-2))
DISCOUNTS = st.sampled_from(("0", "0", "0", "12.5%", "33.3%", "0.45"))
LINES = st.lists(
    st.builds(
        Line,
        quantity=st.integers(1, 900).map(lambda number: Decimal(number).scaleb(-2)),
        rate=st.integers(100, 99_999).map(lambda number: Decimal(number).scaleb(-2)),
        discount=DISCOUNTS,
        percentage=st.sampled_from((None, *TAXES)),
    ),
    min_size=1,
    max_size=3,
)
EXTRAS = st.builds(
    Extras,
    discount=st.sampled_from(("0", "0", "10%", "7.77%", "0.61")),
    is_before_tax=st.booleans(),
    kind=st.sampled_from(("", "entity_level", "item_level")),
    shipping=st.sampled_from((Decimal(0), Decimal("4.9"))),
    adjustment=st.sampled_from((Decimal(0), Decimal("-0.01"), Decimal("0.37"))),
    is_inclusive=st.booleans(),
)


class Walk(RuleBasedStateMachine):
    """One walk: the calls, and the ledger that is asked about each."""

    product: ClassVar[str]
    sandbox: ClassVar[Sandbox]
    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    ledger: Ledger

    @initialize()
    def begin(self) -> None:
        self.sandbox.reset()
        self.sandbox.limits(per_minute=10**6, per_day=10**6)
        self.plain = Plain(self.sandbox)
        self.plain.root = f"{self.sandbox.url}/{self.product}/" + (
            "v3" if self.product == "books" else "v1"
        )
        self.customers = [self.plain.contact(name) for name in ("Ada", "Zoë")]
        self.vendors = [self.plain.contact(n, contact_type="vendor") for n in ("Oak", "Elm")]
        body = [{"tax_name": f"Tax {each}", "tax_percentage": str(each)} for each in TAXES]
        made = [self.plain.post("/settings/taxes", each)["tax"]["tax_id"] for each in body]
        self.taxes = dict(zip(TAXES, made, strict=True))
        is_books = self.product == "books"
        first = ("open", "open") if is_books else ("confirmed", "issued")
        self.ledger = Ledger(self.today(), dict(zip(ORDERS, first, strict=True)))
        self.item = "" if is_books else self.begin_stock()
        self.number = 0
        for pick, kind in enumerate(WRITTEN):
            if self.product == "books" or kind not in OF_BOOKS:
                line = Line(Decimal(3), Decimal("33.35"), percentage=TAXES[pick % 2])
                self._create(kind, pick, [line], Extras())

    def begin_stock(self) -> str:
        self.ledger.opening = Decimal(20)
        body = {"name": "Tea", "rate": 10, "item_type": "inventory", "initial_stock": 20}
        made: str = self.plain.post("/items", {**body, "initial_stock_rate": 4})["item"]["item_id"]
        return made

    def today(self) -> dt.date:
        return dt.datetime.fromtimestamp(self.sandbox.clock.time(), tz=dt.UTC).date()

    # Calls, and what the ledger says of them.

    def step(
        self,
        act: Callable[[Ledger, dict[str, Any]], None],
        method: str,
        path: str,
        body: Any = None,
        **query: str,
    ) -> dict[str, Any]:
        """Make a call, and do the same in the ledger: both refuse it, or neither."""
        type(self).steps += 1
        answer = self.plain.call(method, path, json=body, query=query)
        assert answer.status_code < 500, answer.text
        shown: dict[str, Any] = answer.json(parse_float=Decimal)
        trial = copy.deepcopy(self.ledger)
        refused = (0, "")
        try:
            act(trial, shown)
        except Refused as error:
            refused = (error.code, str(error))
        assert shown["code"] == refused[0], (method, path, body, query, refused, answer.text)
        if not refused[0]:
            self.ledger = trial
        self.done["refused" if refused[0] else f"{method} {path.split('/')[1]}"] += 1
        return shown

    def one(self, pick: int, *kinds: str) -> Document | None:
        found = self.ledger.of(*kinds)
        return found[pick % len(found)] if found else None

    def kind(self, pick: int, kinds: tuple[str, ...]) -> str:
        known = [each for each in kinds if self.product == "books" or each not in OF_BOOKS]
        return known[pick % len(known)]

    def contact_of(self, kind: str, pick: int) -> tuple[str, str]:
        """Return the member that names the contact, and one of them."""
        if kind in OF_CUSTOMERS:
            return "customer_id", self.customers[pick % 2]
        return "vendor_id", self.vendors[pick % 2]

    def day(self, pick: int) -> dt.date:
        return self.ledger.today + dt.timedelta(days=pick % 6)

    @staticmethod
    def share(how: str, whole: Decimal) -> Decimal:
        """Return an amount of which the ledger knows whether it is too much."""
        if how == "half":
            return max((whole / 2).quantize(CENT), CENT)
        number = {"all": whole, "more": whole + CENT, "cent": CENT}[how]
        return max(number, CENT)

    def body(self, kind: str, lines: list[Line], extras: Extras) -> dict[str, Any]:
        """Return lines and totals as a client sends them."""
        rows = []
        for line in lines:
            row: dict[str, Any] = {"quantity": str(line.quantity), "rate": str(line.rate)}
            row.update({"item_id": self.item} if self.item else {"name": "Tea"})
            if line.percentage is not None:
                row["tax_id"] = self.taxes[line.percentage]
            if line.of:
                order = "salesorder" if kind == "invoices" else "purchaseorder"
                row[f"{order}_item_id"] = line.of
            if kind in SALES:
                row["discount"] = line.discount
            rows.append(row)
        sent: dict[str, Any] = {"line_items": rows, "is_inclusive_tax": extras.is_inclusive}
        if kind in SALES:
            sent["discount"] = extras.discount
            sent["discount_type"] = extras.kind
            sent["is_discount_before_tax"] = extras.is_before_tax
            sent["shipping_charge"] = float(extras.shipping)
            sent["adjustment"] = float(extras.adjustment)
            if not extras.kind:
                del sent["discount_type"]
        return sent

    @staticmethod
    def fit(kind: str, lines: list[Line], extras: Extras) -> tuple[list[Line], Extras]:
        """Leave out what documents of a kind do not have."""
        if kind in SALES:
            return lines, extras
        kept = [attrs.evolve(line, discount="0") for line in lines]
        return kept, Extras(is_inclusive=extras.is_inclusive)

    def dated(self, kind: str, due: dt.date) -> dict[str, str]:
        member = {"estimates": "expiry_date"}.get(kind, "due_date")
        return {member: due.isoformat()} if kind in (*OWED, "estimates") else {}

    def made(self, kind: str, shown: dict[str, Any]) -> tuple[str, list[str]]:
        """Return the id of a new document and those of its lines."""
        _, member, key = KINDS[kind]
        row = shown.get(member, {})
        rows = row.get("line_items", []) if kind in ORDERS else []
        return row.get(key, "?"), [each["line_item_id"] for each in rows]

    # Documents.

    @rule(pick=PICKS, lines=LINES, extras=EXTRAS)
    def create(self, pick: int, lines: list[Line], extras: Extras) -> None:
        kind = self.kind(pick, WRITTEN)
        is_draft = kind == "creditnotes" and pick % 3 == 0
        self._create(kind, pick, *self.fit(kind, lines, extras), is_draft=is_draft)

    def _create(
        self,
        kind: str,
        pick: int,
        lines: list[Line],
        extras: Extras,
        *,
        is_draft: bool = False,
        **more: str,
    ) -> None:
        member, contact = self.contact_of(kind, pick // 7)
        contact = more.pop("contact", contact)
        due = self.day(pick) if kind in (*OWED, "estimates") else dt.date.max
        self.number += 1
        sent = {**self.body(kind, lines, extras), member: contact, **self.dated(kind, due), **more}
        sent["date"] = self.ledger.today.isoformat()
        if kind == "bills":
            sent["bill_number"] = f"B-{self.number}"
        if kind == "creditnotes":
            sent["is_draft"] = is_draft
        status = {"bills": "live", "creditnotes": "open", "vendorcredits": "open"}.get(kind)

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            key, parts = self.made(kind, shown)
            now = "draft" if is_draft or status is None else status
            new = Document(kind, key, contact, lines, extras, status=now, due=due, parts=parts)
            ledger.create(new)
            if "invoiced_estimate_id" in more:
                ledger.documents[more["invoiced_estimate_id"]].status = "invoiced"

        self.step(act, "POST", f"/{kind}", sent)

    @rule(pick=PICKS, lines=LINES, extras=EXTRAS)
    def edit(self, pick: int, lines: list[Line], extras: Extras) -> None:
        found = self.one(pick, *WRITTEN)
        if found is None or (found.kind in ORDERS and self._is_used(found)):
            return
        lines, extras = self.fit(found.kind, lines, extras)
        if pick % 3:
            kept = zip(found.lines, lines, strict=False)
            lines = [attrs.evolve(new, of=old.of) for old, new in kept]
            if pick % 2:
                lines = [
                    attrs.evolve(each, quantity=old.quantity)
                    for each, old in zip(lines, found.lines, strict=False)
                ]
        member, contact = self.contact_of(found.kind, pick // 7)
        contact = found.contact if pick % 4 else contact
        is_dated = found.kind in (*OWED, "estimates")
        due = self.day(pick) if is_dated else found.due
        body = {**self.body(found.kind, lines, extras), member: contact}
        body.setdefault("discount_type", extras.kind)
        body.update(self.dated(found.kind, due))
        if not extras.kind:
            # What was said before would hold on.
            if found.extras.kind:
                extras = attrs.evolve(extras, kind=found.extras.kind)
            del body["discount_type"]

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            ledger.edit(found.key, contact, lines, extras, due)
            changed = ledger.documents[found.key]
            _, changed.parts = self.made(found.kind, shown)
            if changed.kind == "estimates" and changed.status == "expired":
                changed.status = "sent"

        self.step(act, "PUT", f"/{found.kind}/{found.key}", body)

    def _is_used(self, order: Document) -> bool:
        done = (*self.ledger.made(order).values(), *self.ledger.packed(order).values())
        return any(done)

    @rule(pick=PICKS)
    def delete(self, pick: int) -> None:
        found = self.one(pick, *WRITTEN, *PAYMENTS)
        if found is not None:
            self.step(
                lambda ledger, _: ledger.delete(found.key), "DELETE", f"/{found.kind}/{found.key}"
            )

    @rule(pick=PICKS, which=PICKS)
    def mark(self, pick: int, which: int) -> None:
        found = self.one(pick, *MARKS)
        if found is None:
            return
        ends = [*MARKS[found.kind]]
        if found.kind in ORDERS:
            ends = [self.ledger.first[found.kind], ends[-1]]
        end = ends[which % len(ends)]
        if self.ledger.status(found) == "billed" and end == "open":
            return
        is_short = self.product == "inventory" and found.kind == "creditnotes" and end != "open"
        path = (
            f"/{found.kind}/{found.key}/{end}"
            if is_short
            else (f"/{found.kind}/{found.key}/status/{end}")
        )
        self.step(lambda ledger, _: ledger.mark(found.key, end), "POST", path)

    @rule(pick=PICKS, is_cancelled=st.booleans())
    def write_off(self, pick: int, is_cancelled: bool) -> None:
        found = self.one(pick, "invoices")
        if found is not None and is_cancelled:
            self.step(
                lambda ledger, _: ledger.cancel_write_off(found.key),
                "POST",
                f"/invoices/{found.key}/writeoff/cancel",
            )
        elif found is not None:
            self.step(
                lambda ledger, _: ledger.write_off(found.key),
                "POST",
                f"/invoices/{found.key}/writeoff",
            )

    # Money.

    def _wanted(self, kind: str, pick: int, how: str, contact: str) -> dict[str, Decimal]:
        """Return amounts for one or two documents, now and then of another contact."""
        documents = self.ledger.of(PAYS[kind])
        found = [each for each in documents if each.contact == contact or pick % 9 == 0]
        if not found:
            return {}
        first, second = found[pick % len(found)], found[pick // 3 % len(found)]
        wanted = {first.key: self.share(how, self.ledger.left(first))}
        if pick % 2:
            wanted.setdefault(second.key, self.share("half", self.ledger.left(second)))
        return wanted

    @staticmethod
    def rows(kind: str, wanted: dict[str, Decimal]) -> list[dict[str, Any]]:
        key = KINDS[PAYS[kind]][2]
        return [{key: each, "amount_applied": float(number)} for each, number in wanted.items()]

    @rule(pick=PICKS, how=SHARES, more=CENTS)
    def pay(self, pick: int, how: str, more: Decimal) -> None:
        kind = self.kind(pick, PAYMENTS)
        member, contact = self.contact_of(kind, pick // 7)
        wanted = self._wanted(kind, pick, how, contact)
        if not wanted and self.product == "inventory":
            return
        amount = sum(wanted.values(), Decimal(0)) + (more if pick % 3 or not wanted else 0)
        if pick % 11 == 0:
            amount = more
        body = {
            member: contact,
            "payment_mode": "cash",
            "date": self.ledger.today.isoformat(),
            "amount": float(amount),
        }
        if wanted:
            body[PAYS[kind]] = self.rows(kind, wanted)

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            key, _ = self.made(kind, shown)
            new = Document(kind, key, contact, [], amount=amount, status="made")
            ledger.create(new)
            ledger.pay(key, wanted)

        self.step(act, "POST", f"/{kind}", body)

    @rule(pick=PICKS, how=SHARES, more=CENTS, moves=st.booleans())
    def change_payment(self, pick: int, how: str, more: Decimal, moves: bool) -> None:
        found = self.one(pick, *PAYMENTS)
        if found is None:
            return
        member, contact = self.contact_of(found.kind, pick // 7)
        contact = contact if moves else found.contact
        wanted = self._wanted(found.kind, pick, how, contact)
        amount = sum(wanted.values(), Decimal(0)) + more
        body: dict[str, Any] = {"amount": float(amount)}
        if pick % 2 and wanted:
            body[PAYS[found.kind]] = self.rows(found.kind, wanted)
        else:
            pairs = (each for each in self.ledger.applied if each.payer == found.key)
            wanted = {each.document: each.amount for each in pairs}
        if moves:
            body[member] = contact

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            payment = ledger.documents[found.key]
            if payment.refunds and contact != payment.contact:
                raise Refused("it was refunded")
            payment.amount, payment.contact = amount, contact
            ledger.pay(found.key, wanted)

        self.step(act, "PUT", f"/{found.kind}/{found.key}", body)

    @rule(pick=PICKS, how=SHARES)
    def use_credit(self, pick: int, how: str) -> None:
        found = self.one(pick, *CREDITS)
        if found is None:
            return
        wanted = self._wanted(found.kind, pick, how, found.contact)
        wanted = {
            each: min(number, self.ledger.left(found)) if pick % 5 else number
            for each, number in wanted.items()
        }
        wanted = {each: number for each, number in wanted.items() if number}
        if not wanted:
            return
        end = PAYS[found.kind]
        body = {end: self.rows(found.kind, wanted)}
        self.step(
            lambda ledger, _: ledger.use(found.key, wanted),
            "POST",
            f"/{found.kind}/{found.key}/{end}",
            body,
        )

    @rule(pick=PICKS, which=PICKS, how=SHARES)
    def use_on_document(self, pick: int, which: int, how: str) -> None:
        kinds = (
            PAYS
            if self.product == "books"
            else ("customerpayments", "creditnotes", "vendorcredits")
        )
        payer = self.one(pick, *kinds)
        document = self.one(which, PAYS[payer.kind]) if payer is not None else None
        if payer is None or document is None:
            return
        number = self.share(how, min(self.ledger.left(payer), self.ledger.left(document)))
        member, key = {
            "customerpayments": ("invoice_payments", "payment_id"),
            "creditnotes": ("apply_creditnotes", "creditnote_id"),
            "vendorpayments": ("bill_payments", "payment_id"),
            "vendorcredits": ("apply_vendor_credits", "vendor_credit_id"),
        }[payer.kind]
        if document.kind == "bills" and self.product == "inventory":
            return
        body = {member: [{key: payer.key, "amount_applied": float(number)}]}
        self.step(
            lambda ledger, _: ledger.use(payer.key, {document.key: number}),
            "POST",
            f"/{document.kind}/{document.key}/credits",
            body,
        )

    @rule(pick=PICKS, which=PICKS)
    def take_off(self, pick: int, which: int) -> None:
        if not self.ledger.applied:
            return
        found = self.ledger.applied[pick % len(self.ledger.applied)]
        payer, document = (self.ledger.documents[k] for k in (found.payer, found.document))
        above = payer if payer.kind in CREDITS and which % 2 else document
        if document.kind == "bills" and payer.kind == "vendorcredits":
            above = payer
        wanted = 1 if above.kind == "invoices" and payer.kind == "creditnotes" else 0
        end, listed, key, other = BELOW[above.kind][wanted]
        path = f"/{above.kind}/{above.key}/{end}"
        rows = self.plain.get(path)[listed]
        far = document if above is payer else payer
        numbers = ("amount_applied", "amount", "credited_amount")
        mine = [
            row
            for row in rows
            if row.get(other) == far.key and any(row.get(name) == found.amount for name in numbers)
        ]
        assert mine, (path, rows, found)
        self.step(
            lambda ledger, _: ledger.take_off(payer.key, document.key, found.amount),
            "DELETE",
            f"{path}/{mine[0][key]}",
        )

    @rule(pick=PICKS, how=SHARES)
    def refund(self, pick: int, how: str) -> None:
        kinds = [kind for kind in PAYS if kind not in NO_REFUNDS[self.product]]
        found = self.one(pick, *kinds)
        if found is None:
            return
        number = self.share(how, self.ledger.left(found))
        body = {"date": self.ledger.today.isoformat(), "amount": float(number)}
        body.update(dict.fromkeys(("from_account_id", "to_account_id", "account_id"), BANK))
        names = {"customerpayments": "payment_refund"}
        member = names.get(found.kind, f"{KINDS[found.kind][1]}_refund")

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            key = shown.get(member, {}).get(f"{member}_id", "?")
            ledger.refund(found.key, key, number)

        self.step(act, "POST", f"/{found.kind}/{found.key}/refunds", body)

    @rule(pick=PICKS, how=st.sampled_from(("gone", "half", "more", "cent")))
    def change_refund(self, pick: int, how: str) -> None:
        pairs = [(each, key) for each in self.ledger.of(*PAYS) for key in each.refunds]
        if not pairs:
            return
        found, key = pairs[pick % len(pairs)]
        path = f"/{found.kind}/{found.key}/refunds/{key}"
        if how == "gone":
            self.step(
                lambda ledger, _: ledger.documents[found.key].refunds.pop(key), "DELETE", path
            )
            return
        number = self.share(how, self.ledger.left(found) + found.refunds[key])
        self.step(
            lambda ledger, _: ledger.refund(found.key, key, number),
            "PUT",
            path,
            {"amount": float(number)},
        )

    # What is made of what.

    @rule(pick=PICKS, which=PICKS, how=SHARES, lines=LINES)
    def make_of_order(self, pick: int, which: int, how: str, lines: list[Line]) -> None:
        order = self.one(pick, *ORDERS)
        if order is None:
            return
        made = self.ledger.made(order)
        place = which % len(order.parts)
        part = order.parts[place]
        number = self.share(how, order.lines[place].quantity - made[part])
        kind = ORDERS[order.kind]
        taken = attrs.evolve(lines[0], quantity=number, of=part)
        self._create(kind, pick, *self.fit(kind, [taken], Extras()), contact=order.contact)

    @precondition(lambda self: self.product == "books")
    @rule(pick=PICKS)
    def make_of_whole_order(self, pick: int) -> None:
        order = self.one(pick, "salesorders")
        if order is None:
            return

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            key, _ = self.made("invoices", shown)
            lines = ledger.rest(order.key)
            new = Document("invoices", key, order.contact, lines, order.extras, due=ledger.today)
            ledger.create(new)

        self.step(act, "POST", "/invoices/fromsalesorder", salesorder_id=order.key)

    @precondition(lambda self: self.product == "books")
    @rule(pick=PICKS)
    def make_of_estimate(self, pick: int) -> None:
        found = self.one(pick, "estimates")
        if found is not None:
            key = {"contact": found.contact, "invoiced_estimate_id": found.key}
            self._create("invoices", pick, found.lines, found.extras, **key)

    # Goods.

    @precondition(lambda self: self.product == "inventory")
    @rule(pick=PICKS, which=PICKS, how=st.sampled_from(("all", "all", "half", "cent")))
    def move(self, pick: int, which: int, how: str) -> None:
        order = self.one(pick, *ORDERS)
        if order is None or order.status in ("void", "cancelled"):
            return
        place = which % len(order.parts)
        part = order.parts[place]
        left = order.lines[place].quantity - self.ledger.packed(order)[part]
        if left <= 0:
            return
        number = self.share(how, left)
        is_sale = order.kind == "salesorders"
        kind = MOVED[order.kind]
        row = {"so_line_item_id" if is_sale else "line_item_id": part, "quantity": str(number)}
        body = {"date": self.ledger.today.isoformat(), "line_items": [row]}
        status = "not_shipped" if is_sale else "received"

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            key, _ = self.made(kind, shown)
            lines = [Line(number, of=part)]
            new = Document(kind, key, order.contact, lines, status=status, order=order.key)
            ledger.create(new)

        self.step(act, "POST", f"/{kind}", body, **{KINDS[order.kind][2]: order.key})

    @precondition(lambda self: self.product == "inventory")
    @rule(pick=PICKS)
    def ship(self, pick: int) -> None:
        waiting = [each for each in self.ledger.of("packages") if each.status == "not_shipped"]
        if not waiting:
            return
        package = waiting[pick % len(waiting)]
        body = {"date": self.ledger.today.isoformat(), "delivery_method": "Bike"}

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            key, _ = self.made("shipmentorders", shown)
            ledger.documents[package.key].status = "shipped"
            order = package.order
            ledger.create(Document("shipmentorders", key, "", [], status="shipped", order=order))
            ledger.documents[key].parts = [package.key]
            ledger.open_orders()

        self.step(act, "POST", "/shipmentorders", body, package_ids=package.key)

    @precondition(lambda self: self.product == "inventory")
    @rule(pick=PICKS)
    def bring_back(self, pick: int) -> None:
        kinds = ("shipmentorders", "purchasereceives", "packages")
        found = self.one(pick, *kinds)
        if found is None or (found.kind == "packages" and found.status != "not_shipped"):
            return

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            for package in found.parts:
                ledger.documents[package].status = "not_shipped"
            del ledger.documents[found.key]

        self.step(act, "DELETE", f"/{found.kind}/{found.key}")

    @precondition(lambda self: self.product == "inventory")
    @rule(number=st.integers(-900, 900).filter(bool))
    def adjust(self, number: int) -> None:
        quantity = Decimal(number).scaleb(-2)
        line = {"item_id": self.item, "quantity_adjusted": str(quantity)}
        body = {"reason": "?", "adjustment_type": "quantity", "line_items": [line]}

        def act(ledger: Ledger, shown: dict[str, Any]) -> None:
            ledger.adjusted[shown["inventory_adjustment"]["inventory_adjustment_id"]] = quantity

        self.step(act, "POST", "/inventoryadjustments", {"date": "2026-01-15", **body})

    @precondition(lambda self: self.ledger.adjusted)
    @rule(pick=PICKS)
    def forget_adjustment(self, pick: int) -> None:
        keys = list(self.ledger.adjusted)
        key = keys[pick % len(keys)]
        self.step(
            lambda ledger, _: ledger.adjusted.pop(key), "DELETE", f"/inventoryadjustments/{key}"
        )

    # People and time.

    @rule(pick=PICKS)
    def delete_contact(self, pick: int) -> None:
        everybody = [*self.customers, *self.vendors]
        key = everybody[pick % 4]
        if any(each.contact == key for each in self.ledger.of(*WRITTEN, *PAYMENTS)):

            def act(ledger: Ledger, shown: dict[str, Any]) -> None:
                raise Refused("its transactions go first")

            self.step(act, "DELETE", f"/contacts/{key}")

    @rule()
    def sleep(self) -> None:
        self.sandbox.clock.move(days=1)
        self.ledger.today = self.today()
        self.plain.token = self.sandbox.access_token()
        for each in self.ledger.of("estimates"):
            each.status = self.ledger.status(each)
        for kind in ("invoices", "bills", "estimates"):
            if self.product == "books" or kind not in OF_BOOKS:
                self.plain.get(f"/{kind}")

    # The comparison.

    @invariant()
    def both_say_the_same(self) -> None:
        if not hasattr(self, "item"):
            return
        for kind in (*WRITTEN, *PAYMENTS):
            if self.product == "books" or kind not in OF_BOOKS:
                self.same(kind)
        for key in (*self.customers, *self.vendors):
            shown = self.plain.get(f"/contacts/{key}")["contact"]
            for member, number in self.ledger.contact(key).items():
                assert shown[member] == number, (key, member, shown[member], number)
        if self.item:
            row = self.plain.get(f"/items/{self.item}")["item"]
            counts = ("stock_on_hand", "available_stock", "actual_available_stock")
            assert tuple(row[name] for name in counts) == self.ledger.stock()

    def same(self, kind: str) -> None:
        """Compare all documents of a kind."""
        resource, _, key = KINDS[kind]
        rows = {str(row[key]): row for row in self.sandbox.rows(resource, product=self.product)}
        mine = {each.key: each for each in self.ledger.of(kind)}
        assert set(rows) == set(mine)
        for each, row in rows.items():
            document = mine[each]
            whole = "amount" if kind in PAYMENTS else "total"
            assert row[whole] == document.total, (kind, document, row[whole], document.total)
            left = {"customerpayments": "unused_amount"}.get(kind, "balance")
            if kind in (*OWED, *PAYS):
                assert row[left] == self.ledger.left(document), (document, row[left])
            if kind not in PAYMENTS:
                now = self.ledger.status(document)
                assert row["status"] == now, (document, row["status"], now)
