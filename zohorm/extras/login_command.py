"""The command `login`.

Whatever is a secret comes from a hidden prompt or the environment, and goes to a place for secrets.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import attrs
import click

from zohorm import regions
from zohorm.errors import ZohoError
from zohorm.extras import login as ways
from zohorm.extras import profiles
from zohorm.extras.profiles import Profile
from zohorm.extras.terminal import ask, line, profile_option, say, told
from zohorm.grants import AccountsServer, DeviceCodes, Granted

P = ParamSpec("P")
R = TypeVar("R")
# `--code` without a value asks for it.
_ASK = "ask"


def _addresses(command: Callable[P, R]) -> Callable[P, R]:
    """Add the options for hosts other than a region's."""
    for option, variable, what in (
        ("--api-url", "ZOHORM_API_URL", "Another host for calls, such as a sandbox."),
        ("--accounts-url", "ZOHORM_ACCOUNTS_URL", "Another host for tokens."),
    ):
        command = click.option(option, envvar=variable, show_envvar=True, help=what)(command)
    return command


@attrs.frozen(kw_only=True)
class _Wanted:
    """What the options of `login` say."""

    name: str
    product: str
    scopes: tuple[str, ...]
    region: str
    code: str | None
    device: bool
    client_id: str
    client_secret: str = attrs.field(repr=False)
    organization_id: str | None
    redirect_url: str
    pkce: bool
    keyring: bool
    printed: bool
    api_url: str | None
    accounts_url: str | None

    @property
    def way(self) -> str:
        return "code" if self.code is not None else "device" if self.device else "browser"


@click.command()
@profile_option("Store it under this name.")
@click.option(
    "--code",
    is_flag=False,
    flag_value=_ASK,
    help="Use the code of a self client. It is asked for, or read from a pipe.",
)
@click.option("--device", is_flag=True, help="Consent in a browser of another machine.")
@click.option(
    "--product", type=click.Choice(sorted(ways.SESSIONS)), default="books", show_default=True
)
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    help="What to allow, in place of all of the product; may be repeated.",
)
@click.option("--region", envvar="ZOHO_REGION", default="us", show_default=True, show_envvar=True)
@click.option("--client-id", envvar="ZOHO_CLIENT_ID", show_envvar=True, help="Else asked for.")
@click.option(
    "--client-secret",
    envvar="ZOHO_CLIENT_SECRET",
    show_envvar=True,
    help="Else asked for, and not shown. Other users of this machine see what you write here.",
)
@click.option(
    "--organization",
    "organization_id",
    envvar="ZOHO_ORGANIZATION_ID",
    show_envvar=True,
    help="Its id; else chosen from a list.",
)
@click.option(
    "--redirect-url",
    default=ways.REDIRECT_URL,
    show_default=True,
    help="The address on this machine that is registered with the client.",
)
@click.option("--pkce", is_flag=True, help="Send a proof key, as clients for desktop apps must.")
@click.option("--keyring", is_flag=True, help="Put the secrets into the system's keyring.")
@click.option(
    "--print", "printed", is_flag=True, help="Print lines for from_env() and store nothing."
)
@_addresses
@told
def login(
    *,
    code: str | None,
    client_id: str | None,
    client_secret: str | None,
    scopes: tuple[str, ...],
    **given: Any,
) -> None:
    """Get a refresh token, and store it for from_profile().

    Without --code or --device it opens a browser, in which you consent.
    """
    if code is not None and given["device"]:
        raise click.UsageError("--code and --device are two ways; choose one")
    wanted = _Wanted(
        code=code,
        client_id=client_id or ask("Client id", "ZOHO_CLIENT_ID", hidden=False),
        client_secret=client_secret or ask("Client secret", "ZOHO_CLIENT_SECRET"),
        scopes=_scopes(scopes, given["product"]),
        **given,
    )
    _prepare(wanted)
    profile, granted = _granted(wanted)
    profile = _with_organization(profile, wanted, granted)
    if wanted.printed:
        click.echo("\n".join(_lines(profile)))
        return
    path = profiles.save(profile)
    where = "the system's keyring" if profile.in_keyring else str(path)
    say(f"Stored as profile {profile.name!r} in {where}. Open a session with it:")
    session = ways.SESSIONS[wanted.product].__name__
    argument = "" if profile.name == profiles.DEFAULT else f'"{profile.name}"'
    say(f"    {session}.from_profile({argument})")
    if profile.organization_id is None:
        raise click.ClickException(
            "no organization is chosen yet: zohorm organization ID"
            + ("" if profile.name == profiles.DEFAULT else f" --profile {profile.name}")
        )


