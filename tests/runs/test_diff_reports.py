"""What `contract diff` writes: reports for machines and people, annotations, and waivers that it honours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from contracts import reports
from contracts.__main__ import main
from tests.support.differing import thing
from tests.support.tiny import JSON

SCHEMA = json.loads(Path(reports.__file__).with_name("diff.schema.json").read_text("utf-8"))
OLD = thing(state={"enum": ["a"]}, gone={"type": "string"})
NEW = thing(state={"enum": ["a", "b"]}, more={"type": "integer"})
WAIVER = """
[[waiver]]
rule = "change.value-added"
place = "/state"
value = '"b"'
reason = "all clients know it; API-1"
owner = "shop team"
expires = {expires}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    for name, schema in (("old", OLD), ("new", NEW)):
        answers = {"200": {"description": "", "content": {JSON: {"schema": schema}}}}
        contents = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {}}
        contents["paths"] = {"/things": {"get": {"responses": answers}}}
        (tmp_path / f"{name}.json").write_text(json.dumps(contents, indent=1), "utf-8")
    return tmp_path


def report_of(folder: Path) -> Any:
    report = json.loads((folder / "out" / "diff.json").read_text("utf-8"))
    jsonschema.validate(report, SCHEMA)
    return report


def test_the_report_for_machines_holds_every_change_and_keeps_its_schema(folder: Path) -> None:
    assert main(["diff", "old.json", "new.json", "--report-dir", "out"]) == 1
    report = report_of(folder)
    assert (report["outcome"], report["exit_code"]) == ("BREAKING", 1)
    assert [(each["classification"], each["rule"]) for each in report["changes"]] == [
        ("breaking", "change.value-added"),
        ("widening", "change.property-removed"),
        ("narrowing", "change.property-added"),
    ]
    first = report["changes"][0]
    assert first["witness"]["admitted_by"] == "new"
    assert json.loads(first["witness"]["response"]["body"]) == {"state": "b"}
    assert [each["rule"] for each in first["witness"]["refusals"]] == ["schema.enum"]


def test_the_same_documents_give_the_same_report(folder: Path) -> None:
    main(["diff", "old.json", "new.json", "--report-dir", "out"])
    first = {file.name: file.read_text("utf-8") for file in sorted((folder / "out").iterdir())}
    main(["diff", "old.json", "new.json", "--report-dir", "out"])
    assert {file.name: file.read_text("utf-8") for file in sorted((folder / "out").iterdir())} == first


def test_the_report_for_people_shows_each_change_with_its_proof(folder: Path) -> None:
    main(["diff", "old.json", "new.json", "--report-dir", "out"])
    lines = (folder / "out" / "diff.md").read_text("utf-8").splitlines()
    assert lines[0].startswith("## ❌ BREAKING: 1 breaking, 1 widening, 1 narrowing")
    assert '- **breaking** `value-added at /state of GET /things 200: "b" is a new value`' in lines
    assert '  - `NEW admits 200 {"state": "b"}`' in lines


def test_the_report_for_code_scanning_points_at_the_lines_of_both_documents(folder: Path) -> None:
    main(["diff", "old.json", "new.json", "--report-dir", "out"])
    (run,) = json.loads((folder / "out" / "diff.sarif").read_text("utf-8"))["runs"]
    assert [each["level"] for each in run["results"]] == ["error", "note", "note"]
    places = [*run["results"][0]["locations"], *run["results"][0]["relatedLocations"]]
    files = [each["physicalLocation"]["artifactLocation"]["uri"] for each in places]
    lines = [each["physicalLocation"]["region"]["startLine"] for each in places]
    assert files == ["new.json", "old.json"]
    texts = [(folder / name).read_text("utf-8").splitlines()[line - 1] for name, line in zip(files, lines, strict=True)]
    assert texts[0].strip() == '"b"'
    assert texts[1].strip() == '"enum": ['


