"""Logging in: three ways to a refresh token, and what is then stored; the commands call it.

Nothing here reads or writes a terminal: `login_command.py` does. Source: `zohorm/grants.py`.
"""

from __future__ import annotations

import secrets
import webbrowser
from collections.abc import Callable, Mapping

import attrs

from zohorm import products, regions, wire
from zohorm.errors import AuthError, Unsupported
from zohorm.extras.profiles import Profile
from zohorm.extras.redirect import Redirect
from zohorm.grants import AccountsServer, DeviceCodes, Granted, Proof
from zohorm.resource import Operation
from zohorm.session import Session

REDIRECT_URL = "http://localhost:8765/"
WAIT_SECONDS = 300.0
# Sessions need one; no organization has this id.
NO_ORGANIZATION = "0"
_WITHOUT_LISTING = ("checkout", "subscriptions")
SESSIONS: dict[str, type[Session]] = {
    "books": products.ZohoBooks,
    "checkout": products.ZohoCheckout,
    "expense": products.ZohoExpense,
    "inventory": products.ZohoInventory,
    "invoice": products.ZohoInvoice,
    "billing": products.ZohoSubscriptions,
}


@attrs.frozen
class Organization:
    """One organization that a user may use."""

    id: str
    name: str
    is_default: bool = False


def full_scope(product: str) -> str:
    """Return the scope that allows all of a product."""
    return f"{SESSIONS[product].product.scope_prefix}.fullaccess.all"


def by_browser(
    server: AccountsServer,
    scopes: tuple[str, ...],
    *,
    redirect_url: str,
    tell: Callable[[str], None],
    with_proof: bool,
    seconds: float = WAIT_SECONDS,
) -> Granted:
    """Let the user consent in a browser of this machine.

    `tell` is given the address, for a user who has to open it by hand.

    Raises:
        AuthError: the user refused, or the code was not accepted.
        InvalidValue: the redirect address cannot be listened on.
        Timeout: nobody came back in time.
    """
    state = secrets.token_urlsafe(24)
    proof = Proof() if with_proof else None
    with Redirect(redirect_url, state=state) as redirect:
        address = server.consent_address(redirect_url, scopes, state=state, proof=proof)
        tell(address)
        webbrowser.open(address)
        said = redirect.wait(seconds)
    # Some redirects name no server; then the user is where consent was asked for.
    home = server.of_user(said.get("accounts-server") or server.url)
    return home.exchange(said["code"], redirect_url=redirect_url, proof=proof)


def by_device(
    server: AccountsServer, scopes: tuple[str, ...], *, tell: Callable[[DeviceCodes], None]
) -> Granted:
    """Let the user consent in a browser of another machine.

    Raises:
        AuthError: the user refused, or did not enter the code in time.
    """
    codes = server.ask_device(scopes)
    tell(codes)
    return server.await_device(codes)


def profile_of(
    granted: Granted,
    *,
    name: str,
    client: tuple[str, str],
    region: str,
    api_url: str | None,
    scopes: tuple[str, ...],
    in_keyring: bool,
) -> Profile:
    """Return what is to be stored; the data centre is the one that the token names.

    Raises:
        AuthError: no refresh token came.
    """
    if granted.refresh_token is None:
        raise AuthError(
            "the service gave no refresh token, so the login would end within an hour",
            advice="Start again; a self client gives one with each code",
        )
    domain = granted.token.api_domain
    home = regions.of_address(domain or "") or regions.of_address(granted.accounts_url)
    if home is None and api_url is None:
        api_url = domain  # No data centre that we know of: its addresses are kept as they are.
    place = home or regions.region(region)
    at_home = granted.accounts_url == place.accounts_url
    return Profile(
        name=name,
        client_id=client[0],
        client_secret=client[1],
        refresh_token=granted.refresh_token,
        region=place.code,
        scopes=granted.scopes or scopes,
        api_url=api_url,
        accounts_url=None if at_home else granted.accounts_url,
        in_keyring=in_keyring,
    )


def open_session(profile: Profile, product: str, *, token: str | None = None) -> Session:
    """Open a session for calls that need no organization."""
    settings = profile.settings
    if token is not None:
        settings["access_token"] = token
    settings["max_retries"] = 2
    return SESSIONS[product](profile.organization_id or NO_ORGANIZATION, profile.region, **settings)


def organizations(session: Session) -> list[Organization]:
    """Return the organizations that the user may use; one call.

    Raises:
        Unsupported: the product documents no such call.
        NotAuthorized: the token lacks the scope for it.
        ZohoError: the call failed.
    """
    asked = listing(session)
    if asked is None:
        raise Unsupported(
            f"{session.product.name} documents no call that lists organizations",
            advice="The id stands in its settings: pass --organization",
        )
    return listed(session.call(asked, {})[1].body)


def listing(session: Session) -> Operation | None:
    """Return the call that lists the organizations and needs none; None if none is documented."""
    if session.product.name in _WITHOUT_LISTING:
        return None
    # Source: Expense v1, organizations; the references of the others ask for that of settings.
    module = "orgsettings" if session.product.name == "expense" else "settings"
    scope = f"{session.product.scope_prefix}.{module}.READ"
    return Operation("GET", "/organizations", scope, needs_organization=False)


def listed(body: Mapping[str, object] | None) -> list[Organization]:
    """Return the organizations that an answer lists."""
    rows = [] if body is None else wire.rows_in(body.get("organizations"))
    return [
        Organization(
            str(row["organization_id"]),
            str(row.get("name") or ""),
            bool(row.get("is_default_org")),
        )
        for row in rows
    ]
