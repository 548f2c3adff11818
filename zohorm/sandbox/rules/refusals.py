"""Refusals of business rules: with the code that a source names, or with one of our own."""

from __future__ import annotations

from zohorm.sandbox.reply import Refusal
from zohorm.sandbox.rules.stating import assumed

UNNAMED = 9999
"""The code of a refusal of which no public source names the code; not one of the service."""


def refusal(message: str, code: int | None = None) -> Refusal:
    """Return a refusal of what a rule does not allow; without a code, no source names it."""
    return unnamed(message) if code is None else Refusal(400, code, message)


@assumed("public sources say that the service refuses, but not with which code")
def unnamed(message: str) -> Refusal:
    """A refusal whose code nobody has published has status 400 and code 9999."""
    return Refusal(400, UNNAMED, message)
