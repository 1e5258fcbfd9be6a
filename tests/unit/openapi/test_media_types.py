"""Media types are read by RFC 9110, and the most specific documented one applies."""

from __future__ import annotations

import pytest

from contracts.openapi import MediaType, accept_field, documented_key, parse_media_type, sample_type
from tests.support.tiny import document_of


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("Application/JSON", MediaType("application/json")),
        (" text/plain ;Charset=UTF-8; a=B", MediaType("text/plain", (("charset", "UTF-8"), ("a", "B")))),
        ('a/b; c="d;\\"e"', MediaType("a/b", (("c", 'd;"e'),))),
        ("*/*", MediaType("*/*")),
        ("json", None),
        ("", None),
        ("a/b; charset", None),
        ("a/b, a/b", None),
    ],
)
def test_a_media_type_has_a_name_and_parameters(text: str, parsed: MediaType | None) -> None:
    assert parse_media_type(text) == parsed


@pytest.mark.parametrize(
    ("keys", "sent", "key"),
    [
        (["application/json"], "application/json; charset=utf-8", "application/json"),
        (["application/json; charset=utf-8"], "application/json", "application/json; charset=utf-8"),
        (["application/json;charset=utf-8"], "application/json; charset=latin-1", "application/json;charset=utf-8"),
        (["a/b+json;v=1", "a/b+json;v=2"], "a/b+json; v=2", "a/b+json;v=2"),
        (["a/b+json;v=1", "a/b+json;v=2"], 'A/B+json;charset=utf-8;V="2"', "a/b+json;v=2"),
        (["a/b;charset=utf-8", "a/b;charset=latin-1"], "a/b;charset=UTF-8", "a/b;charset=utf-8"),
        (["a/b+json;v=1", "a/b+json;v=2"], "a/b+json;v=3", None),
        (["a/b+json;v=1", "a/b+json;v=2"], "a/b+json", None),
        (["a/b+json", "a/b+json;v=2"], "a/b+json;v=3", "a/b+json"),
        (["a/b+json", "a/b+json;v=2", "a/b+json;v=2;w=1"], "a/b+json;w=1;v=2", "a/b+json;v=2;w=1"),
        (["a/b;v=1"], "a/b", "a/b;v=1"),
        (["a/b;v=1"], "a/b;v=2", None),
        (["a/b;v=1", "a/*"], "a/b;v=2", None),
        (["*/*", "a/*", "a/b"], "a/b", "a/b"),
        (["*/*", "a/*", "a/b"], "a/c", "a/*"),
        (["*/*", "a/*", "a/b"], "c/d", "*/*"),
        (["a/*"], "c/d", None),
        (["nonsense"], "c/d", None),
    ],
)
def test_only_the_most_specific_key_applies(keys: list[str], sent: str, key: str | None) -> None:
    media_type = parse_media_type(sent)
    assert media_type is not None
    assert documented_key(keys, media_type) == key


@pytest.mark.parametrize(
    ("keys", "key", "name"),
    [
        (["a/b"], "a/b", "a/b"),
        (["*/*"], "*/*", "application/json"),
        (["*/*", "application/json"], "*/*", "text/plain"),
        (["application/*", "application/json"], "application/*", "application/octet-stream"),
        (["image/*"], "image/*", "image/plain"),
        (["nonsense"], "nonsense", None),
    ],
)
def test_a_range_is_shown_by_a_type_to_which_it_applies(keys: list[str], key: str, name: str | None) -> None:
    assert getattr(sample_type(keys, key), "name", None) == name


@pytest.mark.parametrize(
    ("contents", "field"),
    [
        ([["application/vnd.shop.v2+json"], ["application/problem+json"]],
         "application/vnd.shop.v2+json, application/problem+json"),
        ([["text/csv", "application/json;v=1", "text/csv"], ["text/csv"]], "application/json;v=1, text/csv"),
        ([[]], "*/*"),
        ([["nonsense", "a/b;c=\"\u00e9\""]], "*/*"),
    ],
)  # fmt: skip
def test_accept_asks_for_all_that_any_status_documents(contents: list[list[str]], field: str) -> None:
    statuses = ("200", "404")
    responses = {
        status: {"description": "", "content": {key: {} for key in keys}}
        for status, keys in zip(statuses, contents, strict=False)
    }
    assert accept_field(document_of(responses=responses).operations[0]) == field
