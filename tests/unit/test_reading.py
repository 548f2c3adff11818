from __future__ import annotations

import datetime as dt

import pytest

from zohorm import reading
from zohorm.throttle import Quota
from zohorm.transport import Reply

NOW = 1_750_000_000.0
JSON = {"Content-Type": "application/json;charset=UTF-8"}


@pytest.mark.parametrize(
    ("reply", "readable"),
    [
        (Reply(200, JSON, b'{"code":0}'), True),
        (Reply(200, {}, b' {"code":0}'), True),
        (Reply(200, {"Content-Type": "text/plain"}, b'{"code":0}'), True),
        (Reply(200, {"Content-Type": "text/html"}, b'{"code":0}'), True),
        (Reply(200, JSON, b'{"code":0'), False),
        (Reply(200, JSON, b"[]"), False),
        (Reply(200, JSON, b""), False),
        (Reply(200, JSON, b"[" * 100_000), False),
        (Reply(200, JSON, b'{"code":0,"n":1e9999999999999999999}'), False),
        (Reply(200, JSON, b'{"code":0}', complete=False), False),
        (Reply(204, {}, b""), True),
        (Reply(200, {"Content-Type": "application/pdf"}, b"%PDF"), True),
        (Reply(200, {"Content-Type": "image/png"}, b'{"code":0}'), True),
        (Reply(200, {"Content-Type": "application/pdf"}, b""), False),
        (Reply(404, {"Content-Type": "application/pdf"}, b"%PDF"), False),
        (Reply(200, {"Content-Type": "text/html"}, b"<html>"), False),
        (Reply(200, {"Content-Type": "text/csv"}, b"a,b"), False),
    ],
    ids=str,
)
def test_the_content_type_tells_json_from_a_file(reply: Reply, readable: bool) -> None:
    assert reading.body_of(reply)[1] is readable


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (b"0", 0),
        (b"57", 57),
        (b'"44"', 44),
        (b"1070.0", 1070),
        (b'"INVALID_TOKEN"', "INVALID_TOKEN"),
    ],
)
def test_a_code_is_a_number_also_where_it_comes_as_text(given: bytes, code: object) -> None:
    body, _ = reading.body_of(Reply(200, JSON, b'{"code":' + given + b"}"))

    assert reading.code_of(body) == (code, True)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (b"true", None),
        (b"null", None),
        (b'""', None),
        (b"{}", None),
        (b"[0]", None),
        (b"0.5", "0.5"),
        (b"1e20000", "1E+20000"),
        (b"-1e-20000", "-1E-20000"),
        (b"1" * 4000, hex(int("1" * 4000))[:40]),
        (b'"' + b"1" * 4000 + b'"', hex(int("1" * 4000))[:40]),
    ],
)
def test_a_code_that_can_be_none_is_not_taken_for_success(given: bytes, shown: object) -> None:
    body, _ = reading.body_of(Reply(200, JSON, b'{"code":' + given + b"}"))

    assert reading.code_of(body) == (shown, False)


def test_an_answer_without_a_code_has_none() -> None:
    assert reading.code_of({}) == (None, True)
    assert reading.code_of(None) == (None, True)


@pytest.mark.parametrize(
    ("headers", "quota"),
    [
        ({}, None),
        ({"X-Rate-Limit-Limit": "100"}, None),
        ({"X-Rate-Limit-Remaining": "many"}, None),
        ({"X-Rate-Limit-Remaining": "7"}, Quota(None, 7, None)),
        (
            {
                "x-rate-limit-limit": "7,500",
                "x-rate-limit-remaining": "6775",
                "x-rate-limit-reset": "34881",
            },
            Quota(7500, 6775, dt.datetime.fromtimestamp(NOW + 34881, dt.UTC)),
        ),
        (
            {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "90000"},
            Quota(None, 0, dt.datetime.fromtimestamp(NOW + 90000, dt.UTC)),
        ),
        # No day is as long.
        ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "90001"}, Quota(None, 0, None)),
        ({"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": "1750034881"}, Quota(None, 0, None)),
    ],
)
def test_the_headers_tell_the_day_as_far_as_they_are_there(
    headers: dict[str, str], quota: Quota | None
) -> None:
    assert reading.quota_of(Reply(200, headers), NOW) == quota


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (None, None),
        ("0", 0),
        ("2.5", 2.5),
        ("Sun, 15 Jun 2025 15:07:40 GMT", 60),
        ("Sun, 15 Jun 2025 15:07:40 -0000", 60),
        ("Sun, 15 Jun 2025 14:00:00 GMT", 0),
        ("soon", None),
        ("-1", None),
        ("inf", None),
    ],
)
def test_a_wait_is_read_from_seconds_and_from_dates(text: str | None, seconds: object) -> None:
    headers = {} if text is None else {"Retry-After": text}

    assert reading.retry_after_of(Reply(429, headers), NOW) == seconds
