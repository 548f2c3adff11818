"""What sessions offer for endpoints that no model stands for: a call, and classes made of words."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, cast
from urllib.parse import unquote

from zohorm import resource, wire
from zohorm.errors import InvalidValue, OutcomeUnknown, WrongType
from zohorm.resource import Operation

if TYPE_CHECKING:
    from zohorm.access import Product
    from zohorm.calls import Answer, Call
    from zohorm.doubts import Doubts
    from zohorm.generic import GenericModel
    from zohorm.rows import Writes
    from zohorm.session import Session
    from zohorm.watching import Watches

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_REPEATABLE = ("GET", "PUT", "DELETE")


class Reaching:
    """The part of a session that reaches whatever the facts do not name."""

    product: ClassVar[Product]
    watches: Watches
    doubts: Doubts

    @property
    @abstractmethod
    def writes(self) -> Writes:
        """The count of this process' writes in this organization."""

    @abstractmethod
    def call(
        self,
        operation: Operation,
        ids: Mapping[str, str],
        *,
        query: Iterable[tuple[str, str]] = (),
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Call, Answer]:
        """Send one operation."""

    def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        scope: str | None = None,
        again: bool = False,
    ) -> Answer:
        """Send any call to this organization and return its answer; one call.

        `books.request("GET", "/bills", query={"status": "open"}).body["bills"]`. It keeps the pace,
        renews the token and is repeated as others are; a POST or PATCH is never sent twice. After
        a write, what this process holds of the organization no longer counts as fresh. Numbers in
        the answer are exact; a file is its `content`.

        Args:
            path: below the root of the product; quote a code that is not plain yourself.
            query: parameters beside the organization's, left out where they are None.
            body: anything that JSON can say but floats, and days, instants and `Decimal`.
            scope: what the token must be allowed, for the error where it is not.
            again: send a POST or PATCH that is in doubt once more, though it may have been done.

        Raises:
            InvalidValue, WrongType: the call cannot be sent as it is; nothing was.
            OutcomeUnknown: nobody answered a POST or PATCH, and it may have been carried out.
            Unsettled: the very same one is in doubt since an earlier call.
            ZohoError: the call failed.
        """
        operation = Operation(_method(method), _path(path), scope, repeatable=method in _REPEATABLE)
        sent = None if body is None else wire.argument(body)
        parameters = wire.arguments(_named("query", query))
        if not all(isinstance(held, str) for held in _named("headers", headers).values()):
            raise WrongType("a header is text")
        if operation.method == "GET":
            return self.call(operation, {}, query=parameters, body=sent, headers=headers)[1]
        key = None
        if not operation.repeatable:
            key = (operation.method, operation.path, (tuple(parameters), wire.encode(sent)))
        try:
            with self.doubts.minding(key, again=again), self.writes.noting():
                return self.call(operation, {}, query=parameters, body=sent, headers=headers)[1]
        except OutcomeUnknown as error:
            error.advice = "Look at the service before you send it with again=True"
            raise
        finally:
            # Nobody knows which model's rows it moved.
            self.watches.note_any()

    def resource(
        self, *, path: str, key: str = "", id: str | None = None, list_key: str = ""
    ) -> type[GenericModel]:
        """Return a model class for an endpoint that no document describes, bound to this session.

        `pages = checkout.resource(path="paymentpages", id="page_id")` offers `pages.iterate()`,
        `pages.get(id)`, `pages.new(...)`, `pages.create(...)` and records with `save()` and
        `delete()`; members go by name, `page["name"]`. No call.

        Args:
            path: of the collection, below the root of the product; a record is at path/id.
            key: under which an answer holds one record; without it, the only object there.
            id: the member that holds the id; without it, records are listed and nothing else.
            list_key: under which an answer holds the rows; without it, the only list there.

        Raises:
            InvalidValue, WrongType: a name cannot be.
        """
        # The class is found by its name, as links find theirs: models know sessions already.
        generic = cast("type[GenericModel]", resource.model("generic", "GenericModel"))
        described = generic.described(
            self.product.name, path=_path(path).strip("/"), key=key, id=id, list_key=list_key
        )
        return described.using(cast("Session", self))


def _method(method: str) -> str:
    if method not in METHODS:
        raise InvalidValue(
            "a call has one of the methods of the service", advice=f"Use {', '.join(METHODS)}"
        )
    return method


def _named(what: str, given: Mapping[str, object] | None) -> Mapping[str, object]:
    """Return what is given by name; nothing for None."""
    held: object = {} if given is None else given
    if not isinstance(held, Mapping) or not all(isinstance(name, str) for name in held):
        raise WrongType(f"{what} takes values by their names, such as {what}={{'name': 'value'}}")
    return held


def _path(path: str) -> str:
    """Return the path with a slash before it; refuse one that may leave the product's root."""
    given: object = path
    if not isinstance(given, str):
        raise WrongType(f"a path is text, not {type(given).__name__}")
    if not path.isascii():
        raise InvalidValue(
            "a path is of ASCII characters", advice="Quote others: urllib.parse.quote(code)"
        )
    steps = path.removeprefix("/").split("/")
    # Some server decodes a step before it looks where the path leads.
    if any(_leads_elsewhere(unquote(step)) for step in steps):
        raise InvalidValue("a path is made of names and ids with one slash between them")
    if any(mark in path for mark in "{}?#"):
        raise InvalidValue(
            "a path holds neither parameters nor places to fill",
            advice="Pass parameters as query={...}",
        )
    return "/" + "/".join(steps)


def _leads_elsewhere(step: str) -> bool:
    return step.strip() in ("", ".", "..") or step != step.strip() or any(c in step for c in "/\\")
