"""Calls of the random walk: what it sends, what the ledger says of it, and the comparison of both.

The rules of the walk are in random_walk.py, walk_documents.py, walk_money.py, walk_turns.py and
walk_goods.py.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, ClassVar

import attrs
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine
from ledger import CREDITS, ORDERS, OWED, PAYMENTS, PAYS, RETAINERS, Document, Ledger, Refused
from paper import GROUPS, PRICES, TAXES, Extras, Line, Money
from plain import Plain
from shelves import OPENING, PARTS, shown, stock

from zohorm.sandbox import Sandbox

Act = Callable[[Ledger, dict[str, Any]], object]
DAY = "2026-01-15"
# Collection, resource, member of the answer, id.
KINDS = {
    "invoices": ("Invoice", "invoice", "invoice_id"),
    "retainerinvoices": ("RetainerInvoice", "retainerinvoice", "retainerinvoice_id"),
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
    "inventoryadjustments": (
        "ItemAdjustment",
        "inventory_adjustment",
        "inventory_adjustment_id",
    ),
    "transferorders": ("TransferOrder", "transfer_order", "transfer_order_id"),
    "bundles": ("Bundle", "bundle", "bundle_id"),
}
SALES = ("invoices", "estimates", "salesorders")
OF_CUSTOMERS = (*SALES, RETAINERS, "creditnotes", "customerpayments")
WRITTEN = (*SALES, RETAINERS, "bills", "purchaseorders", *CREDITS)
OF_BOOKS = ("estimates", "vendorpayments", RETAINERS)
DUE = {"invoices": "due_date", "bills": "due_date", "estimates": "expiry_date"}
# What documents of a kind have beside their lines, and rates that may include tax.
HAVE: dict[object, tuple[str, ...]] = {
    **dict.fromkeys(SALES, ("discount", "is_before_tax", "kind", "shipping", "adjustment")),
    ("books", "purchaseorders"): ("discount", "is_before_tax"),
    ("books", "bills"): ("adjustment", "is_taxed_by_line"),
    ("inventory", "bills"): ("is_taxed_by_line",),
}
SENT = {
    "discount": "discount",
    "is_before_tax": "is_discount_before_tax",
    "kind": "discount_type",
    "shipping": "shipping_charge",
    "adjustment": "adjustment",
    "is_inclusive": "is_inclusive_tax",
    "is_taxed_by_line": "is_item_level_tax_calc",
}
# Places of the currency, and prices in that of the organization.
CURRENCIES = {
    "USD": (2, ("1",)),
    "EUR": (2, ("1.18", "0.915")),
    "JPY": (0, ("0.0064",)),
    "KWD": (3, ("3.25", "66.943366")),
}
CUSTOMERS = {"Ada": "USD", "Zoë": "KWD", "Kei": "JPY"}
VENDORS = {"Oak": "USD", "Elm": "EUR"}

PICKS = st.integers(0, 999)
SHARES = st.sampled_from(("all", "all", "half", "more", "cent"))
HUNDREDTHS = st.integers(1, 900).map(lambda number: Decimal(number).scaleb(-2))
LINES = st.lists(
    st.builds(
        Line,
        quantity=HUNDREDTHS,
        rate=st.none() | st.integers(100, 99_999).map(lambda number: Decimal(number).scaleb(-2)),
        discount=st.sampled_from(("0", "0", "0", "12.5%", "33.3%", "0.45")),
        tax=st.sampled_from(("", "", *TAXES, *GROUPS)),
        item=st.sampled_from(("tea", "tea", "cup", "box", "set")),
        place=st.sampled_from(("", "harbour", "hill")),
    ),
    min_size=1,
    max_size=3,
).map(tuple)
EXTRAS = st.builds(
    Extras,
    discount=st.sampled_from(("0", "0", "10%", "7.77%", "0.61")),
    is_before_tax=st.booleans(),
    kind=st.sampled_from(("", "entity_level", "item_level")),
    shipping=st.sampled_from((Decimal(0), Decimal("4.9"))),
    adjustment=st.sampled_from((Decimal(0), Decimal("-0.01"), Decimal("0.37"))),
    is_inclusive=st.booleans(),
    is_taxed_by_line=st.booleans(),
)


def rows_of(value: Any) -> list[dict[str, Any]]:
    """Return the rows of a member that is a list of them, or not there."""
    return list(value or ())


class Calls(RuleBasedStateMachine):
    """One organization, the calls on it, and the ledger that is asked about each."""

    product: ClassVar[str]
    sandbox: ClassVar[Sandbox]
    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    ledger: Ledger

    def set_up(self) -> None:
        self.sandbox.reset()
        self.sandbox.limits(per_minute=10**6, per_day=10**6)
        self.plain = Plain(self.sandbox)
        version = "v3" if self.product == "books" else "v1"
        self.plain.root = f"{self.sandbox.url}/{self.product}/{version}"
        self.currencies = self._currencies()
        self.customers = {self._contact(name): code for name, code in CUSTOMERS.items()}
        self.vendors = {self._contact(name): code for name, code in VENDORS.items()}
        self.taxes = self._taxes()
        self.places: dict[str, str] = {"": ""}
        self.items: dict[str, str] = {}
        if self.product == "inventory":
            self._items()
        first = ("open", "open") if self.product == "books" else ("confirmed", "issued")
        self.ledger = Ledger(self.today(), dict(zip(ORDERS, first, strict=True)))
        self.number = 0

    def _currencies(self) -> dict[str, str]:
        places, _ = CURRENCIES["KWD"]
        body = {"currency_code": "KWD", "currency_symbol": "KD", "price_precision": places}
        self.plain.post("/settings/currencies", {**body, "currency_format": "1,234.567"})
        listed = self.plain.get("/settings/currencies")["currencies"]
        keys = {row["currency_code"]: row["currency_id"] for row in listed}
        for code, (_, rates) in CURRENCIES.items() if self.product == "books" else ():
            rate = {"effective_date": "2026-01-01", "rate": rates[0]}
            if code != "USD":
                self.plain.post(f"/settings/currencies/{keys[code]}/exchangerates", rate)
        return keys

    def _contact(self, name: str) -> str:
        kind = "vendor" if name in VENDORS else "customer"
        code = {**CUSTOMERS, **VENDORS}[name]
        return self.plain.contact(name, contact_type=kind, currency_id=self.currencies[code])

    def _taxes(self) -> dict[str, str]:
        made: dict[str, str] = {}
        for name, (percentage, is_compound) in TAXES.items():
            kind = "compound_tax" if is_compound else "tax"
            body = {"tax_name": name, "tax_percentage": float(percentage), "tax_type": kind}
            made[name] = self.plain.post("/settings/taxes", body)["tax"]["tax_id"]
        for name, names in GROUPS.items():
            body = {"tax_group_name": name, "taxes": ",".join(made[each] for each in names)}
            group = self.plain.post("/settings/taxgroups", body)["tax_group"]
            made[name] = group["tax_group_id"]
        return made

    def _items(self) -> None:
        for name in ("harbour", "hill"):
            body: dict[str, Any] = {
                "location_name": name,
                "type": "general",
                "address": {"city": "Basel"},
            }
            self.places[name] = self.plain.post("/locations", body)["location"]["location_id"]
        for name, (rate, cost) in PRICES.items():
            parts = [
                {"location_id": self.places[place], "initial_stock": float(number)}
                for (item, place), number in OPENING.items()
                if item == name and place
            ]
            body = {"name": name, "rate": float(rate), "purchase_rate": float(cost)}
            body |= {"item_type": "inventory", "initial_stock_rate": 4}
            body |= {"locations": parts} if parts else {"initial_stock": float(OPENING[name, ""])}
            self.items[name] = self.plain.post("/items", body)["item"]["item_id"]
        for name in PARTS:
            self.items[name] = self._composite(name)

    def _composite(self, name: str) -> str:
        body = {
            "name": name,
            "rate": 30,
            "item_type": "inventory",
            "track_inventory": True,
            "sku": name,
            "initial_stock": 0,
            "initial_stock_rate": 0,
            "purchase_rate": 9,
            "reorder_level": 0,
            "unit": "pc",
            "combo_type": "kit" if name == "set" else "assembly",
            "product_type": "goods",
            "mapped_items": self.mapped(name),
        }
        made: str = self.plain.post("/compositeitems", body)["composite_item"]["composite_item_id"]
        return made

    def mapped(self, name: str) -> list[dict[str, Any]]:
        """Return the parts of a composite item as a client sends them."""
        parts = PARTS[name].items()
        return [{"item_id": self.items[each], "quantity": float(number)} for each, number in parts]

    def today(self) -> dt.date:
        return dt.datetime.fromtimestamp(self.sandbox.clock.time(), tz=dt.UTC).date()

    # Calls, and what the ledger says of them.

    def step(
        self, act: Act, method: str, path: str, body: Any = None, **query: str
    ) -> dict[str, Any]:
        """Make a call, and do the same in the ledger: both refuse it, or neither."""
        type(self).steps += 1
        answer = self.plain.call(method, path, json=body, query=query)
        assert answer.status_code < 500, answer.text
        said: dict[str, Any] = answer.json(parse_float=Decimal)
        trial = copy.deepcopy(self.ledger)
        refused = (0, "")
        try:
            act(trial, said)
        except Refused as error:
            refused = (error.code, str(error))
        assert said["code"] == refused[0], (method, path, body, query, refused, answer.text)
        if not refused[0]:
            self.ledger = trial
        self.done["refused" if refused[0] else f"{method} {path.split('/')[1]}"] += 1
        self.same()
        return said

    def one(self, pick: int, *kinds: str) -> Document | None:
        found = self.ledger.of(*kinds)
        return found[pick % len(found)] if found else None

    def has(self, kind: str) -> bool:
        return self.product == "books" or kind not in OF_BOOKS

    def kind(self, pick: int, kinds: tuple[str, ...]) -> str:
        known = [each for each in kinds if self.has(each)]
        return known[pick % len(known)]

    def contact_of(self, kind: str, pick: int) -> tuple[str, str]:
        """Return the member that names the contact, and one of them."""
        if kind in OF_CUSTOMERS:
            return "customer_id", list(self.customers)[pick % len(CUSTOMERS)]
        return "vendor_id", list(self.vendors)[pick % len(VENDORS)]

    def money(self, contact: str, pick: int) -> Money:
        """Return the currency of a contact, at one of its rates."""
        places, rates = CURRENCIES[{**self.customers, **self.vendors}[contact]]
        return Money(places, Decimal(rates[pick % len(rates)]))

    def usual(self, contact: str) -> Money:
        """Return the currency of a contact at the rate that the organization has set."""
        return self.money(contact, 0)

    def day(self, pick: int) -> dt.date:
        return self.ledger.today + dt.timedelta(days=pick % 6)

    @staticmethod
    def share(how: str, whole: Decimal, unit: Decimal = Decimal("0.01")) -> Decimal:
        """Return an amount of which the ledger knows whether it is too much."""
        if how == "half":
            return max((whole / 2).quantize(unit), unit)
        number = {"all": whole, "more": whole + unit, "cent": unit}[how]
        return max(number, unit)

    def body(self, kind: str, lines: Iterable[Line], extras: Extras) -> dict[str, Any]:
        """Return lines and totals as a client sends them."""
        sent: dict[str, Any] = {"line_items": [self._line(kind, line) for line in lines]}
        for name in self._have(kind):
            value = getattr(extras, name)
            sent[SENT[name]] = float(value) if isinstance(value, Decimal) else value
        if not sent.get("discount_type", True):
            del sent["discount_type"]
        return sent

    def _line(self, kind: str, line: Line) -> dict[str, Any]:
        row: dict[str, Any] = {"description": "Tea", "quantity": str(line.quantity)}
        if kind == RETAINERS:
            del row["quantity"]
        if line.rate is not None:
            row["rate"] = str(line.rate)
        # A line that stays keeps what is not sent.
        row["tax_id"] = self.taxes[line.tax] if line.tax else ""
        if line.item:
            row |= {"item_id": self.items[line.item], "location_id": self.places[line.place]}
        else:
            row["name"] = "Tea"
        if line.of:
            order = "salesorder" if kind == "invoices" else "purchaseorder"
            row[f"{order}_item_id"] = line.of
        if kind in SALES:
            row["discount"] = line.discount
        return row

    def _have(self, kind: str) -> tuple[str, ...]:
        """Return which extras documents of a kind have; those of a retainer are none."""
        more = HAVE.get(kind) or HAVE.get((self.product, kind), ())
        return () if kind == RETAINERS else ("is_inclusive", *more)

    def fit(
        self, kind: str, lines: Iterable[Line], extras: Extras
    ) -> tuple[tuple[Line, ...], Extras]:
        """Leave out what documents of a kind do not have."""
        kept = {name: getattr(extras, name) for name in self._have(kind)}
        return tuple(self._fitting(kind, line) for line in lines), Extras(**kept)

    def _fitting(self, kind: str, line: Line) -> Line:
        if kind not in SALES:
            line = attrs.evolve(line, discount="0")
        if kind == RETAINERS:
            line = attrs.evolve(line, quantity=Decimal(1))
        if self.product == "books":
            return attrs.evolve(line, item="", place="", rate=line.rate or Decimal("20.05"))
        if line.item == "set" and kind not in (*SALES, "creditnotes"):
            line = attrs.evolve(line, item="tea")
        return line if line.item in PRICES else attrs.evolve(line, rate=line.rate or Decimal(30))

    @staticmethod
    def dated(kind: str, due: dt.date) -> dict[str, str]:
        return {DUE[kind]: due.isoformat()} if kind in DUE else {}

    @staticmethod
    def made(kind: str, said: dict[str, Any]) -> tuple[str, list[str]]:
        """Return the id of a new document and those of its lines."""
        _, member, key = KINDS[kind]
        row = said.get(member, {})
        rows = row.get("line_items", []) if kind in ORDERS else []
        return row.get(key, "?"), [each["line_item_id"] for each in rows]

    # The comparison.

    def same(self) -> None:
        """Compare all that both know."""
        for kind in (*WRITTEN, *PAYMENTS):
            if self.has(kind):
                self._same_documents(kind)
        for row in self.sandbox.rows("Contact", product=self.product):
            wanted = self.ledger.contact(str(row["contact_id"]))
            self._same(row, wanted, row)
        if self.items:
            self._same_stock()

    @staticmethod
    def _same(row: dict[str, Any], wanted: dict[str, Any], what: object) -> None:
        """Compare the members that a record has; each that differs is named."""
        pairs = {name: (row[name], value) for name, value in wanted.items() if name in row}
        different = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
        assert not different, (different, what)

    def _same_documents(self, kind: str) -> None:
        resource, _, key = KINDS[kind]
        rows = {str(row[key]): row for row in self.sandbox.rows(resource, product=self.product)}
        mine = {each.key: each for each in self.ledger.of(kind)}
        assert set(rows) == set(mine)
        for each, row in rows.items():
            wanted = self._payment(mine[each]) if kind in PAYMENTS else self._document(mine[each])
            if kind in (*OWED, *PAYS):
                left = "unused_amount" if kind == "customerpayments" else "balance"
                wanted[left] = self.ledger.left(mine[each])
            self._same(row, wanted, mine[each])

    def _payment(self, payment: Document) -> dict[str, Any]:
        in_base = payment.money.in_base
        return {
            "amount": payment.amount,
            "bcy_amount": in_base(payment.amount),
            "bcy_balance": in_base(self.ledger.left(payment)),
            "amount_refunded": sum(payment.refunds.values()),
        }

    def _document(self, document: Document) -> dict[str, Any]:
        return {
            "sub_total": document.sums.sub_total,
            "tax_total": document.sums.tax_total,
            "total": document.total,
            "bcy_total": document.money.in_base(document.total),
            "exchange_rate": document.money.rate,
            "price_precision": document.money.places,
            "status": self.ledger.status(document),
            "payment_drawn": self.ledger.drawn(document),
        }

    def _same_stock(self) -> None:
        entries = list(stock(self.ledger))
        names = {key: name for name, key in self.places.items()}
        rows = self.sandbox.rows("Item", product="inventory")
        rows += self.sandbox.rows("CompositeItem", product="inventory")
        for row in rows:
            name = str(row["name"])
            if name == "set":
                continue
            wanted = shown(entries, name)
            self._same(row, wanted, row)
            for place in rows_of(row.get("locations")):
                there = shown(entries, name, names[str(place["location_id"])])
                self._same(place, {f"location_{each}": there[each] for each in there}, row)
