"""A run that is ended by a signal ends at once, with the verdict and the reports of what was seen until then."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change, Raw
from tests.support.pinned import DOCUMENT, IDS, KNOWN
from tests.support.suite import CLEAN, ROOT, Result, run_suite

PATIENCE = 30
"""Seconds in which a run has to end: half of those that it would wait for an answer."""

SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])


class Stall:
    """After so many answers, or from the first on, this server says nothing more; `reached` when all clients wait."""

    def __init__(self, *, after: int, clients: int) -> None:
        self.reached, self.released = threading.Event(), threading.Event()
        self._after, self._clients, self._lock = after, clients, threading.Lock()
        self.answered = self._waiting = 0

    def __call__(self, asked: Asked, response: Response) -> Response | Raw:
        with self._lock:
            if self.answered < self._after:
                self.answered += 1
                return response
            self._waiting += 1
            if self._waiting == self._clients:
                self.reached.set()
        return self._silence()

    async def _silence(self) -> AsyncIterator[bytes]:
        await asyncio.to_thread(self.released.wait, 2 * PATIENCE)
        yield b""


def ended_by(number: signal.Signals, stall: Stall, *options: str, change: Change | None = None) -> Result:
    """A run against the server that stalls, sent the signal when it does."""
    changes = [each for each in (change, stall) if each]
    with mock_server(DOCUMENT, changes=changes) as server:
        try:
            with started("--base-url", server.url, "--timeout", "60", *IDS, *options) as run:
                assert stall.reached.wait(60)
                run.send_signal(number)
                output, errors = run.communicate(timeout=PATIENCE)
                with pytest.raises(ProcessLookupError):  # Workers are gone when the run is.
                    os.killpg(run.pid, 0)
                return Result(run.returncode, output, errors)
        finally:
            stall.released.set()


@contextmanager
def started(*options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "pytest", "tests/api", "-p", "no:cacheprovider", *options]
    run = subprocess.Popen(
        command, cwd=ROOT, env=CLEAN, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield run
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.communicate()


def requests_told(result: Result) -> int:
    (line,) = [line for line in result.verdict if line.startswith("requests")]
    return int(line.split()[1])


@pytest.mark.parametrize(
    ("number", "workers"),
    [(signal.SIGINT, []), (signal.SIGTERM, []), (signal.SIGINT, ["-n", "2"])],
    ids=["SIGINT", "SIGTERM", "SIGINT and two workers"],
)
def test_a_signal_ends_the_run_and_its_workers_with_the_verdict_on_what_was_seen(
    number: signal.Signals, workers: list[str]
) -> None:
    stall = Stall(after=45, clients=max(1, len(workers)))
    result = ended_by(number, stall, *workers)
    assert result.code == 6, result.output + result.errors
    assert result.verdict[0].startswith("INCONCLUSIVE  the run was interrupted; 44 answers so far broke no promise")
    # The first answer was the probe's.
    assert requests_told(result) == stall.answered - 1


def test_violations_that_workers_saw_before_the_signal_are_printed_and_in_the_reports(tmp_path: Path) -> None:
    def broken(asked: Asked, response: Response) -> Response:
        return Response(response.status, response.headers, b"[]") if asked.target.endswith(KNOWN[0]) else response

    stall = Stall(after=45, clients=2)
    result = ended_by(signal.SIGTERM, stall, "-n", "2", "--report-dir", str(tmp_path), change=broken)
    assert result.code == 1, result.output + result.errors
    assert "the run was interrupted" in result.verdict[0]
    assert [line for line in result.violations if line.startswith("schema.type")]
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["outcome"] == "VIOLATES"
    assert report["run"]["incident"] == "the run was interrupted"
    assert len(report["violations"]) == len(result.violations)
    archive = json.loads((tmp_path / "exchanges.har").read_text())
    assert len(archive["log"]["entries"]) == 44


@SIGNALS
def test_a_signal_before_the_first_answer_ends_the_run_without_evidence(number: signal.Signals) -> None:
    result = ended_by(number, Stall(after=0, clients=1))
    assert result.code == 6, result.output + result.errors
    assert "interrupted before anything was answered" in result.output + result.errors
    assert "Traceback" not in result.output + result.errors


def test_a_signal_that_comes_while_pytest_is_at_a_report_ends_the_run_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "late.py").write_text(
        "import os, signal\ndef pytest_runtest_makereport(call):\n"
        "    if call.when == 'call': os.kill(os.getpid(), signal.SIGINT)\n"
    )
    with mock_server(DOCUMENT) as server:
        result = run_suite("--base-url", server.url, "--job-id", KNOWN[0], "-p", "late", PYTHONPATH=str(tmp_path))
    assert result.code == 6, result.output
    assert result.verdict[0].startswith("INCONCLUSIVE  the run was interrupted; ")


def test_a_wait_for_the_next_turn_is_ended_too() -> None:
    came = threading.Event()

    def note(asked: Asked, response: Response) -> Response:
        came.set()
        return response

    ids = ["--job-id", KNOWN[0]]
    with (
        mock_server(DOCUMENT, changes=[note]) as server,
        started("--base-url", server.url, "--rate-limit", "1/h", *ids) as run,
    ):
        assert came.wait(60)
        run.send_signal(signal.SIGTERM)
        output, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 6, output
