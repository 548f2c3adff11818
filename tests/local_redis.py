"""A real Redis server on this machine, for tests and benchmarks; it keeps nothing on disk."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any

import redis

from zohorm.clock import SystemClock

PROGRAM = "redis-server"
_START_SECONDS = 20.0


class LocalRedis:
    """One server on a free port of the loopback interface; with a certificate it speaks TLS."""

    def __init__(self, *, certificate: Path | None = None) -> None:
        """`certificate` is a file with the certificate of 127.0.0.1, and its key."""
        self.port = _free_port()
        self._certificate = certificate
        self._folder = tempfile.TemporaryDirectory()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_changed = False
        tls: Any = {"ssl": True, "ssl_ca_certs": str(certificate)} if certificate else {}
        self.client = redis.Redis("127.0.0.1", self.port, decode_responses=True, **tls)
        """A client without the habits of zohorm's, to look and to meddle."""

    def __enter__(self) -> LocalRedis:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()
        self.client.close()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        return f"redis{'s' if self._certificate else ''}://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start with an empty memory, and return when it answers."""
        self._is_changed = False
        arguments = [*self._listen(), "--bind", "127.0.0.1", "--dir", self._folder.name]
        self._process = subprocess.Popen(
            [PROGRAM, *arguments, "--save", "", "--appendonly", "no"],
            stdout=subprocess.DEVNULL,
        )
        clock = SystemClock()
        late = clock.now() + _START_SECONDS
        while True:
            with contextlib.suppress(redis.RedisError):
                self.client.ping()
                return
            if self._process.poll() is not None or clock.now() > late:
                raise RuntimeError(f"{PROGRAM} does not start")
            clock.sleep(0.02)

    def _listen(self) -> list[str]:
        if self._certificate is None:
            return ["--port", str(self.port)]
        own = str(self._certificate)
        files = ["--tls-cert-file", own, "--tls-key-file", own, "--tls-auth-clients", "no"]
        return ["--port", "0", "--tls-port", str(self.port), *files]

    def stop(self) -> None:
        """End it, and forget all it holds."""
        if self._process is not None:
            self.go_on()
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it answer nothing, with its connections open."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """End a freeze."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def begin_anew(self) -> None:
        """Run, with nothing in memory and the settings of the start."""
        if self._process is None or self._is_changed:
            self.stop()
            self.start()
        self.go_on()
        self.client.flushall()
        self.client.script_flush()
        self.client.config_resetstat()

    def set(self, name: str, value: str | int) -> None:
        """Change a setting of the server until it begins anew."""
        self._is_changed = True
        self.client.config_set(name, value)

    def calls(self, command: str = "evalsha") -> int:
        """Return how often it was asked for a command."""
        found = self.client.info("commandstats").get(f"cmdstat_{command}", {"calls": 0})
        return int(found["calls"])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
