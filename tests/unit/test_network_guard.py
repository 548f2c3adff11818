"""The guard in conftest.py: it would be worth nothing if it let a connection pass."""

import socket

import pytest

# 192.0.2.0/24 and .invalid are reserved for examples: were the guard broken, nobody would answer.
ELSEWHERE = ("192.0.2.1", 80)


def test_a_connection_to_another_machine_is_refused_and_remembered(
    loopback_only: list[str],
) -> None:
    with socket.socket() as client, pytest.raises(RuntimeError, match=r"192\.0\.2\.1"):
        client.connect(ELSEWHERE)

    assert loopback_only == ["socket.connect 192.0.2.1"]
    loopback_only.clear()


def test_a_name_is_not_looked_up(loopback_only: list[str]) -> None:
    with pytest.raises(RuntimeError, match=r"service\.invalid"):
        socket.create_connection(("service.invalid", 443))

    assert loopback_only == ["socket.getaddrinfo service.invalid"]
    loopback_only.clear()


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = socket.create_connection(("localhost", server.getsockname()[1]), timeout=5)
        client.close()
