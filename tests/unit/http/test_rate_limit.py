"""Budget and rate hold for one process and for several, by a clock that the tests move."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.http.rate_limit import BudgetSpent, Limits, RateLimit, check_rate


class Clock:
    """Time that passes only during a sleep, and by `step` with every look at the clock."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step, self.slept = 100.0, step, 0

    def __call__(self) -> float:
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += 1
        self.now += seconds


def limited(limits: Limits, clock: Clock, path: Path | None = None) -> RateLimit:
    return RateLimit(limits, path, clock=clock, sleep=clock.sleep)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "shared"])
def test_without_limits_no_turn_is_waited_for(alone: bool, tmp_path: Path) -> None:
    clock = Clock()
    rate_limit = limited(Limits(), clock, None if alone else tmp_path / "turns")
    for _ in range(1_000):
        rate_limit.take()
    rate_limit.close()
    assert (clock.now, clock.slept) == (100.0, 0)


@given(st.floats(0.001, 100), st.integers(1, 30), st.floats(0, 0.5))
def test_two_turns_are_at_least_an_interval_apart(interval: float, count: int, step: float) -> None:
    clock = Clock(step)
    rate_limit = limited(Limits(interval=interval), clock)
    turns = []
    for _ in range(count):
        rate_limit.take()
        turns.append(clock.now)
    rate_limit.close()
    assert all(after - before >= interval * 0.999 for before, after in itertools.pairwise(turns))


def test_unused_time_is_not_saved_for_a_burst() -> None:
    clock = Clock()
    rate_limit = limited(Limits(interval=1), clock)
    rate_limit.take()
    clock.now += 1_000
    for _ in range(3):
        rate_limit.take()
    assert clock.now == 1_102


def test_what_is_left_of_a_budget_is_known() -> None:
    rate_limit = limited(Limits(2), Clock())
    rate_limit.take()
    assert rate_limit.left == 1
    assert limited(Limits(), Clock()).left is None


@pytest.mark.parametrize("budget", [1, 2, 7])
def test_a_budget_allows_exactly_that_many_requests(budget: int) -> None:
    rate_limit = limited(Limits(budget), Clock())
    for _ in range(budget):
        rate_limit.take()
    for _ in range(3):
        with pytest.raises(BudgetSpent, match=f"the budget of {budget} requests is used up; raise --max-requests"):
            rate_limit.take()


def test_a_spent_budget_is_reported_without_waiting_for_the_rate() -> None:
    clock = Clock()
    rate_limit = limited(Limits(1, interval=3_600), clock)
    rate_limit.take()
    with pytest.raises(BudgetSpent):
        rate_limit.take()
    assert clock.slept == 0


def test_rate_limits_that_share_a_file_share_its_budget_and_rate(tmp_path: Path) -> None:
    clock = Clock()
    rate_limits = [limited(Limits(6, interval=1), clock, tmp_path / "turns") for _ in range(3)]
    for rate_limit in (*rate_limits, *rate_limits):
        rate_limit.take()
    assert clock.now == 105
    for rate_limit in rate_limits:
        with pytest.raises(BudgetSpent):
            rate_limit.take()


@pytest.mark.parametrize("limits", [Limits(), Limits(99), Limits(interval=0.1)])
def test_while_turns_are_held_no_process_gets_one(tmp_path: Path, limits: Limits) -> None:
    clock = Clock()
    rate_limit, other = (limited(limits, clock, tmp_path / "turns") for _ in range(2))
    rate_limit.hold(7)
    other.take()
    assert clock.now == pytest.approx(107)
    rate_limit.close()
    other.close()


def test_while_turns_are_held_a_single_process_gets_none() -> None:
    clock = Clock()
    rate_limit = limited(Limits(), clock)
    rate_limit.hold(7)
    rate_limit.take()
    assert clock.now == pytest.approx(107)


def test_a_shorter_hold_does_not_end_a_longer_one() -> None:
    clock = Clock()
    rate_limit = limited(Limits(), clock)
    rate_limit.hold(7)
    rate_limit.hold(2)
    rate_limit.take()
    assert clock.now == 107


def test_a_wait_does_not_hold_other_processes(tmp_path: Path) -> None:
    clock = Clock()
    rate_limit, other = (limited(Limits(99), clock, tmp_path / "turns") for _ in range(2))
    rate_limit.wait(3)
    other.take()
    assert (clock.now, clock.slept) == (103, 1)


TAKER = """
import sys
from pathlib import Path
from contracts.http.rate_limit import BudgetSpent, Limits, RateLimit
rate_limit, turns = RateLimit(Limits(300), Path(sys.argv[1])), 0
try:
    while True:
        rate_limit.take()
        turns += 1
except BudgetSpent:
    print(turns)
"""


def test_concurrent_processes_spend_one_budget_together(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKER, str(tmp_path / "turns")]
    takers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]) for _ in range(3)
    ]
    assert sum(int(taker.communicate(timeout=60)[0]) for taker in takers) == 300


@pytest.mark.parametrize(
    ("text", "interval"),
    [("10/s", 0.1), ("1/s", 1), ("90/m", 60 / 90), ("1000/h", 3.6), ("0.5/s", 2), ("200/s", 0.005)],
)
def test_a_rate_is_a_number_per_second_minute_or_hour(text: str, interval: float) -> None:
    assert check_rate(text) == pytest.approx(interval)


@pytest.mark.parametrize("text", "|10|10/|/s|0/s|-1/s|10/d|ten/s|1e3/s|10 / s|٣/s|0.0/m".split("|"))
def test_other_text_is_refused_as_a_rate_with_the_fix(text: str) -> None:
    with pytest.raises(ConfigurationError, match="write it as 10/s, 90/m or 1000/h"):
        check_rate(text)
