"""Rules of the random walk that move money: payments, retainers, credits, refunds, write-offs."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from ledger import CREDITS, PAYMENTS, PAYS, RETAINERS, Document, Ledger, Refused
from paper import Money
from walk_calls import KINDS, PICKS, SHARES, Calls

BANK = "4815000000000000321"
CENTS = st.integers(1, 20_000).map(lambda number: Decimal(number).scaleb(-2))
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
# What a call on an invoice or bill takes: the list in its body, and what a row of it names.
TAKES = {
    "customerpayments": ("invoice_payments", "payment_id"),
    "creditnotes": ("apply_creditnotes", "creditnote_id"),
    "vendorpayments": ("bill_payments", "payment_id"),
    "vendorcredits": ("apply_vendor_credits", "vendor_credit_id"),
}


class MoneyRules(Calls):
    """What payments and credits do to the documents of their contacts."""

    def _wanted(self, kind: str, pick: int, how: str, contact: str) -> dict[str, Decimal]:
        """Return amounts for one or two documents, now and then of another contact."""
        documents = self.ledger.of(PAYS[kind])
        found = [each for each in documents if each.contact == contact or pick % 9 == 0]
        if not found:
            return {}
        first, second = found[pick % len(found)], found[pick // 3 % len(found)]
        wanted = {first.key: self._part(how, self.ledger.left(first), first)}
        if pick % 2:
            wanted.setdefault(second.key, self._part("half", self.ledger.left(second), second))
        return wanted

    def _part(self, how: str, whole: Decimal, of: Document) -> Decimal:
        return self.share(how, whole, of.money.unit)

    @staticmethod
    def _rows(kind: str, wanted: dict[str, Decimal]) -> list[dict[str, Any]]:
        key = KINDS[PAYS[kind]][2]
        return [{key: each, "amount_applied": float(number)} for each, number in wanted.items()]

    def _payer(self, kind: str, pick: int) -> str:
        """Return a contact for a payment, rather one with something to pay."""
        _, contact = self.contact_of(kind, pick // 7)
        found = self.one(pick // 5, PAYS[kind])
        return contact if found is None or pick % 4 == 0 else found.contact

    @rule(pick=PICKS, how=SHARES, more=CENTS)
    def pay(self, pick: int, how: str, more: Decimal) -> None:
        kind = self.kind(pick, PAYMENTS)
        contact = self._payer(kind, pick)
        wanted = self._wanted(kind, pick, how, contact)
        if not wanted and self.product == "inventory":
            return
        money = self.money(contact, pick)
        more = max(money.rounded(more), money.unit)
        amount = sum(wanted.values(), Decimal(0)) + (more if pick % 3 or not wanted else 0)
        if pick % 11 == 0:
            amount = more
        self._pay(kind, contact, wanted, amount, money)

    def _pay(
        self, kind: str, contact: str, wanted: dict[str, Decimal], amount: Decimal, money: Money
    ) -> None:
        member, _ = self.contact_of(kind, 0)
        body = self._payment_body(member, contact, amount, money)
        if wanted:
            body[PAYS[kind]] = self._rows(kind, wanted)

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            key, _ = self.made(kind, said)
            ledger.create(
                Document(kind, key, contact, (), money=money, amount=amount, status="made")
            )
            ledger.pay(key, wanted)

        self.step(act, "POST", f"/{kind}", body)

    def _payment_body(
        self, member: str, contact: str, amount: Decimal, money: Money
    ) -> dict[str, Any]:
        return {
            member: contact,
            "payment_mode": "cash",
            "date": self.ledger.today.isoformat(),
            "amount": float(amount),
            "exchange_rate": float(money.rate),
        }

    @precondition(lambda self: self.product == "books")
    @rule(pick=PICKS, how=SHARES)
    def pay_retainer(self, pick: int, how: str) -> None:
        retainer = self.one(pick, RETAINERS)
        if retainer is None:
            return
        _, contact = self.contact_of(RETAINERS, pick // 7)
        contact = contact if pick % 9 == 0 else retainer.contact
        amount = self._part(how, self.ledger.left(retainer), retainer)
        self._retain(retainer, contact, amount, self.money(contact, pick))

    def _retain(self, retainer: Document, contact: str, amount: Decimal, money: Money) -> None:
        kind = "customerpayments"
        member, _ = self.contact_of(kind, 0)
        body = self._payment_body(member, contact, amount, money)
        body["retainerinvoice_id"] = retainer.key

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            key, _ = self.made(kind, said)
            ledger.create(
                Document(kind, key, contact, (), money=money, amount=amount, status="made")
            )
            ledger.retain(key, retainer.key)

        self.step(act, "POST", f"/{kind}", body)

    @rule(pick=PICKS, how=SHARES, more=CENTS, moves=st.booleans())
    def change_payment(self, pick: int, how: str, more: Decimal, moves: bool) -> None:
        found = self.one(pick, *PAYMENTS)
        if found is None:
            return
        member, contact = self.contact_of(found.kind, pick // 7)
        contact = contact if moves else found.contact
        money = self.money(contact, pick) if moves else found.money
        wanted = self._wanted(found.kind, pick, how, contact)
        amount = sum(wanted.values(), Decimal(0)) + max(money.rounded(more), money.unit)
        if pick % 3 == 0:
            amount = found.amount
        body: dict[str, Any] = {"amount": float(amount)}
        if pick % 2 and wanted:
            body[PAYS[found.kind]] = self._rows(found.kind, wanted)
        else:
            wanted = self.ledger.paid_by(found.key)
        if moves:
            body |= {member: contact, "exchange_rate": float(money.rate)}

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            payment = ledger.documents[found.key]
            if payment.refunds and contact != payment.contact:
                raise Refused("it was refunded")
            payment.amount, payment.contact, payment.money = amount, contact, money
            ledger.pay(found.key, wanted)

        self.step(act, "PUT", f"/{found.kind}/{found.key}", body)

    @rule(pick=PICKS, how=SHARES)
    def use_credit(self, pick: int, how: str) -> None:
        found = self.one(pick, *CREDITS)
        if found is None:
            return
        wanted = self._wanted(found.kind, pick, how, found.contact)
        if pick % 5:
            left = self.ledger.left(found)
            wanted = {each: min(number, left) for each, number in wanted.items() if left}
        if not wanted:
            return
        self._use(found.kind, found.key, wanted)

    def _use(self, kind: str, key: str, wanted: dict[str, Decimal]) -> None:
        end = PAYS[kind]
        rows = {end: self._rows(kind, wanted)}
        self.step(lambda ledger, _: ledger.use(key, wanted), "POST", f"/{kind}/{key}/{end}", rows)

    @rule(pick=PICKS, which=PICKS, how=SHARES)
    def use_on_document(self, pick: int, which: int, how: str) -> None:
        payer = self.one(pick, *(kind for kind in PAYS if self.has(kind)))
        if payer is None:
            return
        documents = self.ledger.of(PAYS[payer.kind])
        mine = [each for each in documents if each.contact == payer.contact or which % 7 == 0]
        # Inventory applies nothing by a call on a bill.
        if not mine or (self.product == "inventory" and PAYS[payer.kind] == "bills"):
            return
        document = mine[which % len(mine)]
        left = min(self.ledger.left(payer), self.ledger.left(document))
        number = self._part(how, left, document)
        member, key = TAKES[payer.kind]
        self.step(
            lambda ledger, _: ledger.use(payer.key, {document.key: number}),
            "POST",
            f"/{document.kind}/{document.key}/credits",
            {member: [{key: payer.key, "amount_applied": float(number)}]},
        )

    @rule(pick=PICKS, which=PICKS)
    def take_off(self, pick: int, which: int) -> None:
        applied = self.ledger.on_invoices_and_bills()
        if not applied:
            return
        found = applied[pick % len(applied)]
        payer, document = (self.ledger.documents[k] for k in (found.payer, found.document))
        above = payer if payer.kind in CREDITS and which % 2 else document
        if document.kind == "bills" and payer.kind == "vendorcredits":
            above = payer
        wanted = 1 if above.kind == "invoices" and payer.kind == "creditnotes" else 0
        end, listed, key, other = BELOW[above.kind][wanted]
        path = f"/{above.kind}/{above.key}/{end}"
        far = document if above is payer else payer
        numbers = ("amount_applied", "amount", "credited_amount")
        rows = [row for row in self.plain.get(path)[listed] if row.get(other) == far.key]
        mine = [row for row in rows if any(row.get(each) == found.amount for each in numbers)]
        assert mine, (path, rows, found)
        self.step(
            lambda ledger, _: ledger.applied.remove(found), "DELETE", f"{path}/{mine[0][key]}"
        )

    @rule(pick=PICKS, how=SHARES)
    def refund(self, pick: int, how: str) -> None:
        kinds = [kind for kind in PAYS if kind not in NO_REFUNDS[self.product]]
        found = self.one(pick, *kinds)
        if found is None:
            return
        number = self._part(how, self.ledger.left(found), found)
        body = {"date": self.ledger.today.isoformat(), "amount": float(number)}
        body.update(dict.fromkeys(("from_account_id", "to_account_id", "account_id"), BANK))
        names = {"customerpayments": "payment_refund"}
        member = names.get(found.kind, f"{KINDS[found.kind][1]}_refund")

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            row = said.get(member, {})
            ledger.refund(found.key, row.get(f"{member}_id", "?"), number)
            assert row["amount_bcy"] == found.money.in_base(number), row

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
        number = self._part(how, self.ledger.left(found) + found.refunds[key], found)
        body = {"amount": float(number)}
        self.step(lambda ledger, _: ledger.refund(found.key, key, number), "PUT", path, body)

    @rule(pick=PICKS, is_cancelled=st.booleans())
    def write_off(self, pick: int, is_cancelled: bool) -> None:
        found = self.one(pick, "invoices")
        if found is None:
            return
        if not is_cancelled:
            self._write_off(found)
            return
        path = f"/invoices/{found.key}/writeoff/cancel"
        self.step(lambda ledger, _: ledger.cancel_write_off(found.key), "POST", path)

    def _write_off(self, found: Document) -> None:
        path = f"/invoices/{found.key}/writeoff"
        self.step(lambda ledger, _: ledger.write_off(found.key), "POST", path)
