"""What a session does where the service demands more than its documents are taken to say."""

from __future__ import annotations

from collections.abc import Iterator

import attrs
import pytest
from making import last_body

from zohorm.books import Contact, ZohoBooks
from zohorm.errors import ValidationError
from zohorm.sandbox import Sandbox

pytestmark = pytest.mark.zoho_sandbox(put_requires="documented")


@pytest.fixture
def mended() -> Iterator[None]:
    """Contacts whose name travels with every change, until the test ends."""
    update = Contact.facts().operations["update"]
    whole = attrs.evolve(update, send_on_update=("contact_name",))
    Contact.extend({"operations": {"update": whole}})
    yield
    Contact.extend({"operations": {"update": update}})


def test_a_save_of_what_changed_is_refused_and_loses_nothing(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Ada")
    contact.save()
    contact.notes = "Prefers e-mail"

    with pytest.raises(ValidationError, match="Contact Name") as refused:
        contact.save()

    assert refused.value.code == 2
    assert contact.is_changed
    assert (sandbox.rows("Contact")[0]["notes"], contact.notes) == ("", "Prefers e-mail")


@pytest.mark.usefixtures("mended")
def test_a_member_that_travels_with_every_change_satisfies_the_service(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    contact = Contact(contact_name="Ada")
    contact.save()
    contact.notes = "Prefers e-mail"

    contact.save()

    assert last_body(sandbox) == {"contact_name": "Ada", "notes": "Prefers e-mail"}
    assert sandbox.rows("Contact")[0]["notes"] == "Prefers e-mail"
