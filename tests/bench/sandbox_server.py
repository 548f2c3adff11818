"""The process that the sandbox is measured in: an empty handler and a filled sandbox.

It prints one line of JSON and serves until it is ended.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from zohorm.sandbox import Sandbox
from zohorm.sandbox.reply import Reply
from zohorm.sandbox.server import Server

_NO_LIMIT = 10**9


def _filled(sandbox: Sandbox, wanted: int) -> float:
    """Store copies of the demo invoices until there are as many; return the seconds it took."""
    began = time.perf_counter()
    rows = sandbox.rows("Invoice") if wanted else []
    for number in range(len(rows), wanted):
        row = rows[number % len(rows)]
        own = {"invoice_id": "", "invoice_number": f"INV-{number + 1:06d}"}
        sandbox.insert("Invoice", {**row, **own})
    return time.perf_counter() - began


def main() -> None:
    """Serve both."""
    wanted = int(sys.argv[1])
    data = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    empty = Server(lambda _request: Reply(200, b"{}"), now=time.time)
    empty.start()
    began = time.perf_counter()
    sandbox = Sandbox(seed="demo", data=data)
    sandbox.start()
    started = time.perf_counter() - began
    sandbox.limits(per_minute=_NO_LIMIT, per_day=_NO_LIMIT)
    seconds = _filled(sandbox, wanted)
    printed = {
        "empty_url": empty.url,
        "url": sandbox.url,
        "organization_id": sandbox.organization_ids[0],
        "token": sandbox.access_token(),
        "started_seconds": started,
        "filled_seconds": seconds,
    }
    sys.stdout.write(json.dumps(printed) + "\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
