"""How a run that is ended by a signal is told by pytest: shortly, and by whatever ended it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from contracts.admission import TurnedAway
from contracts.errors import TargetError
from contracts.pace import BudgetSpent
from tests.api import ending
from tests.api.ending import Signals, attach


def interrupt(signals: Signals) -> NoReturn:
    signals._come(signal.SIGTERM, None)
    raise AssertionError


def leave(signals: Signals) -> NoReturn:
    """As a plugin may that takes the interrupt for its own."""
    try:
        interrupt(signals)
    except KeyboardInterrupt:
        pytest.exit("enough")


@pytest.mark.parametrize("end", [interrupt, leave])
def test_what_ended_the_run_can_be_told(end: Callable[[Signals], NoReturn]) -> None:
    signals = Signals()
    signals.pytest_sessionstart()
    with pytest.raises((KeyboardInterrupt, pytest.exit.Exception)) as caught:
        end(signals)
    signals.pytest_keyboard_interrupt(caught)
    told = caught.getrepr()
    assert signals.interrupted
    assert told.reprcrash is not None


def test_a_signal_that_follows_at_once_changes_nothing() -> None:
    signals = Signals()
    signals.pytest_sessionstart()
    with pytest.raises(KeyboardInterrupt):
        interrupt(signals)
    signals._come(signal.SIGINT, None)


def test_signals_are_given_back_as_they_were() -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    signals = Signals()
    signals.install()
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] != before
    signals.restore()
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


@pytest.mark.parametrize("error", [TargetError("http://h", "is gone", "look"), BudgetSpent(1), TurnedAway()])
@pytest.mark.parametrize(("folder", "outcome"), [(ending.__file__, "skipped"), (__file__, "failed")])
def test_what_stops_a_run_is_a_failure_of_any_test_that_is_none_of_it(
    error: Exception, folder: str, outcome: str
) -> None:
    def fail() -> None:
        raise error

    item: Any = SimpleNamespace(path=Path(folder).with_name("test_any.py"), location=("test_any.py", 1, "test"))
    report: Any = SimpleNamespace(outcome="failed", longrepr="")
    attach(item, pytest.CallInfo.from_call(fail, "call"), report)
    assert report.outcome == outcome
    assert getattr(report, "incident", "") == (str(error) if outcome == "skipped" else "")
