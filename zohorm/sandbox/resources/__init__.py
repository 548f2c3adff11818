"""What calls do to records, the same for every resource of every product; driven by the facts.

`answer` is the way in: it finds what the operation is (create, list, get, update, delete, upsert,
an action on one record or on many) and calls the module of that name. What holds for single
resources only is in `rules/`.
"""

from __future__ import annotations

from collections.abc import Callable

from zohorm.sandbox.context import Context
from zohorm.sandbox.reply import Reply
from zohorm.sandbox.resources import (
    acting,
    creating,
    deleting,
    listing,
    many,
    reading,
    updating,
)

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
    if not context.operation.is_action:
        # `list_all` lists the children of every parent.
        name = context.operation.name.partition("_")[0]
        return _OPERATIONS.get(name, acting.answer)(context)
    names_one = context.operation.on == "record" or context.operation.record_id is not None
    return acting.answer(context) if names_one else many.answer(context)
