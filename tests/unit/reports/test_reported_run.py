"""What is read from a report.json is what its run has found, and damage is one line."""

from __future__ import annotations

import copy
import json
import tempfile
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.http.exchange import Failure
from contracts.openapi import ConfigurationError
from contracts.reports.messages import violation_line
from contracts.reports.report_json import report
from contracts.reports.reported_run import read_reported_run
from contracts.reports.verdict_words import accepted_until
from contracts.run.observer import Observer
from contracts.verdict.redaction import Redaction
from contracts.verdict.replay import ReportedRun
from contracts.verdict.verdict import Finding, RecheckResult, Verdict
from tests.support.pet_verdicts import DOCUMENT, OPERATION, verdict_of, verdicts, waived_verdict_of
from tests.support.tiny import answer, exchange_of
from tests.support.verdicts import tally_on, verdict_on

CAT = {"name": "a", "pet": {"kind": "CAT", "toys": [1]}}


def read(contents: Any) -> ReportedRun:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "report.json"
        path.write_text(json.dumps(contents), "utf-8")
        return read_reported_run(path)


def told(finding: Finding) -> tuple[Any, ...]:
    """Return what of a finding can be read back: of a failure not its words."""
    witness = finding.witness
    outcome = None if isinstance(witness.outcome, Failure) else witness.outcome
    asked = witness.operation, witness.request, witness.request.inputs, outcome
    return finding.violation, *asked, finding.count, finding.resources, finding.waiver, finding.recurrence


@given(verdicts)
def test_every_finding_is_read_back(verdict: Verdict) -> None:
    again = RecheckResult(1, 3, None)
    verdict = replace(verdict, findings=tuple(replace(each, recurrence=again) for each in verdict.findings))
    read_back = read(report(verdict))
    assert list(map(told, read_back.findings)) == list(map(told, verdict.findings))
    assert list(map(told, read_back.waived)) == list(map(told, verdict.waived))
    assert (read_back.target, read_back.started, read_back.sha256) == (
        verdict.run.target,
        verdict.run.started,
        DOCUMENT.sha256,
    )


def test_how_it_was_asked_for_is_read_back() -> None:
    exchange = exchange_of(OPERATION, answer(200, {"name": 5}), "a", exists=True, headers=(("Prefer", "code=200"),))
    fields = (("Accept", "application/json"), ("X-Side", "left"))
    request = replace(exchange.request, together=(("b",),), made_up=True, negotiated=fields)
    request = replace(request, url=request.url + "?limit=2")
    (finding,) = read(report(verdict_on(tally_on([replace(exchange, request=request)]), DOCUMENT))).findings
    assert finding.witness.request == request
    assert finding.witness.request.inputs == request.inputs


@pytest.mark.parametrize(("kind", "rule"), [("timeout", "transport.timeout"), ("cut", "transport.cut")])
def test_a_failure_has_its_kind(kind: str, rule: str) -> None:
    (finding,) = read(report(verdict_of(Failure(kind, "x")))).findings
    assert (finding.violation.rule, finding.witness.outcome) == (rule, Failure(kind, ""))


def features(*counts: tuple[str, str, str, int]) -> list[dict[str, Any]]:
    names = ("place", "kind", "which", "count")
    return [{"operation": OPERATION.path, **dict(zip(names, each, strict=True))} for each in counts]


@pytest.mark.parametrize(
    ("body", "seen", "answers"),
    [
        ({"name": 5}, [("status", "status", "200", 90)], 90),
        ({"name": 5}, [("status", "status", "422", 90)], 100),
        ({"name": 5}, [("status", "status", "200", 0)], 100),
        (CAT, [("status", "status", "200", 90), ("200/pet/kind", "branch", "CAT", 30)], 30),
        (CAT, [("status", "status", "200", 90), ("422/pet/kind", "branch", "CAT", 30)], 90),
        (CAT, [("status", "status", "200", 90), *(("200/x", "branch", "CAT", 30), ("200/y", "branch", "CAT", 9))], 90),
        (Failure("cut", "x"), [("status", "status", "200", 90)], 104),
    ],
)
def test_it_is_told_how_many_answers_could_have_shown_a_violation(
    body: Any, seen: list[tuple[str, str, str, int]], answers: int
) -> None:
    contents = report(verdict_of(body))
    contents["latency"] = {OPERATION.path: {"answers": 100}}
    contents["requests"]["answers"] = {"200": 90, "422": 10, "cut": 1, "timeout": 3}
    contents["coverage"]["features"] = features(*seen)
    (finding,) = read(contents).findings
    assert finding.answers == answers
    for name in ("latency", "requests", "coverage"):
        damaged = read({**contents, name: {OPERATION.path: [], "answers": 7, "features": [{}]}}).findings
        assert [replace(each, answers=answers) for each in damaged] == [finding]


def test_an_earlier_version_does_not_say_what_exists_and_a_success_shows_it() -> None:
    contents = report(verdict_of({"name": 5}, Failure("reset", "x")))
    for each in contents["violations"]:
        del each["witness"]["request"]["exists"]
    exist = {each.violation.rule: each.witness.request.exists for each in read(contents).findings}
    assert exist == {"schema.type": True, "transport.reset": None}


def test_redacted_values_have_their_places_read_whatever_the_index() -> None:
    redaction = Redaction.at(["/name", "/pets/*/name"])
    observer = Observer(redaction=redaction)
    observer(exchange_of(OPERATION, answer(200, {"name": 5, "pets": [{"name": "x"}], "more": "[redacted]"}), "a"))
    reported = read(report(verdict_on(observer.tally, DOCUMENT)))
    assert {*reported.redaction.places} == {*redaction.places, ("more",)}


PLAIN = report(waived_verdict_of({"name": 5}, {"name": "a", "pet": {"kind": "CAT", "toys": [1]}}, Failure("cut", "x")))


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    return [at, *(place for name, item in items for place in places(item, (*at, name)))]


READ = [
    place for name in ("run", "document", "violations", "waived", "outcome") for place in places(PLAIN[name], (name,))
]
VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, 0, -1, 2.5, "", "x", "\ud800", "\r\n", [], [[]], [["a", "b"]], {}, {"a": 1}]
)


@given(st.sampled_from(READ), VALUES)
def test_a_report_with_any_value_changed_is_read_or_refused_in_one_line(place: tuple[Any, ...], value: Any) -> None:
    contents = copy.deepcopy(PLAIN)
    holder: Any = contents
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = value
    every: tuple[Finding, ...] = ()
    with suppress(ConfigurationError):  # Its words are one line whatever it says.
        every = read(contents).every
    # What was read can be worded and compared.
    for finding in every:
        assert violation_line(finding.violation).isprintable()
        assert finding.waiver is None or accepted_until(finding.waiver)
        assert hash(finding)
