"""Answers damaged at random are judged: nothing is raised, and no validator differs without settlement."""

from __future__ import annotations

import pytest

from strategies.second_opinion import SecondOpinion
from tests.support.conforming import DOCUMENT, SECOND_OPINION
from tests.support.damaged_documents import DOCUMENTS, judge_half_damaged

COUNT = 400
"""Of each document; `tests/long` has 20,000."""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_damaged_answers_raise_nothing_and_leave_the_validators_agreed(name: str) -> None:
    document = DOCUMENTS[name]
    opinion = SECOND_OPINION if document is DOCUMENT else SecondOpinion(document)
    judge_half_damaged(document, opinion, 0, COUNT)
