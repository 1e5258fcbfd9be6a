"""A server that makes up a value for each answer: `contract check` and `contract replay` stay short and true."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts import reports
from contracts.run import captured
from contracts.verdict import records
from strategies.answers import catalogue
from tests.support.pinned import OPERATION
from tests.support.replaying import altering, replayed, report_of
from tests.support.suite import run_command

HOST = "https://api.test"
RESOURCE, RESPONSE = next(iter(catalogue(OPERATION).items()))
URL = HOST + OPERATION.url_path(OPERATION.bind(RESOURCE))
REPORT_FORMAT = jsonschema.Draft202012Validator(
    json.loads((Path(reports.__file__).parent / "report.schema.json").read_text("utf-8"))
)


def exchanges(folder: Path, *changes: dict[str, Any]) -> str:
    """Write exchanges, one a line, with these changes of their fields; return the file's name."""
    line = {"url": URL, "status": 200, "headers": {"Content-Type": "application/json"}, "body": RESPONSE.body.decode()}
    file = folder / "calls.ndjson"
    file.write_text("\n".join(json.dumps({**line, **change}) for change in changes), "utf-8")
    return str(file)


def steps(count: int) -> list[dict[str, Any]]:
    """Return changes by which each answer has another status that nobody knows."""
    body = json.loads(RESPONSE.body)
    return [{"body": json.dumps({**body, "status": f"STEP {number:04}"})} for number in range(count)]


def test_a_value_for_each_answer_is_one_line_of_a_bounded_report(tmp_path: Path) -> None:
    count, folder = records.MAX_VARIANTS + 100, tmp_path / "reports"
    result = run_command("check", exchanges(tmp_path, *steps(count)), "--report-dir", str(folder))
    assert result.code == 1
    assert len(result.output.splitlines()) < 40
    (line,) = result.violations
    assert "got more than 200 other values, such as" in line
    assert f"[{count}x on 1 resource]" in line
    report = json.loads((folder / "report.json").read_text("utf-8"))
    REPORT_FORMAT.validate(report)
    assert len(report["violations"]) == records.MAX_VARIANTS + 1
    assert sum(each["count"] for each in report["violations"]) == report["requests"]["total"] == count
    assert [each["count"] for each in report["violations"] if each["others"]] == [100]
    again = run_command("check", exchanges(tmp_path, *steps(count)), "--compare", str(folder / "report.json"))
    assert f"compared    0 new, 0 fixed, {records.MAX_VARIANTS + 1} still there" in again.output


def test_a_drafted_waiver_accepts_values_that_the_report_does_not_list(tmp_path: Path) -> None:
    calls, drafts = exchanges(tmp_path, *steps(records.MAX_VARIANTS + 5)), tmp_path / "waivers.toml"
    assert run_command("check", calls, "--write-waivers", str(drafts)).code == 1
    drafts.write_text(drafts.read_text("utf-8").replace("TODO", "done"), "utf-8")
    result = run_command("check", calls, "--waivers", str(drafts))
    assert result.code == 0, result.output
    assert "except for 201 or more waived violations" in result.output


def test_paths_that_are_no_operation_are_counted_and_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(captured, "MAX_OTHERS", 7)
    others: list[dict[str, Any]] = [{"url": f"{HOST}/health/{number}"} for number in range(20)]
    result = run_command("check", exchanges(tmp_path, {}, *others))
    assert result.code == 0
    assert "20 answers are of no operation of the document: GET /health/0 1, " in result.output
    assert ", and 2 or more" in result.output


def test_a_violation_that_stands_for_others_is_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_VARIANTS", 2)
    numbers = itertools.count()

    def make_up(body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "status": f"STEP {next(numbers):04}"}

    report = report_of(tmp_path, altering(make_up, ("",)))
    entries = json.loads(report.read_text("utf-8"))["violations"]
    assert [each["others"] for each in entries] == [False, False, True]
    still = replayed(report, altering(make_up, ("",)))
    assert still.words == ["STILL THERE"] * 3, still.result.output
    mended = replayed(report)
    assert mended.words == ["FIXED"] * 3, mended.result.output
    assert mended.code == 0
