"""The examples of the documents, for the tests of what models make of them.

They are kept with their free text replaced; `python -m zohorm.facts convert` writes them.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from zohorm import exact
from zohorm.facts import corrections, load, products
from zohorm.facts.package import SESSIONS
from zohorm.session import Session

FOLDER = Path(__file__).parent / "examples"


@functools.cache
def kept(product: str) -> Any:
    """Return the examples of a product by resource, none where its documents show none."""
    path = FOLDER / f"{product}.json"
    return exact.decode(path.read_bytes()) if path.exists() else {}


def sister(product: str) -> str | None:
    """Return the product that has the same endpoints, as the corrections say."""
    return next((row["product"] for row in corrections.read(product).rows("like")), None)


def examples(form: str) -> Iterator[tuple[str, str, Any]]:
    """Give product, resource and example of every "answer" or "request".

    A product whose documents show none is tried with those of its sister.
    """
    for product in products():
        source = kept(product) or kept(sister(product) or product)
        resources = load(product)["resources"]
        for name, found in source.items():
            calls = (
                resources[name]["operations"] | resources[name]["actions"]
                if name in resources
                else {}
            )
            for example in found:
                shared = [word for word in example["of"] if word in calls]
                if form in example and shared:
                    yield product, name, {**example, "of": shared}


def opened(product: str, url: str | None = None) -> Session:
    """Return a session that asks for no token, at `url`."""
    kind: type[Session] = getattr(importlib.import_module("zohorm"), SESSIONS[product])
    return kind("10234695", access_token="token", api_url=url)
