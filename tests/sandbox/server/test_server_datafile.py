"""The data file: what is there after a restart and a kill, and files that are none."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from plain import Plain

from zohorm.books import Contact, Invoice, LineItem, ZohoBooks
from zohorm.sandbox import Sandbox, WrongDataFile


class Command:
    """`zohorm sandbox` on a data file, as a process of its own."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "zohorm", "sandbox", "--json", "--data", str(data)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.printed: dict[str, str] = json.loads(self.process.stdout.readline())

    def session(self) -> ZohoBooks:
        """Return a session with the credentials that it printed."""
        printed = dict(self.printed)
        url = printed.pop("url")
        return ZohoBooks(api_url=url, accounts_url=url, **printed)

    def end(self, number: signal.Signals) -> int:
        """Send a signal, and return the status with which the process ended."""
        self.process.send_signal(number)
        status = self.process.wait(timeout=60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return status


@contextlib.contextmanager
def serving(data: Path, number: signal.Signals) -> Iterator[Command]:
    command = Command(data)
    try:
        yield command
    finally:
        command.end(number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_what_was_written_is_there_after_the_end_of_the_process(
    tmp_path: Path, number: signal.Signals
) -> None:
    data = tmp_path / "zoho.db"
    with serving(data, number) as command, contextlib.closing(command.session()) as books, books:
        customer = Contact(contact_name="Zoë 株式会社")
        customer.save()
        first = an_invoice(customer.id)
        first.add_attachment(b"%PDF-1.4 a paper")
        before = command.printed

    with serving(data, number) as command, contextlib.closing(command.session()) as books, books:
        again = Invoice.get(first.id)
        second = an_invoice(customer.id)

        assert {**command.printed, "url": ""} == {**before, "url": ""}
        assert again.customer_name == "Zoë 株式会社"
        assert again.total == Decimal("0.10")
        assert again.download_attachment() == b"%PDF-1.4 a paper"
        assert (again.number, second.number) == ("INV-000001", "INV-000002")
        assert int(second.id) > int(first.id)


def an_invoice(customer_id: str) -> Invoice:
    line = LineItem(name="Tea", rate=Decimal("0.10"), quantity=1)
    invoice = Invoice(customer_id=customer_id, line_items=[line])
    invoice.save()
    return invoice


def token_answer(sandbox: Sandbox, **pairs: str) -> Any:
    credentials = sandbox.credentials
    client = {name: credentials[name] for name in ("client_id", "client_secret")}
    url = f"{sandbox.url}/oauth/v2/token"
    return requests.post(url, data={**client, **pairs}, timeout=60).json()


def test_every_token_lives_on(tmp_path: Path) -> None:
    data = tmp_path / "zoho.db"
    with Sandbox(data=data) as sandbox:
        access = sandbox.access_token()
        code = sandbox.code("ZohoBooks.fullaccess.all")
        given = token_answer(sandbox, grant_type="authorization_code", code=code)

    with Sandbox(data=data) as sandbox:
        plain = Plain(sandbox)
        answer = plain.call("GET", "/contacts", token=access)
        other = token_answer(
            sandbox, grant_type="refresh_token", refresh_token=given["refresh_token"]
        )

        assert answer.status_code == 200
        assert other["scope"] == "ZohoBooks.fullaccess.all"


def test_time_goes_on_from_where_it_was_moved_to(tmp_path: Path) -> None:
    data = tmp_path / "zoho.db"
    with Sandbox(data=data) as sandbox:
        access = sandbox.access_token()
        sandbox.clock.move(days=40)
        Plain(sandbox).contact()
        before = sandbox.clock.time()

    with Sandbox(data=data) as sandbox:
        answer = Plain(sandbox).call("GET", "/contacts", token=access)

        assert before <= sandbox.clock.time() < before + 3600
        assert answer.status_code == 401  # The token has grown older than an hour.


def test_a_new_file_takes_seed_and_organizations_and_a_known_one_keeps_them(tmp_path: Path) -> None:
    data = tmp_path / "zoho.db"
    with Sandbox("demo", organizations=2, data=data) as sandbox:
        organization_ids = sandbox.organization_ids

    with Sandbox(data=data) as sandbox:
        assert sandbox.organization_ids == organization_ids
        assert len(sandbox.rows("Invoice")) == 5000
        # The other products get theirs when they are first used.
        assert len(sandbox.rows("Invoice", product="inventory")) == 3


def test_reset_makes_the_file_a_new_one(tmp_path: Path) -> None:
    data = tmp_path / "zoho.db"
    with Sandbox(data=data) as sandbox:
        sandbox.insert("Contact", {"contact_name": "Ada"})
        credentials = {**sandbox.credentials, "api_url": "", "accounts_url": ""}
        sandbox.reset()

    with Sandbox(data=data) as sandbox:
        assert sandbox.rows("Contact") == []
        assert {**sandbox.credentials, "api_url": "", "accounts_url": ""} == credentials


def test_a_stopped_sandbox_starts_again_with_its_file(tmp_path: Path) -> None:
    sandbox = Sandbox(data=tmp_path / "zoho.db")
    for names in ([], ["Ada"]):
        with sandbox:
            assert Plain(sandbox).names() == names
            assert sandbox.calls == []
            Plain(sandbox).contact("Ada" if not names else "Zoë")


def test_only_one_sandbox_has_a_file(tmp_path: Path) -> None:
    data = tmp_path / "zoho.db"

    with Sandbox(data=data), pytest.raises(WrongDataFile, match="in use"):
        Sandbox(data=data).start()


def test_a_table_of_older_facts_gets_the_columns_of_today(tmp_path: Path) -> None:
    """A newer zohorm may filter by more members than the one that wrote the file."""
    data = tmp_path / "zoho.db"
    with Sandbox(data=data) as sandbox:
        for name in ("Ada", "Zoë"):
            sandbox.insert("Contact", {"contact_name": name, "company_name": f"{name} Inc"})
        stored = sandbox.rows("Contact")
    with contextlib.closing(sqlite3.connect(data)) as older:
        older.execute('DROP INDEX "books_Contact_f_company_name"')
        older.execute('ALTER TABLE "books_Contact" DROP COLUMN "f_company_name"')
        older.commit()

    with Sandbox(data=data) as sandbox:
        found = Plain(sandbox).get("/contacts", company_name="Zoë Inc")["contacts"]

        assert [row["contact_name"] for row in found] == ["Zoë"]
        assert sandbox.rows("Contact") == stored


def a_text(path: Path) -> None:
    path.write_text("number,total\n1,2.50\n" * 1000)


def a_short_text(path: Path) -> None:
    path.write_text("x")


def another_program(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE bookmarks (url TEXT)")


def a_file_cut_short(path: Path) -> None:
    with Sandbox(data=path) as sandbox:
        for number in range(50):
            sandbox.insert("Contact", {"contact_name": f"Contact {number}"})
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def another_layout(path: Path) -> None:
    Sandbox(data=path).__enter__().stop()
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("PRAGMA user_version = 99")


def no_credentials(path: Path) -> None:
    Sandbox(data=path).__enter__().stop()
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("DELETE FROM state")
        made.commit()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (a_text, "is no data file of a sandbox"),
        (a_short_text, "is no data file of a sandbox"),
        (another_program, "is a database of another program"),
        (a_file_cut_short, "is damaged"),
        (another_layout, "another version of zohorm"),
        (no_credentials, "is damaged"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_left_alone(
    tmp_path: Path, spoil: Callable[[Path], None], said: str
) -> None:
    data = tmp_path / "zoho.db"
    spoil(data)
    before = data.read_bytes()

    for _ in range(2):
        with pytest.raises(WrongDataFile, match=said):
            Sandbox(data=data).start()

    assert data.read_bytes() == before


def test_what_was_assumed_is_known_after_a_restart_and_a_file_without_it_goes_on(
    tmp_path: Path,
) -> None:
    data = tmp_path / "zoho.db"
    sent = {"shipping_charge": 5}
    line = {"rate": 100, "tax_id": "4815000000000000203"}
    with Sandbox(data=data) as sandbox:
        path = f"/invoices/{Plain(sandbox).invoice(line, **sent)['invoice_id']}"

    with Sandbox(data=data) as sandbox:
        known = Plain(sandbox).call("GET", path).headers["X-Sandbox-Assumed"]
    with contextlib.closing(sqlite3.connect(data)) as connection, connection:
        connection.execute("DROP TABLE assumed")
    with Sandbox(data=data) as sandbox:
        unknown = Plain(sandbox).call("GET", path).headers
        again = Plain(sandbox).call("PUT", path, json=sent).headers["X-Sandbox-Assumed"]

    assert known == again == "totals.untaxed"
    assert "X-Sandbox-Assumed" not in unknown
