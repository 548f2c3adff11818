"""A run of everything that can go right and wrong, searched for what must not be found.

Secrets must be in no log, repr, error, traceback, variable of ours or pickle. What the organization
knows of its customers must be in no log, no repr, and no words of ours in an error or a warning;
the service's own words may name a customer, and stand in an error's text alone.
"""

from __future__ import annotations

import itertools
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from decimal import Decimal
from functools import partial
from pathlib import Path

import attrs
import pytest
from making import colleague, saved_contact, saved_invoice

from zohorm import CallEvent, Token
from zohorm.books import Contact, CustomerPayment, Invoice, ZohoBooks
from zohorm.books.contact import Address
from zohorm.books.customer_payment import PaidInvoice
from zohorm.books.invoice import LineItem
from zohorm.errors import ZohoError, ZohoWarning
from zohorm.grants import AccountsServer
from zohorm.sandbox import Sandbox

NAME = "Zenobia Quillfeather"
MAIL = "zenobia@quillfeather.example"
PHONE = "+4955512398761"
STREET = "Larkspur Passage"
PLANTED = (
    "Zenobia",
    "Quillfeather",
    "quillfeather",
    "55512398761",
    "Larkspur",
    "8123.47",
    "812347",
)
AMOUNT = Decimal("8123.47")
WRONG_SECRET = "planted-wrong-secret-f00d"
WRONG_REFRESH = "1000.planted-wrong-refresh-f00d"
WRONG_TOKEN = "1000.planted-wrong-token-f00d"
NOWHERE = "http://127.0.0.1:9"
HERE = str(Path(__file__).parents[1])


class Kept:
    """A token store that remembers every token that it was given."""

    def __init__(self) -> None:
        self.token: Token | None = None
        self.issued: list[str] = []

    def load(self) -> Token | None:
        return self.token

    def save(self, token: Token) -> None:
        self.token = token
        self.issued.append(token.value)


@attrs.define
class Found:
    """What a run left behind, by its kind."""

    logs: list[str] = attrs.field(factory=list)
    reprs: list[str] = attrs.field(factory=list)
    words: list[str] = attrs.field(factory=list)
    tracebacks: list[str] = attrs.field(factory=list)
    variables: list[str] = attrs.field(factory=list)
    pickles: list[str] = attrs.field(factory=list)
    errors: list[str] = attrs.field(factory=list)

    def error(self, error: BaseException, *, variables: bool) -> None:
        """Take in everything that an error shows, and that those who collect errors look at."""
        self.errors.append(type(error).__name__)
        self.reprs.append(repr(error))
        self.tracebacks += traceback.format_exception(error)
        if variables:
            seen = traceback.TracebackException.from_exception(error, capture_locals=True)
            self.variables += _variables(seen)
        if isinstance(error, ZohoError):
            # Its text without what the service says.
            self.words.append(f"{error.what} {error.advice} {error.path} {error.code}")
            with suppress(TypeError):  # A Conflict may hold values that cannot be pickled.
                self.pickles.append(pickle.dumps(error).decode("latin-1"))

    def shown(self, *things: object) -> None:
        """Take in how things show themselves."""
        self.reprs += map(repr, things)

    @property
    def texts(self) -> dict[str, str]:
        return {kind: "\n".join(texts) for kind, texts in attrs.asdict(self).items()}

    def holding(self, *kinds: str, words: tuple[str, ...]) -> list[str]:
        """The kinds that hold one of the words, with a piece of what stands around it."""
        found = []
        for kind in kinds:
            text = self.texts[kind]
            for word in words:
                place = text.find(word)
                if place >= 0:
                    found.append(f"{kind}: {word}: {text[max(0, place - 120) : place + 60]!r}")
        return found


def _variables(seen: traceback.TracebackException | None) -> Iterator[str]:
    """The variables of all functions but those of tests, also of the errors behind the error."""
    if seen is None:
        return
    for frame in seen.stack:
        if not frame.filename.startswith(HERE):
            yield f"{frame.filename}:{frame.lineno} {frame.name} {frame.locals}"
    yield from _variables(seen.__cause__)
    if not seen.__suppress_context__:
        yield from _variables(seen.__context__)


class _Reader(logging.Handler):
    """Reads every line, and what it was made of, as those do who keep logs as data."""

    def __init__(self, found: Found) -> None:
        super().__init__(logging.DEBUG)
        self._found = found
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self._found.logs += [self.format(record), repr(record.args)]


