"""Answers damaged at random are judged: nothing is raised, and no validator differs without settlement."""

from __future__ import annotations

import pytest

from contracts.openapi import Document
from contracts.run.observer import Observer
from strategies.second_opinion import SecondOpinion
from tests.support.conforming import DOCUMENT, SECOND_OPINION
from tests.support.damaged import half_damaged
from tests.support.invented import SHOP, UNIONS
from tests.support.tiny import document_of

COUNT = 400
"""Of each document; `tests/long` has 20,000."""

HEADERS = {
    "X-Tags": {"schema": {"type": "array", "items": {"enum": ["p", "q"]}}},
    "X-Sizes": {"required": True, "schema": {"type": "array", "items": {"type": "integer"}, "minItems": 2}},
    "X-Quota": {"explode": True, "schema": {"type": "object", "properties": {"used": {"type": "integer"}}}},
    "X-Flag": {"schema": {"type": "boolean"}},
}
TYPES = document_of(
    responses={
        "200": {
            "description": "",
            "headers": HEADERS,
            "content": {
                "application/vnd.x+json;v=1": {"schema": {"type": "array", "items": {"multipleOf": 0.01}}},
                "application/vnd.x+json;v=2": {"schema": {"type": "object", "required": ["a"]}},
                "text/plain": {"schema": {"type": "string", "pattern": "^[a-z]+$"}},
                "*/*": {"schema": {"type": ["string", "null"], "format": "date-time"}},
            },
        },
        "404": {"description": ""},
    }
)

DOCUMENTS = {"pinned": DOCUMENT, "shop": SHOP, "unions": UNIONS, "types": TYPES}


def judge_half_damaged(document: Document, opinion: SecondOpinion, seed: int, count: int) -> None:
    observer = Observer(opinion)
    for exchange in half_damaged(document, seed, count):
        observer(exchange)
    assert not observer.tally.differences
    assert len(observer.tally.violations) > 10
    assert observer.tally.successes


@pytest.mark.parametrize("name", DOCUMENTS)
def test_damaged_answers_raise_nothing_and_leave_the_validators_agreed(name: str) -> None:
    document = DOCUMENTS[name]
    opinion = SECOND_OPINION if document is DOCUMENT else SecondOpinion(document)
    judge_half_damaged(document, opinion, 0, COUNT)
