"""What calls do to records, the same for every resource of every product; driven by the facts.

`answer` is the way in: it finds what the operation is (create, list, get, update, delete, upsert or
an action) and calls the module of that name. What holds for single resources only is in `rules/`.
"""

from __future__ import annotations

from collections.abc import Callable

from zohorm.sandbox.context import Context
from zohorm.sandbox.reply import Reply
from zohorm.sandbox.resources import acting, creating, deleting, listing, reading, updating

_OPERATIONS: dict[str, Callable[[Context], Reply]] = {
    "create": creating.answer,
    "list": listing.answer,
    "get": reading.answer,
    "update": updating.answer,
    "upsert": updating.upsert,
    "delete": deleting.answer,
}


def answer(context: Context) -> Reply:
    """Carry out one call and return its answer.

    Raises:
        Refusal: the service would refuse the call; nothing is stored then.
    """
    context.rules.wake(context)
    handler = context.rules.handlers.get(context.operation.source)
    if handler is not None:
        return handler(context)
    if context.operation.is_action:
        return acting.answer(context)
    return _OPERATIONS[context.operation.name](context)
