"""However a replay ends, it is told what was seen until then, and nothing that is secret."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Raw
from tests.support.pinned import DOCUMENT
from tests.support.replaying import TWO, altering, misspelt, replayed, report_of
from tests.support.suite import run_command


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the report of a run in which the first two of the known jobs have a status that nobody knows."""
    return report_of(tmp_path_factory.mktemp("reports"), altering(misspelt, TWO))


def test_a_server_that_goes_away_meanwhile_leaves_the_rest_untested(report: Path) -> None:
    asked = 0

    def silent_from_the_third(request: Asked, response: Response) -> Response | Raw:
        nonlocal asked
        asked += 1
        return response if asked < 3 else []

    result = replayed(report, silent_from_the_third)
    assert result.words == ["NOT TESTED", "NEW"]
    assert "no answer came (reset); not there in the 1 time that could be judged" in result.told[0][2]


def test_a_budget_ends_a_replay_and_what_is_left_is_not_tested(report: Path) -> None:
    result = replayed(report, options=("--max-requests", "3"))
    assert (result.code, result.words, result.requests) == (6, ["NOT TESTED"], 3)
    assert "not asked to the end: stopped early: the budget of 3 requests is used up" in result.told[0][2]


def test_ctrl_c_ends_a_replay_with_what_was_seen_until_then(report: Path) -> None:
    asked = 0

    def struck(request: Asked, response: Response) -> Response:
        nonlocal asked
        asked += 1
        if asked == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return response

    result = replayed(report, altering(misspelt, TWO), struck)
    assert (result.code, result.words) == (1, ["STILL THERE"])
    assert result.headline == "VIOLATES  1 violation of report.json: 1 still there; the run was interrupted"
    asked = 0
    untouched = replayed(report, struck)
    assert (untouched.code, untouched.words) == (6, ["NOT TESTED"])
    assert "the run was interrupted" in untouched.told[0][2]


def test_a_key_that_a_server_sends_back_is_in_nothing_that_is_printed_or_written(report: Path, tmp_path: Path) -> None:
    key = "canary-0f3a-77bd-9e51"

    def echo(asked: Asked, response: Response) -> Response:
        sent = next((value for name, value in asked.headers if name.lower() == "x-api-key"), "")
        return Response(200, response.headers, json.dumps({"id": sent, "status": sent}).encode())

    with mock_server(DOCUMENT, changes=[echo]) as server:
        options = ("--base-url", server.url, "--report-dir", str(tmp_path))
        result = run_command("replay", str(report), *options, SGP_API_KEY=key)
    assert result.code == 1
    written = [result.output, result.errors, *(file.read_text("utf-8") for file in tmp_path.iterdir())]
    assert len(written) == 4
    assert not [text for text in written if "canary" in text or "77bd" in text]


def test_a_fault_of_the_harness_is_its_own_exit_code_with_what_was_seen_until_then(
    report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("our own fault")

    monkeypatch.setattr("contracts.run.replay.obstacle_to", fail)
    result = replayed(report)
    assert (result.code, result.words) == (3, ["NOT TESTED"])
    assert "RuntimeError: our own fault" in result.result.errors
    assert result.headline.endswith("1 not tested; the harness itself failed (see above)")


def test_a_folder_that_cannot_be_written_is_a_line_and_changes_no_exit_code(report: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = replayed(report, options=("--report-dir", str(tmp_path / "file")))
    assert result.code == 0
    assert result.result.output.count("reports     ") == 2
