"""How a run that is ended by a signal is told by pytest: shortly, and by whatever ended it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import NoReturn

import pytest

from tests.api.ending import Signals


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
