"""What an import loads: the resource that is named, and what sends calls only with a session."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import zohorm
import zohorm.books

ROOT = Path(__file__).parents[2]


def loaded(code: str) -> set[str]:
    """Return the modules that a fresh process has loaded after `code`."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"],
        cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(ran.stdout.split())


def test_naming_a_model_loads_that_resource_and_nothing_that_sends() -> None:
    modules = loaded("from zohorm.books import Invoice")

    assert {name for name in modules if name.startswith("zohorm.books.")} == {
        "zohorm.books.invoice"
    }
    assert modules.isdisjoint({"requests", "urllib3", "msgspec", "zohorm.session"})


def test_what_walks_lists_is_loaded_by_the_first_query() -> None:
    walking = {"zohorm.query", "zohorm.pages", "zohorm.children", "concurrent.futures"}

    assert loaded("from zohorm.books import Invoice").isdisjoint(walking)
    assert walking - {"zohorm.children"} <= loaded(
        "from zohorm.books import Invoice\nInvoice.iterate()"
    )


def test_opening_a_session_loads_what_sends() -> None:
    modules = loaded(
        "from zohorm.books import ZohoBooks\nZohoBooks('10001', access_token='x').close()"
    )

    assert {"requests", "zohorm.session", "zohorm.transport"} <= modules
    assert not any(name.startswith("zohorm.books.") for name in modules)


def test_a_link_loads_the_resource_that_it_leads_to() -> None:
    modules = loaded(
        "from zohorm import resource\nprint(resource.model('books', 'Contact').__name__)"
    )

    assert "zohorm.books.contact" in modules
    assert "zohorm.books.invoice" not in modules


@pytest.mark.parametrize("package", [zohorm, zohorm.books])
def test_a_name_that_is_none_is_told_as_python_does(package: object) -> None:
    with pytest.raises(AttributeError, match=r"has no attribute 'Nope'"):
        getattr(package, "Nope")  # noqa: B009  # the name is not there to be written


@pytest.mark.parametrize("package", [zohorm, zohorm.books])
def test_names_are_listed_before_they_are_loaded(package: object) -> None:
    assert set(getattr(package, "__all__", ())) <= set(dir(package))


def test_a_name_is_looked_up_once() -> None:
    first = zohorm.books.Journal

    assert vars(zohorm.books)["Journal"] is first
    assert zohorm.books.Journal is first
