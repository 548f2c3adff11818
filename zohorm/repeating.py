"""A create that may be sent again: after a lost answer, the record is looked for first.

Saving calls it. The service has no key that would make a create repeatable; a reference number of
one's own comes nearest. Source: Books v3, invoices; no page of the suite names such a key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from zohorm import settling
from zohorm.errors import Duplicate, InvalidValue, OutcomeUnknown, Unsupported, ZohoError

if TYPE_CHECKING:
    from zohorm.doubting import Doubting
    from zohorm.session import Session
    from zohorm.stored import Stored

R = TypeVar("R")

REFERENCE = "reference_number"
KEEPS_NUMBER = "ignore_auto_number_generation"
_LOOKS_SECONDS = (1.0, 4.0)
"""The waits before each look: what was just made may not be listed yet, or be made only now."""


def keys(model: type[Stored]) -> tuple[str, ...]:
    """Return the members by which the list finds a record that a create has sent."""
    facts = model.facts()
    if facts.operation("list") is None or facts.operation("create") is None:
        return ()
    return tuple(
        name
        for name in dict.fromkeys((REFERENCE, facts.number or ""))
        if model._takes(name)
        and name in facts.filters
        and "exact" in facts.filters[name].lookups
        and not facts.filters[name].values
    )


def require_key(
    model: type[Stored], payload: Mapping[str, object], options: Mapping[str, object]
) -> None:
    """Refuse a create that could not be found again.

    Raises:
        Unsupported: the service lists these records neither by a number nor by a reference.
        InvalidValue: none is set, or one that the service replaces by a number of its own.
    """
    found, facts = keys(model), model.facts()
    if not found:
        raise Unsupported(
            f"a create of {facts.name} cannot be repeated: the service does not list these records "
            "by a number or reference that you choose",
            advice="save() without repeatable=True; if its answer is lost, settle() looks further",
        )
    create = model._needed_operation("create")
    takes_ours = options.get(KEEPS_NUMBER) or KEEPS_NUMBER not in create.options
    kept = [name for name in found if name != facts.number or takes_ours]
    if not any(payload.get(name) for name in kept):
        with_option = f"{facts.number} together with {KEEPS_NUMBER}=True"
        wanted = [name if name in kept else with_option for name in found]
        raise InvalidValue(
            f"a create of {facts.name} is repeatable only with a number or reference of your own",
            advice=f"Set {', or '.join(wanted)}; a value that no other record has",
        )


def until_known(record: Doubting, session: Session, send: Callable[[], R]) -> R | None:
    """Call `send` until it is known that the record was made; return None if a look has found it.

    It is sent again only if two looks have not found it, at most `max_retries` times within
    `max_wait_seconds`.

    Raises:
        OutcomeUnknown: nobody knows after all, or there are two of it.
        ZohoError: what `send` raised, or a look; the record stays in doubt.
    """
    settings = session.settings
    until = settings.clock.now() + settings.max_wait_seconds
    if record.is_in_doubt and _is_found(record, session, until):
        return None
    for left in range(settings.max_retries, -1, -1):
        earlier = record._doubt
        try:
            made = send()
        except (OutcomeUnknown, Duplicate) as error:
            # A number that is taken may be taken by the attempt that seemed lost.
            if record.is_in_doubt and _is_found(record, session, until):
                return None
            late = settings.clock.now() >= until
            if isinstance(error, Duplicate) or not left or late or not record.is_in_doubt:
                raise
        else:
            if earlier is not None:
                _require_one(record, session, earlier)
            return made
    raise AssertionError("the last attempt raises")


def _is_found(record: Doubting, session: Session, until: float) -> bool:
    clock = session.settings.clock
    for seconds in _LOOKS_SECONDS:
        if clock.now() + seconds < until:
            clock.sleep(seconds)
        try:
            if record._look_up():
                return True
        except ZohoError as error:
            error.maybe_done = True  # The create, whatever the look has met.
            raise
    return False


def _require_one(record: Doubting, session: Session, doubt: settling.Doubt) -> None:
    """Look once more after a create that was sent again: the first may have been done late.

    Raises:
        OutcomeUnknown: there are two.
    """
    try:
        settling.find_created(session, type(record), doubt, record._ids_above())
    except OutcomeUnknown as error:
        error.advice = "The create was sent again, and now there are two: void or delete one"
        raise
