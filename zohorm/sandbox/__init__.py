"""A local server that behaves as the Zoho Finance suite does, to test code against.

    with Sandbox(seed="demo") as sandbox:
        books = ZohoBooks(**sandbox.credentials)
        sandbox.next(status=429, code=44)
        ...
        assert sandbox.calls[-1].body == {"notes": "x"}

The way of a call through this folder:

    server.py         bytes to a request and back; connections that stay open, or are cut
    application.py    product (roots.py), seen (calls.py), met by a fault (faults.py), routed
                      (routes.py), token (oauth.py, consent.py), organization
                      (organizations.py), limits (limits.py)
    resources/        create, list, read, update, delete, act: the same for every resource
    rules/            what holds for single resources only
    store.py          records in SQLite, found by the columns of columns.py (tables.py), in memory
                      or in a file (datafile.py), which also keeps the credentials (keeping.py)

`window.py` (markup.py) is the page at `/`, on which a browser shows what is stored and was called.
`catalogue.py` is what the facts say, read product by product when first called; `switches.py` lists
the points on which sources about the service disagree; `sandbox.py` is the control interface, and
`control.py` offers it over HTTP to other languages.
Stored at the start is what `seed.py` says, at the first call of a product what `givens.py` says,
and `samples.py` where there is demo data. Nothing here imports the models: both read the same
facts.
"""

from zohorm import extras

try:
    import werkzeug  # noqa: F401
except ModuleNotFoundError as error:
    raise extras.MissingExtra("the sandbox", extra="sandbox") from error

from zohorm.sandbox.calls import Call
from zohorm.sandbox.datafile import WrongDataFile
from zohorm.sandbox.mails import Mail
from zohorm.sandbox.sandbox import Sandbox
from zohorm.sandbox.switches import Switches

__all__ = ["Call", "Mail", "Sandbox", "Switches", "WrongDataFile"]
