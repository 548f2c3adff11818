"""Read the corrections of one product and apply them; each says its reason and its source.

They stand in one file, `inventory.corrections.toml`, or in a folder of files, which are read in the
order of their names: `books.corrections/bills.toml`.

They have these tables, all of them lists so that one reason may stand for many places: `document`
(files that the facts are made from; without it, every file of the folder), `like` (a sister product
whose facts complete these), `resource` (names of collections), `action` (names of actions), `place`
(operations whose path misleads), `class` (names of embedded classes), `link`, `repeatable`,
`leave_out` (operations that nothing offers), `always`, `correct` (anything else, by its path in the
facts) `example` (what the documents' examples show wrongly) and `say`
(our words for docstrings).

Operations go by their name or by their call, `POST /bills`. A resource that says `document` has its
path in that document alone: debit notes are documented under the path of invoices. One whose `form`
is "single" is there once in an organization; of one that is "generic" nobody knows the members. One
that no document shows says its `operations`, and what else is known of it as a listing says it:
`key`, `list_key`, `id`, `operation_scopes`, `fields`.
"""

from __future__ import annotations

import fnmatch
import importlib.resources
import tomllib
from collections.abc import Iterable, Iterator

import attrs

from zohorm.facts.load import PACKAGE, Facts

TABLES = (
    "document",
    "resource",
    "action",
    "place",
    "class",
    "like",
    "link",
    "repeatable",
    "leave_out",
    "always",
    "correct",
    "example",
    "say",
)


class Misfit(ValueError):
    """The documents and the corrections do not fit each other."""


class Stale(Misfit):
    """A correction that meets nothing to correct: the documents or the path have changed."""


@attrs.frozen
class Corrections:
    """The corrections of one product, as the file holds them."""

    product: Facts
    tables: dict[str, list[Facts]]

    def __len__(self) -> int:
        return sum(len(rows) for rows in self.tables.values())

    def rows(self, table: str) -> list[Facts]:
        """Give the rows of one table."""
        return self.tables.get(table, [])

    def documents(self) -> set[str] | None:
        """Give the names of the files to convert, without ending; None where all of a folder are.

        A file may not be taken by its paths: one of Books shows those of another resource.
        """
        rows = self.rows("document")
        return {name for row in rows for name in row["names"]} if rows else None

    def merged(self, table: str, member: str) -> dict[str, str]:
        """Give one mapping from all rows of a table that hold such a member."""
        found: dict[str, str] = {}
        for row in self.rows(table):
            found |= row[member]
        return found

    def wrong_examples(self) -> list[str]:
        """Give the answers and members that the documents' examples show wrongly."""
        return [place for row in self.rows("example") for place in row["wrong"]]

    def reasons(self, table: str) -> dict[str, str]:
        """Give the reason of each operation that the rows of a table name."""
        return {name: row["reason"] for row in self.rows(table) for name in row["operations"]}


def read(product: str) -> Corrections:
    """Read the corrections of one product ("books").

    Raises:
        Misfit: the product has none; a row lacks its reason or its source, or a table is unknown.
    """
    facts = importlib.resources.files(PACKAGE)
    folder = facts.joinpath(f"{product}.corrections")
    if not folder.is_dir():
        file = facts.joinpath(f"{product}.corrections.toml")
        if not file.is_file():
            raise Misfit(f"there are no corrections of {product!r}; --corrections names a file")
        return parse(file.read_text("utf-8"))
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return gathered(file.read_text("utf-8") for file in files if file.name.endswith(".toml"))


def parse(text: str) -> Corrections:
    """Read corrections from TOML text; see `read`."""
    return gathered([text])


def gathered(texts: Iterable[str]) -> Corrections:
    """Read corrections from several texts; just one of them holds the table `product`."""
    product: Facts = {}
    tables: dict[str, list[Facts]] = {}
    for text in texts:
        try:
            found = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise Misfit(f"the corrections cannot be read: {error}") from error
        product |= found.pop("product", {})
        for table, rows in found.items():
            _check(table, rows)
            tables.setdefault(table, []).extend(rows)
    return Corrections(product, tables)


def _check(table: str, rows: Iterable[Facts]) -> None:
    if table not in TABLES:
        raise Misfit(f"no such table of corrections: {table}; there are {TABLES}")
    for row in rows:
        if not row.get("reason") or not row.get("source"):
            raise Misfit(f"a correction in {table} lacks reason or source: {row}")


def apply(resources: Facts, corrections: Corrections) -> None:
    """Change the facts as the tables `always`, `correct` and `say` demand.

    Raises:
        Stale: corrections that change nothing; all of them are named.
    """
    stale: list[str] = []
    for row in corrections.rows("always"):
        for path in row["fields"]:
            resource, _, name = path.partition(".")
            always = {"set": {"always": True}}
            if not _correct(resources, f"{resource}.fields.{name}", always, adds=False):
                stale.append(path)
    for row in corrections.rows("correct"):
        for path in [row["at"]] if isinstance(row["at"], str) else row["at"]:
            if not _correct(resources, path, row):
                stale.append(path)
    for path, words in corrections.merged("say", "words").items():
        member = "note" if ".fields." in path else "doc"
        if not _correct(resources, path, {"set": {member: words}}, adds=False):
            stale.append(path)
    if stale:
        raise Stale(f"these corrections change nothing: {', '.join(stale)}")


def _correct(resources: Facts, path: str, row: Facts, *, adds: bool = True) -> bool:
    """Apply one correction at one path; tell whether it changed anything.

    Where the path holds nothing, a member is added; not so by a star, which corrects what is there
    unless the row says `everywhere`.
    """
    changed = False
    for owner, name in _targets(resources, path.split(".")):
        if row.get("remove"):
            changed |= owner.pop(name, None) is not None
        elif name in owner or (adds and ("*" not in path or row.get("everywhere"))):
            before = owner.get(name)
            after = (before or {}) | row.get("set", {})
            gone = row.get("unset", ())
            owner[name] = {key: kept for key, kept in after.items() if key not in gone}
            changed |= owner[name] != before
    return changed


def _targets(node: Facts, steps: list[str]) -> Iterator[tuple[Facts, str]]:
    """Give the objects that hold the last step; a step `*` is every member that goes on.

    So is `*LineItem`, of the members whose names end like that.
    """
    step, rest = steps[0], steps[1:]
    for name in fnmatch.filter(node, step) if "*" in step else [step]:
        if not rest:
            yield node, name
        elif isinstance(node.get(name), dict):
            yield from _targets(node[name], rest)
