"""Which outcomes are worth another attempt, and after how long a wait."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Failure, Response
from contracts.http.retries import BASE, MAX_WAIT, Retries, put_off, wants_retry

NOW = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, as in RFC 9110, section 5.6.7.


def response(status: int, *fields: tuple[str, str]) -> Response:
    return Response(status, fields, b"")


@pytest.mark.parametrize("kind", ["refused", "reset", "cut", "timeout", "unresolved", "not-http", "failed"])
def test_a_request_without_an_answer_is_sent_again(kind: str) -> None:
    assert wants_retry(Failure(kind, ""))


@pytest.mark.parametrize("kind", ["tls", "oversized", "coding"])
def test_a_failure_that_would_repeat_itself_is_not_retried(kind: str) -> None:
    assert not wants_retry(Failure(kind, ""))


@pytest.mark.parametrize("status", [200, 301, 400, 401, 404, 408, 422, 428, 430, 500, 501, 505, 599])
def test_a_response_that_is_no_throttling_stands(status: int) -> None:
    assert not wants_retry(response(status))
    assert Retries(5).pause(response(status, ("Retry-After", "1")), 1, 0.0, NOW) is None


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_server_that_says_it_cannot_answer_now_is_asked_again(status: int) -> None:
    assert wants_retry(response(status))


@pytest.mark.parametrize(
    ("field", "seconds"),
    [
        ("0", 0),
        ("7", 7),
        (" 120 ", 120),
        ("007", 7),
        ("Sun, 06 Nov 1994 08:49:47 GMT", 10),
        ("Sunday, 06-Nov-94 08:49:47 GMT", 10),
        ("Sun Nov  6 08:49:47 1994", 10),
        ("Sun, 06 Nov 1994 08:49:27 GMT", 0),
        ("Sun, 06 Nov 1994 09:49:47 +0100", 10),
        ("9" * 5_000, float("inf")),
    ],
)
def test_retry_after_is_seconds_or_a_date_in_each_of_its_forms(field: str, seconds: float) -> None:
    for status in (429, 503):
        assert put_off(response(status, ("Retry-After", field)), NOW) == seconds


@pytest.mark.parametrize("field", ["", "soon", "-1", "1.5", "1e3", "+1", "٣", "Sun, 99 Nov 1994 08:49:47 GMT"])
def test_a_malformed_retry_after_is_ignored(field: str) -> None:
    assert put_off(response(503, ("Retry-After", field)), NOW) is None


def test_a_retry_after_date_is_read_by_the_clock_of_the_server() -> None:
    fields = (("Date", "Sun, 06 Nov 1994 08:49:37 GMT"), ("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT"))
    assert put_off(response(503, *fields), NOW + 86_400) == 3


def test_retry_after_counts_with_429_and_503_alone() -> None:
    assert put_off(response(502, ("Retry-After", "3")), NOW) is None
    assert put_off(Failure("reset", ""), NOW) is None


@given(st.integers(1, 6), st.floats(0, 1))
def test_waits_grow_exponentially_and_are_part_chance(tried: int, chance: float) -> None:
    pause = Retries(9, lambda: chance).pause(Failure("reset", ""), tried, 0.0, NOW)
    assert pause is not None
    assert BASE * 2 ** (tried - 1) / 2 <= pause <= BASE * 2 ** (tried - 1)


@pytest.mark.parametrize(
    ("tried", "chance", "pause"), [(1, 0.0, 0.25), (1, 1.0, 0.5), (2, 0.5, 0.75), (3, 0.0, 1.0), (4, 1.0, 4.0)]
)
def test_each_wait_is_twice_the_one_before(tried: int, chance: float, pause: float) -> None:
    assert Retries(9, lambda: chance).pause(Failure("reset", ""), tried, 0.0, NOW) == pause


def test_a_date_without_a_zone_is_in_utc_wherever_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "UTC-9")
        time.tzset()
        seconds = put_off(response(503, ("Retry-After", "Sun Nov  6 08:49:47 1994")), NOW)
    time.tzset()
    assert seconds == 10


def test_a_pause_lasts_until_the_retry_after_date() -> None:
    later = response(429, ("Retry-After", "Sun, 06 Nov 1994 08:49:40 GMT"))
    assert Retries(1).pause(later, 1, 0.0, NOW) == 3


@pytest.mark.parametrize(("most", "tried", "again"), [(0, 1, False), (1, 1, True), (1, 2, False), (2, 2, True)])
def test_a_request_is_sent_again_as_often_as_allowed(most: int, tried: int, again: bool) -> None:
    assert (Retries(most).pause(response(503), tried, 0.0, NOW) is not None) is again


@pytest.mark.parametrize(
    ("asked", "waited", "pause"),
    [(MAX_WAIT, 0.0, MAX_WAIT), (MAX_WAIT + 1, 0.0, None), (30.0, 40.0, None), (20.0, 40.0, 20.0), (1e17, 0.0, None)],
)
def test_an_outcome_stands_if_the_server_asks_for_too_long_a_wait(
    asked: float, waited: float, pause: float | None
) -> None:
    assert Retries(3).pause(response(429, ("Retry-After", f"{asked:.0f}")), 1, waited, NOW) == pause
