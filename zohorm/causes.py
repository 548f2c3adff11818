"""What an error of the libraries below wraps, however they have wrapped it; the transport asks."""

from __future__ import annotations

from collections.abc import Iterator


def wraps(error: BaseException, *kinds: type[BaseException]) -> bool:
    """Tell whether an error is of one of these kinds, or wraps one."""
    return any(isinstance(found, kinds) for found in chain(error))


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what it wraps."""
    waiting: list[object] = [error]
    seen: set[int] = set()
    while waiting:
        found = waiting.pop()
        if isinstance(found, BaseException) and id(found) not in seen:
            seen.add(id(found))
            yield found
            waiting += [*found.args, getattr(found, "reason", None)]
            waiting += [found.__cause__, found.__context__]
