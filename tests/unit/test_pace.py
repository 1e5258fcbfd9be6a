"""Budget and rate, for one process and for several, by a clock that the tests turn."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import ConfigurationError
from contracts.pace import BudgetSpent, Limits, Pace, check_rate


class Clock:
    """Time that passes only while somebody sleeps, and a little with each look at it."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step, self.slept = 100.0, step, 0

    def __call__(self) -> float:
        self.now += self.step
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += 1
        self.now += seconds


def paced(limits: Limits, clock: Clock, path: Path | None = None) -> Pace:
    return Pace(limits, path, clock=clock, sleep=clock.sleep)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "shared"])
def test_without_limits_nobody_waits(alone: bool, tmp_path: Path) -> None:
    clock = Clock()
    pace = paced(Limits(), clock, None if alone else tmp_path / "pace")
    for _ in range(1_000):
        pace.take()
    pace.close()
    assert (clock.now, clock.slept) == (100.0, 0)


@given(st.floats(0.001, 100), st.integers(1, 30), st.floats(0, 0.5))
def test_any_two_turns_are_an_interval_apart(interval: float, count: int, step: float) -> None:
    clock = Clock(step)
    pace = paced(Limits(interval=interval), clock)
    turns = []
    for _ in range(count):
        pace.take()
        turns.append(clock.now)
    pace.close()
    assert all(after - before >= interval * 0.999 for before, after in itertools.pairwise(turns))


def test_time_not_used_is_not_saved_for_a_burst() -> None:
    clock = Clock()
    pace = paced(Limits(interval=1), clock)
    pace.take()
    clock.now += 1_000
    for _ in range(3):
        pace.take()
    assert clock.now == 1_102


@pytest.mark.parametrize("budget", [1, 2, 7])
def test_a_budget_is_spent_to_the_last_request_and_no_further(budget: int) -> None:
    pace = paced(Limits(budget), Clock())
    for _ in range(budget):
        pace.take()
    for _ in range(3):
        with pytest.raises(BudgetSpent, match=f"the budget of {budget} requests is used up; raise --max-requests"):
            pace.take()


def test_a_spent_budget_is_told_at_once_whatever_the_rate() -> None:
    clock = Clock()
    pace = paced(Limits(1, interval=3_600), clock)
    pace.take()
    with pytest.raises(BudgetSpent):
        pace.take()
    assert clock.slept == 0


def test_those_who_share_a_file_share_its_limits(tmp_path: Path) -> None:
    clock = Clock()
    paces = [paced(Limits(6, interval=1), clock, tmp_path / "pace") for _ in range(3)]
    for pace in (*paces, *paces):
        pace.take()
    assert clock.now == 105
    for pace in paces:
        with pytest.raises(BudgetSpent):
            pace.take()


@pytest.mark.parametrize("limits", [Limits(), Limits(99), Limits(interval=0.1)])
def test_while_the_pace_is_held_nobody_has_a_turn(tmp_path: Path, limits: Limits) -> None:
    clock = Clock()
    pace, other = (paced(limits, clock, tmp_path / "pace") for _ in range(2))
    pace.hold(7)
    other.take()
    assert clock.now == pytest.approx(107)
    pace.close()
    other.close()


def test_while_one_process_alone_is_held_it_has_no_turn() -> None:
    clock = Clock()
    pace = paced(Limits(), clock)
    pace.hold(7)
    pace.take()
    assert clock.now == pytest.approx(107)


def test_a_shorter_hold_does_not_end_a_longer_one() -> None:
    clock = Clock()
    pace = paced(Limits(), clock)
    pace.hold(7)
    pace.hold(2)
    pace.take()
    assert clock.now == 107


def test_a_wait_is_of_one_process_alone(tmp_path: Path) -> None:
    clock = Clock()
    pace, other = (paced(Limits(99), clock, tmp_path / "pace") for _ in range(2))
    pace.wait(3)
    other.take()
    assert (clock.now, clock.slept) == (103, 1)


TAKER = """
import sys
from pathlib import Path
from contracts.pace import BudgetSpent, Limits, Pace
pace, turns = Pace(Limits(300), Path(sys.argv[1])), 0
try:
    while True:
        pace.take()
        turns += 1
except BudgetSpent:
    print(turns)
"""


def test_processes_that_ask_at_once_spend_a_budget_together(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TAKER, str(tmp_path / "pace")]
    takers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) for _ in range(3)
    ]
    assert sum(int(taker.communicate(timeout=60)[0]) for taker in takers) == 300


@pytest.mark.parametrize(
    ("text", "interval"),
    [("10/s", 0.1), ("1/s", 1), ("90/m", 60 / 90), ("1000/h", 3.6), ("0.5/s", 2), ("200/s", 0.005)],
)
def test_a_rate_is_so_many_in_a_second_minute_or_hour(text: str, interval: float) -> None:
    assert check_rate(text) == pytest.approx(interval)


@pytest.mark.parametrize("text", "|10|10/|/s|0/s|-1/s|10/d|ten/s|1e3/s|10 / s|٣/s|0.0/m".split("|"))
def test_what_is_no_rate_is_refused_with_the_mend(text: str) -> None:
    with pytest.raises(ConfigurationError, match="write it as 10/s, 90/m or 1000/h"):
        check_rate(text)
