"""The six session classes; they differ by root, organization selector and scope prefix."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from zohorm import resource, steps
from zohorm.access import Product
from zohorm.connection import Selector
from zohorm.session import Session

if TYPE_CHECKING:
    from zohorm.books.custom_module_record import CustomModuleRecord
    from zohorm.generic import GenericModel


class ZohoBooks(Session):
    """A session of Zoho Books. Source: Books v3, introduction."""

    product: ClassVar[Product] = Product(
        "books", "/books/v3", Selector(query="organization_id"), "ZohoBooks"
    )

    def module(self, name: str) -> type[CustomModuleRecord]:
        """Return the model class of a custom module, bound to this session; no call.

        `Asset = books.module("cm_asset")` offers what every model does: `Asset.iterate()`,
        `Asset.get(id)`, `Asset.create(record_name="Drill", cf_price=Decimal("5.50"))`, records
        with `save()` and `delete()`. Members of the module's own go by name:
        `asset["cf_price"]`. `Asset.extend(cf_bought_on=f.date())` gives one a type and makes it an
        attribute. The same name gives the same model.

        Args:
            name: the API name of the module, as its settings show it.

        Raises:
            InvalidId, WrongType: it can be no such name.
        """
        name = steps.plain_id(name, "the API name of a module")
        generic = cast("type[GenericModel]", resource.model("generic", "GenericModel"))
        found = generic.described(self.product.name, path=name, like="CustomModuleRecord")
        return cast("type[CustomModuleRecord]", found.using(self))


class ZohoInventory(Session):
    """A session of Zoho Inventory. Source: Inventory v1, introduction."""

    product: ClassVar[Product] = Product(
        "inventory", "/inventory/v1", Selector(query="organization_id"), "ZohoInventory"
    )


class ZohoInvoice(Session):
    """A session of Zoho Invoice. Source: Invoice v3, introduction."""

    product: ClassVar[Product] = Product(
        "invoice", "/invoice/v3", Selector(query="organization_id"), "ZohoInvoice"
    )


class ZohoExpense(Session):
    """A session of Zoho Expense; each call names its organization in the query and in the header.

    Source: Expense v1, introduction, says the query; its samples have the header.
    """

    product: ClassVar[Product] = Product(
        "expense",
        "/expense/v1",
        Selector(query="organization_id", header="X-com-zoho-expense-organizationid"),
        "ZohoExpense",
    )


class ZohoSubscriptions(Session):
    """A session of Zoho Billing, formerly Subscriptions, whose names live on in header and scopes.

    Source: Billing v1, introduction.
    """

    product: ClassVar[Product] = Product(
        "subscriptions",
        "/billing/v1",
        Selector(header="X-com-zoho-subscriptions-organizationid"),
        "ZohoSubscriptions",
    )


ZohoBilling = ZohoSubscriptions


class ZohoCheckout(Session):
    """A session of Zoho Checkout. No public reference exists: host, root and header follow the
    family's naming and are not verified. `api_url` and `api_root` set others, and `resource()`
    describes endpoints.
    """

    product: ClassVar[Product] = Product(
        "checkout",
        "/api/v1",
        Selector(header="X-com-zoho-checkout-organizationid"),
        "ZohoCheckout",
        host="checkout_url",
    )
