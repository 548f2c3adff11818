"""Compose docstrings from facts: kind, length, choices, editions, where a member is shown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from zohorm.facts import names
from zohorm.facts.load import Facts

WIDTH = 100

KINDS = {
    "id": "An id",
    "text": "Text",
    "integer": "A whole number",
    "number": "A number, exact to the last digit",
    "money": "An amount or rate, exact to the last digit",
    "date": "A day",
    "datetime": "An instant",
    "boolean": "True or false",
    "texts": "Several texts",
    "json": "Any JSON value",
}


def noun(class_name: str) -> str:
    """Give a class's name in words: ContactPerson -> contact person."""
    return names.snake_name(class_name).replace("_", " ")


def a(words: str) -> str:
    """Put the article before words; plural words take none."""
    if words.endswith("s") and not words.endswith(("ss", "us", "is")):
        return words
    return f"an {words}" if words[0] in "aeio" else f"a {words}"


def embedded(name: str, resource: str) -> str:
    """Say what an embedded class is."""
    words = noun(name)
    words = words.removeprefix(noun(resource)).strip() or words
    sentence = f"{a(words)} of {a(noun(resource))}."
    return sentence[0].upper() + sentence[1:]


def field(facts: Facts, link: str | None = None, *, inside: bool = False) -> str:
    """Say what is known of a field, in short sentences; `inside` an embedded record or not."""
    sentences = [_what(facts, link)]
    editions = facts.get("editions", {})
    sentences.extend(_editions(editions.get("in", []), "Editions", "With"))
    sentences.extend(_editions(editions.get("not_in", []), "Not in editions", "Without"))
    if facts["access"] != "write_only" and not inside:
        if facts["list"] and not facts["detail"]:
            sentences.append("Shown in lists alone.")
        elif facts["detail"] and not facts["list"]:
            sentences.append("Not shown in lists.")
    if note := facts.get("note"):
        sentences.append(note)
    return " ".join(sentences)


def _what(facts: Facts, link: str | None) -> str:
    kind = facts["kind"]
    if kind == "enum":
        return f"One of {', '.join(facts['choices'])}."
    if kind == "id" and link:
        return f"The id of {a(noun(link))}."
    if kind == "many":
        if facts["access"] == "read_only":
            return f"{plural(facts['of'])}."
        kept = "sent whole" if facts["replaced"] else "those sent change, the others stay"
        return f"{plural(facts['of'])}; {kept}."
    if kind == "embedded":
        words = a(noun(facts["of"]))
        return f"{words[0].upper()}{words[1:]}."
    if "max_length" in facts:
        return f"{KINDS[kind]}, at most {facts['max_length']} characters."
    return f"{KINDS[kind]}."


def plural(class_name: str) -> str:
    """Give the plural of a class in words: ContactAddress -> Contact addresses."""
    words = noun(class_name)
    if words.endswith(("s", "x", "ch", "sh")):
        words += "es"
    elif words.endswith("y") and words[-2] not in "aeiou":
        words = words[:-1] + "ies"
    else:
        words += "s"
    return words[0].upper() + words[1:]


def _editions(found: Iterable[str], editions: str, integrations: str) -> Iterable[str]:
    codes = [code for code in found if " " not in code]
    apps = [app.rpartition(" ")[0] for app in found if " " in app]
    if codes:
        yield f"{editions}: {', '.join(codes)}."
    if apps:
        yield f"{integrations} the integration of {' or '.join(apps)}."


def docstring(text: str, indent: str, more: Iterable[str] = ()) -> list[str]:
    """Give the lines of a docstring: one line where it fits, else wrapped, paragraphs apart."""
    rest = list(more)
    if not rest:
        return wrap(f'"""{text}"""', indent)
    lines = wrap(f'"""{text}', indent)
    for paragraph in rest:
        lines += ["", *wrap(paragraph, indent)]
    return [*lines, f'{indent}"""']


def wrap(text: str, indent: str) -> list[str]:
    """Wrap a paragraph to lines of the width."""
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
