"""Facts of one product completed by those of a sister: what is taken over, and what is not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from zohorm.facts import load
from zohorm.facts.corrections import parse
from zohorm.facts.likeness import Likeness
from zohorm.facts.load import Facts

CORRECTIONS = parse("""
[product]
product = "invoice"
[[like]]
product = "books"
without = ["DebitNote"]
whole = ["CustomField"]
reason = "the same endpoints"
source = "the vendor's pages"
""")


def field(kind: str, access: str = "plain", **more: Any) -> Facts:
    return {"kind": kind, "access": access, "always": False, "list": True, "detail": True, **more}


def call(method: str, path: str, **more: Any) -> Facts:
    return {"method": method, "path": path, "scope": "x", "query": {}, "source": "x", **more}


def resource(**more: Any) -> Facts:
    plain: Facts = {
        "doc": "",
        "path": "bills",
        "key": "bill",
        "list_key": "bills",
        "other_keys": [],
        "id": "bill_id",
        "number": None,
        "operations": {},
        "fields": {},
        "embedded": {},
        "filters": {},
        "sort": [],
        "actions": {},
        "children": {},
    }
    return plain | more


SISTER = resource(
    doc="Money owed.",
    list_key="all_bills",
    number="bill_number",
    fields={
        "bill_id": field("id", "read_only", always=True),
        "bill_number": field("text", max_length=100),
        "status": field("enum", "read_only", choices=["open", "paid"]),
        "total": field("money", "read_only", list=False),
        "secret": field("text", "write_only", list=False, detail=False),
        "ledger_id": field("id"),
        "lines": field("many", of="BillLine", replaced=True),
        "custom_fields": field("many", of="CustomField", replaced=False),
    },
    embedded={
        "BillLine": {
            "id": "line_id",
            "fields": {
                "line_id": field("id", "read_only"),
                "rate": field("money"),
                "tax_name": field("text", "read_only"),
                "ledger_id": field("id"),
            },
        },
        "CustomField": {
            "id": "customfield_id",
            "fields": {"customfield_id": field("id"), "value": field("json")},
        },
    },
    filters={"date": {"kind": "date", "lookups": {"exact": "date", "gte": "date_start"}}},
    operations={
        "create": call("POST", "/bills", query={"send": {"kind": "boolean"}}, required=["status"])
    },
    actions={
        "mark_paid": call(
            "POST",
            "/bills/{bill_id}/status/paid",
            on="record",
            returns="nothing",
            doc="Pay.",
            sets={"status": "paid"},
            query={"day": {"kind": "date"}},
            body={},
            required=[],
            repeatable=True,
        )
    },
)
BOOKS: Facts = {
    "resources": {
        "DebitNote": resource(doc="Not this one."),
        "Bill": SISTER,
        "BillComment": resource(
            path="bills/{bill_id}/comments",
            key="comment",
            list_key="comments",
            id="comment_id",
            fields={"comment_id": field("id", "read_only"), "description": field("text")},
        ),
    }
}
BOOKS["resources"]["Bill"]["children"] = {"remarks": {"of": "BillComment"}}


@pytest.fixture
def like() -> Likeness:
    return Likeness(CORRECTIONS, lambda product: copy.deepcopy(BOOKS))


def completed(like: Likeness, **own: Any) -> Facts:
    facts = resource(**own)
    like.complete(facts)
    return facts


def test_members_of_both_take_the_kind_of_the_sister(like: Likeness) -> None:
    fields = {"status": field("text", "read_only"), "bill_number": field("text")}

    facts = completed(like, fields=fields)

    assert facts["fields"]["status"]["kind"] == "enum"
    assert facts["fields"]["status"]["choices"] == ["open", "paid"]
    assert facts["fields"]["bill_number"]["max_length"] == 100
    assert facts["number"] == "bill_number"
    assert facts["doc"] == "Money owed."


def test_what_only_the_sister_has_is_left_to_her(like: Likeness) -> None:
    lines = {"Line": {"id": None, "fields": {"rate": field("text")}}}

    facts = completed(
        like, fields={"bill_id": field("id"), "lines": field("many", of="Line")}, embedded=lines
    )

    assert set(facts["fields"]) == {"bill_id", "lines"}
    assert set(facts["embedded"]["BillLine"]["fields"]) == {"rate"}
    assert facts["filters"] == {}
    assert facts["actions"] == {}


def test_the_own_pages_decide_what_can_be_written(like: Likeness) -> None:
    """Of a member that the own pages take, the sister tells when it travels."""
    fields = {
        "bill_number": field("text", "read_only"),
        "total": field("money"),
        "secret": field("text"),
    }

    facts = completed(like, fields=fields)

    access = {name: about["access"] for name, about in facts["fields"].items()}
    assert access == {"bill_number": "read_only", "total": "plain", "secret": "write_only"}


def test_embedded_classes_take_the_name_and_the_id_of_the_sister(like: Likeness) -> None:
    members = {"line_id": field("text"), "rate": field("number"), "tax_name": field("text")}

    facts = completed(
        like,
        fields={"lines": field("many", of="Line")},
        embedded={"Line": {"id": None, "fields": members}},
    )

    line = facts["embedded"]["BillLine"]
    assert (line["id"], facts["fields"]["lines"]["of"]) == ("line_id", "BillLine")
    assert line["fields"]["rate"]["kind"] == "money"
    assert line["fields"]["tax_name"]["access"] == "read_only"


def test_some_embedded_classes_are_taken_whole(like: Likeness) -> None:
    facts = completed(
        like,
        fields={"custom_fields": field("many", of="CustomField")},
        embedded={"CustomField": {"id": None, "fields": {"index": field("integer")}}},
    )

    assert set(facts["embedded"]["CustomField"]["fields"]) == {"customfield_id", "value"}


def test_objects_whose_members_the_own_pages_do_not_tell_are_taken_whole(like: Likeness) -> None:
    facts = completed(like, fields={"lines": field("texts")})

    assert facts["fields"]["lines"]["kind"] == "many"
    assert "ledger_id" in facts["embedded"]["BillLine"]["fields"]


def test_a_record_that_the_own_pages_never_show_is_that_of_the_sister(like: Likeness) -> None:
    sent = {"description": field("text", list=False, detail=False), "extra": field("text")}
    sent["extra"] |= {"list": False, "detail": False}

    facts = completed(like, path="bills/{id}/comments", key="data", list_key="data", fields=sent)

    assert (facts["key"], facts["list_key"]) == ("comment", "comments")
    assert facts["id"] == "comment_id"
    assert set(facts["fields"]) == {"comment_id", "description", "extra"}
    assert facts["fields"]["description"]["detail"]


def test_other_keys_of_answers_are_kept_in_mind(like: Likeness) -> None:
    facts = completed(like, fields={"status": field("text")})

    assert facts["list_key"] == "bills"
    assert facts["other_keys"] == ["all_bills"]


def test_filters_and_options_of_both_take_the_form_of_the_sister(like: Likeness) -> None:
    own = resource(
        fields={"status": field("text")},
        filters={"date": {"kind": "text", "lookups": {"exact": "date"}}},
        operations={"create": call("POST", "/bills", query={"send": {"kind": "text"}})},
    )

    like.complete(own, None)

    assert own["operations"]["create"]["query"]["send"]["kind"] == "boolean"
    assert own["operations"]["create"]["required"] == ["status"]


def test_an_action_is_the_sisters_but_travels_as_the_own_pages_say(like: Likeness) -> None:
    own = call(
        "POST",
        "/bills/{id}/status/paid",
        on="record",
        returns="nothing",
        required=[],
        repeatable=False,
        body={"note": {"kind": "text"}, "day": {"kind": "text"}},
        scope="own",
    )

    facts = completed(like, fields={"status": field("text")}, actions={"pay": own})

    action = facts["actions"]["pay"]
    assert action["sets"] == {"status": "paid"}
    assert action["doc"] == "Pay."
    assert (action["scope"], action["repeatable"]) == ("own", False)
    assert action["path"] == "/bills/{bill_id}/status/paid"
    # The argument that the sister sends in the query is sent there once.
    assert (list(action["query"]), list(action["body"])) == (["day"], ["note"])


def test_another_use_of_a_call_is_taken_over() -> None:
    sister: Facts = copy.deepcopy(BOOKS)
    sister["resources"]["Bill"]["actions"]["pdf"] = call(
        "GET", "/bills/{bill_id}", fixed={"accept": "pdf"}, on="record", body={}, returns="bytes"
    )
    knowing = Likeness(CORRECTIONS, lambda product: sister)
    own = resource(operations={"get": call("GET", "/bills/{bill_id}", scope="own", source="own")})

    knowing.complete(own)

    assert own["actions"]["pdf"]["fixed"] == {"accept": "pdf"}
    assert own["actions"]["pdf"]["scope"] == "own"
    without_get = resource()
    knowing.complete(without_get)
    assert without_get["actions"] == {}


def test_a_child_has_the_name_that_the_sister_gives_it(like: Likeness) -> None:
    assert like.accessor("bills/{id}/comments") == "remarks"
    assert like.accessor("bills/{id}/approvals") == ""


def test_what_the_sister_lacks_stays_as_it_is(like: Likeness) -> None:
    before = resource(path="reviews", fields={"review_id": field("id")})
    after = copy.deepcopy(before)

    like.complete(after)

    assert after == before


def test_invoice_has_the_names_of_books() -> None:
    """Who moves from one to the other finds the same classes and the same methods."""
    books, invoice = load("books")["resources"], load("invoice")["resources"]
    paths = {facts["path"]: name for name, facts in books.items() if name != "CustomerDebitNote"}

    named = {name: paths.get(facts["path"], name) for name, facts in invoice.items()}

    assert {name: other for name, other in named.items() if name != other} == {}
    assert len(set(invoice) & set(books)) > 40


def test_invoice_has_the_kinds_of_books() -> None:
    """A field of both is typed alike; where this fails, Invoice's facts wait to be made anew."""
    books, invoice = load("books")["resources"], load("invoice")["resources"]

    differing = {
        f"{name}.{member}": (about["kind"], books[name]["fields"][member]["kind"])
        for name, facts in invoice.items()
        if name in books
        for member, about in facts["fields"].items()
        if member in books[name]["fields"]
        and about["kind"] != books[name]["fields"][member]["kind"]
    }

    assert differing == {}


