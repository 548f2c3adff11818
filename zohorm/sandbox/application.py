"""The way of one call: seen, met by a fault, routed, token, organization, limits, then answered.

The server calls `answer` for each request. What a call does to records is in `resources/`.
"""

from __future__ import annotations

import datetime as dt
import re
import socket
from collections.abc import Callable, Mapping
from functools import partial

import attrs
from werkzeug.wrappers import Request

from zohorm.clock import ManualClock
from zohorm.sandbox import catalogue, givens, organizations, resources, rules, samples, window
from zohorm.sandbox.calls import (
    SECRETS,
    TOKENS,
    Call,
    CallLog,
    without_secrets,
    without_token,
)
from zohorm.sandbox.catalogue import Operation, Product, Resource
from zohorm.sandbox.context import Context
from zohorm.sandbox.devices import PAGE_PATH
from zohorm.sandbox.faults import Fault, Faults, padded, without_key
from zohorm.sandbox.gate import Gate
from zohorm.sandbox.incoming import Incoming, acceptable, incoming
from zohorm.sandbox.keeping import Keeper
from zohorm.sandbox.limits import LimitReached, Limits, Quota
from zohorm.sandbox.mails import Outbox
from zohorm.sandbox.oauth import Accounts, allows
from zohorm.sandbox.reply import (
    Refusal,
    Reply,
    envelope,
    not_authorized,
    outdated_token,
    refused,
    unknown_url,
)
from zohorm.sandbox.resources import choosing
from zohorm.sandbox.roots import SELECTORS
from zohorm.sandbox.routes import Route, route
from zohorm.sandbox.rules import stating
from zohorm.sandbox.rules.visiting import Visit
from zohorm.sandbox.server import Cut, Drip, Dropped
from zohorm.sandbox.store import Store
from zohorm.sandbox.switches import WatchedSwitches

_HOST = re.compile(r"[A-Za-z0-9._-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")
_CONSENT_PATH = "/oauth/v2/auth"
# Newer pages of the accounts server have the steps of the second one the other way round.
_REVOKE_PATHS = ("/oauth/v2/token/revoke", "/oauth/v2/revoke/token")
_DEVICE_CODE_PATH = f"{PAGE_PATH}/code"
_DEVICE_TOKEN_PATH = f"{PAGE_PATH}/token"
_TOKEN_PATHS = ("/oauth/v2/token", *_REVOKE_PATHS, _DEVICE_CODE_PATH, _DEVICE_TOKEN_PATH)
_SERVERS_PATH = "/oauth/serverinfo"


