"""The class of records that can be listed, asked for, saved and deleted, as most can."""

from __future__ import annotations

from zohorm.abilities import Deletes, Gets, Lists, Saves
from zohorm.record import Embedded
from zohorm.resource import Operation
from zohorm.saving import SaveResult

__all__ = ["Embedded", "Model", "Operation", "SaveResult"]


class Model(Gets, Lists, Saves, Deletes):
    """A record of one resource. Reading, listing and saving go through its session.

    `Invoice.get(id)` loads one, `Invoice.iterate(**filters)` lists many, `Invoice(...)` makes a
    new one that `save()` creates. A record takes its session when it is made, else at first use,
    and never changes it; `Invoice.using(session)` names one for a single expression.
    """

    __slots__ = ()
