"""The converter, on small documents written here."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from zohorm.facts.__main__ import main
from zohorm.facts.convert import convert
from zohorm.facts.corrections import Stale, parse
from zohorm.facts.load import Facts, load

DOCUMENT = """
openapi: 3.0.0
info: {title: Bills}
paths:
  /bills:
    post:
      operationId: create_bill
      parameters:
        - {name: organization_id, in: query, required: true, schema: {type: string}}
        - {name: send, in: query, required: false, schema: {type: boolean}}
        - {name: attachment, in: query, schema: {type: string, format: binary}}
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/request'}}}}
      responses: {'201': {$ref: '#/components/responses/one'}}
      security: [{Zoho_Auth: [ZohoBooks.bills.CREATE]}]
    get:
      operationId: list_bills
      parameters:
        - {name: page, in: query, schema: {type: integer}}
        - name: vendor_name
          in: query
          schema: {type: string}
          description: 'Variants: <code>vendor_name_startswith</code>, vendor_name_contains.'
        - name: total
          in: query
          schema: {type: string}
          description: 'Variants: total_less_than, total_greater_equals.'
        - {name: last_modified_time, in: query, schema: {type: string}}
        - name: filter_by
          in: query
          schema: {type: string}
          description: 'Allowed Values: <code>Status.All</code>, <code>Status.Open</code> and
            <code>Status.PartiallyPaid</code>.'
        - name: sort_column
          in: query
          schema: {type: string}
          description: 'Allowed Values: <code>vendor_name, total and created_time</code>'
        - {name: response_option, in: query, schema: {type: integer}}
      responses:
        '200':
          content:
            application/json:
              schema:
                type: object
                properties:
                  code: {type: integer}
                  bills:
                    type: array
                    items:
                      type: object
                      properties:
                        bill_id: {type: string}
                        total: {type: string, example: 10.5}
                        status: {$ref: '#/components/schemas/status'}
                        due_in_days: {type: string, example: ''}
      security: [{Zoho_Auth: [ZohoBooks.bills.READ]}]
    put:
      operationId: update_bill_using_custom_field
      parameters:
        - {name: X-Unique-Identifier-Key, in: header, schema: {type: string}}
      responses: {'200': {content: {}}}
  /bills/{bill_id}:
    parameters:
      - {name: bill_id, in: path, required: true, schema: {type: string}}
    get:
      operationId: get_bill
      responses: {'200': {$ref: '#/components/responses/one'}}
    put:
      operationId: update_bill
      requestBody:
        content:
          application/json:
            schema:
              type: object
              properties:
                vendor_id: {type: string}
                notes: {type: string, description: 'Max-length [100]'}
                line_items: {$ref: '#/components/schemas/lines'}
              required: [vendor_id]
      responses: {'200': {$ref: '#/components/responses/one'}}
    delete:
      operationId: delete_bill
      responses: {'200': {content: {}}}
  /bills/{bill_id}/status/void:
    post:
      operationId: mark_bill_void
      responses: {'200': {content: {}}}
  /bills/{bill_id}/comments:
    get:
      operationId: list_bill_comments
      responses:
        '200':
          content:
            application/json:
              schema:
                properties:
                  comments: {type: array, items: {properties: {comment_id: {type: string}}}}
  /bill/{bill_id}/customfields:
    put:
      operationId: update_custom_fields_in_bill
      requestBody:
        content:
          application/json:
            schema: {type: array, items: {properties: {customfield_id: {type: integer}}}}
      responses: {'200': {content: {}}}
