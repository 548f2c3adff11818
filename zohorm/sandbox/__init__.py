"""A local server that behaves as the Zoho Finance suite does, to test code against.

    with Sandbox(seed="demo") as sandbox:
        books = ZohoBooks(**sandbox.credentials)
        sandbox.next(status=429, code=44)
        ...
        assert sandbox.calls[-1].body == {"notes": "x"}

The way of a call through this folder:

    server.py         bytes to a request and back; connections that stay open, or are cut
    application.py    seen (calls.py), met by a fault (faults.py), routed (routes.py), token
                      (oauth.py), organization (organizations.py), limits (limits.py)
    resources/        create, list, read, update, delete, act: the same for every resource
    rules/            what holds for single resources only
    store.py          records in SQLite, found by the columns of columns.py

`catalogue.py` is what the facts say; `switches.py` lists the points on which sources about the
service disagree; `sandbox.py` is the control interface; `seed.py` is what is stored at the start.
Nothing here imports the models: both read the same facts.
"""

from zohorm import extras

try:
    import werkzeug  # noqa: F401
except ModuleNotFoundError as error:
    raise extras.MissingExtra("the sandbox", extra="sandbox") from error

from zohorm.sandbox.calls import Call
from zohorm.sandbox.mails import Mail
from zohorm.sandbox.sandbox import Sandbox
from zohorm.sandbox.switches import Switches

__all__ = ["Call", "Mail", "Sandbox", "Switches"]
