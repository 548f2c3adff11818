"""What the documentation shows is true: every snippet runs, every command exists.

The Python snippets of one page share their names, in order, as a reader would type them. They run
with the environment variables of `from_env()` set to a sandbox with the demo data, so a page may
write what a user writes; it may also make a `Sandbox` of its own.
"""

from __future__ import annotations

import configparser
import gc
import importlib
import importlib.util
import logging
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import zohorm
from zohorm.extras import profiles
from zohorm.sandbox import Sandbox, Switches
from zohorm.sandbox.faults import FAULTS
from zohorm.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
# What a fence may be marked as. A snippet that cannot run is left out of a page, not marked.
LANGUAGES = {"python", "sh", "text", "{toctree}", "{mermaid}", "{note}", "{warning}", "{tip}"}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
VARIABLES = {
    "ZOHO_CLIENT_ID": "client_id",
    "ZOHO_CLIENT_SECRET": "client_secret",
    "ZOHO_REFRESH_TOKEN": "refresh_token",
    "ZOHO_ORGANIZATION_ID": "organization_id",
    "ZOHORM_API_URL": "api_url",
    "ZOHORM_ACCOUNTS_URL": "accounts_url",
}


@dataclass(frozen=True)
class Block:
    """One fenced block of a page; `line` is that of its first line of content, from 1."""

    language: str
    text: str
    line: int


def blocks(page: Path) -> list[Block]:
    found = []
    fence = language = None
    content: list[str] = []
    start = 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        mark = re.match(r"\s*(`{3,}|~{3,})\s*(.*)", line)
        if fence is None and mark:
            fence, language, content, start = mark[1], mark[2].strip(), [], number + 1
        elif fence is not None and line.strip() == fence:
            found.append(Block(language or "", "\n".join(content), start))
            fence = None
        elif fence is not None:
            content.append(line)
    assert fence is None, f"{page.name}: a block that begins at line {start - 1} never ends"
    return found


def with_blocks(*languages: str) -> list[Path]:
    return [page for page in PAGES if any(b.language in languages for b in blocks(page))]


