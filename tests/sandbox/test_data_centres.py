"""A token of another data centre: nothing is sent with it, and the error says what to change."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing

import attrs
import pytest

from zohorm import Token, ZohoBooks, ZohoCheckout
from zohorm.books import Contact
from zohorm.errors import WrongRegion
from zohorm.sandbox import Sandbox
from zohorm.session import Session
from zohorm.transport import Reply, Request

HEADERS = {"Content-Type": "application/json"}


@attrs.define
class Recorder:
    """A transport that notes what would have left this machine."""

    urls: list[str] = attrs.Factory(list)

    def send(
        self,
        request: Request,
        timeout: tuple[float, float],
        *,
        fresh: bool,
        total_seconds: float | None,
    ) -> Reply:
        self.urls.append(request.url)
        return Reply(200, HEADERS, b'{"code":0,"contacts":[]}')

    def close(self) -> None:
        """Nothing is open."""


def token_answer(sandbox: Sandbox, api_domain: str) -> None:
    """Let the accounts server name this host with its next token."""
    body = {"access_token": "1000.x", "expires_in": 3600, "api_domain": api_domain}
    sandbox.next(path="/oauth/v2/token", status=200, body=body)


Open = Callable[..., Session]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def open_books(sandbox: Sandbox, recorder: Recorder) -> Open:
    """Open a session whose tokens come from the sandbox, and whose calls go to the recorder."""

    def open_one(region: str, kind: type[Session] = ZohoBooks, **changed: str) -> Session:
        credentials = {**sandbox.credentials, **changed}
        if "api_url" not in changed:
            del credentials["api_url"]
        return kind(**credentials, region=region, transport=recorder, clock=sandbox.clock)

    return open_one


@pytest.mark.parametrize("kind", [ZohoBooks, ZohoCheckout])
def test_a_write_with_a_token_of_another_data_centre_is_never_sent(
    sandbox: Sandbox, open_books: Open, recorder: Recorder, kind: type[Session]
) -> None:
    token_answer(sandbox, "https://www.zohoapis.eu")

    with closing(open_books("us", kind)) as session, pytest.raises(WrongRegion) as caught:
        session.request("POST", "/contacts", body={"contact_name": "Ada"})

    assert recorder.urls == []
    assert 'region="eu"' in str(caught.value)
    assert not caught.value.maybe_done
    assert len(sandbox.token_calls) == 1


@pytest.mark.parametrize(
    ("region", "api_domain", "host"),
    [
        ("ca", "https://www.zohoapis.ca", "www.zohoapis.ca"),
        ("au", "https://www.zohoapis.com.au", "www.zohoapis.com.au"),
        # The documents of the accounts server show hosts of this form.
        ("eu", "https://api.zoho.eu", "www.zohoapis.eu"),
    ],
)
def test_the_calls_of_a_region_go_to_its_own_host(
    sandbox: Sandbox,
    open_books: Open,
    recorder: Recorder,
    region: str,
    api_domain: str,
    host: str,
) -> None:
    token_answer(sandbox, api_domain)

    with closing(open_books(region)) as books:
        books.request("GET", "/contacts")

    assert recorder.urls == [f"https://{host}/books/v3/contacts"]


def test_a_host_that_was_chosen_is_compared_as_well_if_it_is_one_of_a_data_centre(
    sandbox: Sandbox, open_books: Open, recorder: Recorder
) -> None:
    token_answer(sandbox, "https://www.zohoapis.in")

    with (
        closing(open_books("in", api_url="https://www.zohoapis.com")) as books,
        pytest.raises(WrongRegion),
    ):
        books.request("GET", "/contacts")

    assert recorder.urls == []


def test_a_host_of_no_data_centre_is_the_users_own_affair(
    sandbox: Sandbox, open_books: Open, recorder: Recorder
) -> None:
    token_answer(sandbox, "https://www.zohoapis.in")

    with closing(open_books("us", api_url="http://127.0.0.1:9")) as books:
        books.request("GET", "/contacts")

    assert recorder.urls == ["http://127.0.0.1:9/books/v3/contacts"]


def test_a_stored_token_of_another_data_centre_is_told_as_well(recorder: Recorder) -> None:
    class Stored:
        def load(self) -> Token | None:
            return Token("1000.x", api_domain="https://www.zohoapis.jp")

        def save(self, token: Token) -> None:
            """Nothing is renewed here."""

    books = ZohoBooks("7", "us", auth=Stored(), transport=recorder)
    with closing(books), pytest.raises(WrongRegion, match="Japan"):
        Contact.using(books).iterate().first()

    assert recorder.urls == []
