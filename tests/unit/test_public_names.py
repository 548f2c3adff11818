"""The public names: one sorted list in each package, and nothing missing from it."""

from __future__ import annotations

import importlib
import inspect
import types

import pytest

import zohorm
from zohorm import errors

PACKAGES = ["zohorm", "zohorm.books", "zohorm.sandbox"]


@pytest.mark.parametrize("package", PACKAGES)
def test_names_are_sorted(package: str) -> None:
    names = importlib.import_module(package).__all__

    assert list(names) == sorted(names)


@pytest.mark.parametrize("package", PACKAGES)
def test_names_exist(package: str) -> None:
    module = importlib.import_module(package)

    assert [name for name in module.__all__ if not hasattr(module, name)] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_list_is_complete(package: str) -> None:
    """What a package imports to show it, it lists; submodules are found by their own names."""
    module = importlib.import_module(package)

    shown = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and name != "annotations"
        and not isinstance(value, types.ModuleType)
    }

    assert shown - set(module.__all__) == set()


def test_every_error_and_warning_can_be_caught_by_a_public_name() -> None:
    raised = {
        name
        for name, value in inspect.getmembers(errors, inspect.isclass)
        if issubclass(value, BaseException)
        and value.__module__ == errors.__name__
        and not name.startswith("_")
    }

    assert raised - set(zohorm.__all__) == set()
