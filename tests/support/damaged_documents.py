"""The documents whose answers are damaged, and what is to hold of the damaged answers of each."""

from __future__ import annotations

from contracts.openapi import Document
from contracts.run.observer import Observer
from strategies.second_opinion import SecondOpinion
from tests.support.conforming import DOCUMENT
from tests.support.damaged import half_damaged
from tests.support.invented import SHOP, UNIONS
from tests.support.tiny import document_of

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
    assert not observer.tally.differing
    assert len(observer.tally.violations) > 10
    assert observer.tally.successes
