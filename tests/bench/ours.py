"""The same work done with zohorm."""

from __future__ import annotations

import threading
import time

from tests.bench.answers import CHANGED, ORGANIZATION, identifier
from zohorm.books import Invoice, ZohoBooks
from zohorm.clock import SystemClock

_UNLIMITED = 10**9
_MINUTE = 60.0


class FastClock:
    """The real clock, run so much faster that a minute of the pace takes `minute_seconds`."""

    def __init__(self, minute_seconds: float) -> None:
        self._factor = _MINUTE / minute_seconds
        self._began = time.monotonic()
        self._day = time.time()

    def now(self) -> float:
        return (time.monotonic() - self._began) * self._factor

    def time(self) -> float:
        return self._day + self.now()

    def sleep(self, seconds: float) -> None:
        if seconds > 0:
            threading.Event().wait(seconds / self._factor)

    def wait(self, condition: threading.Condition, seconds: float | None) -> None:
        condition.wait(None if seconds is None else seconds / self._factor)


class Ours:
    """One bound session; its pace holds nothing back unless a limit is given."""

    def __init__(self, port: int, *, limit: int = 0, window_seconds: float = 0.0) -> None:
        address = f"http://127.0.0.1:{port}"
        self._books = ZohoBooks(
            ORGANIZATION,
            api_url=address,
            accounts_url=address,
            access_token="bench",
            calls_per_minute=limit or _UNLIMITED,
            clock=FastClock(window_seconds) if limit else SystemClock(),
        ).bind()
        Invoice.get(identifier(10**6))

    def close(self) -> None:
        """Close the session."""
        self._books.close()

    def iterate(self, size: int) -> int:
        """Read five fields of every record of the list; return how many records there were."""
        return self._read(ahead=0)

    def iterate_ahead(self, size: int) -> int:
        """Do so with ten pages fetched ahead."""
        return self._read(ahead=10)

    def _read(self, *, ahead: int) -> int:
        count = 0
        invoices = Invoice.iterate()
        for invoice in invoices.ahead(ahead) if ahead else invoices:
            invoice.invoice_number  # noqa: B018  # Reading converts the value; that is the work.
            invoice.customer_name  # noqa: B018
            invoice.date  # noqa: B018
            invoice.total  # noqa: B018
            invoice.status  # noqa: B018
            count += 1
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
        invoice = Invoice.get(identifier(number))
        invoice.invoice_number  # noqa: B018

    def save(self, size: int) -> int:
        """Load a page, then change one field of each record and save it."""
        invoices = list(Invoice.iterate())[:size]
        for invoice in invoices:
            invoice.reference_number = CHANGED
            result = invoice.save()
            assert result.fields == ("reference_number",)
            assert not result.not_applied
        return len(invoices)

    def hold(self, size: int) -> list[object]:
        """Return every record of the list."""
        return list(Invoice.iterate())

    def paced(self, size: int) -> int:
        """Get as many different invoices; the pace of the session waits by itself."""
        return self.get_distinct(size)
