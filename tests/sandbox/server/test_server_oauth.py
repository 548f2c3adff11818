"""The accounts server: refusals under 200, throttle, token life, scopes."""

from __future__ import annotations

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox


def refresh(sandbox: Sandbox, *, by_query: bool = False, **changed: str) -> requests.Response:
    names = ("client_id", "client_secret", "refresh_token")
    pairs = {name: sandbox.credentials[name] for name in names}
    pairs = {"grant_type": "refresh_token", **pairs, **changed}
    settings = {"params": pairs} if by_query else {"data": pairs}
    return requests.post(f"{sandbox.url}/oauth/v2/token", timeout=5, **settings)


@pytest.mark.parametrize("by_query", [False, True])
def test_a_refresh_answers_a_token_that_works(sandbox: Sandbox, by_query: bool) -> None:
    answer = refresh(sandbox, by_query=by_query)

    body = answer.json()
    assert answer.status_code == 200
    assert body["expires_in"] == 3600
    assert body["api_domain"] == sandbox.url
    assert "refresh_token" not in body
    assert Plain(sandbox).call("GET", "/contacts", token=body["access_token"]).status_code == 200


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"refresh_token": "1000.wrong"}, "invalid_code"),
        ({"client_id": "wrong"}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client_secret"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
    ],
)
def test_a_refused_grant_answers_200(sandbox: Sandbox, changed: dict[str, str], error: str) -> None:
    answer = refresh(sandbox, **changed)

    assert (answer.status_code, answer.json()) == (200, {"error": error})


def test_the_eleventh_refresh_in_ten_minutes_is_refused(sandbox: Sandbox) -> None:
    for _ in range(10):
        assert "access_token" in refresh(sandbox).json()

    answer = refresh(sandbox)
    assert answer.status_code == 400
    assert answer.json()["error"] == "Access Denied"

    sandbox.clock.move(minutes=10)
    assert "access_token" in refresh(sandbox).json()


def test_the_sixteenth_token_kills_the_first(sandbox: Sandbox) -> None:
    tokens = [sandbox.access_token() for _ in range(16)]
    plain = Plain(sandbox)
    # The client's own token was the seventeenth, so the second one is gone as well.
    states = [plain.call("GET", "/contacts", token=token).status_code for token in tokens]

    assert states == [401, 401] + [200] * 14


def test_a_token_dies_after_an_hour(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.clock.move(seconds=3599)
    assert plain.call("GET", "/contacts").status_code == 200

    sandbox.clock.move(seconds=1)

    assert plain.refused("GET", "/contacts") == (401, 57)


@pytest.mark.parametrize("header", ["", "Zoho-oauthtoken", "Zoho-oauthtoken wrong", "Basic eDp5"])
def test_a_wrong_token_is_code_57(plain: Plain, header: str) -> None:
    assert plain.refused("GET", "/contacts", headers={"Authorization": header}) == (401, 57)


def test_a_scope_that_does_not_cover_the_call_is_code_57_too() -> None:
    scope = "ZohoBooks.contacts.READ,ZohoBooks.settings.ALL"
    with Sandbox(scope=scope) as sandbox:
        plain = Plain(sandbox)

        assert plain.call("GET", "/contacts").ok
        assert plain.call("GET", "/items").ok
        assert plain.refused("POST", "/contacts", json={"contact_name": "x"}) == (401, 57)
        assert plain.refused("GET", "/invoices") == (401, 57)


def test_full_access_covers_everything_of_its_product() -> None:
    with Sandbox(scope="ZohoBooks.fullaccess.all") as sandbox:
        assert Plain(sandbox).contact()


def test_expire_tokens_leaves_the_refresh_token_alive(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.expire_tokens()

    assert plain.refused("GET", "/contacts") == (401, 57)
    assert "access_token" in refresh(sandbox).json()


def test_a_revoked_refresh_token_takes_its_access_tokens_along(sandbox: Sandbox) -> None:
    plain = Plain(sandbox)
    url = f"{sandbox.url}/oauth/v2/token/revoke"

    answer = requests.post(url, params={"token": sandbox.credentials["refresh_token"]}, timeout=5)

    assert answer.json() == {"status": "success"}
    assert plain.refused("GET", "/contacts") == (401, 57)
    assert refresh(sandbox).json() == {"error": "invalid_code"}
    assert requests.post(url, params={"token": "wrong"}, timeout=5).status_code == 400


def test_token_calls_are_seen_without_secrets(sandbox: Sandbox) -> None:
    refresh(sandbox)

    [call] = sandbox.token_calls
    assert sandbox.calls == []
    assert call.status == 200
    assert isinstance(call.body, dict)
    assert call.body["grant_type"] == "refresh_token"
    for secret in ("client_secret", "refresh_token"):
        assert sandbox.credentials[secret] not in repr(call)


def test_the_accounts_server_has_no_other_paths(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/oauth/v2"

    assert requests.post(f"{url}/nothing", timeout=5).status_code == 404
    assert requests.get(f"{url}/token", timeout=5).status_code == 405
