"""The identity of violations: one cause, whatever the values; and patterns of their places."""

from __future__ import annotations

from dataclasses import replace

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


FOUND = Violation("schema.enum", 200, "body/state", "#/d", '["on"]', '"no"', variant="no", branch="b", suggestion="on")


def test_a_violation_that_stands_for_others_keeps_all_but_what_is_of_its_own_value() -> None:
    others = FOUND.of_others()
    assert others == Violation("schema.enum", 200, "body/state", "#/d", '["on"]', '"no"', branch="b", is_of_others=True)
    assert others.identity == ("schema.enum", "200", "", "#/d", "", "")


@pytest.mark.parametrize(
    ("found", "alone", "among_others"),
    [
        (FOUND, True, True),
        (replace(FOUND, actual='"NO"', suggestion="off"), True, True),
        (replace(FOUND, variant="nein"), False, True),
        (replace(FOUND, place="body/other", branch="c"), False, True),
        (replace(FOUND, pointer="#/e"), False, False),
        (replace(FOUND, status=201), False, False),
        (replace(FOUND, rule="schema.type"), False, False),
    ],
    ids=["itself", "other words", "other value", "other place", "other pointer", "other status", "other rule"],
)
def test_a_violation_is_shown_by_its_like_and_one_of_others_by_each_of_them(
    found: Violation, alone: bool, among_others: bool
) -> None:
    assert FOUND.is_shown_by(found) is alone
    assert FOUND.of_others().is_shown_by(found) is among_others


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
