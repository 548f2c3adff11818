"""Finish facts that are made: ids in paths, classes of parts, what corrections leave open."""

from __future__ import annotations

import re
from collections.abc import Mapping

from zohorm.facts import names, places
from zohorm.facts.load import Facts


def name_ids_in_paths(facts: Facts) -> None:
    """Call the id in the paths as the records do: a report is /expensereports/{report_id}."""
    if not facts["id"]:
        return
    # The ids above it, too: the refunds of a payment are below {payment_id}, however they say so.
    steps = re.sub(r"\\\{\w+\\\}", r"\\{\\w+\\}", re.escape(facts["path"]))
    own = re.compile(rf"^/{steps}(?P<id>/\{{\w+\}})?(?=/|$)")
    for call in (*facts["operations"].values(), *facts["actions"].values()):
        call["path"] = own.sub(
            lambda found: f"/{facts['path']}" + (f"/{{{facts['id']}}}" if found["id"] else ""),
            call["path"],
        )


def name_ids_above(facts: Facts, parent: Facts) -> None:
    """Call the ids above a record in its paths as the records above it do."""
    above = f"{parent['path']}/{{{parent['id']}}}"
    facts["path"] = places.under(above, facts["path"])
    for call in (*facts["operations"].values(), *facts["actions"].values()):
        call["path"] = "/" + places.under(above, call["path"].removeprefix("/"))


def tell_parts_apart(
    name: str, resource: Facts, resources: Mapping[str, Facts], given: Mapping[str, str]
) -> None:
    """Give an embedded record a class of its own where it is no record of the model so named.

    The invoices of a payment say how much of them it pays, which invoices do not. Classes that are
    `given` for a field stay.
    """
    held = resource["embedded"]
    own: dict[str, str] = {}
    for holder in (resource, *held.values()):
        for field, about in holder["fields"].items():
            of = about.get("of", "")
            if of in held and of in resources and not {field, f"{name}.{field}"} & set(given):
                own[of] = _part(name, of, set(held[of]["fields"]), resources)
    for holder in (resource, *held.values()):
        for about in holder["fields"].values():
            if about.get("of") in own:
                about["of"] = own[about["of"]]
    resource["embedded"] = {own.get(of, of): embedded for of, embedded in held.items()}


def _part(name: str, of: str, shown: set[str], resources: Mapping[str, Facts]) -> str:
    """Give the model that embedded records of such members are, else a name that no model has."""
    named = of if of.startswith(name) else name + of
    for model in (of, named):
        known = resources.get(model)
        if known is None:
            continue
        is_child = known["parent"] == name and known["id"] in shown
        if is_child or shown <= set(known["fields"]):
            return model
    return f"{named}Row" if named in resources else named


def complete(resource: Facts, models: set[str]) -> None:
    """Fill in what a correction need not say, and drop embedded classes that nothing uses.

    An embedded class of a model's name is that model.
    """
    for holder in (resource, *resource["embedded"].values()):
        for name, field in holder["fields"].items():
            access = {"kind": "text", "access": "plain", "always": False}
            holder["fields"][name] = access | {"list": False, "detail": True} | field
    for call in (*resource["operations"].values(), *resource["actions"].values()):
        if isinstance(call.get("files"), list):
            several = {True: {"several": True}, False: {}}
            call["files"] = {name: several[name.endswith("s")] for name in call["files"]}
    used: set[str] = set()
    waiting = [resource]
    while waiting:
        for field in waiting.pop()["fields"].values():
            embedded = resource["embedded"].get(field.get("of"))
            if embedded is not None and field["of"] not in used | models:
                used.add(field["of"])
                waiting.append(embedded)
    resource["embedded"] = {n: e for n, e in resource["embedded"].items() if n in used}


def add_links(resources: dict[str, Facts], given: Mapping[str, str]) -> None:
    """Link `x_id` to the resource that it names, where a record can be got by that id alone.

    `given` tells what other names stand for, codes among them, and what own ids stand for beside
    their own record: a row of a project's invoices has the id of an invoice.
    """
    known = {
        names.snake_name(name): name
        for name, facts in resources.items()
        if "get" in facts["operations"] and not facts["parent"]
    }
    for name, facts in resources.items():
        for holder in (facts, *facts["embedded"].values()):
            taken = set(holder["fields"]) | set(facts["children"]) | set(facts["actions"])
            holder["links"] = {
                noun: {"by": field, "to": target}
                for field, about in holder["fields"].items()
                if (about["kind"] == "id" or field in given)
                and (noun := re.sub("_(id|code)$", "", field)) not in taken
                and (target := given.get(field, known.get(noun))) in resources
                and (field != holder["id"] or (field in given and target != name))
            }
