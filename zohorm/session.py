"""One organization of one product: turns rows into records and sends calls through its connection.

Models and queries hold a session; user code opens one of the six product sessions.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Never, Self, TypeVar, Unpack

from zohorm import binding, envelope, forking, regions, resource, steps, wire
from zohorm.access import Access, Product
from zohorm.connection import Answer, Call
from zohorm.counting import CallCount
from zohorm.doubts import Doubts
from zohorm.errors import MissingSetting, NotPicklable, SessionClosed, WrongType, ZohoError
from zohorm.identity import IdentityMap
from zohorm.intake import Intake
from zohorm.reaching import Reaching
from zohorm.rows import RowCache, Writes
from zohorm.settings import Settings, SettingsDict, environment, profile
from zohorm.streams import Sink
from zohorm.throttle import Quota
from zohorm.uploads import Multipart
from zohorm.watching import Watches

if TYPE_CHECKING:
    from zohorm.abilities import Saves
    from zohorm.saving import SaveResult
    from zohorm.stored import Stored

M = TypeVar("M", bound="Stored")


class Session(Reaching):
    """A connection to one organization, with the caches of its records; safe for threads.

    Open one of its six subclasses: `ZohoBooks(organization_id, region="eu", client_id=...,
    client_secret=..., refresh_token=...)`. Opening costs no call.

    Raises:
        MissingSetting: the organization id or a credential is missing.
        UnknownRegion: the region names no data centre.
        UnknownSetting, WrongType, InvalidValue: a setting cannot be.
    """

    product: ClassVar[Product]

    def __new__(cls, *arguments: object, **settings: object) -> Self:
        """Say which setting is missing where Python would count arguments."""
        if not arguments and "organization_id" not in settings:
            raise _no_organization()
        return super().__new__(cls)

    def __init__(
        self, organization_id: str, region: str = "us", **settings: Unpack[SettingsDict]
    ) -> None:
        self.settings = Settings.checked(settings)
        self.organization_id = _organization(organization_id)
        self.region = regions.region(region)
        self._closing = threading.Lock()  # guards the step from open to closed
        self._closed = False
        self._access = Access(
            self.product,
            self.organization_id,
            self.settings,
            api_url=self.settings.api_url or str(getattr(self.region, self.product.host)),
            accounts_url=self.settings.accounts_url or self.region.accounts_url,
        )
        self._rows = RowCache(
            rows=self.settings.cache_rows,
            seconds=self.settings.cache_seconds,
            clock=self.settings.clock,
            writes=self._access.writes,
        )
        self._thread = threading.local()
        self.watches = Watches()
        self.doubts = Doubts()
        # A session that nobody closed gives back what it shares when it is gone.
        self._release = weakref.finalize(self, self._access.close)
        forking.register(self)
        binding.note(self)

    @classmethod
    def from_env(
        cls,
        organization_id: str | None = None,
        region: str | None = None,
        **settings: Unpack[SettingsDict],
    ) -> Self:
        """Open a session with what the environment names.

        It reads ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET, ZOHO_REFRESH_TOKEN, ZOHO_ORGANIZATION_ID and
        ZOHO_REGION (us if it is not set). What is passed goes first; with `auth` or
        `access_token` the credentials may be missing.

        Raises:
            MissingSetting: a variable is missing; the error names every missing one.
        """
        named, place, credentials = environment(settings, organization_id, region)
        merged: SettingsDict = {**credentials, **settings}
        return cls(named, place, **merged)

    @classmethod
    def from_profile(
        cls,
        name: str = "default",
        organization_id: str | None = None,
        region: str | None = None,
        **settings: Unpack[SettingsDict],
    ) -> Self:
        """Open a session with what `zohorm login --profile NAME` has stored on this machine.

        What is passed goes first. It needs the extra `cli`, and `keyring` if the secrets are there.

        Raises:
            MissingSetting: there is no such profile, or it names no organization.
            InvalidValue: its file is damaged, or others can read it.
        """
        named, place, credentials = profile(name, organization_id, region)
        merged: SettingsDict = {**credentials, **settings}
        return cls(named, place, **merged)

    @property
    def organization_key(self) -> tuple[str, str]:
        """API host and organization id: what tells one organization from every other."""
        return self._access.key

    @property
    def place(self) -> tuple[str, str, str]:
        """Product, API host and organization id."""
        return (self.product.name, *self._access.key)

    def __repr__(self) -> str:
        state = " closed" if self._closed else ""
        return f"<{type(self).__name__} {self.organization_id} {self.region.code}{state}>"

    def __reduce__(self) -> Never:
        raise NotPicklable(
            f"a {type(self).__name__} holds connections and secrets and cannot be pickled",
            advice="Pass the organization id and open a session on the other side",
        )

    def bind(self) -> Self:
        """Make this the session that models of its product take by default; return it.

        It holds as long as no session of another organization of this product exists.
        """
        self.check_open()
        binding.bind(self)
        return self

    def __enter__(self) -> Self:
        self.check_open()
        binding.enter(binding.Block(self, IdentityMap()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        binding.leave(self)

    def close(self) -> None:
        """End waits, close connections, drop caches; records keep what they have loaded."""
        with self._closing:
            # Twice would release what other sessions still hold.
            if self._closed:
                return
            self._closed = True
        binding.forget(self)
        self._rows.clear()
        self._release()

    def check_open(self) -> None:
        """Refuse to go on after `close()`.

        Raises:
            SessionClosed: the session was closed.
        """
        if self._closed:
            raise SessionClosed(f"this {type(self).__name__} was closed", advice="Open another one")

    def renew_after_fork(self) -> None:
        """Begin anew in a forked child: no record of the parent's threads, a lock of its own."""
        self._closing = threading.Lock()
        self._thread = threading.local()

    @property
    def identity(self) -> IdentityMap:
        """The identity map of the current `with` block, else of the current thread."""
        block = binding.block_of(self)
        if block is not None:
            return block.identity
        if not hasattr(self._thread, "identity"):
            self._thread.identity = IdentityMap()
        held: IdentityMap = self._thread.identity
        return held

    def call(
        self,
        operation: resource.Operation,
        ids: Mapping[str, str],
        *,
        query: Iterable[tuple[str, str]] = (),
        body: object = None,
        headers: Mapping[str, str] | None = None,
        send_before: float | None = None,
        sink: Sink | None = None,
    ) -> tuple[Call, Answer]:
        """Send one operation, its path filled with `ids`; return the call and its answer.

        One call. Models send theirs so; what they do with the answer, caches included, is not done
        here. `request()` is the way to an endpoint that has no model.

        Raises:
            InvalidId: an id cannot stand in a path.
            ZohoError: the call failed.
        """
        self.check_open()
        call = Call(
            method=operation.method,
            path=operation.filled(ids),
            query=(*operation.fixed, *query),
            body=body if body is None or isinstance(body, Multipart) else wire.encode(body),
            headers=headers or {},
            repeatable=operation.repeatable,
            needs_organization=operation.needs_organization,
            version=operation.version,
            scope=operation.scope,
            send_before=send_before,
            sink=sink,
            template=operation.path,
        )
        return call, self._access.connection.send(call)

    def count_calls(self) -> AbstractContextManager[CallCount]:
        """Count the calls that this session makes in a block, and what they waited.

        `with books.count_calls() as calls:` counts the calls of this thread or task, and of the
        threads that zohorm starts for it, as `ahead()` does; blocks may be within each other.
        `calls.made` can be read at any time, also after the block.
        """
        return self._access.hooks.count()

    @property
    def quota(self) -> Quota | None:
        """The calls of the day as the service last told them; None before it has."""
        return self._access.connection.quota

    @property
    def writes(self) -> Writes:
        """The count of this process' writes in this organization."""
        return self._access.writes

    @property
    def rows(self) -> RowCache:
        """The cache of whole rows."""
        return self._rows

    def fresh_row(
        self, model: type[Stored], identifier: str, parents: Mapping[str, str]
    ) -> wire.Row:
        """Ask the service for one whole row; one call.

        Raises:
            NotFound: the id is unknown to this organization.
            MalformedReply: the answer shows another record, or one without an id.
        """
        facts = model.facts()
        operation = model._needed_operation("get")
        ids = {**parents, (facts.id or "id"): facts.identifier(identifier)}
        call, answer = self.call(operation, ids)
        row = envelope.row_of(answer, facts, call)
        if facts.id is not None and model._id_in(row) != identifier:
            raise envelope.malformed(
                answer, call, f"the answer shows another {facts.name} than the one asked for"
            )
        return row

    def whole_row(
        self, model: type[Stored], identifier: str, parents: Mapping[str, str]
    ) -> wire.Row:
        """Return one whole row from the cache, else from the service; at most one call."""
        key = (model, identifier)
        return self._rows.fetch(key, lambda: self.fresh_row(model, identifier, parents))

    def get(self, model: type[M], identifier: str, parents: Mapping[str, str] | None = None) -> M:
        """Return the whole record of `identifier`, the same object as before while it is held.

        One call, none if the row is cached. `Invoice.using(session).get(id)` is the same.

        Raises:
            NotFound: the organization has no such record.
            InvalidId, WrongType: it can be no id, or the model is of another product.
        """
        self.check_open()
        if not resource.is_model(model):
            raise WrongType(f"{self!r} gets records of models, and {_called(model)} is none")
        intake = Intake(self, model, whole=True, parents=parents)
        identifier = model.facts().identifier(identifier)
        row = self.whole_row(model, identifier, parents or {})
        return intake.record(row, self.identity.table(model))

    def record(
        self,
        model: type[M],
        row: wire.Row,
        *,
        whole: bool = False,
        parents: Mapping[str, str] | None = None,
    ) -> M:
        """Return the record of a received row; one that is held already takes the row in.

        Raises:
            WrongType: the model is of another product.
        """
        intake = Intake(self, model, whole=whole, parents=parents)
        if not whole:
            intake.compare([row])
        return intake.record(row, self.identity.table(model))

    def linked(self, name: str, identifier: str) -> Stored:
        """Return the record of the model called `name` of this product."""
        return self.get(resource.model(self.product.name, name), identifier)

    def save(self, records: Iterable[Saves]) -> list[SaveResult]:
        """Save each record in order; one result each. It stops at the first failure.

        It costs what each record's own `save()` costs. A new record without a session takes this
        one.

        Raises:
            WrongType: one is no record, or belongs elsewhere; no call was made.
            ZohoError: what the failing save raised; `error.results` holds those before it.
        """
        self.check_open()
        given: object = records
        if not isinstance(given, Iterable):
            raise WrongType(f"save() takes several records, not {type(given).__name__}")
        mine = list(records)
        for record in mine:
            self._check_record(record)
            record._check_place(self)
        for record in mine:
            record._join(self)
        results: list[SaveResult] = []
        for record in mine:
            try:
                results.append(record.save())
            except ZohoError as error:
                error.results = tuple(results)
                raise
        return results

    def _check_record(self, record: object) -> None:
        if not resource.is_model(type(record)):
            raise WrongType(f"{self!r} takes records of models, not {_called(record)}")

    def attach(self, record: M) -> M:
        """Give an unpickled record this session; its unsaved edits stay. Return the record.

        Raises:
            NotDetached: the record has a session already, or another object of it is held.
            WrongType: it belongs to another product or organization.
        """
        self.check_open()
        self._check_record(record)
        if record._detached_from not in (None, self.organization_id):
            raise WrongType(
                f"{record!r} belongs to another organization than {self!r}",
                advice="Attach it to a session of its own organization",
            )
        if record.facts().product != self.product.name:
            raise WrongType(f"{record!r} is no record of {self.product.name}")
        record._attach_to(self)
        return record


def _called(thing: object) -> str:
    return thing.__name__ if isinstance(thing, type) else type(thing).__name__


def _no_organization() -> MissingSetting:
    return MissingSetting(
        "a session needs an organization id",
        advice="It stands in the product's settings, and GET /organizations lists it",
    )


def _organization(value: object) -> str:
    if value is None or value == "":
        raise _no_organization()
    return steps.plain_id(value, "organization_id")
