"""Write the methods of one model as code: `save` with its options, actions, children that clash."""

from __future__ import annotations

from collections.abc import Iterator

from zohorm.facts import arguments, layout, names, prose
from zohorm.facts.arguments import Argument
from zohorm.facts.layout import Code, Group, Part
from zohorm.facts.load import Facts

INDENT = "    "
RETURNS = {
    "nothing": "None",
    "data": "Mapping[str, object]",
    "bytes": "bytes",
    "record": "Self",
    "rows": "list[Self]",
}
# How each kind of answer is asked for.
CALLS = {
    "nothing": "{}",
    "data": "return {}_data",
    "bytes": "return {}_bytes",
    "record": "return {}_record",
    "rows": "return {}_rows",
    "pieces": "return {}_pieces",
}

# The operations behind `save()` and `delete()`, whose options a caller may name.
SAVING = ("create", "update", "delete")

SAVE_SAYS = "Send the changed fields and load the answer; a new record is created."
SAVE_COSTS = (
    "One call; two if a list or an embedded record has changed, for it is read first and the edits "
    "are put on top of it; none if nothing has. `check=True` reads first for plain fields too, "
    "`check=False` never does. `again=True` sends a save that is in doubt once more."
)
REPEATS = (
    "`repeatable=True` looks for a new record whose answer is lost by {}, and sends it again if "
    "there is none."
)
REPEATS_NOT = "No create is `repeatable`: the list finds none by a number or reference."
SAVE_RAISES = (
    ("Conflict", "what was edited here has changed there; nothing was sent"),
    ("OutcomeUnknown", "nobody answered a create; `settle()` looks it up"),
    ("Unsettled", "an earlier save is in doubt"),
    ("Unsupported", "the call takes no such option"),
    ("ValidationError, Duplicate", "the service refuses the values"),
)


DELETE_SAYS = "Delete the record at the service; the object can only be read or copied then."
DELETE_COSTS = (
    "One call. If nobody answers, call it again: a record gone by then was deleted by it."
)
DELETE_RAISES = (
    ("NotFound", "the record is gone already"),
    ("ValidationError", "the service refuses, for others refer to the record"),
    ("NotSaved", "the record was never saved"),
)

DOWNLOADS = (
    "`to` saves the file there, piece by piece, and `progress(received, total)` is told how far it "
    "is."
)


def operation(facts: Facts, *, role: str = "") -> Group:
    """Write one operation as code; those behind `save()` and `delete()` name their options."""
    words: dict[str, Code] = {}
    if facts["repeatable"] != (facts["method"] != "POST"):
        words["repeatable"] = str(facts["repeatable"])
    if role in SAVING and facts["query"]:
        words["options"] = layout.value(list(facts["query"]))
    if not facts.get("organization", True):
        words["needs_organization"] = "False"
    if "version" in facts:
        words["version"] = layout.text(facts["version"])
    if facts.get("send_on_update"):
        words["send_on_update"] = layout.value(facts["send_on_update"])
    if role and "fixed" in facts:
        fixed = [(name, str(value)) for name, value in facts["fixed"].items()]
        words["fixed"] = layout.value(fixed)
    if facts.get("files"):
        taken = tuple(_part(name, about) for name, about in facts["files"].items())
        words["files"] = Group("(", tuple(Part("", part) for part in taken), ")", literal=True)
    plain = [layout.text(facts[key]) for key in ("method", "path", "scope")]
    return layout.call("Operation", *plain, **words)


def _part(name: str, facts: Facts) -> Group:
    """Write what is known of one file as code."""
    words: dict[str, Code] = {}
    if "kinds" in facts:
        words["kinds"] = layout.text(" ".join(facts["kinds"]))
    if "megabytes" in facts:
        words["megabytes"] = str(facts["megabytes"])
    if "several" in facts:
        words["most"] = str(facts.get("most"))
    if "counted" in facts:
        words["counted"] = "True"
    return layout.call("FilePart", layout.text(name), **words)


