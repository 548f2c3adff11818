"""The `zohorm` command, also `python -m zohorm`: starts the command line, or says how to get it."""

import sys

from zohorm.extras import MissingExtra


def main() -> None:
    """Run the command line; where an extra is missing, print the line that installs it."""
    try:
        from zohorm.extras.cli import commands

        commands(prog_name="zohorm")
    except MissingExtra as error:
        sys.exit(f"zohorm: {error}")


if __name__ == "__main__":
    main()