@pytest.fixture
def found() -> Iterator[Found]:
    found = Found()
    names = ("", "zohorm", "urllib3", "requests", "urllib3.connectionpool", "urllib3.connection")
    loggers = [logging.getLogger(name) for name in names]
    levels = [logger.level for logger in loggers]
    reader = _Reader(found)
    logging.getLogger().addHandler(reader)
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    yield found
    logging.getLogger().removeHandler(reader)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


class Run:
    """One session, watched and with every kind of success and failure."""

    session: ZohoBooks

    def __init__(self, sandbox: Sandbox, found: Found) -> None:
        self.sandbox = sandbox
        self.found = found
        self.store = Kept()
        self.events: list[CallEvent] = []
        self.unexpected: list[str] = []

    def open(self, **settings: object) -> ZohoBooks:
        """Open a session that fails soon; `settings` go before those of the sandbox."""
        hear = self.events.append
        watched = {"on_request": hear, "on_response": hear, "on_wait": hear, "on_retry": hear}
        own = {
            "auth": self.store,
            "clock": self.sandbox.clock,
            "timeout": (5, 30),
            "max_retries": 2,
        }
        chosen = {**self.sandbox.credentials, **own, **watched, **settings}
        return ZohoBooks(**chosen)  # type: ignore[arg-type]  # of many types

    def failing(self, act: Callable[[], object], *, of: str, variables: bool = True) -> None:
        """Do what must fail, and take in the error; another one is told at the end of the run.

        Without `variables` where the program has passed the secret to the function that fails.
        """
        try:
            act()
        except Exception as error:  # noqa: BLE001  # all of them are looked at
            self.found.error(error, variables=variables)
            got = type(error).__name__
            where = traceback.format_exception(error)[-1]
        else:
            got, where = "no error", ""
        if got != of:
            self.unexpected.append(f"{got} instead of {of}: {where}")


_NUMBERS = itertools.count(1)


def _customer() -> Contact:
    return Contact(
        contact_name=f"{NAME} {next(_NUMBERS)}",
        company_name=f"{NAME} Ltd",
        notes=f"Call {NAME}",
        billing_address=Address(address=STREET, city="Quillfeather"),
    )


def _succeed(run: Run, session: ZohoBooks) -> Contact:
    """Do what works, and show all that comes of it."""
    found = run.found
    contact = _customer()
    found.shown(contact, contact.billing_address, contact.changes())
    found.shown(contact.save())
    contact.contact_persons.add(
        first_name="Zenobia", last_name="Quillfeather", email=MAIL, phone=PHONE
    )
    contact.notes = f"Write to {MAIL}"
    found.shown(contact, contact.changes(), contact.contact_persons, *contact.contact_persons)
    found.shown(contact.save())
    invoice = Invoice(
        customer_id=contact.id, line_items=[LineItem(name=NAME, rate=AMOUNT, quantity=Decimal(1))]
    )
    found.shown(invoice, invoice.line_items, *invoice.line_items)
    invoice.save()
    invoice.mark_sent()
    payment = CustomerPayment(
        customer_id=contact.id,
        payment_mode="cash",
        date=invoice.date,
        amount=AMOUNT,
        description=NAME,
        invoices=[PaidInvoice(invoice_id=invoice.id, amount_applied=AMOUNT)],
    )
    payment.save()
    queries = [
        Contact.iterate(email=MAIL),
        Contact.iterate(contact_name__startswith="Zenobia").order_by("contact_name"),
        Contact.iterate(phone__contains="55512398761").params(search_text="Quillfeather"),
        Invoice.iterate(customer_name=NAME, total=AMOUNT),
    ]
    for query in queries:
        list(query)
        found.shown(query, *query.pages(), query._run())
    session.rows.clear()
    again = Contact.get(contact.id)
    Contact.get(contact.id)
    answer = session.request("GET", "/contacts", query={"email": MAIL})
    call = session.request("POST", "/contacts", body={"contact_name": f"{NAME} II"})
    found.shown(again, answer, call, invoice.customer, contact.custom_fields, contact.key)
    found.shown(session.rows, session.identity, session.watches, payment)
    for record in (contact, invoice, payment, invoice.line_items[0]):
        found.pickles.append(pickle.dumps(record).decode("latin-1"))
    return contact


