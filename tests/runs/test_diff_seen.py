"""How many answers really seen show a change: captured ones, and what runs and ledgers have counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.__main__ import main
from tests.support.differing import thing
from tests.support.tiny import JSON

OLD = {**thing(state={"enum": ["a", "b"]}, note={"type": "string"}), "required": ["state"]}
NEW = {**thing(state={"enum": ["a"]}, note={"type": "string"}), "required": ["state", "note"]}


def write(path: Path, schema: Any) -> str:
    answers = {"200": {"description": "", "content": {JSON: {"schema": schema}}}}
    name = {"name": "thing", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {"/things/{thing}": {"get": {"parameters": [name], "responses": answers}}}
    contents = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}
    path.write_text(json.dumps(contents), "utf-8")
    return str(path)


@pytest.fixture
def documents(tmp_path: Path) -> tuple[str, str]:
    return write(tmp_path / "old.json", OLD), write(tmp_path / "new.json", NEW)


def captured(path: Path, *bodies: Any) -> str:
    lines = [
        {"method": "GET", "url": f"https://host/things/{number}", "status": 200, "headers": [["Content-Type", JSON]]}
        | {"body": json.dumps(body)}
        for number, body in enumerate(bodies)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return str(path)


def seen_of(path: Path) -> dict[str, Any]:
    return {each["rule"]: each["seen"] for each in json.loads(path.read_text("utf-8"))["changes"]}


def test_captured_answers_are_judged_by_both_documents(
    tmp_path: Path, documents: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = captured(
        tmp_path / "calls.ndjson",
        *[{"state": "a", "note": "x"}] * 5,
        *[{"state": "b", "note": "x"}] * 3,
        {"state": "a"},
    )
    assert main(["diff", *documents, "--seen", calls, "--report-dir", str(tmp_path / "out")]) == 0
    printed = capsys.readouterr().out
    assert "seen        4 of 9 answers NEW alone refuses, 0 OLD alone" in printed
    assert "seen: 3 of 9 answers show it" in printed
    assert seen_of(tmp_path / "out" / "diff.json") == {
        "change.value-removed": {"count": 3, "of": 9},
        "change.required": {"count": 1, "of": 9},
    }


def test_answers_that_only_the_new_document_admits_are_counted_for_what_breaks_readers(
    tmp_path: Path, documents: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = captured(tmp_path / "calls.ndjson", {"state": "a", "note": "x"}, {"state": "b", "note": "x"})
    assert main(["diff", *reversed(documents), "--seen", calls]) == 1
    assert "seen        0 of 2 answers NEW alone refuses, 1 OLD alone" in capsys.readouterr().out


def test_captures_of_no_operation_are_one_line(
    tmp_path: Path, documents: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty.ndjson").write_text("", "utf-8")
    assert main(["diff", *documents, "--seen", str(tmp_path / "empty.ndjson")]) == 4
    assert "--seen holds no answer of an operation that both documents have" in capsys.readouterr().err


def test_a_report_and_a_ledger_say_how_often_runs_saw_what_is_gone(
    tmp_path: Path, documents: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    calls = captured(tmp_path / "calls.ndjson", *[{"state": "a", "note": "x"}] * 5, *[{"state": "b"}] * 2)
    ledger, folder = str(tmp_path / "runs.sqlite"), str(tmp_path / "run")
    main(["check", calls, "--document", documents[0], "--ledger", ledger, "--report-dir", folder])
    for option in (["--ledger", ledger], ["--report", f"{folder}/report.json"]):
        assert main(["diff", *documents, *option, "--report-dir", str(tmp_path / "out")]) == 0
        assert seen_of(tmp_path / "out" / "diff.json") == {
            "change.value-removed": {"count": 2, "of": 7},
            "change.required": {"count": 2, "of": 7},
        }


@pytest.mark.parametrize(
    ("option", "line"),
    [("--ledger", "there is no ledger none; name a file"), ("--report", "--report none cannot be read: No such file")],
)
def test_what_cannot_be_read_is_one_line(
    option: str, line: str, documents: tuple[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *documents, option, "none"]) == 4
    assert capsys.readouterr().err.startswith(f"ERROR: {line}")
