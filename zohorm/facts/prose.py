"""Compose docstrings from facts: kind, length, choices, editions, where a member is shown."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

from zohorm.facts import names
from zohorm.facts.load import Facts

WIDTH = 100

KINDS = {
    "text": "Text",
    "integer": "A whole number",
    "number": "A number",
    "money": "An amount",
    "discount": "An amount, or a percentage as text: 10%",
    "date": "A day",
    "datetime": "An instant",
    "boolean": "True or false",
    "enum": "One of the words above",
    "texts": "Several texts",
    "json": "Any JSON value",
}
# What the name of a number tells beyond its kind.
NUMBERS = {
    "rate": "A rate",
    "price": "A price",
    "percentage": "A percentage",
    "quantity": "A quantity",
}

# Words that the wire runs together or shortens.
SPELLED = {
    "ach": "ACH",
    "autonumbergenerationgroup": "group of numbering",
    "contactperson": "contact person",
    "creditnote": "credit note",
    "crm": "CRM",
    "customfield": "custom field",
    "gw": "gateway",
    "moveorder": "move order",
    "org": "organization",
    "paymentthankyou": "payment thank-you",
    "pr": "purchase return",
    "pricebook": "price list",
    "purchaseorder": "purchase order",
    "purchasereturn": "purchase return",
    "retainerinvoice": "retainer invoice",
    "salesorder": "sales order",
    "salesreturn": "sales return",
    "serialnumber": "serial number",
    "so": "sales order",
    "tds": "TDS",
    "vat": "VAT",
    "vendorpayment": "vendor payment",
    "zcrm": "Zoho CRM",
}
# What an id names where its name is no noun.
NAMED = {
    "approves to": "whom it goes to for approval",
    "commented by": "who commented",
    "depends on": "what it depends on",
    "filed in VAT return": "the VAT return that it is filed in",
    "ship via": "a way of shipping",
    "submitted to": "whom it is submitted to",
}
WAYS = {"from": "comes from", "to": "goes to"}


def noun(class_name: str) -> str:
    """Give a class's name in words: ContactPerson -> contact person."""
    return names.snake_name(class_name).replace("_", " ")


def a(words: str) -> str:
    """Put the article before words; plural words take none."""
    if words.endswith("s") and not words.endswith(("ss", "us", "is")):
        return words
    # An unbilled charge, and a unit.
    return f"an {words}" if re.match("[aeioA]|un(?!i)", words) else f"a {words}"


def listed(words: Sequence[str]) -> str:
    """Join words as a sentence does: date, total and balance."""
    head = ", ".join(words[:-1])
    return f"{head} and {words[-1]}" if head else words[-1]


def embedded(name: str, resource: str) -> str:
    """Say what an embedded class is."""
    words = noun(name)
    words = words.removeprefix(f"{noun(resource)} ")
    sentence = f"{a(words)} of {a(noun(resource))}."
    return sentence[0].upper() + sentence[1:]


def field(name: str, facts: Facts, *, own: bool = False, unlisted: bool = False) -> str:
    """Say what is known of a field, in short sentences.

    It may be the id of its `own` record. One that is `unlisted` stands in no rows of a list: inside
    an embedded record, or where nothing is listed.
    """
    sentences = ["The id of this record." if own else f"{_what(name, facts)}."]
    editions = facts.get("editions", {})
    sentences.extend(_editions(editions.get("in", []), "Editions", "With"))
    sentences.extend(_editions(editions.get("not_in", []), "Not in editions", "Without"))
    if facts["access"] != "write_only" and not unlisted:
        if facts["list"] and not facts["detail"]:
            sentences.append("Shown in lists alone.")
        elif facts["detail"] and not facts["list"]:
            sentences.append("Not shown in lists.")
    if note := facts.get("note"):
        sentences.append(note)
    return " ".join(sentences)


def _what(name: str, facts: Facts) -> str:
    kind = facts["kind"]
    if kind == "id":
        return f"The id of {identified(name)}"
    if kind == "many":
        if facts["access"] == "read_only":
            return plural(facts["of"])
        kept = "sent whole" if facts["replaced"] else "those sent change, the others stay"
        return f"{plural(facts['of'])}; {kept}"
    if kind == "embedded":
        words = a(noun(facts["of"]))
        return f"{words[0].upper()}{words[1:]}"
    if "max_length" in facts:
        return f"{KINDS[kind]}, at most {facts['max_length']} characters"
    if kind in ("money", "number"):
        return NUMBERS.get(name.rpartition("_")[2], KINDS[kind])
    return KINDS[kind]


def identified(name: str) -> str:
    """Say what an id names: salesorder_id -> a sales order, created_by -> who created it."""
    words = re.sub(r"(^|_)id\d?$", "", name).split("_")
    spelled = " ".join(SPELLED.get(word, word) for word in words)
    if spelled in NAMED or not spelled:
        return NAMED.get(spelled, "this part")
    if words[-1] == "by":
        return f"who {' '.join(words[:-1])} it"
    if words[0] in WAYS and len(words) > 1:
        return f"the {' '.join(words[1:])} that it {WAYS[words[0]]}"
    return a(spelled)


def plural(class_name: str) -> str:
    """Give the plural of a class in words: ContactAddress -> Contact addresses."""
    words = noun(class_name)
    if words.endswith("s") and not words.endswith(("ss", "us", "is")):
        pass  # It is one already: opening balances.
    elif words.endswith(("s", "x", "ch", "sh")):
        words += "es"
    elif words.endswith("y") and words[-2] not in "aeiou":
        words = words[:-1] + "ies"
    else:
        words += "s"
    return words[0].upper() + words[1:]


def _editions(found: Iterable[str], editions: str, integrations: str) -> Iterable[str]:
    marks = list(found)
    apps = [mark for mark in marks if mark.lower().endswith(" integration")]
    # Editions are codes or names (India GST); a mark of small words describes a case.
    cases = [mark for mark in marks if mark not in apps and re.search(" [a-z]", mark)]
    codes = [mark for mark in marks if mark not in [*apps, *cases]]
    if codes:
        yield f"{editions}: {', '.join(codes)}."
    if apps:
        yield f"{integrations} the integration of {' or '.join(app[:-12] for app in apps)}."
    if cases:
        yield f"{'Only' if integrations == 'With' else 'Not'} {listed(cases)}."


def docstring(
    text: str,
    indent: str,
    more: Iterable[str] = (),
    *,
    raises: Iterable[tuple[str, str]] = (),
) -> list[str]:
    """Give the lines of a docstring: one line where it fits, else wrapped, paragraphs apart.

    `raises` names errors and their causes.
    """
    rest, causes = list(more), list(raises)
    if not rest and not causes:
        return wrap(f'"""{text}"""', indent)
    lines = wrap(f'"""{text}', indent)
    for paragraph in rest:
        lines += ["", *wrap(paragraph, indent)]
    if causes:
        lines += ["", f"{indent}Raises:"]
    for error, cause in causes:
        lines += wrap(f"{error}: {cause}.", f"{indent}    ")
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