def methods(name: str, facts: Facts) -> Iterator[str]:
    """Write all methods of a model."""
    if facts["id"] == "organization_id" and "get" in facts["operations"]:
        yield from _current()
    yield from _save(facts)
    yield from _delete(facts)
    for accessor, child in facts["children"].items():
        if accessor.startswith("list_"):
            yield from _child(accessor, child)
    for action, about in facts["actions"].items():
        yield from _action(name, action, about, facts)


def _save(facts: Facts) -> Iterator[str]:
    """Write `save` anew where its calls take options, so that editors know them."""
    operations = facts["operations"]
    created = set(operations.get("create", {}).get("query", {}))
    updated = set(operations.get("update", {}).get("query", {}))
    options = {
        option: about
        for role in ("create", "update")
        for option, about in operations.get(role, {}).get("query", {}).items()
    }
    files = {
        file.wire: file
        for role in ("create", "update")
        for file in arguments.files(operations.get(role, {}))
    }
    if not options and not files:
        return
    taking = [Argument(option, "query", about, required=False) for option, about in options.items()]
    signature = ["check: bool | None = None", "again: bool = False", "repeatable: bool = False"]
    signature += [option.code() for option in [*taking, *files.values()]]
    notes = [
        ("only when created", created - updated),
        ("only when changed", updated - created),
    ]
    taken = [f"{when}: {', '.join(sorted(names))}" for when, names in notes if names]
    notes_on_options = [f"Options taken {'; '.join(taken)}."] if taken else []
    yield from _signature("save", ["self", "*", *signature], "SaveResult")
    yield from prose.docstring(
        SAVE_SAYS,
        INDENT * 2,
        [SAVE_COSTS, *_repeats(facts), *notes_on_options, *_notes_on_files(operations)],
        raises=SAVE_RAISES,
    )
    held: dict[str, Code] = {}
    if taking:
        held["options"] = layout.mapping((option.wire, option.name) for option in taking)
    if files:
        held["files"] = layout.mapping((name, file.name) for name, file in files.items())
    saved = layout.call(
        "return self._save", check="check", again="again", repeatable="repeatable", **held
    )
    yield from layout.lines(saved, INDENT * 2)


def repeat_keys(facts: Facts) -> list[str]:
    """Give the members by which the list finds a record that a create has sent."""
    if not {"create", "list"} <= set(facts["operations"]):
        return []
    return [
        name
        for name in dict.fromkeys(("reference_number", facts["number"]))
        if name in facts["fields"]
        and facts["fields"][name]["access"] != "read_only"
        and "exact" in facts["filters"].get(name, {"lookups": ()})["lookups"]
        and not facts["filters"][name].get("values")
    ]


def _repeats(facts: Facts) -> list[str]:
    if "create" not in facts["operations"]:
        return []
    found = [f"`{name}`" for name in repeat_keys(facts)]
    return [REPEATS.format(" or ".join(found)) if found else REPEATS_NOT]


def _current() -> Iterator[str]:
    """Write how the organization of a session is reached."""
    yield from _signature("current", ["cls"], "Self", on_class=True)
    text = "Return the organization of the session; one call, none if it is cached."
    yield from prose.docstring(text, INDENT * 2)
    yield f"{INDENT * 2}return cls.get(cls._session_now().organization_id)"


def _delete(facts: Facts) -> Iterator[str]:
    """Write `delete` anew where its call takes options, so that editors know them."""
    options = facts["operations"].get("delete", {}).get("query", {})
    if not options:
        return
    taking = [Argument(option, "query", about, required=False) for option, about in options.items()]
    signature = ["self", "*", *(option.code() for option in taking)]
    yield from _signature("delete", signature, "None")
    yield from prose.docstring(DELETE_SAYS, INDENT * 2, [DELETE_COSTS], raises=DELETE_RAISES)
    held = layout.mapping((option.wire, option.name) for option in taking)
    yield from layout.lines(layout.call("self._delete", held), INDENT * 2)


