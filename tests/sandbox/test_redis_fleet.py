"""Real processes, a real Redis and a real server: one pace, one token, whoever dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fleet import SPEED, Fleet, QuickClock, order
from local_redis import LocalRedis

from zohorm.clock import SystemClock
from zohorm.sandbox import Sandbox

PROCESSES = 4
THREADS = 8
LEASE_SECONDS = 3.0


@pytest.fixture
def service() -> Iterator[Sandbox]:
    with Sandbox(clock=QuickClock()) as sandbox:
        yield sandbox


def fleet(
    service: Sandbox,
    redis: LocalRedis,
    *,
    calls: int,
    count: int = PROCESSES,
    lease_seconds: float = LEASE_SECONDS,
) -> Fleet:
    shared = {
        "kind": "redis",
        "url": redis.url,
        "clock_speed": SPEED,
        "lease_seconds": lease_seconds,
    }
    path = f"/items/{service.insert('Item', {'name': 'Tea', 'rate': 1})}"
    told = order(service.credentials, shared, calls=calls, threads=THREADS, path=path)
    return Fleet(count, told)


def until(claim: Callable[[], bool], seconds: float = 30.0) -> None:
    clock = SystemClock()
    late = clock.now() + seconds
    while not claim():
        assert clock.now() < late
        clock.sleep(0.01)


def keys(redis: LocalRedis, pattern: str) -> list[str]:
    return list(redis.client.scan_iter(pattern))


def test_two_thousand_calls_of_four_processes_are_never_refused_and_renew_one_token(
    service: Sandbox, redis_server: LocalRedis
) -> None:
    # Nobody dies, so nobody need lose a lease, however busy the machine is.
    with fleet(service, redis_server, calls=2000 // PROCESSES, lease_seconds=15) as started:
        results = [worker.result() for worker in started.workers]

    assert [len(result["statuses"]) for result in results] == [500] * PROCESSES
    assert {call.status for call in service.calls} == {200}
    assert len(service.calls) == 2000
    seconds = [result["seconds"] for result in results]
    assert 1 <= len(service.token_calls) <= _lives(max(seconds))
    # Nobody starved: they began together, and the last one had as many calls to make.
    assert min(seconds) > 0.5 * max(seconds)
    assert keys(redis_server, "zohorm:renewing:*") == []
    assert [redis_server.client.zcard(key) for key in keys(redis_server, "*:flying")] in ([], [0])


def test_the_rest_goes_on_when_a_process_is_killed(
    service: Sandbox, redis_server: LocalRedis
) -> None:
    with fleet(service, redis_server, calls=150) as started:
        victim = started.workers.pop()
        until(lambda: len(service.calls) >= 200)
        victim.process.kill()
        results = [worker.result() for worker in started.workers]
        started.workers.append(victim)

    assert [set(result["statuses"]) for result in results] == [{200}] * (PROCESSES - 1)
    assert 450 <= len(service.calls) < 600
    assert {call.status for call in service.calls} == {200}
    assert 1 <= len(service.token_calls) <= _lives(max(one["seconds"] for one in results))
    assert keys(redis_server, "zohorm:renewing:*") == []
    until(lambda: _flying(redis_server) == 0, 3 * LEASE_SECONDS)


def _lives(seconds: float) -> int:
    """Return how many tokens so long a run may take: one, unless the machine is very busy."""
    return 1 + int(seconds * SPEED / 3590)


def _flying(redis: LocalRedis) -> int:
    """Return how many leases have not run out; Redis itself forgets them at the next call."""
    seconds, micro = redis.client.time()
    now = seconds * 1_000_000 + micro
    return sum(int(redis.client.zcount(key, now, "+inf")) for key in keys(redis, "*:flying"))


def test_a_process_that_dies_while_it_renews_the_token_leaves_it_to_another(
    service: Sandbox, redis_server: LocalRedis
) -> None:
    service.next(fault="hang", path="/oauth/*")
    with fleet(service, redis_server, calls=20, count=1) as first:
        service.wait_for_hanging()
        assert len(keys(redis_server, "zohorm:renewing:*")) == 1
        first.workers[0].process.kill()
        first.workers[0].process.wait()

        with fleet(service, redis_server, calls=20, count=2) as others:
            results = [worker.result() for worker in others.workers]
        service.release()

    assert [set(result["statuses"]) for result in results] == [{200}] * 2
    assert len(service.token_calls) == 2  # the one that hung, and one that was answered
    assert keys(redis_server, "zohorm:renewing:*") == []
