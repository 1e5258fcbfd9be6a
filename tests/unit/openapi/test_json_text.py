"""JSON text read strictly (RFC 8259): every flaw at its place, and no flaw where there is none."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.openapi.json_text import UNREADABLE, JsonFlaw, parse_any, parse_flawless, parse_json, text_of, walk_json

MALFORMED = [
    (b"", "@0"),
    (b" \n", "@2"),
    (b"{", "@1"),
    (b'{"a": 1', "@7"),
    (b'{"a": 1,}', "@8"),
    (b"[1,]", "@3"),
    (b"[1 2]", "@3"),
    (b'["\xc3\xa9" x]', "@6"),
    (b'{"a": tru}', "@6"),
    (b"{'a': 1}", "@1"),
    (b"01", "@1"),
    (b"+1", "@0"),
    (b".5", "@0"),
    (b"1.", "@1"),
    (b"-", "@0"),
    (b"0x1", "@1"),
    (b"-NaN", "@0"),
    (b"nan", "@0"),
    (b'"a\nb"', "@2"),
    (b'"\\x41"', "@1"),
    (b'"\\u12"', "@2"),
    (b'"open', "@0"),
    (b"[] []", "@3"),
    (b"// no\n1", "@0"),
    (b"\x0b1", "@0"),
    (b"\xc2\xa01", "@0"),
    (b"<html>", "@0"),
]


@pytest.mark.parametrize(("body", "place"), MALFORMED)
def test_malformed_json_is_located_at_the_byte_where_it_stops_being_json(body: bytes, place: str) -> None:
    value, flaws = parse_json(body)
    assert value is UNREADABLE
    assert [(flaw.rule, flaw.place) for flaw in flaws] == [("json.malformed", place)]


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "nothing at all"),
        (b"\n\t ", "white space only"),
        (b"[1", "the end of the text (Expecting ',' delimiter)"),
        (b"<p>", "Expecting value: '<p>'"),
        (b"[" + b"x" * 50, f"Expecting value: '{'x' * 20}'"),
    ],
)
def test_the_reason_for_malformed_text_is_given(body: bytes, detail: str) -> None:
    assert [flaw.detail for flaw in parse_json(body)[1]] == [detail]


@pytest.mark.parametrize(
    ("message", "text", "at", "place"),
    [
        ("Illegal trailing comma before end of array", "[1,]", 2, "@3"),
        ("Illegal trailing comma before end of object", '{"é": 1 , \n\t}  ', 8, "@13"),
        ("Expecting value", "[1,,]", 3, "@3"),
    ],
)
def test_the_byte_is_the_same_whatever_python_reads_it(
    message: str, text: str, at: int, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(text: str, **hooks: Any) -> Any:
        raise json.JSONDecodeError(message, text, at)

    monkeypatch.setattr(json, "loads", refuse)
    assert [(flaw.rule, flaw.place) for flaw in parse_json(text.encode())[1]] == [("json.malformed", place)]


FLAWED = [
    (b"\xef\xbb\xbf1", 1, [JsonFlaw("json.byte-order-mark", "@0", "EF BB BF")]),
    (b'"\xff"', "\ufffd", [JsonFlaw("json.encoding", "@1", "byte FF")]),
    (b'{"a": "\xc3\xa9\xe2\x82"}', {"a": "é\ufffd\ufffd"}, [JsonFlaw("json.encoding", "@9", "byte E2")]),
    (b'"\xed\xa0\x80"', "\ufffd" * 3, [JsonFlaw("json.encoding", "@1", "byte ED")]),
    (b'"\xc0\x80"', "\ufffd" * 2, [JsonFlaw("json.encoding", "@1", "byte C0")]),
    ('"é"'.encode("utf-16"), "é", [JsonFlaw("json.encoding", "@0", "UTF-16 text")]),
    ('["é"]'.encode("utf-16-le"), ["é"], [JsonFlaw("json.encoding", "@0", "UTF-16-LE text")]),
    ("[1]".encode("utf-16-be"), [1], [JsonFlaw("json.encoding", "@0", "UTF-16-BE text")]),
    ("[1]".encode("utf-32-le"), [1], [JsonFlaw("json.encoding", "@0", "UTF-32-LE text")]),
    (b'"caf\xe9"', "caf\ufffd", [JsonFlaw("json.encoding", "@4", "byte E9")]),
    (b'{"a": 1, "b": 2, "a": 3}', {"a": 3, "b": 2}, [JsonFlaw("json.duplicate-name", "", "a")]),
    (b'[{"a": {"x/y": 1, "x/y": 1}}]', [{"a": {"x/y": 1}}], [JsonFlaw("json.duplicate-name", "/0/a", "x/y")]),
    (b'{"a": 1, "\\u0061": 2}', {"a": 2}, [JsonFlaw("json.duplicate-name", "", "a")]),
    (b"[1, Infinity]", [1, math.inf], [JsonFlaw("json.not-finite", "/1", "Infinity")]),
    (b'{"a/b": -Infinity}', {"a/b": -math.inf}, [JsonFlaw("json.not-finite", "/a~1b", "-Infinity")]),
    (b'["\\ud800"]', ["\ud800"], [JsonFlaw("json.surrogate", "/0", "\\ud800")]),
    (b'["a\\udFFFb"]', ["a\udfffb"], [JsonFlaw("json.surrogate", "/0", "\\udfff")]),
    (b'["\\uD8aB"]', ["\ud8ab"], [JsonFlaw("json.surrogate", "/0", "\\ud8ab")]),
    (b'["\\udc00\\ud800"]', ["\udc00\ud800"], [JsonFlaw("json.surrogate", "/0", "\\udc00")]),
    (b'{"\\ud800": 1}', {"\ud800": 1}, [JsonFlaw("json.surrogate", "", "\\ud800")]),
]


@pytest.mark.parametrize(("body", "value", "flaws"), FLAWED)
def test_a_flaw_has_its_place_and_does_not_hide_the_value(body: bytes, value: Any, flaws: list[JsonFlaw]) -> None:
    assert parse_json(body) == (value, tuple(flaws))


def test_truncated_text_of_another_encoding_is_read_as_far_as_it_goes() -> None:
    value, flaws = parse_json('"é"'.encode("utf-16") + b"!")
    assert value is UNREADABLE
    assert [(each.rule, each.place) for each in flaws] == [("json.encoding", "@0"), ("json.malformed", "@8")]


def test_a_very_long_integer_hides_no_flaw() -> None:
    value, flaws = parse_json(f'{{"long": {"1" * 5_000}, "n": NaN, "e": 1e999, "a": 1, "a": 2}}'.encode())
    assert value["e"] == sys.float_info.max
    assert [(each.rule, each.place) for each in flaws] == [("json.duplicate-name", ""), ("json.not-finite", "/n")]


@pytest.mark.parametrize(("lost", "kept"), [('{"x": 1, "x": 2}', '{"y": 1}'), ("NaN", "1.5")])
def test_a_later_value_is_not_taken_for_a_flawed_one_that_was_freed(lost: str, kept: str) -> None:
    # An object is gone where its name is given once more; one that comes later may be put in its place.
    row = f'{{"a": {{"b": [{", ".join([lost] * 200)}], "b": 0}}, "c": [{", ".join([kept] * 300)}]}}'
    flaws = parse_json(f"[{row}, {row}, {row}]".encode())[1]
    assert flaws == tuple(JsonFlaw("json.duplicate-name", f"/{index}/a", "b") for index in range(3))


@pytest.mark.parametrize("digit", "89abcdefABCDEF")
def test_half_a_surrogate_pair_is_a_flaw_however_it_is_written(digit: str) -> None:
    assert parse_json(f'["\\uD{digit}00"]'.encode())[1] == (JsonFlaw("json.surrogate", "/0", f"\\ud{digit.lower()}00"),)


def test_nan_is_a_flaw_wherever_it_stands() -> None:
    value, flaws = parse_json(b'{"a": [NaN, 1, NaN]}')
    assert math.isnan(value["a"][0])
    assert [(flaw.rule, flaw.place) for flaw in flaws] == [("json.not-finite", "/a/0"), ("json.not-finite", "/a/2")]


def test_every_flaw_of_one_text_is_reported() -> None:
    body = b'\xef\xbb\xbf{"a": "\xff", "a": NaN, "s": "\\ud800"}'
    assert [(flaw.rule, flaw.place) for flaw in parse_json(body)[1]] == [
        ("json.byte-order-mark", "@0"),
        ("json.encoding", "@10"),
        ("json.duplicate-name", ""),
        ("json.not-finite", "/a"),
        ("json.surrogate", "/s"),
    ]


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (b"\xef\xbb\xbf[1,]", "@6"),
        (b'["\xff\xff",]', "@6"),
        (b'\xef\xbb\xbf["\xe2\x82",]', "@9"),
        ('["é",]'.encode("utf-16"), "@12"),
        ('["é",]'.encode("utf-16-le"), "@10"),
    ],
)
def test_the_byte_offset_is_exact_behind_another_flaw(body: bytes, place: str) -> None:
    assert ("json.malformed", place) in [(flaw.rule, flaw.place) for flaw in parse_json(body)[1]]


LEGAL = [
    (b" \t\r\n[ 1 ,\t2 ]\r\n", [1, 2]),
    (b"null", None),
    (b"true", True),
    (b"-0", 0),
    (b"-0.0e-5", 0.0),
    (b"1E400", 1.7976931348623157e308),
    (b"-1e400", -1.7976931348623157e308),
    (b"1e-400", 0.0),
    (b'"\\u0000\\b\\f\\n\\r\\t\\"\\\\\\/"', '\0\b\f\n\r\t"\\/'),
    (b'"\\ud83e\\udd8a"', "🦊"),
    ('"\U0010ffff\u2028\x7f"'.encode(), "\U0010ffff\u2028\x7f"),
    (b'"\\uFFFF \\ufeff"', "\uffff \ufeff"),
    ('"\ufeff"'.encode(), "\ufeff"),
    (b'{"": {"a": {}}, "A": 1, "a": 2}', {"": {"a": {}}, "A": 1, "a": 2}),
    (b'"NaN"', "NaN"),
    (b'"\\\\ud800"', "\\ud800"),
    (b"9" * 4000, int("9" * 4000)),
]


@pytest.mark.parametrize(("body", "value"), LEGAL)
def test_legal_text_has_no_flaw(body: bytes, value: Any) -> None:
    assert parse_json(body) == (value, ())


@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_of_any_length_is_an_integer(sign: str) -> None:
    value, flaws = parse_json(f'{{"long": {sign}{"1" * 5_000}, "short": 7}}'.encode())
    assert flaws == ()
    assert float(value["long"]).is_integer()
    assert (value["long"] < 0) is bool(sign)
    assert type(value["short"]) is int
    assert text_of(value)


def test_a_text_nested_too_deeply_is_reported_as_that() -> None:
    assert parse_json(b"[" * 100_000) == (UNREADABLE, (JsonFlaw("json.depth", "@0", "nested too deeply to be read"),))
    assert text_of(_nested(100_000)) == '"nested too deeply to be shown"'


def test_a_value_outside_json_is_shown_as_text() -> None:
    assert text_of({"é": {1}}) == '{"é": "{1}"}'


def test_text_with_a_flaw_keeps_its_numbers() -> None:
    most = sys.float_info.max
    value, flaws = parse_json(b'[1.5, -0.25, 1e999, -1e999, {"a": 1, "a": 2}]')
    assert value == [1.5, -0.25, most, -most, {"a": 2}]
    assert [flaw.rule for flaw in flaws] == ["json.duplicate-name"]


@pytest.mark.parametrize("body", [b'{"a": [1.5, "\\u00e9"]}', b"1" * 300, b"[]"], ids=["members", "digits", "empty"])
def test_text_without_a_flaw_is_read_by_the_fast_reader(body: bytes) -> None:
    assert parse_flawless(body) == json.loads(body)


@pytest.mark.parametrize("body", [b'{"a": 1, "a": 2}', b"[NaN]", b"[-Infinity]", b"1e999", b"[1"], ids=str)
def test_the_fast_reader_refuses_a_flaw_and_a_number_beyond_a_double(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"\d"):
        parse_flawless(body)


def _nested(depth: int) -> Any:
    value: Any = 0
    for _ in range(depth):
        value = [value]
    return value


def test_one_repeated_name_among_many_costs_linear_time() -> None:
    body = ("{" + ", ".join(f'"n{number}": 0' for number in range(100_000)) + ', "n5": 1}').encode()
    started = time.perf_counter()
    assert parse_json(body)[1] == (JsonFlaw("json.duplicate-name", "", "n5"),)
    assert time.perf_counter() - started < 10


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values, st.booleans())
@example({"\0": "🦊"}, True)
def test_json_that_python_writes_is_read_back_without_a_flaw(value: Any, ascii_only: bool) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only).encode()
    assert parse_json(body) == (value, ())


@given(
    st.binary()
    | st.lists(
        st.sampled_from(
            [
                b"{",
                b"}",
                b"[",
                b"]",
                b'"',
                b"\\ud800",
                b"\\",
                b"\xef\xbb\xbf",
                b"\0",
                b",",
                b":",
                b"NaN",
                b"1e999",
                b"\xff\xfe",
                b" ",
            ]
        )
    ).map(b"".join)
)
def test_no_bytes_raise_an_error(body: bytes) -> None:
    value, flaws = parse_json(body)
    assert value is not UNREADABLE or flaws
    for flaw in flaws:
        assert flaw.place == "" or flaw.place[0] in "@/"
        if flaw.place.startswith("@"):
            assert 0 <= int(flaw.place[1:]) <= len(body)


@given(st.text(st.characters()), st.text(st.characters(categories=["Cs"]), max_size=2))
def test_text_of_can_be_written_in_utf_8(text: str, half: str) -> None:
    assert text_of({text: [half]}).encode("utf-8")


def test_a_walk_goes_through_every_value_in_the_order_of_the_text() -> None:
    assert list(walk_json({"a": [1, {"b/c": None}], "d": {}})) == [
        ("", {"a": [1, {"b/c": None}], "d": {}}),
        ("/a", [1, {"b/c": None}]),
        ("/a/0", 1),
        ("/a/1", {"b/c": None}),
        ("/a/1/b~1c", None),
        ("/d", {}),
    ]


LARGE = [b"9" * 320, b"9" * 320 + b".5", b"0" * 250 + b"e99", b"1" * 250 + b"e99", b"1e999", b"1E+400", b"1e30"]
TOKENS = [b"{", b"}", b"[", b"]", b",", b":", b" ", b"\n", b'"a"', b'"b"', b'"\\ud800"', b'"\\u0061"', b'"4e123"', b"1"]
TOKENS += [
    *LARGE,
    b"-0",
    b"12.5",
    b"123456789012345678901234567890",
    b"NaN",
    b"true",
    b"null",
    b"\xff",
    b"\xef\xbb\xbf",
]


@pytest.mark.hypothesis
@given(st.lists(st.sampled_from(TOKENS), max_size=9).map(b"".join) | st.binary(max_size=20))
@example(b"1e999")
@example(b"[-1E+999]")
@example(b"9" * 320 + b".5")
@example(b"1" * 250 + b"e99")
@example(b'{"a":{"b":1,"b":2}}')
def test_a_text_that_is_read_as_flawless_has_no_flaw_and_the_same_value(body: bytes) -> None:
    try:
        value = parse_flawless(body)
    except ValueError:
        return
    expected, flaws = parse_any(body)
    assert flaws == ()
    assert json.dumps(value) == json.dumps(expected)
    assert not any(isinstance(each, float) and math.isinf(each) for _, each in walk_json(value))


@pytest.mark.hypothesis
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=6,
    )
)
def test_what_python_writes_is_read_as_flawless(value: Any) -> None:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")
    if parse_any(body)[1]:
        return
    assert json.dumps(parse_flawless(body)) == json.dumps(value)
