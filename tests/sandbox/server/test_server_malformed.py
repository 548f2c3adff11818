"""Malformed calls: never a 500 of ours, never a hang, and the store stays whole."""

from __future__ import annotations

import json
import random
from urllib.parse import quote

import pytest
from plain import Plain

from zohorm.sandbox import Sandbox

CASES = 400
WORDS = (
    "",
    "1",
    "x",
    "..",
    "%2e%2e",
    "\x00",
    "é",
    "💶",
    "' OR 1=1 --",
    '"; DROP TABLE books_Contact; --',
    "9" * 40,
    "-1",
    "1e400",
    "NaN",
    "null",
    "2026-99-99",
    "a" * 5000,
    "\ud800",
)


def value(rng: random.Random, depth: int = 0) -> object:
    choices = [None, True, 0, -1, 1.5, 10**25, 1e300, *WORDS]
    if depth < 3:
        choices += [
            [value(rng, depth + 1) for _ in range(rng.randrange(3))],
            {rng.choice(WORDS): value(rng, depth + 1)},
        ]
    return rng.choice(choices)


@pytest.mark.parametrize("seed", range(4))
def test_random_calls_are_refused_or_answered(sandbox: Sandbox, plain: Plain, seed: int) -> None:
    rng = random.Random(seed)
    sandbox.limits(per_minute=10**6)
    invoice = plain.invoice()
    contact = plain.contact("Zoë")
    members = [*invoice, "contact_name", "contact_persons", "custom_fields", "rate", "name"]
    ends = ("", f"/{invoice['invoice_id']}", "/1", "/status/sent", "/comments", "/email")
    filters = ("date", "total", "status", "filter_by", "page", "per_page", "sort_column", "item_id")

    for _ in range(CASES):
        path = rng.choice(("/invoices", "/contacts", "/items", f"/contacts/{contact}"))
        path += rng.choice((*ends, f"/{quote(rng.choice(WORDS), errors='replace')}"))
        body = {rng.choice(members): value(rng) for _ in range(rng.randrange(4))}
        data = json.dumps(body).encode("utf-8", "replace")
        if rng.random() < 0.1:
            data = data[: rng.randrange(len(data) + 1)] + rng.randbytes(3)
        query = {rng.choice(filters): rng.choice(WORDS[:-1])}
        method = rng.choice(("GET", "POST", "PUT", "DELETE"))

        answer = plain.call(method, path, data=data, query=query)

        assert answer.status_code < 500, (method, path, query, data, answer.text)
        assert answer.content.startswith((b"{", b"%PDF"))

    for name in ("Invoice", "Contact", "Item"):
        assert isinstance(sandbox.rows(name), list)


def test_many_members_and_deep_nesting_are_borne(plain: Plain) -> None:
    deep: object = "x"
    for _ in range(500):
        deep = [deep]

    assert plain.refused("POST", "/contacts", json={"contact_name": deep}) == (400, 1038)
    wide = {f"m{number}": number for number in range(20000)}
    assert plain.post("/contacts", {"contact_name": "x", **wide})
