"""The commands of `zohorm`, called by `zohorm.__main__`; some have modules of their own."""

from __future__ import annotations

import json
import queue
import signal
import sys
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import attrs

from zohorm.extras import MissingExtra

try:
    import click
except ModuleNotFoundError as error:
    raise MissingExtra("the command line", extra="cli") from error

from zohorm.errors import MissingSetting
from zohorm.extras import login_command, profile_commands, profiles
from zohorm.extras.login import NO_ORGANIZATION, SESSIONS, open_session
from zohorm.extras.terminal import told
from zohorm.session import Session
from zohorm.settings import environment

if TYPE_CHECKING:
    from types import FrameType

    from zohorm.sandbox import Sandbox

# What `from_env()` and the settings read, and the credential of the sandbox that each one takes.
_VARIABLES = {
    "ZOHO_CLIENT_ID": "client_id",
    "ZOHO_CLIENT_SECRET": "client_secret",
    "ZOHO_REFRESH_TOKEN": "refresh_token",
    "ZOHO_ORGANIZATION_ID": "organization_id",
    "ZOHORM_API_URL": "api_url",
    "ZOHORM_ACCOUNTS_URL": "accounts_url",
}
# What --json prints of them.
_PRINTED = ("url", "organization_id", "client_id", "client_secret", "refresh_token")
# How many calls and mails a server remembers that may run for weeks.
KEPT = 1000
_OPEN = "The sandbox listens on {}: whoever reaches this machine can see and change what it holds."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zohorm")
def commands() -> None:
    """Zoho Finance records as Python objects."""


for _command in (
    login_command.login,
    profile_commands.logout,
    profile_commands.organization,
    profile_commands.list_profiles,
    profile_commands.revoke,
):
    commands.add_command(_command)


@commands.command()
def demo() -> None:
    """Show what zohorm does, against a sandbox on this machine, in under 15 seconds."""
    from zohorm.extras.demo import run

    sys.exit(run())


@commands.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="A free one, by default.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Listen on this address; 0.0.0.0 lets other machines in.",
)
@click.option(
    "--data",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Keep everything in this file, and go on with it at the next start.",
)
@click.option("--seed", type=click.Choice(["demo"]), help="Fill the organization with this data.")
@click.option(
    "--plan",
    type=click.Choice(["free", "standard", "professional", "premium"]),
    default="premium",
    show_default=True,
    help="Whose limits of calls hold.",
)
@click.option("--organizations", type=click.IntRange(1), default=1, show_default=True)
@click.option(
    "--switch",
    "chosen",
    multiple=True,
    metavar="NAME=SETTING",
    help="Set a switch, such as put_requires=documented; may be repeated.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on one line.")
def sandbox(as_json: bool, chosen: tuple[str, ...], **settings: Any) -> None:
    """Start a local server that behaves as Zoho does; print its address and credentials.

    It serves until it is stopped (Ctrl-C, or SIGTERM), and then forgets everything but what is in
    the file that --data names. Seed and organizations are those of a new file.
    """
    from zohorm.sandbox import Sandbox, WrongDataFile
    from zohorm.sandbox.server import is_loopback
    from zohorm.sandbox.switches import switches

    # Not an Event: a signal that comes while its lock is held would wait for that lock for ever.
    stopped: queue.SimpleQueue[None] = queue.SimpleQueue()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.put(None)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    try:
        named = _switches(chosen)
        switches(named)  # Else `--switch port=1` would be taken for an option of that name.
        given: dict[str, Any] = {**settings, **named, "kept": KEPT}
        server = Sandbox(**given)
        server.start()
    except (OSError, TypeError, ValueError, WrongDataFile) as error:
        raise click.ClickException(_said(error, settings)) from error
    try:
        if not is_loopback(settings["host"]):
            click.echo(_OPEN.format(settings["host"]), err=True)
        click.echo(_json(server) if as_json else _account(server))
        stopped.get()
    finally:
        server.stop()
    click.echo("stopped", err=True)


@commands.command()
@click.option("--profile", "name", help="Examine this one; else the environment, else `default`.")
@click.option("--product", type=click.Choice(sorted(SESSIONS)), default="books", show_default=True)
@click.option("--quick", is_flag=True, help="Leave out products and scopes: one call in all.")
@click.option(
    "--no-search",
    is_flag=True,
    help="Where credentials are refused, do not ask the service's other data centres.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@told
def doctor(name: str | None, product: str, quick: bool, no_search: bool, as_json: bool) -> None:
    """Check credentials, region, organization, scopes, quota and clock; say what to mend.

    It reads only, and ends with 1 if something is broken. For Books it makes 21 calls, with --quick
    one; for other products about as many.
    """
    from zohorm.extras import doctor as doctors

    session, source = _examined(name, product)
    with closing(session):
        found = doctors.examine(session, quick=quick, search=not no_search)
    if as_json:
        click.echo(
            json.dumps({"source": source, "healthy": found.is_healthy, **attrs.asdict(found)})
        )
    else:
        click.echo(f"Examined: {source}")
        for each in found.findings:
            click.echo(f"{each.state.upper():8} {each.check:13} {each.says}")
            if each.advice:
                click.echo(f"{'':22} -> {each.advice.rstrip('. ')}.")
        click.echo(f"It took {found.calls} calls, and {found.token_calls} for tokens.")
    if not found.is_healthy:
        sys.exit(1)


def _examined(name: str | None, product: str) -> tuple[Session, str]:
    """Open the session that is meant, and say where its credentials are from."""
    kind = SESSIONS[product]
    if name is None:
        for organization in (None, NO_ORGANIZATION):
            try:
                named, place, credentials = environment(organization_id=organization)
            except MissingSetting as error:
                missing = error
            else:
                credentials["max_retries"] = 2
                return kind(named, place, **credentials), "the environment"
        name = profiles.DEFAULT
        if name not in profiles.names():
            raise click.ClickException(f"{missing} Or log in: zohorm login")
    return open_session(profiles.load(name), product), f"the profile {name!r}"


def _switches(chosen: Iterable[str]) -> dict[str, bool | int | str]:
    """Return the switches that NAME=SETTING texts set."""
    found: dict[str, bool | int | str] = {}
    for each in chosen:
        name, _, text = each.partition("=")
        words: dict[str, bool | int | str] = {"true": True, "false": False}
        setting = int(text) if text.isascii() and text.isdigit() else text
        found[name] = words.get(text.lower(), setting)
    return found


def _said(error: Exception, settings: Mapping[str, Any]) -> str:
    if not isinstance(error, OSError):
        return str(error)
    return f"cannot listen on {settings['host']}, port {settings['port']}: {error.strerror}"


def _json(server: Sandbox) -> str:
    """Return what a program needs to call the sandbox, on one line."""
    credentials: dict[str, object] = {"url": server.url, **server.credentials}
    return json.dumps({name: credentials[name] for name in _PRINTED})


def _account(server: Sandbox) -> str:
    """Address and credentials as lines that a shell takes, with comments that say so."""
    lines = [
        f"# The sandbox serves at {server.url} until you press Ctrl-C; a browser shows there what",
        "# it holds. Organizations: " + ", ".join(server.organization_ids),
        "# In another shell, run these lines; ZohoBooks.from_env() then connects to it.",
    ]
    credentials: Mapping[str, object] = server.credentials
    lines += [f"export {name}={credentials[key]}" for name, key in _VARIABLES.items()]
    return "\n".join(lines)
