"""A night whose plan has a bound goes on where the night before stopped."""

from __future__ import annotations

from pathlib import Path

from tests.support.suite import run_suite

NIGHTLY = ("--hypothesis-profile", "nightly")


def test_the_next_night_asks_another_part_of_the_plan(tmp_path: Path) -> None:
    bounded = (*NIGHTLY, "--plan-requests", "200", "--ledger", str(tmp_path / "nights.sqlite"))
    first = run_suite(*bounded, "--collect-only").output
    assert run_suite(*bounded, "--collect-only").output == first
    night = run_suite(*bounded)
    assert night.code == 0, night.output
    assert (
        "planned requests, shared fairly; --plan-requests N asks for more or, with 0, for all; the next run goes on"
        in (night.output)
    )
    assert run_suite(*bounded, "--collect-only").output != first


def test_without_a_ledger_the_seed_says_which_part_is_asked() -> None:
    def asked(seed: str) -> str:
        return run_suite(*NIGHTLY, "--plan-requests", "200", "--hypothesis-seed", seed, "--collect-only").output

    assert asked("1") == asked("1")
    assert len({asked(str(seed)) for seed in range(5)}) > 1


def test_a_night_plans_within_its_budget() -> None:
    night = run_suite(*NIGHTLY, "--max-requests", "400")
    assert night.code == 0, night.output
    assert "the next run goes on where this one stops" in night.output
    assert "budget" not in night.output
