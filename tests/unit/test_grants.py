"""The ways to a first token, against the accounts server of the sandbox over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from zohorm.books import Contact, ZohoBooks
from zohorm.clock import ManualClock
from zohorm.errors import (
    AuthError,
    MalformedReply,
    RefreshThrottled,
    Timeout,
    UnknownRegion,
    Unreachable,
    ZohoError,
)
from zohorm.grants import AccountsServer, DeviceCodes, Granted, Proof
from zohorm.sandbox import Sandbox

SCOPES = ("ZohoBooks.contacts.READ", "ZohoBooks.settings.READ")
BACK = "http://localhost:9/back"
TOKENS = {"access_token": "1000.a", "refresh_token": "1000.r", "expires_in": 3600}


@pytest.fixture
def server(sandbox: Sandbox) -> Iterator[AccountsServer]:
    opened = server_of(sandbox, sandbox.clock)
    with closing(opened):
        yield opened


def server_of(sandbox: Sandbox, clock: ManualClock, **changed: str) -> AccountsServer:
    credentials = sandbox.credentials
    return AccountsServer(
        changed.get("client_id", credentials["client_id"]),
        changed.get("client_secret", credentials["client_secret"]),
        accounts_url=changed.get("accounts_url", sandbox.url),
        clock=clock,
        timeout=(5.0, 5.0),
    )


def consented(address: str, answer: str = "accept") -> dict[str, str]:
    """Consent as a browser does, and return what the redirect says."""
    parts = urlsplit(address)
    sent = {name: values[0] for name, values in parse_qs(parts.query).items()}
    page = f"{parts.scheme}://{parts.netloc}{parts.path}"
    back = requests.post(
        page, data={**sent, "consent": answer}, timeout=60, allow_redirects=False
    ).headers["Location"]
    return {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}


def works(sandbox: Sandbox, granted: Granted) -> None:
    """Assert that both tokens are accepted."""
    assert granted.refresh_token is not None
    for given in ({"access_token": granted.token.value}, {"refresh_token": granted.refresh_token}):
        credentials = {**sandbox.credentials, **given}
        if "access_token" in given:
            del credentials["refresh_token"]
        with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as books:
            assert Contact.using(books).iterate().first() is None


def test_the_code_of_a_self_client_brings_a_refresh_token(
    sandbox: Sandbox, server: AccountsServer
) -> None:
    granted = server.exchange(f" {sandbox.code(','.join(SCOPES))}\n")

    assert granted.scopes == SCOPES
    assert granted.accounts_url == granted.token.api_domain == sandbox.url
    call = sandbox.token_calls[0]
    assert (call.path, call.query) == ("/oauth/v2/token", {})
    assert call.body["grant_type"] == "authorization_code"
    assert "redirect_uri" not in call.body
    works(sandbox, granted)


@pytest.mark.parametrize("proof", [None, Proof()])
def test_a_consent_in_a_browser_brings_a_refresh_token(
    sandbox: Sandbox, server: AccountsServer, proof: Proof | None
) -> None:
    address = server.consent_address(BACK, SCOPES, state="s", proof=proof)
    said = consented(address)

    granted = server.exchange(said["code"], redirect_url=BACK, proof=proof)

    assert (said["state"], said["accounts-server"]) == ("s", sandbox.url)
    works(sandbox, granted)


def test_a_second_consent_brings_a_refresh_token_as_well(
    sandbox: Sandbox, server: AccountsServer
) -> None:
    for _ in range(2):
        said = consented(server.consent_address(BACK, SCOPES, state="s"))
        assert server.exchange(said["code"], redirect_url=BACK).refresh_token


def test_the_code_of_another_client_is_of_no_use(sandbox: Sandbox, server: AccountsServer) -> None:
    said = consented(server.consent_address(BACK, SCOPES, state="s", proof=Proof()))

    with pytest.raises(AuthError) as caught:
        server.exchange(said["code"], redirect_url=BACK, proof=Proof())

    assert caught.value.code == "invalid_code"


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("error", "advice"),
    [
        ("invalid_code", "used once"),
        ("invalid_client", "region"),
        ("invalid_client_secret", "secret"),
        ("invalid_redirect_uri", "letter by letter"),
        ("invalid_scope", "scopes"),
        ("something_new", "client id"),
    ],
)
def test_a_refused_code_is_told_after_one_call(
    sandbox: Sandbox, server: AccountsServer, error: str, advice: str, status: int
) -> None:
    sandbox.next(path="/oauth/*", status=status, body={"error": error})

    with pytest.raises(AuthError) as caught:
        server.exchange("1000.code")

    assert (caught.value.code, caught.value.status) == (error, status)
    assert advice in str(caught.value)
    assert "1000.code" not in str(caught.value)
    assert len(sandbox.token_calls) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 400, "body": {"error": "Access Denied"}}, RefreshThrottled),
        ({"status": 200, "body": {"error": "general_error"}}, MalformedReply),
        ({"status": 503, "body": {"error": "x"}}, MalformedReply),
        ({"status": 200, "body": {}}, MalformedReply),
        ({"fault": "html"}, MalformedReply),
        ({"fault": "truncate"}, MalformedReply),
        ({"fault": "drop-after-commit"}, Unreachable),
    ],
    ids=str,
)
def test_no_answer_is_no_refusal_and_is_not_asked_for_again(
    sandbox: Sandbox, server: AccountsServer, answer: dict[str, object], kind: type[ZohoError]
) -> None:
    sandbox.next(path="/oauth/*", **answer)  # type: ignore[arg-type]

    with pytest.raises(kind):
        server.exchange(sandbox.code())

    assert len(sandbox.token_calls) == 1


def test_a_server_that_nobody_reaches_is_named(sandbox: Sandbox) -> None:
    url = sandbox.url
    sandbox.stop()
    server = AccountsServer("a", "b", accounts_url=url)

    with closing(server), pytest.raises(Unreachable, match="did not answer"):
        server.exchange("1000.code")
    sandbox.start()


# Devices.


def enter(codes: DeviceCodes, answer: str = "accept") -> None:
    requests.post(codes.address, data={"user_code": codes.user_code, "consent": answer}, timeout=60)


def test_a_device_waits_until_its_user_lets_it_in(sandbox: Sandbox, server: AccountsServer) -> None:
    codes = server.ask_device(SCOPES)
    enter(codes)
    for error in ("authorization_pending", "slow_down", "authorization_pending"):
        sandbox.next(path="/oauth/v3/device/token", status=200, body={"error": error})
    began = sandbox.clock.now()

    granted = server.await_device(codes)

    # 5 seconds twice, and 30 after it was told to slow down.
    assert sandbox.clock.now() - began == 5 + 5 + 30 + 30
    assert granted.scopes == SCOPES
    assert (codes.every_seconds, codes.life_seconds) == (5, 300)
    assert codes.address_with_code == f"{codes.address}?user_code={codes.user_code}"
    works(sandbox, granted)
    assert granted.token.value not in repr((codes, granted))


def test_a_device_is_never_told_to_slow_down(sandbox: Sandbox, server: AccountsServer) -> None:
    codes = server.ask_device(SCOPES)

    with pytest.raises(AuthError) as caught:
        server.await_device(codes)

    assert caught.value.code == "expired"
    assert len(sandbox.token_calls) == 1 + 59


def test_a_user_who_refuses_a_device_is_told(sandbox: Sandbox, server: AccountsServer) -> None:
    codes = server.ask_device(SCOPES)
    enter(codes, "reject")

    with pytest.raises(AuthError, match="the user refused consent"):
        server.await_device(codes)


def test_a_poll_that_was_lost_is_followed_by_the_next(
    sandbox: Sandbox, server: AccountsServer
) -> None:
    codes = server.ask_device(SCOPES)
    enter(codes)
    sandbox.next(path="/oauth/v3/device/token", fault="drop-before-commit")

    works(sandbox, server.await_device(codes))


def test_a_device_that_reaches_nobody_says_so(sandbox: Sandbox, server: AccountsServer) -> None:
    codes = server.ask_device(SCOPES)
    sandbox.next(path="/oauth/v3/device/token", fault="drop-before-commit", times=99)

    with pytest.raises(Unreachable):
        server.await_device(codes)


def test_a_device_polls_where_its_user_is(sandbox: Sandbox, server: AccountsServer) -> None:
    codes = server.ask_device(SCOPES)
    with Sandbox(clock=sandbox.clock) as europe:
        elsewhere = {"error": "other_dc", "user_location": "eu"}
        sandbox.next(path="/oauth/v3/device/token", status=200, body=elsewhere)
        listed = {"locations": {"us": sandbox.url, "eu": europe.url}}
        sandbox.next(path="/oauth/serverinfo", status=200, body=listed)
        europe.next(path="/oauth/v3/device/token", status=200, body=TOKENS)

        granted = server.await_device(codes)

        assert [call.path for call in europe.token_calls] == ["/oauth/v3/device/token"]
        assert granted.accounts_url == europe.url


def test_a_data_centre_that_nobody_knows_is_told(sandbox: Sandbox, server: AccountsServer) -> None:
    codes = server.ask_device(SCOPES)
    elsewhere = {"error": "other_dc", "user_location": "atlantis"}
    sandbox.next(path="/oauth/v3/device/token", status=200, body=elsewhere)
    sandbox.next(path="/oauth/serverinfo", status=500, body={})

    with pytest.raises(UnknownRegion, match="atlantis"):
        server.await_device(codes)


@pytest.mark.parametrize(
    ("interval", "life", "found"),
    [
        (5000, 300_000, (5, 300)),
        (30_000, 300_000, (30, 300)),
        (5, 300, (5, 300)),
        (None, "soon", (30, 300)),
        (-1, 0, (30, 300)),
    ],
)
def test_spans_are_read_in_milliseconds_and_in_seconds(
    sandbox: Sandbox, server: AccountsServer, interval: object, life: object, found: object
) -> None:
    body = {"device_code": "d", "user_code": "u", "verification_url": "http://x"}
    body |= {"interval": interval, "expires_in": life}  # type: ignore[dict-item]
    sandbox.next(path="/oauth/*", status=200, body=body)

    codes = server.ask_device(SCOPES)

    assert (codes.every_seconds, codes.life_seconds) == found


def test_a_device_without_codes_is_refused(sandbox: Sandbox) -> None:
    server = server_of(sandbox, sandbox.clock, client_id="x")

    with closing(server), pytest.raises(AuthError) as caught:
        server.ask_device(SCOPES)

    assert caught.value.code == "invalid_client"


# Revocation, and other servers.


def test_a_revoked_token_is_over_and_revoking_it_again_says_so(
    sandbox: Sandbox, server: AccountsServer
) -> None:
    granted = server.exchange(sandbox.code())
    assert granted.refresh_token is not None

    assert server.revoke(granted.refresh_token) is True
    assert server.revoke(granted.refresh_token) is False

    credentials = {**sandbox.credentials, "refresh_token": granted.refresh_token}
    books = ZohoBooks(**credentials, clock=sandbox.clock)
    with closing(books), pytest.raises(AuthError):
        Contact.using(books).iterate().first()
    seen = sandbox.token_calls[1]
    assert (seen.method, seen.path, seen.query) == ("POST", "/oauth/v2/token/revoke", {})


def test_a_revocation_without_an_answer_is_told(sandbox: Sandbox, server: AccountsServer) -> None:
    sandbox.next(path="/oauth/*", fault="html")

    with pytest.raises(MalformedReply):
        server.revoke("1000.x")


def test_the_server_of_a_redirect_is_trusted_if_it_is_one_of_the_services(
    sandbox: Sandbox, server: AccountsServer
) -> None:
    with Sandbox() as other:
        sandbox.next(
            path="/oauth/serverinfo", status=200, body={"locations": {"eu": other.url, "x": 1}}
        )
        for url in (sandbox.url, f"{sandbox.url}/", "https://accounts.zohocloud.ca", other.url):
            assert server.of_user(url).url == url.rstrip("/")

    for url in (
        "http://accounts.zoho.eu",
        "https://sites.zoho.eu",
        "https://accounts.zoho.com.example",
        "http://127.0.0.1:9",
    ):
        with pytest.raises(AuthError, match="none of Zoho's"):
            server.of_user(url)


def test_a_list_of_servers_that_is_none_is_told(sandbox: Sandbox, server: AccountsServer) -> None:
    sandbox.next(path="/oauth/serverinfo", status=200, body={"locations": []})

    with pytest.raises(MalformedReply):
        server.locations()


def test_nothing_shows_the_clients_secret(sandbox: Sandbox, server: AccountsServer) -> None:
    assert sandbox.credentials["client_secret"] not in repr(server)
    assert "127.0.0.1" in repr(server)
    assert repr(Proof("hush")) == "Proof()"


def test_a_hanging_server_is_given_up(sandbox: Sandbox) -> None:
    sandbox.next(path="/oauth/*", fault="hang")
    server = AccountsServer("a", "b", accounts_url=sandbox.url, timeout=(5.0, 0.1))

    with closing(server), pytest.raises(Timeout):
        server.revoke("1000.x")
    sandbox.release()
