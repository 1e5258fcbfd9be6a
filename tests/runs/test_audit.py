"""`contract audit` as a user calls it: what it prints and writes, its exit codes, and its overlays in runs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts import reports
from contracts.__main__ import main
from contracts.openapi import PINNED
from tests.support.contents import CLEAN, answering, operation, response
from tests.support.suite import CLEAN as ENVIRONMENT
from tests.support.suite import ROOT, run_suite

DEFAULT = {"type": "integer", "default": "one"}


@pytest.fixture
def document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A document with one finding, in the working directory."""
    monkeypatch.chdir(tmp_path)
    path = Path("it.json")
    path.write_text(json.dumps(answering(DEFAULT), indent=1), "utf-8")
    return path


def test_the_documentation_holds_the_audit_of_the_pinned_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "--format", "markdown"]) == 1
    assert (ROOT / "docs" / "audit.md").read_text("utf-8").endswith("\n\n" + capsys.readouterr().out)


def test_a_finding_is_told_with_its_place_line_witness_correction_and_source(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", str(document)]) == 1
    place = "#/paths/~1things/get/responses/200/content/application~1json/schema/default"
    line = next(n for n, text in enumerate(document.read_text().splitlines(), 1) if '"default"' in text)
    assert capsys.readouterr().out.splitlines() == [
        "AUDIT       1 finding in 1 operation",
        "document    T 1 (it.json)",
        "findings    1",
        f"  1. document.default-invalid at {place} (it.json:{line})",
        "     the default breaks schema.type",
        '     fails       "one": it breaks schema.type at the value itself',
        "     correction  remove the default, or correct it or the schema",
        "     source      JSON Schema 2020-12 Validation, section 9.2",
        "notes       none",
        "corrected   1 of 1 findings by an overlay, which --fix FILE writes",
    ]


def test_a_document_without_a_finding_exits_with_0(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    document.write_text(json.dumps(answering(CLEAN)), "utf-8")
    assert main(["audit", str(document)]) == 0
    assert capsys.readouterr().out.startswith("AUDIT       nothing wrong in 1 operation\n")


def test_the_corrections_leave_nothing_and_are_not_written_over_a_file(
    document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fix = ["--fix", "fix.yaml"]
    assert main(["audit", str(document), *fix]) == 1
    assert "fix         fix.yaml holds 1 actions; with it: nothing wrong in 1 operation" in capsys.readouterr().out
    before = Path("fix.yaml").read_bytes()
    assert main(["audit", str(document), "--overlay", "fix.yaml"]) == 0
    assert main(["audit", str(document), *fix]) == 4
    assert Path("fix.yaml").read_bytes() == before
    assert main(["audit", str(document), "--overlay", "fix.yaml", "--fix", "more.yaml"]) == 0
    assert "more.yaml was not written: there is nothing that an overlay corrects" in capsys.readouterr().out
    assert not Path("more.yaml").exists()


def test_corrections_that_cannot_be_written_are_an_error(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", str(document), "--fix", f"{document}/fix.yaml"]) == 4
    assert capsys.readouterr().err.startswith(f"ERROR: --fix {document}/fix.yaml cannot be written: ")


def test_the_reports_are_what_their_schemas_say(document: Path) -> None:
    document.write_text(json.dumps(operation({"200": response(DEFAULT)}, path="/{thing}")), "utf-8")
    assert main(["audit", str(document), "--report-dir", "out"]) == 1
    schema = json.loads(Path(reports.__file__).with_name("audit.schema.json").read_text("utf-8"))
    found = json.loads(Path("out/audit.json").read_text("utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(found, schema)
    assert [each["rule"] for each in found["findings"]] == ["document.default-invalid", "document.error-undocumented"]
    log = json.loads(Path("out/audit.sarif").read_text("utf-8"))
    results = log["runs"][0]["results"]
    assert [(each["ruleId"], each["level"]) for each in results][:1] == [("document.default-invalid", "error")]
    assert {each["id"] for each in log["runs"][0]["tool"]["driver"]["rules"]} == {each["ruleId"] for each in results}
    assert "**document.default-invalid**" in Path("out/audit.md").read_text("utf-8")


def test_json_stands_alone_on_standard_output(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", str(document), "--format", "json", "--fix", "fix.yaml"])
    printed = capsys.readouterr()
    assert json.loads(printed.out)["exit_code"] == 1
    assert "fix.yaml holds 1 actions" in printed.err


def test_findings_and_notes_are_annotations_in_a_github_run(
    document: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    document.write_text(json.dumps(answering({**DEFAULT, "format": "moon"})), "utf-8")
    main(["audit", str(document)])
    commands = [line for line in capsys.readouterr().out.splitlines() if line.startswith("::")]
    assert [line.partition(" ")[0] for line in commands] == ["::error", "::notice"]
    assert commands[0].startswith("::error file=it.json,line=1,title=document.default-invalid::")


@pytest.mark.parametrize(
    ("contents", "options", "words"),
    [
        (None, (), "cannot be read"),
        ('openapi: "3.1.0', (), "is neither YAML nor JSON at line"),
        ("openapi: 3.0.3\npaths: {}\n", (), "is version 3.0.3; convert it to OpenAPI 3.1"),
        (json.dumps(answering({"$ref": "http://h/x"})), (), "refers to a URL, which is not fetched"),
        (json.dumps(answering(CLEAN)), ("--overlay", "nothing"), "--overlay nothing is no file"),
        (json.dumps(answering(CLEAN)), ("--operation", "/nothing"), "matches no operation"),
        (json.dumps(answering(CLEAN)), ("--nothing",), "--nothing is no option of contract audit"),
    ],
    ids=["not there", "broken", "3.0", "nothing judged", "overlay", "operation", "option"],
)
def test_what_cannot_be_audited_is_one_line_with_the_fix(
    contents: str | None, options: tuple[str, ...], words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "it.yaml"
    if contents is not None:
        path.write_text(contents, "utf-8")
    assert main(["audit", str(path), *options]) == 4
    printed = capsys.readouterr()
    (line,) = printed.err.splitlines()
    assert line.startswith("ERROR: ")
    assert words in line
    assert printed.out == ""


def test_a_url_is_not_fetched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "https://host/openapi.yaml"]) == 4
    assert capsys.readouterr().err == (
        "ERROR: https://host/openapi.yaml is a URL, and nothing is fetched; save it and name the file\n"
    )


def test_an_audit_whose_reader_has_had_enough_ends_in_silence() -> None:
    command = [sys.executable, "-m", "contracts", "audit", str(PINNED)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=ENVIRONMENT
    ) as auditor:
        assert auditor.stdout is not None
        assert auditor.stderr is not None
        auditor.stdout.close()
        assert (auditor.stderr.read(), auditor.wait(60)) == (b"", 1)


def overlay_of(tmp_path: Path, *options: str) -> list[str]:
    fix = tmp_path / "fix.yaml"
    assert main(["audit", *options, "--fix", str(fix)]) == 1
    return ["--overlay", str(fix)]


@pytest.mark.parametrize("options", [(), ("--closed",)], ids=["open", "closed"])
def test_a_run_with_the_corrections_of_the_pinned_document_conforms(options: tuple[str, ...], tmp_path: Path) -> None:
    result = run_suite(*overlay_of(tmp_path, *options), "-k", "known or preferred or faults")
    assert result.code == 0, result.output
    assert "violations  none" in result.output


def test_a_run_with_the_overlay_closed_reports_an_undeclared_property_by_its_name(tmp_path: Path) -> None:
    schema = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    both = {"allOf": [schema, {"properties": {"size": {"type": "integer"}}}]}
    path = tmp_path / "it.json"
    whole: dict[str, Any] = {"type": "object", "required": ["one", "two"], "properties": {"one": schema, "two": both}}
    path.write_text(json.dumps(answering(whole)), "utf-8")
    body = tmp_path / "body.json"
    body.write_text(json.dumps({"one": {"name": "a", "nam": 1}, "two": {"name": "a", "siz": 1}}), "utf-8")
    captured = ["check", str(body), "--status", "200", "--path", "/things", "--document", str(path)]
    assert main(captured) == 0
    assert main([*captured, "--overlay", "closed", "--report-dir", str(tmp_path)]) == 1
    found = json.loads((tmp_path / "report.json").read_text("utf-8"))["violations"]
    assert sorted((each["rule"], each["place"]) for each in found) == [
        ("schema.additionalProperties", "body/one/nam"),
        ("schema.unevaluatedProperties", "body/two/siz"),
    ]
