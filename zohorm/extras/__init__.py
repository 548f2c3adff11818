"""Optional parts, each with packages of its own: nothing here is imported by the rest of zohorm."""


class MissingExtra(ImportError):
    """A part of zohorm needs a package that is not installed; the text says how to get it."""

    def __init__(self, part: str, *, extra: str) -> None:
        super().__init__(f'{part} needs more packages; install them: pip install "zohorm[{extra}]"')
