"""The identity of violations: one cause, whatever the values."""

from __future__ import annotations

import pytest

from contracts.judge.violation import Violation


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
