"""Optional parts, each with packages of its own.

The rest of zohorm imports nothing of this folder, but for the error below.
"""


class MissingExtra(ImportError):
    """A part of zohorm needs a package that is not installed; the text says how to get it."""

    def __init__(self, part: str, *, extra: str) -> None:
        super().__init__(f'{part} needs more packages; install them: pip install "zohorm[{extra}]"')
