"""Whole runs as a user starts them, judged by their exit code and what they print.

Most carry out `contract verify` in this process, over real sockets; a run that needs pytest, such as one with workers,
is a process of its own.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import subprocess
import sys
import unittest.mock
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.__main__ import main
from contracts.commands import verify
from contracts.run import Item

ROOT = Path(__file__).parents[2]

# The user's own settings have no part in these runs. Each process reads the bytecode that the first one wrote.
_SETTINGS = ("SGP_", "CONTRACT_", "PYTEST_", "PYTHONDONTWRITEBYTECODE")
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(_SETTINGS)}

BRIEFLY: Final = ("-k", "known or preferred")
"""For a run whose point is shown by reading what is known, over and over: nothing is drawn."""

DIFFERENCE: Final = "harness     the validators differ"
"""How a verdict's line begins that tells where another validator differs from the judge."""

_PYTEST_ALONE: Final = {"-n", "-p", "-o", "-v", "-vv", "--junitxml", "--co", "--tb", "--lf"}


@dataclass(frozen=True)
class Result:
    """An exit code and everything that was printed."""

    code: int
    output: str
    errors: str

    def __post_init__(self) -> None:
        # No verdict changes by it, but to this harness every difference is a fault: of ours, or one to settle.
        assert DIFFERENCE not in self.output, self.output

    @property
    def verdict(self) -> list[str]:
        """The verdict's lines without those that differ from run to run, such as the time taken."""
        lines = self.output.splitlines()
        words = ("CONFORMS", "VIOLATES", "INCONCLUSIVE")
        start = next((number for number, line in enumerate(lines) if line.startswith(words)), len(lines))
        return [line for line in lines[start:] if not line.startswith("target")]

    @property
    def violations(self) -> list[str]:
        """The verdict's violations, one line each, without their number."""
        numbered = [line.partition(". ") for line in self.verdict]
        return [rest for number, dot, rest in numbered if dot and number.strip().isdigit()]


def run_suite(*options: str, **environment: str) -> Result:
    """Carry out a run with the options: in this process, or by pytest where it needs that."""
    by_pytest = "PYTEST_PLUGINS" in environment or not _PYTEST_ALONE.isdisjoint(options)
    return (run_pytest if by_pytest else run_here)(*options, **environment)


def run_pytest(*options: str, **environment: str) -> Result:
    """Run `pytest tests/api` with the options."""
    command = [sys.executable, "-m", "pytest", "tests/api", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        command, cwd=ROOT, env={**CLEAN, **environment}, capture_output=True, text=True, check=False, timeout=120
    )
    return Result(done.returncode, done.stdout, done.stderr)


def run_here(*options: str, **environment: str) -> Result:
    """Run `contract verify` with the options in this process; `-k` chooses items by their names, as pytest does."""
    words, chosen = list(options), ""
    while "-k" in words:
        at = words.index("-k")
        chosen = words[at + 1]
        del words[at : at + 2]
    with unittest.mock.patch.object(verify, "is_chosen", _chooser(chosen) if chosen else verify.is_chosen):
        return run_command("verify", *words, **environment)


def run_command(*words: str, **environment: str) -> Result:
    """Run `contract` with the words in this process."""
    output, errors = io.StringIO(), io.StringIO()
    with (
        unittest.mock.patch.dict(os.environ, {**CLEAN, **environment}, clear=True),
        contextlib.chdir(ROOT),
        contextlib.redirect_stdout(output),
        contextlib.redirect_stderr(errors),
    ):
        code = main(words)
    return Result(code, output.getvalue(), errors.getvalue())


def refused(result: Result) -> str:
    """The one line that was printed."""
    assert result.code == 4, result.output + result.errors
    lines = [line for line in (result.output + result.errors).splitlines() if line.strip()]
    assert len(lines) == 1, lines
    assert lines[0].startswith("ERROR: ")
    return lines[0]


def _chooser(expression: str) -> Callable[[Item], bool]:
    code = re.sub(r"(?!(?:and|or|not)\b)\b[\w/-]+", lambda word: f"({word[0].lower()!r} in name)", expression)
    return lambda item: bool(eval(code, {"name": item.name.lower()}))


def headlines(result: Result) -> list[str]:
    """Return the first lines of the verdicts that a run printed."""
    return [line for line in result.output.splitlines() if line.startswith(("CONFORMS", "VIOLATES", "INCONCLUSIVE"))]


def told_once(result: Result, words: str) -> None:
    """Assert that a run printed one verdict, with these words in its first line, and no traceback."""
    told = headlines(result)
    assert len(told) == 1, result.output + result.errors
    assert words in told[0]
    assert "Traceback" not in result.errors
