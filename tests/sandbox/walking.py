"""Calls for every documented operation, with all that they need to succeed; made from the facts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import requests

from zohorm.sandbox import Sandbox
from zohorm.sandbox.catalogue import Field, Operation, Product, Resource, product
from zohorm.sandbox.resources import files
from zohorm.sandbox.roots import SELECTORS
from zohorm.sandbox.rows import is_custom

MODULE = "cm_things"
_PARAM = re.compile(r"\{([^}]+)\}")
_PLAIN = ("text", "enum", "money", "date", "boolean", "integer", "number")
# How many levels of parts a stored record gets.
_DEPTH = 3
_SAMPLES: Mapping[str, Any] = {
    "integer": 3,
    "number": 1.5,
    "money": 12.5,
    "discount": 12.5,
    "boolean": True,
    "date": "2026-01-10",
    "datetime": "2026-01-10T09:00:00-0700",
    "texts": ["one"],
    "json": "x",
}
# The id of the one item that an invoice of Billing has.
_ITEM = "4815000000000077001"
# Members whose kind does not say that they name other records.
_MEANT = {
    ("TaxGroup", "taxes"): "4815000000000000201, 4815000000000000203",
    ("Subscription", "renewal_at"): "2026-03-01",
}
# What a subscription is of, named by codes that users choose.
_CODES = {"plan_code": "Plan", "addon_code": "Addon", "coupon_code": "Coupon"}


# What a record is when an operation is asked for, by the end of its path; others find a draft.
_FOUND_AS: Mapping[str, str] = {
    "accepted": "sent",
    "approve": "pending_approval",
    "billed": "open",
    "cancelled": "open",
    "declined": "sent",
    "final": "pending_approval",
    "paymentreminder": "sent",
    "refunds": "open",
    "reject": "pending_approval",
    "writeoff": "sent",
}
_FOUND_BY_NAME: Mapping[tuple[str, str], str] = {
    ("Bill", "mark_open"): "void",
    ("CreditNote", "apply_to_invoices"): "open",
    ("ExpenseReport", "approve"): "submitted",
    ("ExpenseReport", "reimburse"): "approved",
    ("ExpenseReport", "reject"): "submitted",
    ("Invoice", "mark_draft"): "void",
    ("PurchaseOrder", "mark_open"): "draft",
    ("RecurringInvoice", "resume"): "stopped",
    ("Subscription", "reactivate"): "non_renewing",
    ("Trip", "approve"): "submitted",
    ("Trip", "cancel"): "approved",
    ("Trip", "close"): "approved",
    ("Trip", "reject"): "submitted",
    ("VendorCredit", "apply_to_bills"): "open",
}
# Members that say what of a document is paid already: nothing, but where that is to be undone.
_PAID = ("payment_made", "credits_applied", "vendor_credits_applied", "write_off_amount")
# Days on which something ends, which must not have come yet.
# What is made of a recurring record is to come yet.
_RECURS = ("start_date", "end_date", "next_expense_date", "next_invoice_date")
_ENDS = ("due_date", "expiry_date", "expiry_at", "expires_at", "next_billing_at")
_PAYS = ("invoices", "bills", "bills_credited")


class Walker:
    """One sandbox, with calls of one product that have all they need to succeed."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        found = product(name)
        assert found is not None
        self.sandbox = sandbox
        self.product: Product = found
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = sandbox.access_token()
        self.count = 0

    def call(
        self, operation: Operation, path: str, *, query: Mapping[str, str], **content: Any
    ) -> requests.Response:
        """Make a call as the product's reference shows it: the organization in query or header."""
        selector = SELECTORS[self.product.name]
        organization = self.sandbox.organization_ids[0]
        headers = {"Authorization": f"Zoho-oauthtoken {self.token}"}
        pairs = {**query, **operation.fixed}
        if selector.documented[0] == "header":
            headers[selector.headers[0]] = organization
        else:
            pairs["organization_id"] = organization
        return self.session.request(
            operation.method,
            self.sandbox.url + self.product.root_of(operation) + path,
            params=pairs,
            headers=headers,
            timeout=60,
            allow_redirects=False,
            **content,
        )

    def walk(self, resource: Resource, operation: Operation) -> requests.Response:
        """Make one call of an operation, on records that are there."""
        ids = self.ids(resource, operation)
        path = _PARAM.sub(lambda found: ids[found.group(1)], operation.path)
        query = self.query(resource, operation, ids)
        if operation.method not in ("POST", "PUT"):
            return self.call(operation, path, query=query)
        body = self.body(resource, operation, ids)
        if operation.name == "upsert":
            return self._upsert(resource, operation, path, body)
        is_file = files.kind_of(operation) is not None and not operation.required
        if operation.is_action and (is_file or set(operation.files) & set(operation.required)):
            member, facts = next(iter(operation.files.items()), ("attachment", {}))
            kind = facts.get("kinds", ["pdf"])[-1]
            sent = {member: (f"a.{kind}", b"%PDF-1.4 content", "application/pdf")}
            return self.call(operation, path, query=query, files=sent)
        return self.call(operation, path, query=query, json=body)

    def send(
        self, operation: Operation, ids: Mapping[str, str], query: Mapping[str, str] | None = None
    ) -> requests.Response:
        """Make one call of an operation on a record that is known."""
        path = _PARAM.sub(lambda found: ids[found.group(1)], operation.path)
        return self.call(operation, path, query=query or {})

    def ids(self, resource: Resource, operation: Operation) -> dict[str, str]:
        """Store the record of an operation with its parents, and return the ids for its path."""
        ids = self.stored(resource, operation)
        own = [name for name in _PARAM.findall(operation.path) if name not in ids]
        if own and f"{{{resource.id}}}" not in operation.path:
            # The path calls the record's id otherwise than the record does.
            ids[own[0]] = ids[resource.id] if resource.path != "{module_name}" else MODULE
        kind = files.kind_of(operation) or "document"
        if "/lineitems/{" in operation.path:
            ids["item_id"] = _ITEM
        if "/coupons/{" in operation.path:
            ids["coupon_code"] = self.stored(self.product.resources["Coupon"])["coupon_code"]
        for name in _PARAM.findall(operation.path):
            if name not in ids and resource.id in ids and name.endswith("_id"):
                ids[name] = self.sandbox.attach(
                    resource.name,
                    ids[resource.id],
                    b"%PDF-1.4 stored",
                    kind=kind,
                    product=self.product.name,
                )
            ids.setdefault(name, MODULE)
        if operation.returns == "bytes" and resource.id in ids:
            key = ids[resource.id]
            self.sandbox.attach(
                resource.name, key, b"%PDF-1.4 stored", kind=kind, product=self.product.name
            )
        return ids

    def stored(self, resource: Resource, operation: Operation | None = None) -> dict[str, str]:
        """Store a new record and its parents; return their ids by the names that paths have."""
        self.count += 1
        above = self.product.resources.get(resource.parent or "")
        ids = self.stored(above, operation) if above is not None else {}
        if above is not None:
            # The path may call the parent's id otherwise than its records do.
            for name in resource.parent_params:
                ids.setdefault(name, ids[above.id])
        row = self.plain(resource)
        row.update(self.found_as(resource, operation, row))
        row.update({name: value for name, value in ids.items() if name != resource.id})
        row.update({name: MODULE for name in resource.parent_params if name not in ids})
        if "invoice_items" in resource.fields:
            row["invoice_items"] = [{"item_id": _ITEM}]
        if resource.path.startswith("replenishments"):
            # Their actions name the items that they are about.
            ids["item_id"] = row["item_id"] = self.stored(self.product.resources["Item"])["item_id"]
        if resource.is_coded:
            row[resource.id] = f"code-{self.count}"
        key = self.sandbox.insert(resource.name, row, product=self.product.name)
        return {**ids, resource.id: key}

    def found_as(
        self, resource: Resource, operation: Operation | None, row: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Return the state in which a record is when it can be worked on: unpaid, not yet due."""
        made: dict[str, Any] = {name: 0 for name in _PAID if name in row}
        made.update({name: [] for name in _PAYS if name in row})
        made.update({name: "2026-02-10" for name in _ENDS if name in row})
        if "recurrence_name" in row:
            made.update({name: "2026-02-10" for name in _RECURS if name in row})
        path = operation.path if operation is not None else ""
        if "writeoff/cancel" in path or "cancelwriteoff" in path:
            made.update({"write_off_amount": 12.5} if "write_off_amount" in row else {})
            return {**made, "status": "paid"} if "status" in row else made
        ends = [part for part in path.split("/") if part in _FOUND_AS]
        name = operation.name if operation is not None else ""
        status = _FOUND_BY_NAME.get((resource.name, name)) or _FOUND_AS.get("".join(ends[-1:]))
        known = resource.fields["status"].choices if "status" in row else ()
        return {**made, "status": status} if status in known else made

    def plain(self, resource: Resource) -> dict[str, Any]:
        """Return values for a record that names nothing else, with a row in each of its parts."""
        unique = {"name", "contact_name", resource.number}
        made = self._filled(resource, resource.fields, _DEPTH)
        made.update({name: f"{name} {self.count}" for name in unique & set(made)})
        return made

    def _filled(
        self, resource: Resource, fields: Mapping[str, Field], depth: int
    ) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for name, field in fields.items():
            if not field.is_shown or name == resource.id or is_custom(field):
                continue
            if field.kind in _PLAIN:
                made[name] = self.value(resource, field)
            elif field.of in resource.embedded and depth:
                shape = resource.embedded[field.of or ""]
                inner = self._filled(resource, shape.fields, depth - 1)
                made[name] = [inner] if field.kind == "many" else inner
        return made

    def query(
        self, resource: Resource, operation: Operation, ids: Mapping[str, str]
    ) -> dict[str, str]:
        """Return what a query must have, with ids of records that are there."""
        made: dict[str, str] = {}
        if operation.record_id is not None:
            made[operation.record_id] = ids[resource.id]
        for name, facts in operation.query.items():
            if facts.get("required") and name not in made and name not in operation.fixed:
                made[name] = self._parameter(resource, name, facts, ids)
        return made

    def body(
        self, resource: Resource, operation: Operation, ids: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return what a body must have, and what may be sent without naming other records."""
        known = {**resource.fields, **operation.body}
        made: dict[str, Any] = {}
        above = self.product.resources.get(resource.parent or "")
        if above is not None and operation.name == "create" and "{" not in operation.path:
            made[above.id] = ids[above.id]
        if (resource.name, operation.name) == ("Subscription", "create"):
            # The one or the other is needed: a customer who is there, or one who is described.
            made["customer_id"] = self.stored(self.product.resources["Customer"])["customer_id"]
        for name in operation.required:
            if name in operation.files:
                continue
            field = known.get(name, Field(name=name, kind="text"))
            made[name] = self.member(resource, field, ids)
        return made

    def member(self, resource: Resource, field: Field, ids: Mapping[str, str]) -> Any:
        """Return a value that the service takes for a member."""
        if field.name == resource.id and resource.is_coded:
            return f"chosen-{self.count}"
        if field.name in ids and field.name != resource.id:
            return ids[field.name]
        links = dict(resource.shape.links.values())
        if field.name in links:
            other = self.product.resources[links[field.name]]
            return self.stored(other)[other.id]
        if field.name in (f"{resource.id}s", f"{resource.id}"):
            return [ids[resource.id]] if field.kind == "texts" else ids[resource.id]
        self.count += 1
        if (resource.name, field.name) in _MEANT:
            return _MEANT[resource.name, field.name]
        return self.value(resource, field)

    def value(self, resource: Resource, field: Field) -> Any:
        """Return a value of the right kind."""
        if field.choices:
            return field.choices[0]
        if resource.name == "Subscription" and field.name in _CODES:
            other = self.product.resources[_CODES[field.name]]
            return self.stored(other)[other.id]
        if field.kind == "id":
            return f"48150000000009{self.count:05d}"
        if field.kind in ("embedded", "many"):
            inner = self.part(resource, field)
            return [inner] if field.kind == "many" else inner
        return _SAMPLES.get(field.kind, f"{field.name} {self.count}"[: field.max_length or 40])

    def part(self, resource: Resource, field: Field) -> dict[str, Any]:
        """Return a part of a record: texts and amounts, and ids of records that are there."""
        shape = resource.embedded.get(field.of or "")
        members = shape.fields if shape is not None else field.members
        made: dict[str, Any] = {
            name: self.value(resource, each)
            for name, each in members.items()
            if each.is_sent and each.kind in ("text", "money", "number") and not each.choices
        }
        for name, each in members.items():
            # A row whose id is that of another record: an invoice that is paid.
            is_meant = shape is None or name == shape.id
            other = self._named(name) if is_meant else None
            if each.kind == "id" and each.is_sent and other is not None:
                made[name] = self.stored(other)[other.id]
        for member, target in (shape.links if shape is not None else {}).values():
            other = self.product.resources[target]
            if members[member].is_sent:
                made[member] = self.stored(other)[other.id]
        if not made and shape is None and members:
            first = next(iter(members.values()))
            made[first.name] = self.value(resource, first)
        return made or {"name": "x"}

    def _named(self, name: str) -> Resource | None:
        """Return the resource whose records have an id of this name."""
        known = self.product.resources.values()
        found = [each for each in known if each.id == name and each.parent is None]
        # Debit notes have the ids of invoices.
        found.sort(key=lambda each: each.name.lower() != name.removesuffix("_id").replace("_", ""))
        return found[0] if found else None

    def _parameter(
        self, resource: Resource, name: str, facts: Mapping[str, Any], ids: Mapping[str, str]
    ) -> str:
        own = {resource.id, f"{resource.id}s", f"{resource.id.replace('_', '')}s"}
        if (resource.name, name) == ("Bill", "purchaseorder_ids"):
            return self.stored(self.product.resources["PurchaseOrder"])["purchaseorder_id"]
        if name.removesuffix("s") in ids:
            return ids[name.removesuffix("s")]
        if name in own or (name.endswith("_ids") and resource.id in ids):
            return ids[resource.id]
        other = self._named(name)
        if other is not None:
            return self.stored(other)[other.id]
        return str((facts.get("choices") or [_SAMPLES.get(str(facts.get("kind")), "1")])[0])

    def _upsert(
        self, resource: Resource, operation: Operation, path: str, body: Mapping[str, Any]
    ) -> requests.Response:
        create = resource.operations.get("create")
        if create is not None:
            body = self.body(resource, create, {})
        headers = {
            "X-Unique-Identifier-Key": "cf_key",
            "X-Unique-Identifier-Value": f"value {self.count}",
            "X-Upsert": "true",
        }
        self.session.headers.update(headers)
        try:
            return self.call(operation, path, query={}, json=body)
        finally:
            for name in headers:
                del self.session.headers[name]


def exact(answer: requests.Response) -> Any:
    """Return the body of an answer with exact numbers."""
    return answer.json(parse_float=Decimal)
