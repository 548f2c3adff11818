"""The random walk: calls on documents of every kind, each held against the ledger (ledger.py)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule
from ledger import ORDERS, PAYMENTS, Ledger, Refused
from paper import GROUPS, TAXES, Extras, Line
from walk_calls import LINES, PICKS, SHARES, WRITTEN
from walk_goods import GoodsRules
from walk_turns import TurnRules


class Walk(TurnRules, GoodsRules):
    """One walk: documents come, change, become others and go."""

    @initialize()
    def begin(self) -> None:
        self.set_up()
        for pick, kind in enumerate(WRITTEN):
            if self.has(kind):
                line = Line(
                    Decimal(3), Decimal("33.35"), tax=("low", "stacked")[pick % 2], item="tea"
                )
                self._create(kind, pick, *self.fit(kind, [line], Extras()))

    # What is made of what.

    @rule(pick=PICKS, which=PICKS, how=SHARES, lines=LINES)
    def make_of_order(self, pick: int, which: int, how: str, lines: tuple[Line, ...]) -> None:
        order = self.one(pick, *ORDERS)
        if order is None:
            return
        made = self.ledger.made(order)
        place = which % len(order.parts)
        part = order.parts[place]
        number = self.share(how, order.lines[place].quantity - made[part])
        kind = ORDERS[order.kind]
        taken = attrs.evolve(lines[0], quantity=number, of=part)
        fitted = self.fit(kind, [taken], Extras())
        self._create(kind, pick, *fitted, contact=order.contact)

    @precondition(lambda self: self.product == "books")
    @rule(pick=PICKS)
    def make_of_whole_order(self, pick: int) -> None:
        order = self.one(pick, "salesorders")
        if order is None:
            return

        def act(ledger: Ledger, said: dict[str, Any]) -> None:
            key, _ = self.made("invoices", said)
            new = attrs.evolve(order, kind="invoices", key=key, status="draft", parts=[])
            ledger.create(attrs.evolve(new, lines=ledger.rest(order.key), due=ledger.today))

        self.step(act, "POST", "/invoices/fromsalesorder", salesorder_id=order.key)

    @precondition(lambda self: self.product == "books")
    @rule(pick=PICKS)
    def make_of_estimate(self, pick: int) -> None:
        found = self.one(pick, "estimates")
        if found is not None:
            of = {"contact": found.contact, "invoiced_estimate_id": found.key}
            self._create("invoices", pick, found.lines, found.extras, is_draft=False, **of)

    # What others name, and time.

    @rule(pick=PICKS)
    def delete_contact(self, pick: int) -> None:
        everybody = [*self.customers, *self.vendors]
        key = everybody[pick % len(everybody)]
        if any(each.contact == key for each in self.ledger.of(*WRITTEN, *PAYMENTS)):
            self.step(_refuse, "DELETE", f"/contacts/{key}")

    @rule(name=st.sampled_from((*TAXES, *GROUPS)))
    def delete_tax(self, name: str) -> None:
        """Try to delete a tax of a group, or a group that lines bear."""
        if name in GROUPS:
            lines = (line for each in self.ledger.of(*WRITTEN) for line in each.lines)
            if any(line.tax == name for line in lines):
                self.step(_refuse, "DELETE", f"/settings/taxgroups/{self.taxes[name]}")
        else:
            self.step(_refuse, "DELETE", f"/settings/taxes/{self.taxes[name]}")

    @rule(code=st.sampled_from(("EUR", "JPY", "KWD")))
    def delete_currency(self, code: str) -> None:
        """Try to delete the currency of a contact."""
        self.step(_refuse, "DELETE", f"/settings/currencies/{self.currencies[code]}")

    @rule()
    def sleep(self) -> None:
        self.sandbox.clock.move(days=1)
        self.ledger.today = self.today()
        self.plain.token = self.sandbox.access_token()
        for each in self.ledger.of("estimates"):
            each.status = self.ledger.status(each)
        for kind in ("invoices", "bills", "estimates"):
            if self.has(kind):
                self.plain.get(f"/{kind}")
        self.same()


def _refuse(ledger: Ledger, said: dict[str, Any]) -> None:
    raise Refused("others name it")
