"""The facts as commands: `python -m zohorm.facts convert|render|coverage`.

`convert DIRECTORY` makes the facts of a product from the vendor's OpenAPI documents (*.yml). It
takes those that the corrections declare and prints

    left out: bills.yml          for each other document of the folder,
    + path, - path, ~ path       for each fact that is new, gone or another than before,
    books.json: 13 resources     when the facts are written.

It ends with status 0 then. Where a declared document is not there, an operation of one belongs to
no resource, or a correction changes nothing, it says so on the error output, writes nothing and
ends with status 1. A new product or document begins with a row in the corrections.

`render` writes the generated modules of every product that has facts, or of one `--product`, and
the pages of docs/products; `render --check` only names the stale ones, with status 1.

`coverage` lists every documented operation with the methods that send it, or the reason why it is
left out, and the counts of each product. With status 1 it tells of operations that are neither.
`--brief` leaves out what is reached.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from zohorm.facts import (
    corrections,
    coverage,
    documents,
    examples,
    pages,
    products,
    render,
    writing,
)
from zohorm.facts.comparing import changes
from zohorm.facts.convert import convert
from zohorm.facts.load import Facts

FACTS = Path(__file__).parent
EXAMPLES = FACTS.parents[1] / "tests" / "unit" / "examples"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m zohorm.facts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True)
    converting = commands.add_parser("convert", help="make the facts from a folder of documents")
    converting.add_argument("directory", type=Path)
    converting.add_argument("--product", default="books")
    converting.add_argument("--into", type=Path, default=FACTS, help="folder of the facts")
    converting.add_argument("--corrections", type=Path, help="another file of corrections")
    converting.add_argument("--examples", type=Path, help="folder of the examples for the tests")
    converting.set_defaults(run=run_convert)
    rendering = commands.add_parser("render", help="write the generated folders from the facts")
    rendering.add_argument("--check", action="store_true", help="change nothing; fail if stale")
    known, every = products(), "one product; else every one that has facts"
    rendering.add_argument("--product", choices=known, help=every)
    rendering.add_argument("--into", type=Path, default=render.FOLDER, help="parent folder")
    rendering.add_argument("--pages", type=Path, help="folder of the pages, if not docs/products")
    rendering.set_defaults(run=run_render)
    covering = commands.add_parser("coverage", help="tell which operations the classes reach")
    covering.add_argument("--product", choices=known, help=every)
    covering.add_argument("--brief", action="store_true", help="leave out what is reached")
    covering.add_argument("--into", type=Path, default=render.FOLDER, help="parent folder")
    covering.set_defaults(run=run_coverage)
    chosen = parser.parse_args(arguments)
    status: int = chosen.run(chosen)
    return status


def run_convert(chosen: argparse.Namespace) -> int:
    """Convert a folder, write the product's facts; print what was left out and what changed."""
    path = chosen.into / f"{chosen.product}.json"
    try:
        before = _before(path)
        given: Path | None = chosen.corrections
        found = corrections.parse(_text(given)) if given else corrections.read(chosen.product)
        chosen_documents, left_out = documents.files(chosen.directory, found.documents())
        facts = convert(chosen.directory, found)
        operations = documents.read(chosen_documents)
        kept = examples.examples(operations, facts, found.wrong_examples())
    except corrections.Misfit as error:
        print(f"nothing was written: {error}", file=sys.stderr)
        return 1
    for document in left_out:
        print(f"left out: {document.name}")
    path.write_text(writing.dumps(facts), encoding="utf-8")
    _write_examples(chosen, kept)
    for line in changes(before, facts):
        print(line)
    print(f"{path.name}: {len(facts['resources'])} resources")
    return 0


def _before(path: Path) -> Facts:
    """Return the facts that a conversion writes over; none if these are the first.

    Raises:
        Misfit: they are damaged, or their folder is none.
    """
    if not path.parent.is_dir():
        raise corrections.Misfit(f"{path.parent} is no folder")
    try:
        facts: Facts = json.loads(_text(path)) if path.exists() else {}
    except json.JSONDecodeError as error:
        raise corrections.Misfit(f"{path.name} cannot be read: {error}") from error
    return facts


def _text(path: Path) -> str:
    """Return the text of a file.

    Raises:
        Misfit: it cannot be read, or is no text.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise corrections.Misfit(f"{path.name} cannot be read: {error}") from error


def _write_examples(chosen: argparse.Namespace, kept: Facts) -> None:
    """Write the examples that the tests load into the models, where there are tests."""
    folder: Path | None = chosen.examples
    if folder is None and chosen.into == FACTS and EXAMPLES.is_dir():
        folder = EXAMPLES
    if folder is not None and kept:
        path = folder / f"{chosen.product}.json"
        path.write_text(examples.dumps(kept), encoding="utf-8")


def run_render(chosen: argparse.Namespace) -> int:
    """Write the generated files of the products, or tell which are stale."""
    chosen_products = [chosen.product] if chosen.product else products()
    found = [
        path
        for product in chosen_products
        for path in (render.stale if chosen.check else render.write)(product, chosen.into)
    ]
    # An installed package has no docs, and code that goes elsewhere has its pages elsewhere.
    written: Path | None = chosen.pages or (pages.DOCS if _is_checkout(chosen) else None)
    if written is not None:
        found += (pages.stale if chosen.check else pages.write)(written)
    for path in found:
        above: Path = (written or chosen.into) if path.suffix == ".md" else chosen.into
        named = path.relative_to(above)
        print(f"stale: {named}" if chosen.check else f"rendered {named}")
    return 1 if found and chosen.check else 0


def _is_checkout(chosen: argparse.Namespace) -> bool:
    return chosen.into == render.FOLDER and pages.DOCS.parent.is_dir()


def run_coverage(chosen: argparse.Namespace) -> int:
    """Report what the generated classes reach; fail where an operation is lost."""
    chosen_products = [chosen.product] if chosen.product else products()
    lost = False
    for product in chosen_products:
        found = coverage.coverage(product, chosen.into)
        lost = lost or any(each.is_lost for each in found)
        for line in coverage.lines(product, found, brief=chosen.brief):
            print(line)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
