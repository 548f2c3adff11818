"""The demo organization: 1,000 contacts, 500 items, 5,000 invoices, the same in every run."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache

import attrs

from zohorm.sandbox import exact, words
from zohorm.sandbox.catalogue import Product
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.organizations import CURRENCIES
from zohorm.sandbox.resources.parts import rows_of
from zohorm.sandbox.rows import blank, list_row
from zohorm.sandbox.rules import taxes, totals
from zohorm.sandbox.rules.amounts import amount, rounded
from zohorm.sandbox.rules.currencies import Money
from zohorm.sandbox.rules.invoices import OPEN
from zohorm.sandbox.rules.lines import Counted, count
from zohorm.sandbox.rules.taxes import TAXES
from zohorm.sandbox.store import IDS, Store, id_number
from zohorm.sandbox.tables import Written

CONTACTS = 1000
ITEMS = 500
INVOICES = 5000
_SEED = 20260115
_RATES = {"USD": Decimal(1), "EUR": Decimal("1.087"), "JPY": Decimal("0.006385")}
_DAYS = 540
# Statuses with their weights, for invoices past their due date and for the others.
_LATE: tuple[Sequence[str], Sequence[int]] = (("paid", "overdue", "void"), (80, 16, 4))
_EARLY: tuple[Sequence[str], Sequence[int]] = (
    ("sent", "draft", "partially_paid", "paid", "void"),
    (45, 25, 15, 12, 3),
)
_QUANTITIES = [Decimal(each) for each in ("1", "2", "3", "5", "10", "0.5", "12.25")]
# What a line has of its own, beside what its item says, and an invoice beside its customer.
_TEXTS_OF_INVOICE = (
    "invoice_id",
    "invoice_number",
    "date",
    "due_date",
    "reference_number",
    "notes",
    "created_time",
    "last_modified_time",
    "status",
    "last_payment_date",
)
_AMOUNTS_OF_INVOICE = ("sub_total", "tax_total", "total", "balance", "payment_made")
_OF_INVOICE = {
    **{name: f'"%({name})s"' for name in _TEXTS_OF_INVOICE},
    **{name: f"%({name})s" for name in (*_AMOUNTS_OF_INVOICE, "taxes", "is_emailed", "line_items")},
}
_AMOUNTS_OF_LINE = ("quantity", "discount", "discount_amount", "item_total")
_OF_LINE = {
    "line_item_id": '"%(line_item_id)s"',
    "item_order": "%(item_order)s",
    **{name: f"%({name})s" for name in _AMOUNTS_OF_LINE},
}
# Most amounts of lines come again and again.
_plain = lru_cache(maxsize=4096)(exact.plain)
_PHOENIX = dt.timezone(dt.timedelta(hours=-7))


@attrs.define
class _Demo:
    """What the making of the demo data works with."""

    store: Store
    product: Product
    organization: str
    today: dt.date
    rng: random.Random = attrs.Factory(lambda: random.Random(_SEED))
    used_ids: int = 0

    def next_id(self) -> str:
        """Return a new id; quicker than to ask the store 25,000 times."""
        self.used_ids += 1
        return id_number(self.used_ids)

    def stamp(self, day: dt.date) -> str:
        """Return an instant of a day in the organization's zone."""
        seconds = self.rng.randrange(8 * 3600, 18 * 3600)
        moment = dt.datetime.combine(day, dt.time(), _PHOENIX) + dt.timedelta(seconds=seconds)
        # Quicker than strftime; Phoenix has no daylight saving.
        return moment.isoformat()[:19] + "-0700"


@attrs.frozen
class _Base:
    """What rows have in common: their members, and texts with places for those of their own."""

    row: Row
    whole: str
    short: str = ""


