"""The guard of the pytest plugin: it would be worth nothing if it let a connection pass."""

import os
import socket
import subprocess
import sys
from pathlib import Path

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
        client = socket.create_connection(("localhost", server.getsockname()[1]), timeout=60)
        client.close()


def test_hosts_of_this_machine_are_open() -> None:
    for name in ("127.0.0.2", "::1", "0.0.0.0", b"127.0.0.1", "invoice.localhost"):
        try:
            socket.getaddrinfo(name, 80)
        except socket.gaierror:
            # A machine may not know the name; what counts is that it was asked.
            pass


ELSEWHERE_TEST = """
import os
import socket
import subprocess
import sys
from pathlib import Path
import pytest

def reach():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("192.0.2.1", 9))

def hide():
    try:
        reach()
    except Exception:
        pass

def test_plain(): {plain}

@pytest.mark.zoho_loopback
def test_marked(): hide()

@pytest.mark.zoho_loopback(allowed=True)
def test_allowed(): pass

def test_fixture(loopback_only): hide()

@pytest.fixture
def untidy():
    yield
    hide()

@pytest.mark.zoho_loopback
def test_teardown(untidy): pass

@pytest.mark.zoho_loopback
def test_open(): reach()
"""


def run(folder: Path, settings: str, plain: str) -> str:
    """Run those tests in a process of their own, and return what pytest printed."""
    (folder / "pytest.ini").write_text(f"[pytest]\n{settings}", encoding="utf-8")
    (folder / "test_it.py").write_text(ELSEWHERE_TEST.format(plain=plain), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-rA", "-p", "zohorm.extras.plugin", str(folder)]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1, done.stderr
    return done.stdout


def test_marker_and_fixture_fail_tests_even_where_they_hide_the_error(tmp_path: Path) -> None:
    printed = run(tmp_path, "", "pass")

    for name in ("marked", "fixture", "open"):
        assert f"FAILED test_it.py::test_{name}" in printed
    assert "ERROR test_it.py::test_teardown" in printed
    assert "this test used the network: socket.sendto 192.0.2.1" in printed
    assert "3 failed, 3 passed, 1 error" in printed


def test_the_setting_watches_every_test_but_those_allowed(tmp_path: Path) -> None:
    printed = run(tmp_path, "zoho_loopback_only = true\n", "hide()")

    assert "FAILED test_it.py::test_plain" in printed
    assert "PASSED test_it.py::test_allowed" in printed
