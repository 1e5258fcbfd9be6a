"""Patterns are ECMA-262's, whatever Python's `re` makes of them."""

from __future__ import annotations

import pytest

from contracts.openapi import is_plain, matches_pattern
from contracts.openapi.patterns import pattern_error


@pytest.mark.parametrize(
    ("pattern", "text", "matches"),
    [
        (r"^\p{L}+$", "Zoë", True),
        (r"^\p{L}+$", "Zo1", False),
        (r"^\p{Script=Greek}+$", "αβγ", True),
        (r"^\p{Script=Greek}+$", "abc", False),
        (r"^(?<year>\d{4})$", "2026", True),
        (r"^(?<year>\d{4})$", "026", False),
        (r"^(?<a>.)\k<a>$", "xx", True),
        (r"^(?<a>.)\k<a>$", "xy", False),
        (r"^\u{61}$", "a", True),
        (r"^\u{61}$", "u", False),
        (r"^[^]$", "\n", True),
        (r"[]", "a", False),
        (r"^\d$", "٣", False),
        (r"^\w$", "é", False),
        (r"^.$", "\u2028", False),
        (r"^.$", "😀", True),
        (r"a$", "a\n", False),
        ("b", "abc", True),
        (r"^\?$", "\ud800", True),
    ],
)
def test_a_pattern_matches_as_in_ecma_262(pattern: str, text: str, matches: bool) -> None:
    assert matches_pattern(pattern, text) is matches


@pytest.mark.parametrize("pattern", ["", r"^\p{L}+$", r"(?<year>\d{4})", r"\u{61}", "[^]", "[a-z]{2,3}?"])
def test_a_pattern_that_compiles_has_no_error(pattern: str) -> None:
    assert pattern_error(pattern) == ""


@pytest.mark.parametrize("pattern", ["(", "[", "a{2,1}", r"\p{Nope}", "(?i)a", "a++", r"\Z", "\ud800"])
def test_a_text_that_is_no_pattern_has_an_error(pattern: str) -> None:
    assert pattern_error(pattern) not in ("", "None")


@pytest.mark.parametrize(
    ("pattern", "plain"),
    [
        ("", True),
        ("^x-", True),
        ("^[A-Za-z0-9_-]+$", True),
        (r"^v1\.2$", True),
        ("(a|b)*", True),
        (r"^\p{L}$", False),
        ("(?<a>b)", False),
        (r"\u{61}", False),
        ("[^]", False),
        ("[^a]", False),
        (".", False),
        (r"\d", False),
        ("é", False),
    ],
)
def test_a_pattern_of_ascii_letters_digits_and_classes_is_plain(pattern: str, plain: bool) -> None:
    assert is_plain(pattern) is plain
