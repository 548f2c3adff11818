"""One call before it is sent, how it names its organization, and the answer of a success."""

from __future__ import annotations

from collections.abc import Mapping

import attrs


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
        send_before: a reading of the clock; the call rests on something seen before, which is too
            old to rest on from then on.
    """

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = attrs.field(default=(), repr=False)
    body: bytes | None = attrs.field(default=None, repr=False)
    headers: Mapping[str, str] = attrs.field(factory=dict, repr=False)
    repeatable: bool = True
    scope: str | None = None
    needs_organization: bool = True
    send_before: float | None = None

    @property
    def writes(self) -> bool:
        """Whether the call may change something."""
        return self.method != "GET"


@attrs.frozen
class Answer:
    """A success. `body` is the decoded JSON object, None if the answer is a file or empty."""

    status: int
    headers: Mapping[str, str] = attrs.field(repr=False)
    content: bytes = attrs.field(repr=False)
    body: Mapping[str, object] | None = attrs.field(repr=False)
    attempts: int = 1
