"""The object types of pyzohoapi, product by product: what each is called here, and what it sends.

Each is a row of `TYPES`; the records that rows refer to have the ids below.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import attrs

from zohorm import books, inventory, wire
from zohorm.sandbox import Sandbox

CUSTOMER, VENDOR, ITEM, ORDER, PURCHASE, INVOICE = "1001", "1002", "1003", "1004", "1005", "1006"
UNUSED_ITEM = "1020"
KIT, PACKAGE = "1007", "1008"
NUMBER = "N-17"
DAY = dt.date(2026, 1, 31)

_PACKAGES = {"books": books, "inventory": inventory}
_AROUND = ("organization_id", "page", "per_page")
_VALUES = attrs.field(factory=dict, kw_only=True)


@attrs.frozen
class Seen:
    """One call as the server saw it; the query without organization and page."""

    method: str
    path: str
    query: dict[str, str] = attrs.field(factory=dict)
    body: Any = None
    files: tuple[str, ...] = attrs.field(default=(), kw_only=True)


def seen(sandbox: Sandbox) -> list[Seen]:
    """Return the calls so far, and forget them."""
    calls = [
        Seen(
            call.method,
            call.path,
            {name: value for name, value in call.query.items() if name not in _AROUND},
            None if call.files else call.body,
            files=tuple(f"{file.member} {file.name} {file.content_type}" for file in call.files),
        )
        for call in sandbox.calls
    ]
    sandbox.forget()
    return calls


@attrs.frozen
class PeerType:
    """One object type, and one record of it.

    `values` make a new record, lists by their rows; where no create is documented, they are what
    a stored one holds. `made_of` is named by the query of the create. `change` is a member with
    its new value; `beside` and `naming` travel with it, in body and query. `filters` ask for the
    record, as `asked` says it on the wire.
    """

    product: str
    name: str
    path: str
    values: Mapping[str, Any]
    change: tuple[str, Any] | None = None
    made_of: Mapping[str, Any] = _VALUES
    beside: Mapping[str, Any] = _VALUES
    naming: Mapping[str, Any] = _VALUES
    filters: Mapping[str, Any] = _VALUES
    asked: Mapping[str, str] = _VALUES

    @property
    def model(self) -> Any:
        """The class of zohorm that stands for the type."""
        return getattr(_PACKAGES[self.product], self.name)

    def new(self) -> Any:
        """Return an unsaved record."""
        rows = {name: value for name, value in self.values.items() if isinstance(value, list)}
        record = self.model(**{k: v for k, v in self.values.items() if k not in rows})
        for name, each in rows.items():
            for row in each:
                getattr(record, name).add(**row)
        return record

    @property
    def body(self) -> Any:
        """What the create carries."""
        return wire.argument(self.values)

    def stored(self, sandbox: Sandbox, **more: Any) -> str:
        """Let the service hold a record of the type, with `more` members; return its id."""
        facts = self.model.facts()
        made_of = {name: of for name, of in self.made_of.items() if isinstance(of, str)}
        status = self.filters.get("status", "active")
        values = {"status": status, **({facts.number: NUMBER} if facts.number else {}), **made_of}
        return sandbox.insert(self.name, {**values, **self.body, **more}, product=self.product)


def fill(sandbox: Sandbox, product: str) -> None:
    """Store what the records of the types refer to."""

    def put(name: str, /, **row: object) -> None:
        sandbox.insert(name, row, product=product)

    dated = {"date": "2026-01-31", "line_items": [{"line_item_id": "1010", **_line(quantity=5)}]}
    put("Contact", contact_id=CUSTOMER, contact_name="Garden & Sons", contact_type="customer")
    put("Contact", contact_id=VENDOR, contact_name="Timber Ltd", contact_type="vendor")
    put("Item", item_id=ITEM, name="Bolt", rate=2, status="active")
    put("Item", item_id=UNUSED_ITEM, name="Washer", rate=1, status="active")
    put("CompositeItem", composite_item_id=KIT, name="Kit", rate=9, status="active")
    put("SalesOrder", salesorder_id=ORDER, customer_id=CUSTOMER, status="draft", **dated)
    put("PurchaseOrder", purchaseorder_id=PURCHASE, vendor_id=VENDOR, status="open", **dated)
    put("Invoice", invoice_id=INVOICE, customer_id=CUSTOMER, status="sent", balance=10, **dated)
    if product == "inventory":
        put("Package", package_id=PACKAGE, salesorder_id=ORDER, **dated)


def _line(**values: Any) -> dict[str, Any]:
    return {"item_id": ITEM, "rate": Decimal("2.50"), "quantity": Decimal(2), **values}


_PAPER = {"customer_id": CUSTOMER, "line_items": [_line()]}
_ACCOUNT = {"account_name": "Till", "account_type": "cash"}
_PAYMENT = {
    "customer_id": CUSTOMER,
    "payment_mode": "cash",
    "amount": Decimal("10.50"),
    "date": DAY,
    "invoices": [{"invoice_id": INVOICE, "amount_applied": Decimal(5)}],
}
_ORGANIZATION = {
    "name": "Tea House",
    "currency_code": "EUR",
    "time_zone": "Europe/Berlin",
    "portal_name": "teahouse",
}
_USER = {"name": "Ada", "email": "ada@example.com"}
_PARTS = [{"item_id": ITEM, "quantity": Decimal(2)}]
_OF_ORDER = {"salesorder_id": ORDER}
_SHIPPED = {"package_ids": [PACKAGE], **_OF_ORDER}

BOOKS = (
    PeerType(
        "books",
        "Account",
        "/chartofaccounts",
        _ACCOUNT,
        ("description", "Front desk"),
        filters={"filter_by": "AccountType.All"},
        asked={"filter_by": "AccountType.All"},
    ),
    PeerType(
        "books",
        "CompositeItem",
        "/compositeitems",
        {"name": "Box", "rate": Decimal("9.50"), "mapped_items": _PARTS},
        ("description", "Two bolts"),
    ),
    PeerType(
        "books",
        "Contact",
        "/contacts",
        {"contact_name": "Tea House"},
        ("website", "https://tea.example"),
        filters={"contact_name__startswith": "Tea"},
        asked={"contact_name_startswith": "Tea"},
    ),
    PeerType(
        "books",
        "CustomerPayment",
        "/customerpayments",
        _PAYMENT,
        ("description", "At the counter"),
        filters={"payment_mode": "cash", "amount__gte": Decimal(10)},
        asked={"payment_mode": "cash", "amount_greater_equals": "10"},
    ),
    PeerType("books", "Document", "/documents", {"file_name": "receipt.pdf"}),
    PeerType(
        "books",
        "Invoice",
        "/invoices",
        _PAPER,
        ("notes", "Thank you"),
        filters={"status": "draft"},
        asked={"status": "draft"},
    ),
    PeerType(
        "books",
        "Item",
        "/items",
        {"name": "Tea", "rate": Decimal("3.20")},
        ("description", "Green"),
        filters={"name": "Tea"},
        asked={"name": "Tea"},
    ),
    PeerType("books", "ItemGroup", "/itemgroups", {"group_name": "Teas"}, ("description", "All")),
    PeerType("books", "Organization", "/organizations", _ORGANIZATION, ("name", "Tea Houses")),
    PeerType(
        "books",
        "PurchaseOrder",
        "/purchaseorders",
        {"vendor_id": VENDOR, "line_items": [_line()]},
        ("notes", "By Friday"),
        filters={"vendor_id": VENDOR, "status": "draft"},
        asked={"vendor_id": VENDOR, "status": "draft"},
    ),
    PeerType(
        "books",
        "SalesOrder",
        "/salesorders",
        {"date": DAY, **_PAPER},
        ("notes", "By Friday"),
        filters={"customer_id": CUSTOMER},
        asked={"customer_id": CUSTOMER},
    ),
    PeerType("books", "SalesPerson", "/salespersons", {"salesperson_name": "Ada"}),
    PeerType(
        "books",
        "User",
        "/users",
        _USER,
        ("cost_rate", Decimal("40.50")),
        beside=_USER,
        filters={"filter_by": "Status.All"},
        asked={"filter_by": "Status.All"},
    ),
)

INVENTORY = (
    PeerType("inventory", "Account", "/chartofaccounts", _ACCOUNT),
    PeerType(
        "inventory",
        "Bill",
        "/bills",
        {
            "vendor_id": VENDOR,
            "bill_number": "B-1",
            "date": DAY,
            "due_date": DAY,
            "line_items": [_line()],
        },
        ("notes", "Paid late"),
    ),
    PeerType("inventory", "Brand", "/brands", {"name": "Acme"}, ("name", "Acme Ltd")),
    PeerType(
        "inventory",
        "Bundle",
        "/bundles",
        {
            "date": DAY,
            "composite_item_id": KIT,
            "composite_item_name": "Kit",
            "quantity_to_bundle": Decimal(1),
            "line_items": [{"item_id": ITEM, "quantity_consumed": Decimal(2)}],
            "is_completed": True,
        },
        ("description", "For the fair"),
        filters={"composite_item_id": KIT},
        asked={"composite_item_id": KIT},
    ),
    PeerType(
        "inventory",
        "CompositeItem",
        "/compositeitems",
        {
            "name": "Box",
            "sku": "BOX",
            "rate": Decimal("9.50"),
            "item_type": "inventory",
            "product_type": "goods",
            "mapped_items": _PARTS,
        },
        ("description", "Two bolts"),
        filters={"sku": "BOX"},
        asked={"sku": "BOX"},
    ),
    PeerType(
        "inventory",
        "Contact",
        "/contacts",
        {"contact_name": "Tea House"},
        ("website", "https://tea.example"),
        filters={"contact_name__startswith": "Tea"},
        asked={"contact_name_startswith": "Tea"},
    ),
    PeerType(
        "inventory",
        "CustomerPayment",
        "/customerpayments",
        _PAYMENT,
        ("description", "At the counter"),
        filters={"payment_mode": "cash"},
        asked={"payment_mode": "cash"},
    ),
    PeerType(
        "inventory",
        "Currency",
        "/settings/currencies",
        {"currency_code": "SEK", "currency_symbol": "kr"},
        ("price_precision", 2),
        beside={"currency_code": "SEK", "currency_symbol": "kr"},
    ),
    PeerType("inventory", "Document", "/documents", {"file_name": "receipt.pdf"}),
    PeerType(
        "inventory",
        "Invoice",
        "/invoices",
        _PAPER,
        ("notes", "Thank you"),
        filters={"customer_id": CUSTOMER, "status": "draft"},
        asked={"customer_id": CUSTOMER, "status": "draft"},
    ),
    PeerType(
        "inventory",
        "Item",
        "/items",
        {"name": "Tea", "rate": Decimal("3.20"), "sku": "TEA"},
        ("description", "Green"),
        filters={"sku": "TEA"},
        asked={"sku": "TEA"},
    ),
    PeerType(
        "inventory",
        "ItemAdjustment",
        "/inventoryadjustments",
        {
            "date": DAY,
            "reason": "Damaged",
            "adjustment_type": "quantity",
            "line_items": [{"item_id": ITEM, "quantity_adjusted": Decimal("-1.5")}],
        },
        ("description", "In the rain"),
    ),
    PeerType(
        "inventory",
        "ItemGroup",
        "/itemgroups",
        {"group_name": "Teas", "unit": "kg"},
        ("description", "All"),
    ),
    PeerType("inventory", "Organization", "/organizations", _ORGANIZATION, ("name", "Tea Houses")),
    PeerType(
        "inventory",
        "Package",
        "/packages",
        {"date": DAY, "line_items": [{"so_line_item_id": "1010", "quantity": Decimal(2)}]},
        ("notes", "Fragile"),
        made_of=_OF_ORDER,
        filters={"salesorder_id": ORDER},
        asked={"salesorder_id": ORDER},
    ),
    PeerType(
        "inventory",
        "PriceList",
        "/pricebooks",
        {"name": "Friends", "pricebook_type": "per_item", "sales_or_purchase_type": "sales"},
        ("description", "Ten percent less"),
        beside={
            "name": "Friends",
            "pricebook_type": "per_item",
            "sales_or_purchase_type": "sales",
        },
    ),
    PeerType(
        "inventory",
        "PurchaseOrder",
        "/purchaseorders",
        {"vendor_id": VENDOR, "line_items": [_line()]},
        ("notes", "By Friday"),
        filters={"vendor_id": VENDOR},
        asked={"vendor_id": VENDOR},
    ),
    PeerType(
        "inventory",
        "PurchaseReceive",
        "/purchasereceives",
        {"date": DAY, "line_items": [{"item_id": ITEM, "quantity": Decimal(5)}]},
        ("notes", "All there"),
        made_of={"purchaseorder_id": PURCHASE},
    ),
    PeerType(
        "inventory",
        "RetainerInvoice",
        "/retainerinvoices",
        {
            "customer_id": CUSTOMER,
            "line_items": [{"description": "In advance", "rate": Decimal(100)}],
        },
        ("notes", "Thank you"),
        filters={"status": "draft"},
        asked={"filter_by": "Status.Draft"},
    ),
    PeerType(
        "inventory",
        "SalesOrder",
        "/salesorders",
        {"date": DAY, **_PAPER},
        ("notes", "By Friday"),
        filters={"customer_id": CUSTOMER},
        asked={"customer_id": CUSTOMER},
    ),
    PeerType("inventory", "SalesPerson", "/salespersons", {"salesperson_name": "Ada"}),
    PeerType(
        "inventory",
        "SalesReturn",
        "/salesreturns",
        {
            "date": DAY,
            "line_items": [{"item_id": ITEM, "salesorder_item_id": "1010", "quantity": Decimal(1)}],
        },
        ("reason", "Broken"),
        made_of=_OF_ORDER,
    ),
    PeerType(
        "inventory",
        "ShipmentOrder",
        "/shipmentorders",
        {"date": DAY, "delivery_method": "Van"},
        ("tracking_number", "T-1"),
        made_of=_SHIPPED,
        beside={"date": "2026-01-31", "delivery_method": "Van"},
        naming=_SHIPPED,
    ),
    PeerType(
        "inventory",
        "Tax",
        "/settings/taxes",
        {"tax_name": "VAT", "tax_percentage": Decimal("19.5")},
        ("tax_percentage", Decimal("7.25")),
    ),
    PeerType(
        "inventory",
        "TaxAuthority",
        "/settings/taxauthorities",
        {"tax_authority_name": "Town"},
        ("description", "Of the town"),
    ),
    PeerType(
        "inventory",
        "TaxExemption",
        "/settings/taxexemptions",
        {"tax_exemption_code": "SCHOOL", "type": "customer"},
        ("description", "Schools"),
        beside={"tax_exemption_code": "SCHOOL", "type": "customer"},
    ),
    PeerType(
        "inventory",
        "TaxGroup",
        "/settings/taxgroups",
        {"tax_group_name": "Both"},
        ("tax_group_name", "All"),
    ),
    PeerType(
        "inventory",
        "TransferOrder",
        "/transferorders",
        {"date": DAY, "line_items": [{"item_id": ITEM, "quantity_transfer": Decimal(3)}]},
        ("description", "To the shop"),
        filters={"item_id": ITEM},
        asked={"item_id": ITEM},
    ),
    PeerType(
        "inventory",
        "User",
        "/users",
        _USER,
        ("role_id", "1011"),
        beside=_USER,
        filters={"filter_by": "Status.All"},
        asked={"filter_by": "Status.All"},
    ),
    PeerType("inventory", "Warehouse", "/settings/warehouses", {"warehouse_name": "North"}),
)

TYPES = (*BOOKS, *INVENTORY)
