"""A client without any library: what the sandbox says is checked on the wire itself."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from zohorm.sandbox import Sandbox


class Plain:
    """Calls one sandbox with a live token and the default organization."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.root = f"{sandbox.url}/books/v3"
        self.organization_id = sandbox.organization_ids[0]
        self.session = requests.Session()
        self.session.trust_env = False
        self.token = sandbox.access_token()

    def call(
        self,
        method: str,
        path: str,
        *,
        query: dict[str, str] | None = None,
        organization: str | None = "",
        token: str | None = None,
        **settings: Any,
    ) -> requests.Response:
        """Make one call; `organization=None` names none, `""` the default one."""
        named = self.organization_id if organization == "" else organization
        params = {} if named is None else {"organization_id": named}
        headers = {"Authorization": f"Zoho-oauthtoken {token or self.token}"}
        return self.session.request(
            method,
            path if path.startswith("http") else self.root + path,
            params={**params, **(query or {})},
            headers={**headers, **settings.pop("headers", {})},
            timeout=60,
            allow_redirects=False,
            **settings,
        )

    def get(self, path: str, **query: str) -> Any:
        """Read, and return the body of a successful answer."""
        return self.done(self.call("GET", path, query=query))

    def post(self, path: str, body: Any = None, **query: str) -> Any:
        """Create or act, and return the body of a successful answer."""
        return self.done(self.call("POST", path, json=body, query=query))

    def put(self, path: str, body: Any, **query: str) -> Any:
        """Change, and return the body of a successful answer."""
        return self.done(self.call("PUT", path, json=body, query=query))

    def delete(self, path: str) -> Any:
        """Remove, and return the body of a successful answer."""
        return self.done(self.call("DELETE", path))

    def refused(self, method: str, path: str, **settings: Any) -> tuple[int, int]:
        """Make a call that must fail, and return its status and code."""
        answer = self.call(method, path, **settings)
        assert answer.json()["code"] != 0, answer.text
        return answer.status_code, answer.json()["code"]

    def contact(self, name: str = "Bär & Söhne", **more: Any) -> str:
        """Create a contact and return its id."""
        made: str = self.post("/contacts", {"contact_name": name, **more})["contact"]["contact_id"]
        return made

    def invoice(self, *lines: dict[str, Any], **more: Any) -> Any:
        """Create an invoice, for a new contact unless one is given, and return it."""
        customer = more.pop("customer_id", None) or self.contact(f"Customer {len(self.names())}")
        rows = list(lines) or [{"name": "Tea", "rate": 10, "quantity": 2}]
        body = {"customer_id": customer, "line_items": rows, **more}
        return self.post("/invoices", body)["invoice"]

    def names(self) -> list[str]:
        """Return the names of the contacts stored."""
        return [str(row["contact_name"]) for row in self.sandbox.rows("Contact")]

    @staticmethod
    def done(answer: requests.Response) -> Any:
        """Return the exact body of an answer that must be a success."""
        body = answer.json(parse_float=Decimal)
        assert answer.status_code in (200, 201), answer.text
        assert body["code"] == 0
        return body


def integrity(data: Path) -> str:
    """Return what SQLite says of the pages and indexes of a data file: `ok`."""
    with closing(sqlite3.connect(data)) as connection:
        (said,) = connection.execute("PRAGMA integrity_check").fetchone()
    return str(said)
