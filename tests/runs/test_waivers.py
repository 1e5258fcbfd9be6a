"""What is required and what is accepted, as a user meets them: options, files, words and exit codes of whole runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from contracts.run.profiles import PROFILES
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, MockServer
from tests.support.pinned import DOCUMENT, IDS, KNOWN
from tests.support.suite import BRIEFLY, Result, run_suite

STALE = """
[[waiver]]
rule = "schema.enum"
place = "/status"
reason = "known"
owner = "us"
expires = 9000-01-01
"""


def misspelt(asked: Asked, response: Response) -> Response:
    """The first two of the known jobs have a status that nobody knows."""
    if response.status != 200 or not asked.target.endswith(tuple(KNOWN[:2])):
        return response
    return Response(200, response.headers, json.dumps({**json.loads(response.body), "status": "DONE"}).encode())


@pytest.fixture(scope="module")
def server() -> Iterator[MockServer]:
    with mock_server(DOCUMENT, changes=[misspelt]) as running:
        yield running


def against(server: MockServer, *options: str) -> Result:
    return run_suite("--base-url", server.url, *IDS, *BRIEFLY, *options)


def written(path: Path, text: str) -> list[str]:
    path.write_text(text, "utf-8")
    return ["--waivers", str(path)]


def test_a_draft_is_refused_until_it_is_finished_and_then_the_run_conforms(server: MockServer, tmp_path: Path) -> None:
    file = tmp_path / "waivers.toml"
    result = against(server, "--write-waivers", str(file))
    assert result.code == 1
    assert f"reports     {file} drafts waivers for what stands" in result.output
    again = against(server, "--write-waivers", str(file))
    assert (again.code, "is there already" in again.errors) == (4, True)
    drafted = file.read_text("utf-8")
    refused = against(server, "--waivers", str(file))
    assert refused.code == 4
    assert "waiver 1 has no reason yet; say why it is accepted, and by whom" in refused.errors
    finished = against(server, *written(file, drafted.replace("TODO: say", "as agreed")))
    assert finished.code == 0, finished.output
    assert finished.verdict[0].endswith("kept what the document promises, except for 1 waived violation")
    assert [line for line in finished.verdict if line.startswith("waived      schema.enum at /status of 200")]
    assert not finished.violations


def test_what_a_waiver_covers_on_some_resources_only_stands_on_the_others(server: MockServer, tmp_path: Path) -> None:
    result = against(server, *written(tmp_path / "w.toml", f'{STALE}id = "{KNOWN[0]}"\n'))
    assert result.code == 1
    assert [line for line in result.violations if "on 1 resource" in line]
    assert [line for line in result.verdict if line.startswith("waived") and "on 1 resource" in line]


def test_from_the_day_after_its_expiry_a_waiver_does_not_hold(server: MockServer, tmp_path: Path) -> None:
    result = against(server, *written(tmp_path / "w.toml", STALE.replace("9000", "2020")))
    assert result.code == 1
    assert [line for line in result.verdict if line.startswith("     waiver 1 of us expired on 2020-01-01")]


@pytest.mark.parametrize(("profile", "code"), [("ci", 0), ("prerelease", 1)])
def test_a_waiver_that_covers_nothing_is_reported_and_fails_before_a_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, profile: str, code: int
) -> None:
    monkeypatch.setitem(PROFILES, "prerelease", replace(PROFILES["prerelease"], examples=100))
    result = run_suite("--hypothesis-profile", profile, *written(tmp_path / "w.toml", STALE))
    assert result.code == code, result.output
    assert (
        "stale       waiver 1 of us covers nothing any more; take it out: schema.enum at body/status" in result.verdict
    )
    # Without the waiver the run would have been green: the mock shows all that is promised.
    assert "violations  none" in result.verdict
    assert not [line for line in result.verdict if line.startswith(("required", "not seen"))]


def test_a_part_of_the_suite_calls_no_waiver_stale(tmp_path: Path) -> None:
    result = run_suite("-k", "preferred", *written(tmp_path / "w.toml", STALE))
    assert result.code == 0, result.output
    assert not [line for line in result.verdict if line.startswith("stale")]


def test_a_requirement_that_was_not_met_makes_a_run_inconclusive_and_says_what_is_missing() -> None:
    result = run_suite("-k", "preferred", "--require", "values", "--require", "answers=1000")
    assert result.code == 6, result.output
    assert result.verdict[0].endswith("; not all was seen that is required")
    told = [
        line for line in result.verdict if "answers=1000: " in line or line.startswith("required    values: not seen")
    ]
    assert len(told) == 2


def test_a_requirement_that_the_document_cannot_meet_is_refused_with_what_is_near() -> None:
    result = run_suite("--require", "status=4222")
    assert result.code == 4
    assert "is nothing that the document promises; near are status=422" in result.errors


def test_a_run_that_has_asked_for_nothing_is_not_green() -> None:
    result = run_suite("-k", "self-test")
    assert (result.code, result.verdict[0]) == (6, "INCONCLUSIVE  nothing was asked")


def test_a_wrong_key_is_no_evidence_whatever_is_waived_and_required(tmp_path: Path) -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(401, (("Content-Type", "application/json"),), b"{}")

    waivers = written(
        tmp_path / "w.toml", STALE + STALE.replace("schema.enum", "status.*").replace("/status", "status")
    )
    with mock_server(DOCUMENT, changes=[refuse]) as server:
        result = against(server, "--hypothesis-profile", "nightly", *waivers)
    assert result.code == 6, result.output
    assert result.verdict[0].startswith("INCONCLUSIVE  no evidence: ")
    assert not [line for line in result.verdict if line.startswith(("stale", "required"))]
