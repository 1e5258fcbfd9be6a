"""Which violations a target that rejects every request explains."""

from __future__ import annotations

import pytest

from contracts.coverage.requirements import Unmet
from contracts.http.rejection import AllRejected, Rejection
from contracts.judge.checks import judge
from contracts.judge.violation import Violation
from contracts.rules import RULES
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import Outcome, conclude, explained_by
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import run_on, verdict_on


@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rejected_run_explains_violations_of_its_status_alone(rule: str) -> None:
    explained = explained_by(AllRejected((Rejection(401),)), Violation(rule, 401, "status", "", variant="401"))
    assert explained == (rule in ("status.undocumented", "status.known-resource", "method.not-refused"))


def test_a_rejected_run_does_not_explain_a_method_that_is_accepted() -> None:
    assert not explained_by(
        AllRejected((Rejection(401),)), Violation("method.not-refused", 200, "status", "", variant="PUT")
    )


@pytest.mark.parametrize("rule", ["content-type.undocumented", "json.malformed", "schema.type", "overlay.alias"])
def test_of_a_page_in_place_of_every_answer_nothing_else_is_expected_to_be_right(rule: str) -> None:
    pages = AllRejected((Rejection(200, is_page=True),))
    assert explained_by(pages, Violation(rule, 200, "body", ""))
    assert not explained_by(pages, Violation(rule, 422, "body", ""))
    assert not explained_by(pages, Violation("status.server-error", 500, "status", ""))


def test_of_an_operation_that_is_never_found_nothing_else_is_expected_to_be_right() -> None:
    for status, explained in ((404, True), (410, False), (403, False)):
        everything = AllRejected((Rejection(status),))
        assert explained_by(everything, Violation("schema.type", status, "body", "")) is explained


def test_what_was_seen_before_a_key_ran_out_is_found() -> None:
    tally = Tally()
    for status in (418, 401):
        response = answer(status)
        exchange = exchange_of(document_of().operations[0], response, exists=True)
        tally.note(exchange, judge(exchange.operation, exchange))
    rules = {each.violation.variant for each in verdict_on(tally, document_of()).findings}
    tally.lost_access["401"] += 1
    since = {each.violation.variant for each in verdict_on(tally, document_of()).findings}
    assert (rules, since) == ({"401", "418"}, {"418"})


ONE = "a request of GET /things/{thing} was answered 429"


@pytest.mark.parametrize(
    ("found", "outcome", "words"),
    [
        ([], Outcome.CONFORMS, None),
        ([429], Outcome.INCONCLUSIVE, ONE),
        ([429, 418], Outcome.VIOLATES, ONE),
        ([429, 429], Outcome.INCONCLUSIVE, "2 requests of GET /things/{thing} were answered 429"),
        ([429, 429, 429], Outcome.INCONCLUSIVE, "3 requests of GET /things/{thing} were answered 429"),
    ],
)
def test_being_asked_for_fewer_requests_is_no_violation_and_no_evidence(
    found: list[int], outcome: Outcome, words: str | None
) -> None:
    document = document_of()
    tally = Tally()
    for status in (200, *found):
        exchange = exchange_of(document.operations[0], answer(status, {}), exists=True)
        tally.note(exchange, judge(exchange.operation, exchange))
    verdict = verdict_on(Tally.from_json(tally.to_json()), document)
    assert verdict.outcome is outcome
    fix = "ask more slowly by --rate-limit 10/s, or again by --retries 2"
    assert list(verdict.unmet) == ([Unmet("answer", words=f"{words}; {fix}")] if words else [])


def test_where_answers_were_captured_the_client_that_was_captured_is_to_ask_more_slowly() -> None:
    document, tally = document_of(), Tally()
    for status in (200, 429):
        exchange = exchange_of(document.operations[0], answer(status, {}), exists=True)
        tally.note(exchange, judge(exchange.operation, exchange))
    captured = conclude(run_on(document, was_captured=True), tally)
    assert list(captured.unmet) == [Unmet("answer", words=f"{ONE}; capture answers to a client that asks more slowly")]