components:
  responses:
    one: {content: {application/json: {schema: {$ref: '#/components/schemas/one'}}}}
  schemas:
    status:
      type: string
      description: 'Allowed values: <code>open</code> and <code>paid</code>.'
      x-node_available_in: [in]
    lines:
      type: array
      items:
        properties:
          item_id: {type: integer}
          rate: {type: number}
    request:
      type: object
      properties:
        vendor_id: {type: integer}
        send_now: {type: boolean}
        reference: {type: string}
        notes: {type: string}
        line_items: {$ref: '#/components/schemas/lines'}
      required: [vendor_id, missing]
    one:
      type: object
      properties:
        code: {type: integer}
        message: {type: string}
        bill:
          type: object
          properties:
            bill_id: {type: string}
            bill_number: {type: string}
            vendor_id: {type: integer}
            reference: {type: string}
            status: {$ref: '#/components/schemas/status'}
            total: {type: number}
            notes: {type: string}
            billing_address: {type: object, properties: {city: {type: string}}}
            line_items:
              type: array
              items:
                properties:
                  line_item_id: {type: string}
                  item_id: {type: string}
                  rate: {type: number}
"""

CORRECTIONS = """
[product]
product = "books"
title = "Books v3"
version = "v3"
root = "/books/v3"

[[repeatable]]
operations = ["mark_bill_void"]
reason = "twice is the same status"
source = "Books v3, bills"
"""

GIVEN = 'reason = "because"\nsource = "here"\n'


def converted(tmp_path: Path, corrections: str = "") -> Facts:
    (tmp_path / "bills.yml").write_text(DOCUMENT, encoding="utf-8")
    facts = convert(tmp_path, parse(CORRECTIONS + corrections))
    resources: Facts = facts["resources"]
    return resources


@pytest.fixture
def bill(tmp_path: Path) -> Facts:
    found: Facts = converted(tmp_path)["Bill"]
    return found


def test_keys_id_and_number_come_from_answers_and_paths(bill: Facts) -> None:
    words = [bill[word] for word in ("path", "key", "list_key", "id", "number", "source")]

    assert words == ["bills", "bill", "bills", "bill_id", "bill_number", "Books v3, bills"]


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("create", "POST", "/bills"),
        ("list", "GET", "/bills"),
        ("upsert", "PUT", "/bills"),
        ("get", "GET", "/bills/{bill_id}"),
        ("update", "PUT", "/bills/{bill_id}"),
        ("delete", "DELETE", "/bills/{bill_id}"),
    ],
)
def test_operations_are_found_by_method_and_path(
    bill: Facts, role: str, method: str, path: str
) -> None:
    assert (bill["operations"][role]["method"], bill["operations"][role]["path"]) == (method, path)


def test_a_pattern_of_digits_in_a_path_is_an_id(tmp_path: Path) -> None:
    document = DOCUMENT.replace("/bills/{bill_id}/status/void", r"/bills/(\d+)/lines/(\d+)/void")
    (tmp_path / "bills.yml").write_text(document, encoding="utf-8")

    bill = convert(tmp_path, parse(CORRECTIONS))["resources"]["Bill"]

    assert bill["actions"]["mark_void"]["path"] == "/bills/{bill_id}/lines/{line_id}/void"


def test_a_declared_id_takes_the_place_of_the_one_in_the_paths(tmp_path: Path) -> None:
    declared = f'[[resource]]\nname = "Bill"\npath = "bills"\nid = "bill_number"\n{GIVEN}'

    bill = converted(tmp_path, declared)["Bill"]

    assert bill["operations"]["get"]["path"] == "/bills/{bill_number}"
    assert bill["actions"]["mark_void"]["path"] == "/bills/{bill_number}/status/void"


def test_only_repeatable_verbs_and_listed_operations_may_be_repeated(bill: Facts) -> None:
    repeatable = {role for role, call in bill["operations"].items() if call["repeatable"]}

    assert repeatable == {"list", "upsert", "get", "update", "delete"}
    assert bill["actions"]["mark_void"]["repeatable"] is True
    assert bill["actions"]["mark_void"]["reason"] == "twice is the same status"


def test_a_create_tells_scope_options_required_members_and_files(bill: Facts) -> None:
    create = bill["operations"]["create"]

    assert create["scope"] == "ZohoBooks.bills.CREATE"
    assert create["query"] == {"send": {"kind": "boolean", "required": False}}
    assert create["required"] == ["vendor_id"]
    assert create["files"] == {"attachment": {}}
    assert create["status"] == 201
    assert bill["operations"]["upsert"]["headers"] == ["X-Unique-Identifier-Key"]


@pytest.mark.parametrize(
    ("name", "access", "listed", "detailed"),
    [
        ("bill_id", "read_only", True, True),
        ("total", "read_only", True, True),
        ("vendor_id", "plain", False, True),
        ("notes", "plain", False, True),
        ("reference", "create_only", False, True),
        ("send_now", "write_only", False, False),
        ("due_in_days", "read_only", True, False),
        ("billing_address", "read_only", False, True),
    ],
)
def test_access_follows_from_where_a_member_is_shown(
    bill: Facts, name: str, access: str, listed: bool, detailed: bool
) -> None:
    field = bill["fields"][name]

    assert (field["access"], field["list"], field["detail"]) == (access, listed, detailed)


def test_embedded_records_share_their_members_and_know_their_id(bill: Facts) -> None:
    line = bill["embedded"]["LineItem"]

    assert bill["fields"]["line_items"]["of"] == "LineItem"
    assert bill["fields"]["line_items"]["replaced"] is True
    assert line["id"] == "line_item_id"
    assert line["fields"]["line_item_id"]["access"] == "read_only"
    assert line["fields"]["rate"]["access"] == "plain"
    assert bill["fields"]["billing_address"]["of"] == "Address"


def test_what_requests_alone_show_of_a_line_travels_both_ways(tmp_path: Path) -> None:
    """A line is sent back whole, so nothing that may have come with it can be write-only."""
    request = "          rate: {type: number}\n    request:"
    document = DOCUMENT.replace(request, f"          bill_item_id: {{type: string}}\n{request}")
    (tmp_path / "bills.yml").write_text(document, encoding="utf-8")

    line = convert(tmp_path, parse(CORRECTIONS))["resources"]["Bill"]["embedded"]["LineItem"]

    assert line["fields"]["bill_item_id"]["access"] == "plain"


def test_limits_choices_and_editions_are_kept(bill: Facts) -> None:
    assert bill["fields"]["notes"]["max_length"] == 100
    assert bill["fields"]["status"]["choices"] == ["open", "paid"]
    assert bill["fields"]["status"]["editions"] == {"in": ["in"]}


def test_filters_know_their_variants(bill: Facts) -> None:
    filters = bill["filters"]

    assert filters["vendor_name"]["lookups"] == {
        "exact": "vendor_name",
        "startswith": "vendor_name_startswith",
        "contains": "vendor_name_contains",
    }
    assert filters["total"]["kind"] == "money"
    assert filters["total"]["lookups"] == {
        "exact": "total",
        "lt": "total_less_than",
        "gte": "total_greater_equals",
    }
    assert filters["last_modified_time"]["lookups"] == {"gt": "last_modified_time"}
    assert bill["sort"] == ["vendor_name", "total", "created_time"]
    assert bill["counts"] is True


def test_variants_that_are_listed_one_by_one_become_lookups(tmp_path: Path) -> None:
    listed = "".join(
        f"        - {{name: {name}, in: query, schema: {{type: string}}}}\n"
        for name in ("reference_startswith", "shipped_start", "shipped_end", "week_start")
    )
    (tmp_path / "bills.yml").write_text(
        DOCUMENT.replace("        - {name: page, in: query, schema: {type: integer}}\n", listed, 1),
        encoding="utf-8",
    )

    filters = convert(tmp_path, parse(CORRECTIONS))["resources"]["Bill"]["filters"]

    assert filters["reference"]["lookups"] == {"startswith": "reference_startswith"}
    assert filters["shipped"]["lookups"] == {"gte": "shipped_start", "lte": "shipped_end"}
    assert "week_start" in filters


def test_views_become_the_filter_by_status(bill: Facts) -> None:
    status = bill["filters"]["status"]

    assert status["lookups"] == {"exact": "filter_by"}
    assert status["values"] == {"open": "Status.Open", "partially_paid": "Status.PartiallyPaid"}
    assert status["unchecked"] == ["partially_paid"]


def test_a_singular_path_is_an_action_of_the_plural(bill: Facts) -> None:
    action = bill["actions"]["update_custom_fields_in"]

    assert action["on"] == "record"
    assert action["body_form"] == "list"


def test_a_collection_below_a_record_is_its_child(tmp_path: Path) -> None:
    resources = converted(tmp_path)

    assert resources["BillComment"]["parent"] == "Bill"
    assert resources["Bill"]["children"] == {"comments": {"of": "BillComment"}}
    assert resources["BillComment"]["id"] == "bill_comment_id"


DEEP = """
openapi: 3.0.0
info: {title: Projects}
paths:
  /projects:
    get:
      operationId: list_projects
      responses: {'200': {content: {application/json: {schema: {properties: {projects: {type: array,
        items: {properties: {project_id: {type: string}}}}}}}}}}
  /projects/{id}:
    get: {operationId: get_project, responses: {'200': {content: {}}}}
  /projects/{project}/tasks:
    get:
      operationId: list_tasks
      responses: {'200': {content: {application/json: {schema: {properties: {tasks: {type: array,
        items: {properties: {task_id: {type: string}}}}}}}}}}
  /projects/{project}/tasks/{task_id}:
    delete: {operationId: delete_task, responses: {'200': {content: {}}}}
  /projects/{project}/tasks/{task}/comments:
    get:
      operationId: list_comments
      responses: {'200': {content: {application/json: {schema: {properties: {comments: {type: array,
        items: {properties: {comment_id: {type: string}}}}}}}}}}
  /projects/{project}/tasks/{task}/comments/{comment_id}:
    put:
      operationId: update_comment
      parameters: [{name: comment_id, in: query, schema: {type: string}}]
      responses: {'200': {content: {}}}
  /settings/terms:
    get: {operationId: get_terms, responses: {'200': {content: {application/json: {schema:
      {properties: {terms: {type: object, properties: {text: {type: string}}}}}}}}}}
    put: {operationId: update_terms, responses: {'200': {content: {}}}}
