"""Which answers test whether a violation is fixed, and what the others lack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from contracts.http.exchange import Exchange, Failure, Response
from contracts.run.observer import Observer
from contracts.verdict.obstacles import explains, obstacle_to
from contracts.verdict.replay import Obstacle, Untested
from contracts.verdict.verdict import Finding
from tests.support.tiny import JSON, PETS, answer, document_of, exchange_of
from tests.support.verdicts import verdict_on

THING = {
    "type": "object",
    "properties": {
        "name": {"x-equals": "$request.path.thing"},
        "state": {"enum": ["on", "off"], "x-final": ["off"]},
        "inner": {"type": "object", "properties": {"size": {"type": "integer"}}},
        "list": {"items": {"type": "integer"}},
        "pet": {"$ref": "#/components/schemas/Pet"},
    },
}
DOCUMENT = document_of(
    schemas=PETS,
    responses={
        "200": {"description": "", "content": {JSON: {"schema": THING}}},
        "422": {"description": "", "content": {JSON: {"schema": {"type": "object"}}}},
    },
    refuses=True,
)
(OPERATION,) = DOCUMENT.operations
GOOD = answer(200, {"name": "one", "state": "on"})
PAGE = answer(200, b"<html></html>", media_type="text/html")


def finding_of(*outcomes: Response | Failure, exists: bool | None = None) -> Finding:
    """Return the one violation of these answers."""
    observer = Observer()
    for outcome in outcomes:
        observer(exchange_of(OPERATION, outcome, "one", exists=exists))
    (finding,) = verdict_on(observer.tally, DOCUMENT).findings
    return finding


def exchange(outcome: Response | Failure) -> Exchange:
    return exchange_of(OPERATION, outcome, "one")


ENUM = finding_of(answer(200, {"state": "x"}))
NESTED = finding_of(answer(200, {"inner": {"size": "x"}}))
ITEM = finding_of(answer(200, {"list": ["x"]}))
TOYS = finding_of(answer(200, {"pet": {"kind": "CAT", "toys": []}}))
TAG = finding_of(answer(200, {"pet": {"kind": "COW"}}))
FAILED = finding_of(answer(500, {}))
TIMEOUT = finding_of(Failure("timeout", "no complete answer in 5 s"))
TEXT = finding_of(answer(200, b"{"))
WRONG_NAME = finding_of(answer(200, {"name": "two"}))
FINAL = finding_of(answer(200, {"state": "off"}), answer(200, {"state": "on"}))
REFUSED = finding_of(answer(422, []))


@pytest.mark.parametrize(
    ("finding", "outcome", "exists", "untested"),
    [
        (ENUM, GOOD, True, None),
        (ENUM, answer(200, {}), True, None),
        (ENUM, answer(404, {}), True, Untested(Obstacle.GONE, "404")),
        (ENUM, answer(410, {}), True, Untested(Obstacle.GONE, "410")),
        (ENUM, answer(422, {}), True, Untested(Obstacle.GONE, "422")),
        (ENUM, answer(404, {}), False, Untested(Obstacle.OTHER_STATUS, "404")),
        (ENUM, answer(400, {}), True, Untested(Obstacle.OTHER_STATUS, "400")),
        (ENUM, answer(500, {}), True, Untested(Obstacle.OTHER_STATUS, "500")),
        (ENUM, answer(401, {}), True, Untested(Obstacle.REJECTED, "401")),
        (ENUM, answer(403, {}), True, Untested(Obstacle.REJECTED, "403")),
        (ENUM, answer(429, {}), True, Untested(Obstacle.REJECTED, "429")),
        (ENUM, answer(302, {}), True, Untested(Obstacle.REJECTED, "302")),
        (ENUM, PAGE, True, Untested(Obstacle.REJECTED, "200 page")),
        (ENUM, answer(502, {}), True, Untested(Obstacle.UNAVAILABLE, "502")),
        (ENUM, Failure("reset", ""), True, Untested(Obstacle.UNANSWERED, "reset")),
        (ENUM, answer(200, b"{"), True, Untested(Obstacle.UNREADABLE)),
        (ENUM, answer(200, b"", media_type=None), True, Untested(Obstacle.UNREADABLE)),
        (TEXT, GOOD, True, None),
        (NESTED, answer(200, {"inner": {}}), True, None),
        (NESTED, GOOD, True, Untested(Obstacle.ABSENT)),
        (ITEM, answer(200, {"list": []}), True, None),
        (TOYS, answer(200, {"pet": {"kind": "CAT"}}), True, None),
        (TOYS, answer(200, {"pet": {"kind": "DOG"}}), True, Untested(Obstacle.OTHER_BRANCH, "DOG")),
        (TOYS, GOOD, True, Untested(Obstacle.OTHER_BRANCH, "")),
        (TAG, answer(200, {"pet": {"kind": "DOG"}}), True, None),
        (FAILED, GOOD, True, None),
        (FAILED, answer(404, {}), False, None),
        (FAILED, answer(422, {}), False, None),
        (FAILED, answer(422, {}), True, Untested(Obstacle.GONE, "422")),
        (FAILED, answer(401, {}), False, Untested(Obstacle.REJECTED, "401")),
        (FAILED, answer(503, {}), False, Untested(Obstacle.UNAVAILABLE, "503")),
        (TIMEOUT, GOOD, True, None),
        (TIMEOUT, answer(500, {}), True, None),
        (TIMEOUT, Failure("reset", ""), True, Untested(Obstacle.UNANSWERED, "reset")),
        (WRONG_NAME, answer(422, {}), False, None),
        (WRONG_NAME, answer(404, {}), False, None),
        (WRONG_NAME, answer(404, {}), True, Untested(Obstacle.GONE, "404")),
        (WRONG_NAME, answer(500, {}), False, Untested(Obstacle.OTHER_STATUS, "500")),
        (FINAL, answer(200, {"state": "off"}), True, None),
        (FINAL, answer(200, {"state": "on"}), True, Untested(Obstacle.UNSETTLED)),
        (FINAL, answer(200, {}), True, Untested(Obstacle.UNSETTLED)),
        (REFUSED, answer(422, {}), False, None),
        (REFUSED, GOOD, True, Untested(Obstacle.OTHER_STATUS, "200")),
    ],
)
def test_what_keeps_an_answer_from_testing_a_violation(
    finding: Finding, outcome: Response | Failure, exists: bool, untested: Untested | None
) -> None:
    assert obstacle_to(finding, exchange(outcome), exists=exists) == untested


def test_a_flaw_of_the_framing_is_tested_by_answers_of_the_same_status() -> None:
    message = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}"
    finding = finding_of(replace(answer(200, {}), message=message))
    assert finding.violation.rule == "framing.length"
    assert obstacle_to(finding, exchange(GOOD), exists=True) is None
    assert obstacle_to(finding, exchange(answer(500, {})), exists=True) == Untested(Obstacle.OTHER_STATUS, "500")


def explained(outcome: Response | Failure, finding: Finding = ENUM, **known: Any) -> dict[str, bool]:
    """Return, by the rule of each violation of an answer, whether what the answer lacks explains it."""
    came = exchange(outcome)
    came = replace(came, request=replace(came.request, **known))
    untested = obstacle_to(finding, came, exists=True)
    assert untested
    return {each.rule: explains(untested, came, each) for each in Observer()(came)}


@pytest.mark.parametrize(
    ("outcome", "rules"),
    [
        (answer(404, {}), {"status.undocumented": True}),
        (answer(422, []), {"schema.type": False}),
        (answer(401, {}), {"status.undocumented": True}),
        (PAGE, {"content-type.undocumented": True}),
        (answer(503, {}), {"status.server-error": True}),
        (answer(500, {}), {"status.server-error": False}),
        (answer(400, {}), {"status.undocumented": False}),
        (Failure("refused", ""), {"transport.refused": True}),
        (Failure("timeout", ""), {"transport.timeout": False}),
    ],
)
def test_what_an_answer_lacks_explains_no_more_than_its_status(
    outcome: Response | Failure, rules: dict[str, bool]
) -> None:
    assert explained(outcome) == rules


def test_that_a_resource_is_gone_explains_that_it_is_not_answered_with_success() -> None:
    assert explained(answer(404, {}), exists=True) == {"status.known-resource": True}
