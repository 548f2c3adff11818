"""Sessions: what tells the six apart, where calls go, and which session a record or query takes."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any

import pytest

import zohorm
from zohorm import fields as f
from zohorm.books import Contact, Invoice, Item, Organization, ZohoBooks
from zohorm.errors import (
    AuthError,
    InvalidId,
    MissingSetting,
    NotBound,
    NotPicklable,
    ReadOnlySession,
    RefreshRefused,
    SessionClosed,
    UnknownRegion,
    UnknownSetting,
    UsageError,
    WrongOrganization,
    WrongType,
)
from zohorm.model import Model, Operation
from zohorm.products import (
    ZohoBilling,
    ZohoCheckout,
    ZohoExpense,
    ZohoInventory,
    ZohoInvoice,
    ZohoSubscriptions,
)
from zohorm.sandbox import Sandbox
from zohorm.session import Session
from zohorm.transport import Reply, Request

VARIABLES = {
    "ZOHO_CLIENT_ID": "client_id",
    "ZOHO_CLIENT_SECRET": "client_secret",
    "ZOHO_REFRESH_TOKEN": "refresh_token",
    "ZOHO_ORGANIZATION_ID": "organization_id",
}
PRODUCTS = [
    (ZohoBooks, "/books/v3", None),
    (ZohoInventory, "/inventory/v1", None),
    (ZohoInvoice, "/invoice/v3", None),
    (ZohoExpense, "/expense/v1", "X-com-zoho-expense-organizationid"),
    (ZohoSubscriptions, "/billing/v1", "X-com-zoho-subscriptions-organizationid"),
    (ZohoCheckout, "/api/v1", "X-com-zoho-checkout-organizationid"),
]
READ = Operation("GET", "/things/{thing_id}")


class Stock(
    Model,
    product="inventory",
    path="stocks",
    key="stock",
    list_key="stocks",
    id="stock_id",
    operations={"get": Operation("GET", "/stocks/{stock_id}")},
):
    """A model of another product, which this issue's facts do not have yet."""

    stock_id: f.ReadOnly[str] = f.read_only(f.identifier())


