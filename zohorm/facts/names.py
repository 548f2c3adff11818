"""Words: class names and Python names from the names on the wire."""

from __future__ import annotations

import re

# Plurals that do not just end in s; the rest follows the rules of `singular`.
IRREGULAR = {
    "addresses": "address",
    "address": "address",
    "taxes": "tax",
    "statuses": "status",
    "status": "status",
    "options": "options",
    "preferences": "preferences",
}


def singular(word: str) -> str:
    """Give the singular of the last word of a snake-case name: line_items -> line_item."""
    head, separator, last = word.rpartition("_")
    if last in IRREGULAR:
        return head + separator + IRREGULAR[last]
    if last.endswith("ies"):
        return head + separator + last[:-3] + "y"
    if last.endswith(("ches", "shes", "xes")):
        return head + separator + last[:-2]
    if last.endswith("s") and not last.endswith("ss"):
        return head + separator + last[:-1]
    return word


def class_name(word: str) -> str:
    """Give the class name of a snake-case name: contact_person -> ContactPerson."""
    return "".join(part.capitalize() for part in re.split(r"[_\W]+", word))


def snake_name(word: str) -> str:
    """Give the snake-case name of a class or a view: CreditLimitExceed -> credit_limit_exceed."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower()


def operation_name(operation: str) -> str:
    """Give the words of an operation that has no name but its call: POST /bills/{id}/void -> void.

    What follows the last id tells what it does.
    """
    if " " not in operation:
        return operation
    steps = operation.rpartition("}/")[2] if "}/" in operation else operation.partition("/")[2]
    return re.sub(r"\W+", "_", steps).strip("_")


def without(name: str, noun: str) -> str:
    """Take a noun and its plural out of an operation's name: mark_invoice_sent -> mark_sent."""
    forms = (f"{noun}s", noun) if not noun.endswith("y") else (f"{noun[:-1]}ies", noun)
    for form in forms:
        name = re.sub(rf"(^|_){re.escape(form)}(?=_|$)", "", name)
    return name.strip("_")
