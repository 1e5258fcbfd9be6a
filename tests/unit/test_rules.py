"""The rules are listed in the documentation as the command lists them."""

from __future__ import annotations

from pathlib import Path

from contracts.__main__ import table
from contracts.violation import RULES


def test_the_documentation_lists_every_rule() -> None:
    page = (Path(__file__).parents[2] / "docs" / "rules.md").read_text("utf-8")
    assert page.endswith("\n".join(table()) + "\n")


def test_every_rule_has_a_meaning_and_a_source_in_one_line() -> None:
    for code, rule in RULES.items():
        assert rule.code == code
        assert rule.meaning
        assert rule.source
        assert "\n" not in rule.meaning + rule.source
