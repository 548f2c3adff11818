"""Which POST may be sent twice, operation by operation: what sets something, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from zohorm.facts.load import Facts, load

PRODUCTS = ("books", "checkout", "expense", "inventory", "invoice", "subscriptions")

SETS = {
    # Statuses, of which a record has one.
    **dict.fromkeys(("active", "inactive", "markasactive", "markasinactive"), "a status"),
    **dict.fromkeys(("accepted", "declined", "billed", "cancelled", "confirmed"), "a status"),
    **dict.fromkeys(("delivered", "undelivered", "draft", "open", "issued", "sent"), "a status"),
    **dict.fromkeys(("converttoopen", "publish", "resume", "stop", "setstatus"), "a status"),
    **dict.fromkeys(("markasopen", "markasongoing", "markascompleted"), "a status"),
    **dict.fromkeys(("markasconfirmed", "markasinprogress", "{status_code}"), "a status"),
    # Switches, which are on or off.
    **dict.fromkeys(("enable", "disable", "show", "hide"), "a switch"),
    **dict.fromkeys(("track1099", "untrack1099", "autocollect"), "a switch"),
    **dict.fromkeys(("enablestoragelocation", "disablestoragelocation"), "a switch"),
    # Choices and members, where the last one counts.
    **dict.fromkeys(("markasprimary", "primary", "{role_id}", "{tag_id}"), "a choice"),
    **dict.fromkeys(("percentage", "reorder", "image"), "a choice"),
    **dict.fromkeys(("customfields", "reference", "salesperson"), "a member"),
    **dict.fromkeys(("{plan_or_addon_code}", "{recurring_expense_id}"), "a member"),
    "validate": "nothing",
}
"""What a call sets whose path ends like that; twice is as once."""
ONE_ONLY = {
    ("books", "POST /fixedassets/{fixed_asset_id}/status/cancel"): "a status",
    ("expense", "POST /trips/{trip_id}/close"): "a status",
}
"""Those whose words mean something else elsewhere: to cancel a subscription may refund."""
NEVER = {
    ("books", "POST /contacts/{contact_id}/portal/enable"): "invites by mail",
    ("invoice", "POST /contacts/{contact_id}/portal/enable"): "invites by mail",
    ("expense", "POST /users/{user_id}/active"): "may invite by mail",
    ("books", "POST /projects/timeentries/timer/stop"): "ends the timer that runs by then",
    ("invoice", "POST /projects/timeentries/timer/stop"): "ends the timer that runs by then",
    ("subscriptions", "POST /projects/timeentries/timer/stop"): "ends the timer that runs by then",
    ("inventory", "POST /creditnotes/{creditnote_id}/draft"): "moves stock",
    ("inventory", "POST /creditnotes/{creditnote_id}/status/open"): "moves stock",
    ("inventory", "POST /vendorcredits/{vendor_credit_id}/status/open"): "moves stock",
    ("inventory", "POST /bundles/{bundle_id}/confirmed"): "moves stock",
    ("inventory", "POST /moveorders/{moveorder_id}/markascompleted"): "moves stock",
    ("inventory", "POST /items/{item_id}/image"): "adds to the images that are there",
    ("inventory", "POST /compositeitems/{composite_item_id}/image"): "adds to those there",
    ("subscriptions", "POST /invoices/{invoice_id}/converttoopen"): "may charge a card",
}
"""Those that do more than their words say."""
VOIDS = {"void"}
"""Decided where the books are: what is void in doubt may be a booking back."""


def posts() -> Iterator[tuple[str, str, Facts]]:
    for product in PRODUCTS:
        for facts in load(product)["resources"].values():
            for call in (*facts["operations"].values(), *facts["actions"].values()):
                if call["method"] not in ("GET", "PUT", "DELETE"):
                    yield product, f"{call['method']} {call['path']}", call


CALLS = [
    pytest.param(product, call, facts, id=f"{product} {call}") for product, call, facts in posts()
]


@pytest.mark.parametrize(("product", "call", "facts"), CALLS)
def test_a_post_may_be_repeated_if_it_sets_something_and_else_not(
    product: str, call: str, facts: Facts
) -> None:
    ending = call.rpartition("/")[2]
    if ending in VOIDS:
        return
    sets = (product, call) in ONE_ONLY or ending in SETS
    may = sets and (product, call) not in NEVER

    assert facts["repeatable"] is may
    assert bool(facts.get("reason")) is may


@pytest.mark.parametrize("table", [ONE_ONLY, NEVER])
def test_each_row_of_the_tables_is_about_a_call_that_there_is(
    table: dict[tuple[str, str], str],
) -> None:
    assert set(table) <= {(product, call) for product, call, _ in posts()}