"""
DECLARED_DEEP = "".join(
    f'[[resource]]\nname = "{name}"\npath = "{path}"\n{more}\n{GIVEN}'
    for name, path, more in (
        ("Project", "projects", 'id = "project_id"'),
        ("Task", "projects/{project_id}/tasks", ""),
        ("TaskComment", "projects/{project_id}/tasks/{task_id}/comments", 'id = "comment_id"'),
        ("Terms", "settings/terms", 'form = "single"'),
    )
)


@pytest.fixture
def deep(tmp_path: Path) -> Facts:
    (tmp_path / "projects.yml").write_text(DEEP, encoding="utf-8")
    mended = CORRECTIONS.partition("[[repeatable]]")[0] + DECLARED_DEEP
    found: Facts = convert(tmp_path, parse(mended))["resources"]
    return found


def test_a_collection_may_lie_below_a_child(deep: Facts) -> None:
    assert deep["Task"]["parent"] == "Project"
    assert deep["TaskComment"]["parent"] == "Task"
    assert deep["Project"]["children"] == {"tasks": {"of": "Task"}}
    assert deep["Task"]["children"] == {"comments": {"of": "TaskComment"}}


def test_ids_in_paths_are_called_as_the_records_above_call_them(deep: Facts) -> None:
    update = deep["TaskComment"]["operations"]["update"]

    assert update["path"] == "/projects/{project_id}/tasks/{task_id}/comments/{comment_id}"
    assert update["query"] == {}


def test_a_record_that_is_there_once_has_no_id(deep: Facts) -> None:
    terms = deep["Terms"]

    assert (terms["form"], terms["id"], terms["key"]) == ("single", None, "terms")
    assert set(terms["operations"]) == {"get", "update"}


def test_an_embedded_record_that_says_more_than_the_model_so_named_is_none(tmp_path: Path) -> None:
    """The bills of a payment say how much of each it pays."""
    held = "bills: {type: array, items: {properties: {bill_id: {type: string}, MORE: {}}}}"
    document = DEEP.replace("project_id: {type: string}", f"project_id: {{type: string}}, {held}")
    for more, of in (("total", "Bill"), ("amount_applied", "ProjectBill")):
        (tmp_path / "projects.yml").write_text(document.replace("MORE", more), encoding="utf-8")

        resources = converted(tmp_path, DECLARED_DEEP)

        assert resources["Project"]["fields"]["bills"]["of"] == of


def test_a_correction_changes_one_place(tmp_path: Path) -> None:
    text = f'[[correct]]\nat = "Bill.fields.due_in_days"\nset = {{kind = "json"}}\n{GIVEN}'

    resources = converted(tmp_path, text)

    assert resources["Bill"]["fields"]["due_in_days"]["kind"] == "json"


def test_a_correction_adds_a_member_with_the_usual_facts(tmp_path: Path) -> None:
    text = f'[[correct]]\nat = "Bill.fields.cf"\nset = {{kind = "json"}}\n{GIVEN}'

    resources = converted(tmp_path, text)

    assert resources["Bill"]["fields"]["cf"] == {
        "kind": "json",
        "access": "plain",
        "always": False,
        "list": False,
        "detail": True,
    }


def test_a_removed_list_takes_its_class_along(tmp_path: Path) -> None:
    text = f'[[correct]]\nat = "Bill.fields.line_items"\nremove = true\n{GIVEN}'

    resources = converted(tmp_path, text)

    assert "LineItem" not in resources["Bill"]["embedded"]


def test_a_star_corrects_what_is_there(tmp_path: Path) -> None:
    text = f'[[correct]]\nat = "*.fields.notes"\nset = {{note = "x"}}\n{GIVEN}'

    resources = converted(tmp_path, text)

    assert resources["Bill"]["fields"]["notes"]["note"] == "x"
    assert "notes" not in resources["BillComment"]["fields"]


def test_a_star_stands_for_a_part_of_a_name_too(tmp_path: Path) -> None:
    text = f'[[correct]]\nat = "Bill.embedded.*Item.fields.rate"\nset = {{note = "x"}}\n{GIVEN}'

    embedded = converted(tmp_path, text)["Bill"]["embedded"]

    assert embedded["LineItem"]["fields"]["rate"]["note"] == "x"


@pytest.mark.parametrize(
    "text",
    [
        '[[correct]]\nat = "Bill.fields.total"\nset = {kind = "money"}\n',
        '[[correct]]\nat = "Bill.fields.nothing"\nremove = true\n',
        '[[always]]\nfields = ["Bill.nothing"]\n',
        '[[say]]\nwords = {"Bill.actions.nothing" = "x"}\n',
    ],
)
def test_a_correction_that_changes_nothing_is_reported(tmp_path: Path, text: str) -> None:
    with pytest.raises(Stale):
        converted(tmp_path, text + GIVEN)


@pytest.mark.parametrize(
    "text",
    [
        '[[correct]]\nat = "Bill.fields.total"\nset = {kind = "text"}\nsource = "here"\n',
        '[[correct]]\nat = "Bill.fields.total"\nset = {kind = "text"}\nreason = "so"\n',
        f"[[corect]]\n{GIVEN}",
    ],
)
def test_a_correction_needs_a_reason_a_source_and_a_known_table(text: str) -> None:
    with pytest.raises(ValueError, match="correction"):
        parse(CORRECTIONS + text)


def test_names_places_and_links_can_be_given(tmp_path: Path) -> None:
    text = (
        f'[[resource]]\nname = "Debt"\npath = "bills"\nnumber = "reference"\n{GIVEN}'
        f'[[action]]\nnames = {{mark_bill_void = "annul"}}\n{GIVEN}'
        f'[[place]]\noperations = ["delete_bill"]\nresource = "Debt"\n{GIVEN}'
        f'[[class]]\nnames = {{line_items = "Row"}}\n{GIVEN}'
        f'[[link]]\nto = {{vendor_id = "Debt"}}\n{GIVEN}'
    )

    debt = converted(tmp_path, text)["Debt"]

    assert debt["number"] == "reference"
    assert {"annul", "delete_bill"} <= set(debt["actions"])
    assert debt["fields"]["line_items"]["of"] == "Row"
    assert debt["links"] == {"vendor": {"by": "vendor_id", "to": "Debt"}}


def test_the_command_writes_the_facts_and_tells_what_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bills.yml").write_text(DOCUMENT, encoding="utf-8")
    (tmp_path / "mend.toml").write_text(CORRECTIONS, encoding="utf-8")
    words = ["convert", str(tmp_path), "--into", str(tmp_path)]
    words += ["--corrections", str(tmp_path / "mend.toml")]

    main(words)
    newer = DOCUMENT.replace("due_in_days", "due_in_weeks")
    (tmp_path / "bills.yml").write_text(newer, encoding="utf-8")
    capsys.readouterr()
    main(words)

    told = capsys.readouterr().out.splitlines()
    assert told == [
        "- resources.Bill.fields.due_in_days",
        "+ resources.Bill.fields.due_in_weeks",
        "books.json: 2 resources",
    ]


def run(folder: Path, corrections: str) -> int:
    """Convert the folder into itself by the command; return its exit status."""
    (folder / "mend.toml").write_text(corrections, encoding="utf-8")
    mend = str(folder / "mend.toml")
    return main(["convert", str(folder), "--into", str(folder), "--corrections", mend])


DECLARED = f'[[document]]\nnames = ["bills"]\n{GIVEN}'


def test_documents_that_the_corrections_do_not_declare_are_named_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One of them shows the paths of another resource, and one has a path of no resource."""
    (tmp_path / "bills.yml").write_text(DOCUMENT, encoding="utf-8")
    assert run(tmp_path, CORRECTIONS + DECLARED) == 0
    alone = json.loads((tmp_path / "books.json").read_text("utf-8"))
    capsys.readouterr()
    twin = DOCUMENT.replace("bill_id", "debt_id").replace("title: Bills", "title: Debts")
    (tmp_path / "another.yml").write_text(twin, encoding="utf-8")
    lost = DOCUMENT.replace("/bills/{bill_id}/status/void:", "/share/link:")
    lost = lost.replace("title: Bills", "title: Shares")
    (tmp_path / "share.yml").write_text(lost, encoding="utf-8")

    assert run(tmp_path, CORRECTIONS + DECLARED) == 0

    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "left out: another.yml",
        "left out: share.yml",
        "+ documented.Debts",
        "+ documented.Shares",
        "books.json: 2 resources",
    ]
    assert told.err == ""
    facts = json.loads((tmp_path / "books.json").read_text("utf-8"))
    assert facts["resources"] == alone["resources"]
    assert facts["documented"]["Debts"]["GET /bills/{debt_id}"] == "get_bill"


