"""The converter and the renderer as commands: `python -m zohorm.facts convert|render`."""

from __future__ import annotations

import argparse
import importlib.resources
import sys
from collections.abc import Sequence
from pathlib import Path

from zohorm.facts import corrections, render, writing
from zohorm.facts.convert import convert
from zohorm.facts.load import PACKAGE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; give the exit status."""
    parser = argparse.ArgumentParser(prog="python -m zohorm.facts", description=__doc__)
    commands = parser.add_subparsers(required=True)
    converting = commands.add_parser("convert", help="make the facts from a folder of documents")
    converting.add_argument("directory", type=Path)
    converting.add_argument("--product", default="books")
    converting.set_defaults(run=run_convert)
    rendering = commands.add_parser("render", help="write the generated folders from the facts")
    rendering.add_argument("--check", action="store_true", help="change nothing; fail if stale")
    rendering.add_argument("--product", default="books")
    rendering.set_defaults(run=run_render)
    chosen = parser.parse_args(arguments)
    status: int = chosen.run(chosen)
    return status


def run_convert(chosen: argparse.Namespace) -> int:
    """Convert a folder and write the product's facts."""
    facts = convert(chosen.directory, corrections.read(chosen.product))
    path = Path(str(importlib.resources.files(PACKAGE))) / f"{chosen.product}.json"
    path.write_text(writing.dumps(facts), encoding="utf-8")
    print(f"{path.name}: {len(facts['resources'])} resources")
    return 0


def run_render(chosen: argparse.Namespace) -> int:
    """Write the generated files of a product, or tell which are stale."""
    if not chosen.check:
        for path in render.write(chosen.product):
            print(f"rendered {path.name}")
        return 0
    found = render.stale(chosen.product)
    for path in found:
        print(f"stale: {path.name}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