def name_of(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else str(value)


@pytest.fixture(scope="session")
def demo_data() -> Iterator[Sandbox]:
    """One sandbox with the demo data: to fill it takes longer than to run a page."""
    with Sandbox(seed="demo") as sandbox:
        yield sandbox


@pytest.fixture
def service(demo_data: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    """The demo data untouched, and the environment of someone who uses it as the service."""
    demo_data.reset()
    # An abandoned session of another test would be one of another organization.
    gc.collect()
    for name, key in VARIABLES.items():
        monkeypatch.setenv(name, demo_data.credentials[key])
    # What somebody has who has logged in, twice.
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    for name in ("default", "acme"):
        profiles.save(profiles.Profile(name=name, **demo_data.credentials))
    return demo_data


def close_all(names: Mapping[str, object]) -> None:
    """End what a page left open, sessions before the sandbox that they talk to."""
    for value in reversed(list(names.values())):
        close = getattr(value, "close", None) or getattr(value, "stop", None)
        if callable(close) and not isinstance(value, type | ModuleType):
            close()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_blocks_are_of_kinds_that_are_checked(page: Path) -> None:
    """`python no-run`, `pycon` and the like would be snippets that nobody runs."""
    strangers = [
        f"line {block.line}: {block.language!r}"
        for block in blocks(page)
        if block.language not in LANGUAGES
    ]

    assert strangers == []


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """What a page sets up for its reader must not make other tests log."""
    loggers = [logging.getLogger(name) for name in ("", "zohorm", "zohorm.http")]
    before = [(logger, logger.level, logger.handlers[:]) for logger in loggers]
    yield
    for logger, level, handlers in before:
        logger.setLevel(level)
        logger.handlers[:] = handlers


@pytest.mark.parametrize("page", with_blocks("python"), ids=name_of)
@pytest.mark.usefixtures("service", "logging_as_before")
def test_snippets_run(
    page: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    if any("REDIS_URL" in block.text for block in blocks(page) if block.language == "python"):
        # A real one, as for the tests of the coordinator.
        monkeypatch.setenv("REDIS_URL", request.getfixturevalue("redis_server").url)
    names: dict[str, object] = {"__name__": "__main__"}
    try:
        for block in blocks(page):
            if block.language == "python":
                # Blank lines before it, so that a traceback names the line of the page.
                source = "\n" * (block.line - 1) + block.text
                exec(compile(source, str(page), "exec"), names)
    finally:
        close_all(names)


def shell_lines(page: Path) -> Iterator[tuple[int, list[str]]]:
    """Each command of the page's shell blocks, with its line; `a && b` is two commands."""
    for block in blocks(page):
        if block.language != "sh":
            continue
        for number, line in enumerate(block.text.splitlines(), block.line):
            words: list[str] = []
            for word in [*shlex.split(line, comments=True), "&&"]:
                if word in ("&&", "||", "|", ";"):
                    if words:
                        yield number, words
                    words = []
                else:
                    words.append(word)


def calls_by_curl(page: Path) -> list[str]:
    """The lines of a page's shell blocks that call the service."""
    lines = [line for b in blocks(page) if b.language == "sh" for line in b.text.splitlines()]
    return [line for line in lines if line.startswith("curl ")]


@pytest.mark.parametrize(
    "page", [page for page in with_blocks("sh") if calls_by_curl(page)], ids=name_of
)
@pytest.mark.usefixtures("service")
def test_calls_by_curl_succeed(page: Path) -> None:
    # curl itself fails where the status does not say success, and where it is not installed.
    for line in calls_by_curl(page):
        made = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=60)
        assert made.returncode == 0, f"{line}: {made.stderr}"
        assert "-f" in line


def fault(words: list[str]) -> str | None:
    """Say what a command names that does not exist, or None."""
    program, *arguments = words
    program = program.removeprefix(".venv/bin/")
    if program == "zohorm":
        return unknown_command(arguments)
    if program in ("python", "python3") and arguments[:1] == ["-m"]:
        if arguments[1] == "zohorm":
            return unknown_command(arguments[2:])
        return None if importlib.util.find_spec(arguments[1]) else f"no module {arguments[1]}"
    if program == "pip":
        return unknown_extra(arguments)
    if program == "tox":
        return unknown_environment(arguments)
    # `.` reads a file into the shell, as the one that activates an environment.
    if program in (".", "export", "git", "apt", "pytest", "mypy", "curl", "celery"):
        return None
    return f"{program} is not a program that these pages use"


def unknown_command(arguments: list[str]) -> str | None:
    from zohorm.extras.cli import commands

    if not arguments or arguments[0].startswith("-"):
        return None
    command = commands.commands.get(arguments[0])
    if command is None:
        return f"zohorm has no command {arguments[0]}"
    known = {option for parameter in command.params for option in parameter.opts}
    unknown = [word for word in arguments[1:] if word.startswith("-") and word not in known]
    return f"zohorm {arguments[0]} has no option {unknown[0]}" if unknown else None


def unknown_extra(arguments: list[str]) -> str | None:
    for argument in arguments:
        extras = re.fullmatch(r"(?:zohorm|\.)\[(.+)\]", argument)
        for extra in extras[1].split(",") if extras else ():
            if extra not in PROJECT["optional-dependencies"]:
                return f"there is no extra {extra}"
    return None


def unknown_environment(arguments: list[str]) -> str | None:
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    for option, value in pairwise(arguments):
        if option == "-e":
            for environment in value.split(","):
                if f"testenv:{environment}" not in tox:
                    return f"tox has no environment {environment}"
    return None


@pytest.mark.parametrize("page", with_blocks("sh"), ids=name_of)
def test_commands_exist(page: Path) -> None:
    faults = [
        f"line {number}: {said}" for number, words in shell_lines(page) if (said := fault(words))
    ]

    assert faults == []


def test_entry_points_lead_somewhere() -> None:
    targets = [*PROJECT["scripts"].values(), *PROJECT["entry-points"]["pytest11"].values()]

    for target in targets:
        module, _, name = target.partition(":")
        assert not name or callable(getattr(importlib.import_module(module), name))


def test_the_page_on_sessions_names_every_setting() -> None:
    page = (ROOT / "docs" / "sessions.md").read_text(encoding="utf-8")

    assert [field.name for field in attrs.fields(Settings) if f"`{field.name}`" not in page] == []


def test_the_page_on_architecture_names_every_core_module() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    modules = [path.name for path in (ROOT / "zohorm").glob("*.py") if path.stem != "__init__"]

    assert [name for name in modules if f"`{name}`" not in page] == []
    rows = re.findall(r"^\| `(\w+\.py)` \|", page, re.MULTILINE)
    assert [name for name in rows if name not in modules] == []


def test_the_page_on_errors_names_every_error() -> None:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    raised = [
        name
        for name in zohorm.__all__
        if isinstance(getattr(zohorm, name), type)
        and issubclass(getattr(zohorm, name), BaseException)
    ]

    assert [name for name in raised if not re.search(rf"\b{name}\b", page)] == []


def test_the_page_on_testing_names_every_fault_and_switch() -> None:
    page = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
    names = [*FAULTS, *(field.name for field in attrs.fields(Switches))]

    assert [name for name in names if f"| `{name}` |" not in page] == []


def test_ci_runs_the_test_command_of_the_readme() -> None:
    """What the README promises is what is checked on every change."""
    commands = [
        line
        for block in blocks(ROOT / "README.md")
        if block.language == "sh"
        for line in block.text.splitlines()
        if "tox" in line
    ]

    last = (ROOT / ".ci/run").read_text(encoding="utf-8").strip().splitlines()[-1]
    assert [last] == commands
