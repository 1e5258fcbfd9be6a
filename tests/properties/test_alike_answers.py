"""Answers that are counted because they are alike to known ones count as if each had been judged by itself."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from contracts.captures import Capture
from contracts.http import Response
from contracts.openapi import Document
from contracts.run import CapturedAnswers, alike, read_settings
from contracts.verdict import Redaction
from strategies.answers import covering_answers
from tests.support.damaged import damaged
from tests.support.damaged_documents import DOCUMENTS
from tests.support.tiny import document_of

LASTING = document_of(
    {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "x-equals": "$request.path.thing"},
            "born": {"type": ["string", "number", "null"], "x-immutable": True},
            "state": {"enum": ["on", "off", "dead"], "x-final": ["dead"]},
        },
    },
    refuses=True,
)
CASES = {**DOCUMENTS, "lasting": LASTING}


def captures(document: Document, seed: int, count: int) -> Iterator[Capture]:
    """Yield captures of few resources: most keep the document, and some have one damage or another."""
    chance = Random(seed)
    operations = document.operations
    for number in range(count):
        operation = chance.choice(operations)
        ids = [chance.choice(["one", "two", "a b", "ZÜ", "7"]) for _ in operation.parameters]
        spec = chance.choice(operation.responses)
        response = chance.choice(covering_answers(operation, spec.status, operation.bind(ids)))
        if document is LASTING and response.status == 200:
            response = replace(response, body=lasting_body(ids[0], chance))
        path = operation.url_path(operation.bind(ids)) + chance.choice(["", "", "", "?page=2"])
        at, seconds = chance.choice([0.0, float(number), float(chance.randrange(9))]), chance.choice([0.0, 0.5])
        answer = changed(response, chance)
        yield Capture(f"line {number}", "GET", path, answer.status, answer.headers, answer.body, seconds, at)


def lasting_body(thing: str, chance: Random) -> bytes:
    value: dict[str, Any] = {"name": thing if chance.random() < 0.9 else "other"}
    if chance.random() < 0.8:
        value["born"] = chance.choice(["x", "x", "x", "y", 1, True, None])
    if chance.random() < 0.8:
        value["state"] = chance.choice(["on", "off", "dead"])
    return json.dumps(value).encode()


def changed(response: Response, chance: Random) -> Response:
    match chance.randrange(12):
        case 0:
            return replace(response, body=damaged(response.body, chance))
        case 1:
            return replace(response, headers=(*response.headers, ("Content-Type", "text/html")))
        case 2:
            return replace(response, headers=(*response.headers, ("Date", "today")))
        case 3:
            return replace(response, status=chance.choice([200, 404, 429, 500, 401]))
        case 4:
            return replace(response, body=response.body.replace(b'"', b' "', 1) + b" ")
    return response


@pytest.mark.parametrize("redacted", [(), ("/born",)], ids=["all is kept", "redacted"])
@pytest.mark.parametrize("name", CASES)
def test_the_tally_is_that_of_answers_judged_one_by_one(
    name: str, redacted: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(
        read_settings({"asks": False}, environment={}), document=CASES[name], redaction=Redaction.at(redacted)
    )
    for seed in range(3):
        taken = list(captures(settings.document, seed, 250))
        quick, slow = CapturedAnswers(settings, ""), CapturedAnswers(settings, "")
        quick.take(taken)
        counted = sum(repeats.count for kind in quick._alike._kinds.values() for repeats in kind.counted())
        with monkeypatch.context() as patched:
            patched.setattr(alike.AlikeAnswers, "count", lambda *args, **named: False)
            slow.take(taken)
        assert quick.tally().to_json() == slow.tally().to_json()
        assert counted > 25


def test_few_kinds_traces_and_bodies_are_kept_and_all_answers_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = replace(read_settings({"asks": False}, environment={}), document=CASES["shop"])
    taken = list(captures(settings.document, 7, 300))
    whole, bounded = CapturedAnswers(settings, ""), CapturedAnswers(settings, "")
    whole.take(taken)
    for name in ("MAX_KINDS", "MAX_TRACES", "MAX_BODIES"):
        monkeypatch.setattr(alike, name, 2)
    bounded.take(taken)
    assert bounded.tally().to_json() == whole.tally().to_json()


@pytest.mark.parametrize("room", [0, 2_000])
def test_large_bodies_are_not_kept_beyond_a_bound_and_all_answers_are_counted(
    room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(read_settings({"asks": False}, environment={}), document=CASES["shop"])
    taken = list(captures(settings.document, 7, 300))
    whole = CapturedAnswers(settings, "")
    whole.take(taken)
    monkeypatch.setattr(alike, "MAX_BYTES", room)
    bounded = CapturedAnswers(settings, "")
    bounded.take(taken)
    kinds = bounded._alike._kinds.values()
    learned = [each.exchange.outcome for kind in kinds for each in kind._traces.values()]
    bodies = [each.body for each in learned if isinstance(each, Response)]
    assert sum(map(len, itertools.chain(bodies, *(kind._bodies for kind in kinds)))) <= room
    assert bounded.tally().to_json() == whole.tally().to_json()
