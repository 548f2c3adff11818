from __future__ import annotations

import contextlib
import gzip
import logging
import os
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripted import Fault, Scripted

from zohorm.clock import ManualClock
from zohorm.transport import MaybeSent, NotSent, Reply, Request, RequestsTransport

SHORT = (5.0, 0.3)
LONG = (5.0, 5.0)
CUSTOMER = "zoe@example.org"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def transport(clock: ManualClock) -> Iterator[RequestsTransport]:
    transport = RequestsTransport(pool_size=3, clock=clock)
    yield transport
    transport.close()


def _get(server: Scripted, path: str = "/x") -> Request:
    return Request("GET", server.url + path)


def test_a_request_arrives_as_given_and_the_reply_comes_back(
    server: Scripted, transport: RequestsTransport
) -> None:
    server.next(201, {"code": 0}, headers={"X-Rate-Limit-Remaining": "7"})

    reply = transport.send(
        Request("POST", server.url + "/x", headers={"X-Name": "value"}, body=b'{"a":1}'),
        LONG,
        fresh=False,
    )

    seen = server.calls[0]
    assert (seen.method, seen.path, seen.body) == ("POST", "/x", b'{"a":1}')
    assert seen.headers["x-name"] == "value"
    assert seen.headers["user-agent"] == "zohorm"
    assert (reply.status, reply.content, reply.complete) == (201, b'{"code": 0}', True)
    assert reply.headers["x-rate-limit-REMAINING"] == "7"


def test_a_query_is_escaped_so_that_every_server_reads_the_same(
    server: Scripted, transport: RequestsTransport
) -> None:
    query = (("name", "a b+c&d=é/%"), ("name", "again"))

    transport.send(Request("GET", server.url + "/x", query=query), LONG, fresh=False)

    assert server.calls[0].query == query
    assert server.calls[0].raw_query == "name=a%20b%2Bc%26d%3D%C3%A9%2F%25&name=again"


def test_a_redirect_is_not_followed(server: Scripted, transport: RequestsTransport) -> None:
    server.next(302, headers={"Location": server.url + "/elsewhere"})

    assert transport.send(_get(server), LONG, fresh=False).status == 302
    assert [call.path for call in server.calls] == ["/x"]


def test_netrc_does_not_replace_the_token(
    server: Scripted,
    transport: RequestsTransport,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))

    headers = {"Authorization": "Zoho-oauthtoken 1000.abc"}
    transport.send(Request("GET", server.url + "/x", headers=headers), LONG, fresh=False)

    assert server.calls[0].headers["authorization"] == "Zoho-oauthtoken 1000.abc"


