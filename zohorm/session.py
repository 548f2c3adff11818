"""One organization of one product: turns rows into records and sends calls through its connection.

Models and queries hold a session; user code opens one of the six product sessions.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, ClassVar, Never, Self, TypeVar, Unpack
from weakref import WeakSet

import attrs

from zohorm import binding, envelope, forking, resource, wire
from zohorm.connection import Answer, Call, Connection, Selector
from zohorm.errors import MissingSetting, NotPicklable, SessionClosed, WrongType, ZohoError
from zohorm.identity import IdentityMap
from zohorm.loads import Loads
from zohorm.regions import Region, region
from zohorm.retry import RetryPolicy
from zohorm.rows import RowCache, Writes
from zohorm.settings import Settings, SettingsDict, environment
from zohorm.sharing import Shared
from zohorm.throttle import LocalThrottle, Throttle
from zohorm.token import TokenSource
from zohorm.transport import RequestsTransport

if TYPE_CHECKING:
    from zohorm.saving import Savable, SaveResult
    from zohorm.stored import Stored

M = TypeVar("M", bound="Stored")

_PLACE = re.compile(r"\{(\w+)\}")
_tokens: Shared[tuple[str, str, str], TokenSource] = Shared()
_paces: Shared[tuple[str, str], LocalThrottle] = Shared()
_writes: Shared[tuple[str, str], Writes] = Shared()


@attrs.frozen
class Product:
    """How one product differs from the others: where its API starts and who is asked for.

    `host` names the region's attribute for the API host.
    """

    name: str
    root: str
    selector: Selector
    scope_prefix: str
    host: str = "api_url"


class Watch:
    """What a running iteration must know of this session's writes of its model."""

    def __init__(self, model: type[Stored]) -> None:
        self.model = model
        self.written = False
        self.created: set[str] = set()


