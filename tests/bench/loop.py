"""What the figures are measured against: loops written by hand on requests, without zohorm."""

from __future__ import annotations

import threading

import requests

from tests.bench.answers import CHANGED, ORGANIZATION, identifier

_SELECTOR = {"organization_id": ORGANIZATION}


class Loop:
    """One `requests.Session` as a script would use it, answers read by `.json()`."""

    def __init__(self, port: int, *, limit: int = 0, window_seconds: float = 0.0) -> None:
        self._window_seconds = window_seconds
        self._invoices = f"http://127.0.0.1:{port}/books/v3/invoices"
        self._session = requests.Session()
        self._session.headers["Authorization"] = "Zoho-oauthtoken bench"
        self._session.get(f"{self._invoices}/{identifier(10**6)}", params=_SELECTOR).json()

    def close(self) -> None:
        """Close the connection."""
        self._session.close()

    def iterate(self, size: int) -> int:
        """Read five members of every row of the list; return how many rows there were."""
        count, page, more = 0, 1, True
        while more:
            params = {**_SELECTOR, "page": str(page), "per_page": "200"}
            body = self._session.get(self._invoices, params=params).json()
            for row in body["invoices"]:
                row["invoice_number"]
                row["customer_name"]
                row["date"]
                row["total"]
                row["status"]
                count += 1
            more = body["page_context"]["has_more_page"]
            page += 1
        return count

    def get_same(self, size: int) -> int:
        """Get one invoice again and again."""
        for _ in range(size):
            self._get(1)
        return size

    def get_distinct(self, size: int) -> int:
        """Get as many different invoices."""
        for number in range(size):
            self._get(number)
        return size

    def _get(self, number: int) -> None:
        url = f"{self._invoices}/{identifier(number)}"
        row = self._session.get(url, params=_SELECTOR).json()["invoice"]
        row["invoice_number"]

    def save(self, size: int) -> int:
        """Load a page, then change one member of each row."""
        params = {**_SELECTOR, "page": "1", "per_page": "200"}
        rows = self._session.get(self._invoices, params=params).json()["invoices"][:size]
        for row in rows:
            url = f"{self._invoices}/{row['invoice_id']}"
            change = {"reference_number": CHANGED}
            answer = self._session.put(url, params=_SELECTOR, json=change).json()
            assert answer["invoice"]["reference_number"] == CHANGED
        return len(rows)

    def hold(self, size: int) -> list[object]:
        """Return every row of the list."""
        rows: list[object] = []
        page, more = 1, True
        while more:
            params = {**_SELECTOR, "page": str(page), "per_page": "200"}
            body = self._session.get(self._invoices, params=params).json()
            rows += body["invoices"]
            more = body["page_context"]["has_more_page"]
            page += 1
        return rows

    def paced(self, size: int) -> int:
        """Get invoices; when a call is refused, wait for a window and try again."""
        number = 0
        while number < size:
            url = f"{self._invoices}/{identifier(number)}"
            if self._session.get(url, params=_SELECTOR).json()["code"] == 44:
                threading.Event().wait(self._window_seconds)
            else:
                number += 1
        return size
