"""Build the facts of fields from all the places where the documents show a record."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import attrs

from zohorm.facts import kinds, names
from zohorm.facts.documents import Node, Operation
from zohorm.facts.load import Facts

# Where a record is shown: one record, a row of a list, the body of a create, the body of an update.
DETAIL, ROW, CREATE, UPDATE = "detail", "row", "create", "update"

# Ids of embedded records that updates show among the members, to say which one is meant. Other ids
# there name what stands elsewhere: a tag, a tax, an invoice that is paid.
OWN = {"line_item_id"}


@attrs.define
class Member:
    """One member of a record, gathered from every place that shows it."""

    name: str
    nodes: dict[str, list[Node]] = attrs.field(factory=dict)
    members: dict[str, Member] = attrs.field(factory=dict)
    many: bool = False

    def every_node(self) -> Iterator[Node]:
        """Give what requests say first: they carry the limits."""
        for place in (CREATE, UPDATE, DETAIL, ROW):
            yield from self.nodes.get(place, [])

    @property
    def answered(self) -> bool:
        """Tell whether some answer shows the member."""
        return DETAIL in self.nodes or ROW in self.nodes


def gather(into: dict[str, Member], operation: Operation, node: Node | None, place: str) -> None:
    """Add the members of one schema to those that are known, in the order of their first sight."""
    for name, shown in operation.members(node).items():
        member = into.setdefault(name, Member(name))
        member.nodes.setdefault(place, []).append(shown)
        member.many = member.many or shown.get("type") == "array"
        gather(member.members, operation, shown, place)


class FieldWriter:
    """Writes gathered members as facts; collects the embedded classes that they need."""

    def __init__(self, class_of: Callable[[str], str]) -> None:
        self._class_of = class_of
        self.embedded: dict[str, Facts] = {}

    def fields(self, members: dict[str, Member]) -> dict[str, Facts]:
        """Write the fields of one record or embedded object."""
        return {name: self.field(member) for name, member in members.items()}

    def field(self, member: Member) -> Facts:
        """Write one field."""
        field = self._embed(member) if member.members else {"kind": value(member)["kind"]}
        field |= {
            "access": access(member),
            "always": False,
            "list": ROW in member.nodes,
            "detail": DETAIL in member.nodes,
        }
        if not member.members:
            field |= value(member)
        for node in member.every_node():
            if editions := kinds.editions(node):
                field["editions"] = editions
                break
        return field

    def _embed(self, member: Member) -> Facts:
        name = self._class_of(member.name)
        known = self.embedded.setdefault(name, {"id": None, "fields": {}})
        fields = self.fields(member.members)
        if member.answered:
            self._travel_along(fields)
        # Two members of one class (billing and shipping address) share its fields.
        known["fields"] = fields | known["fields"]
        own = names.singular(member.name) + "_id"
        if own in OWN and own in known["fields"]:
            known["fields"][own] |= {"kind": "id", "access": "read_only"}
        if own in known["fields"] and known["fields"][own]["access"] == "read_only":
            known["id"] = own
        field: Facts = {"kind": "many" if member.many else "embedded", "of": name}
        if member.many:
            # Where nobody knows whether the service keeps what a list leaves out, sending the list
            # whole loses nothing. Custom fields are known to stay.
            field["replaced"] = not member.name.endswith("custom_fields")
        return field

    def _travel_along(self, fields: dict[str, Facts]) -> None:
        """Take what requests alone show of an embedded record as readable too.

        Answers hold more of a line than the documents show, and a line is sent back whole: what
        came with it (a tax code, its batches and their bins) must not get lost on the way.
        """
        for field in fields.values():
            if field["access"] in ("write_only", "create_only"):
                field |= {"access": "plain", "detail": True}
                if "of" in field:
                    self._travel_along(self.embedded[field["of"]]["fields"])


def value(member: Member) -> Facts:
    """Write the kind of a plain member, its choices and its greatest length."""
    seen = kinds.look(member.name, member.every_node())
    facts: Facts = {"kind": kinds.kind(seen)}
    if facts["kind"] == "enum":
        facts["choices"] = list(seen.choices)
    lengths = [length for node in member.every_node() if (length := kinds.max_length(node))]
    if lengths and facts["kind"] == "text":
        facts["max_length"] = lengths[0]
    return facts


def access(member: Member) -> str:
    """Tell who may write the member: what no request takes is read-only, and so on."""
    if not member.answered:
        return "write_only"
    if CREATE not in member.nodes and UPDATE not in member.nodes:
        return "read_only"
    if UPDATE not in member.nodes:
        return "create_only"
    return "plain"
