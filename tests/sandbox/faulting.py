"""Every fault of the sandbox against every kind of call: what a program is told, and what is done.

`python tests/sandbox/faulting.py` writes docs/faults.md; `test_faults.py` demands that it is true.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import attrs
from making import saved_invoice

from zohorm.books import Contact, Invoice, Item, ZohoBooks
from zohorm.clock import ManualClock
from zohorm.errors import ZohoError
from zohorm.sandbox import Sandbox
from zohorm.transport import NotSent, Reply, Request, RequestsTransport

PAGE = Path(__file__).parents[2] / "docs" / "faults.md"
MAX_RETRIES = 3
MAX_WAIT_SECONDS = 300
SILENCE_SECONDS = 0.08
CALM_SECONDS = 0.8
"""For a machine that may keep silent for as long as a silence is borne otherwise."""
REPLY_BYTES = 200_000
ALWAYS = 1000
PDF = b"%PDF-1.4 content"

Act = Callable[[], object]


@attrs.frozen
class Verb:
    """A kind of call: how it is made ready, and how often its effect is there afterwards.

    `ready` makes what the call needs and returns the call; `done` counts on the server, None for
    what only reads. `method` is that of the call which meets the fault. `steps` are the calls that
    it is made of at most, each with tries of its own.
    """

    name: str
    code: str
    method: str
    ready: Callable[[Sandbox, ZohoBooks], Act]
    done: Callable[[Sandbox], int] | None = None
    steps: int = 1
    is_file: bool = False


@attrs.frozen
class Fault:
    """What happens to the call: keywords of `sandbox.next`, settings, or both.

    `silent` ones are borne for as long as the test says. `of_json` ones happen to no file.
    """

    name: str
    asked: Mapping[str, Any] = attrs.field(factory=dict)
    silent: bool = False
    of_json: bool = False


def _stored_item(sandbox: Sandbox) -> str:
    return sandbox.insert("Item", {"name": "Tea", "rate": 3})


def _stored_invoice(sandbox: Sandbox) -> str:
    customer = sandbox.insert("Contact", {"contact_name": "Ada", "email": "ada@example.org"})
    lines = [{"name": "Tea", "rate": 3, "quantity": 1}]
    row = {"customer_id": customer, "status": "draft", "line_items": lines}
    return sandbox.insert("Invoice", row)


def _item_put(sandbox: Sandbox, books: ZohoBooks) -> Act:
    item = Item.at(_stored_item(sandbox))
    item.name = "Cake"
    return item.save


def _lines_put(sandbox: Sandbox, books: ZohoBooks) -> Act:
    # Made as a program makes it: what `insert` stores is not reckoned.
    invoice = saved_invoice("Tea")
    invoice.line_items.add(name="Cake", rate=Decimal(5), quantity=Decimal(1))
    return invoice.save


def _invoice(call: Callable[[Invoice], object]) -> Callable[[Sandbox, ZohoBooks], Act]:
    def ready(sandbox: Sandbox, books: ZohoBooks) -> Act:
        invoice = Invoice.at(_stored_invoice(sandbox))
        return lambda: call(invoice)

    return ready


def _repeatable(sandbox: Sandbox, books: ZohoBooks) -> Act:
    customer = sandbox.insert("Contact", {"contact_name": "Ada"})
    invoice = Invoice(customer_id=customer, reference_number="R 17")
    invoice.line_items.add(name="Tea", rate=Decimal(5), quantity=Decimal(1))
    return lambda: invoice.save(repeatable=True)


def _upsert(sandbox: Sandbox, books: ZohoBooks) -> Act:
    return lambda: Contact.upsert("cf_external_id", "A-17", contact_name="Ada")


def _holding(resource: str, member: str, value: object) -> Callable[[Sandbox], int]:
    def done(sandbox: Sandbox) -> int:
        return sum(row.get(member) == value for row in sandbox.rows(resource))

    return done


def _lines_done(sandbox: Sandbox) -> int:
    rows = sandbox.rows("Invoice")[0]["line_items"]
    assert isinstance(rows, list)
    return len(rows) - 1


def _attached(sandbox: Sandbox) -> int:
    shown = sandbox.rows("Invoice")[0].get("documents") or []
    assert isinstance(shown, list)
    return len(shown)


VERBS: Final = (
    Verb(
        "GET, one record",
        "Item.get(id)",
        "GET",
        lambda sandbox, books: (lambda id: lambda: Item.get(id))(_stored_item(sandbox)),
    ),
    Verb(
        "GET, a page of a list",
        "list(Item.iterate())",
        "GET",
        lambda sandbox, books: (lambda _: lambda: list(Item.iterate()))(_stored_item(sandbox)),
    ),
    Verb(
        "GET, a file",
        "invoice.pdf()",
        "GET",
        _invoice(lambda invoice: invoice.pdf()),
        is_file=True,
    ),
    Verb(
        "POST that creates",
        "contact.save()",
        "POST",
        lambda sandbox, books: Contact(contact_name="Ada").save,
        _holding("Contact", "contact_name", "Ada"),
    ),
    Verb(
        "POST that creates, repeatable",
        "invoice.save(repeatable=True)",
        "POST",
        _repeatable,
        _holding("Invoice", "reference_number", "R 17"),
        steps=12,
    ),
    Verb(
        "POST that sets a status",
        "invoice.mark_sent()",
        "POST",
        _invoice(lambda invoice: invoice.mark_sent()),
        _holding("Invoice", "status", "sent"),
    ),
    Verb(
        "POST that mails",
        "invoice.send_email(...)",
        "POST",
        _invoice(lambda invoice: invoice.send_email(to_mail_ids=["ada@example.org"])),
        lambda sandbox: len(sandbox.mails),
    ),
    Verb(
        "POST of a file",
        "invoice.add_attachment(file)",
        "POST",
        _invoice(lambda invoice: invoice.add_attachment(PDF)),
        _attached,
    ),
    Verb(
        "PUT of plain members",
        "item.save()",
        "PUT",
        _item_put,
        _holding("Item", "name", "Cake"),
    ),
    Verb(
        "PUT of a list",
        "invoice.save() with a new line",
        "PUT",
        _lines_put,
        _lines_done,
        steps=6,
    ),
    Verb(
        "PUT that makes or changes",
        'Contact.upsert("cf_external_id", "A-17", ...)',
        "PUT",
        _upsert,
        _holding("Contact", "contact_name", "Ada"),
    ),
    Verb(
        "DELETE",
        "item.delete()",
        "DELETE",
        lambda sandbox, books: Item.at(_stored_item(sandbox)).delete,
        lambda sandbox: 1 - len(sandbox.rows("Item")),
    ),
)

UNPLUGGED: Final = "no connection can be made"
FAULTS: Final = (
    Fault(UNPLUGGED),
    Fault("the connection drops before anything is done", {"fault": "drop-before-commit"}),
    Fault("the connection drops after it is done", {"fault": "drop-after-commit"}),
    Fault("silence, nothing is done", {"fault": "hang"}, silent=True),
    Fault("silence, it is done", {"fault": "hang-after-commit"}, silent=True),
    Fault("the answer comes in drops, without end", {"fault": "drip", "seconds": 60}),
    Fault("the answer stops halfway", {"fault": "cut"}),
    Fault("the answer is cut JSON", {"fault": "truncate"}, of_json=True),
    Fault("the answer has too many bytes", {"fault": "oversize", "size": REPLY_BYTES}),
    Fault("500, code 1000", {"status": 500}),
    Fault("502 of a gateway, in HTML", {"fault": "html"}),
    Fault("200 with an error's code", {"status": 200, "code": 1234}),
    Fault("429, code 44 (minute)", {"status": 429, "code": 44}),
    Fault("429, code 44, Retry-After 7", {"status": 429, "code": 44, "retry_after": 7}),
    Fault("429, code 44, Retry-After 600", {"status": 429, "code": 44, "retry_after": 600}),
    Fault("429, code 1070 (in flight)", {"status": 429, "code": 1070}),
    Fault("429, code 1070, Retry-After 2", {"status": 429, "code": 1070, "retry_after": 2}),
    Fault("429, code 45 (day)", {"status": 429, "code": 45}),
    Fault("429, code 45, Retry-After 3600", {"status": 429, "code": 45, "retry_after": 3600}),
    Fault("the token is dead", {"fault": "expire-token"}),
    Fault("the scope is missing", {"status": 401, "code": 57}),
    Fault("another organization", {"status": 400, "code": 6041}),
    Fault("a redirect to another host", {"fault": "redirect"}),
)


@attrs.frozen
class Cell:
    """What came of one call that met one fault, once or as often as it was sent.

    Attributes:
        error: what the program is told; None for success.
        maybe_done: the error says that it may have been done.
        done: how often it is done on the server; None for what only reads.
        calls: those that arrived for the call, the ones that were refused at once included.
        waited: seconds on the clock of the session; what a silence costs comes in addition.
    """

    verb: Verb
    fault: Fault
    lasting: bool
    error: str | None
    maybe_done: bool
    done: int | None
    calls: int
    waited: float
    elsewhere: int

    def wrongs(self) -> Iterator[str]:
        """Yield what must never be, and is."""
        if self.done is not None and self.done > 1:
            yield f"it is done {self.done} times"
        if self.error is None and self.done == 0:
            yield "a success is not done"
        if self.error is not None and self.done and not self.maybe_done:
            yield f"{self.error} hides that it was done"
        if self.calls > (MAX_RETRIES + 2) * self.verb.steps:
            yield f"{self.calls} calls were made"
        if self.waited > MAX_WAIT_SECONDS * self.verb.steps:
            yield f"it took {self.waited} s"
        if self.elsewhere:
            yield "another host was called"

    @property
    def words(self) -> str:
        """What the table shows."""
        told = "success" if self.error is None else f"`{self.error}`"
        if self.error is not None and self.done:
            told += ", done"
        waited = f"{self.waited:.1f}".removesuffix(".0")
        return f"{told} · {self.calls} · {waited} s"


class Unplugged(RequestsTransport):
    """A transport whose first connections cannot be made."""

    def __init__(self) -> None:
        super().__init__()
        self.left = 0
        self.tries = 0

    def send(
        self,
        request: Request,
        timeout: tuple[float, float],
        *,
        fresh: bool,
        total_seconds: float | None = None,
    ) -> Reply:
        """Fail as if nobody listened, as often as was asked."""
        if self.left:
            self.left -= 1
            self.tries += 1
            raise NotSent("no connection can be made")
        return super().send(request, timeout, fresh=fresh, total_seconds=total_seconds)


@attrs.frozen
class Stage:
    """A sandbox, a server elsewhere that nobody may call, and how long silence is borne."""

    sandbox: Sandbox
    elsewhere: Sandbox
    silence_seconds: float

    def cell(self, verb: Verb, fault: Fault, *, lasting: bool) -> Cell:
        """Make one call that meets one fault."""
        sandbox = self.sandbox
        unplugged = Unplugged()
        with closing(self._session(fault, unplugged)) as books, closing(unplugged), books:
            act = self._ready(verb, books)
            sandbox.forget()
            self._ask(verb, fault, unplugged, ALWAYS if lasting else 1)
            error: ZohoError | None = None
            began = sandbox.clock.now()
            try:
                act()
            except ZohoError as caught:
                error = caught
            waited = sandbox.clock.now() - began
        sandbox.release()
        return Cell(
            verb,
            fault,
            lasting,
            error=None if error is None else type(error).__name__,
            maybe_done=error is not None and error.maybe_done,
            done=None if verb.done is None else verb.done(sandbox),
            calls=len(sandbox.calls) + unplugged.tries,
            waited=waited,
            elsewhere=len(self.elsewhere.calls) + len(self.elsewhere.token_calls),
        )

    def _ready(self, verb: Verb, books: ZohoBooks) -> Act:
        """Make the call ready, and see that a good token is there.

        Where silence is hardly borne, a busy machine may need to be asked anew.
        """
        for _ in range(20):
            self.sandbox.reset()
            try:
                books.request("GET", "/organizations")
                act = verb.ready(self.sandbox, books)
            except ZohoError:
                continue
            random.seed(7)  # The waits between tries are spread by chance.
            return act
        raise AssertionError(f"{verb.name} cannot be made ready")

    def _session(self, fault: Fault, unplugged: Unplugged) -> ZohoBooks:
        settings: dict[str, Any] = {
            "max_retries": MAX_RETRIES,
            "max_wait_seconds": MAX_WAIT_SECONDS,
            "max_reply_bytes": REPLY_BYTES,
        }
        if fault.silent:
            settings["timeout"] = (5.0, self.silence_seconds)
        if fault.asked.get("fault") == "drip":
            # No time for a second try, however long this one may take.
            seconds = min(4 * self.silence_seconds, 0.9)
            settings |= {"max_wait_seconds": seconds, "retry_backoff_seconds": 60.0}
        if fault.name == UNPLUGGED:
            settings["transport"] = unplugged
        return ZohoBooks(**self.sandbox.credentials, clock=self.sandbox.clock, **settings)

    def _ask(self, verb: Verb, fault: Fault, unplugged: Unplugged, times: int) -> None:
        if fault.name == UNPLUGGED:
            unplugged.left = times
            return
        asked = dict(fault.asked)
        if asked.get("fault") == "redirect":
            asked["headers"] = {"Location": f"{self.elsewhere.url}/books/v3/items"}
        self.sandbox.next(**asked, times=times, method=verb.method)


@contextmanager
def stage(silence_seconds: float) -> Iterator[Stage]:
    """Open the servers for some cells."""
    with Sandbox(clock=ManualClock()) as sandbox, Sandbox() as elsewhere:
        yield Stage(sandbox, elsewhere, silence_seconds)


def cells(silence_seconds: float = SILENCE_SECONDS) -> list[Cell]:
    """Make every call meet every fault, once and for ever."""
    with stage(silence_seconds) as on:
        return [
            on.cell(verb, fault, lasting=lasting)
            for verb in VERBS
            for fault in FAULTS
            if not (verb.is_file and fault.of_json)
            for lasting in (False, True)
        ]


HEAD: Final = f"""\
# When something fails

