"""Content codings are decoded completely, and a body that is not whole is refused."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.content_coding import CodingError, decoded

PACKED = gzip.compress(b"packed", mtime=0)


def decode(data: bytes, field: str, size: int = 7, most: int = 1_000_000) -> bytes:
    parts = [data[start : start + size] for start in range(0, len(data), size)]
    return b"".join(decoded(parts, field, most))


@given(st.binary(), st.integers(1, 50))
def test_any_encoded_body_is_decoded_to_the_original(data: bytes, size: int) -> None:
    assert decode(gzip.compress(data), "gzip", size) == data
    assert decode(gzip.compress(data) + gzip.compress(data), "X-GZIP", size) == data + data
    assert decode(zlib.compress(data), "deflate", size) == data
    assert decode(gzip.compress(zlib.compress(data)), " deflate ,, identity, gzip", size) == data


TEXT = b"text" * 20


@pytest.mark.parametrize(
    ("data", "field", "text"),
    [
        pytest.param(gzip.compress(TEXT), "gzip", TEXT, id="gzip"),
        pytest.param(gzip.compress(TEXT) + PACKED, "X-GZIP", TEXT + b"packed", id="two members"),
        pytest.param(zlib.compress(TEXT), "deflate", TEXT, id="deflate"),
        pytest.param(gzip.compress(zlib.compress(TEXT)), " deflate ,, identity,\tgzip", TEXT, id="both"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("most", [10, 1000])
def test_the_size_of_the_parts_does_not_change_the_body(
    data: bytes, field: str, text: bytes, size: int, most: int
) -> None:
    assert decode(data, field, size, most) == text


@pytest.mark.parametrize("field", ["", "identity", "br", "gzip, x-unheard-of", "gzip\xa0", "Xgzip"])
def test_a_body_without_a_coding_or_with_an_unknown_one_is_left_as_it_is(field: str) -> None:
    assert decode(PACKED, field) == PACKED


@pytest.mark.parametrize("field", ["gzip", "deflate"])
def test_an_empty_body_is_decoded_to_an_empty_one(field: str) -> None:
    assert decode(b"", field) == b""


@pytest.mark.parametrize(
    ("data", "field", "problem"),
    [
        (b"plain", "gzip", "no gzip: .* incorrect header check"),
        (b"plain", "deflate", "no deflate: .* incorrect header check"),
        (PACKED[:-1], "gzip", "gzip breaks off before its end"),
        (PACKED[:-5], "gzip", "gzip breaks off before its end"),
        (PACKED + b"junk", "gzip", "no gzip: .* incorrect header check"),
        (PACKED[:-6] + b"!!" + PACKED[-4:], "gzip", "no gzip: .* incorrect data check"),
        (zlib.compress(b"packed")[:-1], "deflate", "deflate breaks off before its end"),
        (zlib.compress(b"packed") + b"junk", "deflate", "[1-4] bytes behind the end of deflate"),
        (zlib.compress(b"packed", wbits=-15), "deflate", "no deflate: .* incorrect header check"),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_body_that_is_not_encoded_as_stated_is_refused_with_the_reason(
    data: bytes, field: str, problem: str, size: int
) -> None:
    with pytest.raises(CodingError, match=f"^{problem}$"):
        decode(data, field, size)


def test_no_part_of_a_decompressed_bomb_exceeds_the_limit() -> None:
    first = next(decoded([gzip.compress(bytes(10_000_000))], "gzip", 1_000))
    assert len(first) == 1_001
