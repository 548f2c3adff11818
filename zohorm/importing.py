"""Imports the modules of a package when one of their names is first asked for.

The packages of products call it, for a program uses a few of their resources; and the package
zohorm itself, for a program that only names models need not load what sends calls.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module


def later(
    package: str, homes: Mapping[str, tuple[str, ...]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return the `__getattr__` and the `__dir__` of a package; `homes` names what modules hold."""
    home_of = {name: home for home, names in homes.items() for name in names}

    def found(name: str) -> object:
        if name not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value: object = getattr(import_module(home_of[name]), name)
        setattr(sys.modules[package], name, value)  # Python asks only for what it does not find.
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of})

    return found, names
