"""Reports: they agree with the verdict, are written whole or not at all, and are harmless to their readers."""

from __future__ import annotations

import dataclasses
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from contracts import reports
from contracts.reports import files, github, markdown, report_json, sarif
from contracts.reports.comparison import Comparison, compare
from contracts.reports.recorder import EXCHANGES, Recorder, recorded
from contracts.verdict.verdict import Verdict
from tests.support.pet_verdicts import BODIES, DOCUMENT, OPERATION, exchanges, verdict_of, verdicts, waived_verdict_of
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import tally_on, verdict_on

FORMAT = jsonschema.Draft202012Validator(
    json.loads(Path(reports.__file__).with_name("report.schema.json").read_text("utf-8")),
    format_checker=jsonschema.FormatChecker(),
)


@given(verdicts)
def test_report_json_fits_its_schema_and_has_a_stable_order(verdict: Verdict) -> None:
    text = io.StringIO()
    report_json.render(verdict, None, (), text)
    FORMAT.validate(json.loads(text.getvalue()))
    assert report_json.report(verdict) == json.loads(text.getvalue())


@given(verdicts)
def test_report_json_holds_every_violation_whole(verdict: Verdict) -> None:
    entries = report_json.report(verdict)["violations"]
    assert [(each["rule"], each["place"], each["actual"], each["count"]) for each in entries] == [
        (each.violation.rule, each.violation.place, each.violation.actual, each.count) for each in verdict.findings
    ]
    assert len({each["id"] for each in entries}) == len(entries)


def test_report_json_holds_a_witness_byte_for_byte() -> None:
    (binary,) = [
        each for each in report_json.report(verdict_of(b"\xff"))["violations"] if each["rule"] == "json.encoding"
    ]
    assert binary["witness"]["response"]["body_base64"] == "/w=="
    (text,) = report_json.report(verdict_of({"name": 5}))["violations"]
    assert text["witness"]["response"]["body"] == '{"name": 5}'


def test_report_json_says_how_a_witness_was_asked_for() -> None:
    exchange = exchange_of(OPERATION, answer(200, {"name": 5}), "a", exists=True)
    request = dataclasses.replace(exchange.request, together=(("b",),), made_up=True)
    report = report_json.report(verdict_on(tally_on([dataclasses.replace(exchange, request=request)]), DOCUMENT))
    FORMAT.validate(json.loads(json.dumps(report)))
    asked = report["violations"][0]["witness"]["request"]
    assert (asked["exists"], asked["together"], asked["made_up"]) == (True, [["b"]], True)


@pytest.mark.parametrize("status", [100, 600, 999])
def test_a_status_that_no_class_holds_is_in_a_report_of_the_published_format(status: int) -> None:
    report = report_json.report(verdict_on(tally_on([exchange_of(OPERATION, answer(status, {}))]), DOCUMENT))
    FORMAT.validate(json.loads(json.dumps(report)))
    assert status in {each["status"] for each in report["violations"]}


def test_a_violation_points_at_the_line_of_its_promise_in_the_document(tmp_path: Path) -> None:
    lines = ["{", '"openapi": "3.1.0",', '"paths": {"/x": {', '"get": {"responses": {', '"200": {}', "}}}}}"]
    file = tmp_path / "document.json"
    file.write_text("\n".join(lines), "utf-8")
    placed = dataclasses.replace(DOCUMENT, path=file)
    verdict = verdict_on(tally_on([exchange_of(OPERATION, answer(418, {}))]), DOCUMENT)
    verdict = dataclasses.replace(verdict, run=dataclasses.replace(verdict.run, document=placed))
    (finding,) = verdict.findings
    pointed = dataclasses.replace(finding.violation, pointer="#/paths/~1x/get/responses/x-added")
    verdict = dataclasses.replace(verdict, findings=(dataclasses.replace(finding, violation=pointed),))
    assert report_json.report(verdict)["violations"][0]["document"]["line"] == 4
    assert sarif.log(verdict)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 4}
    assert ",line=4," in next(github.github_commands(verdict))


def test_a_pointer_into_a_file_that_is_gone_points_at_its_first_line() -> None:
    assert report_json.report(verdict_of({"name": 5}))["violations"][0]["document"]["line"] == 1


@given(verdicts)
def test_no_value_of_a_response_ends_a_line_of_the_summary_or_of_an_annotation(verdict: Verdict) -> None:
    for line in markdown.summary(verdict):
        assert "<script" not in re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "\x1b" not in line
    for command in github.github_commands(verdict):
        assert command.splitlines() == [command]
        assert command.startswith(("::error file=", "::notice::`contract explain "))


@pytest.mark.parametrize("text", ["plain", "a`b", "``", "`x`", "a|b"])
def test_a_code_span_ends_where_the_text_does(text: str) -> None:
    span = markdown.code(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(fence)
    assert fence not in text


def test_every_violation_is_a_sarif_result_with_its_own_fingerprint() -> None:
    verdict = verdict_of(*BODIES)
    (run,) = sarif.log(verdict)["runs"]
    prints = {each["partialFingerprints"]["violation/v1"] for each in run["results"]}
    assert len(prints) == len(verdict.findings) == len(run["results"])
    assert [run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] for each in run["results"]] == [
        each.violation.rule for each in verdict.findings
    ]


