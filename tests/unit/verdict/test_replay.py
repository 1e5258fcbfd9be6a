"""What the rounds of one violation, and the results of all, come to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.verdict.replay import Look, Obstacle, Replay, ReplayOutcome, Untested, decide
from contracts.verdict.verdict import Outcome
from tests.support.pet_verdicts import DOCUMENT
from tests.support.replays import FINDING, WAIVER, became
from tests.support.verdicts import run_on

THERE, NOT_THERE, UNTESTED = Look(True), Look(False), Look(False, Untested(Obstacle.GONE, "404"))


@pytest.mark.parametrize(
    ("looks", "elsewhere", "outcome"),
    [
        ([NOT_THERE] * 3, False, ReplayOutcome.FIXED),
        ([NOT_THERE] * 3, True, ReplayOutcome.SOMETIMES),
        ([NOT_THERE] * 2, False, ReplayOutcome.NOT_TESTED),
        ([NOT_THERE, NOT_THERE, UNTESTED], False, ReplayOutcome.NOT_TESTED),
        ([THERE] * 3, False, ReplayOutcome.STILL_THERE),
        ([THERE, UNTESTED, UNTESTED], False, ReplayOutcome.STILL_THERE),
        ([THERE], False, ReplayOutcome.STILL_THERE),
        ([THERE, NOT_THERE, UNTESTED], False, ReplayOutcome.SOMETIMES),
        ([UNTESTED] * 3, False, ReplayOutcome.NOT_TESTED),
        ([UNTESTED] * 3, True, ReplayOutcome.STILL_THERE),
        ([], False, ReplayOutcome.NOT_TESTED),
    ],
)
def test_what_became_of_a_violation(looks: list[Look], elsewhere: bool, outcome: ReplayOutcome) -> None:
    assert decide(looks, 3, elsewhere=elsewhere) is outcome


@given(st.lists(st.sampled_from([THERE, NOT_THERE, UNTESTED]), max_size=4), st.integers(1, 4), st.booleans())
def test_fixed_is_said_only_if_every_planned_round_was_judged_and_none_showed_it(
    looks: list[Look], planned: int, elsewhere: bool
) -> None:
    is_fixed = decide(looks, planned, elsewhere=elsewhere) is ReplayOutcome.FIXED
    assert is_fixed == (looks.count(NOT_THERE) >= planned and THERE not in looks and not elsewhere)


FIXED, UNSEEN, SOMETIMES, STILL = ReplayOutcome


@pytest.mark.parametrize(
    ("replay", "outcome"),
    [
        (became(FIXED, FIXED), Outcome.CONFORMS),
        (became(FIXED, UNSEEN), Outcome.INCONCLUSIVE),
        (became(FIXED, UNSEEN, STILL), Outcome.VIOLATES),
        (became(FIXED, SOMETIMES), Outcome.VIOLATES),
        (became(FIXED, new=1), Outcome.VIOLATES),
        (became(UNSEEN, new=1), Outcome.VIOLATES),
        (became(FIXED, waived=(STILL, SOMETIMES, UNSEEN)), Outcome.CONFORMS),
        (became(waived=(STILL,)), Outcome.CONFORMS),
        (replace(became(FIXED), run=run_on(DOCUMENT, "the run was interrupted")), Outcome.INCONCLUSIVE),
    ],
)
def test_the_outcome_is_conforms_only_if_all_is_fixed_and_nothing_else_broke(replay: Replay, outcome: Outcome) -> None:
    assert replay.outcome is outcome
    assert replay.requests == 3


def test_a_report_lists_the_waived_findings_last() -> None:
    waived = replace(FINDING, waiver=WAIVER)
    assert replace(became(FIXED).reported, waived=(waived,)).every == (FINDING, waived)
