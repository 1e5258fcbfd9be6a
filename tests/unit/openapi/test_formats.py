"""Formats: date-time to the letter of RFC 3339, and the widths of integers."""

from __future__ import annotations

import datetime
import time
from typing import Any

import jsonschema
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.openapi import formats
from contracts.openapi.formats import ASSERTED, FORMATS, HINTS, INTEGERS, format_checker, is_date_time
from tests.support.dates import LEGAL_DATES

ILLEGAL = [
    "",
    "nope",
    "1985-04-12",
    "23:20:50Z",
    "1985-04-12T23:20:50",  # no offset
    "1985-04-12 23:20:50Z",  # the grammar has T; a space is what applications may show
    "1985-04-12_23:20:50Z",
    "1985-04-12T23:20Z",
    "1985-04-12T23Z",
    "19850412T232050Z",
    "1985-W15-5T23:20:50Z",
    "1985-102T23:20:50Z",
    "85-04-12T23:20:50Z",
    "01985-04-12T23:20:50Z",
    "+1985-04-12T23:20:50Z",
    "-0001-04-12T23:20:50Z",
    "12024-01-01T00:00:00Z",
    "1985-4-12T23:20:50Z",
    "1985-04-1T23:20:50Z",
    "1985-00-12T23:20:50Z",
    "1985-13-12T23:20:50Z",
    "1985-04-00T23:20:50Z",
    "1985-04-31T23:20:50Z",
    "1985-01-32T23:20:50Z",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2024-02-30T00:00:00Z",
    "1985-04-12T24:00:00Z",
    "1985-04-12T23:60:00Z",
    "1985-04-12T23:20:61Z",
    "1985-04-12T23:20:50.Z",
    "1985-04-12T23:20:50,5Z",
    "1985-04-12T23:20.5Z",
    "1985-04-12T23:20:50+24:00",
    "1985-04-12T23:20:50-24:00",
    "1985-04-12T23:20:50+01:60",
    "1985-04-12T23:20:50+1:00",
    "1985-04-12T23:20:50+01",
    "1985-04-12T23:20:50+0100",
    "1985-04-12T23:20:50+01:00:00",
    "1985-04-12T23:20:50\u221201:00",  # a minus sign, not a hyphen
    "1985-04-12T23:20:50ZZ",
    "1985-04-12T23:20:50Z+01:00",
    "1985-04-12T23:20:50 Z",
    "1985-04-12T23:20:50Z\n",
    "1985-04-12T23:20:50Z ",
    " 1985-04-12T23:20:50Z",
    "\ufeff1985-04-12T23:20:50Z",
    "1985-04-12T23:20:50Z\x00",
    "1985-04-12T23:20:5\u0660Z",
    "-985-04-12T23:20:50Z",  # jsonschema_rs 0.60 takes these for digits
    "+985-04-12T23:20:50Z",
    "1985-+4-12T23:20:50Z",
    "1985-04-12T23:20:5,Z",
    "1985-04-12T23:20:50.+Z",
    "1985-04-12T23:20:50+0.:00",
    "\u0661985-04-12T23:20:50Z",
    "\uff11985-04-12T23:20:50Z",
    "1985-04-12T23:20:50.\u0665Z",
    "1985-04-12T23:20:50[UTC]",
    "1985-04-12T23:20:50Z[Europe/Paris]",
    "1985-04-12T23:20:50GMT",
    # A second 60 in any other minute, hour, day or month than the last of June or December, in UTC.
    "1990-12-31T23:58:60Z",
    "1990-12-31T22:59:60Z",
    "1990-12-30T23:59:60Z",
    "1990-12-31T23:59:60-08:00",
    "1990-12-31T23:59:60+01:00",
    "1991-01-01T00:59:60+02:00",
    "1990-12-31T00:00:60Z",
    "2016-03-31T23:59:60Z",
    "2016-09-30T23:59:60Z",
    "2016-06-29T23:59:60Z",
    "2016-07-31T23:59:60Z",
    "1990-12-31T23:59:61Z",
    "1990-12-31T23:59:60",
    "\ud800",
    "1985-04-12T23:20:50Z\ud800",
]


@pytest.mark.parametrize("text", LEGAL_DATES)
def test_a_date_time_of_rfc_3339_is_one(text: str) -> None:
    assert is_date_time(text)


@pytest.mark.parametrize("text", ILLEGAL)
def test_a_text_against_the_grammar_or_rules_of_rfc_3339_is_no_date_time(text: str) -> None:
    assert not is_date_time(text)


EXACT = {
    "date": ["2024-02-29", "0001-12-31"],
    "time": ["23:20:50.52Z", "00:00:00-08:59"],
    "date-time": ["1985-04-12T23:20:50.52Z", "1990-12-31t15:59:60-08:00"],
}


@pytest.mark.parametrize("name", EXACT)
@given(data=st.data(), char=st.characters().filter(lambda char: char not in "0123456789"))
def test_only_a_digit_stands_for_a_digit(name: str, data: st.DataObject, char: str) -> None:
    text = data.draw(st.sampled_from(EXACT[name]))
    assert ASSERTED[name](text)
    at = data.draw(st.sampled_from([place for place, digit in enumerate(text) if digit.isdigit()]))
    assert not ASSERTED[name](text[:at] + char + text[at + 1 :])


OFFSETS = st.integers(-1439, 1439).map(lambda minutes: datetime.timezone(datetime.timedelta(minutes=minutes)))


