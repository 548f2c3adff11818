"""The recipe of docs/workers.md, as it stands there: real Celery workers on a real Redis."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from local_redis import LocalRedis

from zohorm.sandbox import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "workers.md"
ORGANIZATIONS = 20
WORKERS = 3
CONTACTS = 2
# One organization has nearly as many calls as a minute allows.
CROWD = 40
VARIABLES = {
    "ZOHO_CLIENT_ID": "client_id",
    "ZOHO_CLIENT_SECRET": "client_secret",
    "ZOHO_REFRESH_TOKEN": "refresh_token",
    "ZOHORM_API_URL": "api_url",
    "ZOHORM_ACCOUNTS_URL": "accounts_url",
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file `tasks.py` of the page."""
    text = PAGE.read_text(encoding="utf-8")
    first = re.search(r"The file `tasks\.py`.*?```python\n(.*?)```", text, re.DOTALL)
    assert first is not None
    path = tmp_path / "tasks.py"
    path.write_text(first[1], encoding="utf-8")
    return path


@contextmanager
def service() -> Iterator[tuple[Sandbox, dict[str, list[str]]]]:
    """A sandbox with untidy contacts in twenty organizations of the free plan."""
    with Sandbox(organizations=ORGANIZATIONS, plan="free") as sandbox:
        ids: dict[str, list[str]] = {}
        for place, organization in enumerate(sandbox.organization_ids):
            ids[organization] = [
                sandbox.insert(
                    "Contact",
                    {"contact_name": f"{'  ' * (n % 2)}Contact  {place} {n}"},
                    organization_id=organization,
                )
                for n in range(CROWD if place == 0 else CONTACTS)
            ]
        yield sandbox, ids


def environment(sandbox: Sandbox, redis: LocalRedis) -> dict[str, str]:
    found = {name: str(sandbox.credentials[key]) for name, key in VARIABLES.items()}  # type: ignore[literal-required]
    return {**found, "REDIS_URL": redis.url}


@contextmanager
def workers(file: Path, variables: Mapping[str, str]) -> Iterator[None]:
    command = [sys.executable, "-m", "celery", "--app", "tasks", "worker"]
    command += ["--pool", "threads", "--concurrency", "8", "--loglevel", "WARNING"]
    command += ["--without-gossip", "--without-mingle"]
    started = [
        subprocess.Popen(
            [*command, "--hostname", f"w{number}@localhost"],
            cwd=file.parent,
            env={**os.environ, **variables},
            stdin=subprocess.DEVNULL,
        )
        for number in range(WORKERS)
    ]
    try:
        yield
    finally:
        for worker in started:
            worker.terminate()
        for worker in started:
            worker.wait(60)


def load(file: Path, monkeypatch: pytest.MonkeyPatch, variables: Mapping[str, str]) -> ModuleType:
    """Import the tasks with an environment, as the program does that sends them."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("tasks", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def stored(sandbox: Sandbox, ids: Mapping[str, list[str]]) -> list[list[str]]:
    """Return the names in each organization, in the order in which contacts were made."""
    found = []
    for organization, own in ids.items():
        rows = sandbox.rows("Contact", organization_id=organization)
        names = {row["contact_id"]: row["contact_name"] for row in rows}
        found.append([names[contact] for contact in own])
    return found


def jobs(ids: Mapping[str, list[str]]) -> list[tuple[str, list[str]]]:
    """Two contacts in a task, and those of one organization after each other."""
    return [(org, own[at : at + 2]) for org, own in ids.items() for at in range(0, len(own), 2)]


def places(ids: Mapping[str, list[str]], results: list[list[str]]) -> list[int]:
    """Return the results by the order of contacts, for ids differ between two sandboxes."""
    order = {contact: n for n, contact in enumerate(one for own in ids.values() for one in own)}
    return sorted(order[contact] for result in results for contact in result)


def test_three_workers_do_what_one_process_does_at_one_pace_with_one_token(
    file: Path, redis_server: LocalRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    with service() as (sandbox, ids):
        variables = environment(sandbox, redis_server)
        # So long that workers who do not know of each other have too many calls in flight.
        sandbox.next(fault="slow", seconds=0.1, path="/contacts/*", times=CROWD)
        tasks: Any = load(file, monkeypatch, variables)
        with workers(file, variables):
            sent = [tasks.tidy.delay(*job) for job in jobs(ids)]
            changed = [each.get(timeout=120) for each in sent]
            listed = [tasks.names.delay(organization) for organization in ids]
            names = [each.get(timeout=120) for each in listed]
        tasks.app.close()
        shared = (places(ids, changed), stored(sandbox, ids), names)
        calls = sandbox.calls
        token_calls = len(sandbox.token_calls)

    with service() as (sandbox, ids):
        alone: Any = load(file, monkeypatch, environment(sandbox, redis_server))
        changed = [alone.tidy(*job) for job in jobs(ids)]
        names = [alone.names(organization) for organization in ids]
        for organization in ids:
            alone.session(organization).close()
        alone.app.close()
        single = (places(ids, changed), stored(sandbox, ids), names)

    assert shared == single
    assert shared[0], "something was there to be done"
    assert {call.status for call in calls} == {200}, "nothing was refused"
    assert token_calls == 1
