"""Which outcomes are worth another attempt, and after how long a wait."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Failure, Response
from contracts.http.retries import BASE, MAX_WAIT, Retries, Silence, put_off, wants_retry

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


# A server that asks for fewer requests is waited for beyond the retries.


@pytest.mark.parametrize(
    ("most", "tried", "pause"), [(0, 1, 7.0), (0, 5, 7.0), (0, 6, None), (2, 3, 7.0), (7, 8, None)]
)
def test_a_429_that_says_when_to_come_again_is_waited_for_five_times(
    most: int, tried: int, pause: float | None
) -> None:
    assert Retries(most).pause(response(429, ("Retry-After", "7")), tried, 0.0, NOW, 60.0) == pause


@pytest.mark.parametrize(("asked", "patience", "pause"), [(7, 7.0, 7.0), (8, 7.0, None), (0, 0.0, 0.0)])
def test_a_429_is_waited_for_as_far_as_patience_reaches(asked: int, patience: float, pause: float | None) -> None:
    assert Retries().pause(response(429, ("Retry-After", str(asked))), 1, 0.0, NOW, patience) == pause


def test_without_patience_no_second_is_waited_for() -> None:
    assert Retries().pause(response(429, ("Retry-After", "1")), 1, 0.0, NOW) is None


@pytest.mark.parametrize(
    "outcome",
    [
        response(429),
        response(429, ("Retry-After", "soon")),
        response(503, ("Retry-After", "7")),
        response(200, ("Retry-After", "7")),
        Failure("reset", ""),
    ],
    ids=str,
)
def test_nothing_else_is_waited_for_beyond_the_retries(outcome: Response | Failure) -> None:
    assert Retries().pause(outcome, 1, 0.0, NOW, 60.0) is None


# A server that does not answer.


def silence(*kinds: str, url: str = "http://h/") -> Silence:
    found = Silence(2)
    for kind in kinds:
        found.note(Failure(kind, ""), url)
    return found


def test_a_target_is_silent_after_so_many_requests_in_a_row_without_an_answer() -> None:
    found = silence("reset")
    assert not found.is_long
    found.note(response(503), "http://h/")
    found.note(Failure("timeout", ""), "http://h/")
    assert not found.is_long
    found.note(Failure("reset", ""), "http://h/")
    assert found.is_long


@pytest.mark.parametrize(
    ("kind", "length", "is_long"),
    [("reset", 255, True), ("reset", 256, False), ("timeout", 255, True), ("timeout", 256, True), ("cut", 256, True)],
)
def test_a_connection_that_is_reset_for_a_long_url_is_an_answer(kind: str, length: int, is_long: bool) -> None:
    assert silence(kind, kind, url="http://h/".ljust(length, "x")).is_long is is_long


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        (("reset", "reset"), "gave no answer to 2 requests in a row"),
        (("timeout", "cut"), "gave no answer to 2 requests in a row"),
        (("cut", "cut"), "gave 2 answers in a row that break off"),
        (("coding", "coding"), "gave 2 answers in a row whose body does not decompress"),
        (("oversized", "oversized"), "gave 2 answers in a row that are larger than the harness reads"),
        (("cut", "coding"), "gave 2 answers in a row that cannot be read"),
    ],
    ids=str,
)
def test_what_a_silent_target_did_is_told_in_words(kinds: tuple[str, ...], words: str) -> None:
    assert silence(*kinds).words == words
