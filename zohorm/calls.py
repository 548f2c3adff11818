"""One call before it is sent, how it names its organization, and the answer of a success."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from zohorm.errors import InvalidValue
from zohorm.streams import Body, Sink
from zohorm.transport import Request

_VISIBLE = re.compile(r"[!-~]+")
_PATH = re.compile(r"[^\x00-\x20?#\x7f-\U0010ffff]+")
_ONE_LINE = re.compile(r"[\t -~\xa0-\xff]*")
_HALF = re.compile(r"[\ud800-\udfff]")


@attrs.frozen
class Selector:
    """How a product is told the organization: by a query parameter or by a header."""

    query: str | None = None
    header: str | None = None


@attrs.frozen
class Call:
    """One call, before it has a host, a token and an organization.

    Attributes:
        path: relative to the product's root; the ids in it are checked already.
        repeatable: sending it twice does no more than sending it once.
        scope: what the token must be allowed, for the error that says so.
        version: the one to ask, where it is not the one that the product's root ends with.
        send_before: a reading of the clock; the call rests on something seen before, which is too
            old to rest on from then on.
        sink: takes the answer if it is a file.
        template: the path with the names of ids in their places; empty if it has none.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    body: bytes | Body | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    repeatable: bool = True
    scope: str | None = None
    needs_organization: bool = True
    version: str | None = None
    send_before: float | None = None
    sink: Sink | None = attrs.field(default=None, repr=False)
    template: str = ""

    @property
    def spent(self) -> bool:
        """Whether its sink cannot give back what it took, so that nothing may follow."""
        return self.sink is not None and self.sink.spent

    @property
    def writes(self) -> bool:
        """Whether the call may change something."""
        return self.method != "GET"

    def request(self, root: str, selector: Selector, organization: str) -> Request:
        """Return the request to the product at `root`, complete but for the token.

        Raises:
            InvalidValue: it names an organization itself, or cannot be written as HTTP.
        """
        query, headers = self.query, dict(self.headers)
        if self.body is not None:
            headers.setdefault("Content-Type", "application/json")
        if self.needs_organization:
            names = ("organization_id", selector.query, (selector.header or "").lower())
            if any(name in names for name in [*dict(query), *map(str.lower, headers)]):
                raise InvalidValue(
                    "a call goes to the organization of its session and may not name another",
                    advice="Open a session of the other organization",
                )
            if selector.query is not None:
                query = ((selector.query, organization), *query)
            if selector.header is not None:
                headers[selector.header] = organization
        if self.version is not None:
            root = f"{root.rpartition('/')[0]}/{self.version}"
        request = Request(self.method, root + self.path, query, headers, self.body, self.sink)
        self._check(request)
        return request

    def _check(self, request: Request) -> None:
        """Refuse here what the libraries below would refuse with a slot and a token in hand."""
        wrong = None
        if not _PATH.fullmatch(self.path):
            wrong = "its path is not of visible ASCII characters, or holds a query"
        elif not all(_VISIBLE.fullmatch(name) for name in request.headers):
            wrong = "the name of a header is not of visible ASCII characters"
        elif not all(_ONE_LINE.fullmatch(value) for value in request.headers.values()):
            wrong = "the value of a header is not one line of Latin-1"
        elif any(_HALF.search(part) for pair in request.query for part in pair):
            wrong = "a query parameter holds half of a character (a lone surrogate)"
        if wrong is not None:
            # From nothing else: a UnicodeEncodeError would quote the value.
            raise InvalidValue(f"the call cannot be sent: {wrong}", method=self.method)


@attrs.frozen
class Answer:
    """A success. `body` is the decoded JSON object, None if the answer is a file or empty."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    content: bytes = attrs.field(repr=False)
    body: Mapping[str, object] | None = attrs.field(repr=False)
    attempts: int = 1
