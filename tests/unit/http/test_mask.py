"""The key is masked in every form in which a server may send it back."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.api_key import REDACTED, Mask

KEY = 'sk-in+ven/ted"&<\\01=23'
FORMS: list[Callable[[str], str]] = [
    str,
    lambda key: urllib.parse.quote(key, safe=""),
    urllib.parse.quote,
    lambda key: urllib.parse.quote(key, safe="").lower(),
    lambda key: "".join(f"%{ord(char):02X}" for char in key),
    lambda key: json.dumps(key)[1:-1],
    lambda key: json.dumps(key)[1:-1].replace("/", "\\/"),
    lambda key: "".join(f"\\u{ord(char):04x}" for char in key),
    lambda key: "".join(f"\\u{ord(char):04X}" if char in "&<+" else char for char in key),
    html.escape,
    lambda key: "".join(f"&#{ord(char)};" for char in key),
    lambda key: "".join(f"&#x{ord(char):X};" for char in key),
    lambda key: "".join(f"\\x{ord(char):02x}" for char in key),
    lambda key: json.dumps(json.dumps(key)[1:-1])[1:-1],
    lambda key: json.dumps(json.dumps(json.dumps(key)[1:-1])[1:-1])[1:-1],
    lambda key: json.dumps("".join(f"\\u{ord(char):04x}" for char in key))[1:-1],
    lambda key: urllib.parse.quote(urllib.parse.quote(key, safe=""), safe=""),
    lambda key: html.escape(html.escape(key)),
    lambda key: json.dumps(html.escape(key))[1:-1],
    lambda key: html.escape(json.dumps(key)[1:-1]),
    lambda key: urllib.parse.quote(json.dumps(key)[1:-1]),
    lambda key: urllib.parse.quote(html.escape(key)),
    lambda key: json.dumps(urllib.parse.quote(html.escape(json.dumps(key)[1:-1])))[1:-1],
    lambda key: json.dumps(key)[1:-1].replace("\\", "\\u005c"),
    lambda key: html.escape(key).replace(";", ""),
    lambda key: "".join(f"%u{ord(char):04x}" for char in key),
    str.upper,
    str.title,
    lambda key: json.dumps(key.swapcase())[1:-1],
    lambda key: key.encode().hex(),
    lambda key: key.encode().hex().upper(),
]


@pytest.mark.parametrize("form", FORMS)
def test_a_key_is_found_in_every_form_that_a_text_gives_it(form: Callable[[str], str]) -> None:
    assert Mask(KEY).text(f"before {form(KEY)} after") == f"before {REDACTED} after"


WRITERS: list[Callable[[str], str]] = [
    urllib.parse.quote,
    lambda text: urllib.parse.quote(text, safe=""),
    lambda text: json.dumps({"a": text}),
    lambda text: json.dumps(text).replace("/", "\\/"),
    lambda text: "".join(f"\\u{ord(char):04x}" if char in "&<>'\"\\" else char for char in text),
    html.escape,
    lambda text: "".join(f"&#{ord(char)};" for char in text),
]


@given(st.lists(st.sampled_from(WRITERS), max_size=4), st.text(st.characters(max_codepoint=126), max_size=9))
def test_a_key_is_found_in_texts_that_are_written_within_other_texts(
    writers: list[Callable[[str], str]], around: str
) -> None:
    written = f"{around} {KEY} {around}"
    for write in writers:
        written = write(written)
    masked = Mask(KEY).text(written)
    assert REDACTED in masked
    assert len(Mask(KEY).overwrite(written.encode())) == len(written.encode())


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_key_is_found_in_wider_encodings(encoding: str) -> None:
    assert KEY not in Mask(KEY)(f'{{"a": "{KEY}"}}'.encode(encoding)).decode(encoding, "replace").replace("\0", "")


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_key_is_found_in_every_form_in_wider_encodings(form: Callable[[str], str], encoding: str) -> None:
    data = f"before {form(KEY)} after".encode(encoding)
    masked = Mask(KEY)(data)
    assert masked.count(REDACTED.encode()) == 1
    assert len(masked.replace(b"\0", b"")) == len(f"before {REDACTED} after")
    assert len(Mask(KEY).overwrite(data)) == len(data)


@pytest.mark.parametrize("key", ["a\\\\b\\c", "\\start", "end\\", "\\" * 12])
@given(st.integers(min_value=0, max_value=3))
def test_a_key_with_backslashes_is_found_however_often_they_are_escaped(key: str, times: int) -> None:
    text = key
    for _ in range(times):
        text = json.dumps(text)[1:-1]
    assert Mask(key).text(f'"{text}"') == f'"{REDACTED}"'


def test_a_key_of_backslashes_alone_is_found_in_finite_time() -> None:
    # In all ways to share them out this would take years.
    Mask("\\" * 30 + '"')(b"\\" * 100_000)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-32-be"])
def test_the_base64_of_a_key_is_found_in_wider_encodings(encoding: str) -> None:
    coded = base64.b64encode(f"user:{KEY}".encode()).decode().encode(encoding)
    assert REDACTED.encode() in Mask(KEY)(coded)


@given(st.binary(max_size=7), st.binary(max_size=7), st.booleans())
def test_base64_of_a_key_with_other_data_around_it_does_not_reveal_the_key(
    before: bytes, after: bytes, safe: bool
) -> None:
    encode = base64.urlsafe_b64encode if safe else base64.b64encode
    masked = Mask(KEY)(encode(before + KEY.encode() + after))
    assert REDACTED.encode() in masked


@given(st.binary(max_size=300))
def test_data_without_the_key_is_not_changed(data: bytes) -> None:
    assert Mask(KEY)(data) == data


@pytest.mark.parametrize("form", FORMS[:3])
def test_a_key_that_is_cut_off_is_found_if_most_of_it_is_left(form: Callable[[str], str]) -> None:
    for start in range(len(KEY)):
        for end in range(start + 1, len(KEY) + 1):
            part = form(KEY[start:end])
            hidden = (end - start) * 10 >= len(KEY) * 6
            assert Mask(KEY).text(f"a {part} b") == f"a {REDACTED if hidden else part} b"


def test_fewer_than_eight_characters_of_a_key_are_not_taken_for_it() -> None:
    assert Mask("abc-123").text("abc-12 bc-123 ABC-123") == f"abc-12 bc-123 {REDACTED}"
    assert Mask("abcd-12345").text("bcd-1234 cd-12345 bcd-123 d-12345") == f"{REDACTED} {REDACTED} bcd-123 d-12345"


@pytest.mark.parametrize("written", ["pat+0123456789abcdef", "pat%200123456789abcdef", "pat 0123456789abcdef"])
def test_a_key_with_a_blank_is_found_in_form_encoding(written: str) -> None:
    assert Mask("pat 0123456789abcdef").text(f"?a={written}&b=1+1") == f"?a={REDACTED}&b=1+1"


@pytest.mark.parametrize("slash", ["/", "\\/", "%2F", "_", "&#47;"])
def test_base64_that_is_escaped_is_found(slash: str) -> None:
    key = "sk-0>?0>?0>?0>?"
    coded = base64.b64encode(key.encode()).decode().replace("/", slash)
    assert Mask(key).text(f"before {coded} after") == f"before {REDACTED} after"


@pytest.mark.parametrize("form", FORMS)
def test_overwriting_a_key_moves_no_other_byte(form: Callable[[str], str]) -> None:
    written = form(KEY)
    assert Mask(KEY).overwrite(f"before {written} after".encode()).decode() == f"before {'*' * len(written)} after"


def test_without_a_key_nothing_is_changed() -> None:
    assert Mask(None)(b"[%22]") == Mask(None).overwrite(b"[%22]") == b"[%22]"
    assert (Mask(None).text("a\ud800"), Mask(None).fields([("A", "b")])) == ("a\ud800", (("A", "b"),))
