"""gl-code-quality.json: what GitLab requires of an issue, one for each violation that is not waived."""

from __future__ import annotations

import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from contracts.reports import code_quality, sarif
from contracts.verdict import Verdict
from tests.support.auditing import audited
from tests.support.code_quality import CODE_QUALITY
from tests.support.pet_verdicts import BODIES, DOCUMENT, verdict_of, verdicts, waived_verdict_of


def written(log: dict[str, Any]) -> list[dict[str, Any]]:
    file = io.StringIO()
    code_quality.render(log, file)
    issues: list[dict[str, Any]] = json.loads(file.getvalue())
    CODE_QUALITY.validate(issues)
    return issues


@given(verdicts)
def test_a_report_has_an_issue_of_its_own_for_every_violation_that_is_not_waived(verdict: Verdict) -> None:
    issues = written(sarif.log(verdict))
    expected = [(each.violation.rule, each.violation.fingerprint) for each in verdict.findings]
    assert [(each["check_name"], each["fingerprint"]) for each in issues] == expected
    assert len({each["fingerprint"] for each in issues}) == len(issues)


def test_a_waived_violation_is_no_issue() -> None:
    checks = [each["check_name"] for each in written(sarif.log(waived_verdict_of({"name": 5}, {})))]
    assert checks == ["schema.required"]


def test_a_verdict_without_violations_is_an_empty_list() -> None:
    assert written(sarif.log(verdict_of({"name": "a"}))) == []


def test_an_issue_stands_at_the_line_of_the_document_below_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "our api" / "50% done.json"
    file.parent.mkdir()
    file.write_text('{\n"openapi": "3.1.0",\n"paths": {}}', "utf-8")
    verdict = verdict_of({"name": 5})
    (finding,) = verdict.findings
    violation = dataclasses.replace(finding.violation, pointer="#/paths/~1gone")
    run = dataclasses.replace(verdict.run, document=dataclasses.replace(DOCUMENT, path=file))
    placed = dataclasses.replace(verdict, run=run, findings=(dataclasses.replace(finding, violation=violation),))
    log = sarif.log(placed)
    (issue,) = written(log)
    assert issue["location"] == {"path": "our api/50% done.json", "lines": {"begin": 3}}
    place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "our%20api/50%25%20done.json"}


def test_what_an_audit_finds_is_an_issue_and_a_note_is_one_for_information() -> None:
    audit = audited(DOCUMENT)
    issues = written(sarif.audit_log(audit))
    kinds = ((audit.findings, "major"), (audit.notes, "info"))
    expected = [(each.rule, severity) for found, severity in kinds for each in found for _ in each.places]
    assert [(each["check_name"], each["severity"]) for each in issues] == expected
    assert {severity for _, severity in expected} == {"major", "info"}


def test_a_result_without_a_line_is_no_issue_and_a_description_is_one_line() -> None:
    log = sarif.log(verdict_of(*BODIES))
    first, second, *_ = log["runs"][0]["results"]
    first["locations"] = []
    second["message"]["text"] += "\nand the proof"
    issues = written(log)
    assert len(issues) == len(log["runs"][0]["results"]) - 1
    assert "proof" not in issues[0]["description"]