FAILURES: tuple[tuple[dict[str, object], str, str], ...] = (
    # What the sandbox does, to a GET and to a POST, and what comes of each.
    ({"status": 400, "code": 15, "message": f"{NAME} is no name"}, *["ValidationError"] * 2),
    ({"status": 404, "code": 1002, "message": f"no {MAIL} here"}, *["NotFound"] * 2),
    ({"status": 400, "code": 3062, "message": f"{NAME} exists"}, *["Duplicate"] * 2),
    ({"status": 401, "code": 57, "message": f"{NAME} may not"}, *["NotAuthorized"] * 2),
    ({"status": 403, "code": 6041, "message": f"{NAME} is a stranger"}, *["WrongOrganization"] * 2),
    ({"status": 500, "code": 1000, "message": f"{NAME} broke it"}, "ServerError", "OutcomeUnknown"),
    ({"status": 429, "code": 44, "message": f"{NAME} is too fast"}, *["MinuteLimit"] * 2),
    ({"fault": "html"}, "MalformedReply", "OutcomeUnknown"),
    ({"fault": "truncate"}, "MalformedReply", "OutcomeUnknown"),
    ({"fault": "cut"}, "MalformedReply", "OutcomeUnknown"),
    ({"fault": "redirect"}, "MalformedReply", "OutcomeUnknown"),
    ({"fault": "missing-key"}, "MalformedReply", "OutcomeUnknown"),
    ({"fault": "drop-before-commit"}, "Unreachable", "OutcomeUnknown"),
    ({"fault": "drop-after-commit"}, "Unreachable", "OutcomeUnknown"),
)


def _fail(run: Run, session: ZohoBooks) -> None:
    """Meet every failure of a call, in a read with a filter and in a write with a body."""
    for fault, reading, writing in FAILURES:
        for act, of in (
            (lambda: Contact.iterate(email=MAIL).first(), reading),
            (lambda: _customer().save(), writing),
        ):
            run.sandbox.next(**fault, times=3)  # type: ignore[arg-type]  # of many types
            run.failing(act, of=of)
            while run.sandbox.faults_left:
                with suppress(ZohoError):
                    session.request("GET", "/contacts")


def _hang(run: Run) -> None:
    """Get no answer in time."""
    with closing(run.open(timeout=(5, 0.3), max_retries=1)) as session, session:
        for act, of, times in (
            (lambda: Contact.iterate(email=MAIL).first(), "Timeout", 2),
            (lambda: _customer().save(), "OutcomeUnknown", 1),
        ):
            run.sandbox.next(fault="hang", times=times)
            run.failing(act, of=of)
            run.sandbox.release()


def _misuse(run: Run, contact: Contact) -> None:
    """Ask for what cannot be, with values that our words might quote."""
    other = Contact(contact_name=NAME)
    get = partial(run.session.request, "GET")
    for act, of in (
        (lambda: Contact.iterate(nickname=NAME), "UnknownFilter"),
        (lambda: Contact.iterate(email=object), "WrongType"),
        (lambda: Contact.get(NAME), "InvalidId"),
        (lambda: Contact.get(f"../{MAIL}"), "InvalidId"),
        (lambda: Contact(contact_name=8123.47), "WrongType"),
        (lambda: setattr(contact, "credit_limit", f"{AMOUNT} {NAME}"), "WrongType"),
        (lambda: setattr(contact, "created_time", NAME), "ReadOnlyField"),
        (lambda: Contact.iterate(contact_name=f"No {NAME}").one(), "NotSingle"),
        (lambda: get(f"/contacts?email={MAIL}"), "InvalidValue"),
        (
            lambda: run.session.request("GET", "/contacts", headers={"X-A": f"{NAME}\n"}),
            "InvalidValue",
        ),
        (lambda: get("/contacts", query={"total": 8123.47}), "WrongType"),
        (lambda: run.session.attach(other), "NotDetached"),
        (lambda: pickle.dumps(run.session), "NotPicklable"),
    ):
        run.failing(act, of=of)


def _clash(run: Run) -> None:
    """Edit a line that a colleague edits, too; lose answers of filters and of changes."""
    invoice = saved_invoice(NAME)
    with colleague(run.sandbox) as other:
        theirs = Invoice.using(other).get(invoice.id)
        theirs.line_items[0].description = f"{NAME}, as they say"
        theirs.save()
    invoice.line_items[0].description = f"{NAME}, as we say"
    run.failing(invoice.save, of="Conflict")
    run.sandbox.next(fault="ignore-filters", times=1)
    list(Contact.iterate(email=MAIL))
    run.sandbox.next(fault="ignore-filters", times=1)
    run.failing(lambda: list(Contact.iterate(strict=True, email=MAIL)), of="FilterIgnored")
    contact = saved_contact(f"{NAME} IV")
    contact.notes = f"Not {NAME}"
    run.sandbox.next(fault="ignore-write", times=1)
    run.found.shown(contact.save())
    late = Contact(contact_name=f"{NAME} V")
    run.sandbox.next(fault="drop-after-commit", times=1)
    run.failing(late.save, of="OutcomeUnknown")
    run.found.shown(late)
    run.failing(late.save, of="Unsettled")
    late.settle()


