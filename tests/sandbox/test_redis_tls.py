"""A Redis that is reached by TLS, trusted or not."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from traceback import format_exception
from typing import Any, Literal

import pytest
from local_redis import LocalRedis

from zohorm.books import ZohoBooks
from zohorm.clock import SystemClock
from zohorm.errors import CoordinatorAway, InvalidValue
from zohorm.extras.redis_coordinator import RedisCoordinator
from zohorm.sandbox import Sandbox

PASSWORD = "pa55-of-redis"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that signs itself, and its key, in one file."""
    if shutil.which("openssl") is None and not os.environ.get("CI"):
        pytest.skip("openssl is not installed; apt install openssl brings it")
    folder = tmp_path_factory.mktemp("tls")
    asked = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=redis"]
    files = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "own.pem")]
    command = ["openssl", *asked, "-addext", "subjectAltName=IP:127.0.0.1", *files]
    subprocess.run(command, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_text((folder / "own.pem").read_text() + (folder / "key.pem").read_text())
    return both


@pytest.fixture
def secured(redis_server: LocalRedis, certificate: Path) -> Iterator[LocalRedis]:
    """Asks for the other server too: without the program there is none of either."""
    with LocalRedis(certificate=certificate) as server:
        server.set("requirepass", PASSWORD)
        yield server


def address(server: LocalRedis, **options: object) -> str:
    told = "&".join(f"{name}={value}" for name, value in options.items())
    return server.url.replace("//", f"//:{PASSWORD}@") + f"?{told}"


def test_pace_and_token_are_shared_by_tls(
    sandbox: Sandbox, secured: LocalRedis, certificate: Path
) -> None:
    settings: Any = sandbox.credentials
    for _ in range(2):
        coordinator = RedisCoordinator(address(secured, ssl_ca_certs=certificate))
        with closing(coordinator), closing(ZohoBooks(**settings, coordinator=coordinator)) as books:
            assert books.request("GET", "/items").status == 200

    # Each process takes the token of the first, and the calls of both are counted.
    assert len(sandbox.token_calls) == 1
    assert [call.status for call in sandbox.calls] == [200, 200]
    kinds = {key.split(":")[1] for key in secured.client.scan_iter("zohorm:*")}
    assert kinds >= {"token", "{http"}


@pytest.mark.parametrize("when_away", ["fail", "share"])
def test_a_certificate_that_nobody_vouches_for_is_refused_with_the_cure(
    when_away: Literal["fail", "share"],
    sandbox: Sandbox,
    secured: LocalRedis,
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings: Any = sandbox.credentials
    coordinator = RedisCoordinator(address(secured), when_away=when_away)
    with (
        caplog.at_level(logging.DEBUG, "zohorm"),
        closing(coordinator),
        closing(ZohoBooks(**settings, coordinator=coordinator, max_wait_seconds=1)) as books,
        pytest.raises(CoordinatorAway, match="certificate is not trusted") as caught,
    ):
        books.request("GET", "/items")

    assert "signed certificate" in str(caught.value)
    assert "ssl_ca_certs=" in str(caught.value)
    assert PASSWORD not in "".join(format_exception(caught.value)) + caplog.text
    assert sandbox.calls == []
    assert sandbox.token_calls == []


def test_the_store_of_the_token_tells_the_same(secured: LocalRedis) -> None:
    with closing(RedisCoordinator(address(secured))) as coordinator:
        tokens = coordinator.tokens("user", clock=SystemClock())

        with pytest.raises(CoordinatorAway, match="ssl_ca_certs=") as caught:
            tokens.load()

    assert PASSWORD not in "".join(format_exception(caught.value))


def test_a_certificate_of_another_host_is_refused_with_the_cure(
    sandbox: Sandbox, secured: LocalRedis, certificate: Path
) -> None:
    elsewhere = address(secured, ssl_ca_certs=certificate).replace("127.0.0.1", "localhost")
    settings: Any = sandbox.credentials
    with (
        closing(ZohoBooks(**settings, coordinator=elsewhere)) as books,
        pytest.raises(CoordinatorAway, match=r"not valid for 'localhost'.*as the certificate does"),
    ):
        books.request("GET", "/items")

    assert sandbox.calls == []


def test_a_file_that_is_not_there_is_told_before_any_call(
    sandbox: Sandbox, secured: LocalRedis, tmp_path: Path
) -> None:
    with pytest.raises(InvalidValue, match="ssl_ca_certs cannot be read") as caught:
        RedisCoordinator(address(secured, ssl_ca_certs=tmp_path / "none.pem"))

    assert PASSWORD not in str(caught.value)


def test_a_redis_without_tls_is_away_to_whoever_asks_for_it(
    sandbox: Sandbox, redis_server: LocalRedis
) -> None:
    settings: Any = {**sandbox.credentials, "max_wait_seconds": 1}
    plain = redis_server.url.replace("redis:", "rediss:")
    with (
        closing(ZohoBooks(**settings, coordinator=plain)) as books,
        pytest.raises(CoordinatorAway),
    ):
        books.request("GET", "/items")

    assert sandbox.calls == []
