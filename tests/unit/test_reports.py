"""Reports: each says the same as the verdict, is whole or not there, and is harmless to who reads it."""

from __future__ import annotations

import dataclasses
import datetime
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import reports
from contracts.comparison import Comparison, compare
from contracts.exchange import Exchange, Failure, Response
from contracts.recorder import EXCHANGES, Recorder, recorded
from contracts.reports import github, markdown, report_json, sarif
from contracts.tally import Judge
from contracts.verdict import Terms, Verdict
from contracts.waivers import Waiver, Waivers
from tests.api.junit import outcomes
from tests.unit.test_verdict import verdict_on
from tests.unit.tiny import PETS, answer, document_of, exchange_of

SCHEMA = {
    "type": "object",
    "required": ["name"],
    "properties": {"name": {"type": "string"}, "pet": {"$ref": "#/components/schemas/Pet"}},
}
DOCUMENT = document_of(SCHEMA, PETS)
(OPERATION,) = DOCUMENT.operations
FORMAT = jsonschema.Draft202012Validator(
    json.loads(Path(reports.__file__).with_name("report.schema.json").read_text("utf-8")),
    format_checker=jsonschema.FormatChecker(),
)
HOSTILE = "</script><script>alert(1)</script>`|*_[x](javascript:x)\n::error::x\x1b[31m\u202e\ud800"
BODIES: list[Any] = [
    {"name": "a"},
    {"name": 5},
    {"name": HOSTILE, "pet": {"kind": HOSTILE}},
    {"pet": {"kind": "CAT", "toys": [HOSTILE]}, HOSTILE: 1},
    b"\xff",
    b"",
]


def waived(*outcomes: Any) -> Verdict:
    """The same with a waiver of all that is wrong with a type."""
    waivers = Waivers([Waiver(1, "schema.type", "*", HOSTILE, HOSTILE, datetime.date(9000, 1, 1))], datetime.date.min)
    return verdict_of(*outcomes, waivers=waivers)


def verdict_of(*outcomes: Any, waivers: Waivers | None = None) -> Verdict:
    terms = Terms(waivers) if waivers else Terms()
    judge = Judge(waiver=terms.waivers.covering)
    for number, each in enumerate(outcomes):
        came = each if isinstance(each, Failure) else answer(200, each)
        judge(exchange_of(OPERATION, came, f"it{number}"))
    return verdict_on(judge.tally, DOCUMENT, terms=terms)


verdicts = st.builds(
    lambda drawn, make: make(*drawn),
    st.lists(st.sampled_from([*BODIES, Failure("reset", HOSTILE)]), max_size=6),
    st.sampled_from([verdict_of, waived]),
)


@given(verdicts)
def test_a_report_is_described_by_its_schema_and_is_told_in_one_order(verdict: Verdict) -> None:
    text = io.StringIO()
    report_json.render(verdict, None, (), text)
    FORMAT.validate(json.loads(text.getvalue()))
    assert report_json.report(verdict) == json.loads(text.getvalue())


@given(verdicts)
def test_a_report_holds_every_violation_whole(verdict: Verdict) -> None:
    told = report_json.report(verdict)["violations"]
    assert [(each["rule"], each["place"], each["actual"], each["count"]) for each in told] == [
        (each.violation.rule, each.violation.place, each.violation.actual, each.count) for each in verdict.findings
    ]
    assert len({each["id"] for each in told}) == len(told)


def test_a_witness_is_told_byte_for_byte() -> None:
    (binary,) = [
        each for each in report_json.report(verdict_of(b"\xff"))["violations"] if each["rule"] == "json.encoding"
    ]
    assert binary["witness"]["response"]["body_base64"] == "/w=="
    (text,) = report_json.report(verdict_of({"name": 5}))["violations"]
    assert text["witness"]["response"]["body"] == '{"name": 5}'


def test_a_violation_points_at_the_line_of_the_document_that_promised_otherwise(tmp_path: Path) -> None:
    lines = ["{", '"openapi": "3.1.0",', '"paths": {"/x": {', '"get": {"responses": {', '"200": {}', "}}}}}"]
    file = tmp_path / "document.json"
    file.write_text("\n".join(lines), "utf-8")
    placed = dataclasses.replace(DOCUMENT, path=file)
    judge = Judge()
    judge(exchange_of(OPERATION, answer(404, {})))
    verdict = verdict_on(judge.tally, DOCUMENT)
    verdict = dataclasses.replace(verdict, run=dataclasses.replace(verdict.run, document=placed))
    (finding,) = verdict.findings
    pointed = dataclasses.replace(finding.violation, document="#/paths/~1x/get/responses/x-added")
    verdict = dataclasses.replace(verdict, findings=(dataclasses.replace(finding, violation=pointed),))
    assert report_json.report(verdict)["violations"][0]["document"]["line"] == 4
    assert sarif.log(verdict)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["region"] == {"startLine": 4}
    assert ",line=4," in next(github.commands(verdict))


def test_a_pointer_into_a_file_that_is_gone_is_told_at_its_beginning() -> None:
    assert report_json.report(verdict_of({"name": 5}))["violations"][0]["document"]["line"] == 1


@given(verdicts)
def test_no_value_of_an_answer_ends_a_line_of_the_summary_or_of_an_annotation(verdict: Verdict) -> None:
    for line in markdown.summary(verdict):
        assert "<script" not in re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line)
        assert "\x1b" not in line
    for command in github.commands(verdict):
        assert command.splitlines() == [command]
        assert command.startswith("::error file=")


