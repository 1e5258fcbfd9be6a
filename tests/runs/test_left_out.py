"""A whole run on a document of which a part cannot be judged: the rest is judged, and the verdict says how much."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.suite import refused, run_command, run_pytest, run_suite

FINE = {"type": "object", "properties": {"name": {"type": "string"}}}
CLOSED = {
    "allOf": [{"type": "object", "required": ["name"], "properties": {"name": {}}}],
    "additionalProperties": False,
    "required": ["size"],
    "properties": {"size": {}},
}
DANGLING = {"$ref": "#/components/schemas/Nowhere"}


@pytest.fixture
def lamps(tmp_path: Path) -> Path:
    def get(schema: Any, error: Any = FINE) -> dict[str, Any]:
        contents = {"200": schema, "500": error}
        return {
            "get": {
                "responses": {
                    status: {"description": "", "content": {"application/json": {"schema": each}}}
                    for status, each in contents.items()
                }
            }
        }

    paths = {"/rooms": get(FINE, DANGLING), "/lamps": get(CLOSED), "/halls": get(DANGLING)}
    file = tmp_path / "lamps.json"
    file.write_text(json.dumps({"openapi": "3.1.0", "info": {"title": "Lamps", "version": "1"}, "paths": paths}))
    return file


def test_the_verdict_says_how_many_operations_were_judged_and_why_not_all(lamps: Path, tmp_path: Path) -> None:
    result = run_suite("--no-overlay", "--document", str(lamps), "--report-dir", str(tmp_path / "reports"))
    assert result.code == 0
    assert result.verdict[0].endswith("kept what the document promises; judged 1 of 3 operations")
    text = "\n".join(result.verdict)
    assert "judged      1 of 3 operations" in text
    assert "left out    GET /halls: " in text
    assert "GET /lamps: " in text
    assert "additionalProperties does not see into the allOf or $ref beside it" in text
    assert "GET /rooms 500 application/json: " in text
    report = json.loads((tmp_path / "reports" / "report.json").read_text())
    assert report["document"]["operations"] == {"judged": 1, "described": 3, "not_chosen": 0}
    by_name = {(each["operation"], each["part"]): each["reasons"][0] for each in report["document"]["left_out"]}
    assert by_name.keys() == {("/lamps", ""), ("/halls", ""), ("/rooms", "500 application/json")}
    target = "$['paths']['/lamps']['get']['responses']['200']['content']['application/json']['schema']"
    assert by_name["/lamps", ""]["overlay_action"] == {"target": f"{target}['additionalProperties']", "remove": True}
    assert "Overlay action: " in (tmp_path / "reports" / "report.md").read_text()


def test_a_strict_option_refuses_what_cannot_be_judged(lamps: Path) -> None:
    line = refused(run_suite("--no-overlay", "--document", str(lamps), "--strict-document"))
    assert "dangles" in line


@pytest.mark.parametrize("pattern", ["/lamps", "/halls"])
def test_an_operation_asked_for_by_name_that_cannot_be_judged_is_refused(lamps: Path, pattern: str) -> None:
    line = refused(run_suite("--no-overlay", "--document", str(lamps), "--operation", pattern))
    assert "dangles" in line or "is satisfied by no value" in line


def test_a_run_of_chosen_operations_says_how_many_were_not_chosen(lamps: Path) -> None:
    result = run_suite("--no-overlay", "--document", str(lamps), "--operation", "/rooms")
    assert result.code == 0
    assert "judged      1 of 1 operations, 2 more were not chosen" in result.verdict


def test_what_is_left_out_is_listed_without_sending_anything(lamps: Path) -> None:
    words = ("--no-overlay", "--document", str(lamps), "--collect-only")
    for result in (run_command("verify", *words), run_pytest(*words)):
        assert result.code == 0
        assert "judged: 1 of 3 operations" in result.output
        assert "GET /halls: " in result.output
        assert 'overlay action: {"target": "$' in result.output
        assert "CONFORMS" not in result.output


def test_a_requirement_of_an_operation_that_is_left_out_is_refused(lamps: Path) -> None:
    line = refused(run_suite("--no-overlay", "--document", str(lamps), "--skip", "/lamps", "--require", "200/size"))
    assert "nothing that the document promises" in line


def test_a_run_with_a_bound_on_its_requests_says_what_it_asked_of_what_was_planned(lamps: Path) -> None:
    result = run_suite("--no-overlay", "--document", str(lamps), "--plan-requests", "60")
    assert result.code == 0
    (line,) = [line for line in result.verdict if "planned requests" in line]
    assert line.startswith("note        asked ")
    (requests,) = [line for line in result.verdict if line.startswith("requests")]
    assert int(requests.split()[1]) <= 62
