"""Examines a session: credentials, data centre, organization, scopes, quota and clock.

`zohorm doctor` prints what it finds; a program may ask for the same: `examine(session).findings`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from contextlib import closing
from email.utils import parsedate_to_datetime
from importlib import import_module
from typing import Literal
from urllib.parse import urlsplit

import attrs

from zohorm import regions, resource
from zohorm.errors import (
    AuthError,
    LimitError,
    NotAuthorized,
    WrongOrganization,
    WrongRegion,
    ZohoError,
)
from zohorm.extras.login import NO_ORGANIZATION, SESSIONS, Organization, listed, listing
from zohorm.grants import AccountsServer
from zohorm.resource import Operation
from zohorm.session import Session
from zohorm.token import TokenStore

State = Literal["good", "warning", "broken", "unknown"]
# Signed links and caches bear a minute; who is further off has a clock that nobody sets.
_SKEW_SECONDS = 60.0
_FEW = 0.1
# What an accounts server says of credentials that another one may know.
_OF_ANOTHER = ("invalid_client", "invalid_client_secret", "invalid_code")


@attrs.frozen
class Finding:
    """What one check found.

    Attributes:
        check: credentials, region, organization, products, scopes, quota or clock.
        advice: what to mend; empty if nothing is to be.
    """

    check: str
    state: State
    says: str
    advice: str = ""


@attrs.frozen
class Examination:
    """What an examination found, and what it cost.

    Attributes:
        calls: those that were made, which count for the organization.
        token_calls: those to accounts servers, which do not.
    """

    findings: tuple[Finding, ...]
    calls: int
    token_calls: int

    @property
    def is_healthy(self) -> bool:
        """Whether nothing is broken."""
        return all(finding.state != "broken" for finding in self.findings)


@attrs.define
class _Notes:
    """The findings of one examination as they come, and the calls that nobody else counts."""

    session: Session
    findings: list[Finding] = attrs.Factory(list)
    calls: int = 0
    token_calls: int = 0

    def examination(self) -> Examination:
        return Examination(tuple(self.findings), self.calls, self.token_calls)

    def unless(self, check: str, state: State) -> bool:
        """Tell whether no finding says so yet."""
        return not any((each.check, each.state) == (check, state) for each in self.findings)

    def note(self, check: str, state: State, says: str, advice: str = "") -> None:
        self.findings.append(Finding(check, state, says, advice))


def examine(session: Session, *, quick: bool = False, search: bool = True) -> Examination:
    """Find out whether a session can do its work, and what to mend if not; it writes nothing.

    It costs one access token, one call, one for each other product, and one for each scope of the
    session's own: 21 calls for Books. `quick` leaves out the last two kinds. If the credentials
    are refused and `search` is true, every accounts server of the service is asked whether they are
    its own.
    """
    notes = _Notes(session)
    token = _token(notes, search=search)
    if token is None:
        return notes.examination()
    # Of one token that nothing renews: a refusal for its scope would cost a new one each time.
    with closing(_opened(session, type(session), token)) as probe, probe.count_calls() as count:
        if _reached(notes, probe):
            if not quick:
                _products(notes, token)
                _scopes(notes, probe)
            _quota(notes, probe)
    notes.calls += count.made
    return notes.examination()


def _token(notes: _Notes, *, search: bool) -> str | None:
    """Return an access token; None, and a finding, if there is none to be had."""
    settings = notes.session.settings
    try:
        if isinstance(settings.auth, str):
            return settings.auth
        if callable(settings.auth) and not isinstance(settings.auth, TokenStore):
            return settings.auth()
        if settings.refresh_token:
            return _renewed(notes, settings.refresh_token)
        stored = settings.auth.load() if isinstance(settings.auth, TokenStore) else None
    except AuthError as error:
        advice = f"{error.advice} (code {error.code})" if error.code else error.advice
        notes.note("credentials", "broken", error.what, advice)
        if search and error.code in _OF_ANOTHER:
            _search(notes, str(error.code))
    except WrongRegion as error:
        notes.note("credentials", "good", "the accounts server accepts them")
        notes.note("region", "broken", error.what, error.advice)
    except ZohoError as error:
        notes.note("credentials", "unknown", error.what, error.advice)
    else:
        if stored is not None or settings.access_token:
            return settings.access_token if stored is None else stored.value
        notes.note("credentials", "broken", "no token is stored, and nothing gets one")
    return None


def _renewed(notes: _Notes, refresh_token: str) -> str:
    with closing(_server(notes.session)) as server:
        notes.token_calls += 1
        token = server.renew(refresh_token).token
    regions.require_same(notes.session.organization_key[0], token.api_domain)
    return token.value


def _server(session: Session) -> AccountsServer:
    settings = session.settings
    return AccountsServer(
        settings.client_id or "",
        settings.client_secret or "",
        accounts_url=settings.accounts_url or session.region.accounts_url,
        timeout=settings.timeout,
        clock=settings.clock,
    )


def _reached(notes: _Notes, probe: Session) -> bool:
    """Make the first call; return whether further ones are of use."""
    asked = _first(probe)
    host = urlsplit(probe.organization_key[0]).netloc
    try:
        _, answer = probe.call(asked, {})
    except NotAuthorized as error:
        says = "the token may not list organizations, or is over"
        notes.note("organization", "unknown", says, error.advice)
        return True
    except WrongOrganization as error:
        notes.note("credentials", "good", "client and token are accepted")
        notes.note("organization", "broken", error.what, "Take its id from the product's settings")
        return False
    except ZohoError as error:
        notes.note("region", "broken", f"{host} gave no answer of use: {error.what}", error.advice)
        return False
    notes.note("credentials", "good", "client and token are accepted")
    notes.note("region", "good", f"{_place(probe)}: {host} answers")
    if asked.needs_organization:
        notes.note("organization", "good", f"{probe.organization_id} is accepted")
    else:
        _organization(notes, listed(answer.body))
    _clock(notes, answer.headers)
    return True


def _first(session: Session) -> Operation:
    """Return the call that tells most: the organizations, or any read if none lists them."""
    scope, path = next(iter(_reads(session.product.name).items()), (None, "/"))
    return listing(session) or Operation("GET", path, scope)


def _place(session: Session) -> str:
    """Name the data centre whose host a session calls."""
    found = regions.of_address(session.organization_key[0])
    return "a host of your own choice" if found is None else f"{found.code} ({found.name})"


def _search(notes: _Notes, code: str) -> None:
    """Ask the other accounts servers whether the refused credentials are theirs."""
    refresh_token = notes.session.settings.refresh_token or ""
    known: list[str] = []
    with closing(_server(notes.session)) as server:
        for place, url in _elsewhere(notes, server).items():
            notes.token_calls += 1
            try:
                server.at(url).renew(refresh_token)
            except ZohoError as error:
                # One that knows the client finds fault with the token alone.
                if code == "invalid_client" and error.code == "invalid_code":
                    known.append(place)
            else:
                advice = f'Use region="{place}", or ZOHO_REGION={place}'
                notes.note("region", "broken", f"the credentials belong to {place}", advice)
                return
    if known:
        advice = "Log in there, and use that region"
        notes.note("region", "broken", f"the client is one of {', '.join(known)}", advice)
        return
    says = "no other data centre accepts the credentials either"
    notes.note("region", "unknown", says, "Log in again: zohorm login")


def _elsewhere(notes: _Notes, server: AccountsServer) -> Mapping[str, str]:
    """Return the accounts servers of the other data centres. Nobody else is shown a secret."""
    places: dict[str, str] = {}
    if regions.of_address(server.url) is not None:
        places = {known.code: known.accounts_url for known in regions.REGIONS}
    notes.token_calls += 1
    try:
        places |= server.locations()
    except ZohoError:
        pass
    return {place: url for place, url in places.items() if url.rstrip("/") != server.url}


def _organization(notes: _Notes, rows: list[Organization]) -> None:
    wanted = notes.session.organization_id
    may = ", ".join(f"{each.id} ({each.name})" for each in rows) or "none of this product"
    mine = [each for each in rows if each.id == wanted]
    if mine:
        notes.note("organization", "good", f"{wanted} ({mine[0].name})")
        return
    says = f"the account may not use {wanted}"
    if wanted == NO_ORGANIZATION:
        says = "none is chosen"
    advice = f"Set ZOHO_ORGANIZATION_ID, or run `zohorm organization ID`. It may use: {may}"
    notes.note("organization", "broken", says, advice)


def _products(notes: _Notes, token: str) -> None:
    """Say which of the other products the token may be used for."""
    mine = notes.session.product.name
    answers: dict[str, list[str]] = {"answer": [], "refuse the token": [], "fail": []}
    for name, kind in SESSIONS.items():
        # Checkout has no public reference, so nobody knows what its refusals mean.
        if kind.product.name == mine or name == "checkout":
            continue
        with closing(_opened(notes.session, kind, token)) as other, other.count_calls() as count:
            try:
                other.call(_first(other), {})
                answers["answer"].append(name)
            except NotAuthorized:
                answers["refuse the token"].append(name)
            except ZohoError:
                answers["fail"].append(name)
        notes.calls += count.made
    told = [f"{what}: {', '.join(names)}" for what, names in answers.items() if names]
    advice = "To use one that refuses it, log in with its scope as well: zohorm login --scope"
    notes.note("products", "good", "; ".join(told), advice if answers["refuse the token"] else "")


def _opened(session: Session, kind: type[Session], token: str) -> Session:
    """Open a session with the same settings but this token alone."""
    held = session.settings
    given = {field.name: getattr(held, field.name) for field in attrs.fields(type(held))}
    given |= {"access_token": token, "expires_in": None, "refresh_token": None, "auth": None}
    if kind is not type(session):
        # They are those of one product.
        given |= {"api_root": None, "throttle": None}
    return kind(session.organization_id, session.region.code, **given)


def _scopes(notes: _Notes, probe: Session) -> None:
    """Read one row of each scope that the product has."""
    good: list[str] = []
    lacking: list[str] = []
    asked = _first(probe).scope
    for scope, path in _reads(probe.product.name).items():
        if scope == asked:
            continue
        try:
            probe.call(Operation("GET", path, scope), {}, query=[("per_page", "1")])
            good.append(scope)
        except NotAuthorized:
            lacking.append(scope)
        except WrongOrganization as error:
            if notes.unless("organization", "broken"):
                notes.note("organization", "broken", error.what, error.advice)
            return
        except LimitError as error:
            notes.note("scopes", "unknown", f"not all were tried: {error.what}", error.advice)
            return
        except ZohoError as error:
            notes.note("scopes", "warning", f"GET {path} failed: {error.what}", error.advice)
    if not lacking and not good:
        return
    if not lacking:
        notes.note("scopes", "good", f"all {len(good)} reads that were tried are allowed")
        return
    advice = "If your program needs them, log in again for these scopes, or for all of the product"
    says = f"not allowed to the token or its user: {', '.join(lacking)}"
    notes.note("scopes", "warning" if good else "broken", says, advice)


def _reads(product: str) -> dict[str, str]:
    """Return a list of each scope of a product: the plainest path, which is most surely there."""
    package = import_module(f"zohorm.{product}")
    found: dict[str, str] = {}
    for name in dir(package):
        kind = getattr(package, name)
        if not resource.is_model(kind):
            continue
        operation = kind.facts().operations.get("list")
        if operation is None or operation.names or operation.scope is None or operation.version:
            continue
        best = found.get(operation.scope, operation.path)
        found[operation.scope] = min(
            best, operation.path, key=lambda path: (path.count("/"), len(path))
        )
    return found


def _quota(notes: _Notes, probe: Session) -> None:
    quota = probe.quota
    if quota is None or quota.remaining is None:
        notes.note("quota", "unknown", "the service did not say how many calls are left today")
        return
    of = f" of {quota.limit}" if quota.limit else ""
    until = "" if quota.resets_at is None else f" until {quota.resets_at:%Y-%m-%d %H:%M} UTC"
    says = f"{quota.remaining}{of} calls are left{until}"
    if quota.remaining == 0:
        notes.note("quota", "broken", says, "Wait until then; the plan of the organization sets it")
    elif quota.limit and quota.remaining < quota.limit * _FEW:
        notes.note("quota", "warning", says, "Set min_calls_remaining, so that some are kept")
    else:
        notes.note("quota", "good", says)


def _clock(notes: _Notes, headers: Mapping[str, str]) -> None:
    """Compare the time of this machine with that of the service."""
    try:
        theirs = parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError):
        notes.note("clock", "unknown", "the service did not say what time it is")
        return
    ahead = notes.session.settings.clock.time() - theirs
    if abs(ahead) <= _SKEW_SECONDS:
        notes.note("clock", "good", f"within {max(1, abs(ahead)):.0f} s of the service's")
        return
    side = "ahead of" if ahead > 0 else "behind"
    says = f"this machine is {dt.timedelta(seconds=round(abs(ahead)))} {side} the service"
    advice = "Let the system set its clock (NTP). A sandbox has a time of its own"
    notes.note("clock", "warning", says, advice)
