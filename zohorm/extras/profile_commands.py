"""The commands of a profile that is there: `organization`, `profiles`, `logout`, and `revoke`."""

from __future__ import annotations

import attrs
import click

from zohorm import regions
from zohorm.errors import NotAuthorized, Unsupported
from zohorm.extras import login as ways
from zohorm.extras import profiles
from zohorm.extras.terminal import ask, line, profile_option, say, told
from zohorm.grants import AccountsServer


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
            click.echo(f"{mark} {line(each)}")
        return
    chosen = [each for each in found if each.id == organization_id]
    if not chosen:
        raise click.ClickException(
            f"the account may not use the organization {organization_id}; it may use:\n"
            + "\n".join(f"  {line(each)}" for each in found)
        )
    profiles.save(attrs.evolve(profile, organization_id=organization_id))
    say(f"The profile {name!r} opens {line(chosen[0])}")


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
    token = refresh_token or ask("Refresh token", "ZOHO_REFRESH_TOKEN")
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
