"""The guard of the pytest plugin: it watches a test and refuses what would leave this machine."""

from __future__ import annotations

import ipaddress
import socket
import sys


class NetworkUse(RuntimeError):
    """A test reached for something other than this machine."""


class Guard:
    """Watches connections, datagrams and look-ups of names while it is told to.

    Python tells its audit hooks of them, whatever library makes them. A hook stays for the life of
    the process, so there is one, set when somebody watches for the first time.
    """

    def __init__(self) -> None:
        self.seen: list[str] = []
        """What was refused since the watch began, also where the test hid the error."""
        self._is_watching = False
        self._is_hooked = False

    def watch(self) -> None:
        """Begin to refuse; what was seen before is forgotten."""
        if not self._is_hooked:
            sys.addaudithook(self._audit)
            self._is_hooked = True
        self.seen.clear()
        self._is_watching = True

    def rest(self) -> None:
        """Let everything pass."""
        self._is_watching = False

    @property
    def is_watching(self) -> bool:
        """Whether it refuses now."""
        return self._is_watching

    def _audit(self, event: str, arguments: tuple[object, ...]) -> None:
        if not self._is_watching or not event.startswith("socket."):
            return
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            host = _host(arguments[0], arguments[1])
        elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
            host = arguments[0]
        else:
            return
        if not _is_here(host):
            self.seen.append(f"{event} {host}")
            raise NetworkUse(f"tests use only this machine; this one asked for {host} ({event})")


def _host(connection: object, address: object) -> object:
    """Return the host of an address; None for one of a kind that stays on the machine."""
    if getattr(connection, "family", None) not in (socket.AF_INET, socket.AF_INET6):
        return None
    return address[0] if isinstance(address, tuple) else None


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host in ("", "localhost"):
        return True
    name = str(host)
    if name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    # Nobody but this machine is at 0.0.0.0, where servers listen to everyone.
    return address.is_loopback or address.is_unspecified
