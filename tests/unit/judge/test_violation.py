"""The identity of violations: one cause, whatever the values; and patterns of their places."""

from __future__ import annotations

import pytest

from contracts.judge.violation import PlacePattern, Violation


@pytest.mark.parametrize(
    ("place", "identity"),
    [
        ("status", "status"),
        ("body", "body"),
        ("body/a/0/b/17", "body/a/*/b/*"),
        ("body/0x/a0", "body/0x/a0"),
        ("body@117", "body@*"),
        ("body/a/3@5", "body/a/3@*"),
        ("body/a@5/b", "body/a@5/b"),
    ],
)
def test_a_violation_is_the_same_at_any_item_and_any_byte(place: str, identity: str) -> None:
    found = Violation("schema.enum", 200, place, "#/d", "1", "2", variant="c", branch="b", suggestion="n")
    assert found.identity == ("schema.enum", "200", identity, "#/d", "c", "b")


@pytest.mark.parametrize(
    ("pattern", "place", "covers", "leads"),
    [
        ("body/a", "body/a", True, True),
        ("body/a", "body/b", False, False),
        ("body/a/b", "body/a", False, True),
        ("body/a/b", "body/b", False, False),
        ("body/a", "body/a/b", False, False),
        ("body", "status", False, False),
        ("body/*", "body/a", True, True),
        ("body/*", "body/7", True, True),
        ("body/*/b", "body/7/b", True, True),
        ("body/*/b", "body/7/c", False, False),
        ("body/*/b/*", "body/7/b", False, True),
        ("body/a", "body/*", False, False),
        ("body@", "body@117", True, True),
        ("body/a@", "body/a@5", True, True),
        ("body/a@", "body/b@5", False, False),
        ("body@", "body@x", False, False),
        ("body@5", "body@5", False, False),
        ("body/a@/b", "body/a@5/b", False, False),
    ],
)
def test_a_pattern_covers_places_alike_and_leads_to_what_holds_them(
    pattern: str, place: str, covers: bool, leads: bool
) -> None:
    assert PlacePattern(pattern).covers(place) is covers
    assert PlacePattern(pattern).leads_to(place) is leads
    assert str(PlacePattern(pattern)) == pattern
