"""The methods of pyzohoapi 1.0.0 beside loading and saving, its exceptions and its settings.

Each row of `ROWS` is the peer's form, what is done here instead, and the calls that the server
then saw. What every type has is in `test_parity`.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from typing import Any

import attrs
import pytest
from peer_types import (
    BOOKS,
    CUSTOMER,
    INVENTORY,
    INVOICE,
    ITEM,
    KIT,
    ORDER,
    PACKAGE,
    PURCHASE,
    UNUSED_ITEM,
    VENDOR,
    PeerType,
    Seen,
    fill,
    seen,
)

from zohorm import File, ZohoBooks, ZohoInventory, books, errors, inventory
from zohorm.sandbox import Sandbox
from zohorm.session import Session

SESSIONS: dict[str, type[Session]] = {"books": ZohoBooks, "inventory": ZohoInventory}
Way = Callable[[Sandbox, Any], None]
PNG = b"\x89PNG\r\n\x1a\n picture"


@attrs.frozen
class Row:
    """The peer's form, the way of zohorm, and what the server saw."""

    peer: str
    product: str
    way: Way
    saw: tuple[Seen, ...]


ROWS: list[Row] = []


def row(peer: str, product: str, *saw: Seen) -> Callable[[Way], Way]:
    """Note that what follows does what the peer's form did."""

    def note(way: Way) -> Way:
        ROWS.append(Row(peer, product, way, saw))
        return way

    return note


@contextmanager
def block(sandbox: Sandbox, product: str, **settings: Any) -> Iterator[Session]:
    """Give a session in a block of its own, with the records that rows speak of."""
    fill(sandbox, product)
    session = SESSIONS[product](**sandbox.credentials, clock=sandbox.clock, **settings)
    with closing(session), session:
        yield session


# --- Methods of single types -----------------------------------------------------------------


def _switching(product: str, name: str, path: str, key: str) -> None:
    for word, method, end in (
        ("Activate", "mark_active", "active"),
        ("Deactivate", "mark_inactive", "inactive"),
    ):

        def way(sandbox: Sandbox, session: Any, method: str = method) -> None:
            package = {"books": books, "inventory": inventory}[product]
            identifier = key or sandbox.insert(name, {"name": "x"}, product=product)
            getattr(getattr(package, name).at(identifier), method)()

        row(f"{name}.{word}()", product, Seen("POST", f"{path}/{key or '*'}/{end}"))(way)


for _product in ("books", "inventory"):
    _switching(_product, "CompositeItem", "/compositeitems", KIT)
    _switching(_product, "Contact", "/contacts", CUSTOMER)
    _switching(_product, "Item", "/items", ITEM)
    _switching(_product, "ItemGroup", "/itemgroups", "")
    _switching(_product, "User", "/users", "")
_switching("inventory", "PriceList", "/pricebooks", "")
_switching("inventory", "Warehouse", "/settings/warehouses", "")


