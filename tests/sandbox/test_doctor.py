"""`examine()` and `zohorm doctor`: what each fault is called, and what the server was asked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from zohorm import Token, ZohoBilling, ZohoBooks, ZohoCheckout
from zohorm.clock import ManualClock
from zohorm.extras.doctor import Examination, examine
from zohorm.sandbox import Sandbox
from zohorm.session import Session


def examined(
    sandbox: Sandbox, kind: type[Session] = ZohoBooks, *, quick: bool = False, **changed: object
) -> Examination:
    """Examine a session of the sandbox whose settings are changed."""
    given = {**sandbox.credentials, "clock": sandbox.clock, "max_retries": 1, **changed}
    with closing(kind(**given)) as session:  # type: ignore[arg-type]
        return examine(session, quick=quick)


def states(found: Examination) -> dict[str, str]:
    return {finding.check: finding.state for finding in found.findings}


def said(found: Examination, check: str) -> str:
    """Return what is said of a check, and what is to be mended."""
    [finding] = [finding for finding in found.findings if finding.check == check]
    return f"{finding.says} -> {finding.advice}"


def test_a_healthy_session_is_told_so_and_costs_what_is_said(sandbox: Sandbox) -> None:
    found = examined(sandbox)

    assert found.is_healthy
    quota = "unknown" if sandbox.switches.quota_headers == "never" else "good"
    assert states(found).pop("quota") == quota
    assert {each.state for each in found.findings if each.check != "quota"} == {"good"}
    assert set(states(found)) == {
        "credentials",
        "region",
        "organization",
        "clock",
        "products",
        "scopes",
        "quota",
    }
    assert (found.calls, found.token_calls) == (21, 1)
    assert (len(sandbox.calls), len(sandbox.token_calls)) == (21, 1)
    assert {call.method for call in sandbox.calls} == {"GET"}


def test_a_quick_look_is_one_call(sandbox: Sandbox) -> None:
    found = examined(sandbox, quick=True)

    assert found.is_healthy
    assert [call.path for call in sandbox.calls] == ["/organizations"]
    assert "products" not in states(found)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"refresh_token": "1000.wrong"}, "revoked"),
        ({"client_id": "wrong"}, "client_id"),
        ({"client_secret": "wrong"}, "client_secret"),
    ],
)
def test_refused_credentials_are_broken(
    sandbox: Sandbox, changed: dict[str, object], text: str
) -> None:
    found = examined(sandbox, **changed)

    assert not found.is_healthy
    assert states(found) == {"credentials": "broken", "region": "unknown"}
    assert text in said(found, "credentials")
    assert "zohorm login" in said(found, "region")
    assert sandbox.calls == []


def test_a_throttle_is_told_as_one_and_no_other_server_is_asked(sandbox: Sandbox) -> None:
    sandbox.next(path="/oauth/v2/token", status=400, body={"error": "Access Denied"})

    found = examined(sandbox)

    assert states(found) == {"credentials": "broken"}
    assert "The credentials are good" in said(found, "credentials")
    assert len(sandbox.token_calls) == 1


Elsewhere = Callable[[Sandbox], None]


def in_europe(sandbox: Sandbox, europe: Sandbox) -> None:
    """Let the first accounts server list both."""
    listed = {"locations": {"us": sandbox.url, "eu": europe.url}}
    sandbox.next(path="/oauth/serverinfo", status=200, body=listed)


@pytest.mark.parametrize("error", ["invalid_code", "invalid_client", "invalid_client_secret"])
def test_credentials_of_another_data_centre_are_found_there(sandbox: Sandbox, error: str) -> None:
    with Sandbox(clock=sandbox.clock) as europe:
        in_europe(sandbox, europe)
        sandbox.next(path="/oauth/v2/token", status=200, body={"error": error})
        credentials = {**europe.credentials}
        credentials |= {"accounts_url": sandbox.url, "api_url": sandbox.url}

        found = examined(sandbox, **credentials)

        assert states(found) == {"credentials": "broken", "region": "broken"}
        assert "belong to eu" in said(found, "region")
        assert 'region="eu"' in said(found, "region")
        assert len(europe.token_calls) == 1
        assert found.token_calls == 3
        assert sandbox.calls == europe.calls == []


def test_a_client_of_another_data_centre_is_told(sandbox: Sandbox) -> None:
    with Sandbox(clock=sandbox.clock) as europe:
        in_europe(sandbox, europe)
        client = {name: europe.credentials[name] for name in ("client_id", "client_secret")}  # type: ignore[literal-required]

        found = examined(sandbox, **client)

    assert "the client is one of eu" in said(found, "region")


def test_nobody_else_is_asked_if_that_is_not_wanted(sandbox: Sandbox) -> None:
    credentials = {**sandbox.credentials, "refresh_token": "1000.wrong"}
    with closing(ZohoBooks(**credentials, clock=sandbox.clock)) as books:
        found = examine(books, search=False)

    assert states(found) == {"credentials": "broken"}
    assert [call.path for call in sandbox.token_calls] == ["/oauth/v2/token"]


def test_a_token_of_another_data_centre_is_told_before_any_call(sandbox: Sandbox) -> None:
    body = {"access_token": "1000.x", "api_domain": "https://www.zohoapis.in"}
    sandbox.next(path="/oauth/v2/token", status=200, body=body)

    found = examined(sandbox, api_url="https://www.zohoapis.com")

    assert states(found) == {"credentials": "good", "region": "broken"}
    assert 'region="in"' in said(found, "region")
    assert sandbox.calls == []


@pytest.mark.parametrize("fault", ["html", "drop-before-commit"])
def test_an_accounts_server_that_fails_says_nothing_of_the_credentials(
    sandbox: Sandbox, fault: str
) -> None:
    sandbox.next(path="/oauth/v2/token", fault=fault, times=9)

    assert states(examined(sandbox)) == {"credentials": "unknown"}


def test_a_host_without_the_api_is_told(sandbox: Sandbox) -> None:
    found = examined(sandbox, api_root="/nothing/v9")

    assert states(found) == {"region": "broken"}
    assert not found.is_healthy


def test_a_foreign_organization_is_told_with_those_there_are(sandbox: Sandbox) -> None:
    found = examined(sandbox, organization_id="5", quick=True)

    assert states(found)["organization"] == "broken"
    assert sandbox.organization_ids[0] in said(found, "organization")


def test_no_organization_is_told_as_that(sandbox: Sandbox) -> None:
    found = examined(sandbox, organization_id="0", quick=True)

    assert "none is chosen" in said(found, "organization")


def test_scopes_that_are_missing_are_named_and_cost_no_tokens() -> None:
    """A session would renew its token at each refusal, and ten minutes allow ten."""
    scope = "ZohoBooks.contacts.READ,ZohoBooks.invoices.READ,ZohoBooks.settings.READ"
    with Sandbox(scope=scope) as sandbox:
        found = examined(sandbox)

        assert states(found)["scopes"] == "warning"
        assert "ZohoBooks.bills.READ" in said(found, "scopes")
        assert "ZohoBooks.contacts.READ" not in said(found, "scopes")
        assert "refuse the token: expense, inventory, invoice, billing" in said(found, "products")
        assert len(sandbox.token_calls) == found.token_calls == 1
        assert len(sandbox.calls) == found.calls == 21
        assert found.is_healthy


def test_a_token_that_may_do_nothing_is_broken() -> None:
    with Sandbox(scope="ZohoCRM.modules.ALL") as sandbox:
        found = examined(sandbox)

    assert states(found)["scopes"] == "broken"
    assert states(found)["organization"] == "unknown"


def test_a_foreign_organization_is_found_out_though_none_can_be_listed() -> None:
    with Sandbox(scope="ZohoBooks.contacts.READ") as sandbox:
        found = examined(sandbox, organization_id="5")

    assert "broken" in [each.state for each in found.findings if each.check == "organization"]


def test_a_read_that_fails_otherwise_is_a_warning(sandbox: Sandbox) -> None:
    sandbox.next(path="/bills", status=400, code=38)

    found = examined(sandbox)

    [warning] = [each for each in found.findings if each.state == "warning"]
    assert (warning.check, "GET /bills failed" in warning.says) == ("scopes", True)
    assert found.is_healthy


@pytest.mark.parametrize(("calls", "state"), [(2, "warning"), (1, "broken"), (100, "good")])
def test_the_quota_of_the_day_is_told(sandbox: Sandbox, calls: int, state: str) -> None:
    sandbox.limits(per_day=calls if calls > 50 else 20)
    used = 0 if calls > 50 else 20 - calls
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
        for _ in range(used):
            books.request("GET", "/contacts")

    found = examined(sandbox, quick=True, min_calls_remaining=0)

    if sandbox.switches.quota_headers == "never":
        assert states(found)["quota"] == "unknown"
        return
    assert states(found)["quota"] == state
    assert "calls are left until" in said(found, "quota")


def test_a_quota_that_is_not_told_is_unknown() -> None:
    with Sandbox(quota_headers="never") as sandbox:
        assert states(examined(sandbox, quick=True))["quota"] == "unknown"


def test_a_day_that_is_over_ends_the_examination_of_scopes(sandbox: Sandbox) -> None:
    sandbox.limits(per_day=9)

    assert states(examined(sandbox, min_calls_remaining=0))["scopes"] == "unknown"


@pytest.mark.parametrize(("seconds", "words"), [(7200, "ahead of"), (-7200, "behind")])
def test_a_clock_that_is_wrong_is_told(sandbox: Sandbox, seconds: int, words: str) -> None:
    found = examined(sandbox, quick=True, clock=ManualClock(sandbox.clock.time() + seconds))

    assert states(found)["clock"] == "warning"
    assert f"2:00:00 {words} the service" in said(found, "clock")
    assert found.is_healthy


def test_a_service_without_a_clock_is_unknown(sandbox: Sandbox) -> None:
    body = {"code": 0, "organizations": []}
    sandbox.next(status=200, body=body, headers={"Date": "soon"})

    assert states(examined(sandbox, quick=True))["clock"] == "unknown"


@pytest.mark.parametrize(("kind", "calls"), [(ZohoBilling, 18), (ZohoCheckout, 6)])
def test_products_that_list_no_organizations_are_examined_by_a_read(
    sandbox: Sandbox, kind: type[Session], calls: int
) -> None:
    found = examined(sandbox, kind)

    assert found.is_healthy
    assert "is accepted" in said(found, "organization")
    assert found.calls == calls

    foreign = examined(sandbox, kind, organization_id="5")
    assert states(foreign)["organization"] == "broken"


# Sessions whose tokens come from elsewhere.


class Store:
    def __init__(self, token: Token | None) -> None:
        self.token = token

    def load(self) -> Token | None:
        return self.token

    def save(self, token: Token) -> None:
        self.token = token


@pytest.mark.parametrize("way", ["text", "function", "store", "access_token"])
def test_a_token_from_elsewhere_is_examined_as_it_is(sandbox: Sandbox, way: str) -> None:
    value = sandbox.access_token()
    ways: dict[str, dict[str, object]] = {
        "text": {"auth": value},
        "function": {"auth": lambda: value},
        "store": {"auth": Store(Token(value))},
        "access_token": {"access_token": value},
    }

    found = examined(sandbox, quick=True, refresh_token=None, **ways[way])

    assert states(found)["credentials"] == "good"
    assert sandbox.token_calls == []


def test_a_dead_token_from_elsewhere_is_broken(sandbox: Sandbox) -> None:
    found = examined(sandbox, auth="1000.dead", refresh_token=None)

    assert not found.is_healthy


def test_an_empty_store_is_told(sandbox: Sandbox) -> None:
    found = examined(sandbox, auth=Store(None), refresh_token=None)

    assert states(found) == {"credentials": "broken"}


# The command.


def doctor(
    variables: dict[str, str], data: Path, *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "zohorm", "doctor", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "XDG_DATA_HOME": str(data), **variables},
    )


def variables_of(sandbox: Sandbox) -> dict[str, str]:
    credentials = sandbox.credentials
    return {
        "ZOHO_CLIENT_ID": credentials["client_id"],
        "ZOHO_CLIENT_SECRET": credentials["client_secret"],
        "ZOHO_REFRESH_TOKEN": credentials["refresh_token"],
        "ZOHO_ORGANIZATION_ID": credentials["organization_id"],
        "ZOHORM_API_URL": sandbox.url,
        "ZOHORM_ACCOUNTS_URL": sandbox.url,
    }


def test_the_command_examines_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = variables_of(sandbox)

    answer = doctor(variables, tmp_path)

    assert answer.returncode == 0, answer.stderr
    assert "Examined: the environment" in answer.stdout
    assert "It took 21 calls, and 1 for tokens." in answer.stdout
    for name in ("ZOHO_CLIENT_SECRET", "ZOHO_REFRESH_TOKEN"):
        assert variables[name] not in answer.stdout + answer.stderr


def test_the_command_ends_with_1_if_something_is_broken(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = {**variables_of(sandbox), "ZOHO_REFRESH_TOKEN": "1000.wrong"}

    answer = doctor(variables, tmp_path, "--json", "--no-search")

    assert answer.returncode == 1
    body = json.loads(answer.stdout)
    assert (body["healthy"], body["calls"], body["token_calls"]) == (False, 0, 1)
    assert [finding["state"] for finding in body["findings"]] == ["broken"]
    assert "1000.wrong" not in answer.stdout


def test_the_command_tells_of_a_missing_organization(sandbox: Sandbox, tmp_path: Path) -> None:
    variables = {**variables_of(sandbox), "ZOHO_ORGANIZATION_ID": ""}

    answer = doctor(variables, tmp_path, "--quick")

    assert answer.returncode == 1
    assert "none is chosen" in answer.stdout
    assert sandbox.organization_ids[0] in answer.stdout


def test_the_command_examines_a_profile(sandbox: Sandbox, tmp_path: Path) -> None:
    from zohorm.extras import profiles

    os.environ["XDG_DATA_HOME"] = str(tmp_path)
    try:
        profiles.save(profiles.Profile(name="default", **sandbox.credentials))
    finally:
        del os.environ["XDG_DATA_HOME"]

    for arguments in ((), ("--profile", "default")):
        answer = doctor({}, tmp_path, "--quick", *arguments)
        assert answer.returncode == 0, answer.stderr
        assert "Examined: the profile 'default'" in answer.stdout


def test_the_command_says_how_to_begin(tmp_path: Path) -> None:
    answer = doctor({}, tmp_path)

    assert answer.returncode == 1
    assert "ZOHO_REFRESH_TOKEN" in answer.stderr
    assert "zohorm login" in answer.stderr
