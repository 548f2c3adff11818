"""Checkout, of which no reference exists: a session, two generic models, and any other root."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import closing

import pytest
from making import last_body, verbs

from zohorm.checkout import Payment, PaymentPage, ZohoCheckout
from zohorm.errors import (
    InvalidValue,
    NotAuthorized,
    NotBound,
    OutcomeUnknown,
    Unsupported,
    WrongType,
)
from zohorm.invoice import Contact
from zohorm.sandbox import Sandbox


@pytest.fixture
def checkout(sandbox: Sandbox) -> Iterator[ZohoCheckout]:
    """A session in a block of its own; it waits on the sandbox's clock, so nothing sleeps."""
    with closing(ZohoCheckout(**sandbox.credentials, clock=sandbox.clock)) as session, session:
        yield session


def test_a_payment_page_lives_as_every_record_does(
    checkout: ZohoCheckout, sandbox: Sandbox
) -> None:
    page = PaymentPage.create(page_name="Shop", amount=10)
    assert last_body(sandbox) == {"page_name": "Shop", "amount": 10}

    page["amount"] = 12
    assert page.save().fields == ("amount",)
    assert last_body(sandbox) == {"amount": 12}

    assert [found["amount"] for found in PaymentPage.iterate()] == [12]
    assert PaymentPage.get(page.paymentpage_id) is page
    page.delete()
    assert not PaymentPage.iterate().exists()
    assert verbs(sandbox) == [
        "POST /paymentpages",
        f"PUT /paymentpages/{page['paymentpage_id']}",
        "GET /paymentpages",
        f"DELETE /paymentpages/{page['paymentpage_id']}",
        "GET /paymentpages",
    ]


def test_payments_are_read_and_never_made(checkout: ZohoCheckout, sandbox: Sandbox) -> None:
    identifier = sandbox.insert("Payment", {"amount": 10}, product="checkout")

    assert [payment.id for payment in Payment.iterate()] == [identifier]
    assert Payment.get(identifier).payment_id == identifier
    with pytest.raises(Unsupported):
        Payment.create(amount=10)


def test_nothing_is_promised_of_them() -> None:
    for model in (PaymentPage, Payment):
        assert "Experimental" in (model.__doc__ or "")


def test_a_page_that_nobody_confirmed_is_not_sent_again(
    checkout: ZohoCheckout, sandbox: Sandbox
) -> None:
    sandbox.next(fault="drop-before-commit")

    with pytest.raises(OutcomeUnknown):
        PaymentPage.create(page_name="Shop")

    assert verbs(sandbox) == ["POST /paymentpages"]


def test_the_organization_travels_in_the_header(checkout: ZohoCheckout, sandbox: Sandbox) -> None:
    PaymentPage.iterate().exists()

    call = sandbox.calls[-1]
    assert call.organization_id == sandbox.credentials["organization_id"]
    assert "organization_id" not in call.query
    assert call.url_path == "/api/v1/paymentpages"


def test_another_root_can_be_set(sandbox: Sandbox) -> None:
    with closing(
        ZohoCheckout(**sandbox.credentials, clock=sandbox.clock, api_root="/checkout/v1")
    ) as session:
        assert not PaymentPage.using(session).iterate().exists()
        assert session.request("GET", "/paymentpages").status == 200

    assert {call.url_path for call in sandbox.calls} == {"/checkout/v1/paymentpages"}
    assert {call.product for call in sandbox.calls} == {"checkout"}


@pytest.mark.parametrize("root", ["checkout/v1", "/", "/checkout/v1/", "/../v1", "//evil.example"])
def test_a_root_that_is_no_path_is_refused(sandbox: Sandbox, root: str) -> None:
    with pytest.raises(InvalidValue, match="api_root"):
        ZohoCheckout(**sandbox.credentials, api_root=root)


def test_an_endpoint_that_somebody_knows_better_is_described(
    checkout: ZohoCheckout, sandbox: Sandbox
) -> None:
    pages = checkout.resource(path="paymentpages", id="paymentpage_id")

    made = pages.create(page_name="Shop")

    assert PaymentPage.get(made.id)["page_name"] == "Shop"
    assert pages.iterate().one() is made


def test_an_error_names_the_scope(checkout: ZohoCheckout, sandbox: Sandbox) -> None:
    sandbox.next(status=401, code=57, times=2)

    with pytest.raises(NotAuthorized, match=r"ZohoCheckout\.fullaccess\.all"):
        PaymentPage.get("1")


def test_other_products_keep_their_models(checkout: ZohoCheckout) -> None:
    with pytest.raises(NotBound):
        Contact.get("1")
    with pytest.raises(WrongType, match="invoice"):
        Contact.using(checkout)


def test_a_page_survives_pickling(checkout: ZohoCheckout, sandbox: Sandbox) -> None:
    def edited() -> PaymentPage:
        page = PaymentPage.create(page_name="Shop")
        page["amount"] = 12
        return page

    restored: PaymentPage = checkout.attach(pickle.loads(pickle.dumps(edited())))
    restored.save()

    assert last_body(sandbox) == {"amount": 12}
