"""Loops that change what they go through: every record once, none left out, and they end."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from decimal import Decimal

import pytest

from zohorm.books import Contact, Invoice, Item, ZohoBooks
from zohorm.errors import OutcomeUnknown, Unreachable, ValidationError
from zohorm.query import Query
from zohorm.sandbox import Sandbox


@pytest.fixture(autouse=True)
def many_calls(sandbox: Sandbox, books: ZohoBooks) -> None:
    # The pace is no part of these facts, and the day has room for all of them.
    sandbox.limits(per_minute=100_000, per_day=100_000)


def drafts(sandbox: Sandbox, count: int) -> list[str]:
    """Store drafts and return their ids, oldest first."""
    return [
        sandbox.insert(
            "Invoice", {"invoice_number": f"D-{place:05}", "status": "draft", "total": place}
        )
        for place in range(count)
    ]


def items(sandbox: Sandbox, count: int) -> list[str]:
    return [
        sandbox.insert("Item", {"name": f"Item {place:05}", "rate": 1, "status": "active"})
        for place in range(count)
    ]


def sent_by_id(sandbox: Sandbox) -> Counter[str]:
    return Counter(call.path.split("/")[2] for call in sandbox.calls if call.method == "POST")


def lists(sandbox: Sandbox, path: str = "/invoices") -> list[str]:
    return [c.query["page"] for c in sandbox.calls if c.method == "GET" and c.path == path]


def test_all_of_a_thousand_drafts_are_sent_exactly_once_each(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = drafts(sandbox, 1000)

    for invoice in Invoice.iterate(status="draft"):
        invoice.mark_sent()

    assert sent_by_id(sandbox) == Counter(made)
    assert {row["status"] for row in sandbox.rows("Invoice")} == {"sent"}
    # Five pages of drafts, always the first one.
    assert lists(sandbox) == ["1"] * 5


@pytest.mark.parametrize("order", ["invoice_number", "-invoice_number", "total"])
def test_sorted_drafts_are_all_sent(sandbox: Sandbox, books: ZohoBooks, order: str) -> None:
    made = drafts(sandbox, 450)

    for invoice in Invoice.iterate(status="draft").order_by(order):
        invoice.mark_sent()

    assert sent_by_id(sandbox) == Counter(made)


def test_drafts_fetched_ahead_are_all_sent_once(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = drafts(sandbox, 700)

    for invoice in Invoice.iterate(status="draft").ahead(3):
        invoice.mark_sent()

    assert sent_by_id(sandbox) == Counter(made)


def test_pages_fetched_ahead_are_asked_for_again_once_the_loop_begins_to_write(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """By then the pages behind are here already, as they were before the first write."""
    made = drafts(sandbox, 1400)

    seen = []
    for place, invoice in enumerate(Invoice.iterate(status="draft").ahead(3)):
        seen.append(invoice.id)
        if place >= 250 and place % 2:
            invoice.mark_sent()

    assert Counter(seen) == Counter(made)
    assert sent_by_id(sandbox) == Counter(seen[251::2])


def test_a_list_that_begins_anew_takes_no_page_from_before(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """Page 7 was empty when it was fetched ahead; it is not when its turn comes again."""
    made = drafts(sandbox, 1400)
    last = made[-1]

    seen: list[str] = []
    first: list[Invoice] = []
    with ThreadPoolExecutor(1) as pool:
        for invoice in Invoice.iterate(status="draft").order_by("invoice_number").ahead(3):
            seen.append(invoice.id)
            if len(seen) <= 200:
                first.append(invoice)
            if len(seen) == 200:
                list(pool.map(Invoice.mark_sent, first))
            if invoice.id == last:
                made += [
                    sandbox.insert("Invoice", {"invoice_number": f"E-{place}", "status": "draft"})
                    for place in range(100)
                ]

    assert Counter(seen) == Counter(made)
    # Six pages with one beyond, and seven when it begins anew.
    assert Counter(lists(sandbox))["7"] == 2


def test_whole_drafts_are_all_sent(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = drafts(sandbox, 250)

    for invoice in Invoice.iterate(status="draft").whole():
        invoice.mark_sent()

    assert sent_by_id(sandbox) == Counter(made)


def test_every_second_draft_is_sent_and_every_one_is_seen(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = drafts(sandbox, 610)

    seen = []
    for place, invoice in enumerate(Invoice.iterate(status="draft")):
        seen.append(invoice.id)
        if place % 2:
            invoice.mark_sent()

    assert Counter(seen) == Counter(made)
    assert sent_by_id(sandbox) == Counter(seen[1::2])


@pytest.mark.parametrize("batch", [150, 250, 500])
def test_drafts_collected_and_sent_in_batches_are_all_sent(
    sandbox: Sandbox, books: ZohoBooks, batch: int
) -> None:
    """A batch larger than a page moves rows into pages that are done with."""
    made = drafts(sandbox, 850)

    waiting: list[Invoice] = []
    for invoice in Invoice.iterate(status="draft"):
        waiting.append(invoice)
        if len(waiting) == batch:
            for one in waiting:
                one.mark_sent()
            waiting.clear()
    for one in waiting:
        one.mark_sent()

    assert sent_by_id(sandbox) == Counter(made)


def test_drafts_sent_by_page_are_all_sent(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = drafts(sandbox, 610)

    for page in Invoice.iterate(status="draft").pages():
        for invoice in page.records:
            invoice.mark_sent()

    assert sent_by_id(sandbox) == Counter(made)


def test_drafts_sent_by_a_pool_of_threads_are_all_sent_once(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = drafts(sandbox, 610)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Invoice.mark_sent, Invoice.iterate(status="draft")))

    assert sent_by_id(sandbox) == Counter(made)


def test_a_limit_holds_in_a_loop_that_sends(sandbox: Sandbox, books: ZohoBooks) -> None:
    drafts(sandbox, 450)

    for invoice in Invoice.iterate(status="draft").limit(300):
        invoice.mark_sent()

    assert sent_by_id(sandbox).total() == 300
    assert set(sent_by_id(sandbox).values()) == {1}


def test_everything_is_deleted_once(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = items(sandbox, 610)

    for item in Item.iterate():
        item.delete()

    assert sandbox.rows("Item") == []
    deleted = Counter(c.path.split("/")[2] for c in sandbox.calls if c.method == "DELETE")
    assert deleted == Counter(made)


def test_every_third_is_deleted_and_every_one_is_seen_once(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 610)

    seen = []
    for place, item in enumerate(Item.iterate().order_by("name")):
        seen.append(item.id)
        if place % 3 == 0:
            item.delete()

    assert seen == made
    assert len(sandbox.rows("Item")) == 610 - len(made[::3])


def test_a_delete_whose_answer_is_lost_moves_rows_all_the_same(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 401)
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_retries=0) as hasty:
        sandbox.next(fault="drop-after-commit", method="DELETE", times=401)

        seen = []
        for item in Item.iterate().order_by("name"):
            seen.append(item.id)
            with suppress(Unreachable):
                item.delete()
    hasty.close()

    assert seen == made
    assert sandbox.rows("Item") == []


def test_an_edit_whose_answer_is_lost_moves_rows_all_the_same(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """Each takes the name that puts it last, so that those behind it move up."""
    made = items(sandbox, 401)
    with ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_retries=0) as hasty:
        sandbox.next(fault="drop-after-commit", method="PUT", times=401)

        seen = []
        for item in Item.iterate().order_by("name"):
            seen.append(item.id)
            item.name = f"Z {item.name}"
            with suppress(Unreachable):
                item.save()
    hasty.close()

    assert seen == made
    assert all(str(row["name"]).startswith("Z ") for row in sandbox.rows("Item"))


def test_a_loop_goes_on_past_records_that_the_service_refuses(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = drafts(sandbox, 450)
    sandbox.next(status=400, code=1, method="POST", times=5, after=100)

    refused = []
    for invoice in Invoice.iterate(status="draft"):
        try:
            invoice.mark_sent()
        except ValidationError:
            refused.append(invoice.id)

    assert len(refused) == 5
    assert sent_by_id(sandbox) == Counter(made)


def test_an_edit_of_every_record_is_sent_once_and_the_loop_ends(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 450)

    for item in Item.iterate():
        item.description = "seen"
        item.save()

    puts = Counter(c.path.split("/")[2] for c in sandbox.calls if c.method == "PUT")
    assert puts == Counter(made)
    assert {row["description"] for row in sandbox.rows("Item")} == {"seen"}
    # Each page but the last is asked for again until it brings nothing new.
    assert lists(sandbox, "/items") == ["1", "1", "2", "2", "3"]


def test_an_edit_that_moves_a_record_to_the_end_of_the_order_leaves_none_out(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 450)

    for item in Item.iterate().order_by("name"):
        item.name = f"Z {item.name}"
        item.save()

    puts = Counter(c.path.split("/")[2] for c in sandbox.calls if c.method == "PUT")
    assert puts == Counter(made)


def test_a_loop_that_copies_what_it_sees_ends_and_copies_each_once(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 230)

    for item in Item.iterate(name__startswith="Item"):
        copy = item.copy()
        copy.name = f"{item.name} copy"
        copy.save()

    names = Counter(row["name"] for row in sandbox.rows("Item"))
    assert names == Counter(
        f"Item {place:05}{end}" for place in range(230) for end in ("", " copy")
    )


def test_a_loop_that_creates_others_of_its_kind_does_not_meet_them(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = items(sandbox, 3)

    seen = []
    for item in Item.iterate():
        seen.append(item.id)
        Item(name=f"beside {item.id}", rate=Decimal(1)).save()

    assert sorted(seen) == sorted(made)
    assert len(sandbox.rows("Item")) == 6


def test_writes_of_another_model_do_not_ask_a_page_again(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    items(sandbox, 3)

    for item in Item.iterate():
        Contact(contact_name=item.name).save()

    assert lists(sandbox, "/items") == ["1"]


def test_a_write_of_many_at_once_begins_the_list_anew(sandbox: Sandbox, books: ZohoBooks) -> None:
    """One call of the class may move rows on any page."""
    made = drafts(sandbox, 450)
    sandbox.next(status=200, code=0, method="POST")

    seen = []
    for invoice in Invoice.iterate(status="draft"):
        seen.append(invoice.id)
        if len(seen) == 240:
            Invoice.using(books).email_many(invoice_ids=seen[:10])

    assert Counter(seen) == Counter(made)
    assert lists(sandbox) == ["1", "2", "1", "2", "3"]


def test_a_write_of_many_whose_answer_is_lost_begins_the_list_anew_too(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    made = drafts(sandbox, 450)
    sandbox.next(fault="drop-before-commit", method="POST")

    seen = []
    for invoice in Invoice.iterate(status="draft"):
        seen.append(invoice.id)
        if len(seen) == 240:
            with pytest.raises(OutcomeUnknown):
                Invoice.using(books).email_many(invoice_ids=seen[:10])

    assert Counter(seen) == Counter(made)
    assert lists(sandbox) == ["1", "2", "1", "2", "3"]


def test_a_loop_hears_of_the_writes_of_another_one(sandbox: Sandbox, books: ZohoBooks) -> None:
    made = drafts(sandbox, 250)
    query: Query[Invoice] = Invoice.iterate(status="draft")

    outer: list[str] = []
    inner: Iterator[Invoice] = iter(query)
    met = [next(inner).id]
    for invoice in query:
        outer.append(invoice.id)
        invoice.mark_sent()
    met += [invoice.id for invoice in inner]

    assert Counter(outer) == Counter(made)
    # What it had fetched; the others are drafts no more when it asks again.
    assert len(met) == len(set(met)) == 200
    assert lists(sandbox)[-1] == "1"


def test_an_unknown_outcome_in_the_loop_loses_no_other_record(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    """The call was carried out and nobody heard of it, so the rows behind moved up unnoticed."""
    made = drafts(sandbox, 401)
    sandbox.next(fault="drop-after-commit", method="POST", times=401)

    seen = []
    for invoice in Invoice.iterate(status="draft"):
        seen.append(invoice.id)
        with suppress(OutcomeUnknown, Unreachable):
            invoice.mark_sent()

    assert Counter(seen) == Counter(made)


def test_an_action_whose_answer_is_lost_moves_rows_all_the_same(sandbox: Sandbox) -> None:
    """None of them succeeds in the eyes of the loop, and all of them were carried out."""
    made = drafts(sandbox, 401)
    sandbox.next(fault="drop-after-commit", method="POST", times=401)

    seen = []
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock, max_retries=0)) as hasty:
        for invoice in Invoice.using(hasty).iterate(status="draft"):
            seen.append(invoice.id)
            with pytest.raises((OutcomeUnknown, Unreachable)):
                invoice.mark_sent()

    assert Counter(seen) == Counter(made)


@pytest.mark.parametrize("act", ["every one", "those of the last page", "every second"])
def test_no_page_is_asked_for_that_the_loop_has_emptied(act: str) -> None:
    """This service refuses a page after the last, which may have been a page before."""
    with Sandbox(page_past_end="refuse") as sandbox:
        sandbox.limits(per_minute=100_000)
        made = items(sandbox, 410)
        with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
            seen = []
            for place, item in enumerate(Item.using(books).iterate().ahead(3)):
                seen.append(item.id)
                if act == "every one" or (place >= 400 if "last" in act else place % 2):
                    item.delete()

        assert Counter(seen) == Counter(made)


@pytest.mark.parametrize("batch", [200, 250, 400])
def test_no_page_is_asked_for_that_a_batch_has_emptied(batch: int) -> None:
    with Sandbox(page_past_end="refuse") as sandbox:
        sandbox.limits(per_minute=100_000)
        made = items(sandbox, 610)
        with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
            seen = []
            waiting: list[Item] = []
            for item in Item.using(books).iterate():
                seen.append(item.id)
                waiting.append(item)
                if len(waiting) == batch:
                    for one in waiting:
                        one.delete()
                    waiting.clear()

        assert Counter(seen) == Counter(made)