def _prepare(wanted: _Wanted) -> None:
    """Find out what would fail afterwards, when a code is spent already."""
    there = profiles.path_of(wanted.name).exists()
    if wanted.keyring:
        from zohorm.extras import keychain

        keychain.read(f"profile {wanted.name}")
    if there and not wanted.printed:
        say(f"The profile {wanted.name!r} will be replaced. Its refresh token lives on, one of 20;")
        say("to revoke it, stop here and log out first.")


def _scopes(given: tuple[str, ...], product: str) -> tuple[str, ...]:
    found = tuple(scope for text in given for scope in text.replace(",", " ").split())
    return found or (ways.full_scope(product),)


def _code() -> str:
    """Ask for the code of a self client; without a terminal, read it from standard input."""
    if sys.stdin.isatty():
        answer: str = click.prompt("Code", hide_input=True, err=True)
        return answer.strip()
    code = sys.stdin.readline().strip()
    if not code:
        raise click.UsageError("there is no terminal to ask for the code, and no pipe brings one")
    return code


def _granted(wanted: _Wanted) -> tuple[Profile, Granted]:
    """Go the way that was chosen; store what came at once, so that no code is spent for nothing."""
    place = regions.region(wanted.region)
    server = AccountsServer(
        wanted.client_id,
        wanted.client_secret,
        accounts_url=wanted.accounts_url or place.accounts_url,
    )
    try:
        if wanted.code is not None:
            granted = server.exchange(_code() if wanted.code == _ASK else wanted.code)
        elif wanted.device:
            granted = ways.by_device(server, wanted.scopes, tell=_tell_codes)
        else:
            granted = ways.by_browser(
                server,
                wanted.scopes,
                redirect_url=wanted.redirect_url,
                tell=_tell_address,
                with_proof=wanted.pkce,
            )
    finally:
        server.close()
    profile = ways.profile_of(
        granted,
        name=wanted.name,
        client=(wanted.client_id, wanted.client_secret),
        region=place.code,
        api_url=wanted.api_url,
        scopes=wanted.scopes,
        in_keyring=wanted.keyring,
    )
    if profile.region != place.code:
        say(f"Your account is in the region {profile.region}, not {place.code}; that is stored.")
    if not wanted.printed:
        profiles.save(profile)
    return profile, granted


def _tell_address(address: str) -> None:
    say("Consent in your browser. If none opens, go to this address on this machine:")
    say(f"    {address}")


def _tell_codes(codes: DeviceCodes) -> None:
    minutes = max(1, round(codes.life_seconds / 60))
    say("In a browser of any machine, open this page and enter the code:")
    say(f"    {codes.address}")
    say(f"    {codes.user_code}")
    say(f"Waiting for at most {minutes} minutes ...")


def _with_organization(profile: Profile, wanted: _Wanted, granted: Granted) -> Profile:
    """Return the profile with the organization that was chosen, if one was."""
    session = ways.open_session(profile, wanted.product, token=granted.token.value)
    try:
        found = ways.organizations(session)
    except ZohoError as error:
        say(f"The organizations could not be listed: {error}")
        return attrs.evolve(profile, organization_id=wanted.organization_id)
    finally:
        session.close()
    return attrs.evolve(profile, organization_id=_chosen(found, wanted.organization_id))


def _chosen(found: list[ways.Organization], wanted: str | None) -> str | None:
    """Return the id of the organization that is wanted, asked for, or alone; None if none is."""
    ids = [each.id for each in found]
    if wanted is not None and wanted not in ids:
        say(f"The organization {wanted} is not one that this account may use.")
    if wanted in ids:
        return wanted
    if not found:
        say("This account may use no organization of this product.")
        return None
    if len(found) == 1 and wanted is None:
        say(f"Organization: {line(found[0])}")
        return ids[0]
    for number, each in enumerate(found, 1):
        say(f"  {number}  {line(each)}")
    if not sys.stdin.isatty():
        return None
    number = click.prompt("Which one", type=click.IntRange(1, len(found)), err=True)
    return ids[number - 1]


def _lines(profile: Profile) -> list[str]:
    """Return what `from_env()` reads, as lines that a shell takes."""
    found = {
        "ZOHO_CLIENT_ID": profile.client_id,
        "ZOHO_CLIENT_SECRET": profile.client_secret,
        "ZOHO_REFRESH_TOKEN": profile.refresh_token,
        "ZOHO_ORGANIZATION_ID": profile.organization_id,
        "ZOHO_REGION": profile.region,
        "ZOHORM_API_URL": profile.api_url,
        "ZOHORM_ACCOUNTS_URL": profile.accounts_url,
    }
    return [f"export {name}={shlex.quote(value)}" for name, value in found.items() if value]
