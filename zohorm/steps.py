"""Ids and codes of records, and which of them may stand in a path: nothing may change the path."""

from __future__ import annotations

import re
from urllib.parse import quote

from zohorm.errors import InvalidId, WrongType

_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]+")
_CODE = re.compile(r"(?! )(?!\.+\Z)(?!.*%[0-9A-Fa-f]{2})[\w .,:@&+=$%|!~*'()\[\]-]+(?<! )")
"""Neither a step up nor what some server takes for the end of a step, decoded once or twice."""


def plain_id(value: object, what: str) -> str:
    """Return `value` if it is an id that can stand in a path.

    Raises:
        WrongType: it is not text.
        InvalidId: it is empty or holds anything but letters, digits, `_` and `-`.
    """
    if not isinstance(value, str):
        raise WrongType(
            f"{what} must be text, not {type(value).__name__}", advice='Pass ids as text: "123".'
        )
    if not _PLAIN_ID.fullmatch(value):
        raise InvalidId(
            f"{what} is not a plain id",
            advice="An id holds letters, digits, '_' and '-' and is never empty.",
        )
    return value


def is_code(name: str) -> bool:
    """Say whether the member called `name` is a code that users choose, not an id of the service.

    Billing knows plans, addons and coupons by such codes: `plan_code`, `coupon_code`.
    """
    return name.endswith("_code")


def code(value: object, what: str) -> str:
    """Return `value` if it is a code that can stand in a path, quoted there.

    Raises:
        WrongType: it is not text.
        InvalidId: it is empty, begins or ends with a blank, or holds what could change the path.
    """
    if not isinstance(value, str):
        raise WrongType(
            f"{what} must be text, not {type(value).__name__}", advice='Pass codes as text: "gold".'
        )
    if not _CODE.fullmatch(value):
        raise InvalidId(
            f"{what} is not a code that a path can carry",
            advice="A code holds letters, digits, blanks inside and .,:@&+=$%|!~*'()[]_- alone; it "
            "is not just dots, and after % stand no two digits.",
        )
    return value


def identifier(value: object, name: str, what: str) -> str:
    """Return `value` if it is what the member called `name` may hold: a code or a plain id.

    Raises:
        WrongType, InvalidId: it is not.
    """
    return code(value, what) if is_code(name) else plain_id(value, what)


def path_step(value: object, name: str) -> str:
    """Return `value` as it stands in a path in place of `name`; a code is percent-encoded.

    Raises:
        WrongType, InvalidId: it can be no id.
    """
    return quote(identifier(value, name, name), safe="")