@row(
    "contact.billing_address.city = ...; contact.UpdateBilling()",
    "books",
    Seen("GET", f"/contacts/{CUSTOMER}"),
    Seen("GET", f"/contacts/{CUSTOMER}"),
    Seen("PUT", f"/contacts/{CUSTOMER}", body={"billing_address": {"city": "Porto"}}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    contact = books.Contact.get(CUSTOMER)
    contact.billing_address.city = "Porto"
    contact.save()
    assert contact.billing_address.city == "Porto"


@row(
    "contact.UpdateShipping()",
    "inventory",
    Seen("GET", f"/contacts/{CUSTOMER}"),
    Seen("GET", f"/contacts/{CUSTOMER}"),
    Seen("PUT", f"/contacts/{CUSTOMER}", body={"shipping_address": {"city": "Porto"}}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    contact = inventory.Contact.get(CUSTOMER)
    contact.shipping_address.city = "Porto"
    contact.save()
    assert contact.shipping_address.city == "Porto"


@row(
    "contact.UpdateBilling(), by the address's own endpoint",
    "books",
    Seen("POST", f"/contacts/{CUSTOMER}/address", body={"city": "Porto"}),
    Seen("PUT", f"/contacts/{CUSTOMER}/address/*", body={"city": "Braga"}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    address = books.Contact.at(CUSTOMER).addresses.create(city="Porto")
    address.city = "Braga"
    address.save()


@row(
    "kit.MakeBundle(3, bundle_date='2026-01-31')",
    "inventory",
    Seen(
        "POST",
        "/bundles",
        body={
            "composite_item_id": KIT,
            "composite_item_name": "Kit",
            "date": "2026-01-31",
            "quantity_to_bundle": 3,
            "is_completed": True,
            "line_items": [{"item_id": ITEM, "quantity_consumed": 6}],
        },
    ),
)
def _(sandbox: Sandbox, session: Any) -> None:
    bundle = inventory.CompositeItem.at(KIT).bundles.new(
        composite_item_name="Kit",
        date=dt.date(2026, 1, 31),
        quantity_to_bundle=Decimal(3),
        is_completed=True,
    )
    bundle.line_items.add(item_id=ITEM, quantity_consumed=Decimal(6))
    bundle.save()
    assert bundle.id


@row("order.Confirm()", "books", Seen("POST", f"/salesorders/{ORDER}/status/confirmed"))
def _(sandbox: Sandbox, session: Any) -> None:
    books.SalesOrder.at(ORDER).mark_confirmed()


@row("order.Confirm()", "inventory", Seen("POST", f"/salesorders/{ORDER}/status/confirmed"))
def _(sandbox: Sandbox, session: Any) -> None:
    inventory.SalesOrder.at(ORDER).mark_confirmed()


@row("order.Void()", "books", Seen("POST", f"/salesorders/{ORDER}/status/void"))
def _(sandbox: Sandbox, session: Any) -> None:
    books.SalesOrder.at(ORDER).mark_void()


@row("order.Void()", "inventory", Seen("POST", f"/salesorders/{ORDER}/status/void"))
def _(sandbox: Sandbox, session: Any) -> None:
    inventory.SalesOrder.at(ORDER).mark_void()


@row(
    "retainer.Void(); retainer.Draft()",
    "inventory",
    Seen("POST", "/retainerinvoices/*/status/void"),
    Seen("POST", "/retainerinvoices/*/status/draft"),
    Seen("GET", "/retainerinvoices/*"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    key = sandbox.insert("RetainerInvoice", {"status": "sent"}, product="inventory")
    retainer = inventory.RetainerInvoice.at(key)
    retainer.mark_void()
    retainer.mark_draft()
    assert retainer.status == "draft"


@row("shipment.Delivered()", "inventory", Seen("POST", "/shipmentorders/*/status/delivered"))
def _(sandbox: Sandbox, session: Any) -> None:
    key = sandbox.insert("ShipmentOrder", {"salesorder_id": ORDER}, product="inventory")
    inventory.ShipmentOrder.at(key).mark_delivered()


def _pictures(product: str, model: Any) -> None:
    @row(
        "item.AddImage(name, image); item.GetImage(); item.DeleteImage()",
        product,
        Seen("POST", f"/items/{ITEM}/image", files=("image tea.png image/png",)),
        Seen("GET", f"/items/{ITEM}/image"),
        Seen("GET", f"/items/{ITEM}/image"),
        Seen("DELETE", f"/items/{ITEM}/image"),
    )
    def way(sandbox: Sandbox, session: Any) -> None:
        item = model.at(ITEM)
        item.add_image(File(PNG, name="tea.png"))
        assert item.download_image() == PNG
        kept = io.BytesIO()
        assert item.download_image(kept).size == len(PNG)
        assert kept.getvalue() == PNG
        item.delete_image()


_pictures("books", books.Item)
_pictures("inventory", inventory.Item)


@row("api.Document(id).content", "books", Seen("GET", "/documents/*"))
def _(sandbox: Sandbox, session: Any) -> None:
    key = sandbox.insert("Document", {"file_name": "a.pdf"})
    sandbox.attach("Document", key, b"%PDF-1.4 content", kind="document")
    assert books.Document.at(key).download() == b"%PDF-1.4 content"


@row("api.Document(id).content", "inventory", Seen("GET", "/documents/*"))
def _(sandbox: Sandbox, session: Any) -> None:
    key = sandbox.insert("Document", {"file_name": "a.pdf"}, product="inventory")
    sandbox.attach("Document", key, b"%PDF-1.4", kind="document", product="inventory")
    assert inventory.Document.at(key).download() == b"%PDF-1.4"


# --- Related records, rows, filters ----------------------------------------------------------


@row(
    "invoice.GetRelated(api.Contact, 'customer_id')",
    "books",
    Seen("GET", f"/invoices/{INVOICE}"),
    Seen("GET", f"/contacts/{CUSTOMER}"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    customer = books.Invoice.get(INVOICE).customer
    assert (type(customer), customer.contact_name) == (books.Contact, "Garden & Sons")


@row(
    "order.IterRelatedList(api.Item, 'line_items', 'item_id')",
    "inventory",
    Seen("GET", f"/salesorders/{ORDER}"),
    Seen("GET", f"/items/{ITEM}"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    items = [line.item for line in inventory.SalesOrder.get(ORDER).line_items]
    assert [item.name for item in items if item] == ["Bolt"]


@row(
    "for each in order.MapRelatedList(api.Item, 'line_items', 'item_id'): each.meta, each.object",
    "books",
    Seen("GET", f"/purchaseorders/{PURCHASE}"),
    Seen("GET", f"/items/{ITEM}"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    pairs = [(line.quantity, line.item) for line in books.PurchaseOrder.get(PURCHASE).line_items]
    assert [(count, item and item.name) for count, item in pairs] == [(5, "Bolt")]


@row(
    "order.MapRelatedList(api.Package, 'packages', 'package_id')",
    "inventory",
    Seen("GET", "/packages", {"salesorder_id": ORDER}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    packages = inventory.SalesOrder.at(ORDER).packages.iterate()
    assert [package.id for package in packages] == [PACKAGE]


@row("obj.Iter(filterFunc=test)", "books", Seen("GET", "/contacts"))
def _(sandbox: Sandbox, session: Any) -> None:
    found = books.Contact.iterate().where(lambda contact: "&" in contact.contact_name)
    assert [contact.id for contact in found] == [CUSTOMER]


@row(
    "for obj in api.Contact(...): each row loaded",
    "inventory",
    Seen("GET", "/contacts", {"contact_name_contains": "Sons"}),
    Seen("GET", f"/contacts/{CUSTOMER}"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    (contact,) = inventory.Contact.iterate(contact_name__contains="Sons").whole()
    assert contact.is_whole


@row(
    "api.Contact(contact_name='Garden & Sons'), which it does not encode",
    "books",
    Seen("GET", "/contacts", {"contact_name": "Garden & Sons"}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    assert books.Contact.iterate(contact_name="Garden & Sons").one().id == CUSTOMER


@row(
    "api.Invoice(balance=10), which makes a new object",
    "books",
    Seen("GET", "/invoices", {"balance": "10"}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    assert books.Invoice.iterate(balance=10).one().id == INVOICE


@row("obj.IsList, obj.IsLoaded, obj.get('nots', 'x')", "books", Seen("GET", f"/items/{ITEM}"))
def _(sandbox: Sandbox, session: Any) -> None:
    item = books.Item.get(ITEM)
    assert item.is_whole
    assert item.raw.get("nots", "x") == "x"
    assert "nots" not in item
    assert item["name"] == item.name == "Bolt"


@row(
    "obj.line_items[0].name, obj.to_python(), obj.to_json()",
    "inventory",
    Seen("GET", f"/invoices/{INVOICE}"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    invoice = inventory.Invoice.get(INVOICE)
    assert invoice.line_items[0].name == ""
    assert invoice.to_dict()["date"] == dt.date(2026, 1, 31)
    assert invoice.raw["date"] == "2026-01-31"
    assert invoice.line_items[0].rate == Decimal("2.50")


@row("list(api.SalesPerson())", "books", Seen("GET", "/salespersons"))
def _(sandbox: Sandbox, session: Any) -> None:
    sandbox.insert("SalesPerson", {"salesperson_name": "Ada"})
    assert [person.salesperson_name for person in books.SalesPerson.iterate()] == ["Ada"]


# --- API objects -----------------------------------------------------------------------------


@row("api.get('items', 'per_page=2')", "books", Seen("GET", "/items"))
def _(sandbox: Sandbox, session: Any) -> None:
    answer = session.request("GET", "/items", query={"per_page": 2})
    assert answer.body is not None


@row(
    "api.post('items', data, 'x=1')",
    "inventory",
    Seen("POST", "/items", {"x": "1"}, {"name": "Nut", "rate": Decimal("0.10")}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    body = {"name": "Nut", "rate": Decimal("0.10")}
    answer = session.request("POST", "/items", query={"x": 1}, body=body)
    assert answer.body is not None


@row(
    "api.put('contacts/1001', data, '')",
    "books",
    Seen("PUT", f"/contacts/{CUSTOMER}", body={"notes": "Moved"}),
)
def _(sandbox: Sandbox, session: Any) -> None:
    session.request("PUT", f"/contacts/{CUSTOMER}", body={"notes": "Moved"})


# The item of the other rows is on an order, and the service deletes no item that is in use.
@row("api.delete('items/1003')", "inventory", Seen("DELETE", f"/items/{UNUSED_ITEM}"))
def _(sandbox: Sandbox, session: Any) -> None:
    session.request("DELETE", f"/items/{UNUSED_ITEM}")


@row(
    "ZohoObjectFactory('Vendor', urlPath='vendors', idKey='contact_id')",
    "books",
    Seen("GET", f"/contacts/{VENDOR}"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    model = session.resource(path="contacts", key="contact", id="contact_id")
    assert model.get(VENDOR)["contact_name"] == "Timber Ltd"


@row(
    "api.update_rate_limit(headers)",
    "books",
    Seen("GET", f"/items/{ITEM}"),
)
def _(sandbox: Sandbox, session: Any) -> None:
    books.Item.get(ITEM)
    assert session.quota.remaining == session.quota.limit - 1


def _matches(wanted: Seen, got: Seen) -> bool:
    head, star, tail = wanted.path.partition("*")
    if star:
        fits = got.path.startswith(head) and got.path.endswith(tail)
        got = attrs.evolve(got, path=wanted.path) if fits else got
    return wanted == got


def case(made: Row) -> Any:
    silent = pytest.mark.switched(
        quota_headers="never",
        raises=AttributeError,
        match="remaining",
        because="nobody tells how many calls are left",
    )
    tells = made.peer == "api.update_rate_limit(headers)"
    return pytest.param(made, marks=silent if tells else (), id=f"{made.product}: {made.peer}")


@pytest.mark.parametrize("made", [case(each) for each in ROWS])
def test_what_the_peer_does_is_done_here(made: Row, sandbox: Sandbox) -> None:
    with block(sandbox, made.product) as session:
        made.way(sandbox, session)

    got = seen(sandbox)
    assert len(got) == len(made.saw), got
    for wanted, call in zip(made.saw, got, strict=True):
        assert _matches(wanted, call), f"{call} is not {wanted}"


# --- Custom fields ---------------------------------------------------------------------------

_NOTE = PeerType("inventory", "CreditNote", "/creditnotes", {"customer_id": CUSTOMER})
_WITH_CUSTOM_FIELDS = (
    *("Bill", "CompositeItem", "Contact", "CustomerPayment", "Invoice", "Item", "Package"),
    *("PurchaseOrder", "PurchaseReceive", "SalesOrder", "ShipmentOrder", "User"),
)
_CUSTOM = [each for each in (*BOOKS, *INVENTORY) if each.name in _WITH_CUSTOM_FIELDS]


def test_the_thirteen_types_with_custom_fields_are_here() -> None:
    assert {each.name for each in (*_CUSTOM, _NOTE)} == {*_WITH_CUSTOM_FIELDS, "CreditNote"}
    assert len(_WITH_CUSTOM_FIELDS) == 12


@pytest.mark.parametrize("kind", [*_CUSTOM, _NOTE], ids=lambda each: f"{each.product}-{each.name}")
def test_custom_fields_are_read_and_set(kind: PeerType, sandbox: Sandbox) -> None:
    """The peer: `obj.GetCustomField(key, listKey, default)`, `obj.SetCustomField(key, value)`."""
    member = "custom_fields" if kind.name != "ShipmentOrder" else "shipmentorder_custom_fields"
    named = {n: ",".join(v) if isinstance(v, list) else v for n, v in kind.naming.items()}
    with block(sandbox, kind.product):
        record = kind.model.get(kind.stored(sandbox))
        assert getattr(record, member).get("Region", "unknown") == "unknown"
        getattr(record, member)["cf_region"] = "North"
        record.save(**kind.naming)

        fields = getattr(record, member)
        assert fields["cf_region"] == fields["Region"] == "North"
        fields["Region"] = "South"
        record.save(**kind.naming)
        assert getattr(record, member)["cf_region"] == "South"

    first = {member: [{"api_name": "cf_region", "value": "North"}]}
    then = {member: [{"customfield_id": fields[0].customfield_id, "value": "South"}]}
    assert [call for call in seen(sandbox) if call.method != "GET"] == [
        Seen("PUT", f"{kind.path}/{record.id}", named, {**kind.beside, **sent})
        for sent in (first, then)
    ]


# --- Exceptions ------------------------------------------------------------------------------


@attrs.frozen
class Failure:
    """An exception of the peer, the answer that leads to it, and what is raised here."""

    peer: str
    fault: dict[str, Any]
    raised: type[errors.ZohoError]
    status: int | None
    code: int | None = None
    calls: int = 1


FAILURES = (
    Failure("ZohoException", {"status": 409, "code": 9}, errors.ReplyError, 409, 9),
    Failure("ZohoBadRequest", {"status": 400, "code": 15}, errors.ValidationError, 400, 15),
    Failure("ZohoBadRequest", {"status": 400, "code": 1001}, errors.Duplicate, 400, 1001),
    Failure(
        "ZohoUnauthorized",
        {"status": 401, "code": 57, "times": 2},
        errors.NotAuthorized,
        401,
        57,
        2,
    ),
    Failure("ZohoNotFound", {"status": 404, "code": 1002}, errors.NotFound, 404, 1002),
    Failure("ZohoMethodNotAllowed", {"status": 405, "code": 37}, errors.ReplyError, 405, 37),
    Failure("ZohoAPICallsExceeded", {"status": 429, "code": 45}, errors.DayLimit, 429, 45),
    Failure(
        "ZohoAPIThrottled",
        {"status": 429, "code": 44, "retry_after": 181},
        errors.MinuteLimit,
        429,
        44,
    ),
    Failure(
        "ZohoAPIThrottled",
        {"status": 429, "code": 1070, "retry_after": 181},
        errors.InFlightLimit,
        429,
        1070,
    ),
    Failure(
        "ZohoException of code and message", {"status": 200, "code": 9}, errors.ReplyError, 200, 9
    ),
)


@pytest.mark.parametrize("failure", FAILURES, ids=lambda each: f"{each.peer} {each.code}")
def test_an_answer_raises_an_error_with_what_it_says(failure: Failure, sandbox: Sandbox) -> None:
    with block(sandbox, "books"):
        sandbox.next(**failure.fault, message="No tea today")

        with pytest.raises(failure.raised) as caught:
            books.Item.get(ITEM)

    error = caught.value
    assert isinstance(error, errors.ZohoError)
    assert (error.method, error.path) == ("GET", f"/items/{ITEM}")
    assert (error.status, error.code, error.attempts) == (
        failure.status,
        failure.code,
        failure.calls,
    )
    assert "No tea today" in str(error)
    assert len(sandbox.calls) == failure.calls


@pytest.mark.switched(
    quota_headers="never",
    raises=pytest.fail.Exception,
    match="DID NOT RAISE",
    because="nobody tells how many calls are left",
)
def test_few_calls_left_raise_before_a_call(sandbox: Sandbox) -> None:
    """The peer: `ZohoAPICallsExceeded`, by `min_calls_remaining`."""
    sandbox.limits(per_day=3)
    with block(sandbox, "books", min_calls_remaining=2):
        books.Item.get(ITEM)
        books.Item.at(ITEM).refresh()
        with pytest.raises(errors.DayLimit):
            books.Item.at(ITEM).refresh()

    assert len(sandbox.calls) == 2


def test_a_refused_refresh_raises(sandbox: Sandbox) -> None:
    """The peer: `ZohoAuthRefreshFailure`, after ten tries."""
    wrong = {**sandbox.credentials, "refresh_token": "1000.wrong"}
    session = ZohoBooks(**wrong, clock=sandbox.clock)
    with closing(session), session, pytest.raises(errors.RefreshRefused):
        books.Item.get(ITEM)

    assert (len(sandbox.token_calls), len(sandbox.calls)) == (1, 0)


def test_a_throttled_refresh_raises(sandbox: Sandbox) -> None:
    """The peer: `ZohoAuthRefreshFailure`."""
    message = {"error": "Access Denied", "error_description": "too many requests continuously"}
    sandbox.next(path="/oauth/*", status=400, body=message, times=20)
    with block(sandbox, "books"), pytest.raises(errors.RefreshThrottled):
        books.Item.get(ITEM)

    assert sandbox.calls == []


def test_missing_keys_raise(sandbox: Sandbox) -> None:
    """The peer: `ZohoInsufficientAuthKeys`, at the first call."""
    with pytest.raises(errors.MissingSetting):
        ZohoBooks("10234695", api_url=sandbox.url)


def test_an_unknown_region_raises() -> None:
    """The peer: `ZohoUnknownRegionException`."""
    with pytest.raises(errors.UnknownRegion, match="Australia"):
        ZohoBooks("10234695", "atlantis", refresh_token="x")


def test_what_cannot_be_done_raises_before_any_call(sandbox: Sandbox) -> None:
    """The peer: `ZohoInvalidOpError`, `ZohoMethodNotAllowed`, or False and the reason lost."""
    with block(sandbox, "books"):
        with pytest.raises(errors.NotSaved):
            books.Item().mark_active()
        with pytest.raises(errors.NotSaved):
            books.Item(name="x").delete()
        with pytest.raises(errors.Unsupported):
            books.Organization.at("10234695").delete()
        with pytest.raises(errors.NotSaved):
            books.Item(name="x").id  # noqa: B018

    assert sandbox.calls == []


# --- Regions, settings, tokens ---------------------------------------------------------------

REGIONS = {
    "us": ("https://www.zohoapis.com", "https://accounts.zoho.com"),
    "com": ("https://www.zohoapis.com", "https://accounts.zoho.com"),
    "in": ("https://www.zohoapis.in", "https://accounts.zoho.in"),
    "india": ("https://www.zohoapis.in", "https://accounts.zoho.in"),
    "eu": ("https://www.zohoapis.eu", "https://accounts.zoho.eu"),
    "Europe": ("https://www.zohoapis.eu", "https://accounts.zoho.eu"),
    "jp": ("https://www.zohoapis.jp", "https://accounts.zoho.jp"),
    "japan": ("https://www.zohoapis.jp", "https://accounts.zoho.jp"),
    "cn": ("https://www.zohoapis.com.cn", "https://accounts.zoho.com.cn"),
    "australia": ("https://www.zohoapis.com.au", "https://accounts.zoho.com.au"),
    "com.au": ("https://www.zohoapis.com.au", "https://accounts.zoho.com.au"),
    # The peer reaches China's host with it.
    "canada": ("https://www.zohoapis.ca", "https://accounts.zohocloud.ca"),
}


@pytest.mark.parametrize("product", SESSIONS)
@pytest.mark.parametrize("region", REGIONS)
def test_regions_are_known_by_the_peers_names(region: str, product: str) -> None:
    with closing(SESSIONS[product]("10234695", region, access_token="1000.x")) as session:
        hosts = REGIONS[region]

        assert (session.region.api_url, session.region.accounts_url) == hosts


def test_settings_have_the_names_and_defaults_of_the_peer() -> None:
    with closing(ZohoInventory("10234695", access_token="1000.x")) as session:
        settings = session.settings

        assert session.region.code == "us"
        assert settings.access_token is not None
        assert settings.client_id is settings.client_secret is settings.refresh_token is None
        assert settings.redirect_url is None
        assert (settings.intercall_delay, settings.max_retries) == (0, 10)
        assert (settings.max_retry_after, settings.min_calls_remaining) == (180, 1)
        assert settings.retry_backoff_seconds == 0.5


@pytest.mark.parametrize("product", SESSIONS)
def test_roots_are_those_of_the_peer(product: str, sandbox: Sandbox) -> None:
    with block(sandbox, product):
        {"books": books, "inventory": inventory}[product].Item.get(ITEM)

    root = {"books": "/books/v3", "inventory": "/inventory/v1"}[product]
    assert sandbox.calls[0].url_path == f"{root}/items/{ITEM}"
    assert sandbox.calls[0].query["organization_id"] == "10234695"


def test_a_token_of_ones_own_is_used_while_it_lives(sandbox: Sandbox) -> None:
    """The peer: `access_token`, `expires_in`; renewed 10 s before its end."""
    fill(sandbox, "books")
    with (
        closing(
            ZohoBooks(
                **sandbox.credentials,
                clock=sandbox.clock,
                access_token=sandbox.access_token(),
                expires_in=3600,
            )
        ) as session,
        session,
    ):
        books.Item.get(ITEM)
        assert sandbox.token_calls == []

        sandbox.clock.move(seconds=3595)
        books.Item.at(ITEM).refresh()
        assert len(sandbox.token_calls) == 1


def test_a_call_waits_between_calls(sandbox: Sandbox) -> None:
    """The peer: `intercall_delay`."""
    with block(sandbox, "books", intercall_delay=7):
        began = sandbox.clock.time()
        for _ in range(3):
            books.Item.at(ITEM).refresh()

        assert sandbox.clock.time() - began >= 14


def test_a_refused_call_is_sent_again(sandbox: Sandbox) -> None:
    """The peer: a 429 with `Retry-After`, a 401 that a new token cures."""
    with block(sandbox, "books"):
        sandbox.next(status=429, code=44, retry_after=20)
        sandbox.next(status=401, code=57, after=1)
        began = sandbox.clock.time()

        assert books.Item.get(ITEM).name == "Bolt"
        assert sandbox.clock.time() - began >= 20

    assert [call.status for call in sandbox.calls] == [429, 401, 200]


def test_calls_are_logged_without_secrets(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    """The peer: `api.log`, logger `pyzohoapi`."""
    caplog.set_level(logging.DEBUG, logger="zohorm")
    with block(sandbox, "books"):
        books.Item.get(ITEM)

    assert [record for record in caplog.records if record.name.startswith("zohorm")]
    assert sandbox.credentials["refresh_token"] not in caplog.text
    assert sandbox.credentials["client_secret"] not in caplog.text
