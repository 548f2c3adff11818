"""An organization in one product that keeps books: its taxes, currencies, customers, documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs
import requests

from zohorm.sandbox import Sandbox, exact
from zohorm.sandbox.catalogue import Resource, product
from zohorm.sandbox.roots import SELECTORS

GIVEN = "4815000000000000201"  # 7.5 %; every organization has it from the start.
_PARAM = re.compile(r"\{\w+\}")
_GIVEN_ACCOUNT = "4815000000000000301"
# Billing has names of its own.
_LINES = ("line_items", "invoice_items", "creditnote_items")
_BUYS = ("bills", "purchaseorders", "recurringbills", "vendorcredits")


@attrs.frozen
class Made:
    """A document that was created, and the assumed rules that its answer names."""

    row: dict[str, Any]
    assumed: list[str]


class Books:
    """One product of a sandbox, with what the examples need to be there."""

    def __init__(
        self, sandbox: Sandbox, name: str, needs: Mapping[str, Any], *, organization: int = 0
    ) -> None:
        found = product(name)
        assert found is not None
        self.product = found
        self.sandbox = sandbox
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Zoho-oauthtoken {sandbox.access_token()}"
        selector = SELECTORS[name]
        self.query = {"organization_id": sandbox.organization_ids[organization]}
        if selector.documented[0] == "header":
            self.session.headers[selector.headers[0]] = self.query.pop("organization_id")
        self.taxes = {"given": GIVEN}
        self._count = 0
        self.currencies: dict[str, str] = {}
        self.contacts: dict[str, str] = {}
        self._set_up(needs)

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Made:
        """Make a call that must succeed; numbers are exact both ways."""
        answer = self.session.request(
            method,
            f"{self.sandbox.url}{self.product.root}{path}",
            params=self.query,
            data=None if body is None else exact.write(body),
            headers={"Content-Type": "application/json"},
            timeout=60,
        )
        assert answer.json()["code"] == 0, answer.text
        named = answer.headers.get("X-Sandbox-Assumed", "")
        return Made(answer.json(parse_float=Decimal), [each for each in named.split(", ") if each])

    def make(self, collection: str, example: Mapping[str, Any]) -> Made:
        """Create the document that an example describes."""
        resource = self.resource(collection)
        sent = dict(example.get("sent", {}))
        body = {**self._base(collection, example.get("currency", "")), **self._named(sent)}
        if "lines" in example:
            member = next(name for name in _LINES if name in resource.fields)
            body[member] = [self._line(line) for line in example["lines"]]
        made = self.call("POST", f"/{resource.path}", body)
        return attrs.evolve(made, row=made.row[resource.key])

    def change(self, collection: str, row: Mapping[str, Any], body: Mapping[str, Any]) -> Any:
        """Change a document and return it."""
        resource = self.resource(collection)
        path = _PARAM.sub(str(row[resource.id]), resource.operations["update"].path)
        return self.call("PUT", path, body).row[resource.key]

    def read(self, collection: str, row: Mapping[str, Any]) -> Made:
        """Return a document as it is stored."""
        resource = self.resource(collection)
        read = self.call("GET", _PARAM.sub(str(row[resource.id]), resource.operations["get"].path))
        return attrs.evolve(read, row=read.row[resource.key])

    def lines(self, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Return the lines of a document."""
        found: list[dict[str, Any]] = next(row[name] for name in _LINES if name in row)
        return found

    def resource(self, collection: str) -> Resource:
        """Return the resource of a collection."""
        return next(
            each
            for each in self.product.resources.values()
            if each.path == collection and "create" in each.operations
        )

    def contact(self, code: str, *, sells: bool = False) -> str:
        """Return a contact with that currency, `""` for the base one, made when first asked for."""
        key = f"{'vendor' if sells else 'customer'} {code}"
        if key not in self.contacts:
            kind = "Contact" if "Contact" in self.product.resources else "Customer"
            resource = self.product.resources[kind]
            body: dict[str, Any] = {
                "contact_name": key,
                "display_name": key,
                "email": "a@b.example",
            }
            if sells:
                body["contact_type"] = "vendor"
            if code:
                body["currency_id"] = self.currencies[code]
            made = self.call("POST", f"/{resource.path}", body).row[resource.key]
            self.contacts[key] = made[resource.id]
        return self.contacts[key]

    def _base(self, collection: str, code: str) -> dict[str, Any]:
        """Return what a collection demands beside amounts."""
        body: dict[str, Any] = {"date": "2026-01-15"}
        if collection.startswith("recurring"):
            often = {"recurrence_frequency": "months", "repeat_every": 1}
            body = {**often, "recurrence_name": self._number(), "start_date": "2026-01-15"}
        if collection.endswith("expenses"):
            code_of = self.currencies.get(code, "4815000000000000097")
            account = {"account_id": _GIVEN_ACCOUNT, "paid_through_account_id": _GIVEN_ACCOUNT}
            return {**body, **account, "currency_id": code_of}
        if collection in _BUYS:
            body["bill_number"] = self._number()
            return {**body, "vendor_id": self.contact(code, sells=True)}
        extra: dict[str, Any] = {}
        if collection == "deliverychallans":
            extra["challan_type"] = "job_work"
        if collection == "salesreceipts":
            extra["payment_mode"] = "cash"
        return {**body, **extra, "customer_id": self.contact(code)}

    def _number(self) -> str:
        self._count += 1
        return f"B-{self._count}"

    def _line(self, line: Mapping[str, Any]) -> dict[str, Any]:
        made = self._named(line)
        if "amount" in made:
            return made
        if "item" in made:
            item = {"name": f"Item {self._number()}", "rate": made.pop("item")}
            item["purchase_rate"] = made.pop("cost", 0)
            made["item_id"] = self.call("POST", "/items", item).row["item"]["item_id"]
            return made
        return {"name": "Tea", "description": "Tea", "code": "tea", **made}

    def _named(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        made = dict(sent)
        if "tax" in made:
            made["tax_id"] = self.taxes[made.pop("tax")]
        return made

    def _set_up(self, needs: Mapping[str, Any]) -> None:
        known = self.product.resources
        if "create" in known["Tax"].operations:
            for kind, names in (("tax", needs["taxes"]), ("compound_tax", needs["compound"])):
                for name, percentage in names.items():
                    body = {"tax_name": name, "tax_percentage": percentage, "tax_type": kind}
                    made = self.call("POST", "/settings/taxes", body).row["tax"]
                    self.taxes[name] = made["tax_id"]
        if "TaxGroup" in known and "create" in known["TaxGroup"].operations:
            for name, members in needs["groups"].items():
                ids = ",".join(self.taxes[member] for member in members)
                body = {"tax_group_name": name, "taxes": ids}
                group = self.call("POST", "/settings/taxgroups", body).row["tax_group"]
                self.taxes[name] = group["tax_group_id"]
        if "Currency" in known:
            self._set_up_currencies(needs["currencies"])

    def _set_up_currencies(self, needs: Mapping[str, Any]) -> None:
        listed = self.call("GET", "/settings/currencies").row["currencies"]
        self.currencies = {each["currency_code"]: each["currency_id"] for each in listed}
        for code, one in needs.items():
            if code in self.currencies:
                continue
            body = {
                "currency_code": code,
                "currency_symbol": code,
                "currency_format": "1,234,567.89",
                "price_precision": one["places"],
            }
            made = self.call("POST", "/settings/currencies", body).row["currency"]
            self.currencies[code] = key = made["currency_id"]
            if "exchange_rate" in one and "ExchangeRate" in self.product.resources:
                rate = {"effective_date": "2026-01-01", "rate": one["exchange_rate"]}
                self.call("POST", f"/settings/currencies/{key}/exchangerates", rate)
