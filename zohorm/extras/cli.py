"""The commands of `zohorm`, called by `zohorm.__main__`: `demo` and `sandbox`."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from zohorm.extras import MissingExtra

try:
    import click
except ModuleNotFoundError as error:
    raise MissingExtra("the command line", extra="cli") from error

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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="zohorm")
def commands() -> None:
    """Zoho Finance records as Python objects."""


@commands.command()
def demo() -> None:
    """Show what zohorm does, against a sandbox on this machine, in under 15 seconds."""
    from zohorm.extras.demo import run

    sys.exit(run())


@commands.command()
@click.option("--seed", type=click.Choice(["demo"]), help="Fill the organization with this data.")
def sandbox(seed: str | None) -> None:
    """Start a local server that behaves as Zoho does; print its address and credentials.

    It serves until it is stopped (Ctrl-C, or SIGTERM), and then forgets everything.
    """
    from zohorm.sandbox import Sandbox

    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    with Sandbox(seed="demo" if seed else None) as server:
        click.echo(_account(server))
        stopped.wait()
    click.echo("stopped", err=True)


def _account(server: Sandbox) -> str:
    """Address and credentials as lines that a shell takes, with comments that say so."""
    lines = [
        f"# The sandbox serves at {server.url} until you press Ctrl-C.",
        "# In another shell, run these lines; ZohoBooks.from_env() then connects to it.",
    ]
    credentials: Mapping[str, object] = server.credentials
    lines += [f"export {name}={credentials[key]}" for name, key in _VARIABLES.items()]
    return "\n".join(lines)