@given(st.datetimes(timezones=OFFSETS))
@example(datetime.datetime.min.replace(tzinfo=datetime.UTC))
@example(datetime.datetime.max.replace(tzinfo=datetime.UTC))
def test_every_instant_that_python_writes_with_an_offset_is_a_date_time(moment: datetime.datetime) -> None:
    assert is_date_time(moment.isoformat())


@given(st.datetimes())
def test_no_time_without_an_offset_is_a_date_time(moment: datetime.datetime) -> None:
    assert not is_date_time(moment.isoformat())


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/St_Johns"])
def test_a_leap_second_is_judged_alike_wherever_the_machine_stands(zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    formats._is_date_time_text.cache_clear()
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        assert is_date_time("2016-12-31T23:59:60Z")
        assert not is_date_time("2017-01-01T23:59:60Z")
    time.tzset()


@given(st.datetimes(timezones=OFFSETS), st.data())
def test_a_leap_second_is_legal_exactly_at_the_end_of_june_and_december(
    moment: datetime.datetime, data: st.DataObject
) -> None:
    day = data.draw(st.sampled_from([(6, 30), (12, 31), (moment.month, moment.day)]))
    utc = datetime.datetime(2000, *day, moment.hour, moment.minute, 59, tzinfo=datetime.UTC)
    ends = (utc.month, utc.day) in [(6, 30), (12, 31)] and (utc.hour, utc.minute) == (23, 59)
    assert (
        is_date_time(utc.astimezone(moment.tzinfo).isoformat().replace(":59+", ":60+").replace(":59-", ":60-")) == ends
    )


@pytest.mark.parametrize("name", sorted(FORMATS - set(INTEGERS)))
@pytest.mark.parametrize("value", [None, True, 0, -1, 1.5, [], {}, ["nope"]], ids=repr)
def test_a_format_of_text_says_nothing_of_other_values(name: str, value: object) -> None:
    assert format_checker().conforms(value, name)


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_the_width_of_an_integer_is_asserted_to_the_last_one(bits: int) -> None:
    fits = ASSERTED[f"int{bits}"]
    edge = 2 ** (bits - 1)
    assert [fits(value) for value in (-edge - 1, -edge, 0, edge - 1, edge)] == [False, True, True, True, False]
    assert not fits(float(edge))
    assert not fits(1e300)


@pytest.mark.parametrize("bits", [8, 16, 32, 64])
def test_an_integer_without_a_sign_is_asserted_from_nought_to_its_last_one(bits: int) -> None:
    fits = ASSERTED[f"uint{bits}"]
    assert [fits(value) for value in (-1, 0, 2**bits - 1, 2**bits)] == [False, True, True, False]


@pytest.mark.parametrize("name", sorted(INTEGERS))
@pytest.mark.parametrize("value", [None, True, "99999999999999999999", [2**70], {}], ids=repr)
def test_the_width_of_an_integer_says_nothing_of_other_values(name: str, value: object) -> None:
    assert format_checker().conforms(value, name)


@pytest.mark.parametrize("value", [0.5, 3_000_000_000.5, float("inf"), float("nan")], ids=repr)
def test_the_width_of_an_integer_says_nothing_of_fractions(value: float) -> None:
    assert ASSERTED["int32"](value)


@pytest.mark.parametrize(
    ("name", "legal", "illegal"),
    [
        ("date", "2024-02-29", "2023-02-29"),
        ("time", "23:20:50.52Z", "23:20:50"),
        ("duration", "P3DT4H", "3 days"),
        ("email", "oak@orchard.example", "oak"),
        ("hostname", "orchard.example", "-orchard-"),
        ("ipv4", "127.0.0.1", "127.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("json-pointer", "/a/~0", "a~2"),
        ("regex", "^a+$", "["),
        ("uri", "https://orchard.example/a", "/a"),
        ("uri-reference", "/a?b#c", "\\a"),
        ("uri-template", "/trees/{tree}", "/trees/{tree"),
        ("uuid", "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08-aa98-11ea-b4aa"),
    ],
)
def test_every_format_that_is_asserted_refuses_something(name: str, legal: str, illegal: str) -> None:
    assert ASSERTED[name](legal)
    assert not ASSERTED[name](illegal)


@pytest.mark.parametrize("name", sorted(HINTS))
def test_a_format_that_only_describes_leaves_every_value_legal(name: str) -> None:
    values: list[Any] = ["", "x", 1.5, None, []]
    assert all(format_checker().conforms(value, name) for value in values)


def test_the_checker_asserts_these_formats_and_no_other() -> None:
    assert set(format_checker().checkers) == set(ASSERTED) == FORMATS - HINTS


def test_making_a_checker_leaves_the_librarys_own_alone() -> None:
    before = set(jsonschema.FormatChecker.checkers)
    format_checker()
    assert set(jsonschema.FormatChecker.checkers) == before


def test_a_format_outside_our_list_is_not_asserted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(jsonschema.FormatChecker.checkers, "zz-unheard-of", (lambda value: False, ()))
    assert {*format_checker().checkers} == {*ASSERTED}


@pytest.mark.parametrize("name", sorted(set(ASSERTED) - set(INTEGERS)))
def test_half_a_surrogate_pair_is_of_no_format(name: str) -> None:
    assert ASSERTED[name]("\ud800") is False
