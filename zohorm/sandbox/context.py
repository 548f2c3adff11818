"""What one call works with; made by the application, handed to the resources and the rules."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import attrs

from zohorm.sandbox.calls import SentFile
from zohorm.sandbox.catalogue import Operation, Product, Resource
from zohorm.sandbox.exact import Json, Row
from zohorm.sandbox.mails import Outbox
from zohorm.sandbox.reply import wrong_shape
from zohorm.sandbox.store import Store
from zohorm.sandbox.switches import Switches

if TYPE_CHECKING:
    from zohorm.sandbox.rules.plain import Rules

# Zones without daylight saving, so that an offset is all there is to them.
ZONES = {
    "America/Phoenix": (-7, "PST"),
    "Asia/Calcutta": (5.5, "IST"),
    "Asia/Kolkata": (5.5, "IST"),
    "Asia/Tokyo": (9, "JST"),
    "UTC": (0, "UTC"),
}


ORGANIZATION = "Organization"


def zone(name: object) -> dt.timezone:
    """Return the zone of an organization; UTC for a name that the sandbox does not know."""
    hours, _ = ZONES.get(str(name), (0, ""))
    return dt.timezone(dt.timedelta(hours=hours))


@attrs.frozen(kw_only=True)
class Context:
    """One call: where it goes, what it says, and the sandbox around it."""

    store: Store
    switches: Switches
    rules_of: Callable[[Resource], Rules]
    """What holds for single resources only; handed in, as rules work with the resources."""
    outbox: Outbox
    url: str
    product: Product
    resource: Resource
    operation: Operation
    organization_id: str
    now: dt.datetime
    """The clock, in the zone of the organization."""
    params: Mapping[str, str] = attrs.Factory(dict)
    query: Mapping[str, str] = attrs.Factory(dict)
    headers: Mapping[str, str] = attrs.Factory(dict)
    body: Json = None
    files: tuple[SentFile, ...] = ()
    fault: str | None = None

    @property
    def scope(self) -> str:
        """Where the records of the resource are stored: organizations belong to no other one."""
        return "" if self.resource.name == ORGANIZATION else self.organization_id

    @property
    def timestamp(self) -> str:
        """The clock as the service writes it: `2016-06-11T17:38:06-0700`."""
        return self.now.strftime("%Y-%m-%dT%H:%M:%S%z")

    @property
    def today(self) -> str:
        """The day of the organization."""
        return self.now.date().isoformat()

    @property
    def rules(self) -> Rules:
        """The rules of the resource."""
        return self.rules_of(self.resource)

    @property
    def needed(self) -> tuple[str, ...]:
        """The members that the body must have: those that came as files are there."""
        files = {file.member for file in self.files}
        return tuple(name for name in self.operation.required if name not in files)

    def body_object(self) -> Row:
        """Return the body, which must be an object.

        Raises:
            Refusal: it is a list or a single value.
        """
        if not isinstance(self.body, dict):
            raise wrong_shape("JSONString")
        return self.body

    def flag(self, name: str) -> bool:
        """Tell whether a query parameter says `true`."""
        return self.query.get(name, "").lower() == "true"

    def get(self, resource: str, record_id: object) -> Row | None:
        """Return a record of this product and organization; None if there is none."""
        known = self.product.resources.get(resource)
        if known is None or not isinstance(record_id, (str, int)) or record_id == "":
            return None
        return self.store.get(known, self.organization_id, str(record_id))

    def child(self, resource: Resource, id_member: str) -> Resource | None:
        """Return the child resource whose records have this id member."""
        for each in self.product.resources.values():
            if each.parent == resource.name and each.id == id_member:
                return each
        return None
