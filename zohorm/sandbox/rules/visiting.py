"""Pages that customers open in a browser, without any token: who offers one says so here."""

from __future__ import annotations

from collections.abc import Callable

import attrs

from zohorm.sandbox.context import Context
from zohorm.sandbox.reply import Reply


@attrs.frozen
class Visit:
    """The page of a record: its address is `path` and the id; `answer` takes id and "was sent"."""

    path: str
    product: str
    resource: str
    answer: Callable[[Context, str, bool], Reply]
