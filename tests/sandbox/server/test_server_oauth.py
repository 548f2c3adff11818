"""The accounts server: consent, refusals under 200, throttle, token life, scopes."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain import Plain

from zohorm.sandbox import Sandbox


def refresh(sandbox: Sandbox, *, by_query: bool = False, **changed: str) -> requests.Response:
    names = ("client_id", "client_secret", "refresh_token")
    pairs = {name: sandbox.credentials[name] for name in names}
    pairs = {"grant_type": "refresh_token", **pairs, **changed}
    settings = {"params": pairs} if by_query else {"data": pairs}
    return requests.post(f"{sandbox.url}/oauth/v2/token", timeout=60, **settings)


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

    answer = requests.post(url, params={"token": sandbox.credentials["refresh_token"]}, timeout=60)

    assert answer.json() == {"status": "success"}
    assert plain.refused("GET", "/contacts") == (401, 57)
    assert refresh(sandbox).json() == {"error": "invalid_code"}
    assert requests.post(url, params={"token": "wrong"}, timeout=60).status_code == 400


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

    assert requests.post(f"{url}/nothing", timeout=60).status_code == 404
    assert requests.get(f"{url}/token", timeout=60).status_code == 405


BACK = "http://127.0.0.1:9/back"


def consent(sandbox: Sandbox, answer: str | None = None, **changed: str) -> requests.Response:
    """Open the page that asks for consent, or send its form back with an answer."""
    pairs = {
        "client_id": sandbox.credentials["client_id"],
        "redirect_uri": BACK,
        "response_type": "code",
        "scope": "ZohoBooks.contacts.READ,ZohoInvoice.contacts.READ",
        "access_type": "offline",
        "prompt": "consent",
        "state": "a&b",
        **changed,
    }
    url = f"{sandbox.url}/oauth/v2/auth"
    settings: dict[str, Any] = {"timeout": 5, "allow_redirects": False}
    if answer is None:
        return requests.get(url, params=pairs, **settings)
    return requests.post(url, data={**pairs, "consent": answer}, **settings)


def code_of(answer: requests.Response) -> str:
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def exchange(sandbox: Sandbox, code: str, **changed: str) -> dict[str, Any]:
    pairs = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, **changed}
    body: dict[str, Any] = refresh(sandbox, **pairs).json()
    return body


def test_a_browser_is_asked_and_sent_back_with_a_code(sandbox: Sandbox) -> None:
    asked = consent(sandbox)
    assert asked.status_code == 200
    assert "ZohoBooks.contacts.READ" in asked.text
    assert 'value="a&amp;b"' in asked.text

    answer = consent(sandbox, "accept")

    assert answer.status_code == 302
    sent = parse_qs(urlsplit(answer.headers["Location"]).query)
    assert sent["state"] == ["a&b"]
    assert sent["location"] == ["us"]
    assert sent["accounts-server"] == [sandbox.url]


def test_a_code_is_exchanged_once_for_tokens_of_its_scopes(sandbox: Sandbox) -> None:
    code = code_of(consent(sandbox, "accept"))

    body = exchange(sandbox, code)

    plain = Plain(sandbox)
    assert plain.call("GET", "/contacts", token=body["access_token"]).status_code == 200
    assert plain.call("GET", "/items", token=body["access_token"]).status_code == 401
    assert "access_token" in refresh(sandbox, refresh_token=body["refresh_token"]).json()
    assert exchange(sandbox, code) == {"error": "invalid_code"}


def test_a_code_dies_after_a_minute(sandbox: Sandbox) -> None:
    code = code_of(consent(sandbox, "accept"))
    sandbox.clock.move(seconds=61)

    assert exchange(sandbox, code) == {"error": "invalid_code"}


def test_a_code_belongs_to_its_address(sandbox: Sandbox) -> None:
    code = code_of(consent(sandbox, "accept"))

    assert exchange(sandbox, code, redirect_uri="http://other/") == {
        "error": "invalid_redirect_uri"
    }


def test_who_rejects_is_sent_back_with_an_error(sandbox: Sandbox) -> None:
    answer = consent(sandbox, "reject")

    assert parse_qs(urlsplit(answer.headers["Location"]).query)["error"] == ["access_denied"]


def test_a_second_consent_without_prompt_brings_no_refresh_token(sandbox: Sandbox) -> None:
    exchange(sandbox, code_of(consent(sandbox, "accept")))

    answer = consent(sandbox, prompt="none")

    assert answer.status_code == 302
    assert "refresh_token" not in exchange(sandbox, code_of(answer))


def test_online_access_brings_no_refresh_token(sandbox: Sandbox) -> None:
    code = code_of(consent(sandbox, "accept", access_type="online"))

    assert "refresh_token" not in exchange(sandbox, code)


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "x"},
        {"redirect_uri": "javascript:x"},
        {"redirect_uri": "http://["},
        {"redirect_uri": "http://é/\r\nX: y"},
        {"response_type": "token"},
        {"scope": ""},
    ],
)
def test_a_wrong_address_of_the_page_sends_nobody_anywhere(
    sandbox: Sandbox, changed: dict[str, str]
) -> None:
    answer = consent(sandbox, "accept", **changed)

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_a_self_client_exchanges_its_code_without_an_address(sandbox: Sandbox) -> None:
    code = sandbox.code("ZohoBooks.fullaccess.all", seconds=180)
    sandbox.clock.move(seconds=170)

    body = exchange(sandbox, code, redirect_uri="")

    token = body["access_token"]
    assert Plain(sandbox).call("GET", "/contacts", token=token).status_code == 200
    assert "refresh_token" in body


def test_ten_codes_in_ten_minutes_are_the_most(sandbox: Sandbox) -> None:
    for _ in range(10):
        sandbox.code()

    assert consent(sandbox, "accept").status_code == 400
    with pytest.raises(ValueError, match="ten codes"):
        sandbox.code()
    sandbox.clock.move(minutes=10)
    assert sandbox.code()


def test_the_twenty_first_refresh_token_kills_the_first(sandbox: Sandbox) -> None:
    made = []
    for _ in range(20):
        made.append(exchange(sandbox, sandbox.code(), redirect_uri="")["refresh_token"])
        sandbox.clock.move(minutes=2)

    assert refresh(sandbox).json() == {"error": "invalid_code"}
    assert "access_token" in refresh(sandbox, refresh_token=made[0]).json()


def test_a_client_may_act_for_itself(sandbox: Sandbox) -> None:
    pairs = {"grant_type": "client_credentials", "scope": "ZohoBooks.contacts.READ"}
    soid = f"ZohoBooks.{sandbox.organization_ids[0]}"

    body = refresh(sandbox, **pairs, soid=soid).json()

    token = body["access_token"]
    assert Plain(sandbox).call("GET", "/contacts", token=token).status_code == 200
    assert "refresh_token" not in body
    assert refresh(sandbox, **pairs).json() == {"error": "missing_org_info"}


def test_both_addresses_revoke(sandbox: Sandbox) -> None:
    for path in ("token/revoke", "revoke/token"):
        token = sandbox.access_token()
        url = f"{sandbox.url}/oauth/v2/{path}"
        answer = requests.post(url, params={"token": token}, timeout=60)
        assert answer.json() == {"status": "success"}
        assert Plain(sandbox).call("GET", "/contacts", token=token).status_code == 401


def test_codes_and_secrets_are_not_in_the_calls(sandbox: Sandbox) -> None:
    code = sandbox.code()
    exchange(sandbox, code, redirect_uri="")

    seen = repr(sandbox.token_calls)
    assert code not in seen
    assert sandbox.credentials["client_secret"] not in seen


@given(
    path=st.sampled_from(("token", "token/revoke", "revoke/token", "auth", "nothing")),
    pairs=st.dictionaries(
        st.sampled_from(("client_id", "redirect_uri", "scope", "code", "soid", "state", "consent")),
        st.one_of(st.text(max_size=20), st.sampled_from(("http://[", "http://a/?x", "accept"))),
    ),
    grant=st.sampled_from(("refresh_token", "authorization_code", "client_credentials", "x")),
    is_post=st.booleans(),
)
@settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_malformed_calls_of_the_accounts_server_are_refused(
    sandbox: Sandbox, path: str, pairs: dict[str, str], grant: str, is_post: bool
) -> None:
    known = {name: sandbox.credentials[name] for name in ("client_id", "client_secret")}
    sent = {**known, "grant_type": grant, "response_type": "code", **pairs}
    content = {key: value.encode("utf-8", "replace") for key, value in sent.items()}
    how: dict[str, Any] = {"data": content} if is_post else {"params": content}

    answer = requests.request(
        "POST" if is_post else "GET",
        f"{sandbox.url}/oauth/v2/{path}",
        timeout=60,
        allow_redirects=False,
        **how,
    )

    assert answer.status_code < 500