def _notes_on_files(operations: Facts) -> list[str]:
    files = {
        name: about
        for role in ("create", "update")
        for name, about in operations.get(role, {}).get("files", {}).items()
    }
    found = [_file_note(name, about) for name, about in files.items()]
    return [" ".join([*found, "With a file nothing is sent twice."])] if found else []


def _file_note(name: str, facts: Facts) -> str:
    """Say what a call takes as one of its files."""
    said = f"`{name}` takes {'one file or several' if 'several' in facts else 'a file'}"
    if "kinds" in facts:
        said += f", of the kinds {prose.listed(facts['kinds'])}"
    if "megabytes" in facts:
        said += f", at most {facts['megabytes']} MB" + (" each" if "several" in facts else "")
    if "most" in facts:
        said += f", at most {facts['most']} of them"
    return f"{said}."


def _child(accessor: str, child: Facts) -> Iterator[str]:
    members, of = accessor.removeprefix("list_"), child["of"]
    text = (
        f"Give the records behind `{members}`, which have endpoints of their own; no call before "
        "they are walked."
    )
    found = layout.call("return self._collection", layout.text(of))
    if "by" in child:
        text = f"Give the {members.replace('_', ' ')} made of this record; `create()` makes one."
        found = layout.call("return self._collection_by", layout.text(of), layout.text(child["by"]))
    yield from _signature(accessor, ["self"], f"Collection[{of}]")
    yield from prose.docstring(text, INDENT * 2)
    yield from layout.lines(found, INDENT * 2)


def _action(model: str, name: str, facts: Facts, resource: Facts) -> Iterator[str]:
    on_class = facts["on"] == "class"
    found = arguments.arguments(name, facts, resource)
    signature = ["cls" if on_class else "self", *arguments.parts(found)]
    if _is_once(facts):
        signature += ["again: bool = False"] if "*" in signature else ["*", "again: bool = False"]
    returns = facts.get("of", RETURNS[facts["returns"]])
    returns += " | None" if facts.get("optional") else ""
    if facts["returns"] == "bytes":
        yield from _signatures_of_download(name, signature, on_class=on_class)
    else:
        yield from _signature(name, signature, returns, on_class=on_class)
    yield from prose.docstring(_says(model, name, facts), INDENT * 2, _notes(facts, found))
    if "of" in facts:
        module = f"zohorm.{resource['product']}.{names.snake_name(facts['of'])}"
        yield f"{INDENT * 2}from {module} import {facts['of']}"
        yield ""
    yield from _return(facts, found)


def _signature(
    name: str, parts: list[str], returns: str, *, on_class: bool = False, overload: bool = False
) -> Iterator[str]:
    yield ""
    if overload:
        yield f"{INDENT}@overload"
    if on_class:
        yield f"{INDENT}@classmethod"
    tail = f" -> {returns}:{' ...' if overload else ''}"
    yield from layout.lines(layout.call(f"def {name}", *parts), INDENT, tail=tail)


def _signatures_of_download(name: str, parts: list[str], *, on_class: bool) -> Iterator[str]:
    """Write the three signatures of a method that gives a file as bytes, or saves it."""
    star = parts.index("*") if "*" in parts else len(parts)
    rest = [*(parts[star:] or ["*"]), "progress: Progress | None = None"]
    for to, returns in (
        ("None = None", "bytes"),
        ("FileTarget", "SavedFile"),
        ("FileTarget | None = None", "bytes | SavedFile"),
    ):
        yield from _signature(
            name,
            [*parts[:star], f"to: {to}", *rest],
            returns,
            on_class=on_class,
            overload="|" not in returns,
        )


