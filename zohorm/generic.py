"""Records of endpoints that no document describes: members go by name, values as JSON has them."""

from __future__ import annotations

from collections.abc import Callable
from types import new_class
from typing import ClassVar, Self, cast

import attrs

from zohorm import fields as f
from zohorm import resource, wire
from zohorm.errors import InvalidValue, WrongType
from zohorm.model import Model
from zohorm.resource import Operation


@attrs.frozen
class Description:
    """What somebody says of an endpoint, and what makes two classes for it the same.

    `like` names a documented class whose members and operations it has.
    """

    product: str
    path: str
    key: str = ""
    id: str | None = None
    list_key: str = ""
    like: str | None = None

    def operations(self) -> dict[str, Operation]:
        """Return the usual operations of a collection; nobody knows whether all are there."""
        collection, one = f"/{self.path}", f"/{self.path}/{{{self.id}}}"
        found = {"list": Operation("GET", collection), "create": Operation("POST", collection)}
        if self.id is None:
            return {"list": found["list"]}
        return found | {
            "get": Operation("GET", one),
            "update": Operation("PUT", one),
            "delete": Operation("DELETE", one),
        }


_classes: dict[Description, type[GenericModel]] = {}


class GenericModel(Model, product="generic"):
    """A record of an endpoint that no document describes; `session.resource(...)` gives its class.

    `record["name"]` reads a member as on the wire, `record["name"] = value` sets one; `save()`
    sends what was set. Iterating, paging, caching and saving are those of every other model. No
    filter is known: `iterate().params(status="open")` sends any, `.where(...)` tests here.
    `extend(total=f.money())` gives a member a type.
    """

    __slots__ = ()

    _description: ClassVar[Description | None] = None

    @classmethod
    def described(
        cls,
        product: str,
        *,
        path: str,
        key: str = "",
        id: str | None = None,
        list_key: str = "",
        like: str | None = None,
    ) -> type[GenericModel]:
        """Return the class for an endpoint; the same class for the same description.

        Raises:
            InvalidValue, WrongType: a name cannot be.
        """
        for what, name in (("key", key), ("id", id), ("list_key", list_key)):
            _check_name(what, name)
        description = Description(product, path, key, id, list_key, like)
        if description not in _classes:
            _classes.setdefault(description, _made(description))
        return _classes[description]

    @classmethod
    def new(cls, **values: object) -> Self:
        """Return an unsaved record with these members; no call before `save()`.

        Raises:
            WrongType, InvalidValue: JSON has no such value.
        """
        record = cls()
        for name, value in values.items():
            record[name] = value
        return record

    @classmethod
    def create(cls, *, again: bool = False, **values: object) -> Self:
        """Create a record with these members and return it; one call.

        While nobody knows of an earlier one whether it was made, another is refused: `again`
        makes it all the same.

        Raises:
            ValidationError: the service refuses the values.
            OutcomeUnknown: nobody answered; `error.record.settle()` looks it up.
            Unsettled: an earlier create is in doubt; `error.record` is it.
        """
        doubts, kind = cls._session_now().doubts, cls.facts().path
        doubts.require_settled(kind, again=again)
        record = cls.new(**values)
        try:
            record.save()
        finally:
            if record.is_in_doubt:
                doubts.hold(kind, record)
        return record

    def __setitem__(self, name: str, value: object) -> None:
        """Note a value to send under `name`; days, instants and `Decimal` are written as usual.

        Raises:
            ReadOnlyField: it is the id, or a member declared as computed by the service.
            WrongType, InvalidValue: JSON has no such value.
        """
        super().__setitem__(name, wire.argument(value))

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...], object]:
        description = type(self)._description
        if description is None:
            return _blank, (type(self),), self.__getstate__()
        # No module holds the class under its name, so it is made anew from its description.
        return _described_blank, (description,), self.__getstate__()


def _check_name(what: str, name: object) -> None:
    if name is not None and not isinstance(name, str):
        raise WrongType(f"{what} is the name of a member, not {type(name).__name__}")
    if what == "id" and name is not None and not str(name).isidentifier():
        raise InvalidValue("id is the name of the member that holds the id, such as 'page_id'")


def _made(description: Description) -> type[GenericModel]:
    """Make the class of a description."""
    members: dict[str, object] = {"__slots__": (), "_description": description}
    if description.like is not None:
        members["__doc__"] = f"A record of the custom module {description.path}."
        base, facts = _like(description, description.like)
    else:
        members["__doc__"] = f"A record at /{description.path}, which no document describes."
        base, facts = GenericModel, attrs.asdict(description)
        facts["operations"] = description.operations()
        if description.id is not None and not hasattr(GenericModel, description.id):
            members[description.id] = f.read_only(f.identifier())
    del facts["like"]
    made = new_class(
        # No documented class is called so, since their names have no slash.
        f"/{description.path}",
        (base,),
        facts,
        lambda namespace: namespace.update(members),
    )
    made.__module__ = __name__
    return made


def _like(description: Description, name: str) -> tuple[type[GenericModel], dict[str, object]]:
    """Return the documented class, and its facts at the path of the description."""
    base = cast("type[GenericModel]", resource.model(description.product, name))
    known = base.facts()
    facts = attrs.asdict(known, recurse=False) | {"path": description.path, "like": None}
    del facts["name"]
    facts["operations"] = {
        role: attrs.evolve(
            operation, path=operation.path.replace(f"/{known.path}", f"/{description.path}", 1)
        )
        for role, operation in known.operations.items()
    }
    return base, facts


def _blank(model: type[GenericModel]) -> GenericModel:
    """Return a record without a row, for unpickling to fill."""
    return model.__new__(model)


def _described_blank(description: Description) -> GenericModel:
    return _blank(GenericModel.described(**attrs.asdict(description)))
