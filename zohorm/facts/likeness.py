"""Complete the facts of one product by those of a sister that has the same endpoints.

Zoho Invoice is Zoho Books without its ledger: the same paths, keys and members. Its pages give
less than the documents of Books, so that its corrections say once

    [[like]]
    product = "books"
    without = ["CustomerDebitNote"]     resources of the sister that share a path with another
    whole = ["CustomField"]             embedded classes that both have with every member
    reason = "..."
    source = "..."

and the converter takes from the sister's facts what its own documents do not say. What exists is
decided by the own documents alone: a resource, a member, a filter or an argument that only the
sister has is not taken over. Nothing at run time knows of the likeness.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator

from zohorm.facts import places
from zohorm.facts.corrections import Corrections
from zohorm.facts.documents import Operation
from zohorm.facts.load import Facts, load
from zohorm.facts.places import Place

# What says of an operation how it travels; that is its own affair in each product.
TRAVEL = {"method", "path", "scope", "repeatable", "reason", "status", "source"}
# What a sister's field tells beyond its kind.
TOLD = ("choices", "max_length", "editions", "clear", "note", "of", "replaced")
PARTS = ("many", "embedded")


class Likeness:
    """What the sisters of a product tell, by path and by call."""

    def __init__(self, corrections: Corrections, facts_of: Callable[[str], Facts] = load) -> None:
        self._resources: dict[str, tuple[str, Facts]] = {}
        self._places: dict[tuple[str, str], tuple[Place, str]] = {}
        self._accessors: dict[str, str] = {}
        self._whole: set[str] = set()
        for row in corrections.rows("like"):
            resources = facts_of(row["product"])["resources"]
            self._whole |= set(row.get("whole", ()))
            for name, facts in resources.items():
                if name in row.get("without", ()):
                    continue
                self._resources.setdefault(places.template(facts["path"]), (name, facts))
                for accessor, child in facts["children"].items():
                    self._accessors[places.template(resources[child["of"]]["path"])] = accessor
                for call, place, action in _calls(name, facts):
                    self._places.setdefault(call, (place, action))

    def collections(self, operations: Iterable[Operation]) -> dict[str, str]:
        """Give the sister's names for the collections whose paths occur here, by path."""
        occurring = {places.template(op.path).removesuffix("/{}").strip("/") for op in operations}
        return {
            facts["path"]: name
            for path, (name, facts) in self._resources.items()
            if path.strip("/") in occurring
        }

    def place(self, operation: Operation) -> Place | None:
        """Tell where the sister has this very call; None where it has none."""
        found = self._places.get((operation.method, places.template(operation.path)))
        return found[0] if found else None

    def action_name(self, operation: Operation) -> str:
        """Give the sister's name for this very call; empty where it has none, or a role for it."""
        found = self._places.get((operation.method, places.template(operation.path)))
        return found[1] if found else ""

    def accessor(self, path: str) -> str:
        """Give the sister's name for the collection at this path below its parent; or nothing."""
        return self._accessors.get(places.template(path), "")

    def complete(self, facts: Facts, listing: Operation | None = None) -> None:
        """Complete one resource in place; `listing` is its list operation."""
        _, other = self._resources.get(places.template(facts["path"]), ("", None))
        if other is None:
            return
        facts["doc"] = facts["doc"] or other["doc"]
        if any(field["list"] or field["detail"] for field in facts["fields"].values()):
            _merge_fields(facts, other, self._whole)
        else:
            _take_record(facts, other)
        if facts["id"] not in facts["fields"]:
            facts["id"] = other["id"]
        if other["number"] in facts["fields"]:
            facts["number"] = other["number"]
        if listing is not None:
            _merge_filters(facts, other)
            if any(parameter.name == "sort_column" for parameter in listing.query()):
                facts["sort"] = facts["sort"] or list(other["sort"])
        for role, call in facts["operations"].items():
            _merge_operation(call, other["operations"].get(role), facts["fields"])
        mine = {_call(action): action for action in other["actions"].values()}
        for action in facts["actions"].values():
            if (same := mine.get(_call(action))) is not None:
                _merge_action(action, same)
        facts["actions"] |= _other_uses(facts, other)


def _other_uses(facts: Facts, other: Facts) -> Facts:
    """Give the sister's actions that are another use of a call that both have: a record as PDF."""
    mine = {_call(call): call for call in facts["operations"].values()}
    return {
        name: copy.deepcopy(action) | {way: mine[_call(action)][way] for way in ("scope", "source")}
        for name, action in other["actions"].items()
        if name not in facts["actions"] and "fixed" in action and _call(action) in mine
    }


def _call(facts: Facts) -> tuple[str, str]:
    return facts["method"], places.template(facts["path"])


def _calls(name: str, facts: Facts) -> Iterator[tuple[tuple[str, str], Place, str]]:
    """Give each call of a resource with its place, and its name if it is an action."""
    for role, call in facts["operations"].items():
        yield _call(call), Place(name, role), ""
    for action, call in facts["actions"].items():
        # With a fixed query it is another use of a call that has its place.
        if not call.get("fixed") or "record_id" in call:
            yield _call(call), Place(name, on=call["on"]), action


def _take_record(facts: Facts, other: Facts) -> None:
    """Take over the whole record: the pages name the endpoints and show no answer of them."""
    sent = facts["fields"]
    taken = ("key", "list_key", "other_keys", "fields", "embedded")
    facts |= {member: copy.deepcopy(other[member]) for member in taken}
    facts["fields"] |= {name: field for name, field in sent.items() if name not in facts["fields"]}


