"""Ctrl-C and SIGTERM end a run in every phase before its first request, in one line."""

from __future__ import annotations

import os
import signal
import unittest.mock
from pathlib import Path

import pytest

from strategies import plan
from tests.support.suite import Result, run_here, run_pytest

PHASES = pytest.mark.parametrize("phase", ["unsatisfiable", "unanswered", "known_to_mock", "items", "second_opinion"])
NUMBERS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


def is_ended(result: Result) -> bool:
    """Whether the run ended without evidence, in plain words."""
    said = result.output + result.errors
    return result.code == 6 and "interrupted" in said and "Traceback" not in said


@PHASES
@NUMBERS
def test_a_signal_in_any_phase_ends_the_run(phase: str, number: signal.Signals) -> None:
    def struck(*_: object) -> None:
        os.kill(os.getpid(), number)
        raise AssertionError("the signal did not end the phase")

    with unittest.mock.patch.object(plan, phase, struck):
        result = run_here()
    assert is_ended(result), result.output + result.errors


@PHASES
def test_a_signal_in_any_phase_ends_pytest(phase: str, tmp_path: Path) -> None:
    (tmp_path / "struck.py").write_text(
        "import os, signal\nfrom strategies import plan\n"
        f"real = plan.{phase}\n"
        f"def struck(*given):\n    plan.{phase} = real\n    os.kill(os.getpid(), signal.SIGTERM)\n"
        f"plan.{phase} = struck\n"
    )
    result = run_pytest("-p", "struck", PYTHONPATH=str(tmp_path))
    assert is_ended(result), result.output + result.errors
