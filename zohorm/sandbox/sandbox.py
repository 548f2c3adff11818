"""`Sandbox`: starts the server, and the control interface that tests use beside HTTP."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import attrs

from zohorm.clock import ManualClock, RunningClock
from zohorm.sandbox import catalogue, exact, organizations, rules
from zohorm.sandbox import seed as seeds
from zohorm.sandbox.application import Application
from zohorm.sandbox.calls import Call, CallLog
from zohorm.sandbox.catalogue import Product, Resource
from zohorm.sandbox.context import ORGANIZATION
from zohorm.sandbox.control import Control
from zohorm.sandbox.faults import Fault
from zohorm.sandbox.keeping import Keeper
from zohorm.sandbox.limits import Limits, allowance
from zohorm.sandbox.mails import Mail, Outbox
from zohorm.sandbox.oauth import Accounts, Credentials
from zohorm.sandbox.resources import files
from zohorm.sandbox.server import Server, is_loopback
from zohorm.sandbox.store import Store, StoredFile
from zohorm.sandbox.switches import Switches, switches

START = dt.datetime(2026, 1, 15, 9, 0, tzinfo=dt.UTC)
Plan = Literal["free", "standard", "professional", "premium"]


class Sandbox:
    """A local server that behaves as the Zoho Finance suite does.

        with Sandbox(seed="demo") as sandbox:
            books = ZohoBooks(**sandbox.credentials)

    The credentials serve the sessions of every product: the organizations are the same, their
    records are apart. `seed="demo"` stores a realistic organization of Books, a little in others.
    Every other keyword is a switch of `zohorm.sandbox.switches.Switches`. `scope` is what the
    refresh token may do. The clock begins on 15 January 2026 and runs; the fixture's stands still.

    `data` names a file that holds the records, where memory would forget them. Seed, organizations
    and scope are those of a new file; one that is there goes on with its own, and with its
    credentials and its time. `kept` is how many calls and mails are remembered: all, by default.
    """

    def __init__(
        self,
        seed: Literal["demo"] | None = None,
        *,
        organizations: int = 1,
        plan: Plan = "premium",
        scope: str = "all",
        clock: ManualClock | None = None,
        data: str | Path | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        kept: int | None = None,
        **chosen: Any,
    ) -> None:
        _check(seed, organizations)
        # It runs, for a session may wait on the real clock until it may call again.
        own = RunningClock(START.timestamp()) if clock is None else None
        self.clock: ManualClock = clock or own or ManualClock()
        self._seed, self._organizations = seed, organizations
        self._address = (host, port)
        self._allowance = allowance(plan)
        settings = switches(chosen)
        store = Store(None if data is None else str(Path(data)), followers=rules.FOLLOWERS)
        accounts = Accounts(settings, scope=scope)
        self._application = Application(
            switches=settings,
            clock=self.clock,
            store=store,
            accounts=accounts,
            limits=Limits(attrs.evolve(self._allowance)),
            # The time of a clock that was given is its owner's to keep.
            keeper=Keeper(store, accounts, own),
            calls=CallLog(kept),
            token_calls=CallLog(kept),
            outbox=Outbox(kept),
            is_open=not is_loopback(host),
        )
        self._application.control = Control(self).answer
        self._server: Server | None = None
        self._was_stopped = False

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Fill the store, or open its file, and listen: on a free port, unless one was given.

        Demo data for the memory is made meanwhile, in two seconds; the first call waits for it.
        After `stop()` everything but the clock, and what is in a file, is as at the first start.

        Raises:
            WrongDataFile: the file that `data` names is not one of a sandbox, is damaged or in use.
            OSError: the port is in use.
        """
        if self._server is not None:
            raise RuntimeError("the sandbox runs already")
        held = self._application.store.open()
        try:
            self._begin(held)
        except BaseException:
            self._application.store.close()
            raise

    def _begin(self, held: bool) -> None:
        application = self._application
        if held:
            self._forget_run()
            application.keeper.take_over()
        elif self._was_stopped:
            self.reset()
        else:
            self._fill()
        application.gate.reopen()
        host, port = self._address
        server = Server(application.answer, now=self.clock.time, host=host, port=port)
        application.url = server.url
        self._server = server
        server.start()

    def stop(self) -> None:
        """Close every connection, also those that hang, and forget what is in no file."""
        if self._server is None:
            return
        self._application.gate.close()
        self._server.stop()
        self._server = None
        self._was_stopped = True
        self._application.keeper.keep()
        self._application.store.close()

    @property
    def url(self) -> str:
        """The address of the server, by default `http://127.0.0.1:<port>`."""
        return self._running().url

    @property
    def credentials(self) -> Credentials:
        """What a session of any product needs: `ZohoBooks(**sandbox.credentials)`."""
        accounts = self._application.accounts
        return {
            "organization_id": self.organization_ids[0],
            "api_url": self.url,
            "accounts_url": self.url,
            "client_id": accounts.client_id,
            "client_secret": accounts.client_secret,
            "refresh_token": accounts.refresh_token,
        }

    @property
    def organization_ids(self) -> list[str]:
        """The ids of the organizations; the first is the default one."""
        store = self._store()
        if store.is_coming:  # Nobody need wait for data to know where it will be.
            return organizations.first_ids(self._organizations)
        with store.transaction():
            return organizations.ids(store)

    @property
    def calls(self) -> list[Call]:
        """The API calls so far, oldest first."""
        return self._application.calls.all()

    @property
    def token_calls(self) -> list[Call]:
        """The calls to the accounts server so far, oldest first."""
        return self._application.token_calls.all()

    @property
    def mails(self) -> list[Mail]:
        """The e-mails that the service would have sent so far, oldest first."""
        return self._application.outbox.all()

    @property
    def switches(self) -> Switches:
        """The settings of every switch."""
        return self._application.switches.settings

    @property
    def switches_asked(self) -> frozenset[str]:
        """The names of the switches on which answers depended so far."""
        return self._application.switches.asked

    def forget(self) -> None:
        """Empty `calls`, `token_calls` and `mails`."""
        self._application.calls.clear()
        self._application.token_calls.clear()
        self._application.outbox.clear()

    def next(
        self,
        *,
        status: int | None = None,
        code: int | str | None = None,
        message: str | None = None,
        fault: str | None = None,
        times: int = 1,
        after: int = 0,
        path: str | None = None,
        method: str | None = None,
        retry_after: int | str | None = None,
        headers: Mapping[str, str] | None = None,
        body: object = None,
        seconds: float | None = None,
        size: int | None = None,
    ) -> None:
        """Let the next calls fail.

        Either with an answer in place of the service's (`status`, `code`, `message`, or a whole
        `body`), or with a `fault` of `zohorm.sandbox.faults.FAULTS`. `times` calls meet it after
        `after` calls have passed. `path` (`*` stands for anything; below the product root or whole)
        and `method` say which are meant; those of the accounts server must be named: "/oauth/*".
        `slow` and `drip` take `seconds`, 0.2 by default, and `oversize` the `size` of its answer.
        """
        made = Fault(
            name=fault,
            status=status,
            code=code,
            message=message,
            body=body,
            headers=headers or {},
            retry_after=retry_after,
            path=path,
            method=method,
            seconds=seconds,
            size=size,
            after=after,
            times=times,
        )
        self._application.faults.add(made)

    @property
    def faults_left(self) -> int:
        """How many calls are still to meet a fault."""
        return self._application.faults.waiting()

    def wait_for_hanging(self, calls: int = 1, *, seconds: float = 5) -> None:
        """Wait until that many calls hang.

        Raises:
            TimeoutError: they do not come within `seconds` of real time.
        """
        if not self._application.gate.wait_for(calls, seconds=seconds):
            raise TimeoutError(f"fewer than {calls} calls hang after {seconds} seconds")

    def release(self) -> None:
        """Let the calls that hang now go on."""
        self._application.gate.open()

    def limits(
        self,
        *,
        per_minute: int | None = None,
        per_day: int | None = None,
        in_flight: int | None = None,
    ) -> None:
        """Change the limits of every organization; what is left out stays."""
        held = self._application.limits.allowance
        held.per_minute = held.per_minute if per_minute is None else per_minute
        held.per_day = held.per_day if per_day is None else per_day
        held.in_flight = held.in_flight if in_flight is None else in_flight

    def expire_tokens(self) -> None:
        """Kill every access token; refresh tokens live on."""
        self._application.accounts.kill_all()
        self._application.keeper.keep()

    def access_token(self) -> str:
        """Return a new access token, made without a call to the accounts server."""
        token = self._application.accounts.issue(now=self.clock.time())
        self._application.keeper.keep()
        return token

    def code(self, scope: str = "all", *, seconds: float = 600) -> str:
        """Return a code that a self client exchanges once, within `seconds`, for tokens.

        The console of the service makes such codes. Browsers get theirs at `/oauth/v2/auth`.
        """
        return self._application.accounts.code(scope, now=self.clock.time(), seconds=seconds)

    def insert(
        self,
        resource: str,
        row: Mapping[str, object],
        organization_id: str | None = None,
        *,
        product: str = "books",
    ) -> str:
        """Store a record as it is, without the checks and rules of a call, and return its id.

        Members that are left out are unset; amounts may be `Decimal`, `int` or text. The id is
        taken from the row if it has one. A child's parent is found by its id member in the row.
        """
        described, known = catalogue.resource(product, resource)
        store = self._store()
        with store.transaction():
            organization = self._opened(described, known, organization_id)
            now = organizations.local_time(store, organization, self.clock.time())
            key = seeds.insert(store, described, known, organization, row, now=now)
            rules.of(known).inserted(store, organization)
            if known.name == ORGANIZATION:
                organizations.share(store, known, store.get(known, "", key) or {})
            return key

    def rows(
        self, resource: str, organization_id: str | None = None, *, product: str = "books"
    ) -> list[exact.Row]:
        """Return the records stored for a resource of a product, oldest first."""
        described, known = catalogue.resource(product, resource)
        store = self._store()
        with store.transaction():
            return store.rows(known, self._opened(described, known, organization_id))

    def attach(
        self,
        resource: str,
        record_id: str,
        content: bytes,
        *,
        name: str = "file.pdf",
        kind: str = "attachment",
        content_type: str = "application/pdf",
        organization_id: str | None = None,
        product: str = "books",
    ) -> str:
        """Store a file of a record without a call and return its id; the record shows it.

        `kind` is what the file is to the record: attachment, receipt, image or document.
        """
        described, known = catalogue.resource(product, resource)
        store = self._store()
        with store.transaction():
            organization = self._opened(described, known, organization_id)
            file = StoredFile(store.next_id(), kind, name, content_type, content)
            files.attach(store, known, organization, record_id, file)
            return file.id

    def reset(self) -> None:
        """Bring everything but the clock and the address back to how it was at the start.

        What is in a data file goes as well, and is that of a new one again.
        """
        self._forget_run()
        self._application.accounts.reset()
        self._fill()

    def _forget_run(self) -> None:
        """Forget what no file holds: calls, faults still to come, and what the limits count."""
        self.forget()
        self._application.faults.clear()
        self._application.limits.forget()
        self._application.limits.allowance = attrs.evolve(self._allowance)

    def _running(self) -> Server:
        if self._server is None:
            raise RuntimeError("the sandbox does not run; use `with Sandbox() as sandbox:`")
        return self._server

    def _store(self) -> Store:
        """Return the store, which holds nothing before the start and after the end."""
        self._running()
        return self._application.store

    def _fill(self) -> None:
        made = self._application.keeper.made(self._seed)
        self._application.store.restore(seeds.coming(self._seed, self._organizations), made)

    def _opened(self, product: Product, resource: Resource, organization_id: str | None) -> str:
        """Return under which organization the records of a resource are stored."""
        organization = organizations.named(self._application.store, organization_id)
        self._application.open(product, organization)
        if resource.name != ORGANIZATION:
            return organization
        organizations.show(self._application.store, resource)
        return ""


def _check(seed: object, organizations: int) -> None:
    if seed not in (None, "demo"):
        raise ValueError(f"no seed is called {seed!r}; there is 'demo'")
    if organizations < 1:
        raise ValueError("a sandbox has 1 organization or more")
