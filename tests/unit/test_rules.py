"""The rules are listed in the documentation as the command lists them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from contracts.commands.rules import table
from contracts.judge.violation import RULES

ROOT = Path(__file__).parents[2]


def test_the_documentation_lists_every_rule() -> None:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    assert page.endswith("\n".join(table()) + "\n")


def test_every_rule_has_a_meaning_and_a_source_in_one_line() -> None:
    for code, rule in RULES.items():
        assert rule.code == code
        assert rule.meaning
        assert rule.source
        assert "\n" not in rule.meaning + rule.source


@pytest.mark.parametrize("words", [["contracts", "rules"], ["contracts", "mock", "--faults"]], ids=" ".join)
def test_a_list_whose_reader_has_had_enough_ends_in_silence(words: list[str]) -> None:
    command = [sys.executable, "-m", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as lister:
        assert lister.stdout is not None
        assert lister.stderr is not None
        lister.stdout.close()
        assert (lister.stderr.read(), lister.wait(30)) == (b"", 0)
