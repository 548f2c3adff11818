from __future__ import annotations

import copy
import datetime as dt
import inspect
import pickle

import pytest

from zohorm import errors
from zohorm.errors import (
    AuthError,
    Conflict,
    DayLimit,
    NotAuthorized,
    NotFound,
    OutcomeUnknown,
    ReplyError,
    Unreachable,
    ZohoError,
    ZohoWarning,
)
from zohorm.warning import warn

ALL = [
    member
    for member in vars(errors).values()
    if inspect.isclass(member) and issubclass(member, ZohoError)
]


def _not_found() -> NotFound:
    return NotFound(
        "no such record",
        advice="Check the id",
        method="GET",
        path="/invoices/1",
        status=404,
        code=1002,
        service_message="Invoice of Ann Smith does not exist.",
        attempts=2,
        calls_remaining=7,
    )


def test_the_text_says_what_failed_why_and_what_to_do() -> None:
    assert str(_not_found()) == (
        "no such record (GET /invoices/1 -> 404, code 1002, 2 attempts). "
        "The service says: Invoice of Ann Smith does not exist. Check the id."
    )


def test_the_text_of_an_error_without_a_call_is_its_sentence() -> None:
    assert str(ZohoError("that cannot be.")) == "that cannot be."


def test_the_text_says_that_the_call_may_have_been_carried_out() -> None:
    error, unknown = _not_found(), OutcomeUnknown("no answer came")
    error.maybe_done = True

    again = pickle.loads(pickle.dumps(error))

    assert (error.maybe_done, again.maybe_done, error.copy().maybe_done) == (True, True, True)
    assert "exist. An attempt of the call may have been carried out. Check" in str(again)
    assert unknown.maybe_done
    assert str(unknown) == "no answer came."
    assert not ZohoError("no").maybe_done


def test_the_repr_leaves_out_the_words_of_the_service() -> None:
    assert repr(_not_found()) == ("<NotFound: GET /invoices/1 -> 404, code 1002, 2 attempts>")
    assert repr(ZohoError("that cannot be")) == "<ZohoError: that cannot be>"


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_survives_pickling_and_copying(kind: type[ZohoError]) -> None:
    error = kind("no", method="GET", path="/x", status=400, code="44", attempts=3)

    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error), error.copy()):
        assert type(again) is kind
        assert vars(again) == vars(error)
        assert again.args == ("no",)


def test_a_copy_for_another_thread_has_no_traceback() -> None:
    with pytest.raises(Unreachable) as caught:
        raise Unreachable("gone")

    assert caught.value.__traceback__ is not None
    assert caught.value.copy().__traceback__ is None


def test_a_limit_says_when_it_ends_and_a_conflict_what_clashed() -> None:
    instant = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    limit = pickle.loads(pickle.dumps(DayLimit("used up", resets_at=instant)))
    conflict = Conflict("changed", mine={"rate": 1}, theirs={"rate": 2})

    assert limit.resets_at == instant
    assert (conflict.mine, conflict.theirs) == ({"rate": 1}, {"rate": 2})
    assert "rate" not in str(conflict) + repr(conflict)
    assert Conflict("changed").mine == {}


@pytest.mark.parametrize(
    ("name", "also"),
    [
        ("NotBound", RuntimeError),
        ("NotLoaded", LookupError),
        ("ReadOnlyField", AttributeError),
        ("UnknownField", AttributeError),
        ("UnknownFilter", TypeError),
        ("UnknownRegion", ValueError),
        ("WrongRegion", ValueError),
        ("MissingSetting", ValueError),
        ("InvalidId", ValueError),
        ("ReadOnlySession", PermissionError),
        ("Unreachable", ConnectionError),
        ("Timeout", TimeoutError),
        ("AuthError", PermissionError),
        ("NotFound", LookupError),
        ("Duplicate", ValueError),
    ],
)
def test_an_error_is_also_the_nearest_builtin(name: str, also: type[Exception]) -> None:
    assert issubclass(getattr(errors, name), also)


def test_a_refused_call_is_both_a_reply_and_a_matter_of_authorization() -> None:
    assert issubclass(NotAuthorized, ReplyError)
    assert issubclass(NotAuthorized, AuthError)


def test_what_reading_a_field_raises_is_never_an_attribute_error() -> None:
    """hasattr() and getattr() with a default would swallow it."""
    harmless = {"ReadOnlyField", "UnknownField"}  # raised by writing and by undeclared names

    found = {kind.__name__ for kind in ALL if issubclass(kind, AttributeError)}

    assert found == harmless


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    assert errors.__doc__ is not None
    drawn = [
        (len(line) - len(line.lstrip()), line.split()[0])
        for line in errors.__doc__.splitlines()[1:]
        if line.strip()
    ]
    above: dict[int, str] = {}
    for depth, name in drawn:
        if depth > 0:
            assert getattr(errors, name).__bases__[0].__name__ == above[depth - 2]
        above[depth] = name

    warnings = {
        member.__name__
        for member in vars(errors).values()
        if inspect.isclass(member) and issubclass(member, ZohoWarning)
    }
    assert {name for _, name in drawn} == {kind.__name__ for kind in ALL} | warnings


def test_every_error_has_a_docstring() -> None:
    assert all(kind.__doc__ for kind in ALL)


def test_a_warning_names_the_line_of_the_program() -> None:
    """One that named a line of ours would be shown once in all, not once per line."""
    with pytest.warns(errors.NotApplied) as given:
        warn(errors.NotApplied("kept"))

    assert given[0].filename == __file__
