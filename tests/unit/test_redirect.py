"""The listener that takes one redirect of a browser."""

from __future__ import annotations

import socket

import pytest
import requests

from zohorm.errors import AuthError, InvalidValue, Timeout
from zohorm.extras.redirect import Redirect


@pytest.fixture
def url() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://localhost:{taken.getsockname()[1]}/back"


def test_what_the_redirect_says_is_returned(url: str) -> None:
    with Redirect(url, state="s") as redirect:
        answer = requests.get(url, params={"code": "c", "state": "s", "location": "eu"}, timeout=60)

        assert redirect.wait(60) == {"code": "c", "state": "s", "location": "eu"}

    assert answer.status_code == 200
    assert "You may close this window" in answer.text
    # The address of the page holds the code.
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "said",
    [{"code": "c"}, {"code": "c", "state": "x"}, {"code": "c", "state": "é"}, {"error": "x"}],
)
def test_a_redirect_with_another_state_is_not_taken(url: str, said: dict[str, str]) -> None:
    with Redirect(url, state="s") as redirect:
        answer = requests.get(url, params=said, timeout=60)

        with pytest.raises(Timeout, match="--device"):
            redirect.wait(0)

    assert answer.status_code == 400


def test_other_paths_are_not_the_redirect(url: str) -> None:
    with Redirect(url, state="s") as redirect:
        icon = url.replace("/back", "/favicon.ico")
        assert requests.get(icon, params={"code": "c", "state": "s"}, timeout=60).status_code == 404

        requests.get(url, params={"code": "d", "state": "s"}, timeout=60)
        assert redirect.wait(60)["code"] == "d"


def test_a_connection_that_says_nothing_keeps_nobody_waiting(url: str) -> None:
    """A browser opens some in advance."""
    port = int(url.split(":")[2].split("/")[0])
    with Redirect(url, state="s") as redirect, socket.create_connection(("127.0.0.1", port)):
        requests.get(url, params={"code": "c", "state": "s"}, timeout=60)

        assert redirect.wait(60)["code"] == "c"


@pytest.mark.parametrize(
    ("said", "text", "code"),
    [
        ({"error": "access_denied"}, "the user refused", "access_denied"),
        ({"error": "invalid_scope"}, "without a code", "invalid_scope"),
        ({"error": "<script>"}, "without a code", None),
        ({}, "without a code", None),
    ],
)
def test_a_refusal_is_told(url: str, said: dict[str, str], text: str, code: str | None) -> None:
    with Redirect(url, state="s") as redirect:
        answer = requests.get(url, params={**said, "state": "s"}, timeout=60)

        with pytest.raises(AuthError, match=text) as caught:
            redirect.wait(60)

    assert caught.value.code == code
    assert "Nothing was allowed" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        "https://localhost:8765/",
        "http://example.com:8765/",
        "http://0.0.0.0:8765/",
        "http://localhost:8765/?x=1",
        "http://localhost:99999/",
        "localhost:8765",
    ],
)
def test_only_an_address_of_this_machine_is_listened_on(wrong: str) -> None:
    with pytest.raises(InvalidValue, match="http://localhost:PORT/"):
        Redirect(wrong, state="s")


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidValue, match=f"port {port}.*--redirect-url"):
            Redirect(f"http://127.0.0.1:{port}/", state="s")


def test_it_listens_on_the_newer_loopback_as_well() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as taken:
        port = taken.getsockname()[1]
    url = f"http://[::1]:{port}/"

    with Redirect(url, state="s") as redirect:
        requests.get(url, params={"code": "c", "state": "s"}, timeout=60)

        assert redirect.wait(60)["code"] == "c"
