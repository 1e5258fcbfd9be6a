"""What `contract replay` cannot replay: one line with the fix and exit code 4, or a word that nothing broke."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.pinned import IDS
from tests.support.replaying import altering, replayed, report_of
from tests.support.suite import BRIEFLY, refused, run_command, run_suite

NOWHERE = ("--base-url", "http://127.0.0.1:1")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    return report_of(folder, altering(lambda body: {**body, "status": "DONE"}, ("",)))


def edited(report: Path, folder: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Return the report after a change of its contents."""
    contents = json.loads(report.read_text("utf-8"))
    change(contents)
    path = folder / "edited.json"
    path.write_text(json.dumps(contents), "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is no JSON, or cut; name a report.json of an earlier run"),
        ('{"format": 1, "outcome": "VIOL', "is no JSON, or cut; name a report.json of an earlier run"),
        ("<html>", "is no JSON, or cut"),
        ("[" * 100_000, "is no JSON, or cut"),
        ("[1]", "is no report of format 1; name a report.json of this version"),
        ('{"format": 0, "violations": []}', "is no report of format 1"),
        ('{"format": "replay 1"}', "is no report of format 1"),
        ('{"log": {"entries": []}}', "is no report of format 1"),
        ('{"format": 1}', "is damaged: it lacks what every report holds; name a report.json as --report-dir wrote it"),
    ],
)
def test_a_file_that_is_no_report_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "report.json"
    path.write_text(text)
    assert words in refused(run_command("replay", str(path), *NOWHERE))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    line = refused(run_command("replay", str(tmp_path / "none.json"), *NOWHERE))
    assert line.endswith("none.json cannot be read: No such file or directory; name a report.json")


def entry(contents: dict[str, Any]) -> Any:
    return contents["violations"][0]


def asked(contents: dict[str, Any]) -> Any:
    return entry(contents)["witness"]["request"]


DAMAGE: dict[str, Callable[[dict[str, Any]], object]] = {
    "a rule that there is not": lambda all_: entry(all_).update(rule="schema.none"),
    "a place that the id does not name": lambda all_: entry(all_).update(place="body/other"),
    "a value that is no JSON": lambda all_: entry(all_).update(actual="{"),
    "no witness": lambda all_: entry(all_).pop("witness"),
    "a method that is never sent": lambda all_: asked(all_).update(method="CONNECT"),
    "a header field that no run sends": lambda all_: asked(all_).update(headers=[["X-Key", "1"]]),
    "another host": lambda all_: asked(all_)["negotiated"].append(["Host", "evil.test"]),
    "a field with a line break": lambda all_: asked(all_)["negotiated"].append(["A", "b\r\nc: d"]),
    "a query with a line break": lambda all_: asked(all_).update(url="http://h/x?a=b\r\nc"),
    "an id that no URL can hold": lambda all_: entry(all_)["resources"].append(["\ud800"]),
    "a number for an id": lambda all_: entry(all_)["resources"].append([7]),
    "a status in words": lambda all_: entry(all_)["witness"]["response"].update(status="200"),
    "a waiver without a date": lambda all_: entry(all_).update(waiver={"number": 1}),
}


@pytest.mark.parametrize("change", DAMAGE.values(), ids=DAMAGE)
def test_a_damaged_entry_is_refused_by_its_place_before_anything_is_sent(
    report: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    result = replayed(edited(report, tmp_path, change))
    assert "is damaged, or of another version, at /violations/0; name a report.json" in refused(result.result)
    assert result.requests == 0


def test_a_report_on_what_cannot_be_asked_needs_a_target(report: Path, tmp_path: Path) -> None:
    mock = edited(report, tmp_path, lambda all_: all_["run"].update(target="the embedded mock server"))
    line = refused(run_command("replay", str(mock)))
    assert line.endswith(
        "edited.json is a report on the embedded mock server, which cannot be asked; "
        "name the server to ask by --base-url"
    )
    assert replayed(mock).code == 0
    wrong = edited(report, tmp_path, lambda all_: all_["run"].update(target="ftp://host"))
    assert "is no http or https URL" in refused(run_command("replay", str(wrong)))


def test_a_target_that_does_not_answer_is_one_line(report: Path) -> None:
    assert "http://127.0.0.1:1 refuses connections; start the server" in refused(
        run_command("replay", str(report), *NOWHERE)
    )
    assert "refuses connections" in refused(run_command("replay", str(report), CONTRACT_BASE_URL=NOWHERE[1]))


def test_a_report_by_another_document_is_told_and_compared_as_far_as_that_goes(report: Path, tmp_path: Path) -> None:
    other = edited(report, tmp_path, lambda all_: all_["document"].update(sha256="0" * 64))
    result = replayed(other)
    assert result.code == 0
    assert "note        the report was judged by sgp-v4.openapi.yaml + sgp-v4.overlay.yaml, sha256 000000000000…" in (
        result.result.output
    )

    def move(contents: dict[str, Any]) -> None:
        entry(contents)["witness"]["request"]["operation"] = "/moved/{id}"

    moved = edited(report, tmp_path, move)
    assert "edited.json is a report by another document, sgp-v4.openapi.yaml (sha256 " in refused(
        replayed(moved).result
    )


def test_a_report_of_an_earlier_version_is_read(report: Path, tmp_path: Path) -> None:
    def strip(contents: dict[str, Any]) -> None:
        for name in ("exists", "negotiated"):
            del entry(contents)["witness"]["request"][name]

    assert replayed(edited(report, tmp_path, strip)).code == 0


def test_where_nothing_broke_nothing_is_asked(tmp_path: Path) -> None:
    result = run_suite(*BRIEFLY, "--report-dir", str(tmp_path))
    assert result.code == 0, result.output
    again = run_command("replay", str(tmp_path / "report.json"), *NOWHERE)
    assert again.code == 0
    assert again.output == (
        f"CONFORMS  nothing broke, nothing to replay: {tmp_path / 'report.json'} is CONFORMS and holds no violation\n"
    )


@pytest.mark.parametrize("outcome", ["INCONCLUSIVE", "VIOLATES"])
def test_a_report_that_is_not_green_and_holds_no_violation_is_not_called_green(
    report: Path, tmp_path: Path, outcome: str
) -> None:
    path = edited(report, tmp_path, lambda all_: all_.update(outcome=outcome, violations=[]))
    again = run_command("replay", str(path), *NOWHERE)
    assert again.code == 6
    assert again.output.startswith(f"INCONCLUSIVE  nothing to replay: {path} is {outcome} and holds no violation; ")


def test_violations_that_are_fixed_do_not_hide_that_the_document_changed(report: Path, tmp_path: Path) -> None:
    path = edited(report, tmp_path, lambda all_: all_.update(changes={"outcome": "BREAKING"}))
    result = replayed(path)
    assert (result.code, result.words) == (0, ["FIXED"])
    assert "note        the report fails by changes of the document too" in result.result.output


def test_the_command_line_says_what_is_missing(report: Path) -> None:
    assert "the following arguments are required: REPORT" in refused(run_command("replay"))
    assert "--shard is no option of contract replay" in refused(run_command("replay", str(report), "--shard", "1/2"))
    assert "--rate-limit" in refused(run_command("replay", str(report), *NOWHERE, "--rate-limit", "fast"))
    # Ids that the user names are known to exist, as in any run.
    assert replayed(report, options=tuple(IDS)).code == 0
