"""Records of custom modules over HTTP, as `books.module(...)` gives their model."""

from __future__ import annotations

import datetime as dt
import pickle
from decimal import Decimal

import pytest
from making import last_body, verbs

from zohorm import fields as f
from zohorm.books import Contact, ContactComment, ZohoBooks
from zohorm.books.custom_module_record import CustomModuleRecord
from zohorm.errors import InvalidId, InvalidValue, MissingSetting, NotFound, WrongType
from zohorm.sandbox import Sandbox


@pytest.fixture
def assets(books: ZohoBooks) -> type[CustomModuleRecord]:
    return books.module("cm_asset")


@pytest.fixture
def drill(assets: type[CustomModuleRecord], sandbox: Sandbox) -> CustomModuleRecord:
    made = assets.create(record_name="Drill", cf_price=Decimal("5.50"))
    sandbox.forget()
    return made


def test_a_module_costs_no_call_and_is_the_same_each_time(
    sandbox: Sandbox, books: ZohoBooks
) -> None:
    first = books.module("cm_asset").create(record_name="Drill")
    second = books.module("cm_asset").get(first.id)

    assert second is first
    assert verbs(sandbox) == ["POST /cm_asset"]
    assert isinstance(first, CustomModuleRecord)


def test_members_of_its_own_are_sent_and_read_by_name(
    sandbox: Sandbox, assets: type[CustomModuleRecord]
) -> None:
    made = assets.create(
        record_name="Drill", cf_price=Decimal("5.50"), cf_bought_on=dt.date(2026, 1, 15)
    )

    assert last_body(sandbox) == {
        "record_name": "Drill",
        "cf_price": Decimal("5.50"),
        "cf_bought_on": "2026-01-15",
    }
    assert made.record_name == "Drill"
    assert made["cf_price"] == Decimal("5.50")


def test_a_whole_record_holds_both_parts_of_its_answer(
    drill: CustomModuleRecord, sandbox: Sandbox
) -> None:
    drill.refresh()

    assert drill["cf_price"] == Decimal("5.50")
    assert [field.label for field in drill.module_fields] == ["Price"]
    assert drill.module_name == "cm_asset"
    assert drill.created_time.tzinfo is not None
    assert verbs(sandbox) == [f"GET /cm_asset/{drill.id}"]


def test_a_change_sends_the_name_along(drill: CustomModuleRecord, sandbox: Sandbox) -> None:
    drill["cf_price"] = Decimal("7.07")
    drill.save()

    assert verbs(sandbox) == [f"PUT /cm_asset/{drill.id}"]
    assert drill["cf_price"] == Decimal("7.07")
    assert not drill.is_changed


def test_records_are_listed_and_deleted(
    drill: CustomModuleRecord, assets: type[CustomModuleRecord], sandbox: Sandbox
) -> None:
    assert [each["cf_price"] for each in assets.iterate()] == [Decimal("5.50")]

    drill.delete()

    assert list(assets.iterate()) == []
    with pytest.raises(NotFound):
        assets.get(drill["module_record_id"])  # type: ignore[arg-type]


def test_modules_are_apart_from_each_other(
    drill: CustomModuleRecord, books: ZohoBooks, sandbox: Sandbox
) -> None:
    others = books.module("cm_car")

    assert list(others.iterate()) == []
    assert type(others()) is not type(drill)


def test_a_member_is_given_a_type(books: ZohoBooks, sandbox: Sandbox) -> None:
    boats = books.module("cm_boat")
    boats.extend(cf_built_on=f.date())

    made = boats.create(record_name="Ada", cf_built_on=dt.date(2026, 1, 15))

    assert made.cf_built_on == dt.date(2026, 1, 15)  # type: ignore[attr-defined]
    with pytest.raises(InvalidValue):
        boats(cf_built_on="soon")


def test_a_record_is_pickled(drill: CustomModuleRecord, books: ZohoBooks) -> None:
    drill["cf_price"] = Decimal(6)

    back = pickle.loads(pickle.dumps(drill))

    assert type(back) is type(drill)
    assert back["cf_price"] == 6
    assert back.record_name == "Drill"


def test_without_a_module_there_is_no_address(books: ZohoBooks, sandbox: Sandbox) -> None:
    with pytest.raises(MissingSetting, match=r"module_name.*books\.module\(name\)"):
        list(CustomModuleRecord.iterate())
    with pytest.raises(MissingSetting, match=r"contact_id.*contact\.comments"):
        list(ContactComment.iterate())
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("name", "error"), [("", InvalidId), ("cm_a/b", InvalidId), ("..", InvalidId), (7, WrongType)]
)
def test_what_is_no_name_is_refused(name: str, error: type[Exception], books: ZohoBooks) -> None:
    with pytest.raises(error):
        books.module(name)


def test_a_loop_of_a_module_does_not_see_other_writes(
    drill: CustomModuleRecord, assets: type[CustomModuleRecord], sandbox: Sandbox
) -> None:
    for _ in assets.iterate():
        Contact(contact_name="Ada").save()

    assert verbs(sandbox) == ["GET /cm_asset", "POST /contacts"]
