"""Every documented operation is reached by the classes of its product, or left out on purpose."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from zohorm.facts import coverage, products
from zohorm.facts.__main__ import main

PRODUCTS = products()
each_product = pytest.mark.parametrize("product", PRODUCTS)
# What the service offers and nothing here reaches, at most.
MOST_LEFT_OUT = 0.02


@each_product
def test_every_documented_operation_is_reached_or_left_out(product: str) -> None:
    lost = [found.call for found in coverage.coverage(product) if found.is_lost]

    assert lost == []


@each_product
def test_next_to_nothing_is_left_out(product: str) -> None:
    found = coverage.coverage(product)

    assert sum(not each.is_reached for each in found) <= MOST_LEFT_OUT * len(found)


def test_the_readme_says_how_many_are_reached() -> None:
    found = [each for product in PRODUCTS for each in coverage.coverage(product)]
    reached = sum(each.is_reached for each in found)
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")

    assert f"{reached:,} of the {len(found):,} operations" in " ".join(readme.split())
    assert len(found) - reached == 4, "the README says four"


@each_product
def test_every_method_that_is_named_exists(product: str) -> None:
    package = importlib.import_module(f"zohorm.{product}")
    methods = {method for found in coverage.coverage(product) for method in found.methods}

    for method in sorted(methods):
        name, _, words = method.partition(".")
        thing = getattr(package, name)
        accessor, _, below = words.rpartition(".")
        if accessor:
            assert hasattr(thing, accessor), method
            thing = importlib.import_module("zohorm.children").Collection
        assert callable(getattr(thing, below)), method


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the generated Books, to take things out of."""
    (tmp_path / "books").mkdir()
    for path in (coverage.FOLDER / "books").glob("*.py"):
        (tmp_path / "books" / path.name).write_text(path.read_text("utf-8"), encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "before", "after", "lost"),
    [
        (
            "invoice.py",
            "def mark_sent(",
            "def mark_seen(",
            "POST /invoices/{invoice_id}/status/sent",
        ),
        (
            "invoice.py",
            '"/invoices/{invoice_id}/submit"',
            '"/submit"',
            "/invoices/{invoice_id}/submit",
        ),
        ("item.py", '"delete": Operation', '"burn": Operation', "DELETE /items/{item_id}"),
    ],
)
def test_what_the_code_does_not_send_is_lost(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    before: str,
    after: str,
    lost: str,
) -> None:
    path = folder / "books" / file
    text = path.read_text("utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")

    status = main(["coverage", "--product", "books", "--brief", "--into", str(folder)])

    told = [line for line in capsys.readouterr().out.splitlines() if lost in line]
    assert status == 1
    assert [line.split()[-1] for line in told] == ["LOST"]


def test_a_method_is_named_for_each_operation(capsys: pytest.CaptureFixture[str]) -> None:
    main(["coverage", "--product", "books"])

    told = {tuple(line.split(maxsplit=2)) for line in capsys.readouterr().out.splitlines()}
    assert ("GET", "/contacts/{contact_id}/comments", "Contact.comments.iterate") in told
    assert ("POST", "/invoices/{invoice_id}/status/sent", "Invoice.mark_sent") in told
    assert ("DELETE", "/items/{item_id}", "Item.delete") in told
    assert ("GET", "/invoices/{invoice_id}", "Invoice.get, Invoice.pdf") in told
