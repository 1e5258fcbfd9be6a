"""Runs the suite as a user does: a process of its own, with options, judged by its exit code and what it prints."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT = Path(__file__).parents[2]

# The user's own settings have no part in these runs.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("SGP_", "CONTRACT_", "PYTEST_"))}

BRIEFLY: Final = ("-k", "known_resource or preferred")
"""For a run whose point is shown by reading what is known, over and over: nothing is drawn."""


@dataclass(frozen=True)
class Result:
    """An exit code and everything that was printed."""

    code: int
    output: str
    errors: str

    @property
    def verdict(self) -> list[str]:
        """The verdict's lines without those that differ from run to run, such as the time taken."""
        lines = self.output.splitlines()
        start = next((number for number, line in enumerate(lines) if line.strip("= ") == "contract"), len(lines))
        return [line for line in lines[start + 1 :] if not line.startswith("target")]

    @property
    def violations(self) -> list[str]:
        """The verdict's violations, one line each, without their number."""
        numbered = [line.partition(". ") for line in self.verdict]
        return [rest for number, dot, rest in numbered if dot and number.strip().isdigit()]


def judge(*options: str, **environment: str) -> Result:
    """Run `pytest tests/api` with the options."""
    return judge_within(120, *options, **environment)


def judge_within(seconds: float, /, *options: str, **environment: str) -> Result:
    """Run `pytest tests/api` with the options, for so long at most."""
    command = [sys.executable, "-m", "pytest", "tests/api", "-p", "no:cacheprovider", *options]
    done = subprocess.run(
        command, cwd=ROOT, env={**CLEAN, **environment}, capture_output=True, text=True, check=False, timeout=seconds
    )
    return Result(done.returncode, done.stdout, done.stderr)