def _return(facts: Facts, found: list[Argument]) -> Iterator[str]:
    words: dict[str, Code] = {}
    ids, query, body = (_sent(found, place, facts) for place in ("path", "query", "body"))
    if ids:
        words["ids"] = layout.mapping(ids)
    if "record_id" in facts:
        query.insert(0, (facts["record_id"], "self.id"))
    query += [(name, layout.value(value)) for name, value in facts.get("fixed", {}).items()]
    if query:
        words["query"] = layout.mapping(query)
    if body:
        words["fields" if facts.get("body_form") == "parts" else "body"] = layout.mapping(body)
    if facts.get("body_form") == "list":
        words["alone"] = "True"
    if files := _sent(found, "files", facts):
        words["files"] = layout.mapping(files)
    most = {each.wire: str(each.about["most"]) for each in found if each.about.get("most")}
    if (pieces := in_pieces(facts, found)) is not None:
        words["pieces"] = layout.value(pieces)
    elif most:
        words["most"] = layout.mapping(most.items())
    plain = [each for each in found if each.place in ("query", "body")]
    if plain:
        words["takes"] = layout.mapping(
            (each.wire, layout.text(each.about["kind"])) for each in plain
        )
    if needs := tuple(each.wire for each in found if each.required and each.place != "path"):
        words["needs"] = layout.value(needs)
    if _is_once(facts):
        words["again"] = "again"
    if facts["returns"] == "bytes":
        words |= {"to": "to", "progress": "progress"}
    target = "cls._act_all" if facts["on"] == "class" else "self._act"
    called: list[Code] = [operation(facts)]
    head = CALLS["pieces" if pieces else facts["returns"]].format(target)
    if "of" in facts:
        # The model is imported where it is made: it may hold this one.
        maybe = "_maybe" if facts.get("optional") else ""
        head, called = f"return {target}{maybe}_other", [facts["of"], *called]
    yield from layout.lines(layout.call(head, *called, **words), INDENT * 2)


def _sent(found: list[Argument], place: str, facts: Facts) -> list[tuple[str, Code]]:
    """Give what travels in one place, by its name on the wire, in the order of the facts."""
    sent = {argument.wire: argument.name for argument in found if argument.place == place}
    order = [name for name in facts.get(place, ()) if name in sent]
    return [(name, sent[name]) for name in [*order, *(name for name in sent if name not in order)]]


def in_pieces(facts: Facts, found: list[Argument]) -> tuple[str, int] | None:
    """Give the ids that are asked for in several calls, and how many at a time."""
    if facts["on"] != "class" or facts["returns"] != "rows" or facts["method"] != "GET":
        return None
    limited = [argument for argument in found if argument.leads and "most" in argument.about]
    return (limited[0].wire, limited[0].about["most"]) if limited else None


def _is_once(facts: Facts) -> bool:
    """Tell whether an action is sent once, and in doubt without an answer."""
    return not facts["repeatable"]


def _says(model: str, name: str, facts: Facts) -> str:
    if "doc" in facts:
        return str(facts["doc"])
    words = name.replace("_", " ")
    of = "" if facts["on"] == "class" else f" of this {prose.noun(model)}"
    return f"{words[0].upper()}{words[1:]}{of}."


def _notes(facts: Facts, found: list[Argument]) -> list[str]:
    pieces = in_pieces(facts, found)
    notes = [f"One call for each {pieces[1]} of `{pieces[0]}`." if pieces else "One call."]
    for argument in found:
        name, about = argument.name, argument.about
        if about.get("fields"):
            each = "Each of " if about["kind"] == "many" else ""
            notes.append(f"{each}`{name}` holds {prose.listed(list(about['fields']))}.")
        if about.get("choices"):
            notes.append(f"`{name}` is one of {prose.listed(about['choices'])}.")
        if about.get("most") and not pieces:
            notes.append(f"At most {about['most']} `{name}`.")
    notes += [_file_note(name, about) for name, about in facts.get("files", {}).items()]
    if facts["returns"] == "bytes":
        notes.append(DOWNLOADS)
    if _is_once(facts):
        same = "the same call" if facts["on"] == "class" else "another one before refresh()"
        notes.append(
            "Never sent twice: without an answer it raises OutcomeUnknown, and then "
            f"{same} Unsettled, but for `again=True`."
        )
    elif facts["method"] == "POST":
        notes.append(f"May be sent again: {facts['reason']}.")
    return [" ".join(notes), f"Scope: {facts['scope']}."]