def _merge_filters(facts: Facts, other: Facts) -> None:
    """Take over the lookups of the filters that both have."""
    found = facts["filters"]
    for name, about in other["filters"].items():
        # The filter `status` may stand for the parameter filter_by.
        if name in found or about["lookups"].get("exact") in found:
            found[name] = copy.deepcopy(about)


def _merge_fields(facts: Facts, other: Facts, whole: set[str]) -> None:
    """Take over kinds, choices and embedded classes of the members that both have."""
    known = {facts["key"], facts["list_key"]}
    keys = [*facts["other_keys"], other["key"], other["list_key"], *other["other_keys"]]
    facts["other_keys"] = [key for key in dict.fromkeys(keys) if key and key not in known]
    merger = _Merger(facts["embedded"], other["embedded"], whole)
    fields = merger.fields(facts["fields"], other["fields"])
    # Where rows were never seen, every member stands as if rows had it.
    seen = not all(field["list"] for field in facts["fields"].values())
    for name, field in facts["fields"].items():
        if name in other["fields"]:
            in_rows = field["list"] if seen else False
            fields[name]["list"] = in_rows or other["fields"][name]["list"]
    facts["fields"], facts["embedded"] = fields, merger.embedded


class _Merger:
    """Merges the fields of two records; collects the embedded classes of the result."""

    def __init__(self, own: Facts, other: Facts, whole: set[str]) -> None:
        self._whole = whole
        self._own = own
        self._other = other
        self.embedded: Facts = {}

    def fields(self, own: Facts, other: Facts, *, inside: bool = False) -> Facts:
        return {
            name: self._field(field, other.get(name), inside=inside) for name, field in own.items()
        }

    def _field(self, own: Facts, other: Facts | None, *, inside: bool) -> Facts:
        if other is None:
            return self._kept(own)
        choices = {"choices": own["choices"]} if own["kind"] == other["kind"] == "enum" else {}
        told = {member: other[member] for member in TOLD if member in other}
        flags = {flag: other[flag] for flag in ("always", "list", "detail")}
        field = {"kind": other["kind"], **told, **choices, **flags}
        field["access"] = _access(own["access"], other["access"], inside=inside)
        if other["kind"] in PARTS:
            self._part(own, other)
        elif own["kind"] in PARTS and other["kind"] == "texts":
            # A list that the sister shows as plain ids, and the own pages as objects.
            return self._kept(own)
        return field

    def _kept(self, own: Facts) -> Facts:
        """Keep a field that only the own documents have, with the classes below it."""
        if own["kind"] in PARTS and own["of"] not in self.embedded:
            about = self._own[own["of"]]
            self.embedded[own["of"]] = about
            for field in about["fields"].values():
                self._kept(field)
        return own

    def _part(self, own: Facts, other: Facts) -> None:
        """Merge the embedded class of a field, under the sister's name."""
        theirs = self._other.get(other["of"])
        if own["kind"] not in PARTS or other["of"] in self._whole:
            # Else the own documents say that there are objects, and nothing of their members.
            self._copied(other["of"])
            return
        mine = self._own[own["of"]]
        if theirs is None:
            theirs = {"id": None, "fields": {}}
        fields = self.fields(mine["fields"], theirs["fields"], inside=True)
        known = self.embedded.setdefault(other["of"], {"id": None, "fields": {}})
        known["fields"] |= fields
        if theirs["id"] in known["fields"]:
            known["id"] = theirs["id"]

    def _copied(self, name: str) -> None:
        if name in self._other and name not in self.embedded:
            self.embedded[name] = copy.deepcopy(self._other[name])
            for field in self.embedded[name]["fields"].values():
                if "of" in field:
                    self._copied(field["of"])


def _access(own: str, other: str, *, inside: bool) -> str:
    """Tell who may write a member: the own pages say what they take, the sister when."""
    if own == "read_only" or inside:
        return "read_only" if own == "read_only" else other
    return "plain" if other == "read_only" else other


def _merge_operation(own: Facts, other: Facts | None, fields: Facts) -> None:
    """Take over the kinds of the options that both have, and what else is known of the call."""
    if other is None:
        return
    query = other["query"]
    own["query"] = {
        name: copy.deepcopy(query.get(name, about))
        for name, about in own["query"].items()
        if name not in other.get("files", ())
    }
    if required := [name for name in other.get("required", ()) if name in fields]:
        # The pages mark as required what clients leave out, and leave unmarked what they send.
        own["required"] = required
    for member, value in other.items():
        if member not in TRAVEL and member not in own:
            own[member] = copy.deepcopy(value)
    _call_alike(own, other)


def _call_alike(own: Facts, other: Facts) -> None:
    """Name the ids in the path as the sister does, whose corrections have made them one."""
    if _call(own) == _call(other):
        own["path"] = other["path"]


def _merge_action(own: Facts, other: Facts) -> None:
    """Make an action what the sister has, but for how it travels and what it takes beyond that."""
    told = {k: copy.deepcopy(v) for k, v in other.items() if k not in TRAVEL}
    taken = {**told["query"], **told["body"], **told.get("fixed", {})}
    given = {*told.get("files", ()), told.get("record_id"), *taken}
    extra = {name: about for name, about in own["body"].items() if name not in given}
    query = {name: about for name, about in own["query"].items() if name not in given}
    told["body"] = told["body"] | extra
    told["query"] = told["query"] | query
    own |= told
    _call_alike(own, other)
