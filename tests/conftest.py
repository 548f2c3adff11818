"""What every test gets: a guard against the network, and the fixture `sandbox`."""

from __future__ import annotations

import importlib.util
import ipaddress
import sys
from collections.abc import Iterator

import pytest

_PLUGIN = "zohorm.extras.plugin"


def pytest_configure(config: pytest.Config) -> None:
    """Load the sandbox plugin from the checkout where zohorm is not installed as a package."""
    if not config.pluginmanager.has_plugin("zohorm") and importlib.util.find_spec(_PLUGIN):
        config.pluginmanager.import_plugin(_PLUGIN)


class NetworkUse(RuntimeError):
    """A test reached for something other than this machine."""


class _Guard:
    """Watches connections and name look-ups through an audit hook, which nothing can evade.

    An audit hook stays for the life of the process, so there is one, and it is told when to look.
    """

    def __init__(self) -> None:
        self.watching = False
        self.seen: list[str] = []
        sys.addaudithook(self._audit)

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self.watching:
            return
        if event in ("socket.connect", "socket.sendto"):
            address = arguments[1]
            # A Unix socket has a path for its address and cannot leave the machine.
            host = address[0] if isinstance(address, tuple) else None
        elif event == "socket.getaddrinfo":
            host = arguments[0]
        else:
            return
        if not _is_loopback(host):
            self.seen.append(f"{event} {host}")
            raise NetworkUse(f"tests use only this machine; this one asked for {host} ({event})")


def _is_loopback(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode()
    if host is None or host in ("", "localhost"):
        return True
    try:
        return ipaddress.ip_address(str(host)).is_loopback
    except ValueError:
        return False


_guard = _Guard()


@pytest.fixture(autouse=True)
def loopback_only() -> Iterator[list[str]]:
    """Fail the test that reaches for anything but loopback, even if it hides the error."""
    _guard.seen.clear()
    _guard.watching = True
    yield _guard.seen
    _guard.watching = False
    if _guard.seen:
        pytest.fail(f"this test used the network: {', '.join(_guard.seen)}")
