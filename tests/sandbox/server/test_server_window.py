"""The page at `/`: what it shows, that it shows no secret, and that what it shows stays text."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
import requests
from plain import Plain

from zohorm.sandbox import Sandbox

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
EVIL = "<script>alert('1')</script>\"&<b>"


class Page(HTMLParser):
    """The texts, links and elements of one view."""

    def __init__(self, sandbox: Sandbox, **query: object) -> None:
        super().__init__()
        url = f"{sandbox.url}/?{urlencode(query)}"
        self.answer = requests.get(url, timeout=60)
        self.text = ""
        self.links: dict[str, str] = {}
        self.elements: set[str] = set()
        self._link = ""
        self.feed(self.answer.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self._link = dict(attrs).get("href") or "" if tag == "a" else ""

    def handle_data(self, data: str) -> None:
        self.text += data + " "
        if self._link:
            self.links[data] = self._link
        self._link = ""


def invoices(sandbox: Sandbox) -> dict[str, object]:
    key = sandbox.organization_ids[0]
    return {"product": "books", "organization": key, "resource": "Invoice"}


def test_it_shows_what_is_stored_of_each_product_and_organization() -> None:
    with Sandbox(organizations=2) as sandbox:
        second = sandbox.organization_ids[1]
        sandbox.insert("Contact", {"contact_name": "Ada"})
        sandbox.insert("Item", {"name": "Tea"}, second, product="inventory")

        page = Page(sandbox)

    assert page.answer.status_code == 200
    assert page.answer.headers["Content-Type"].startswith("text/html")
    for text in ("Organization 10234695: Aurora Traders", f"Organization {second}", "Contact"):
        assert text in page.text
    assert "resource=Item" in page.links["Item"]
    assert f"organization={second}" in page.links["Item"]


def test_a_record_is_reached_from_its_list_and_shown_whole(sandbox: Sandbox) -> None:
    plain = Plain(sandbox)
    invoice = plain.invoice(notes="Grüße 送金")
    listed = Page(sandbox, view="records", **invoices(sandbox))

    answer = requests.get(sandbox.url + listed.links[invoice["invoice_id"]], timeout=60)

    assert "INV-000001" in listed.text
    assert "Grüße 送金" in answer.text
    assert "&quot;rate&quot;: 10.0," in answer.text


def test_long_tables_come_in_pages(sandbox: Sandbox) -> None:
    for number in range(120):
        sandbox.insert("Invoice", {"invoice_number": f"N-{number:03d}"})

    first, last = (
        Page(sandbox, view="records", page=number, **invoices(sandbox)) for number in (1, 9)
    )

    assert "1 to 50 of 120" in first.text
    assert "101 to 120 of 120" in last.text
    assert "N-119" in first.text
    assert "N-000" in last.text
    assert "page=3" in first.links["last"]
    assert "page=2" in last.links["newer"]


def test_it_shows_calls_with_query_and_body(sandbox: Sandbox) -> None:
    plain = Plain(sandbox)
    plain.contact("Zoë")
    plain.get("/contacts", status="active")
    page = Page(sandbox, view="calls")

    answer = requests.get(sandbox.url + page.links["POST"], timeout=60)

    assert "/books/v3/contacts" in page.text
    assert "status=active" in page.text
    assert "201" in page.text
    assert "&quot;contact_name&quot;: &quot;Zoë&quot;" in answer.text
    assert len(sandbox.calls) == 2  # To look is no call.


def test_it_shows_tokens_without_secrets(sandbox: Sandbox) -> None:
    token = sandbox.access_token()
    code = sandbox.code("ZohoBooks.invoices.READ")
    names = ("client_id", "client_secret", "refresh_token")
    pairs = {name: sandbox.credentials[name] for name in names}
    url = f"{sandbox.url}/oauth/v2/token"
    given = requests.post(
        url, data={**pairs, "grant_type": "authorization_code", "code": code}, timeout=60
    ).json()
    refreshed = requests.post(url, data={**pairs, "grant_type": "refresh_token"}, timeout=60).json()

    pages = [
        Page(sandbox),
        Page(sandbox, view="tokens"),
        Page(sandbox, view="calls", tokens=1),
        Page(sandbox, view="call", tokens=1, number=1),
    ]

    assert "ZohoBooks.invoices.READ" in pages[1].text
    assert "3,600 s" in pages[1].text
    assert "<token apart>" in pages[3].text
    secrets = [token, code, given["access_token"], given["refresh_token"]]
    secrets += [refreshed["access_token"], pairs["client_secret"], pairs["refresh_token"]]
    for page in pages:
        assert [secret for secret in secrets if secret in page.answer.text] == []


def test_it_shows_switches_and_which_of_them_are_set() -> None:
    with Sandbox(put_requires="documented") as sandbox:
        overview, page = Page(sandbox), Page(sandbox, view="switches")

    assert "put_requires" in overview.text
    assert "quota_pools" not in overview.text
    assert "quota_pools" in page.text
    assert "documented" in page.text


def test_it_shows_mails_and_files(sandbox: Sandbox) -> None:
    plain = Plain(sandbox)
    invoice = plain.invoice()
    key = invoice["invoice_id"]
    plain.post(f"/invoices/{key}/email", {"to_mail_ids": ["ada@example.com"], "subject": "Hello"})
    sandbox.attach("Invoice", key, b"%PDF", name="paper.pdf")

    mails = Page(sandbox, view="mails")
    record = Page(sandbox, view="record", id=key, **invoices(sandbox))

    assert "ada@example.com" in mails.text
    assert "paper.pdf" in record.text


def test_what_it_shows_stays_text(sandbox: Sandbox) -> None:
    plain = Plain(sandbox)
    plain.contact(EVIL)
    key = plain.invoice(notes=EVIL, reference_number=EVIL[:20])["invoice_id"]
    plain.call("GET", f"/{EVIL}", query={EVIL: EVIL})
    contacts = {**invoices(sandbox), "resource": "Contact"}

    pages = [
        Page(sandbox),
        Page(sandbox, view="records", **contacts),
        Page(sandbox, view="record", id=key, **invoices(sandbox)),
        Page(sandbox, view="calls"),
        *(Page(sandbox, view="call", number=number) for number in (1, 2, 3)),
        Page(sandbox, view=EVIL),
        Page(sandbox, view="records", product=EVIL, resource=EVIL),
        Page(sandbox, view="call", number=EVIL),
    ]

    assert EVIL in pages[1].text
    for page in pages:
        assert "script" not in page.elements
        assert "b" not in page.elements
        assert "default-src 'none'" in page.answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    "query",
    [
        {"view": "nothing"},
        {"view": "records"},
        {"view": "records", "product": "books", "resource": "Nothing"},
        {"view": "record", "product": "books", "resource": "Invoice", "id": "1"},
        {"view": "call", "number": "7"},
        {"view": "call"},
    ],
)
def test_what_is_not_there_has_a_page_that_says_so(
    sandbox: Sandbox, query: dict[str, object]
) -> None:
    page = Page(sandbox, **query)

    assert page.answer.status_code == 404
    assert "Not found" in page.text


@pytest.mark.parametrize("number", ["0", "-1", "x", "", "9" * 30, "٣"])
def test_a_page_that_makes_no_sense_is_the_nearest(sandbox: Sandbox, number: str) -> None:
    assert Page(sandbox, view="calls", page=number).answer.status_code == 200


def test_only_the_last_calls_are_kept_where_that_is_asked_for() -> None:
    with Sandbox(kept=2) as sandbox:
        plain = Plain(sandbox)
        for name in ("Ada", "Zoë", "Bo"):
            plain.contact(name)

        assert [call.body for call in sandbox.calls] == [
            {"contact_name": "Zoë"},
            {"contact_name": "Bo"},
        ]
        assert "Zoë" in Page(sandbox, view="call", number=2).text
        assert Page(sandbox, view="call", number=1).answer.status_code == 404


@pytest.fixture(scope="module")
def demo() -> Iterator[Sandbox]:
    with Sandbox(seed="demo") as sandbox:
        yield sandbox


# Where tests run on their own, .ci/run has installed it.
@pytest.mark.skipif(BROWSER is None and "CI" not in os.environ, reason="no Chromium is installed")
@pytest.mark.parametrize(
    ("query", "shown"),
    [({}, "Aurora Traders"), ({"view": "records"}, "INV-005000"), ({"view": "tokens"}, "Tokens")],
)
def test_a_browser_shows_it(demo: Sandbox, query: dict[str, object], shown: str) -> None:
    query = {**query, **(invoices(demo) if query.get("view") == "records" else {})}
    url = f"{demo.url}/?{urlencode(query)}"
    # Root, as which machines of continuous integration work, has no sandbox of the browser's own.
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"]

    dumped = subprocess.run(
        [str(BROWSER), *flags, url], capture_output=True, text=True, timeout=60, check=True
    )

    assert shown in dumped.stdout
    assert "<h1>" in dumped.stdout
    assert demo.calls == []  # Not even for an icon.
