"""The converter and the renderer as commands: `python -m zohorm.facts convert|render`."""

from __future__ import annotations

import argparse
import importlib.resources
import sys
from collections.abc import Sequence
from pathlib import Path

from zohorm.facts import corrections, writing
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


if __name__ == "__main__":
    sys.exit(main())