class Session:
    """A connection to one organization, with the caches of its records; safe for threads.

    Open one of its six subclasses: `ZohoBooks(organization_id, region="eu", client_id=...,
    client_secret=..., refresh_token=...)`. Opening costs no call.

    Raises:
        MissingSetting: the organization id or a credential is missing.
        UnknownRegion: the region names no data centre.
        UnknownSetting, WrongType, InvalidValue: a setting cannot be.
    """

    product: ClassVar[Product]

    def __init__(
        self, organization_id: str, region: str = "us", **settings: Unpack[SettingsDict]
    ) -> None:
        self.settings = Settings.checked(settings)
        self.organization_id = _organization(organization_id)
        self.region = _region(region)
        self._closed = False
        self._api_url = self.settings.api_url or str(getattr(self.region, self.product.host))
        self._api_url = self._api_url.rstrip("/")
        self._accounts_url = (self.settings.accounts_url or self.region.accounts_url).rstrip("/")
        self._shared_token: tuple[str, str, str] | None = None
        self._token = self._token_source()
        self._transport = self.settings.transport or RequestsTransport(
            pool_size=self.settings.max_in_flight
        )
        self._throttle = self.settings.throttle or self._shared_pace()
        self._writes = _writes.acquire(self.organization_key, Writes)
        self._rows = RowCache(
            rows=self.settings.cache_rows,
            seconds=self.settings.cache_seconds,
            clock=self.settings.clock,
            writes=self._writes,
        )
        self._connection = self._connect()
        self._thread = threading.local()
        self._lock = threading.Lock()  # guards _watches
        self._watches: WeakSet[Watch] = WeakSet()
        forking.register(self)
        binding.note(self)

    @classmethod
    def from_env(cls, **settings: Unpack[SettingsDict]) -> Self:
        """Open a session with what the environment names.

        It reads ZOHO_CLIENT_ID, ZOHO_CLIENT_SECRET, ZOHO_REFRESH_TOKEN, ZOHO_ORGANIZATION_ID and
        ZOHO_REGION (us if it is not set).

        Raises:
            MissingSetting: a variable is missing; the error names every missing one.
        """
        organization_id, region, credentials = environment()
        merged: SettingsDict = {**credentials, **settings}
        return cls(organization_id, region, **merged)

    def _token_source(self) -> TokenSource:
        settings = self.settings
        key = (
            self._accounts_url,
            settings.client_id or "",
            hashlib.sha256((settings.refresh_token or "").encode()).hexdigest(),
        )

        def make() -> TokenSource:
            return TokenSource.from_settings(
                settings,
                accounts_url=self._accounts_url,
                transport=RequestsTransport(pool_size=1),
            )

        if settings.auth is not None or not settings.refresh_token:
            return make()
        source = _tokens.acquire(key, make)
        self._shared_token = key
        return source

    def _shared_pace(self) -> Throttle:
        settings = self.settings

        def make() -> LocalThrottle:
            return LocalThrottle(
                calls_per_minute=settings.calls_per_minute,
                max_in_flight=settings.max_in_flight,
                intercall_delay_seconds=settings.intercall_delay,
                clock=settings.clock,
            )

        pace = _paces.acquire(self.organization_key, make)
        pace.tighten(
            calls_per_minute=settings.calls_per_minute,
            max_in_flight=settings.max_in_flight,
            intercall_delay_seconds=settings.intercall_delay,
        )
        return pace

    def _connect(self) -> Connection:
        settings = self.settings
        return Connection(
            root=self._api_url + self.product.root,
            organization_id=self.organization_id,
            selector=self.product.selector,
            token=self._token,
            throttle=self._throttle,
            transport=self._transport,
            retry=RetryPolicy(
                max_retries=settings.max_retries,
                max_retry_after_seconds=settings.max_retry_after,
                backoff_seconds=settings.retry_backoff_seconds,
            ),
            timeout=settings.timeout,
            max_wait_seconds=settings.max_wait_seconds,
            min_calls_remaining=settings.min_calls_remaining,
            clock=settings.clock,
            read_only=settings.read_only,
        )

    @property
    def organization_key(self) -> tuple[str, str]:
        """API host and organization id: what tells one organization from every other."""
        return (self._api_url, self.organization_id)

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
        """Close the connections and drop the caches; records keep what they have loaded."""
        if self._closed:
            return
        self._closed = True
        binding.forget(self)
        self._rows.clear()
        if self.settings.transport is None:
            self._transport.close()
        if self.settings.throttle is None:
            _paces.release(self.organization_key)
        _writes.release(self.organization_key)
        if self._shared_token is not None:
            _tokens.release(self._shared_token)

    def check_open(self) -> None:
        """Refuse to go on after `close()`.

        Raises:
            SessionClosed: the session was closed.
        """
        if self._closed:
            raise SessionClosed(f"this {type(self).__name__} was closed", advice="Open another one")

    def renew_after_fork(self) -> None:
        """Begin anew in a forked child: no record of the parent's threads, a lock of its own."""
        self._lock = threading.Lock()
        self._thread = threading.local()

    @property
    def identity(self) -> IdentityMap:
        """The identity map of the current `with` block, else of the current thread."""
        block = binding.block_of(self)
        if block is not None:
            return block.identity
        held = getattr(self._thread, "identity", None)
        if not isinstance(held, IdentityMap):
            held = self._thread.identity = IdentityMap()
        return held

    def call(
        self,
        operation: resource.Operation,
        ids: Mapping[str, str],
        *,
        query: Iterable[tuple[str, str]] = (),
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[Call, Answer]:
        """Send one documented operation, its path filled with `ids`.

        Raises:
            InvalidId: an id cannot stand in a path.
            ZohoError: the call failed.
        """
        self.check_open()
        call = Call(
            method=operation.method,
            path=_filled(operation.path, ids),
            query=tuple(query),
            body=None if body is None else wire.encode(body),
            headers=headers or {},
            repeatable=operation.repeatable,
            needs_organization=operation.needs_organization,
            scope=operation.scope,
        )
        return call, self._connection.send(call)

    @property
    def writes(self) -> Writes:
        """The count of this process' writes in this organization."""
        return self._writes

    @property
    def rows(self) -> RowCache:
        """The cache of whole rows."""
        return self._rows

    def watch(self, model: type[Stored]) -> Watch:
        """Return a watch that hears of this session's writes of `model` as long as it is held."""
        watch = Watch(model)
        with self._lock:
            self._watches.add(watch)
        return watch

    def note_write(self, model: type[Stored], *, created: str | None = None) -> None:
        """Tell the running iterations of `model` that one of its records was written."""
        with self._lock:
            watches = [watch for watch in self._watches if watch.model is model]
        for watch in watches:
            watch.written = True
            if created is not None:
                watch.created.add(created)

    def fresh_row(
        self, model: type[Stored], identifier: str, parents: Mapping[str, str]
    ) -> wire.Row:
        """Ask the service for one whole row; one call.

        Raises:
            NotFound: the id is unknown to this organization.
        """
        facts = model.facts()
        operation = model.needed_operation("get")
        ids = {**parents, (facts.id or "id"): wire.plain_id(identifier, f"a {facts.name} id")}
        call, answer = self.call(operation, ids)
        return envelope.row_of(answer, facts, call)

    def whole_row(
        self, model: type[Stored], identifier: str, parents: Mapping[str, str]
    ) -> wire.Row:
        """Return one whole row from the cache, else from the service; at most one call."""
        key = (model, identifier)
        return self._rows.fetch(key, lambda: self.fresh_row(model, identifier, parents))

    def get(self, model: type[M], identifier: str, parents: Mapping[str, str] | None = None) -> M:
        """Return the whole record of `identifier`, the same object as before while it is held."""
        self.check_open()
        identifier = wire.plain_id(identifier, f"a {model.__name__} id")
        row = self.whole_row(model, identifier, parents or {})
        return self.record(model, row, whole=True, parents=parents)

    def record(
        self,
        model: type[M],
        row: wire.Row,
        *,
        whole: bool,
        parents: Mapping[str, str] | None = None,
        loads: Loads | None = None,
    ) -> M:
        """Return the record of a received row; one that is held already takes the row in."""
        identifier = wire.ID.read(row.get(model.id_name() or ""))
        known = self.identity.find(model, identifier) if identifier else None
        if known is not None:
            known.meet(row, whole=whole)
            return known
        record = model.received(row, self, parents=parents, whole=whole, loads=loads)
        if identifier:
            self.identity.add(model, identifier, record)
        return record

    def linked(self, name: str, identifier: str) -> Stored:
        """Return the record of the model called `name` of this product."""
        return self.get(resource.model(self.product.name, name), identifier)

    def save(self, records: Iterable[Savable]) -> list[SaveResult]:
        """Save each record in order; one result each. It stops at the first failure.

        Raises:
            ZohoError: what the failing save raised; `error.results` holds those before it.
        """
        results: list[SaveResult] = []
        for record in records:
            try:
                results.append(record.save())
            except ZohoError as error:
                error.results = tuple(results)
                raise
        return results

    def attach(self, record: M) -> M:
        """Give an unpickled record this session; its unsaved edits stay. Return the record.

        Raises:
            NotDetached: the record has a session already, or another object of it is held.
            WrongType: it belongs to another product or organization.
        """
        self.check_open()
        if record.detached_from not in (None, self.organization_id):
            raise WrongType(
                f"{record!r} belongs to another organization than {self!r}",
                advice="Attach it to a session of its own organization",
            )
        if record.facts().product != self.product.name:
            raise WrongType(f"{record!r} is no record of {self.product.name}")
        record.attach_to(self)
        return record


def _organization(value: object) -> str:
    if value is None or value == "":
        raise MissingSetting(
            "a session needs an organization id",
            advice="It stands in the product's settings, and GET /organizations lists it",
        )
    return wire.plain_id(value, "organization_id")


def _region(name: object) -> Region:
    if not isinstance(name, str):
        raise WrongType(f"region takes text, not {type(name).__name__}")
    return region(name)


def _filled(path: str, ids: Mapping[str, str]) -> str:
    def fill(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in ids:
            raise MissingSetting(f"{path} needs {name}, which this record does not have")
        return wire.plain_id(ids[name], name)

    return _PLACE.sub(fill, path)
