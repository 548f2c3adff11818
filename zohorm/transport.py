"""One HTTP exchange: a request goes out, a reply or one of two failures comes back.

Connection and token call it; it is the only module that imports requests.
"""

from __future__ import annotations

import contextvars
import logging
import ssl
import threading
from collections import defaultdict
from collections.abc import Mapping
from functools import partial
from typing import Protocol, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import attrs
import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3 import BaseHTTPResponse, HTTPHeaderDict, Retry, Timeout
from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    LocationValueError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
)

from zohorm import bounding, causes, forking, streams
from zohorm.clock import Clock, SystemClock

_HEADERS = {
    "User-Agent": "zohorm",
    "Accept": "*/*",
    "Accept-Encoding": "gzip, deflate",
    "Connection": "keep-alive",
}
_LOGGERS = ("urllib3.connectionpool", "urllib3.connection")
"""Their lines quote addresses with the query, and hence customers."""
_NO_RETRIES = Retry(False, redirect=False)
_FRESH_SECONDS = 2.0
_IDLE_SECONDS = 60.0


def _any_case(headers: Mapping[str, str]) -> Mapping[str, str]:
    return headers if isinstance(headers, HTTPHeaderDict) else CaseInsensitiveDict(headers)


@attrs.frozen
class Request:
    """What goes out. Its repr holds neither token nor data."""

    method: str
    url: str
    query: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    body: bytes | streams.Body | None = attrs.field(default=None, repr=False)
    sink: streams.Sink | None = attrs.field(default=None, repr=False)

    @property
    def address(self) -> str:
        """The URL with its query; blanks are `%20`, for a `+` is not a blank to every server."""
        if not self.query:
            return self.url
        return f"{self.url}?{urlencode(self.query, quote_via=quote, safe='')}"

    def with_header(self, name: str, value: str) -> Request:
        """Return the same request with one header more."""
        headers = {**self.headers, name: value}
        return Request(self.method, self.url, self.query, headers, self.body, self.sink)


@attrs.frozen
class Reply:
    """What came back. `complete` is False when the connection broke within the body.

    It is also False where the body is `oversize`: more than may be taken into memory. `streamed`
    counts the bytes that went to the sink. Header names are looked up in any case.
    """

    status: int
    headers: Mapping[str, str] = attrs.field(factory=dict, converter=_any_case, repr=False)
    content: bytes = attrs.field(default=b"", repr=False)
    complete: bool = True
    streamed: int = 0
    oversize: bool = False