def changes(before: Verdict, now: Verdict) -> Comparison:
    return compare(json.loads(json.dumps(report_json.report(before))), now)


def test_a_change_since_a_report_is_new_fixed_still_there_or_no_longer_seen() -> None:
    before = verdict_of({"name": 5}, {"name": "a", "pet": {"kind": "CAT", "toys": 1}})
    now = verdict_of({"name": None}, {"name": "a", "pet": {"kind": "DOG"}})
    found = changes(before, now)
    assert [each.violation.variant for each in found.new] == ["null"]
    assert found.still == ()
    assert [line.split(":")[0] for line in found.fixed] == ["schema.type at /name of 200"]
    assert [line.split(":")[0] for line in found.unseen] == ["schema.type at /pet/toys of 200 (CAT)"]


def test_a_waived_violation_is_still_there_and_neither_new_nor_fixed() -> None:
    bodies = [{"name": 5}]
    found = changes(verdict_of(*bodies), waived_verdict_of(*bodies))
    assert (found.new, found.still, found.fixed, found.unseen) == ((), (), (), ())
    found = changes(waived_verdict_of(*bodies), verdict_of(*bodies))
    assert (len(found.still), found.new, found.fixed, found.unseen) == (1, (), (), ())


def test_a_waived_violation_is_suppressed_for_code_scanning() -> None:
    results = sarif.log(waived_verdict_of({"name": 5}, {}))["runs"][0]["results"]
    assert [(result["ruleId"], "suppressions" in result) for result in results] == [
        ("schema.required", False),
        ("schema.type", True),
    ]


@given(verdicts)
def test_a_verdict_compared_with_its_own_report_has_no_changes(verdict: Verdict) -> None:
    assert changes(verdict, verdict) == Comparison((), verdict.findings, (), ())


def test_all_reports_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / EXCHANGES, "main")
    for exchange in exchanges():
        recorder(exchange)
    recorder.close()
    assert list(reports.write_reports(tmp_path, verdict_of(*BODIES))) == []
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "exchanges.har",
        "gl-code-quality.json",
        "junit.xml",
        "report.html",
        "report.json",
        "report.md",
        "report.sarif",
    ]
    entries = json.loads((tmp_path / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    assert len(entries) == len(exchanges())

    def fails(file: Any) -> None:
        file.write("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        files.atomically(tmp_path / "report.md", fails)
    assert "half" not in (tmp_path / "report.md").read_text("utf-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "exchanges.har",
        "gl-code-quality.json",
        "junit.xml",
        "report.html",
        "report.json",
        "report.md",
        "report.sarif",
    ]


def test_a_folder_that_cannot_be_written_makes_one_line_for_every_report(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    lines = list(map(str, reports.write_reports(tmp_path / "file" / "deeper", verdict_of())))
    assert len(lines) == 7
    assert all("was not written: Not a directory" in line or "was not written: File exists" in line for line in lines)


def test_a_report_that_fails_by_a_fault_of_the_harness_keeps_no_other_from_being_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*what: object, **named: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(markdown, "render", fails)
    (report_error,) = reports.write_reports(tmp_path, verdict_of(*BODIES))
    assert report_error.ours
    assert str(report_error).endswith("report.md was not written, by a fault of the harness: KeyError: 'ours'")
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["exchanges.har", "gl-code-quality.json", "junit.xml", "report.html", "report.json", "report.sarif"]


def test_an_archive_that_lacks_exchanges_makes_a_line(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / EXCHANGES, "main")
    recorder(exchanges()[0])
    recorder.close()
    recorder(exchanges()[1])  # As it is where a disk has become full.
    verdict = verdict_of(*BODIES)
    lines = [str(each) for each in reports.write_reports(tmp_path, verdict)]
    assert [line.rpartition("/")[2] for line in lines] == [
        f"exchanges.har holds 1 of {verdict.requests} exchanges: the rest were not kept"
    ]


def test_a_recorder_whose_disk_is_full_lets_the_run_go_on(tmp_path: Path) -> None:
    (tmp_path / "main.jsonl").symlink_to("/dev/full")
    recorder = Recorder(tmp_path, "main")
    for exchange in exchanges():
        recorder(exchange)
    recorder.close()


def test_every_recorded_exchange_is_read_back_except_for_a_line_cut_short(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "main")
    for exchange in exchanges():
        recorder(exchange)
    recorder.close()
    assert list(recorded(tmp_path, DOCUMENT)) == exchanges()
    file = tmp_path / "main.jsonl"
    os.truncate(file, file.stat().st_size - 5)
    assert list(recorded(tmp_path, DOCUMENT)) == exchanges()[:-1]


def test_exchanges_of_operations_that_the_document_does_not_have_are_left_out(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "main")
    recorder(exchange_of(document_of(path="/others").operations[0], answer(200, {})))
    recorder(exchanges()[0])
    recorder.close()
    assert list(recorded(tmp_path, DOCUMENT)) == exchanges()[:1]
