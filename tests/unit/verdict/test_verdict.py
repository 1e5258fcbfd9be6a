"""What a run comes to: the outcome, its exit code, and everything that was seen in a stable order."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import Any

import pytest

from contracts.coverage.requirements import Unmet, parse_requirement
from contracts.http.exchange import Exchange, Failure
from contracts.run.observer import Observer
from contracts.verdict import records
from contracts.verdict.redaction import MASK
from contracts.verdict.tally import Tally
from contracts.verdict.verdict import (
    AGREEMENT,
    CHANGES,
    FAILED_OTHERWISE,
    AcceptanceCriteria,
    ChangesSince,
    Finding,
    Outcome,
    conclude,
)
from contracts.verdict.waivers import Waiver, Waivers
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import STARTED, operation, run_on, tally_of, tally_on, verdict_on


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
def test_violations_outweigh_everything_and_seeing_nothing_is_inconclusive(found: list[Any], outcome: Outcome) -> None:
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
def test_only_a_successful_response_is_evidence(promised: str, status: int, outcome: Outcome) -> None:
    document = document_of(responses={promised: {"description": ""}})
    observer = Observer()
    observer(exchange_of(document.operations[0], answer(status, media_type=None)))
    assert verdict_on(observer.tally, document).outcome is outcome
    assert verdict_on(Tally.from_json(observer.tally.to_json()), document).outcome is outcome


@pytest.mark.parametrize(
    ("found", "outcome", "rules"),
    [
        ([answer(401)], Outcome.INCONCLUSIVE, []),
        ([answer(401), answer(429)], Outcome.INCONCLUSIVE, []),
        ([answer(401), answer(418)], Outcome.VIOLATES, ["status.undocumented", "status.undocumented"]),
        ([answer(401), answer(200, {})], Outcome.VIOLATES, ["status.undocumented"]),
        ([answer(401), Failure("timeout", "")], Outcome.VIOLATES, ["status.undocumented", "transport.timeout"]),
    ],
)
def test_a_run_that_was_rejected_has_no_findings(found: list[Any], outcome: Outcome, rules: list[str]) -> None:
    verdict = verdict_on(tally_of(*found), operation().document)
    assert (verdict.outcome, [each.violation.rule for each in verdict.findings]) == (outcome, rules)
    assert (verdict.all_rejected is None) == bool(rules)


def test_a_run_that_was_rejected_says_what_one_rejection_said_of_itself() -> None:
    tally = tally_of(answer(401, b"", ("WWW-Authenticate", 'Basic realm="x"'), media_type=None))
    rejected = verdict_on(tally, operation().document).all_rejected
    assert rejected
    assert [(each.status, each.example) for each in rejected.rejections] == [(401, "Basic")]


def test_failures_do_not_count_as_answers() -> None:
    tally = tally_of(answer(200, {}), Failure("timeout", ""), Failure("reset", ""))
    document = operation().document
    asked = AcceptanceCriteria(requirements=(parse_requirement("answers=2", document.operations),))
    assert [each.words for each in verdict_on(tally, document, criteria=asked).unmet] == ["1 of 2 answers"]


def test_a_violation_in_the_rejection_itself_is_found() -> None:
    document = document_of(responses={"200": {"description": ""}, "401": {"description": ""}})
    observer = Observer()
    observer(exchange_of(document.operations[0], answer(401, {"no": "body is promised"})))
    verdict = verdict_on(observer.tally, document)
    assert (verdict.outcome, bool(verdict.all_rejected)) == (Outcome.VIOLATES, True)
    assert [each.violation.rule for each in verdict.findings] == ["body.unexpected"]


@pytest.mark.parametrize(("strict", "outcome"), [(False, Outcome.CONFORMS), (True, Outcome.INCONCLUSIVE)])
def test_a_difference_of_the_validators_leaves_the_verdict_unless_the_run_is_strict(
    strict: bool, outcome: Outcome
) -> None:
    observer = Observer(lambda exchange: ["they differ"])
    observer(exchange_of(operation(), answer(200, {"state": "on"})))
    verdict = verdict_on(observer.tally, operation().document, criteria=AcceptanceCriteria(strict=strict))
    assert verdict.outcome is outcome
    words = "they differ, see below; the verdict is the judge's"
    assert list(verdict.unmet) == [Unmet(AGREEMENT, words=words)] * strict
    observer(exchange_of(operation(), answer(404, {})))
    assert verdict_on(observer.tally, operation().document).outcome is Outcome.VIOLATES


STALE = Waiver(3, "change.values", "body/state", "known", "us", datetime.date(2999, 1, 1))


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize(
    ("changes", "outcome", "words"),
    [
        (ChangesSince("v1:a.json"), Outcome.CONFORMS, ""),
        (ChangesSince("v1:a.json", breaking=1), Outcome.VIOLATES, ""),
        (ChangesSince("v1:a.json", undecided=1), Outcome.INCONCLUSIVE, "whether 1 change since v1:a.json may break"),
        (ChangesSince("v1:a.json", undecided=2), Outcome.INCONCLUSIVE, "whether 2 changes since v1:a.json may break"),
        (ChangesSince("v1:a.json", undecided=None), Outcome.INCONCLUSIVE, "what changed since v1:a.json is not known"),
        (ChangesSince("v1:a.json", breaking=1, undecided=1), Outcome.VIOLATES, "whether 1 change"),
    ],
)
def test_changes_of_the_document_decide_as_answers_do(
    strict: bool, changes: ChangesSince, outcome: Outcome, words: str
) -> None:
    criteria = AcceptanceCriteria(strict=strict, changes=changes)
    verdict = verdict_on(tally_of(answer(200, {})), operation().document, criteria=criteria)
    assert (verdict.outcome, verdict.changes) == (outcome, changes)
    assert [each.requirement for each in verdict.unmet] == [CHANGES] * bool(words)
    assert all(words in each.words for each in verdict.unmet)


@pytest.mark.parametrize("incident", ["", "stopped early"])
def test_a_waiver_of_a_change_that_is_stale_fails_a_strict_run_alone(incident: str) -> None:
    tally, document = tally_of(answer(200, {})), operation().document
    changes = ChangesSince("v1:a.json", stale=(STALE,))
    for strict in (False, True):
        verdict = verdict_on(tally, document, incident, AcceptanceCriteria(strict=strict, changes=changes))
        assert verdict.stale == (STALE,)
        assert (verdict.outcome is Outcome.VIOLATES) == strict


@pytest.mark.parametrize(
    ("found", "outcome"), [([answer(200, {})], Outcome.INCONCLUSIVE), ([answer(418, {})], Outcome.VIOLATES)]
)
def test_a_run_that_did_not_end_never_conforms(found: list[Any], outcome: Outcome) -> None:
    assert verdict_on(tally_of(*found), operation().document, "interrupted").outcome is outcome


@pytest.mark.parametrize(("seen", "named", "more"), [(1, 1, False), (2, 2, False), (3, 2, True)])
def test_a_finding_says_whether_it_was_seen_on_more_resources_than_it_names(
    seen: int, named: int, more: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "MAX_RESOURCES", 2)
    tally = tally_on(exchange_of(operation(), answer(200, {"state": "x"}), str(number)) for number in range(seen))
    (finding,) = verdict_on(tally, operation().document).findings
    assert (len(finding.resources), finding.more_resources) == (named, more)


def test_every_outcome_has_its_own_exit_code() -> None:
    assert [outcome.exit_code for outcome in Outcome] == [0, 1, 6]


def test_coverage_lists_every_promised_feature_and_undeclared_features_apart() -> None:
    verdict = verdict_on(tally_of(answer(200, {"state": "on"})), operation().document)
    seen = {(each.location, each.kind, each.which): row and row.count for each, row in verdict.coverage.items()}
    assert seen["200/state", "value", "on"] == 1
    assert seen["200/state", "value", "off"] is None
    assert set(verdict.unseen) == {each for each, row in verdict.coverage.items() if row is None}
    assert verdict.undeclared == {}


def test_requirements_are_met_by_this_run_or_by_recent_runs_of_the_ledger() -> None:
    document = operation().document
    one, other = (parse_requirement(f"200/state={which} within 3 days", document.operations) for which in ("on", "off"))
    last = dict.fromkeys((*one.features, *other.features), STARTED - datetime.timedelta(days=2))
    long_ago = dict.fromkeys(last, STARTED - datetime.timedelta(days=4))
    seen = tally_of(answer(200, {"state": "on"}))

    def unmet(last: Any) -> list[Unmet]:
        return list(verdict_on(seen, document, criteria=AcceptanceCriteria(requirements=(one, other), last=last)).unmet)

    assert unmet(last) == []
    assert unmet(long_ago) == unmet({}) == [Unmet(other.text, other.features)]


def test_an_operation_without_success_is_an_unmet_requirement() -> None:
    (unmet,) = verdict_on(Tally(), operation().document).unmet
    assert unmet == Unmet("success", words="no success of GET /things/{thing} that could be read")


def test_the_verdict_holds_everything_counted_in_a_stable_order() -> None:
    tally = tally_of(answer(404, {}), answer(200, {"state": "x"}), answer(200, {}))
    tally.retries.update({"reset": 2, "503": 1})
    tally.faults.update({"all": 3, "caught": 3})
    tally.probes.update({"POST 405": 2, "PUT 405": 1})
    tally.vanished = {("/b", ("2",)), ("/a", ("1",))}
    tally.skipped_hanging = {("/b", ("3",)), ("/a", ("4",))}
    observer = Observer(lambda exchange: ["they differ"])
    observer(exchange_of(operation(), answer(200, {})))
    tally.merge(observer.take())
    verdict = verdict_on(tally, operation().document)
    assert list(verdict.answers.items()) == [("200", 3), ("404", 1)]
    assert verdict.requests == 4
    assert list(verdict.retries.items()) == [("503", 1), ("reset", 2)]
    assert list(verdict.probes.items()) == [("POST 405", 2), ("PUT 405", 1)]
    assert verdict.faults == {"all": 3, "caught": 3}
    assert verdict.vanished == (("/a", ("1",)), ("/b", ("2",)))
    assert verdict.skipped_hanging == (("/a", ("4",)), ("/b", ("3",)))
    assert verdict.times == tally.times != {}
    assert [each.count for each in verdict.differences.values()] == [1]
    assert verdict.run.document is operation().document
    assert [(each.count, each.resources) for each in verdict.findings] == [(1, (("one",),)), (1, (("one",),))]


@pytest.mark.parametrize(
    ("found", "outcome"),
    [([answer(200, {})], Outcome.INCONCLUSIVE), ([answer(418, {})], Outcome.VIOLATES), ([], Outcome.INCONCLUSIVE)],
)
def test_an_incident_takes_back_conforms_and_nothing_else(found: list[Any], outcome: Outcome) -> None:
    verdict = verdict_on(tally_of(*found), operation().document)
    cut = verdict.cut_short("a plugin failed")
    assert (cut.outcome, cut.run.incident) == (outcome, "a plugin failed")
    assert replace(cut, outcome=verdict.outcome, run=verdict.run) == verdict
    assert cut.cut_short("and then another").run.incident == "a plugin failed"


def test_a_test_that_failed_for_another_reason_fails_the_run() -> None:
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
def test_the_witness_of_a_finding_is_the_exchange_it_was_found_in(shown: Exchange) -> None:
    observer = Observer(strict_refusals=True)
    observer(shown)
    document = operation().document
    finding = verdict_on(observer.tally, document).findings[0]
    came = finding.witness.exchange(document)
    assert (came.operation, came.request) == (shown.operation, shown.request)
    assert came.outcome == shown.outcome


def test_the_sdk_is_run_on_responses_to_reads_that_are_not_redacted() -> None:
    observer = Observer()
    observer(exchange_of(operation(), answer(404, {}), exists=True))
    observer(exchange_of(operation(), answer(500, {"a": MASK}), exists=None))
    observer(SHOWN[-1])
    asked: list[Finding] = []

    def sdk(finding: Finding) -> str:
        asked.append(finding)
        return "raises"

    findings = conclude(run_on(operation().document), observer.tally, sdk=sdk).findings
    reactions = {(each.witness.request.method, each.violation.status, each.sdk) for each in findings}
    assert reactions == {("GET", 404, "raises"), ("GET", 500, ""), ("PUT", 200, "")}
    assert {each.violation.status for each in asked} == {404}


def test_a_finding_names_the_waiver_that_covers_it_or_covered_it_until_it_expired() -> None:
    day = STARTED.date()
    rows = [
        Waiver(1, "status.undocumented", "status", "why", "who", day - datetime.timedelta(days=9)),
        Waiver(2, "status.undocumented", "status", "why", "who", day - datetime.timedelta(days=1)),
        Waiver(3, "schema.enum", "body/state", "why", "who", day),
    ]
    waivers = Waivers(tuple(rows), day)
    observer = Observer(waiver=waivers.match)
    observer(exchange_of(operation(), answer(404, {})))
    observer(exchange_of(operation(), answer(200, {"state": "x"})))
    verdict = verdict_on(observer.tally, operation().document, criteria=AcceptanceCriteria(waivers))
    assert [(each.violation.rule, each.waiver) for each in verdict.findings] == [("status.undocumented", rows[1])]
    assert [(each.violation.rule, each.waiver) for each in verdict.waived] == [("schema.enum", rows[2])]