def test_every_operation_is_listed_and_those_left_out_tell_why(tmp_path: Path) -> None:
    (tmp_path / "bills.yml").write_text(DOCUMENT, encoding="utf-8")
    text = f'[[leave_out]]\noperations = ["mark_bill_void"]\n{GIVEN}'
    text += f'[[leave_out]]\noperations = ["PUT /bill/{{bill_id}}/customfields"]\n{GIVEN}'
    mended = CORRECTIONS.partition("[[repeatable]]")[0] + text

    facts = convert(tmp_path, parse(mended))

    assert len(facts["documented"]["Bills"]) == 9
    assert facts["documented"]["Bills"]["POST /bills"] == "create_bill"
    assert facts["left_out"] == {
        "POST /bills/{bill_id}/status/void": "because",
        "PUT /bill/{bill_id}/customfields": "because",
    }
    assert facts["resources"]["Bill"]["actions"] == {}


def test_leaving_out_what_is_not_documented_is_stale(tmp_path: Path) -> None:
    with pytest.raises(Stale, match="burn_bill"):
        converted(tmp_path, f'[[leave_out]]\noperations = ["burn_bill"]\n{GIVEN}')


def test_a_resource_of_one_document_shares_its_path_with_another(tmp_path: Path) -> None:
    """Debit notes are documented under the path of invoices."""
    twin = DOCUMENT.replace("_bill", "_debt").replace("bill_id", "debt_id")
    (tmp_path / "debts.yml").write_text(twin, encoding="utf-8")
    row = f'[[resource]]\nname = "Debt"\npath = "bills"\ndocument = "debts"\n{GIVEN}'
    row += f'[[resource]]\nname = "Bill"\npath = "bills"\n{GIVEN}'
    row += f'[[place]]\noperations = ["list_debt_comments"]\nresource = "Debt"\n{GIVEN}'

    resources = converted(tmp_path, row)

    assert resources["Debt"]["operations"]["get"]["path"] == "/bills/{debt_id}"
    assert resources["Bill"]["operations"]["get"]["path"] == "/bills/{bill_id}"
    assert "comments" in resources["Bill"]["children"]


