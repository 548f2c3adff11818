"""The control interface over HTTP, for tests in any language: `POST /sandbox/next` and the like.

Each path below `/sandbox` is named after what `Sandbox` has in Python, takes its keywords as one
JSON object, and answers one. What is asked for here is no call, meets no fault and counts for no
limit. Called by the application.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

import attrs

from zohorm.sandbox import catalogue
from zohorm.sandbox.calls import Call
from zohorm.sandbox.catalogue import Field
from zohorm.sandbox.incoming import CONTROL_ROOT as ROOT
from zohorm.sandbox.incoming import Incoming
from zohorm.sandbox.reply import Refusal, Reply, envelope

if TYPE_CHECKING:
    from zohorm.sandbox.sandbox import Sandbox

_Kinds: TypeAlias = "tuple[type, ...]"
_WHOLE: _Kinds = (int,)
_NUMBER: _Kinds = (int, Decimal)
_TEXT: _Kinds = (str,)
_SECONDS = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
_PLACE = {"resource": _TEXT, "organization_id": _TEXT, "product": _TEXT}
# What each path takes, and of which kinds.
TAKEN: Mapping[str, Mapping[str, _Kinds]] = {
    "next": {
        "status": _WHOLE,
        "code": (int, str),
        "message": _TEXT,
        "fault": _TEXT,
        "times": _WHOLE,
        "after": _WHOLE,
        "path": _TEXT,
        "method": _TEXT,
        "retry_after": (int, str),
        "headers": (dict,),
        "body": (dict, list, str),
        "seconds": _NUMBER,
        "size": _WHOLE,
    },
    "limits": dict.fromkeys(("per_minute", "per_day", "in_flight"), _WHOLE),
    "clock/move": dict.fromkeys(_SECONDS, _NUMBER),
    "insert": {**_PLACE, "row": (dict,)},
    "code": {"scope": _TEXT, "seconds": _NUMBER},
    "wait_for_hanging": {"calls": _WHOLE, "seconds": _NUMBER},
}
# What the query of each path that is read takes; others take none.
ASKED: Mapping[str, tuple[str, ...]] = {"rows": tuple(_PLACE)}
_LONGEST_WAIT_SECONDS = 60
# The calendar ends soon after.
_LAST = dt.datetime(9000, 1, 1, tzinfo=dt.UTC).timestamp()


class Control:
    """Answers the calls below `/sandbox` of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._readers: Mapping[str, Callable[[Mapping[str, str]], object]] = {
            "": self._overview,
            "calls": lambda _: {"calls": [_shown(each) for each in sandbox.calls]},
            "token_calls": lambda _: {
                "token_calls": [_shown(each) for each in sandbox.token_calls]
            },
            "mails": lambda _: {"mails": [attrs.asdict(each) for each in sandbox.mails]},
            "rows": self._rows,
        }
        self._writers: Mapping[str, Callable[..., object]] = {
            "next": sandbox.next,
            "limits": sandbox.limits,
            "clock/move": self._move,
            "forget": sandbox.forget,
            "reset": sandbox.reset,
            "release": sandbox.release,
            "expire_tokens": sandbox.expire_tokens,
            "wait_for_hanging": self._wait,
            "access_token": lambda: {"access_token": sandbox.access_token()},
            "code": lambda **given: {"code": sandbox.code(**given)},
            "insert": self._insert,
        }

    def answer(self, arrived: Incoming) -> Reply:
        """Answer one call: 400 with an `error` that says why, if it cannot be done."""
        name = arrived.url_path.removeprefix(ROOT).strip("/")
        method = "GET" if arrived.method == "HEAD" else arrived.method
        found = {"GET": self._readers, "POST": self._writers}.get(method, {})
        if name not in found:
            known = name in self._readers or name in self._writers
            said = f"there is no {method} {ROOT}/{name}; see the page on testing"
            return envelope({"error": said}, status=405 if known else 404)
        try:
            _check_query(name, arrived)
            if method == "GET":
                return envelope(self._readers[name](arrived.query))
            made = self._writers[name](**_given(name, arrived))
        except Refusal as refusal:
            return envelope({"error": refusal.message}, status=400)
        except (ArithmeticError, LookupError, TypeError, ValueError, sqlite3.Error) as error:
            return envelope({"error": str(error) or type(error).__name__}, status=400)
        except TimeoutError as error:
            return envelope({"error": str(error)}, status=408)
        return envelope(made or {})

    def _overview(self, _query: Mapping[str, str]) -> object:
        sandbox = self._sandbox
        return {
            "url": sandbox.url,
            "organization_ids": sandbox.organization_ids,
            "time": Decimal(str(sandbox.clock.time())),
            "faults_left": sandbox.faults_left,
            "switches": attrs.asdict(sandbox.switches),
            "switches_asked": sorted(sandbox.switches_asked),
        }

    def _rows(self, query: Mapping[str, str]) -> object:
        found = self._sandbox.rows(
            query.get("resource", ""),
            query.get("organization_id"),
            product=query.get("product", "books"),
        )
        return {"rows": found}

    def _insert(self, resource: str, row: Mapping[str, object], **place: Any) -> object:
        _, known = catalogue.resource(place.get("product", "books"), resource)
        for name, value in row.items():
            field = known.fields.get(name)
            if field is not None and not _fits(field, value):
                raise TypeError(f"{name} is {_kind(value)}; it holds {field.kind}")
        return {"id": self._sandbox.insert(resource, row, **place)}

    def _move(self, **span: float) -> object:
        clock = self._sandbox.clock
        if clock.time() + sum(each * _SECONDS[name] for name, each in span.items()) > _LAST:
            raise ValueError("the clock ends with the year 8999")
        clock.move(**span)
        return {"time": Decimal(str(clock.time()))}

    def _wait(self, calls: int = 1, seconds: float = 5) -> None:
        wait = min(max(0.0, float(seconds)), _LONGEST_WAIT_SECONDS)
        self._sandbox.wait_for_hanging(calls, seconds=wait)


