"""Ours beside oasdiff's: each of its response-side rules, with an edit that it reports."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.changes import Classification
from tests.support.differing import compared
from tests.support.oasdiff_rules import Row, documents, rows, table

PAGE = Path(__file__).parents[3] / "docs" / "diff.md"
EDITS = [(row, name) for row in rows() if row.ours for name in row.names()]


@pytest.mark.parametrize(("row", "name"), EDITS, ids=[name for _, name in EDITS])
def test_the_edit_of_a_rule_is_classified_as_the_page_says(row: Row, name: str) -> None:
    severity = list(Classification)
    found = compared(*documents(row, name))
    worst = min((each.classification for each in found), key=severity.index, default=Classification.EQUIVALENT)
    assert worst == row.ours


def test_every_rule_stands_in_the_table_once() -> None:
    names = [name for row in rows() for name in row.names()]
    assert len(names) == len({*names}) == 193


def test_the_page_has_the_table() -> None:
    assert "\n".join(table()) in PAGE.read_text("utf-8")