@attrs.define(kw_only=True)
class Application:
    """Everything behind the server, and the answer to each call."""

    switches: WatchedSwitches
    clock: ManualClock
    store: Store
    accounts: Accounts
    limits: Limits
    keeper: Keeper
    faults: Faults = attrs.Factory(Faults)
    calls: CallLog = attrs.Factory(CallLog)
    token_calls: CallLog = attrs.Factory(CallLog)
    outbox: Outbox = attrs.Factory(Outbox)
    gate: Gate = attrs.Factory(Gate)
    control: Callable[[Incoming], Reply] | None = None
    url: str = ""
    is_open: bool = False
    """Whether other machines may call, which then know this one by a name of their own."""

    def answer(self, request: Request) -> Reply | Cut | Drip:
        """Answer one request.

        Raises:
            Dropped: the connection shall close without an answer.
        """
        arrived = incoming(request)
        shown = self._shown(arrived)
        if shown is not None:
            return shown
        if arrived.is_control and self.control is not None:
            # A test asks for something, which is no call either.
            reply = self.control(arrived)
            self.keeper.keep_time()
            return reply
        is_token_call = arrived.url_path.startswith("/oauth/")
        call = _call(arrived)
        (self.token_calls if is_token_call else self.calls).add(call)
        fault = self.faults.take(arrived.method, (arrived.url_path, arrived.path))
        made_up = fault.answer(self.url) if fault is not None else None
        if made_up is not None:
            call.status = made_up.status
            return made_up
        name = fault.name if fault is not None else None
        if name == "drop-before-commit":
            raise Dropped
        client = request.environ["werkzeug.socket"]
        if is_token_call:
            self._wait(fault, client)
            reply = self._accounts(arrived)
            self.keeper.keep()
        else:
            reply = self._product(arrived, fault, client)
            self.keeper.keep_time()
        if name == "drop-after-commit":
            raise Dropped
        if name == "hang-after-commit" and not self.gate.wait(client):
            raise Dropped
        call.status = reply.status
        if fault is not None and name == "drip":
            return Drip(reply, fault.wait_seconds, partial(self.gate.wait, client))
        if fault is not None and name == "oversize":
            return attrs.evolve(reply, content=padded(reply.content, fault.answer_size))
        return _spoiled(reply, name)

    def _accounts(self, arrived: Incoming) -> Reply:
        parameters = {**arrived.query, **arrived.form}
        url, now = self._url_for(arrived), self.clock.time()
        sent = arrived.method == "POST"
        if arrived.url_path == _CONSENT_PATH and arrived.method in ("GET", "POST"):
            return self.accounts.consent(parameters, now=now, url=url, sent=sent)
        if arrived.url_path == PAGE_PATH and arrived.method in ("GET", "POST"):
            return self.accounts.devices.answer(parameters, now=now, sent=sent)
        if arrived.url_path == _SERVERS_PATH and arrived.method == "GET":
            # Source: accounts, multi-DC; the names of its members as clients read them.
            return envelope({"result": "success", "locations": {"us": url}})
        if arrived.url_path not in _TOKEN_PATHS:
            return refused(unknown_url())
        if not sent:
            return envelope({"error": "invalid_request"}, status=405)
        if arrived.url_path in _REVOKE_PATHS:
            return self.accounts.revoke(parameters.get("token", ""))
        if arrived.url_path == _DEVICE_CODE_PATH:
            return self.accounts.device_codes(parameters, now=now, url=url)
        if arrived.url_path == _DEVICE_TOKEN_PATH:
            return self.accounts.device_token(parameters, now=now, api_domain=url)
        return self.accounts.answer(parameters, now=now, api_domain=url)

    def _url_for(self, arrived: Incoming) -> str:
        """Return the address by which a client is to call again."""
        host = arrived.header("Host")
        return f"http://{host}" if self.is_open and _HOST.fullmatch(host) else self.url

    def _product(self, arrived: Incoming, fault: Fault | None, client: socket.socket) -> Reply:
        try:
            product, found = self._found(arrived)
            acceptable(arrived)
            self._authorize(arrived, found.operation, fault)
            organization_id = self._organization(arrived, found.operation)
        except Refusal as refusal:
            return refused(refusal)
        now = organizations.local_time(self.store, organization_id, self.clock.time())
        pool = self._pool(organization_id, product)
        try:
            quota = self.limits.admit(pool, now)
        except LimitReached as refusal:
            return self._limited(refusal)
        try:
            self._wait(fault, client)
            with stating.watched() as assumed:
                reply = self._carried_out(arrived, product, found, organization_id, fault)
            return self._with_quota(_with_headers(reply, stating.headers(assumed)), quota)
        finally:
            self.limits.leave(pool)

    def _pool(self, organization_id: str, product: Product) -> str:
        """Return the name under which the calls of a product count."""
        first = self.limits.first_user(organization_id, product.name)
        if first == product.name or self.switches.quota_pools == "shared":
            return organization_id
        return f"{organization_id} {product.name}"

    def _found(self, arrived: Incoming) -> tuple[Product, Route]:
        """Return the product and operation that a call means.

        Raises:
            Refusal: there is none.
        """
        root = arrived.root
        product = catalogue.product(root.product) if root is not None else None
        if root is None or product is None:
            raise unknown_url()
        found = route(
            product, arrived.method, arrived.path, query=arrived.query, version=root.version
        )
        if found is None:
            said = f"The HTTP method {arrived.method} is not allowed for the requested resource"
            raise Refusal(405, self.switches.wrong_method_code, said)
        return product, found

    def _carried_out(
        self,
        arrived: Incoming,
        product: Product,
        found: Route,
        organization_id: str,
        fault: Fault | None,
    ) -> Reply:
        try:
            body = arrived.body() if arrived.method in ("POST", "PUT") else None
            with self.store.transaction():
                # The clock is read again: a call that hung has become an older one.
                now = organizations.local_time(self.store, organization_id, self.clock.time())
                self.open(product, organization_id)
                resource, operation = choosing.meant(
                    found, arrived, body, self.store, organization_id
                )
                context = self._context(product, resource, operation, organization_id, now)
                return resources.answer(
                    attrs.evolve(
                        context,
                        params=found.params,
                        query={**arrived.query, **found.query},
                        headers=arrived.headers,
                        body=body,
                        files=arrived.files,
                        fault=fault.name if fault is not None else None,
                    )
                )
        except Refusal as refusal:
            return refused(refusal)

    def _context(
        self,
        product: Product,
        resource: Resource,
        operation: Operation,
        organization_id: str,
        now: dt.datetime,
    ) -> Context:
        return Context(
            store=self.store,
            switches=self.switches,
            rules_of=rules.of,
            outbox=self.outbox,
            url=self.url,
            product=product,
            resource=resource,
            operation=operation,
            organization_id=organization_id,
            now=now,
        )

    def _shown(self, arrived: Incoming) -> Reply | None:
        """Return the page that a person looks at, which is no call and meets no fault; or None."""
        if arrived.url_path == "/" and arrived.method in ("GET", "HEAD"):
            return window.answer(self, arrived.query)
        visit = next((v for v in rules.VISITS if arrived.url_path.startswith(v.path)), None)
        if visit is not None and arrived.method in ("GET", "POST"):
            return self._visited(arrived, visit)
        return None

    def _visited(self, arrived: Incoming, visit: Visit) -> Reply:
        """Show a customer the page of a record, or do what its form sends."""
        product = catalogue.catalogue()[visit.product]
        resource = product.resources[visit.resource]
        key = arrived.url_path.removeprefix(visit.path)
        try:
            with self.store.transaction():
                for organization_id in organizations.ids(self.store):
                    if self.store.get(resource, organization_id, key) is None:
                        continue
                    now = organizations.local_time(self.store, organization_id, self.clock.time())
                    operation = resource.operations["get"]
                    context = self._context(product, resource, operation, organization_id, now)
                    return visit.answer(context, key, arrived.method == "POST")
        except Refusal as refusal:
            return refused(refusal)
        return refused(unknown_url())

    def open(self, product: Product, organization_id: str) -> None:
        """Store what an organization has from the start, before it is first used in a product."""
        givens.fill(self.store, product, organization_id, now=self.clock.time())
        if self.keeper.seed == "demo":
            samples.fill(self.store, product, organization_id, now=self.clock.time())

    def _authorize(self, arrived: Incoming, operation: Operation, fault: Fault | None) -> None:
        scheme, _, token = arrived.header("Authorization").partition(" ")
        if fault is not None and fault.name == "expire-token":
            self.accounts.kill(token.strip())
        scopes = self.accounts.scopes_of(token.strip(), now=self.clock.time())
        if not scheme and "authtoken" in arrived.query:
            raise outdated_token()
        if scopes is None or not self._is_known(scheme.lower()):
            raise not_authorized()
        product = arrived.root.product if arrived.root is not None else ""
        if not allows(scopes, operation.scope, prefix=SELECTORS[product].scope):
            raise not_authorized(self.switches.scope_status)

    def _is_known(self, scheme: str) -> bool:
        if scheme == "bearer":
            return self.switches.bearer_accepted
        return scheme == "zoho-oauthtoken"

    def _organization(self, arrived: Incoming, operation: Operation) -> str:
        is_needed = operation.needs_organization
        named = arrived.organization_id(undocumented=False)
        if named is None and arrived.organization_id() and self.switches.organization_header:
            named = arrived.organization_id()
        is_missing = named is None and is_needed
        missing = self.switches.missing_organization if is_missing else "refuse-4029"
        with self.store.transaction():
            return organizations.chosen(self.store, named, missing=missing, is_needed=is_needed)

    def _wait(self, fault: Fault | None, client: socket.socket) -> None:
        if fault is None or fault.name not in ("hang", "slow"):
            return
        if not self.gate.wait(client, seconds=fault.wait_seconds if fault.name == "slow" else None):
            raise Dropped

    def _limited(self, refusal: LimitReached) -> Reply:
        headers = {}
        if self.switches.retry_after:
            headers["Retry-After"] = str(refusal.wait_seconds)
        return refused(refusal, headers=headers)

    def _with_quota(self, reply: Reply, quota: Quota) -> Reply:
        wanted = self.switches.quota_headers
        if wanted == "never" or (wanted == "success" and reply.status >= 300):
            return reply
        return _with_headers(reply, quota.headers())


def _with_headers(reply: Reply, headers: Mapping[str, str]) -> Reply:
    return attrs.evolve(reply, headers={**reply.headers, **headers}) if headers else reply


def _call(arrived: Incoming) -> Call:
    is_token_call = arrived.url_path.startswith("/oauth/")
    return Call(
        method=arrived.method,
        path=arrived.path,
        query=without_secrets(arrived.query, SECRETS if is_token_call else TOKENS),
        headers=without_token(arrived.headers),
        body={**without_secrets(arrived.form)} if is_token_call else arrived.body_or_none(),
        organization_id=arrived.organization_id(),
        url_path=arrived.url_path,
        product=arrived.root.product if arrived.root is not None else "",
        files=arrived.files,
    )


def _spoiled(reply: Reply, fault: str | None) -> Reply | Cut:
    """Return an answer as a fault leaves it."""
    if fault == "cut":
        return Cut(reply, len(reply.content) // 2)
    if fault == "truncate":
        return attrs.evolve(reply, content=reply.content[: len(reply.content) // 2])
    if fault == "missing-key":
        return attrs.evolve(reply, content=without_key(reply.content))
    return reply
