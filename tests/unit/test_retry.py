from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zohorm import errors
from zohorm.errors import (
    DayLimit,
    Duplicate,
    InFlightLimit,
    MalformedReply,
    MinuteLimit,
    NotAuthorized,
    NotFound,
    OutcomeUnknown,
    ReplyError,
    ServerError,
    Timeout,
    Unreachable,
    ValidationError,
    WrongOrganization,
    ZohoError,
)
from zohorm.retry import NO_ANSWER, RULES, Outcome, RetryPolicy

POLICY = RetryPolicy()

outcomes = st.builds(
    Outcome,
    status=st.sampled_from([0, 100, 200, 201, 204, 302, 400, 401, 403, 404, 429, 500, 502, 700]),
    code=st.sampled_from([None, 0, 5, 14, 15, 43, 44, 45, 57, 1000, 1001, 1002, 1070, 6041, "x"]),
    left=st.booleans(),
    readable=st.booleans(),
    repeatable=st.booleans(),
    timed_out=st.booleans(),
    permanent=st.booleans(),
    oversize=st.booleans(),
    retry_after=st.none() | st.floats(0, 400),
)


@pytest.mark.parametrize(
    ("outcome", "verdict", "error"),
    [
        (Outcome(200, 0), "accept", ReplyError),
        (Outcome(200, None), "accept", ReplyError),
        (Outcome(201, 0, repeatable=False), "accept", ReplyError),
        # Nothing left this machine.
        (Outcome(left=False), "again", Unreachable),
        (Outcome(left=False, repeatable=False), "again", Unreachable),
        (Outcome(left=False, timed_out=True, repeatable=False), "again", Timeout),
        (Outcome(left=False, permanent=True), "give up", Unreachable),
        # Something left, and nothing came back.
        (Outcome(), "again", Unreachable),
        (Outcome(timed_out=True), "again", Timeout),
        (Outcome(repeatable=False), "give up", OutcomeUnknown),
        (Outcome(timed_out=True, repeatable=False), "give up", OutcomeUnknown),
        # Limits are refusals: what is not repeatable may be sent again.
        (Outcome(429, 44, repeatable=False), "again", MinuteLimit),
        (Outcome(429, 43), "again", MinuteLimit),
        (Outcome(200, 44, repeatable=False), "again", MinuteLimit),
        (Outcome(429, 1070, repeatable=False), "again", InFlightLimit),
        (Outcome(429, 45), "give up", DayLimit),
        (Outcome(200, 45), "give up", DayLimit),
        (Outcome(429, None, readable=False, repeatable=False), "again", MinuteLimit),
        (Outcome(429, 9999), "again", MinuteLimit),
        # The token.
        (Outcome(401, 57, repeatable=False), "renew", NotAuthorized),
        (Outcome(401, None, readable=False), "renew", NotAuthorized),
        (Outcome(200, 57), "renew", NotAuthorized),
        (Outcome(200, 14), "renew", NotAuthorized),
        (Outcome(400, 57), "renew", NotAuthorized),
        (Outcome(403, 57), "renew", NotAuthorized),
        (Outcome(403, 1234), "give up", NotAuthorized),
        # The service failed.
        (Outcome(500, 1000), "again", ServerError),
        (Outcome(200, 1000), "again", ServerError),
        (Outcome(502, readable=False), "again", MalformedReply),
        (Outcome(500, 1000, repeatable=False), "give up", OutcomeUnknown),
        (Outcome(400, 1000, repeatable=False), "give up", OutcomeUnknown),
        (Outcome(503, readable=False, repeatable=False), "give up", OutcomeUnknown),
        # The answer cannot be read.
        (Outcome(200, readable=False), "again", MalformedReply),
        (Outcome(200, readable=False, repeatable=False), "give up", OutcomeUnknown),
        (Outcome(404, readable=False), "give up", MalformedReply),
        (Outcome(400, readable=False, repeatable=False), "give up", OutcomeUnknown),
        (Outcome(302), "give up", MalformedReply),
        (Outcome(302, readable=False, repeatable=False), "give up", OutcomeUnknown),
        # The answer is too large.
        (Outcome(200, readable=False, oversize=True), "give up", MalformedReply),
        (Outcome(200, readable=False, oversize=True, repeatable=False), "give up", OutcomeUnknown),
        (Outcome(500, readable=False, oversize=True), "again", MalformedReply),
        # The service has not received the whole call.
        (Outcome(408, readable=False), "again", Timeout),
        (Outcome(408, readable=False, repeatable=False), "give up", OutcomeUnknown),
        (Outcome(100), "give up", MalformedReply),
        (Outcome(700), "give up", MalformedReply),
        # The service says no.
        (Outcome(404, 1002), "give up", NotFound),
        (Outcome(400, 1002, repeatable=False), "give up", NotFound),
        (Outcome(404, 5), "give up", NotFound),
        (Outcome(404, 77), "give up", NotFound),
        (Outcome(400, 1001, repeatable=False), "give up", Duplicate),
        (Outcome(400, 3062), "give up", Duplicate),
        (Outcome(400, 6041), "give up", WrongOrganization),
        (Outcome(400, 15), "give up", ValidationError),
        (Outcome(200, 15), "give up", ValidationError),
        (Outcome(200, "15a"), "give up", ValidationError),
        (Outcome(400, 0), "give up", ValidationError),
        (Outcome(405, 37), "give up", ReplyError),
    ],
)
def test_the_table_decides(outcome: Outcome, verdict: str, error: type[ZohoError]) -> None:
    decision = POLICY.decide(outcome, attempt=1)

    assert (decision.verdict, decision.rule.error) == (verdict, error)


