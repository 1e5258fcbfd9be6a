"""What a run comes to: the outcome, its exit code, and everything that was seen in a stable order."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from contracts.document import Document
from contracts.exchange import Failure
from contracts.requirements import parse
from contracts.tally import Judge, Tally
from contracts.verdict import Outcome, Run, Terms, Verdict, conclude
from tests.unit.test_tally import operation, tally_of
from tests.unit.tiny import answer, document_of, exchange_of


def verdict_on(tally: Tally, document: Document, incident: str = "", terms: Terms = Terms()) -> Verdict:  # noqa: B008
    started = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)
    return conclude(Run("http://127.0.0.1:1", document, "ci", started, 1.25, incident=incident), tally, terms)


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ([answer(200, {})], Outcome.CONFORMS),
        ([answer(200, {}), answer(404, {})], Outcome.VIOLATES),
        ([answer(200, {"state": "x"})], Outcome.VIOLATES),
        ([Failure("timeout", "")], Outcome.VIOLATES),
        ([], Outcome.INCONCLUSIVE),
    ],
)
def test_violations_outweigh_all_and_nothing_seen_is_no_success(found: list[Any], outcome: Outcome) -> None:
    assert verdict_on(tally_of(*found), operation().document).outcome is outcome


@pytest.mark.parametrize(
    ("promised", "status", "outcome"),
    [
        ("default", 200, Outcome.CONFORMS),
        ("default", 404, Outcome.INCONCLUSIVE),
        ("default", 500, Outcome.INCONCLUSIVE),
        ("2XX", 206, Outcome.CONFORMS),
        ("4XX", 404, Outcome.INCONCLUSIVE),
    ],
)
def test_only_a_success_is_evidence(promised: str, status: int, outcome: Outcome) -> None:
    document = document_of(responses={promised: {"description": ""}})
    judge = Judge()
    judge(exchange_of(document.operations[0], answer(status, media_type=None)))
    assert verdict_on(judge.tally, document).outcome is outcome
    assert verdict_on(Tally.from_json(judge.tally.to_json()), document).outcome is outcome


@pytest.mark.parametrize(
    ("found", "outcome", "rules"),
    [
        ([answer(401)], Outcome.INCONCLUSIVE, []),
        ([answer(401), answer(429)], Outcome.INCONCLUSIVE, []),
        ([answer(401), answer(404)], Outcome.VIOLATES, ["status.undocumented", "status.undocumented"]),
        ([answer(401), answer(200, {})], Outcome.VIOLATES, ["status.undocumented"]),
        ([answer(401), Failure("timeout", "")], Outcome.VIOLATES, ["status.undocumented", "transport.timeout"]),
    ],
)
def test_a_run_that_was_turned_away_has_found_nothing(found: list[Any], outcome: Outcome, rules: list[str]) -> None:
    verdict = verdict_on(tally_of(*found), operation().document)
    assert (verdict.outcome, [each.violation.rule for each in verdict.findings]) == (outcome, rules)
    assert (verdict.denied is None) == bool(rules)


def test_what_is_no_answer_does_not_count_as_one() -> None:
    tally = tally_of(answer(200, {}), Failure("timeout", ""), Failure("reset", ""))
    document = operation().document
    asked = Terms(requirements=(parse("answers=2", document.operations),))
    run = Run("http://127.0.0.1:1", document, "ci", datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), 1.0)
    assert [each.words for each in conclude(run, tally, asked).unmet] == ["1 of 2 answers"]


def test_what_a_refusal_itself_breaks_is_found_all_the_same() -> None:
    document = document_of(responses={"200": {"description": ""}, "401": {"description": ""}})
    judge = Judge()
    judge(exchange_of(document.operations[0], answer(401, {"no": "body is promised"})))
    verdict = verdict_on(judge.tally, document)
    assert (verdict.outcome, bool(verdict.denied)) == (Outcome.VIOLATES, True)
    assert [each.violation.rule for each in verdict.findings] == ["body.unexpected"]


def test_where_validators_differ_no_run_conforms() -> None:
    judge = Judge(lambda exchange: ["they differ"])
    judge(exchange_of(operation(), answer(200, {})))
    assert verdict_on(judge.tally, operation().document).outcome is Outcome.VIOLATES


@pytest.mark.parametrize(
    ("found", "outcome"), [([answer(200, {})], Outcome.INCONCLUSIVE), ([answer(404, {})], Outcome.VIOLATES)]
)
def test_a_run_that_did_not_end_is_never_green(found: list[Any], outcome: Outcome) -> None:
    assert verdict_on(tally_of(*found), operation().document, "interrupted").outcome is outcome


def test_each_outcome_has_an_exit_code_of_its_own() -> None:
    assert [outcome.exit_code for outcome in Outcome] == [0, 1, 6]


def test_every_promise_is_listed_with_its_sightings_and_whatever_else_was_seen_apart() -> None:
    verdict = verdict_on(tally_of(answer(200, {"state": "on"})), operation().document)
    seen = {(each.place, each.kind, each.which): row and row.count for each, row in verdict.coverage.items()}
    assert seen["200/state", "value", "on"] == 1
    assert seen["200/state", "value", "off"] is None
    assert set(verdict.unseen) == {each for each, row in verdict.coverage.items() if row is None}
    assert verdict.undeclared == {}