def test_annotations_are_printed_for_github(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    main(["diff", "old.json", "new.json"])
    (line,) = [each for each in capsys.readouterr().out.splitlines() if each.startswith("::")]
    assert line.startswith("::error file=new.json,line=")
    assert line.endswith('title=change.value-added::value-added at /state of GET /things 200: "b" is a new value')


def test_a_waiver_accepts_a_change_until_its_day(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "waivers.toml").write_text(WAIVER.format(expires="2999-12-31"), "utf-8")
    assert main(["diff", "old.json", "new.json", "--waivers", "waivers.toml", "--report-dir", "out"]) == 0
    assert "waived      breaking  value-added at /state" in capsys.readouterr().out
    report = report_of(folder)
    assert [each["waiver"]["owner"] for each in report["waived"]] == ["shop team"]
    (run,) = json.loads((folder / "out" / "diff.sarif").read_text("utf-8"))["runs"]
    assert [bool(each.get("suppressions")) for each in run["results"]] == [False, False, True]


def test_a_waiver_that_has_expired_accepts_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "waivers.toml").write_text(WAIVER.format(expires="2020-01-01"), "utf-8")
    assert main(["diff", "old.json", "new.json", "--waivers", "waivers.toml"]) == 1
    assert "waiver 1 of shop team expired on 2020-01-01" in capsys.readouterr().out


def test_a_waiver_of_nothing_is_stale(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "waivers.toml").write_text(WAIVER.format(expires="2999-12-31"), "utf-8")
    assert main(["diff", "old.json", "old.json", "--waivers", "waivers.toml"]) == 0
    assert "\nstale       " in capsys.readouterr().out


def test_one_file_holds_the_waivers_of_changes_and_those_of_violations(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = WAIVER.format(expires="2999-12-31")
    violation = text.replace("change.value-added", "schema.enum")
    (folder / "waivers.toml").write_text(text + violation, "utf-8")
    assert main(["diff", "old.json", "new.json", "--waivers", "waivers.toml"]) == 0
    assert "stale" not in capsys.readouterr().out


def test_a_waiver_of_a_kind_that_no_change_has_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = WAIVER.format(expires="2999-12-31").replace("change.value-added", "change.vale-added")
    (folder / "waivers.toml").write_text(text, "utf-8")
    assert main(["diff", "old.json", "new.json", "--waivers", "waivers.toml"]) == 4
    assert "names no rule: change.vale-added; did it mean change.value-added?" in capsys.readouterr().err


@pytest.mark.parametrize(("operation", "code"), [("/things", 0), ("/th*", 0), ("/others", 1)])
def test_a_waiver_may_name_the_operation_whose_change_it_accepts(folder: Path, operation: str, code: int) -> None:
    text = WAIVER.format(expires="2999-12-31") + f'operation = "{operation}"\n'
    (folder / "waivers.toml").write_text(text, "utf-8")
    assert main(["diff", "old.json", "new.json", "--waivers", "waivers.toml"]) == code


def test_the_page_shows_each_change_with_the_lines_of_both_documents_and_runs_nothing(folder: Path) -> None:
    main(["diff", "old.json", "new.json", "--report-dir", "out"])
    text = (folder / "out" / "diff.html").read_text("utf-8")
    assert "<script" not in text
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert '<li class="hit"><code>    &#34;b&#34;</code></li>' in text
    assert "{&#34;state&#34;: &#34;b&#34;}" in text
    assert "expected &#34;a&#34;, got &#34;b&#34;" in text


def test_the_page_escapes_whatever_a_document_says(folder: Path) -> None:
    text = (folder / "new.json").read_text("utf-8").replace('"b"', '"</code><script>x</script>"')
    (folder / "new.json").write_text(text, "utf-8")
    main(["diff", "old.json", "new.json", "--report-dir", "out"])
    assert "<script" not in (folder / "out" / "diff.html").read_text("utf-8")
