"""A session that is watched: hooks as settings, and blocks that count their calls."""

from __future__ import annotations

import logging
import re
from contextlib import closing

import pytest

from zohorm import CallEvent, RequestEvent, ResponseEvent
from zohorm.books import Contact, ZohoBooks
from zohorm.errors import ValidationError
from zohorm.sandbox import Sandbox


def contacts(sandbox: Sandbox, count: int) -> list[str]:
    return [sandbox.insert("Contact", {"contact_name": f"Contact {n}"}) for n in range(count)]


def test_hooks_hear_of_every_call_that_arrived(sandbox: Sandbox) -> None:
    asked: list[RequestEvent] = []
    answered: list[ResponseEvent] = []
    ids = contacts(sandbox, 1)
    with closing(
        ZohoBooks(
            **sandbox.credentials,
            clock=sandbox.clock,
            on_request=asked.append,
            on_response=[answered.append],
        )
    ) as session:
        contact = Contact.using(session).get(ids[0])
        contact.notes = "Prefers letters"
        contact.save()
        list(Contact.using(session).iterate(contact_name="Nobody"))

    of_organization = [event for event in asked if event.organization_id is not None]
    assert [(event.method, event.path) for event in of_organization] == [
        (call.method, call.path) for call in sandbox.calls
    ]
    assert [event.template for event in of_organization] == [
        "/contacts/{contact_id}",
        "/contacts/{contact_id}",
        "/contacts",
    ]
    assert len(asked) - len(of_organization) == len(sandbox.token_calls) == 1
    assert [event.status for event in answered] == [200] * 4
    assert [event.error for event in answered] == [None] * 4


def test_hooks_are_those_of_one_session(sandbox: Sandbox) -> None:
    heard: list[CallEvent] = []
    with (
        closing(ZohoBooks(**sandbox.credentials, on_request=heard.append)) as watched,
        closing(ZohoBooks(**sandbox.credentials)) as other,
    ):
        Contact.using(other).iterate().exists()
        assert heard == []
        Contact.using(watched).iterate().exists()

    assert [event.path for event in heard] == ["/contacts"]


def test_a_hook_that_fails_does_not_make_a_saved_record_look_unsaved(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    def count(event: CallEvent) -> None:
        raise RuntimeError("the meter is away")

    settings = {"on_request": count, "on_response": count}
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock, **settings)) as session:
        contact = Contact.using(session)(contact_name="Acme")
        saved = contact.save()
        contact.notes = "Paid at once"
        contact.save()

    assert saved.created
    assert not contact.is_in_doubt
    assert [call.method for call in sandbox.calls] == ["POST", "PUT"]
    assert caplog.text.count("the hook ") == 1


def test_a_block_counts_what_its_lines_cost(sandbox: Sandbox, books: ZohoBooks) -> None:
    first, second = contacts(sandbox, 2)

    with books.count_calls() as calls:
        contact = Contact.get(first)
        Contact.get(first)
        contact.notes = "Prefers letters"
        contact.save()
        with books.count_calls() as inner:
            Contact.get(second)

    assert (calls.made, calls.by_method) == (len(sandbox.calls), {"GET": 2, "PUT": 1})
    assert (inner.made, inner.by_method) == (1, {"GET": 1})
    assert calls.refreshes == len(sandbox.token_calls)


def test_pages_fetched_ahead_by_threads_are_counted(sandbox: Sandbox, books: ZohoBooks) -> None:
    contacts(sandbox, 250)
    Contact.iterate().exists()
    sandbox.forget()

    with books.count_calls() as calls:
        found = list(Contact.iterate().ahead(1))

    assert len(found) == 250
    assert calls.made == len(sandbox.calls) == 2


def test_a_count_goes_on_after_a_failure_in_its_block(sandbox: Sandbox, books: ZohoBooks) -> None:
    sandbox.next(status=400, code=15, times=1)

    with books.count_calls() as calls:
        with pytest.raises(ValidationError):
            Contact.iterate().exists()
        Contact.iterate().exists()

    assert calls.made == 2


@pytest.mark.parametrize(
    "name", ["zohorm", *(f"zohorm.{n}" for n in ["http", "auth", "throttle", "cache"])]
)
def test_a_program_that_sets_up_no_logging_gets_no_lines(books: ZohoBooks, name: str) -> None:
    """Python would print what nobody handles."""
    kinds = {type(handler) for handler in logging.getLogger(name).handlers}

    assert logging.NullHandler in kinds


def test_one_call_is_one_line(
    sandbox: Sandbox, books: ZohoBooks, caplog: pytest.LogCaptureFixture
) -> None:
    Contact.iterate().exists()
    caplog.set_level(logging.DEBUG, "zohorm.http")

    Contact.iterate(contact_name="Zoe").exists()

    (line,) = [record.getMessage() for record in caplog.records if record.name == "zohorm.http"]
    assert re.fullmatch(
        r"GET /contacts -> 200 in \d+ ms, attempt 1, calls remaining: (\d+|unknown)", line
    )
