"""The words of a whole verdict, and of a headline."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

import pytest

from contracts.coverage.requirements import parse_requirement
from contracts.http.rejection import AllRejected, Rejection
from contracts.judge import Violation
from contracts.openapi import Document
from contracts.reports import terminal
from contracts.reports.messages import visible
from contracts.reports.rejection_words import rejection_line
from contracts.reports.verdict_words import rarity, recheck_words, self_test, spread
from contracts.run.observer import Observer
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import AcceptanceCriteria, Finding, RecheckResult, conclude
from contracts.verdict.waivers import Waiver, Waivers
from tests.support.pet_verdicts import CREDENTIALS, PET_KEY, witness
from tests.support.tiny import PETS, answer, document_of, exchange_of
from tests.support.verdicts import run_on, tally_on

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string"},
        "state": {"enum": ["on", "off"]},
        "pet": {"$ref": "#/components/schemas/Pet"},
    },
}


def lines_on(document: Document, tally: Tally, **facts: Any) -> list[str]:
    return list(terminal.terminal_lines(conclude(run_on(document, **facts), tally)))


def verdict_of(*bodies: Any, keyed: bool = False) -> list[str]:
    document = dataclasses.replace(document_of(SCHEMA, PETS), credentials=(PET_KEY,))
    (operation,) = document.operations
    tally = tally_on(exchange_of(operation, answer(200, body), f"it{number}") for number, body in enumerate(bodies))
    lines = lines_on(document, tally, sent=(PET_KEY,) * keyed)
    return [line for line in lines if "sha256" not in line and "note  " not in line]


def rarity_of(target: str, **counts: int) -> str:
    document = document_of(SCHEMA, PETS)
    (operation,) = document.operations
    answers = [answer(200, {"name": "a", "state": state}) for state, count in counts.items() for _ in range(count)]
    facts = dataclasses.replace(run_on(document), target=target)
    return rarity(conclude(facts, tally_on(exchange_of(operation, each) for each in answers)))


def test_a_verdict_says_whether_each_class_was_read_often_enough() -> None:
    words = "2 of 2 values and branches seen were read 230 times or more"
    assert rarity_of("http://h", on=230, off=230) == f"{words}: one bad answer in fifty of any of them would have shown"
    words = "1 of 2 values and branches seen were read 230 times or more"
    assert rarity_of("http://h", on=229, off=230) == f"{words}; fewest: on (229x, 200/state)"
    assert rarity_of("http://h") == rarity_of("the embedded mock server", on=230) == ""


def test_a_verdict_reads_like_this() -> None:
    lines = verdict_of(
        {"name": "a", "state": "on"}, {"name": 5, "pet": {"kind": "CAT", "toys": 1}}, {"name": 6}, keyed=True
    )
    assert lines == [
        "VIOLATES  2 distinct violations in 3 answers",
        "target      http://127.0.0.1:1",
        "document    Tiny 7 (tiny.json, no overlay)",
        "requests    3 in 1.2 s (200: 3)",
        "seen        status: 200 3",
        "            200/state: on 1 · off never",
        "            200/pet/kind: CAT 1 · DOG never · EEL never",
        "            optional properties seen present and absent: 2 of 7",
        "            pairs, sizes, bounds and formats seen: 0 of 6",
        (
            "not seen    200/pet[CAT]/toys absent, 200/pet[CAT]/home present, 200/pet[DOG]/toys present, "
            "200/pet[DOG]/toys absent and 10 more"
        ),
        "rarity      0 of 2 values and branches seen were read 230 times or more; fewest: on (1x, 200/state)",
        "violations  2",
        "  1. schema.type at /name of 200: expected string, got integer 6 [2x on 2 resources]",
        '     curl -sS -i -H "x-pet-key: $PET_KEY" http://127.0.0.1:1/things/it2',
        "  2. schema.type at /pet/toys of 200 (CAT): expected object, got integer 1 [1x on 1 resource]",
        '     curl -sS -i -H "x-pet-key: $PET_KEY" http://127.0.0.1:1/things/it1',
        "explained   `contract explain schema.type` says what that rule means, with examples, and what to do",
    ]


def waived_lines(*waivers: Waiver, body: Any, requirement: str = "") -> list[str]:
    document = document_of(SCHEMA, PETS)
    known = Waivers(waivers, datetime.date(2026, 1, 2))
    observer = Observer(waiver=known.match)
    observer(exchange_of(document.operations[0], answer(200, body), "it"))
    required = (parse_requirement(requirement, document.operations),) if requirement else ()
    verdict = conclude(run_on(document), observer.tally, AcceptanceCriteria(known, required))
    lines = list(terminal.terminal_lines(verdict))
    start = next(number for number, line in enumerate(lines) if line.startswith("not seen")) + 1
    return [line for line in (lines[0], *lines[start:]) if "note  " not in line and "curl" not in line]


def test_waived_expired_and_stale_waivers_read_like_this() -> None:
    valid = Waiver(1, "schema.type", "body/name", "old rows,\nAPI-7", "jobs team", datetime.date(2026, 1, 31))
    expired = Waiver(2, "schema.enum", "body/state", "x", "them", datetime.date(2026, 1, 1))
    stale = Waiver(3, "union.*", "body/pet*", "x", "us\x1b[31m", datetime.date(2026, 3, 1), id="it")
    assert waived_lines(valid, expired, stale, body={"name": 5, "state": "x"}) == [
        "VIOLATES  1 distinct violation in 1 answer",
        "waived      schema.type at /name of 200: expected string, got integer 5 [1x on 1 resource]",
        "            until 2026-01-31 by jobs team: old rows, API-7",
        "stale       waiver 3 of us\\u001b[31m covers nothing any more; take it out: union.* at body/pet*, id it",
        "violations  1",
        '  1. schema.enum at /state of 200: expected "on" or "off", got "x" [1x on 1 resource]',
        "     waiver 2 of them expired on 2026-01-01",
        "explained   `contract explain schema.enum` says what that rule means, with examples, and what to do",
    ]


def test_an_unmet_requirement_reads_like_this() -> None:
    valid = Waiver(1, "schema.type", "body/name", "old", "us", datetime.date(2026, 1, 31))
    assert waived_lines(valid, body={"name": 5}, requirement="branches") == [
        "INCONCLUSIVE  1 answer broke no promise, except for 1 waived violation; not all was seen that is required",
        "required    branches: not seen 200/pet/kind CAT, 200/pet/kind DOG, 200/pet/kind EEL",
        "waived      schema.type at /name of 200: expected string, got integer 5 [1x on 1 resource]",
        "            until 2026-01-31 by us: old",
        "violations  none",
    ]


def test_a_waiver_that_expired_and_covers_nothing_is_said_to_be_both() -> None:
    waiver = Waiver(1, "schema.enum", "body/state", "x", "us", datetime.date(2026, 1, 1))
    words = "waiver 1 of us covers nothing any more and expired on 2026-01-01; take it out: schema.enum at body/state"
    assert waived_lines(waiver, body={"name": "a"})[1] == f"stale       {words}"


CASES: list[list[Any]] = [[{"name": "a"}], [{}], []]


def test_the_first_word_of_a_verdict_is_its_outcome() -> None:
    assert [verdict_of(*bodies)[0].split()[0] for bodies in CASES] == ["CONFORMS", "VIOLATES", "INCONCLUSIVE"]


def test_a_verdict_of_a_run_without_requests_says_so() -> None:
    lines = verdict_of()
    assert lines[0] == "INCONCLUSIVE  nothing was asked"
    assert "requests    0 in 1.2 s (none)" in lines
    assert lines[-1] == "violations  none"


def test_a_difference_between_the_validators_has_a_line() -> None:
    document = document_of(SCHEMA, PETS)
    tally = Tally()
    tally.differ(exchange_of(document.operations[0], answer(200, {})), ["one says\nno"] * 2)
    lines = lines_on(document, tally)
    assert "harness     the validators differ (2x): one says\\u000ano" in lines
    assert "differ" not in lines[0]


def headline(incident: str, body: Any = None, status: int = 200) -> list[str]:
    document = document_of(SCHEMA, PETS)
    exchange = exchange_of(document.operations[0], answer(status, body or {"name": "a", "state": "on"}), "it")
    return lines_on(document, tally_on([exchange]), incident=incident)


def test_a_run_that_did_not_end_never_conforms() -> None:
    lines = headline("the run was interrupted")
    assert lines[0] == "INCONCLUSIVE  the run was interrupted; 1 answer so far broke no promise"


def test_violations_found_before_a_run_was_stopped_are_in_the_headline() -> None:
    lines = headline("stopped early", {"name": 5})
    assert lines[0].startswith("VIOLATES  1 distinct violation in 1 answer; stopped early")


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_rejected_run_is_explained_in_the_headline_alone(status: int) -> None:
    lines = headline("", status=status)
    assert lines[0].startswith(f"INCONCLUSIVE  no evidence: whatever was asked for was answered {status}; ")
    assert lines[-1] == "violations  none"
    assert not [line for line in lines if line.startswith("required")]
    assert headline("interrupted", status=status)[0] == f"{lines[0]} (interrupted)"


HERE = "http://h:1/base"


@pytest.mark.parametrize(
    ("rejection", "words"),
    [
        (Rejection(404), "404; is the path in --base-url right, and do these ids exist?"),
        (
            Rejection(301, example="https://h/a"),
            "301 to https://h/a; is the scheme in --base-url right? (redirects are not followed)",
        ),
        (
            Rejection(308, example="http://h/api/a"),
            "308 to http://h/api/a; is the path in --base-url right? (redirects are not followed)",
        ),
        (
            Rejection(301, example="https://www.h/a"),
            "301 to https://www.h/a; are the scheme and host in --base-url right? (redirects are not followed)",
        ),
        (
            Rejection(302, example="https://s/login"),
            "302 to https://s/login; that looks like a login: is PET_KEY set, and right? (redirects are not followed)",
        ),
        (Rejection(302), "302; is --base-url right? (redirects are not followed)"),
        (Rejection(200, is_page=True, example="Hello"), '200 with an HTML page titled "Hello"; is --base-url right?'),
        (
            Rejection(200, is_page=True, example="Log in"),
            '200 with an HTML page titled "Log in"; that looks like a login: is PET_KEY set, and right?',
        ),
        (
            Rejection(404, is_page=True),
            "404 with an HTML page; is the path in --base-url right, and do these ids exist?",
        ),
        (Rejection(200, is_page=True), "200 with an HTML page; is --base-url right?"),
        (Rejection(429), "429; ask more slowly by --rate-limit 10/s, or again by --retries 2"),
        (
            Rejection(401, example="Basic"),
            "401; is PET_KEY set, and right? it asks for Basic (WWW-Authenticate); the key is sent as x-pet-key only",
        ),
    ],
    ids=str,
)
def test_a_run_that_was_rejected_says_what_to_look_at(rejection: Rejection, words: str) -> None:
    run = dataclasses.replace(run_on(CREDENTIALS, sent=(PET_KEY,)), target=HERE)
    line = rejection_line(AllRejected((rejection,)), run)
    assert line == f"no evidence: whatever was asked for was answered {words}"


def test_what_a_server_says_of_itself_is_shown_in_part_and_steers_no_terminal() -> None:
    odd = Rejection(200, is_page=True, example="\x1b[31m" + "x" * 400)
    line = visible(rejection_line(AllRejected((odd,)), run_on(CREDENTIALS)))
    assert "\\u001b" in line
    assert len(line) < 300


def test_a_run_of_documented_404_alone_has_a_hint_at_the_likely_cause() -> None:
    document = document_of(responses={"404": {"description": ""}})
    lines = lines_on(document, tally_on([exchange_of(document.operations[0], answer(404))]))
    assert [line for line in lines if line.startswith("hint  ")]


AGAIN = [
    ([None], ""),
    ([RecheckResult(3, 3, None)], ", always"),
    ([RecheckResult(3, 3, True)], ", always"),
    ([RecheckResult(3, 3, False)], ", always, not on a sibling"),
    ([RecheckResult(1, 3, True)], ", sometimes: 1 of 3 times again"),
    ([RecheckResult(0, 3, False)], ", gone when asked for again"),
    ([RecheckResult(3, 3, False), RecheckResult(3, 3, True)], ", always"),
    ([RecheckResult(3, 3, True), RecheckResult(0, 3, None)], ", always, gone when asked for again"),
]


@pytest.mark.parametrize(("results", "words"), AGAIN, ids=[str(row[0]) for row in AGAIN])
def test_the_result_of_asking_again_is_printed_once(results: list[Any], words: str) -> None:
    findings = [
        Finding(Violation("body.missing", 200, "body", ""), witness("http://h/a"), 2, (("a",),), recurrence=each)
        for each in results
    ]
    several = f"{len(findings)} violations, " if len(findings) > 1 else ""
    assert spread(*findings) == f"{several}2x on 1 resource{words}"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (RecheckResult(3, 3, None), "3 times: it was there each time"),
        (RecheckResult(3, 3, True), "3 times: it was there each time; a sibling showed it too"),
        (RecheckResult(1, 3, False), "3 times: it was there 1 time; the sibling never showed it"),
        (RecheckResult(0, 3, False), "3 times: it was gone; the sibling never showed it"),
        (RecheckResult(0, 1, None), "1 time: it was gone"),
    ],
    ids=str,
)
def test_the_page_says_what_came_when_it_was_asked_again(result: RecheckResult, words: str) -> None:
    assert recheck_words(result) == words


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, ""),
        ({"all": 3, "caught": 3}, "would have noticed 3 of 3 faults"),
        ({"all": 3, "caught": 2, "idle": 1}, "would have noticed 2 of 3 faults, 1 more find nothing to break"),
        (
            {"all": 591, "caught": 591, "idle": 9, "left_out": 1954},
            "would have noticed 591 of 591 faults, a sample of 2,554, 9 more find nothing to break",
        ),
    ],
)
def test_a_self_test_by_a_sample_is_told_as_one(counts: dict[str, int], words: str) -> None:
    tally = Tally()
    tally.faults.update(counts)
    verdict = conclude(run_on(document_of({"type": "object"})), tally)
    assert self_test(verdict) == words
