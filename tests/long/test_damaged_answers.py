"""20,000 answers, half of them damaged at random by 20 seeds, of each of four documents."""

from __future__ import annotations

import pytest

from strategies.second_opinion import SecondOpinion
from tests.support.damaged_documents import DOCUMENTS, judge_half_damaged

SEEDS = 20
COUNT = 1_000


@pytest.mark.parametrize("name", DOCUMENTS)
def test_damaged_answers_raise_nothing_and_leave_the_validators_agreed(name: str) -> None:
    opinion = SecondOpinion(DOCUMENTS[name])
    for seed in range(SEEDS):
        judge_half_damaged(DOCUMENTS[name], opinion, seed, COUNT)
