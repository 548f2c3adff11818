"""The accounts server for clients without a browser, with proof keys, and its list of servers."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox

SCOPE = "ZohoBooks.contacts.READ"
BACK = "http://127.0.0.1:9/back"


def post(sandbox: Sandbox, path: str, **pairs: str) -> requests.Response:
    return requests.post(f"{sandbox.url}{path}", data=pairs, timeout=60, allow_redirects=False)


def start(sandbox: Sandbox, **changed: str) -> dict[str, Any]:
    """Ask for the codes of a device."""
    pairs = {
        "client_id": sandbox.credentials["client_id"],
        "grant_type": "device_request",
        "scope": SCOPE,
        "access_type": "offline",
        **changed,
    }
    body: dict[str, Any] = post(sandbox, "/oauth/v3/device/code", **pairs).json()
    return body


def poll(sandbox: Sandbox, code: str, **changed: str) -> dict[str, Any]:
    """Ask whether a device may go on."""
    pairs = {
        "client_id": sandbox.credentials["client_id"],
        "client_secret": sandbox.credentials["client_secret"],
        "grant_type": "device_token",
        "code": code,
        **changed,
    }
    body: dict[str, Any] = post(sandbox, "/oauth/v3/device/token", **pairs).json()
    return body


def enter(sandbox: Sandbox, user_code: str, consent: str) -> requests.Response:
    return post(sandbox, "/oauth/v3/device", user_code=user_code, consent=consent)


def test_a_device_that_its_user_lets_in_gets_tokens_of_its_scopes(sandbox: Sandbox) -> None:
    started = start(sandbox)
    assert (started["interval"], started["expires_in"]) == (5000, 300_000)
    assert started["verification_url"] == f"{sandbox.url}/oauth/v3/device"
    assert poll(sandbox, started["device_code"]) == {"error": "authorization_pending"}

    # Letters are read off a screen, and typed as they come.
    assert enter(sandbox, started["user_code"].lower(), "accept").status_code == 200
    sandbox.clock.move(seconds=5)
    body = poll(sandbox, started["device_code"])

    plain = Plain(sandbox)
    assert plain.call("GET", "/contacts", token=body["access_token"]).status_code == 200
    assert plain.call("GET", "/items", token=body["access_token"]).status_code == 401
    assert body["api_domain"] == sandbox.url
    assert body["refresh_token"]
    assert poll(sandbox, started["device_code"]) == {"error": "invalid_code"}


def test_the_page_asks_for_the_code_and_then_for_consent(sandbox: Sandbox) -> None:
    started = start(sandbox)
    page = requests.get(started["verification_uri_complete"], timeout=60)
    assert started["user_code"] in page.text

    asked = post(sandbox, "/oauth/v3/device", user_code=started["user_code"])

    assert SCOPE in asked.text
    assert 'value="accept"' in asked.text


@pytest.mark.parametrize("typed", ["", "XXXX-XXXX"])
def test_a_code_that_no_device_shows_is_asked_for_again(sandbox: Sandbox, typed: str) -> None:
    start(sandbox)

    answer = enter(sandbox, typed, "accept")

    assert answer.status_code == 400
    assert "No device waits with this code" in answer.text


def test_a_device_that_its_user_refuses_is_told_so_once(sandbox: Sandbox) -> None:
    started = start(sandbox)
    enter(sandbox, started["user_code"], "reject")

    assert poll(sandbox, started["device_code"]) == {"error": "access_denied"}
    assert poll(sandbox, started["device_code"]) == {"error": "invalid_code"}


def test_a_device_that_polls_too_often_is_told_to_slow_down(sandbox: Sandbox) -> None:
    code = start(sandbox)["device_code"]
    poll(sandbox, code)
    sandbox.clock.move(seconds=4)

    assert poll(sandbox, code) == {"error": "slow_down"}
    sandbox.clock.move(seconds=5)
    assert poll(sandbox, code) == {"error": "authorization_pending"}


def test_the_codes_of_a_device_end_after_five_minutes(sandbox: Sandbox) -> None:
    started = start(sandbox)
    sandbox.clock.move(minutes=5)

    assert enter(sandbox, started["user_code"], "accept").status_code == 400
    assert poll(sandbox, started["device_code"]) == {"error": "expired"}


def test_a_reset_forgets_the_devices(sandbox: Sandbox) -> None:
    code = start(sandbox)["device_code"]

    sandbox.reset()

    assert poll(sandbox, code) == {"error": "invalid_code"}


def test_online_access_brings_no_refresh_token(sandbox: Sandbox) -> None:
    started = start(sandbox, access_type="online")
    enter(sandbox, started["user_code"], "accept")

    assert "refresh_token" not in poll(sandbox, started["device_code"])


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "x"}, "invalid_client"),
        ({"grant_type": "device_token"}, "unsupported_grant_type"),
        ({"scope": ""}, "invalid_scope"),
    ],
)
def test_a_device_is_refused_codes(sandbox: Sandbox, changed: dict[str, str], error: str) -> None:
    assert start(sandbox, **changed) == {"error": error}


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"client_id": "x"}, "invalid_client"),
        ({"client_secret": "x"}, "invalid_client_secret"),
        ({"grant_type": "refresh_token"}, "unsupported_grant_type"),
        ({"code": "x"}, "invalid_code"),
    ],
)
def test_a_poll_is_refused(sandbox: Sandbox, changed: dict[str, str], error: str) -> None:
    assert poll(sandbox, **{"code": start(sandbox)["device_code"], **changed}) == {"error": error}


def test_the_codes_of_devices_are_not_in_the_calls(sandbox: Sandbox) -> None:
    code = start(sandbox)["device_code"]
    poll(sandbox, code)

    assert code not in repr(sandbox.token_calls)


def test_the_accounts_servers_are_listed(sandbox: Sandbox) -> None:
    answer = requests.get(f"{sandbox.url}/oauth/serverinfo", timeout=60).json()

    assert answer["locations"] == {"us": sandbox.url}


VERIFIER = "a" * 43
HASHED = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()


@pytest.mark.parametrize(("method", "challenge"), [("S256", HASHED), ("plain", VERIFIER)])
@pytest.mark.parametrize(("verifier", "is_accepted"), [(VERIFIER, True), ("b" * 43, False)])
def test_a_code_that_was_asked_for_with_a_challenge_needs_its_verifier(
    sandbox: Sandbox, method: str, challenge: str, verifier: str, is_accepted: bool
) -> None:
    credentials = sandbox.credentials
    answer = post(
        sandbox,
        "/oauth/v2/auth",
        client_id=credentials["client_id"],
        redirect_uri=BACK,
        response_type="code",
        scope=SCOPE,
        code_challenge=challenge,
        code_challenge_method=method,
        prompt="consent",
        consent="accept",
    )
    code = requests.utils.unquote(answer.headers["Location"].partition("code=")[2].split("&")[0])

    body = post(
        sandbox,
        "/oauth/v2/token",
        grant_type="authorization_code",
        client_id=credentials["client_id"],
        client_secret=credentials["client_secret"],
        redirect_uri=BACK,
        code=code,
        code_verifier=verifier,
    ).json()

    assert ("access_token" in body) is is_accepted
    assert ("error" in body) is not is_accepted
    assert VERIFIER not in repr(sandbox.token_calls[-1])