class NotSent(Exception):
    """Nothing of the request left this machine, so the service cannot have acted on it.

    Attributes:
        timed_out: the connection could not be made in time.
        permanent: another try would end the same way (a certificate, an address that cannot be).
    """

    def __init__(self, reason: str, *, timed_out: bool = False, permanent: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out
        self.permanent = permanent


class MaybeSent(Exception):
    """The request, or some of it, may have reached the service; no reply came.

    Attributes:
        timed_out: the service was silent for too long.
    """

    def __init__(self, reason: str, *, timed_out: bool = False) -> None:
        super().__init__(reason)
        self.timed_out = timed_out


_Failure = TypeVar("_Failure", NotSent, MaybeSent)


class Transport(Protocol):
    """What carries requests; `settings.transport` takes any object with these two methods."""

    def send(
        self,
        request: Request,
        timeout: tuple[float, float],
        *,
        fresh: bool,
        total_seconds: float | None,
    ) -> Reply:
        """Send once and return what came back, whatever its status; follow no redirect.

        Args:
            request: what to send.
            timeout: seconds to connect, seconds of silence.
            total_seconds: what is left of the whole call; also an answer that comes in drops, and
                so is never silent for long, must not take longer. None if there is no such bound.
            fresh: do not use a connection that has idled for long. The server may be closing it,
                and then nobody can tell whether the request was read.

        Raises:
            NotSent: nothing left this machine.
            MaybeSent: something may have.
        """
        ...

    def close(self) -> None:
        """Close every connection."""


def _within(timeout: tuple[float, float], seconds: float | None) -> tuple[float, float]:
    """Return the timeout, cut to the seconds that are left of the whole call."""
    if seconds is None:
        return timeout
    # Zero would mean to a socket that it must not wait at all, which is another error.
    left = max(seconds, 0.001)
    return (min(timeout[0], left), min(timeout[1], left))


class _Lane:
    """One kept connection to one server, used by one thread at a time.

    requests finds the way there once: proxies, certificates. The exchanges then go straight to its
    connection, past what a session of requests does anew for each of them, and past what is not
    wanted here: redirects, cookies, .netrc.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1)
        self._way: _Way | None = None
        self.used_at = 0.0

    def send(self, request: Request, timeout: tuple[float, float]) -> BaseHTTPResponse:
        way = self._way
        if way is None:
            way = self._way = _way(self._adapter, self._server)
        address = request.address
        connect, read = timeout
        return way.connection.urlopen(
            request.method,
            address if way.takes_whole_address else address[len(self._server) :],
            body=request.body,
            headers=_HEADERS | dict(request.headers),
            timeout=Timeout(connect=connect, read=read),
            retries=_NO_RETRIES,
            redirect=False,
            assert_same_host=False,
            preload_content=False,
            decode_content=False,
        )

    def close(self) -> None:
        self._adapter.close()


@attrs.frozen
class _Way:
    """The connection to a server; a proxy that reads plain HTTP is told the whole address."""

    connection: HTTPConnectionPool
    takes_whole_address: bool


class _NoWay(Exception):
    """No connection was sought yet: the address cannot be, or the CA bundle is not there."""


def _way(adapter: HTTPAdapter, server: str) -> _Way:
    """Return the way to `server` that the environment's proxies and CA bundle make.

    Raises:
        _NoWay: there is none.
    """
    try:
        with requests.Session() as session:
            found = session.merge_environment_settings(server, {}, True, None, None)
        proxies, verify = dict(found["proxies"] or {}), found["verify"] or True
        asked = requests.Request("GET", f"{server}/").prepare()
        pool = adapter.get_connection_with_tls_context(asked, verify, proxies)
        adapter.cert_verify(pool, asked.url or server, verify, None)  # type: ignore[no-untyped-call]  # in the stubs
        # It gives the path alone unless a proxy has to be told the whole address.
        whole = adapter.request_url(asked, proxies) == asked.url
    except (requests.RequestException, HTTPError, OSError) as error:
        raise _NoWay from error
    assert isinstance(pool, HTTPConnectionPool)
    kind = type("_Connection", (pool.ConnectionCls,), {"response_class": bounding.Answer})
    vars(pool)["ConnectionCls"] = kind  # of this pool, not of all
    return _Way(pool, whole)


class RequestsTransport:
    """Sends through requests and keeps connections for reuse; safe for threads and forks.

    Proxies and CA bundles of the environment are honoured; .netrc is not, redirects are not
    followed, cookies are not kept.
    """

    def __init__(
        self,
        *,
        pool_size: int = 10,
        clock: Clock | None = None,
        max_reply_bytes: int = bounding.REPLY_BYTES,
    ) -> None:
        """`clock` measures how long a connection has idled: real time, unless a test says else."""
        self._pool_size = pool_size
        self._max_reply_bytes = max_reply_bytes
        self._clock = SystemClock() if clock is None else clock
        self._closed = False
        self._lock = threading.Lock()  # guards _idle and _closed
        self._idle: defaultdict[str, list[_Lane]] = defaultdict(list)
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(_not_ours)
        forking.register(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(pool_size={self._pool_size})"

    def send(
        self,
        request: Request,
        timeout: tuple[float, float],
        *,
        fresh: bool,
        total_seconds: float | None = None,
    ) -> Reply:
        """Send once and return what came back, whatever its status; see `Transport.send`."""
        parts = urlsplit(request.url)
        server = f"{parts.scheme}://{parts.netloc}"
        lane = self._take(server, _FRESH_SECONDS if fresh else _IDLE_SECONDS)
        kept = False
        try:
            with bounding.until(total_seconds):
                within = _within(timeout, total_seconds)
                result = _exchange(lane, request, within, self._max_reply_bytes)
            kept = isinstance(result, Reply) and result.complete
        finally:
            self._give_back(server, lane, kept)
        if isinstance(result, Reply):
            return result
        # Raised here, outside every `except`: what requests raises quotes the URL with its query,
        # and a traceback would print it as the context of ours.
        raise result

    def close(self) -> None:
        """Close every connection, those in use as soon as they are done."""
        with self._lock:
            self._closed = True
            lanes = [lane for idle in self._idle.values() for lane in idle]
            self._idle.clear()
        for lane in lanes:
            lane.close()

    def renew_after_fork(self) -> None:
        """Forget the parent's connections; two processes on one would read each other's answers."""
        self._lock = threading.Lock()
        self._idle = defaultdict(list)

    def _take(self, server: str, idle_seconds: float) -> _Lane:
        oldest = self._clock.now() - idle_seconds
        with self._lock:
            idle = self._idle[server]
            lane = idle.pop() if idle else None
            # The newest comes last: if that one is too old, so are the others.
            stale = [] if lane is None or lane.used_at >= oldest else [lane, *idle]
            if stale:
                idle.clear()
                lane = None
        for old in stale:
            old.close()
        return _Lane(server) if lane is None else lane

    def _give_back(self, server: str, lane: _Lane, kept: bool) -> None:
        lane.used_at = self._clock.now()
        with self._lock:
            idle = self._idle[server]
            kept = kept and not self._closed and len(idle) < self._pool_size
            if kept:
                idle.append(lane)
        if not kept:
            lane.close()


def _exchange(
    lane: _Lane, request: Request, timeout: tuple[float, float], most_bytes: int
) -> Reply | NotSent | MaybeSent:
    mark = _ours.set(True)
    try:
        response = lane.send(request, timeout)
    except (_NoWay, HTTPError, OSError) as error:
        return _failure(error)
    finally:
        _ours.reset(mark)
    return _read(response, request.sink, most_bytes)


def _read(
    response: BaseHTTPResponse, sink: streams.Sink | None, most_bytes: int
) -> Reply | MaybeSent:
    content, streamed = b"", 0
    try:
        if sink is not None and sink.takes(response.status, response.headers):
            content, streamed = streams.pour(partial(response.read, decode_content=True), sink)
        else:
            content = bounding.content(response, most_bytes)
    except BaseException as error:
        response.close()
        if isinstance(error, bounding.TooLarge):
            return Reply(response.status, response.headers, complete=False, oversize=True)
        if not isinstance(error, HTTPError | OSError):
            raise  # Our end failed: a full disk, an interrupt.
        if causes.wraps(error, ReadTimeoutError):
            return _caused(MaybeSent("the answer stopped halfway", timed_out=True), error)
        # The status did arrive, and a refusal is one even if its text is cut short.
        return Reply(response.status, response.headers, b"", complete=False)
    return Reply(response.status, response.headers, content, streamed=streamed)


def _failure(error: Exception) -> NotSent | MaybeSent:
    """Tell what surely did not leave this machine from what may have; in doubt, it may have."""
    if isinstance(error, ProxyError):
        # urllib3 blames the proxy only as long as it has not connected to it.
        return _caused(NotSent("the proxy cannot be reached"), error)
    if isinstance(error, NewConnectionError):
        return _caused(NotSent("no connection can be made"), error)
    if isinstance(error, ConnectTimeoutError):
        return _caused(NotSent("the connection was not made in time", timed_out=True), error)
    if causes.wraps(error, ssl.SSLCertVerificationError):
        return _caused(NotSent("the certificate is not trusted", permanent=True), error)
    if isinstance(error, ReadTimeoutError):
        return _caused(MaybeSent("no answer came in time", timed_out=True), error)
    if isinstance(error, _NoWay | LocationValueError):
        reason = f"the request cannot be sent ({type(error.__cause__ or error).__name__})"
        return _caused(NotSent(reason, permanent=True), error)
    return _caused(MaybeSent("the connection broke"), error)


def _caused(failure: _Failure, error: BaseException) -> _Failure:
    """Name the operating system's error as the cause: it says why and quotes no URL."""
    for found in causes.chain(error):
        if isinstance(found, OSError) and not isinstance(found, requests.RequestException):
            failure.__cause__ = found
    if failure.__cause__ is not None:
        # It came through functions whose variables hold the token and the query, and services that
        # collect errors keep those.
        failure.__cause__.__traceback__ = failure.__cause__.__cause__ = None
    return failure


_ours = contextvars.ContextVar("zohorm_request", default=False)


def _not_ours(record: logging.LogRecord) -> bool:
    return not _ours.get()
