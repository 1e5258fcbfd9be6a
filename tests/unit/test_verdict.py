"""What a run comes to: the outcome, its exit code, and everything that was seen in a stable order."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from contracts.document import Document
from contracts.exchange import Exchange, Failure, Response
from contracts.redaction import MASK
from contracts.requirements import Unmet, parse
from contracts.tally import Judge, Tally
from contracts.verdict import FAILED_OTHERWISE, Finding, Outcome, Run, Terms, Verdict, conclude
from contracts.waivers import Waiver, Waivers
from tests.unit.test_tally import operation, tally_of
from tests.unit.tiny import answer, document_of, exchange_of

STARTED = datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)


def verdict_on(tally: Tally, document: Document, incident: str = "", terms: Terms = Terms()) -> Verdict:  # noqa: B008
    return conclude(Run("http://127.0.0.1:1", document, "ci", STARTED, 1.25, incident=incident), tally, terms)


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
    assert [each.words for each in verdict_on(tally, document, terms=asked).unmet] == ["1 of 2 answers"]


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


def test_what_must_be_seen_is_held_against_what_was_and_what_a_ledger_knows() -> None:
    document = operation().document
    one, other = (parse(f"200/state={which} within 3 days", document.operations) for which in ("on", "off"))
    last = dict.fromkeys((*one.features, *other.features), STARTED - datetime.timedelta(days=2))
    long_ago = dict.fromkeys(last, STARTED - datetime.timedelta(days=4))
    seen = tally_of(answer(200, {"state": "on"}))

    def unmet(last: Any) -> list[Unmet]:
        return list(verdict_on(seen, document, terms=Terms(requirements=(one, other), last=last)).unmet)

    assert unmet(last) == []
    assert unmet(long_ago) == unmet({}) == [Unmet(other.text, other.features)]


def test_that_there_was_no_success_is_said_of_the_operation() -> None:
    (unmet,) = verdict_on(Tally(), operation().document).unmet
    assert unmet == Unmet("success", words="no success of GET /things/{thing} that could be read")


def test_everything_that_was_counted_is_in_the_verdict_in_a_stable_order() -> None:
    tally = tally_of(answer(404, {}), answer(200, {"state": "x"}), answer(200, {}))
    tally.retries.update({"reset": 2, "503": 1})
    tally.faults.update({"all": 3, "caught": 3})
    tally.probes.update({"POST 405": 2, "PUT 405": 1})
    tally.vanished = {("/b", ("2",)), ("/a", ("1",))}
    tally.passed_over = {("/b", ("3",)), ("/a", ("4",))}
    judge = Judge(lambda exchange: ["they differ"])
    judge(exchange_of(operation(), answer(200, {})))
    tally.merge(judge.take())
    verdict = verdict_on(tally, operation().document)
    assert list(verdict.answers.items()) == [("200", 3), ("404", 1)]
    assert verdict.requests == 4
    assert list(verdict.retries.items()) == [("503", 1), ("reset", 2)]
    assert list(verdict.probes.items()) == [("POST 405", 2), ("PUT 405", 1)]
    assert verdict.faults == {"all": 3, "caught": 3}
    assert verdict.vanished == (("/a", ("1",)), ("/b", ("2",)))
    assert verdict.passed_over == (("/a", ("4",)), ("/b", ("3",)))
    assert verdict.times == tally.times != {}
    assert [each.count for each in verdict.differences.values()] == [1]
    assert verdict.run.document is operation().document
    assert [(each.count, each.resources) for each in verdict.findings] == [(1, (("one",),)), (1, (("one",),))]


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        ([answer(200, {})], Outcome.INCONCLUSIVE),
        ([answer(404, {})], Outcome.VIOLATES),
        ([], Outcome.INCONCLUSIVE),
    ],
)
def test_what_comes_between_takes_a_yes_back_and_nothing_else(found: list[Any], outcome: Outcome) -> None:
    verdict = verdict_on(tally_of(*found), operation().document)
    cut = verdict.cut_short("a plugin failed")
    assert (cut.outcome, cut.run.incident) == (outcome, "a plugin failed")
    assert replace(cut, outcome=verdict.outcome, run=verdict.run) == verdict
    assert cut.cut_short("and then another").run.incident == "a plugin failed"


def test_a_test_that_failed_for_a_reason_of_its_own_fails_the_run() -> None:
    verdict = verdict_on(tally_of(answer(200, {})), operation().document, FAILED_OTHERWISE)
    assert (verdict.outcome, verdict.exit_code) == (Outcome.INCONCLUSIVE, 1)


ASKED = (("Prefer", "code=404"),)
PROBE = exchange_of(operation(), answer(200, {}))
SHOWN = [
    exchange_of(operation(), answer(404, {}), "a/b", exists=True, headers=ASKED),
    exchange_of(operation(), answer(404, {}), "a/b"),
    exchange_of(operation(), Failure("timeout", "late"), "a/b", exists=True),
]
SHOWN.append(replace(PROBE, request=replace(PROBE.request, method="PUT")))


@pytest.mark.parametrize("shown", SHOWN, ids=["an answer", "of a strange resource", "none", "to a probe"])
def test_a_finding_is_shown_by_the_exchange_that_it_was_found_in(shown: Exchange) -> None:
    judge = Judge()
    judge(shown)
    document = operation().document
    finding = verdict_on(judge.tally, document).findings[0]
    came = finding.exchange(document)
    assert (came.operation, came.request) == (shown.operation, shown.request)
    if isinstance(shown.outcome, Response):
        assert came.outcome == shown.outcome
    else:
        assert came.outcome == Failure("timeout", '"late"')


def test_what_the_sdk_does_is_asked_of_answers_to_reads_that_are_whole() -> None:
    judge = Judge()
    judge(exchange_of(operation(), answer(404, {}), exists=True))
    judge(exchange_of(operation(), answer(500, {"a": MASK}), exists=None))
    judge(SHOWN[-1])
    asked: list[Finding] = []

    def sdk(finding: Finding) -> str:
        asked.append(finding)
        return "raises"

    run = Run("http://127.0.0.1:1", operation().document, "ci", STARTED, 1.25)
    told = {
        (each.witness.method, each.witness.status, each.sdk) for each in conclude(run, judge.tally, sdk=sdk).findings
    }
    assert told == {("GET", 404, "raises"), ("GET", 500, ""), ("PUT", 200, "")}
    assert {each.witness.status for each in asked} == {404}


def test_a_finding_names_the_waiver_that_covers_it_or_did_until_it_expired() -> None:
    day = STARTED.date()
    rows = [
        Waiver(1, "status.undocumented", "status", "why", "who", day - datetime.timedelta(days=9)),
        Waiver(2, "status.undocumented", "status", "why", "who", day - datetime.timedelta(days=1)),
        Waiver(3, "schema.enum", "body/state", "why", "who", day),
    ]
    waivers = Waivers(tuple(rows), day)
    judge = Judge(waiver=waivers.covering)
    judge(exchange_of(operation(), answer(404, {})))
    judge(exchange_of(operation(), answer(200, {"state": "x"})))
    verdict = verdict_on(judge.tally, operation().document, terms=Terms(waivers))
    assert [(each.violation.rule, each.waiver) for each in verdict.findings] == [("status.undocumented", rows[1])]
    assert [(each.violation.rule, each.waiver) for each in verdict.waived] == [("schema.enum", rows[2])]