@pytest.mark.parametrize("text", ["plain", "a`b", "``", "`x`", "a|b"])
def test_a_code_span_ends_where_the_text_does(text: str) -> None:
    span = markdown.code(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    assert span.endswith(fence)
    assert fence not in text


def test_every_violation_is_a_result_with_a_fingerprint_of_its_own() -> None:
    verdict = verdict_of(*BODIES)
    (run,) = sarif.log(verdict)["runs"]
    prints = {each["partialFingerprints"]["violation/v1"] for each in run["results"]}
    assert len(prints) == len(verdict.findings) == len(run["results"])
    assert [run["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] for each in run["results"]] == [
        each.violation.rule for each in verdict.findings
    ]


def changes(before: Verdict, now: Verdict) -> Comparison:
    return compare(json.loads(json.dumps(report_json.report(before))), now)


def test_what_has_changed_since_a_report_is_new_fixed_still_there_or_no_longer_seen() -> None:
    before = verdict_of({"name": 5}, {"name": "a", "pet": {"kind": "CAT", "toys": 1}})
    now = verdict_of({"name": None}, {"name": "a", "pet": {"kind": "DOG"}})
    told = changes(before, now)
    assert [each.violation.cause for each in told.new] == ["null"]
    assert told.still == ()
    assert [line.split(":")[0] for line in told.fixed] == ["schema.type at /name of 200"]
    assert [line.split(":")[0] for line in told.unseen] == ["schema.type at /pet/toys of 200 (CAT)"]


def test_what_is_waived_is_there_still_and_neither_new_nor_fixed() -> None:
    bodies = [{"name": 5}]
    told = changes(verdict_of(*bodies), waived(*bodies))
    assert (told.new, told.still, told.fixed, told.unseen) == ((), (), (), ())
    told = changes(waived(*bodies), verdict_of(*bodies))
    assert (len(told.still), told.new, told.fixed, told.unseen) == (1, (), (), ())


def test_what_is_waived_is_suppressed_for_code_scanning_and_skipped_in_junit() -> None:
    verdict = waived({"name": 5}, {})
    results = sarif.log(verdict)["runs"][0]["results"]
    assert [(each["ruleId"], "suppressions" in each) for each in results] == [
        ("schema.required", False),
        ("schema.type", True),
    ]
    told = outcomes(verdict)
    assert told["schema.required", "body/name"][0] == "failed"
    how, words = told["schema.type", "body/name"]
    assert (how, words.startswith("waived until 9000-01-01 by ")) == ("skipped", True)


@given(verdicts)
def test_compared_with_itself_nothing_has_changed(verdict: Verdict) -> None:
    assert changes(verdict, verdict) == Comparison((), verdict.findings, (), ())


def test_all_reports_are_written_whole_or_not_at_all(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / EXCHANGES, "main")
    for exchange in exchanges():
        recorder(exchange)
    recorder.close()
    assert list(reports.write(tmp_path, verdict_of(*BODIES))) == []
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "exchanges.har",
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
        reports.atomically(tmp_path / "report.md", fails)
    assert "half" not in (tmp_path / "report.md").read_text("utf-8")
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "exchanges.har",
        "report.html",
        "report.json",
        "report.md",
        "report.sarif",
    ]


def test_a_folder_that_cannot_be_written_is_told_in_a_line_for_each_report(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    told = list(map(str, reports.write(tmp_path / "file" / "deeper", verdict_of())))
    assert len(told) == 5
    assert all("was not written: Not a directory" in line or "was not written: File exists" in line for line in told)


def test_a_report_that_fails_by_a_fault_of_ours_takes_no_other_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*what: object) -> None:
        raise KeyError("ours")

    monkeypatch.setattr(markdown, "render", fails)
    (trouble,) = reports.write(tmp_path, verdict_of(*BODIES))
    assert trouble.ours
    assert str(trouble).endswith("report.md was not written, by a fault of the harness: KeyError: 'ours'")
    names = sorted(file.name for file in tmp_path.iterdir())
    assert names == ["exchanges.har", "report.html", "report.json", "report.sarif"]


def test_an_archive_that_does_not_hold_all_says_so(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path / EXCHANGES, "main")
    recorder(exchanges()[0])
    recorder.close()
    recorder(exchanges()[1])  # As it is where a disk has become full.
    verdict = verdict_of(*BODIES)
    told = [str(each) for each in reports.write(tmp_path, verdict)]
    assert [line.rpartition("/")[2] for line in told] == [
        f"exchanges.har holds 1 of {verdict.requests} exchanges: the rest were not kept"
    ]


def test_a_recorder_whose_disk_is_full_lets_the_run_go_on(tmp_path: Path) -> None:
    (tmp_path / "main.jsonl").symlink_to("/dev/full")
    recorder = Recorder(tmp_path, "main")
    for exchange in exchanges():
        recorder(exchange)
    recorder.close()


def exchanges() -> list[Exchange]:
    came: list[Response | Failure] = [answer(200, body) for body in BODIES]
    came.append(Failure("reset", "gone"))
    return [
        dataclasses.replace(exchange_of(OPERATION, each), at=number + 0.5, seconds=0.25)
        for number, each in enumerate(came)
    ]


def test_every_exchange_that_was_kept_is_read_back_but_for_a_line_cut_short(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, "main")
    for exchange in exchanges():
        recorder(exchange)
    recorder.close()
    kept = list(recorded(tmp_path))
    assert [(each.at, each.seconds, each.failure) for each in kept][-1] == (len(BODIES) + 0.5, 0.25, "reset")
    assert [each.body for each in kept] == [
        b"" if isinstance(each.outcome, Failure) else each.outcome.body for each in exchanges()
    ]
    file = tmp_path / "main.jsonl"
    os.truncate(file, file.stat().st_size - 5)
    assert len(list(recorded(tmp_path))) == len(kept) - 1
