"""How the commands talk with their user: questions, errors, and lines about organizations."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from zohorm.errors import ZohoError
from zohorm.extras import profiles
from zohorm.extras.login import Organization

P = ParamSpec("P")
R = TypeVar("R")


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with the text of an error of ours, not with its traceback."""

    @functools.wraps(command)
    def run(*arguments: P.args, **keywords: P.kwargs) -> R:
        try:
            return command(*arguments, **keywords)
        except (ZohoError, OSError) as error:
            raise click.ClickException(str(error)) from error

    return run


def say(text: str) -> None:
    """Tell the user something; standard output is for what programs read."""
    click.echo(text, err=True)


def profile_option(help: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return the option that names a profile."""
    return click.option("--profile", "name", default=profiles.DEFAULT, show_default=True, help=help)


def ask(what: str, variable: str, *, hidden: bool = True) -> str:
    """Ask at the terminal; say which variable to set where there is none."""
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"there is no terminal to ask for the {what.lower()}: set {variable}"
        )
    answer: str = click.prompt(what, hide_input=hidden, err=True)
    return answer.strip()


def line(organization: Organization) -> str:
    """Return what is said of an organization."""
    default = " (your default)" if organization.is_default else ""
    return f"{organization.id}  {organization.name}{default}"
