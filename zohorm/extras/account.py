"""The commands of an account: `login`, `logout`, `revoke`, `organization`, `profiles`, `doctor`.

Whatever is a secret comes from a hidden prompt or the environment, and goes to a place for secrets.
"""

from __future__ import annotations

import functools
import shlex
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import attrs
import click

from zohorm import regions
from zohorm.errors import NotAuthorized, Unsupported, ZohoError
from zohorm.extras import login as ways
from zohorm.extras import profiles
from zohorm.extras.profiles import Profile
from zohorm.grants import AccountsServer, DeviceCodes, Granted

P = ParamSpec("P")
R = TypeVar("R")
# `--code` without a value asks for it.
_ASK = "ask"


def told(command: Callable[P, R]) -> Callable[P, R]:
    """Let a command end with the text of an error of ours, not with its traceback."""

    @functools.wraps(command)
    def run(*arguments: P.args, **keywords: P.kwargs) -> R:
        try:
            return command(*arguments, **keywords)
        except ZohoError as error:
            raise click.ClickException(str(error)) from error

    return run


def say(text: str) -> None:
    """Tell the user something; standard output is for what programs read."""
    click.echo(text, err=True)


def profile_option(help: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return the option that names a profile."""
    return click.option("--profile", "name", default=profiles.DEFAULT, show_default=True, help=help)


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
    **given: object,
) -> None:
    """Get a refresh token, and store it for from_profile().

    Without --code or --device it opens a browser, in which you consent.
    """
    if code is not None and given["device"]:
        raise click.UsageError("--code and --device are two ways; choose one")
    wanted = _Wanted(
        code=code,
        client_id=client_id or _asked("Client id", "ZOHO_CLIENT_ID", hidden=False),
        client_secret=client_secret or _asked("Client secret", "ZOHO_CLIENT_SECRET"),
        scopes=_scopes(scopes, str(given["product"])),
        **given,  # type: ignore[arg-type]  # Click has made each as its option says
    )
    profiles.path_of(wanted.name)  # A name that cannot be shall not cost a code.
    if wanted.keyring:
        from zohorm.extras import keychain  # noqa: F401 (a missing extra shall not either)
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


def _scopes(given: tuple[str, ...], product: str) -> tuple[str, ...]:
    found = tuple(scope for text in given for scope in text.replace(",", " ").split())
    return found or (ways.full_scope(product),)


def _asked(what: str, variable: str, *, hidden: bool = True) -> str:
    """Ask at the terminal; say which variable to set where there is none."""
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"there is no terminal to ask for the {what.lower()}: set {variable}"
        )
    answer: str = click.prompt(what, hide_input=hidden, err=True)
    return answer.strip()


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
        say(f"Organization: {_line(found[0])}")
        return ids[0]
    for number, each in enumerate(found, 1):
        say(f"  {number}  {_line(each)}")
    if not sys.stdin.isatty():
        return None
    number = click.prompt("Which one", type=click.IntRange(1, len(found)), err=True)
    return ids[number - 1]


def _line(organization: ways.Organization) -> str:
    default = " (your default)" if organization.is_default else ""
    return f"{organization.id}  {organization.name}{default}"


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


@click.command()
@click.argument("organization_id", required=False)
@profile_option("Whose organizations.")
@click.option(
    "--product", type=click.Choice(sorted(ways.SESSIONS)), default="books", show_default=True
)
@told
def organization(organization_id: str | None, name: str, product: str) -> None:
    """List the organizations of a profile, or choose the one with this ID for it."""
    profile = profiles.load(name)
    session = ways.open_session(profile, product)
    try:
        found = ways.organizations(session)
    except (NotAuthorized, Unsupported):
        # Who may not list them may still use one.
        if organization_id is None:
            raise
        found = [ways.Organization(organization_id, "(not checked: they could not be listed)")]
    finally:
        session.close()
    if organization_id is None:
        for each in found:
            mark = "*" if each.id == profile.organization_id else " "
            click.echo(f"{mark} {_line(each)}")
        return
    chosen = [each for each in found if each.id == organization_id]
    if not chosen:
        raise click.ClickException(
            f"the account may not use the organization {organization_id}; it may use:\n"
            + "\n".join(f"  {_line(each)}" for each in found)
        )
    profiles.save(attrs.evolve(profile, organization_id=organization_id))
    say(f"The profile {name!r} opens {_line(chosen[0])}")


@click.command(name="profiles")
@told
def list_profiles() -> None:
    """List the profiles on this machine."""
    for name in profiles.names():
        click.echo(name)


@click.command()
@profile_option("Which one.")
@click.option("--here", is_flag=True, help="Forget it here only; the refresh token lives on.")
@told
def logout(name: str, here: bool) -> None:
    """Revoke the refresh token of a profile, and forget the profile."""
    if not here:
        profile = profiles.load(name)
        place = regions.region(profile.region)
        _revoke(profile.accounts_url or place.accounts_url, profile.refresh_token)
    elif not profiles.path_of(name).exists():
        raise click.ClickException(f"there is no profile {name!r}")
    profiles.forget(name)
    say(f"The profile {name!r} is forgotten.")


@click.command()
@click.option("--region", envvar="ZOHO_REGION", default="us", show_default=True, show_envvar=True)
@click.option(
    "--refresh-token",
    envvar="ZOHO_REFRESH_TOKEN",
    show_envvar=True,
    help="Else asked for, and not shown. Other users of this machine see what you write here.",
)
@click.option("--accounts-url", envvar="ZOHORM_ACCOUNTS_URL", show_envvar=True)
@told
def revoke(region: str, refresh_token: str | None, accounts_url: str | None) -> None:
    """Revoke a refresh token and all its access tokens."""
    token = refresh_token or _asked("Refresh token", "ZOHO_REFRESH_TOKEN")
    _revoke(accounts_url or regions.region(region).accounts_url, token)


def _revoke(accounts_url: str, token: str) -> None:
    server = AccountsServer("", "", accounts_url=accounts_url)
    try:
        if server.revoke(token):
            say("The refresh token is revoked, and with it every access token made from it.")
        else:
            say("The accounts server knows no such token: it was revoked before, or elsewhere.")
    finally:
        server.close()
