"""Each answer of the token endpoint, under both statuses: refused, throttled, or a server's fault.

What tells them apart is the body. Source: OAuth documents; bodies and statuses as clients have seen
them.
"""

from __future__ import annotations

from contextlib import closing

import pytest

from zohorm.books import Contact, ZohoBooks
from zohorm.errors import AuthError, RefreshRefused, RefreshThrottled, ServerError
from zohorm.sandbox import Sandbox

REFUSALS = (
    "invalid_code",
    "invalid_client",
    "invalid_client_secret",
    "invalid_redirect_uri",
    "unsupported_grant_type",
    "invalid_scope",
    "missing_org_info",
    "access_denied",
)
THROTTLED = {
    "error_description": "You have made too many requests continuously. Please try again after "
    "some time.",
    "error": "Access Denied",
    "status": "failure",
}


def first_contact(sandbox: Sandbox) -> None:
    """Open a session, and make a call with it."""
    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
        Contact.using(books).iterate().first()


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("error", REFUSALS)
def test_refused_credentials_are_told_after_one_call(
    sandbox: Sandbox, error: str, status: int
) -> None:
    sandbox.next(path="/oauth/v2/token", status=status, body={"error": error}, times=9)

    with pytest.raises(RefreshRefused) as caught:
        first_contact(sandbox)

    assert (caught.value.code, caught.value.status) == (error, status)
    assert (len(sandbox.token_calls), sandbox.calls) == (1, [])


@pytest.mark.parametrize("status", [200, 400])
def test_a_throttle_is_no_dead_credential(sandbox: Sandbox, status: int) -> None:
    sandbox.next(path="/oauth/v2/token", status=status, body=THROTTLED, times=1)

    with closing(ZohoBooks(**sandbox.credentials, clock=sandbox.clock)) as books:
        for _ in range(3):
            with pytest.raises(RefreshThrottled) as caught:
                Contact.using(books).iterate().first()
            assert not isinstance(caught.value, RefreshRefused)
        # Asking again prolongs the block, so one call was made for the three.
        assert (len(sandbox.token_calls), sandbox.calls) == (1, [])

        sandbox.clock.move(minutes=1)
        Contact.using(books).iterate().first()

    assert [call.status for call in sandbox.calls] == [200]


@pytest.mark.parametrize("status", [200, 400])
def test_a_fault_of_the_server_says_nothing_about_the_credentials(
    sandbox: Sandbox, status: int
) -> None:
    sandbox.next(path="/oauth/v2/token", status=status, body={"error": "general_error"}, times=2)
    first_contact(sandbox)
    assert len(sandbox.token_calls) == 3

    sandbox.next(path="/oauth/v2/token", status=status, body={"error": "general_error"}, times=9)
    with pytest.raises(ServerError) as caught:
        first_contact(sandbox)

    assert not isinstance(caught.value, AuthError)


@pytest.mark.parametrize("status", [200, 400])
def test_the_sandbox_throttles_the_eleventh_refresh_in_ten_minutes(status: int) -> None:
    with Sandbox(refresh_throttle_status=status) as sandbox:
        for _ in range(10):
            first_contact(sandbox)

        with pytest.raises(RefreshThrottled):
            first_contact(sandbox)

        sandbox.clock.move(minutes=10)
        first_contact(sandbox)


@pytest.mark.parametrize("status", [200, 400])
def test_the_sandbox_refuses_a_revoked_refresh_token(status: int) -> None:
    with Sandbox(oauth_error_status=status) as sandbox:
        credentials = {**sandbox.credentials, "refresh_token": "1000.revoked"}
        books = ZohoBooks(**credentials, clock=sandbox.clock)

        with closing(books), pytest.raises(RefreshRefused) as caught:
            Contact.using(books).iterate().first()

    assert caught.value.code == "invalid_code"
    assert "1000.revoked" not in str(caught.value)