What each kind of call comes to when something goes wrong, once or again and again. This page is
written by `python tests/sandbox/faulting.py`, which makes every one of these calls on the sandbox,
and a test demands that it is true.

The sessions have `max_retries={MAX_RETRIES}`, `max_wait_seconds={MAX_WAIT_SECONDS}` and
`max_reply_bytes={REPLY_BYTES}`. Each place tells what the program gets, how many calls arrived, and
how long zohorm waited between them; what a silence costs, one `timeout` for each call, comes in
addition. An error with "done" behind it is one of a call that was carried out all the same: such
an error always says so, by its kind (`OutcomeUnknown`) or by `maybe_done`.

What holds in every place, and is tested as such:

- Nothing is done twice.
- A success is done. What was not done raises, and an error of what was done says that it may be.
- There are never more than `max_retries` further calls, and one more after a new token.
- No wait is longer than `max_wait_seconds`, and nothing goes to another host.

Saving a list reads it first, and reads it again where the answer was long in coming: it is made of
up to six calls, to each of which this applies. A repeatable create is made of its tries and of two
looks after each. [Errors](errors.md) tells what to do about each.
"""


def page(found: Iterable[Cell]) -> str:
    """Return the page that shows these cells."""
    words = {(one.verb.name, one.fault.name, one.lasting): one.words for one in found}
    parts = [HEAD]
    for verb in VERBS:
        parts += ["", f"## {verb.name}", "", f"`{verb.code}`", ""]
        parts += ["| What happens | once | again and again |", "|---|---|---|"]
        for fault in FAULTS:
            if (verb.name, fault.name, False) in words:
                once, always = (words[verb.name, fault.name, lasting] for lasting in (False, True))
                parts.append(f"| {fault.name} | {once} | {always} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(cells(CALM_SECONDS)), encoding="utf-8")