class Wire:
    """A transport that notes where requests go and answers every one alike."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    def send(
        self,
        request: Request,
        timeout: tuple[float, float],
        *,
        fresh: bool,
        total_seconds: float | None,
    ) -> Reply:
        self.requests.append(request)
        return Reply(200, {"Content-Type": "application/json"}, b'{"code": 0}')

    def close(self) -> None:
        raise AssertionError("a transport that was passed in belongs to who made it")


@pytest.fixture
def opened(sandbox: Sandbox) -> Iterator[Any]:
    """Open sessions of the sandbox that are closed at the end: `opened(ZohoBooks, read_only=...)`.

    A setting that is given stands in place of the sandbox's own.
    """
    with ExitStack() as stack:

        def make(kind: type[Session] = ZohoBooks, **settings: Any) -> Session:
            given = {**sandbox.credentials, "clock": sandbox.clock, **settings}
            session = kind(**given)
            stack.callback(session.close)
            return session

        yield make


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "ZOHO_REGION", "ZOHORM_API_URL", "ZOHORM_ACCOUNTS_URL"):
        monkeypatch.delenv(name, raising=False)


def two_organizations() -> Sandbox:
    return Sandbox(organizations=2)


# What tells the products apart.


@pytest.mark.parametrize(("kind", "root", "header"), PRODUCTS)
def test_each_product_has_its_root_and_names_the_organization_its_way(
    kind: type[Session], root: str, header: str | None, sandbox: Sandbox, opened: Any
) -> None:
    sandbox.next(status=200, code=0)

    opened(kind).call(READ, {"thing_id": "1"})

    call = sandbox.calls[-1]
    assert call.url_path == f"{root}/things/1"
    assert call.organization_id == sandbox.organization_ids[0]
    named_in_query = header is None or kind is ZohoExpense
    assert call.query == (
        {"organization_id": sandbox.organization_ids[0]} if named_in_query else {}
    )
    # Header names have no case; HTTP servers rewrite it.
    named = [name.lower() for name in call.headers if name.lower().endswith("organizationid")]
    assert named == ([header.lower()] if header else [])


@pytest.mark.parametrize(("kind", "root", "header"), PRODUCTS)
def test_a_session_says_its_product(
    kind: type[Session], root: str, header: str | None, opened: Any
) -> None:
    assert opened(kind).product.scope_prefix == kind.__name__
    assert kind.product.root == root


def test_an_operation_of_another_version_goes_there(sandbox: Sandbox, opened: Any) -> None:
    sandbox.next(status=200, code=0)

    opened(ZohoExpense).call(Operation("GET", "/things", version="v3"), {})

    assert sandbox.calls[-1].url_path == "/expense/v3/things"


def test_billing_is_subscriptions_by_its_new_name() -> None:
    assert ZohoBilling is ZohoSubscriptions
    assert zohorm.ZohoBilling is zohorm.ZohoSubscriptions


@pytest.mark.parametrize(
    ("region", "api", "accounts", "checkout"),
    [
        ("us", "www.zohoapis.com", "accounts.zoho.com", "checkout.zoho.com"),
        ("eu", "www.zohoapis.eu", "accounts.zoho.eu", "checkout.zoho.eu"),
        ("in", "www.zohoapis.in", "accounts.zoho.in", "checkout.zoho.in"),
        ("au", "www.zohoapis.com.au", "accounts.zoho.com.au", "checkout.zoho.com.au"),
        ("jp", "www.zohoapis.jp", "accounts.zoho.jp", "checkout.zoho.jp"),
        ("ca", "www.zohoapis.ca", "accounts.zohocloud.ca", "checkout.zohocloud.ca"),
        ("cn", "www.zohoapis.com.cn", "accounts.zoho.com.cn", "checkout.zoho.com.cn"),
        ("sa", "www.zohoapis.sa", "accounts.zoho.sa", "checkout.zoho.sa"),
        ("uk", "www.zohoapis.uk", "accounts.zoho.uk", "checkout.zoho.uk"),
        ("ae", "www.zohoapis.ae", "accounts.zoho.ae", "checkout.zoho.ae"),
    ],
)
def test_each_region_has_its_hosts(region: str, api: str, accounts: str, checkout: str) -> None:
    wire = Wire()
    with (
        closing(ZohoBooks("7", region, access_token="t", transport=wire)) as books,
        closing(ZohoCheckout("7", region, access_token="t", transport=wire)) as shop,
    ):
        books.call(READ, {"thing_id": "1"})
        shop.call(READ, {"thing_id": "1"})

    assert [request.url for request in wire.requests] == [
        f"https://{api}/books/v3/things/1",
        f"https://{checkout}/api/v1/things/1",
    ]
    assert books.region.accounts_url == f"https://{accounts}"


@pytest.mark.parametrize("name", ["Canada", "CA", "ca", "zoho.ca", ".ca", "zohocloud.ca"])
def test_a_region_goes_by_several_names_in_any_case(name: str) -> None:
    with closing(ZohoBooks("7", name, access_token="t")) as books:
        assert books.region.code == "ca"
        assert books.organization_key == ("https://www.zohoapis.ca", "7")


# What a session refuses when it is opened.


def test_an_unknown_region_names_the_choices() -> None:
    with pytest.raises(UnknownRegion, match=r"eu \(Europe\).*ca \(Canada\)"):
        ZohoBooks("7", "atlantis", access_token="t")


@pytest.mark.parametrize("region", [None, 5, b"eu"])
def test_a_region_that_is_no_text_is_refused(region: Any) -> None:
    with pytest.raises(WrongType, match="region"):
        ZohoBooks("7", region, access_token="t")


@pytest.mark.parametrize("organization_id", [None, ""])
def test_a_session_needs_an_organization(organization_id: Any) -> None:
    with pytest.raises(MissingSetting, match="organization id"):
        ZohoBooks(organization_id, access_token="t")


def test_an_organization_id_is_text() -> None:
    number: Any = 7

    with pytest.raises(WrongType, match="organization_id"):
        ZohoBooks(number, access_token="t")


@pytest.mark.parametrize("organization_id", ["7/8", "..", "7 ", "7?x=1", "7\n"])
def test_an_organization_id_that_is_no_plain_id_is_refused(organization_id: str) -> None:
    with pytest.raises(InvalidId):
        ZohoBooks(organization_id, access_token="t")


def test_a_session_without_any_credential_says_what_to_pass() -> None:
    with pytest.raises(MissingSetting, match=r"client_id.*refresh_token.*access_token.*auth"):
        ZohoBooks("7")


@pytest.mark.parametrize("missing", ["client_id", "client_secret"])
def test_a_missing_credential_is_named(missing: str) -> None:
    given: Any = {"client_id": "a", "client_secret": "hidden", "refresh_token": "hidden"}
    del given[missing]

    with pytest.raises(MissingSetting, match=missing) as caught:
        ZohoBooks("7", **given)

    assert "hidden" not in str(caught.value)


def test_an_unknown_setting_is_refused() -> None:
    given: Any = {"max_retrys": 3}

    with pytest.raises(UnknownSetting, match=r"max_retrys.*max_retries"):
        ZohoBooks("7", access_token="t", **given)


def test_a_setting_of_a_wrong_type_is_refused() -> None:
    given: Any = {"max_in_flight": "ten"}

    with pytest.raises(WrongType, match="max_in_flight"):
        ZohoBooks("7", access_token="t", **given)


def test_auth_of_a_wrong_type_is_refused() -> None:
    given: Any = {"auth": 5}

    with pytest.raises(WrongType, match="auth"):
        ZohoBooks("7", **given)


def test_a_refused_session_leaves_nothing_behind(sandbox: Sandbox, opened: Any) -> None:
    """Neither counts it as another organization, nor does it hold a shared token."""
    books = opened().bind()
    with pytest.raises(MissingSetting):
        ZohoBooks("999", client_id="a", refresh_token="b")

    list(Item.iterate())

    assert sandbox.calls[-1].organization_id == books.organization_id


def test_opening_a_session_sends_nothing(sandbox: Sandbox, opened: Any) -> None:
    opened().bind()

    assert sandbox.calls == sandbox.token_calls == []


# Credentials and addresses.


def test_an_access_token_alone_is_enough(sandbox: Sandbox) -> None:
    token = sandbox.access_token()
    with closing(
        ZohoBooks(sandbox.organization_ids[0], api_url=sandbox.url, access_token=token)
    ) as books:
        list(Item.using(books).iterate())

    assert len(sandbox.calls) == 1
    assert sandbox.token_calls == []


def test_a_wrong_secret_of_one_session_does_not_fail_another(opened: Any) -> None:
    wrong = opened(client_secret="of another data centre")
    with pytest.raises(RefreshRefused, match="client_secret"):
        list(Item.using(wrong).iterate())

    right = opened()

    assert list(Item.using(right).iterate()) == []


def test_an_access_token_that_is_over_is_renewed(sandbox: Sandbox, opened: Any) -> None:
    books = opened(access_token=sandbox.access_token(), expires_in=3600)
    list(Item.using(books).iterate())
    assert sandbox.token_calls == []

    sandbox.clock.move(seconds=3600)
    list(Item.using(books).iterate())

    assert len(sandbox.token_calls) == 1
    assert [call.status for call in sandbox.calls] == [200, 200]


def test_auth_may_be_a_token_or_a_function(sandbox: Sandbox) -> None:
    asked = []

    def ask() -> str:
        asked.append(1)
        return sandbox.access_token()

    for auth in (sandbox.access_token(), ask):
        with closing(
            ZohoBooks(sandbox.organization_ids[0], api_url=sandbox.url, auth=auth)
        ) as books:
            list(Item.using(books).iterate())

    assert [call.status for call in sandbox.calls] == [200, 200]
    assert asked == [1]
    assert sandbox.token_calls == []


def test_a_wrong_refresh_token_is_one_error_after_one_token_call(
    sandbox: Sandbox, opened: Any
) -> None:
    books = opened(refresh_token="wrong-one")

    with pytest.raises(AuthError) as caught:
        list(Item.using(books).iterate())

    assert "wrong-one" not in str(caught.value)
    assert len(sandbox.token_calls) == 1
    assert sandbox.calls == []


def test_an_organization_that_the_token_may_not_see_is_an_error(
    sandbox: Sandbox, opened: Any
) -> None:
    books = opened(organization_id="424242")

    with pytest.raises(WrongOrganization):
        list(Item.using(books).iterate())

    assert len(sandbox.calls) == 1


def test_the_addresses_may_come_from_the_environment(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOHORM_API_URL", f"{sandbox.url}/")
    monkeypatch.setenv("ZOHORM_ACCOUNTS_URL", sandbox.url)
    settings: Any = {
        name: value
        for name, value in sandbox.credentials.items()
        if name not in ("api_url", "accounts_url")
    }

    with closing(ZohoBooks(**settings)) as books:
        list(Item.using(books).iterate())

    assert len(sandbox.token_calls) == 1
    assert sandbox.calls[-1].url_path == "/books/v3/items"


def environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    credentials: Any = sandbox.credentials
    for variable, name in VARIABLES.items():
        monkeypatch.setenv(variable, credentials[name])
    monkeypatch.setenv("ZOHORM_API_URL", sandbox.url)
    monkeypatch.setenv("ZOHORM_ACCOUNTS_URL", sandbox.url)


def test_from_env_opens_a_session_with_what_the_environment_names(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(sandbox, monkeypatch)
    monkeypatch.setenv("ZOHO_REGION", "Europe")

    with closing(ZohoBooks.from_env(read_only=True)) as books:
        list(Item.using(books).iterate())

        assert type(books) is ZohoBooks
        assert books.region.code == "eu"
        assert books.settings.read_only
    assert sandbox.calls[-1].organization_id == sandbox.organization_ids[0]


@pytest.mark.parametrize("missing", VARIABLES)
def test_from_env_names_the_missing_variable(
    missing: str, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(sandbox, monkeypatch)
    monkeypatch.delenv(missing)

    with pytest.raises(MissingSetting, match=missing):
        ZohoBooks.from_env()

    assert sandbox.calls == sandbox.token_calls == []


def test_from_env_takes_us_where_no_region_is_named(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(sandbox, monkeypatch)

    with closing(ZohoBooks.from_env()) as books:
        assert books.region.code == "us"


# Closing, pickling, repr, reading only.


def test_a_closed_session_sends_nothing_more(sandbox: Sandbox, opened: Any) -> None:
    books = opened()
    item = Item.using(books).get(sandbox.insert("Item", {"name": "Tea", "rate": 3}))
    query = Item.using(books).iterate()
    sandbox.forget()
    books.close()
    books.close()

    for act in (
        item.refresh,
        item.delete,
        lambda: list(query),
        lambda: Item.using(books).get("1"),
        books.bind,
        books.__enter__,
        lambda: books.call(READ, {"thing_id": "1"}),
    ):
        with pytest.raises(SessionClosed):
            act()

    assert item.name == "Tea"
    assert sandbox.calls == []


def test_a_closed_session_is_bound_no_more(opened: Any) -> None:
    opened().bind().close()

    with pytest.raises(NotBound):
        Item.get("1")


def test_leaving_a_block_does_not_close(sandbox: Sandbox, opened: Any) -> None:
    books = opened()
    with books:
        pass

    assert list(Item.using(books).iterate()) == []
    assert len(sandbox.calls) == 1


@pytest.mark.parametrize("put", [pickle.dumps, copy.deepcopy, copy.copy])
def test_a_session_refuses_to_be_pickled_and_says_what_to_pass(put: Any, opened: Any) -> None:
    with pytest.raises(NotPicklable, match="Pass the organization id"):
        put(opened())


def test_repr_tells_the_organization_and_no_secret(sandbox: Sandbox, opened: Any) -> None:
    books = opened(access_token="hidden-token", region="eu")
    credentials = sandbox.credentials

    shown = f"{books!r} {books.settings!r} {books}"

    assert repr(books) == f"<ZohoBooks {books.organization_id} eu>"
    assert "hidden" not in shown
    for name in ("client_id", "client_secret", "refresh_token"):
        assert credentials[name] not in shown
    books.close()
    assert "closed" in repr(books)


def test_a_session_that_only_reads_sends_no_write(sandbox: Sandbox, opened: Any) -> None:
    identifier = sandbox.insert("Item", {"name": "Tea", "rate": 3, "status": "active"})
    item = Item.using(opened(read_only=True)).get(identifier)
    item.name = "Coffee"
    sandbox.forget()

    for act in (
        item.save,
        item.delete,
        item.mark_inactive,
        item.copy().save,
    ):
        with pytest.raises(ReadOnlySession):
            act()

    assert item.status == "active"
    assert sandbox.calls == []
    assert sandbox.rows("Item")[0]["name"] == "Tea"
    assert item.is_changed
    assert not item.is_in_doubt


# Binding.


def use_bind(books: Session, stack: ExitStack) -> dict[type[Model], type[Any]]:
    books.bind()
    return {model: model for model in (Item, Contact, Invoice, Organization)}


def use_block(books: Session, stack: ExitStack) -> dict[type[Model], type[Any]]:
    stack.enter_context(books)
    return {model: model for model in (Item, Contact, Invoice, Organization)}


def use_using(books: Session, stack: ExitStack) -> dict[type[Model], type[Any]]:
    return {model: model.using(books) for model in (Item, Contact, Invoice, Organization)}


@pytest.mark.parametrize("way", [use_bind, use_block, use_using])
def test_the_three_ways_open_the_same_entry_points(way: Any, sandbox: Sandbox, opened: Any) -> None:
    books = opened()
    identifier = sandbox.insert("Item", {"name": "Tea", "rate": 3, "status": "active"})
    with ExitStack() as stack:
        bound = way(books, stack)

        got = bound[Item].get(identifier)
        listed = list(bound[Item].iterate())
        made = bound[Contact](contact_name="Ana")
        made.save()
        bound[Organization].get(books.organization_id)
        sandbox.next(status=200, code=0, method="POST")
        bound[Invoice].email_many(invoice_ids=["1"])

        assert listed == [got]
    assert [(call.method, call.path) for call in sandbox.calls] == [
        ("GET", f"/items/{identifier}"),
        ("GET", "/items"),
        ("POST", "/contacts"),
        ("GET", f"/organizations/{books.organization_id}"),
        ("POST", "/invoices/email"),
    ]
    assert [type(record) for record in (got, made)] == [Item, Contact]


def test_a_record_of_a_bound_class_is_the_same_object_as_of_the_plain_one(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    identifier = sandbox.insert("Item", {"name": "Tea", "rate": 3})

    assert Item.using(books).get(identifier) is Item.get(identifier)
    assert next(iter(Item.using(books).iterate())) is Item.get(identifier)
    assert len(sandbox.calls) == 2


@pytest.mark.parametrize(
    "act",
    [
        lambda: Item.get("1"),
        lambda: list(Item.iterate()),
        lambda: Item.iterate().count(),
        lambda: Item(name="Tea").save(),
        lambda: Invoice.email_many(invoice_ids=["1"]),
        lambda: Item.iterate().first(),
    ],
)
def test_unbound_use_names_the_three_ways(act: Any, sandbox: Sandbox, opened: Any) -> None:
    """A session exists, and it is the only one; still nothing guesses."""
    opened()

    with pytest.raises(NotBound) as caught:
        act()

    text = str(caught.value)
    assert "bind()" in text
    assert "with books:" in text
    assert "using(books)" in text
    assert isinstance(caught.value, RuntimeError)
    assert sandbox.calls == sandbox.token_calls == []


def test_a_query_and_a_record_made_unbound_take_their_session_at_first_use(
    sandbox: Sandbox, opened: Any
) -> None:
    query, item = Item.iterate(), Item(name="Tea", rate=Decimal(3))

    with opened():
        item.save()
        assert list(query) == [item]

    # They keep it.
    assert [found.id for found in query] == [item.id]
    item.name = "Coffee"
    item.save()
    assert [call.method for call in sandbox.calls] == ["POST", "GET", "GET", "PUT"]


def test_a_second_organization_ends_the_default_until_it_is_closed() -> None:
    with two_organizations() as sandbox, ExitStack() as stack:
        first, second = sandbox.organization_ids
        credentials: Any = sandbox.credentials
        books = stack.enter_context(closing(ZohoBooks(**credentials))).bind()
        list(Item.iterate())
        other = stack.enter_context(
            closing(ZohoBooks(**{**credentials, "organization_id": second}))
        )

        with pytest.raises(NotBound, match="several organizations") as caught:
            Item.get("1")
        assert "with books:" in str(caught.value)
        with pytest.raises(NotBound):
            list(Item.iterate())
        with other:
            list(Item.iterate())
        list(Item.using(books).iterate())
        other.close()
        list(Item.iterate())

        assert [call.organization_id for call in sandbox.calls] == [first, second, first, first]


def test_the_order_of_binding_and_opening_does_not_matter() -> None:
    with two_organizations() as sandbox, ExitStack() as stack:
        credentials: Any = sandbox.credentials
        second = {**credentials, "organization_id": sandbox.organization_ids[1]}
        stack.enter_context(closing(ZohoBooks(**second)))
        stack.enter_context(closing(ZohoBooks(**credentials))).bind()

        with pytest.raises(NotBound):
            Item.get("1")

        assert sandbox.calls == []


def test_another_session_of_the_same_organization_or_of_another_product_ends_nothing(
    sandbox: Sandbox, opened: Any
) -> None:
    opened().bind()
    opened()
    opened(ZohoInventory, organization_id="424242")

    list(Item.iterate())

    assert len(sandbox.calls) == 1


def test_the_session_bound_last_is_the_default(sandbox: Sandbox, opened: Any) -> None:
    opened().bind()
    opened(read_only=True).bind()

    with pytest.raises(ReadOnlySession):
        Item(name="Tea").save()

    assert sandbox.calls == []


def test_the_innermost_block_counts_and_leaving_gives_back_the_outer_one() -> None:
    with two_organizations() as sandbox, ExitStack() as stack:
        first, second = sandbox.organization_ids
        credentials: Any = sandbox.credentials
        outer = stack.enter_context(closing(ZohoBooks(**credentials)))
        inner = stack.enter_context(
            closing(ZohoBooks(**{**credentials, "organization_id": second}))
        )

        with outer:
            with inner:
                list(Item.iterate())
                with outer:
                    list(Item.iterate())
                list(Item.iterate())
            list(Item.iterate())
        with pytest.raises(NotBound):
            list(Item.iterate())

        assert [c.organization_id for c in sandbox.calls] == [second, first, second, first]


def test_a_block_that_is_left_before_an_inner_one_leaves_the_inner_one_current() -> None:
    with two_organizations() as sandbox, ExitStack() as stack:
        _, second = sandbox.organization_ids
        credentials: Any = sandbox.credentials
        one = stack.enter_context(closing(ZohoBooks(**credentials)))
        other = stack.enter_context(
            closing(ZohoBooks(**{**credentials, "organization_id": second}))
        )
        blocks = [ExitStack(), ExitStack()]

        for block, session in zip(blocks, (one, other), strict=True):
            block.enter_context(session)
        blocks[0].close()
        list(Item.iterate())
        blocks[1].close()
        with pytest.raises(NotBound):
            list(Item.iterate())

        assert [c.organization_id for c in sandbox.calls] == [second]


def test_a_block_wins_over_the_bound_session(sandbox: Sandbox, opened: Any) -> None:
    opened(read_only=True).bind()

    with opened():
        Contact(contact_name="Ana").save()

    assert [call.method for call in sandbox.calls] == ["POST"]


def test_a_block_is_left_when_its_body_fails(opened: Any) -> None:
    with pytest.raises(ZeroDivisionError), opened():
        _ = 1 / 0

    with pytest.raises(NotBound):
        Item.get("1")


def test_a_books_model_never_takes_a_session_of_another_product(
    sandbox: Sandbox, opened: Any
) -> None:
    inventory = opened(ZohoInventory).bind()

    with inventory, pytest.raises(NotBound):
        Item.get("1")
    with pytest.raises(WrongType, match="books"):
        Item.using(inventory)
    with pytest.raises(WrongType):
        Item.using(None)  # type: ignore[arg-type]
    with opened(), inventory:
        list(Item.iterate())

    assert [call.url_path for call in sandbox.calls] == ["/books/v3/items"]


def test_blocks_of_two_products_hold_at_once(sandbox: Sandbox, opened: Any) -> None:
    sandbox.next(
        status=200, body={"code": 0, "stock": {"stock_id": "5"}}, path="/inventory/v1/stocks/*"
    )

    with opened(), opened(ZohoInventory):
        list(Item.iterate())
        stock = Stock.get("5")

    assert stock.stock_id == "5"
    assert [c.url_path for c in sandbox.calls] == ["/books/v3/items", "/inventory/v1/stocks/5"]


def test_a_record_keeps_the_session_that_it_was_made_with() -> None:
    with two_organizations() as sandbox, ExitStack() as stack:
        first, second = sandbox.organization_ids
        credentials: Any = sandbox.credentials
        one = stack.enter_context(closing(ZohoBooks(**credentials)))
        other = stack.enter_context(
            closing(ZohoBooks(**{**credentials, "organization_id": second}))
        )
        with one:
            contact = Contact(contact_name="Ana")
            query = Item.iterate()
        with other:
            contact.save()
            contact.notes = "met"
            contact.save()
            contact.refresh()
            list(query)
            contact.mark_inactive()
            contact.delete()

        assert {call.organization_id for call in sandbox.calls} == {first}
        assert sandbox.rows("Contact", second) == []


def test_what_hangs_from_a_record_takes_its_session() -> None:
    with two_organizations() as sandbox, ExitStack() as stack:
        credentials: Any = sandbox.credentials
        second = sandbox.organization_ids[1]
        one = stack.enter_context(closing(ZohoBooks(**credentials)))
        other = stack.enter_context(
            closing(ZohoBooks(**{**credentials, "organization_id": second}))
        )
        customer = sandbox.insert("Contact", {"contact_name": "Ana"})
        invoice = Invoice.using(one).get(
            sandbox.insert("Invoice", {"customer_id": customer, "status": "draft"})
        )

        with other:
            contact = invoice.customer
            assert contact is not None
            list(contact.comments)
            copy = invoice.copy()
            assert copy.customer is contact

        assert {call.organization_id for call in sandbox.calls} == {sandbox.organization_ids[0]}


def test_a_call_may_not_name_another_organization(sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(UsageError):
        list(Item.iterate().params(organization_id="424242"))

    assert sandbox.calls == []


@pytest.mark.parametrize("bad", ["", "..", "1/2", "1?x=2", "a b", "1\n", "%2e%2e"])
def test_an_id_that_is_no_plain_id_costs_no_call(
    bad: str, sandbox: Sandbox, books: ZohoBooks
) -> None:
    with pytest.raises(InvalidId):
        Item.get(bad)

    assert sandbox.calls == sandbox.token_calls == []


@pytest.mark.parametrize("bad", [5, None, b"5"])
def test_an_id_that_is_no_text_costs_no_call(bad: Any, sandbox: Sandbox, books: ZohoBooks) -> None:
    with pytest.raises(WrongType):
        Item.get(bad)

    assert sandbox.calls == sandbox.token_calls == []


def test_a_session_without_any_argument_says_that_the_organization_is_missing() -> None:
    with pytest.raises(MissingSetting, match="organization id"):
        ZohoBooks()  # type: ignore[call-arg]  # the checkers say so, too
    with pytest.raises(MissingSetting, match="organization id"):
        ZohoBooks(client_id="1")  # type: ignore[call-arg]


def test_from_env_reads_only_what_is_not_passed(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = sandbox.credentials
    monkeypatch.setenv("ZOHO_ORGANIZATION_ID", known["organization_id"])
    for name in ("ZOHO_CLIENT_ID", "ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"):
        monkeypatch.delenv(name, raising=False)

    with closing(ZohoBooks.from_env(auth=sandbox.access_token(), api_url=sandbox.url)) as books:
        assert books.get(Organization, known["organization_id"]).id == known["organization_id"]
    with pytest.raises(MissingSetting, match="lacks ZOHO_CLIENT_SECRET, ZOHO_REFRESH_TOKEN"):
        ZohoBooks.from_env(client_id="1")
