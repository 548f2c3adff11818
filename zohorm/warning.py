"""Gives a warning at the line of the program that led to it; queries, records and saves call it."""

from __future__ import annotations

import sys
import warnings

from zohorm.errors import ZohoWarning


def warn(warning: ZohoWarning) -> None:
    """Give `warning` at the line of the program that led to it, however deep we are.

    Python shows a warning once per line, so one that named a line of ours would show once in all.
    """
    frame = sys._getframe()
    while frame.f_back is not None and _is_ours(frame.f_globals.get("__name__")):
        frame = frame.f_back
    warnings.warn_explicit(
        warning,
        type(warning),
        frame.f_code.co_filename,
        frame.f_lineno,
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


def _is_ours(module: object) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == __name__.partition(".")[0]