def fill(store: Store, product: Product, organization: str, *, today: dt.date) -> None:
    """Store the demo data in one organization."""
    demo = _Demo(store, product, organization, today)
    contacts = [_contact(demo, number) for number in range(CONTACTS)]
    items = [_item(demo, number) for number in range(ITEMS)]
    customers = [row for row in contacts if row["contact_type"] == "customer"]
    resource = product.resources["Invoice"]
    store.insert_written(resource, organization, _invoices(demo, customers, items))
    # What a contact owes is known only now.
    _insert(demo, "Contact", contacts)
    _insert(demo, "Item", items)
    store.set_value("", IDS, demo.used_ids)
    store.set_value(organization, product.resources["Invoice"].table, INVOICES)


def _insert(demo: _Demo, name: str, rows: Sequence[Row]) -> None:
    resource = demo.product.resources[name]
    demo.store.insert_many(resource, demo.organization, ((row, "") for row in rows))
    if name != "Contact":
        return
    persons = demo.product.resources["ContactPerson"]
    made: list[tuple[Row, str]] = []
    for row in rows:
        for each in rows_of(row["contact_persons"]):
            person = {**blank(persons), **each}
            if "contact_id" in person:
                person["contact_id"] = row["contact_id"]
            made.append((person, str(row["contact_id"])))
    demo.store.insert_many(persons, demo.organization, made)


