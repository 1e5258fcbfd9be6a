"""A signal ends a run once, in order."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator

import pytest

from contracts.run.signals import Signals


def test_a_signal_interrupts_the_run_and_says_so_first() -> None:
    signals, order = Signals(), []
    signals.on_signal = lambda: order.append("noticed")
    with pytest.raises(KeyboardInterrupt):
        signals._come(signal.SIGTERM, None)
    assert signals.interrupted
    assert order == ["noticed"]


def test_a_signal_that_follows_at_once_changes_nothing() -> None:
    signals = Signals()
    with pytest.raises(KeyboardInterrupt):
        signals._come(signal.SIGTERM, None)
    signals._come(signal.SIGINT, None)


def test_a_signal_is_heeded_again_where_the_run_allows_it() -> None:
    signals = Signals()
    signals.ignore_signals()
    signals._come(signal.SIGINT, None)
    assert not signals.interrupted
    with pytest.raises(KeyboardInterrupt), signals.allow_signals():
        signals._come(signal.SIGINT, None)
    signals._come(signal.SIGINT, None)


@pytest.fixture
def hangups() -> Iterator[None]:
    """Let SIGHUP end the process, as it does unless pytest itself was started by nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("hangups")
def test_signals_are_given_back_as_they_were() -> None:
    ended_by = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(each) for each in ended_by]
    with Signals():
        assert all(signal.getsignal(each) != handler for each, handler in zip(ended_by, before, strict=True))
    assert [signal.getsignal(each) for each in ended_by] == before


def test_nohup_stays_in_force() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Signals():
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_wait_ends_by_a_signal_whose_exception_was_lost() -> None:
    with Signals() as signals:
        signals.sleep(0.001)
        with contextlib.suppress(KeyboardInterrupt):  # As Python does in a finalizer.
            signal.raise_signal(signal.SIGTERM)
        with pytest.raises(KeyboardInterrupt):
            signals.sleep(3600)
