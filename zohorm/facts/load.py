"""The facts of a product as data; the renderer and the sandbox read them here."""

from __future__ import annotations

import functools
import importlib.resources
import json
from typing import Any

# Facts are JSON objects of many shapes; their readers know the members, the type checker cannot.
Facts = dict[str, Any]

PACKAGE = "zohorm.facts"


def products() -> list[str]:
    """Give the products that have facts, in the order of their names."""
    files = (file.name for file in importlib.resources.files(PACKAGE).iterdir())
    return sorted(name.removesuffix(".json") for name in files if name.endswith(".json"))


@functools.cache
def load(product: str) -> Facts:
    """Give the facts of one product ("books"); they are shared, so change a copy only.

    Raises:
        FileNotFoundError: there are no facts of such a product.
    """
    text = importlib.resources.files(PACKAGE).joinpath(f"{product}.json").read_text("utf-8")
    facts: Facts = json.loads(text)
    return facts