def test_a_proxy_of_the_environment_is_used(
    server: Scripted, transport: RequestsTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", "")

    reply = transport.send(Request("GET", "http://127.0.0.2:9/y"), LONG, fresh=False)

    assert reply.status == 200
    assert server.calls[0].headers["host"] == "127.0.0.2:9"


def test_cookies_are_not_kept(server: Scripted, transport: RequestsTransport) -> None:
    server.next(headers={"Set-Cookie": "zfccn=1; Path=/"})

    transport.send(_get(server), LONG, fresh=False)
    transport.send(_get(server), LONG, fresh=False)

    assert "cookie" not in server.calls[1].headers


def test_a_connection_is_used_again(server: Scripted, transport: RequestsTransport) -> None:
    for _ in range(3):
        transport.send(_get(server), LONG, fresh=True)

    assert [call.connection for call in server.calls] == [1, 1, 1]


def test_a_call_that_must_not_be_doubted_avoids_a_connection_that_has_idled(
    server: Scripted, transport: RequestsTransport, clock: ManualClock
) -> None:
    transport.send(_get(server), LONG, fresh=False)
    clock.move(seconds=10)
    transport.send(_get(server), LONG, fresh=False)
    clock.move(seconds=10)
    transport.send(_get(server), LONG, fresh=True)

    assert [call.connection for call in server.calls] == [1, 1, 2]


def test_no_call_uses_a_connection_that_has_idled_for_minutes(
    server: Scripted, transport: RequestsTransport, clock: ManualClock
) -> None:
    transport.send(_get(server), LONG, fresh=False)
    clock.move(minutes=2)
    transport.send(_get(server), LONG, fresh=False)

    assert [call.connection for call in server.calls] == [1, 2]


def test_no_more_connections_are_kept_than_the_pool_holds(
    server: Scripted, transport: RequestsTransport
) -> None:
    _send_at_once(server, transport, 6)
    _send_at_once(server, transport, 6)

    again = {call.connection for call in server.calls[:6]}
    kept = again & {call.connection for call in server.calls[6:]}
    assert len(kept) == 3


def test_a_closed_transport_keeps_no_connection(
    server: Scripted, transport: RequestsTransport
) -> None:
    transport.send(_get(server), LONG, fresh=False)
    transport.close()
    transport.send(_get(server), LONG, fresh=False)
    transport.send(_get(server), LONG, fresh=False)

    assert [call.connection for call in server.calls] == [1, 2, 3]


def test_a_refused_connection_is_surely_not_sent(transport: RequestsTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(NotSent) as caught:
        transport.send(Request("GET", f"http://127.0.0.1:{port}/x"), LONG, fresh=False)

    assert (caught.value.timed_out, caught.value.permanent) == (False, False)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_a_connection_that_is_not_made_in_time_is_surely_not_sent(
    transport: RequestsTransport,
) -> None:
    # A full backlog swallows the handshake without a word.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for client in waiting:
            client.setblocking(False)
            client.connect_ex(address)

        with pytest.raises(NotSent) as caught:
            transport.send(
                Request("GET", f"http://127.0.0.1:{address[1]}/x"), (0.2, 5), fresh=False
            )

        for client in waiting:
            client.close()
    assert caught.value.timed_out


def test_an_unreachable_proxy_is_surely_not_sent(
    transport: RequestsTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("no_proxy", "")

    with pytest.raises(NotSent):
        transport.send(Request("GET", "http://127.0.0.2:9/x"), LONG, fresh=False)


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1/x", "http://"])
def test_an_address_that_cannot_be_is_refused_for_good(
    transport: RequestsTransport, url: str
) -> None:
    with pytest.raises(NotSent) as caught:
        transport.send(Request("GET", url), LONG, fresh=False)

    assert caught.value.permanent


def test_a_missing_certificate_bundle_is_refused_for_good(
    transport: RequestsTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere/at/all.pem")

    with pytest.raises(NotSent) as caught:
        transport.send(Request("GET", "https://127.0.0.1:9/x"), LONG, fresh=False)

    assert caught.value.permanent


def test_silence_after_the_request_may_have_been_sent(
    server: Scripted, transport: RequestsTransport
) -> None:
    server.next(fault="hang")

    with pytest.raises(MaybeSent) as caught:
        transport.send(_get(server), SHORT, fresh=False)

    assert caught.value.timed_out


def test_a_connection_dropped_after_the_request_may_have_been_sent(
    server: Scripted, transport: RequestsTransport
) -> None:
    server.next(fault="drop")

    with pytest.raises(MaybeSent) as caught:
        transport.send(_get(server), LONG, fresh=False)

    assert not caught.value.timed_out
    assert isinstance(caught.value.__cause__, ConnectionError)


def test_a_body_cut_short_is_marked_and_its_connection_not_used_again(
    server: Scripted, transport: RequestsTransport
) -> None:
    server.next(429, fault="truncate")

    reply = transport.send(_get(server), LONG, fresh=False)
    transport.send(_get(server), LONG, fresh=False)

    assert (reply.status, reply.complete) == (429, False)
    assert [call.connection for call in server.calls] == [1, 2]


def test_a_body_that_stops_halfway_is_a_timeout(
    server: Scripted, transport: RequestsTransport
) -> None:
    server.next(fault="hang-in-body")

    with pytest.raises(MaybeSent) as caught:
        transport.send(_get(server), SHORT, fresh=False)

    assert caught.value.timed_out


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_an_answer_larger_than_may_be_in_memory_is_not_read(
    server: Scripted, clock: ManualClock, packed: bool
) -> None:
    content = b"x" * 1_000_001
    small = RequestsTransport(clock=clock, max_reply_bytes=1_000_000)
    headers = {"Content-Encoding": "gzip"} if packed else {}
    server.next(200, gzip.compress(content) if packed else content, headers=headers)
    server.next(200, gzip.compress(content[1:]) if packed else content[1:], headers=headers)

    large = small.send(_get(server), LONG, fresh=False)
    whole = small.send(_get(server), LONG, fresh=False)
    small.close()

    assert (large.status, large.content, large.complete, large.oversize) == (200, b"", False, True)
    assert (whole.content, whole.complete, whole.oversize) == (content[1:], True, False)
    # What is left of the large one is in the way of another answer.
    assert [call.connection for call in server.calls] == [1, 2]


@pytest.mark.parametrize("fault", ["drip", "drip-headers"])
def test_an_answer_in_drops_takes_no_longer_than_the_call_may(
    server: Scripted, transport: RequestsTransport, fault: Fault
) -> None:
    """Silence never lasts, so the timeout of silence never ends it."""
    server.next(fault=fault)
    began = time.monotonic()

    with pytest.raises(MaybeSent) as caught:
        transport.send(_get(server), LONG, fresh=False, total_seconds=0.3)

    assert caught.value.timed_out
    assert 0.25 < time.monotonic() - began < 2


def test_the_bound_of_one_call_is_not_that_of_the_next(
    server: Scripted, transport: RequestsTransport
) -> None:
    content = b"x" * 226_000
    server.next(200, content, times=3)

    replies = [
        transport.send(_get(server), LONG, fresh=False, total_seconds=seconds)
        for seconds in (3.0, None, 60.0)
    ]

    assert [reply.content for reply in replies] == [content] * 3
    assert {seen.connection for seen in server.calls} == {1}


def test_no_failure_quotes_the_query(server: Scripted, transport: RequestsTransport) -> None:
    """Queries hold names and e-mail addresses, and tracebacks end up in logs."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        dead = f"http://127.0.0.1:{unused.getsockname()[1]}/x"
    server.next(fault="drop")
    server.next(fault="hang")

    for url in (dead, server.url, server.url, "ftp://127.0.0.1/x"):
        with pytest.raises((NotSent, MaybeSent)) as caught:
            transport.send(Request("GET", url, query=(("email", CUSTOMER),)), SHORT, fresh=False)
        text = "".join(traceback.format_exception(caught.value))
        assert CUSTOMER not in text
        assert "zoe" not in text


def test_neither_reprs_nor_logs_hold_data_or_tokens(
    server: Scripted, transport: RequestsTransport, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = Request(
        "POST",
        server.url + "/x",
        query=(("email", "secret"),),
        headers={"Authorization": "secret"},
        body=b"secret",
    )
    server.next(200, {"name": "secret"})

    reply = transport.send(request, LONG, fresh=False)

    assert "secret" not in repr(request) + repr(reply) + repr(transport) + caplog.text


def test_an_answer_with_broken_headers_puts_no_query_into_the_log(
    server: Scripted, transport: RequestsTransport, caplog: pytest.LogCaptureFixture
) -> None:
    """urllib3 warns of them, and names the whole address."""
    caplog.set_level(logging.DEBUG)
    server.next(headers={"Broken header": "x"})

    with contextlib.suppress(MaybeSent):
        transport.send(
            Request("GET", server.url + "/x", query=(("email", CUSTOMER),)), SHORT, fresh=False
        )

    assert len(server.calls) == 1
    assert "zoe" not in caplog.text


def test_others_may_go_on_logging_through_urllib3(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    RequestsTransport().close()

    logging.getLogger("urllib3.connectionpool").debug("somebody else's line")

    assert "somebody else's line" in caplog.text


def test_a_forked_child_uses_no_connection_of_its_parent(
    server: Scripted, transport: RequestsTransport
) -> None:
    transport.send(_get(server), LONG, fresh=False)

    child = os.fork()
    if child == 0:
        try:
            transport.send(_get(server, "/child"), LONG, fresh=False)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    transport.send(_get(server, "/parent"), LONG, fresh=False)

    assert {call.path: call.connection for call in server.calls} == {
        "/x": 1,
        "/child": 2,
        "/parent": 1,
    }


def test_an_untrusted_certificate_is_refused_for_good(transport: RequestsTransport) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(Path(__file__).with_name("untrusted.pem"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=_shake_hands, args=(context, listener))
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/x"

        with pytest.raises(NotSent) as caught:
            transport.send(Request("GET", url), LONG, fresh=False)

        thread.join()
    assert caught.value.permanent


def _shake_hands(context: ssl.SSLContext, listener: socket.socket) -> None:
    client, _ = listener.accept()
    with client, contextlib.suppress(ssl.SSLError, ConnectionError):
        context.wrap_socket(client, server_side=True).close()


def _send_at_once(server: Scripted, transport: RequestsTransport, count: int) -> None:
    gate = server.hold()
    already = len(server.calls)
    threads = [
        threading.Thread(target=transport.send, args=(_get(server), LONG), kwargs={"fresh": False})
        for _ in range(count)
    ]
    for thread in threads:
        thread.start()
    while len(server.calls) < already + count:
        threading.Event().wait(0.001)
    gate.set()
    for thread in threads:
        thread.join()


def test_a_reply_is_equal_whatever_the_case_of_its_header_names() -> None:
    assert Reply(200, {"A": "1"}) == Reply(200, {"a": "1"})