def _refuse(run: Run) -> None:
    """Be refused for tokens and secrets of every kind, and for the calls of the day."""
    for settings, of in (
        ({"auth": None, "client_secret": WRONG_SECRET}, "RefreshRefused"),
        ({"auth": None, "refresh_token": WRONG_REFRESH}, "RefreshRefused"),
        ({"auth": WRONG_TOKEN}, "NotAuthorized"),
        ({"auth": None, "access_token": WRONG_TOKEN, "accounts_url": NOWHERE}, "Unreachable"),
        ({"api_url": NOWHERE, "max_retries": 1}, "Unreachable"),
        ({"max_wait_seconds": 1e-9}, "Timeout"),
    ):
        with closing(run.open(**settings)) as session:
            run.failing(lambda: _first(session), of=of)  # called at once
            run.found.shown(session, session.settings, session._access.connection._token)
    with closing(run.open(auth=lambda: f"{WRONG_TOKEN} of two words")) as session:
        run.failing(lambda: _first(session), of="AuthError", variables=False)
    for _ in range(12):
        run.sandbox.expire_tokens()
        with suppress(ZohoError):
            _first(run.session)
    run.sandbox.expire_tokens()
    run.failing(lambda: _first(run.session), of="RefreshThrottled")
    run.sandbox.clock.move(minutes=30)
    run.sandbox.next(status=429, code=45, message=f"{NAME} has used all calls", times=1)
    run.failing(lambda: _first(run.session), of="DayLimit")
    run.failing(lambda: _first(run.session), of="DayLimit")
    run.found.shown(run.session.quota)


def _first(session: ZohoBooks) -> Contact | None:
    return Contact.using(session).iterate(email=MAIL).first()


def _consent(run: Run) -> tuple[str, ...]:
    """Exchange a code, twice; return what was secret in it."""
    credentials = run.sandbox.credentials
    code = run.sandbox.code()
    with closing(
        AccountsServer(
            str(credentials["client_id"]),
            str(credentials["client_secret"]),
            accounts_url=run.sandbox.url,
        )
    ) as server:
        granted = server.exchange(code)
        run.found.shown(server, granted, granted.token)
        run.failing(lambda: server.exchange(code), of="AuthError")
        run.failing(lambda: server.at(NOWHERE).exchange(code), of="Unreachable")
        run.failing(lambda: pickle.dumps(granted.token), of="NotPicklable")
        refresh = granted.refresh_token
        assert refresh is not None
        server.revoke(refresh)
    return code, granted.token.value, refresh


def test_a_run_of_everything_leaves_no_trace(sandbox: Sandbox, found: Found) -> None:
    run = Run(sandbox, found)

    def complain(event: CallEvent) -> None:
        raise ValueError("the meter is away")

    with (
        warnings.catch_warnings(record=True) as given,
        closing(run.open(on_wait=complain)) as session,
        session,
    ):
        warnings.simplefilter("always", ZohoWarning)
        run.session = session
        contact = _succeed(run, session)
        _fail(run, session)
        _hang(run)
        _misuse(run, contact)
        _clash(run)
        codes = _consent(run)
        _refuse(run)
        parts = session._access.connection
        found.shown(session, session.settings, session._access, parts, session._access.hooks)
        found.shown(parts._token, parts._throttle, parts._transport, parts._retry, run.store.token)
        found.shown(*run.events)
    found.words += [f"{type(warning.message)} {warning.message}" for warning in given]

    credentials = sandbox.credentials
    secrets = (
        str(credentials["client_secret"]),
        str(credentials["refresh_token"]),
        *codes,
        *run.store.issued,
        *(WRONG_SECRET, WRONG_REFRESH, WRONG_TOKEN),
    )
    assert "\n".join(run.unexpected) == ""
    # The code is what the program itself passes to the function that fails.
    hidden = tuple(word for word in secrets if word != codes[0])
    assert found.holding("variables", words=hidden) == []
    everything = ("logs", "reprs", "words", "tracebacks", "pickles")
    assert found.holding(*everything, words=secrets) == []
    assert found.holding("logs", "reprs", "words", words=PLANTED) == []
    # It has looked at what it was to look at.
    assert len(run.store.issued) > 5
    assert {"http", "auth", "throttle", "cache"} <= {
        line.split()[0].removeprefix("zohorm.") for line in found.logs if line.startswith("zohorm.")
    }
    assert NAME in found.texts["pickles"]
    assert f"{NAME} broke it" in found.texts["tracebacks"]
    assert {type(warning.message).__name__ for warning in given} == {"FilterIgnored", "NotApplied"}
