"""What a model class knows of its endpoints: operations, keys, filters; generated files say it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING

import attrs

from zohorm import steps
from zohorm.errors import MissingSetting, Unsupported
from zohorm.lookups import Filter

if TYPE_CHECKING:
    from zohorm.declared import Declared


_PLACE = re.compile(r"\{(\w+)\}")


@functools.cache
def _names(path: str) -> frozenset[str]:
    return frozenset(_PLACE.findall(path))


def _repeatable_by_verb(operation: Operation) -> bool:
    return operation.method != "POST"


def _words(words: str | tuple[str, ...]) -> tuple[str, ...]:
    return tuple(words.split()) if isinstance(words, str) else words


@attrs.frozen
class FilePart:
    """A file that a call takes: its part of the form, and what the service lets pass.

    `kinds` are endings of names with blanks between, all if there are none; `most` files of at
    most `megabytes` each. `counted` parts say beside them how many they are.
    """

    name: str
    kinds: tuple[str, ...] = attrs.field(default=(), converter=_words, kw_only=True)
    megabytes: int | None = attrs.field(default=None, kw_only=True)
    most: int | None = attrs.field(default=1, kw_only=True)
    counted: bool = attrs.field(default=False, kw_only=True)


@attrs.frozen
class Operation:
    """One documented call: verb, path below the product root, scope, whether it may be repeated.

    `path` names its ids in braces: `/invoices/{invoice_id}/status/sent`. A repeatable call has the
    same effect however often it arrives; one that is not is never sent twice. `options` are its
    query parameters, `send_on_update` the members that travel with every change. `version` is that
    of the API where it is not the product's own. `files` are those that it takes. What is `fixed`
    goes into every query of the call: debit notes are the invoices of one type.
    """

    method: str
    path: str
    scope: str | None = None
    repeatable: bool = attrs.field(
        default=attrs.Factory(_repeatable_by_verb, takes_self=True), kw_only=True
    )
    options: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    send_on_update: tuple[str, ...] = attrs.field(default=(), kw_only=True)
    needs_organization: bool = attrs.field(default=True, kw_only=True)
    version: str | None = attrs.field(default=None, kw_only=True)
    files: tuple[FilePart, ...] = attrs.field(default=(), kw_only=True)
    fixed: tuple[tuple[str, str], ...] = attrs.field(default=(), kw_only=True)

    @property
    def names(self) -> frozenset[str]:
        """The names of the ids in its path."""
        return _names(self.path)

    def filled(self, ids: Mapping[str, str]) -> str:
        """Return the path with `ids` in place of their names.

        Raises:
            MissingSetting: an id is missing.
            InvalidId: an id cannot stand in a path.
        """

        def fill(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in ids:
                raise MissingSetting(
                    f"{self.path} needs {name}, which is not known here",
                    advice="Begin at the record that has it, as contact.comments does, "
                    "or at books.module(name)",
                )
            return steps.path_step(ids[name], name)

        return _PLACE.sub(fill, self.path)


@attrs.frozen
class Resource:
    """The facts of one resource that the code at run time asks for.

    `beside` names an object that answers hold beside the record, with more members of it.
    """

    product: str
    name: str
    path: str
    key: str
    list_key: str
    other_keys: tuple[str, ...]
    id: str | None
    number: str | None
    parent: str | None
    operations: Mapping[str, Operation]
    filters: Mapping[str, Filter]
    sort: tuple[str, ...]
    counts: bool
    beside: str = ""

    def identifier(self, value: object) -> str:
        """Return `value` if a record of this resource can be known by it.

        Raises:
            WrongType, InvalidId: it is no id, or no code where the resource has codes.
        """
        return steps.identifier(value, self.id or "id", f"the id of {self.name}")

    def operation(self, name: str) -> Operation | None:
        """Return the operation called `name` (create, list, get, update, delete) or None."""
        return self.operations.get(name)


_models: dict[tuple[str, str], type[Declared]] = {}


def register(model: type[Declared], product: str, name: str) -> None:
    """Note the class of a resource, so that links can find it by name."""
    _models[product, name] = model


def is_model(kind: object) -> bool:
    """Say whether `kind` is the class of a resource, not of what lives inside a record."""
    return isinstance(kind, type) and isinstance(getattr(kind, "_facts", None), Resource)


def model(product: str, name: str) -> type[Declared]:
    """Return the model class called `name` of `product`.

    Raises:
        Unsupported: there is none.
    """
    if (product, name) not in _models:
        # The package of a product loads a resource when somebody first asks for it.
        with suppress(ModuleNotFoundError):
            getattr(import_module(f"zohorm.{product}"), name, None)
    try:
        return _models[product, name]
    except KeyError:
        raise Unsupported(f"{product} has no model {name}") from None