def _check_query(name: str, arrived: Incoming) -> None:
    """Check that the query says nothing that nobody reads.

    Raises:
        TypeError: it does; the text says what is read.
    """
    taken = ASKED.get(name, ())
    for key in arrived.query:
        if key not in taken:
            what = f"{ROOT}/{name}".rstrip("/")
            read = ", ".join(taken) or "nothing; POST takes its keywords as one JSON object"
            raise TypeError(f"the query of {what} takes no {key!r}; it takes {read}")


def _given(name: str, arrived: Incoming) -> dict[str, Any]:
    """Return the keywords that a body says.

    Raises:
        TypeError: one is unknown or of another kind; the text names it.
    """
    body = arrived.body()
    if not isinstance(body, dict):
        raise TypeError("the body must be a JSON object")
    taken = TAKEN.get(name, {})
    for key, value in body.items():
        if key not in taken:
            raise TypeError(f"{name} takes no {key!r}; it takes {', '.join(taken) or 'nothing'}")
        # A boolean is an int to Python alone.
        if not isinstance(value, taken[key]) or isinstance(value, bool):
            raise TypeError(f"{key} is {_kind(value)}, which {name} does not take")
    if name == "insert" and not {"resource", "row"} <= set(body):
        raise TypeError("insert needs a resource and a row")
    return {
        key: float(value) if isinstance(value, Decimal) else value for key, value in body.items()
    }


def _fits(field: Field, value: object) -> bool:
    """Tell whether a member may be stored so: rows in a list, members in an object."""
    if field.kind == "many":
        return isinstance(value, list) and all(isinstance(each, dict) for each in value)
    wanted = {"texts": list, "embedded": dict}.get(field.kind)
    if wanted is not None:
        return isinstance(value, wanted)
    return field.kind == "json" or not isinstance(value, (list, dict))


def _kind(value: object) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a boolean",
        type(None): "null",
    }
    return names.get(type(value), "a number")


def _shown(call: Call) -> dict[str, object]:
    """Return a call as JSON: of its files everything but the content."""
    files = [
        {
            "member": each.member,
            "name": each.name,
            "content_type": each.content_type,
            "size": len(each.content),
        }
        for each in call.files
    ]
    fields = (each.name for each in attrs.fields(Call))
    return {**{name: getattr(call, name) for name in fields}, "files": files}
