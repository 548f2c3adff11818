"""What rules remember beside the records: rows by a key, which no path leads to."""

from __future__ import annotations

from functools import cache

from zohorm.sandbox.catalogue import Field, Resource, Shape


@cache
def beside(name: str, product: str) -> Resource:
    """Return what the store takes for the resource of such rows; each has a `key`."""
    return Resource(
        product=product,
        name=name,
        path="",
        key="",
        list_key="",
        number=None,
        shape=Shape(id="key", fields={"key": Field(name="key", kind="id")}),
        embedded={},
        filters={},
        sort=(),
        counts=False,
        operations={},
        children={},
        parent=None,
    )
