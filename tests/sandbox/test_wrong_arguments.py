"""What callers get wrong raises our own errors, which say what to do, before any call."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from typing import Any

import pytest
from making import line, saved_invoice

from zohorm import ZohoInventory
from zohorm import fields as f
from zohorm.books import Contact, Invoice, ZohoBooks
from zohorm.books.invoice import LineItem
from zohorm.errors import (
    InvalidValue,
    ReadOnlyField,
    Unsupported,
    WrongType,
)
from zohorm.model import Embedded, Model
from zohorm.resource import Operation
from zohorm.sandbox import Sandbox

RECURSIVE: list[object] = []
RECURSIVE.append(RECURSIVE)


@pytest.mark.parametrize(
    "filters",
    [{"customer_name": "\ud800"}, {"invoice_number__startswith": "a\udfff"}, {"total": 10**5000}],
    ids=["text", "begin", "number"],
)
def test_a_filter_that_cannot_be_written_is_refused(
    filters: Any, sandbox: Sandbox, books: ZohoBooks
) -> None:
    with pytest.raises(InvalidValue):
        list(Invoice.iterate(**filters))
    with pytest.raises(InvalidValue):
        Invoice.iterate().params(x="\ud800")

    assert sandbox.calls == []


@pytest.mark.parametrize("name", ["id", "number", "key", "raw", "is_new"])
def test_what_is_worked_out_here_cannot_be_assigned(name: str, books: ZohoBooks) -> None:
    with pytest.raises(ReadOnlyField, match=f"Invoice.{name}"):
        setattr(Invoice(), name, "5")


def test_a_field_cannot_be_deleted_and_says_how_to_clear(books: ZohoBooks) -> None:
    for name in ("notes", "line_items", "save", "id", "unknown"):
        with pytest.raises(ReadOnlyField, match="None"):
            delattr(Invoice(), name)


@pytest.mark.parametrize("value", [10**5000, -(10**4400)], ids=["long", "negative"])
def test_a_number_of_thousands_of_digits_is_refused(value: int, books: ZohoBooks) -> None:
    invoice = Invoice()
    with pytest.raises(InvalidValue, match="payment_terms"):
        invoice.payment_terms = value
    with pytest.raises(InvalidValue, match="exchange_rate"):
        invoice.exchange_rate = value  # type: ignore[assignment]
    with pytest.raises(InvalidValue):
        invoice["x"] = value


def test_an_endless_list_is_refused(books: ZohoBooks) -> None:
    with pytest.raises(InvalidValue, match="endless"):
        Invoice()["x"] = RECURSIVE


def test_an_absurd_whole_number_is_refused_at_once(sandbox: Sandbox, books: ZohoBooks) -> None:
    row = {"invoice_id": "5", "payment_terms": Decimal("1e1000000")}
    invoice = books.record(Invoice, row, whole=True)

    with pytest.raises(InvalidValue, match="payment_terms"):
        invoice.payment_terms  # noqa: B018


@pytest.mark.parametrize("thing", [5, None, "x", LineItem, Contact])
def test_only_records_are_attached(thing: Any, sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(WrongType):
        books.attach(thing)


@pytest.mark.parametrize("model", [5, None, "Invoice", LineItem, line(), Model, object])
def test_only_models_are_got(model: Any, sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(WrongType):
        books.get(model, "1")

    assert sandbox.calls == []


@pytest.fixture
def inventory(sandbox: Sandbox) -> Iterator[ZohoInventory]:
    with closing(ZohoInventory(**sandbox.credentials, clock=sandbox.clock)) as session:
        yield session


def test_a_model_of_books_is_not_read_through_inventory(
    sandbox: Sandbox, inventory: ZohoInventory
) -> None:
    with pytest.raises(WrongType, match="books"):
        inventory.get(Invoice, "5")
    with pytest.raises(WrongType, match="books"):
        inventory.record(Invoice, {"invoice_id": "5"})

    assert sandbox.calls == []


def test_a_link_is_not_set_as_a_raw_member(books: ZohoBooks) -> None:
    invoice = Invoice()

    with pytest.raises(Unsupported, match="customer"):
        invoice["customer"] = "5"

    assert not invoice.is_changed


def test_data_of_an_action_is_plain_and_can_be_pickled(sandbox: Sandbox, books: ZohoBooks) -> None:
    content = saved_invoice("Tea").email_content()

    assert type(content) is dict
    assert pickle.loads(pickle.dumps(content)) == content


# Corrections.


class Tax(Embedded):
    """A tax."""

    name: f.Field[str | None] = f.text()


def test_a_member_may_become_one_of_another_kind(sandbox: Sandbox, books: ZohoBooks) -> None:
    class Thing(
        Model,
        product="books",
        path="things",
        key="thing",
        list_key="things",
        id="thing_id",
        operations={"get": Operation("GET", "/things/{thing_id}")},
    ):
        thing_id: f.ReadOnly[str] = f.read_only(f.identifier())
        taxes: f.Field[str | None] = f.text()

    Thing.extend(taxes=f.many(Tax))
    thing = Thing()
    assert list(thing.taxes) == []  # type: ignore[arg-type]
    thing.taxes = [Tax(name="VAT")]  # type: ignore[assignment]
    assert thing.changes()["taxes"].new == [{"name": "VAT"}]

    Thing.extend(taxes=f.text())
    again = Thing(taxes="all")
    assert again.taxes == "all"
    assert again.to_dict() == {"taxes": "all"}


@pytest.mark.parametrize("name", ["product", "name", "path", "id", "number", "parent", "x"])
def test_only_facts_that_may_be_wrong_are_corrected(name: str) -> None:
    with pytest.raises(WrongType, match=rf"{name!r}.*list_key"):
        Invoice.extend({name: "inventory"})

    assert Invoice.facts().product == "books"


# Sessions from the environment.


@pytest.fixture
def named(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("client_id", "client_secret", "refresh_token", "organization_id"):
        monkeypatch.setenv(f"ZOHO_{name.upper()}", str(sandbox.credentials[name]))  # type: ignore[literal-required]
    monkeypatch.setenv("ZOHO_REGION", "us")


@pytest.mark.usefixtures("named")
def test_what_is_passed_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(ZohoBooks.from_env(region="eu")) as books:
        assert books.region.code == "eu"
    with closing(ZohoBooks.from_env(organization_id="77")) as books:
        assert (books.organization_id, books.region.code) == ("77", "us")
    monkeypatch.delenv("ZOHO_ORGANIZATION_ID")
    with closing(ZohoBooks.from_env("78", "in")) as books:
        assert (books.organization_id, books.region.code) == ("78", "in")