@given(outcomes)
def test_every_outcome_is_decided(outcome: Outcome) -> None:
    assert POLICY.decide(outcome, attempt=1).rule in RULES


@given(outcomes)
def test_what_may_have_been_carried_out_and_is_not_repeatable_is_never_sent_again(
    outcome: Outcome,
) -> None:
    decision = POLICY.decide(outcome, attempt=1)
    answered = outcome.status != NO_ANSWER
    # A limit, a dead token: the service has refused to carry it out.
    refused = outcome.status in (401, 429) or (answered and outcome.code in (14, 43, 44, 57, 1070))

    if not outcome.repeatable and outcome.left and not refused:
        assert decision.verdict in ("accept", "give up")


@given(outcomes, st.integers(1, 30), st.integers(0, 12), st.floats(0, 1))
def test_no_call_is_tried_more_often_than_allowed_nor_waits_longer(
    outcome: Outcome, attempt: int, max_retries: int, chance: float
) -> None:
    policy = RetryPolicy(max_retries=max_retries)

    decision = policy.decide(outcome, attempt=attempt, chance=chance)

    if decision.verdict == "again":
        assert attempt <= max_retries
        assert 0 <= decision.wait_seconds <= policy.max_retry_after_seconds


def test_an_accepted_answer_is_a_success_of_the_service() -> None:
    for status, code, readable in itertools.product(
        (0, 200, 204, 302, 400, 404, 500), (None, 0, 1, 57, "x"), (True, False)
    ):
        decision = POLICY.decide(Outcome(status, code, readable=readable), attempt=1)
        accepted = 200 <= status < 300 and code in (None, 0) and readable
        assert (decision.verdict == "accept") is accepted


def test_the_waits_double_up_to_a_bound_and_are_spread() -> None:
    def wait(attempt: int, chance: float) -> float:
        return POLICY.decide(Outcome(500), attempt=attempt, chance=chance).wait_seconds

    assert [wait(attempt, 0.5) for attempt in range(1, 8)] == [0.5, 1, 2, 4, 8, 15, 15]
    assert (wait(3, 0), wait(3, 1)) == (1, 3)


def test_a_minute_limit_waits_a_minute_and_crowding_a_moment() -> None:
    assert POLICY.decide(Outcome(429, 44), attempt=3).wait_seconds == 60
    assert POLICY.decide(Outcome(429), attempt=1).wait_seconds == 60
    assert POLICY.decide(Outcome(429, 1070), attempt=1, chance=1).wait_seconds == 0.75
    assert POLICY.decide(Outcome(429, 1070), attempt=9, chance=0.5).wait_seconds == 3


def test_the_wait_that_the_service_asks_for_replaces_ours() -> None:
    decision = POLICY.decide(Outcome(429, 44, retry_after=7.0), attempt=1)

    assert (decision.verdict, decision.wait_seconds) == ("again", 7)


def test_a_longer_wait_than_allowed_ends_the_call_at_once() -> None:
    outcome = Outcome(429, 44, retry_after=181.0)

    decision = POLICY.decide(outcome, attempt=1)

    assert (decision.verdict, decision.wait_seconds) == ("give up", 181)
    assert RetryPolicy(max_retry_after_seconds=181).decide(outcome, attempt=1).verdict == "again"


def test_silence_is_borne_less_often_than_a_quick_failure() -> None:
    """Each try in silence costs the whole timeout."""
    silent = [POLICY.decide(Outcome(timed_out=True), attempt=n).verdict for n in range(1, 6)]
    broken = [POLICY.decide(Outcome(), attempt=n).verdict for n in range(1, 6)]

    assert silent == ["again", "again", "give up", "give up", "give up"]
    assert broken == ["again"] * 5


def test_a_policy_is_a_value() -> None:
    assert RetryPolicy(max_retries=3) == RetryPolicy(max_retries=3)
    with pytest.raises(ValueError, match="max_retries"):
        RetryPolicy(max_retries=-1)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.error.__name__}: {rule.what}")
def test_every_rule_names_its_source_and_a_leaf_of_the_tree(rule: object) -> None:
    assert rule in RULES
    source, error = getattr(rule, "source", ""), getattr(rule, "error", None)
    assert source
    assert isinstance(error, type)
    assert issubclass(error, errors.ZohoError)


def test_every_doubt_says_how_to_settle_it() -> None:
    doubts = [rule for rule in RULES if rule.error is OutcomeUnknown]

    assert doubts
    assert all("settle()" in rule.advice and rule.unsettled for rule in doubts)
