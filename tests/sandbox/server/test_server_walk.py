"""A random walk through the books of Books and Inventory, held against a second opinion.

Documents are created, edited, paid, credited, written off, made void, converted and deleted over
HTTP, and after each step everything is compared with a ledger that knows the rules from the
documents alone (ledger.py, paper.py, shelves.py): which calls are refused, totals and balances,
statuses, what contacts owe and are owed, and stock. Some hundred steps are part of every run; a
long walk is

    ZOHORM_WALK=20000 pytest --log-cli-level=INFO tests/sandbox/server/test_server_walk.py
"""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from random_walk import Walk

from zohorm.sandbox import Sandbox

STEPS = int(os.environ.get("ZOHORM_WALK", "600"))
LENGTH = 50


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(kept=10) as running:
        yield running


@pytest.mark.parametrize("product", ["books", "inventory"])
def test_a_random_walk_agrees_with_the_ledger(sandbox: Sandbox, product: str) -> None:
    class Wanderer(Walk):
        steps = 0
        done: ClassVar[Counter[str]] = Counter()

    Wanderer.product, Wanderer.sandbox = product, sandbox

    run_state_machine_as_test(
        Wanderer,
        settings=settings(
            max_examples=STEPS // 2 // LENGTH + 1,
            stateful_step_count=LENGTH,
            deadline=None,
            # A run of all tests takes the same way each time; a long walk takes a new one.
            derandomize="ZOHORM_WALK" not in os.environ,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    logging.info("%s: %s calls, %s", product, Wanderer.steps, dict(Wanderer.done))
    # Some turns find nothing to do, such as a refund before there is a payment.
    assert Wanderer.steps >= STEPS // 6
    assert Wanderer.done["refused"] < Wanderer.steps * 2 / 3
