"""The three limits of an organization and the headers that tell of them."""

from __future__ import annotations

import threading

import requests
from plain import Plain

from zohorm.clock import ManualClock
from zohorm.sandbox import Sandbox


def test_the_call_after_100_in_a_minute_is_code_44(sandbox: Sandbox, plain: Plain) -> None:
    for _ in range(100):
        assert plain.call("GET", "/contacts").status_code == 200

    assert plain.refused("GET", "/contacts") == (429, 44)
    sandbox.clock.move(seconds=59)
    assert plain.refused("GET", "/contacts") == (429, 44)
    sandbox.clock.move(seconds=1)
    assert plain.call("GET", "/contacts").status_code == 200


def test_the_daily_limit_of_the_plan_is_code_45_until_midnight() -> None:
    with Sandbox(plan="free", clock=ManualClock()) as sandbox:
        plain = Plain(sandbox)
        assert plain.call("GET", "/contacts").headers["X-Rate-Limit-Limit"] == "1000"
        sandbox.limits(per_day=3)
        plain.get("/contacts")
        last = plain.call("GET", "/contacts")
        assert last.headers["X-Rate-Limit-Remaining"] == "0"

        assert plain.refused("GET", "/contacts") == (429, 45)

        sandbox.clock.move(seconds=int(last.headers["X-Rate-Limit-Reset"]) - 1)
        plain.token = sandbox.access_token()
        assert plain.refused("GET", "/contacts") == (429, 45)
        sandbox.clock.move(seconds=1)
        assert plain.call("GET", "/contacts").status_code == 200


def test_the_headers_count_down_in_seconds(sandbox: Sandbox, plain: Plain) -> None:
    first = plain.call("GET", "/contacts").headers
    sandbox.clock.move(seconds=100)
    second = plain.call("GET", "/contacts").headers

    # The clock starts at 09:00 UTC, which is two in the morning in Phoenix.
    assert first["X-Rate-Limit-Reset"] == str(22 * 3600)
    assert second["X-Rate-Limit-Reset"] == str(22 * 3600 - 100)
    assert (first["X-Rate-Limit-Remaining"], second["X-Rate-Limit-Remaining"]) == ("9999", "9998")


def test_refusals_carry_no_quota_headers(plain: Plain) -> None:
    assert "X-Rate-Limit-Limit" not in plain.call("GET", "/invoices/1").headers


def test_too_many_calls_at_once_are_code_1070(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.limits(in_flight=2)
    sandbox.next(fault="hang", times=2)
    done: list[int] = []

    def call() -> None:
        done.append(Plain(sandbox).call("GET", "/contacts").status_code)

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    sandbox.wait_for_hanging(2)

    assert plain.refused("GET", "/contacts") == (429, 1070)
    assert "Retry-After" not in plain.call("GET", "/contacts").headers
    sandbox.release()
    for thread in threads:
        thread.join(60)
    assert done == [200, 200]
    assert plain.call("GET", "/contacts").status_code == 200


def test_organizations_have_limits_of_their_own() -> None:
    with Sandbox(organizations=2) as sandbox:
        plain = Plain(sandbox)
        sandbox.limits(per_minute=1)
        plain.get("/contacts")

        assert plain.refused("GET", "/contacts") == (429, 44)
        other = plain.call("GET", "/contacts", organization=sandbox.organization_ids[1])
        assert other.status_code == 200


def test_token_calls_do_not_count(sandbox: Sandbox, plain: Plain) -> None:
    sandbox.limits(per_minute=1)
    for _ in range(3):
        requests.post(f"{sandbox.url}/oauth/v2/token", timeout=60)

    assert plain.call("GET", "/contacts").status_code == 200
