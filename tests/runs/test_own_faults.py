"""A fault of the harness itself, or of one item, is reported in a line, and hides nothing that was answered."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NoReturn

import pytest

from contracts.http.exchange import Response
from strategies import plan
from strategies.item import Asker
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked
from tests.support.pinned import DOCUMENT, IDS
from tests.support.suite import headlines, run_suite, told_once

FEW = ("-k", "preferred")


def broken(*args: object, **named: object) -> NoReturn:
    """Stands in place of one of our own functions."""
    raise KeyError("ours")


FAULTS = {
    "a report": ("contracts.reports.sarif.render", "report.sarif was not written"),
    "the verdict": ("contracts.run.run.conclude", "no verdict was reached"),
    "the words": ("contracts.run.outputs.terminal_lines", "not all was printed"),
    "the promises": ("contracts.reports.junit.render", "junit.xml was not written"),
}


@pytest.fixture
def _failing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let one item fail for a reason of its own."""
    ask = plan.PreferredStatus.ask

    def fail(item: plan.PreferredStatus, asker: Asker) -> None:
        assert item.detail != "422", "a reason of its own"
        ask(item, asker)

    monkeypatch.setattr(plan.PreferredStatus, "ask", fail)


OTHERWISE = "a test failed for another reason than an answer (see above)"


@pytest.mark.usefixtures("_failing")
@pytest.mark.parametrize(
    ("status", "headline"), [(None, f"INCONCLUSIVE  {OTHERWISE}; "), (418, "VIOLATES  1 distinct violation in ")]
)
def test_an_item_that_fails_for_another_reason_is_reported_beside_what_was_answered(
    status: int | None, headline: str
) -> None:
    def change(asked: Asked, response: Response) -> Response:
        return Response(status, (), b"") if status else response

    with mock_server(DOCUMENT, changes=[change]) as server:
        result = run_suite("--base-url", server.url, *IDS, "--no-overlay", *FEW)
    assert result.code == 1, result.output
    (printed,) = headlines(result)
    assert printed.startswith(headline)
    assert OTHERWISE in result.verdict[0]
    assert "AssertionError: a reason of its own" in result.errors
    # The violation is asked for again as ever.
    assert [line.rpartition(", ")[2] for line in result.violations] == (["always]"] if status == 418 else [])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_our_own_is_reported_in_a_line_and_is_never_green(
    fault: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    function, words = FAULTS[fault]
    monkeypatch.setattr(function, broken)
    result = run_suite(*FEW, "--report-dir", str(tmp_path / "reports"))
    assert result.code == 3, result.output
    told = [line for line in result.output.splitlines() if "by a fault of the harness: KeyError: 'ours'" in line]
    assert len(told) == 1, result.output
    assert told[0].startswith("harness     ")
    assert words in told[0]
    assert "Traceback" not in result.output + result.errors
    if fault != "the verdict":
        assert json.loads((tmp_path / "reports" / "report.json").read_text("utf-8"))["outcome"] == "CONFORMS"


def test_a_comparison_of_documents_that_fails_leaves_the_run_inconclusive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contracts.changes.compare_documents", broken)
    result = run_suite(*FEW, "--changes-since", "pinned")
    assert result.code == 6, result.output
    told_once(result, "what changed since sgp-v4.openapi.yaml is not known, see below")
    assert "harness     what changed since sgp-v4.openapi.yaml is not known, by a fault of the harness" in result.output


def test_answers_that_cannot_be_counted_hide_no_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contracts.changes.counted_in_run", broken)
    result = run_suite(*FEW, "--changes-since", "pinned")
    assert result.code == 3, result.output
    assert "changes     since sgp-v4.openapi.yaml: no change" in result.output
    assert "how many answers show each change is not known, by a fault of the harness" in result.output


@pytest.mark.parametrize("function", ["contracts.run.run.sdk_words", "contracts.run.run.results"])
def test_a_fault_of_our_own_hides_no_violation(function: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function, broken)

    def teapot(asked: Asked, response: Response) -> Response:
        return Response(418, (), b"")

    with mock_server(DOCUMENT, changes=[teapot]) as server:
        result = run_suite("--base-url", server.url, *IDS, *FEW)
    assert result.code == 1, result.output
    told_once(result, "VIOLATES  1 distinct violation in ")
    assert "by a fault of the harness: KeyError: 'ours'" in result.output