@pytest.mark.parametrize(
    ("document", "corrections", "said"),
    [
        (DOCUMENT, DECLARED.replace("bills", "debts"), "debts.yml"),
        (DOCUMENT, f'[[correct]]\nat = "Debt.doc"\nremove = true\n{GIVEN}', "Debt.doc"),
        (DOCUMENT.replace("/bills/{bill_id}/status/void:", "/share/link:"), "", "/share/link"),
        (None, "", "no documents"),
        (f"{DOCUMENT}\n}}", "", "bills.yml cannot be read"),
        ("\0", "", "bills.yml cannot be read"),
        ("", "", "bills.yml is neither"),
        ("<html>", "", "bills.yml is neither"),
    ],
    ids=["lacking", "stale", "lost", "empty", "damaged", "bytes", "no document", "a page"],
)
def test_what_does_not_fit_is_said_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    document: str | None,
    corrections: str,
    said: str,
) -> None:
    if document is not None:
        (tmp_path / "bills.yml").write_text(document, encoding="utf-8")

    assert run(tmp_path, CORRECTIONS + corrections) == 1

    told = capsys.readouterr()
    assert told.err.startswith("nothing was written: ")
    assert said in told.err
    assert told.out == ""
    assert not (tmp_path / "books.json").exists()


@pytest.mark.parametrize("words", [["render"], ["coverage"], ["convert", "."]])
def test_a_product_that_nobody_knows_is_named(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        sys.exit(main([*words, "--product", "desk"]))

    assert ended.value.code in (1, 2)
    assert "'desk'" in capsys.readouterr().err


def test_a_correction_that_changes_nothing_is_stale(tmp_path: Path) -> None:
    with pytest.raises(Stale, match=r"Debt\.doc"):
        converted(tmp_path, f'[[correct]]\nat = "Debt.doc"\nremove = true\n{GIVEN}')


def test_every_document_of_books_has_resources_but_one() -> None:
    """What is imported from Zoho CRM is a contact or an item."""
    facts = load("books")
    sources = {about["source"] for about in facts["resources"].values()}

    titles = facts["documented"]

    assert [title for title in titles if f"Books v3, {title.lower()}" not in sources] == [
        "ZOHO CRM Integration"
    ]


def test_an_operation_without_a_resource_is_told(tmp_path: Path) -> None:
    lost = DOCUMENT.replace("/bills/{bill_id}/status/void:", "/share/link:")
    (tmp_path / "bills.yml").write_text(lost, encoding="utf-8")

    with pytest.raises(ValueError, match="/share/link"):
        convert(tmp_path, parse(CORRECTIONS))


def test_an_operation_never_hides_another(tmp_path: Path) -> None:
    given = 'names = {mark_bill_void = "write", update_custom_fields_in_bill = "write"}'
    twins = f"[[action]]\n{given}\n{GIVEN}"

    with pytest.raises(ValueError, match="by update_custom_fields_in_bill"):
        converted(tmp_path, twins)


SMALL = """
openapi: 3.0.0
info: {title: Groups}
paths:
  /groups:
    post:
      operationId: create_group
      requestBody: {content: {application/json: {schema: {$ref: '#/components/schemas/new'}}}}
      responses:
        '201': {content: {application/json: {schema: {properties: {new_group: {$ref: '#/g'}}}}}}
    get:
      operationId: list_groups
      responses:
        '200': {content: {application/json: {schema: {properties: {groups: {$ref: '#/g'}}}}}}
  /groups/{group_id}:
    get:
      operationId: get_group
      responses:
        '200': {content: {application/json: {schema: {allOf: [{$ref: '#/code'}, {$ref: '#/g'}]}}}}
code: {type: object, properties: {code: {type: integer}}}
g: {type: object, properties: {group_id: {type: string}, name: {type: string}}}
components:
  schemas:
    new:
      type: object
      allOf:
        - {properties: {name: {type: string}}, required: [name]}
        - {properties: {color: {type: string}}}
"""


def test_a_record_is_found_without_a_key_under_another_and_in_parts(tmp_path: Path) -> None:
    (tmp_path / "groups.yml").write_text(SMALL, encoding="utf-8")

    group = convert(tmp_path, parse(CORRECTIONS))["resources"]["Group"]

    assert (group["key"], group["list_key"]) == ("new_group", "groups")
    assert list(group["fields"]) == ["group_id", "name", "color"]
    assert group["fields"]["name"]["detail"]
    assert group["fields"]["name"]["list"]
    assert group["operations"]["create"]["required"] == ["name"]


FORMS = """
openapi: 3.0.0
info: {title: Cards}
paths:
  /cards:
    get:
      operationId: list_cards
      responses:
        '200': {content: {application/json: {schema: {properties: {cards: {$ref: '#/rows'}}}}}}
    post:
      operationId: create_card
      requestBody:
        content:
          application/json:
            schema:
              oneOf:
                - {properties: {name: {type: string}, card_id: {type: string}}}
                - {properties: {name: {type: string}, account_id: {type: string}}}
      responses:
        '201': {content: {application/json: {schema: {properties: {card: {$ref: '#/card'}}}}}}
rows: {type: array, items: {$ref: '#/card'}}
card: {type: object, properties: {card_id: {type: string}}}
"""


def test_a_request_of_several_forms_takes_the_members_of_all(tmp_path: Path) -> None:
    (tmp_path / "cards.yml").write_text(FORMS, encoding="utf-8")

    card = convert(tmp_path, parse(CORRECTIONS))["resources"]["Card"]

    assert list(card["fields"]) == ["card_id", "name", "account_id"]


def test_what_stands_inside_of_a_line_travels_both_ways_too(tmp_path: Path) -> None:
    sent = "serials: {items: {properties: {number: {type: string}}}, type: array}"
    inside = (
        f"batches: {{type: array, items: {{properties: {{batch_id: {{type: string}}, {sent}}}}}}}"
    )
    lines = "          rate: {type: number}\n    request:"
    assert lines in DOCUMENT
    text = DOCUMENT.replace(lines, lines.replace("\n", f"\n          {inside}\n", 1))
    (tmp_path / "bills.yml").write_text(text, encoding="utf-8")

    embedded = convert(tmp_path, parse(CORRECTIONS))["resources"]["Bill"]["embedded"]

    assert embedded["Batch"]["fields"]["batch_id"]["access"] == "plain"
    assert embedded["Serial"]["fields"]["number"]["access"] == "plain"