def test_invoice_has_the_words_of_books() -> None:
    """The same call has the same name; where this fails, Invoice's facts wait to be made anew."""
    named = [
        {
            (action["method"], action["path"], str(action.get("fixed"))): f"{name}.{action_name}"
            for name, facts in load(product)["resources"].items()
            for action_name, action in facts["actions"].items()
        }
        for product in ("books", "invoice")
    ]

    books, invoice = named
    shared = invoice.keys() & books.keys()
    assert {invoice[call]: books[call] for call in shared if invoice[call] != books[call]} == {}
    assert len(shared) > 60


def test_invoice_decides_itself_what_may_be_sent_twice() -> None:
    repeatable = {
        action["source"]: action.get("reason")
        for facts in load("invoice")["resources"].values()
        for action in facts["actions"].values()
        if action["method"] == "POST" and action["repeatable"]
    }

    assert all(repeatable.values())
    money = ("email", "remind", "refund", "apply", "write_off", "invite", "import", "clone")
    assert [name for name in repeatable if any(word in name for word in money)] == [
        "contact_enable_payment_reminder",
        "contact_disable_payment_reminder",
        "invoice_disable_payment_reminder",
        "invoice_enable_payment_reminder",
    ]


def test_what_invoice_lacks_is_not_there() -> None:
    """Its pages name no ledger, no purchases, no approval."""
    invoice = load("invoice")["resources"]

    assert not {"Account", "BankAccount", "Bill", "Journal", "SalesOrder"} & set(invoice)
    assert not any({"submit", "approve"} & set(facts["actions"]) for facts in invoice.values())