def _contact(demo: _Demo, number: int) -> Row:
    rng = demo.rng
    row = blank(demo.product.resources["Contact"])
    name = words.COMPANIES[number % len(words.COMPANIES)]
    branch = number // len(words.COMPANIES)
    town, state, country = rng.choice(words.TOWNS)
    code = rng.choices(("USD", "EUR", "JPY"), (6, 3, 1))[0]
    days, label = rng.choice(words.TERMS)
    stamp = demo.stamp(demo.today - dt.timedelta(days=_DAYS + 60 - number // 20))
    persons = [_person(demo, first=place == 0) for place in range(rng.choice((1, 1, 1, 2)))]
    address: Row = {
        "attention": f"{persons[0]['first_name']} {persons[0]['last_name']}",
        "address": f"{rng.randrange(1, 400)} {rng.choice(('Main St', 'Ringstraße', '中央通り'))}",
        "city": town,
        "state": state,
        "zip": f"{rng.randrange(10000, 99999)}",
        "country": country,
    }
    _set(
        row,
        contact_id=demo.next_id(),
        contact_name=f"{name} {branch + 1}" if branch else name,
        company_name=name,
        contact_type="vendor" if rng.random() < 0.15 else "customer",
        customer_sub_type="business",
        payment_terms=days,
        payment_terms_label=label,
        currency_id=CURRENCIES[code][2],
        currency_code=code,
        currency_symbol=CURRENCIES[code][0],
        status="inactive" if rng.random() < 0.04 else "active",
        contact_persons=list[Json](persons),
        primary_contact_id=persons[0]["contact_person_id"],
        billing_address={"address_id": demo.next_id(), **address},
        shipping_address={"address_id": demo.next_id(), **address},
        created_time=stamp,
        last_modified_time=stamp,
    )
    _set(row, **{n: persons[0][n] for n in ("first_name", "last_name", "email", "phone", "mobile")})
    return row


def _person(demo: _Demo, *, first: bool) -> Row:
    rng = demo.rng
    row = blank(demo.product.resources["Contact"], "ContactPerson")
    key = demo.next_id()
    _set(
        row,
        contact_person_id=key,
        first_name=rng.choice(words.FIRST_NAMES),
        last_name=rng.choice(words.LAST_NAMES),
        email=f"person.{key[-6:]}@example.com",
        phone=f"+1-555-01{rng.randrange(100):02d}",
        mobile="",
        is_primary_contact=first,
    )
    return row


def _item(demo: _Demo, number: int) -> Row:
    rng = demo.rng
    row = blank(demo.product.resources["Item"])
    is_service = number % 10 == 9
    stamp = demo.stamp(demo.today - dt.timedelta(days=_DAYS + 60 - number // 20))
    kinds = words.SERVICES if is_service else words.GOODS
    name, unit = kinds[number % len(kinds)]
    variant = words.VARIANTS[number // len(kinds) % len(words.VARIANTS)]
    round_number = number // (len(kinds) * len(words.VARIANTS))
    _set(
        row,
        item_id=demo.next_id(),
        name=f"{name} {variant}" + (f" {number}" if round_number or is_service else ""),
        description=f"{name}, {variant}",
        rate=Decimal(rng.randrange(100, 90000)) / 100,
        unit=unit,
        sku=f"SKU-{number + 1:04d}",
        status="inactive" if rng.random() < 0.04 else "active",
        product_type="service" if is_service else "goods",
        tax_id=rng.choice(tuple(TAXES)),
        created_time=stamp,
        last_modified_time=stamp,
    )
    taxes.show(row, taxes.GIVEN[str(row["tax_id"])])
    return row


def _invoices(demo: _Demo, customers: Sequence[Row], items: Sequence[Row]) -> Iterator[Written]:
    """Yield the invoices, the oldest first, each with its texts."""
    days = sorted(demo.rng.randrange(_DAYS) for _ in range(INVOICES))
    bases: dict[str, _Base] = {}
    lines: dict[tuple[str, str], _Base] = {}
    for number in range(1, INVOICES + 1):
        customer = demo.rng.choice(customers)
        key = str(customer["contact_id"])
        if key not in bases:
            bases[key] = _of_customer(demo, customer)
        day = demo.today - dt.timedelta(days=days[-number])
        yield _invoice(demo, number, day, customer, bases[key], items, lines)


def _invoice(
    demo: _Demo,
    number: int,
    day: dt.date,
    customer: Row,
    base: _Base,
    items: Sequence[Row],
    lines: dict[tuple[str, str], _Base],
) -> Written:
    rng = demo.rng
    row = dict(base.row)
    due = day + dt.timedelta(days=int(amount(customer, "payment_terms")))
    stamp = demo.stamp(day)
    row["invoice_id"] = demo.next_id()
    row["invoice_number"] = f"INV-{number:06d}"
    row["date"], row["due_date"] = day.isoformat(), due.isoformat()
    row["reference_number"] = f"PO-{rng.randrange(10**6):06d}" if rng.random() < 0.3 else ""
    code = str(customer["currency_code"])
    length = rng.choice((1, 2, 2, 3, 3, 4, 6))
    made = [_line(demo, place, rng.choice(items), code, lines) for place in range(length)]
    row["line_items"] = [line for line, _, _ in made]
    row["notes"] = "Danke für Ihren Einkauf! ありがとうございます" if rng.random() < 0.5 else ""
    row["created_time"] = row["last_modified_time"] = stamp
    _sum_up(row, [counted for _, _, counted in made], code)
    _pay(demo, row, customer, due)
    texts = {name: row[name] for name in _TEXTS_OF_INVOICE}
    for name in _AMOUNTS_OF_INVOICE:
        texts[name] = _plain(amount(row, name))
    texts["taxes"] = exact.write(row["taxes"])
    texts["is_emailed"] = "true" if row["is_emailed"] else "false"
    texts["line_items"] = f"[{','.join([text for _, text, _ in made])}]"
    return row, base.short % texts, base.whole % texts


def _sum_up(row: Row, counted: Sequence[Counted], code: str) -> None:
    sums = totals.sums(row, counted, Money(places=CURRENCIES[code][1]))
    for name in ("sub_total", "tax_total", "total"):
        row[name] = sums[name]
    row["taxes"] = [
        {"tax_name": each["tax_name"], "tax_amount": each["tax_amount"]}
        for each in rows_of(sums["taxes"])
    ]


def _of_customer(demo: _Demo, customer: Row) -> _Base:
    """Return an invoice with what it takes from its customer."""
    resource = demo.product.resources["Invoice"]
    row = blank(resource)
    code = str(customer["currency_code"])
    primary = rows_of(customer["contact_persons"])[0]
    person: Row = {name: primary[name] for name in ("contact_person_id", "first_name", "last_name")}
    _set(
        row,
        payment_terms=customer["payment_terms"],
        payment_terms_label=customer["payment_terms_label"],
        customer_id=customer["contact_id"],
        customer_name=customer["contact_name"],
        currency_id=customer["currency_id"],
        currency_code=code,
        price_precision=CURRENCIES[code][1],
        exchange_rate=_RATES[code],
        is_discount_before_tax=True,
        contact_persons_associated=[{**person, "contact_person_email": primary["email"]}],
        billing_address=_printed(customer["billing_address"]),
        shipping_address=_printed(customer["shipping_address"]),
    )
    return _Base(row, _form(row, _OF_INVOICE), _form(list_row(resource, row), _OF_INVOICE))


def _pay(demo: _Demo, row: Row, customer: Row, due: dt.date) -> None:
    """Choose a status that fits the due date, and with it what is paid and what is owed."""
    statuses, weights = _LATE if due < demo.today else _EARLY
    status = demo.rng.choices(statuses, weights)[0]
    total = amount(row, "total")
    paid = total if status == "paid" else Decimal(0)
    if status == "partially_paid" or (status == "overdue" and demo.rng.random() < 0.2):
        paid = rounded(
            total * demo.rng.randrange(10, 90) / 100, int(amount(row, "price_precision"))
        )
    if paid:
        row["last_payment_date"] = min(due, demo.today).isoformat()
    row["status"] = status
    row["payment_made"] = paid
    row["is_emailed"] = status not in ("draft", "void")
    row["balance"] = Decimal(0) if status == "void" else total - paid
    if status in OPEN:
        owed = amount(customer, "outstanding_receivable_amount")
        customer["outstanding_receivable_amount"] = owed + amount(row, "balance")


def _line(
    demo: _Demo, place: int, item: Row, code: str, bases: dict[tuple[str, str], _Base]
) -> tuple[Row, str, Counted]:
    """Return a line of an invoice, its text, and what it comes to."""
    key = (str(item["item_id"]), code)
    if key not in bases:
        bases[key] = _of_item(demo, item, code)
    line = dict(bases[key].row)
    places = CURRENCIES[code][1]
    line["line_item_id"] = demo.next_id()
    line["quantity"] = quantity = demo.rng.choice(_QUANTITIES)
    if demo.rng.random() < 0.1:
        discount = rounded(amount(line, "rate") * quantity / 20, places)
        line["discount"] = line["discount_amount"] = discount
    line["item_order"] = place + 1
    counted = count(line, line, taxes.GIVEN[str(line["tax_id"])], Money(places=places))
    line["item_total"] = counted.net
    texts = {name: _plain(amount(line, name)) for name in _AMOUNTS_OF_LINE}
    own = {"line_item_id": line["line_item_id"], "item_order": place + 1, **texts}
    return line, bases[key].whole % own, counted


def _of_item(demo: _Demo, item: Row, code: str) -> _Base:
    """Return a line with what it takes from its item, in a currency."""
    line = blank(demo.product.resources["Invoice"], "LineItem")
    rate = rounded(amount(item, "rate") / _RATES[code], CURRENCIES[code][1])
    _set(
        line,
        item_id=item["item_id"],
        name=item["name"],
        description=item["description"],
        unit=item["unit"],
        rate=rate,
        bcy_rate=rounded(rate * _RATES[code]),
        discount=Decimal(0),
        discount_amount=Decimal(0),
        tax_id=item["tax_id"],
        tax_percentage=item["tax_percentage"],
        tax_name=item["tax_name"],
        tax_type="tax",
        product_type=item["product_type"],
    )
    return _Base(line, _form(line, _OF_LINE))


def _form(row: Row, own: Mapping[str, str]) -> str:
    """Return the text of a row, with the places that `own` says in the manner of `%`."""
    marked = {**row, **{name: f"<{name}>" for name in own if name in row}}
    text = exact.write(marked).replace("%", "%%")
    for name, place in own.items():
        text = text.replace(f'"<{name}>"', place)
    return text


def _printed(address: Json) -> Json:
    if not isinstance(address, dict):
        return {}
    return {name: address.get(name, "") for name in ("address", "city", "state", "zip", "country")}


def _set(row: Row, **values: Json) -> None:
    """Set those members that the facts of this product have."""
    row.update({name: value for name, value in values.items() if name in row})
