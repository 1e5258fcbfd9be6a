"""A server that damages half of its answers, head included, is told of by a verdict: no traceback, no hang, no key."""

from __future__ import annotations

from pathlib import Path
from random import Random
from threading import Lock

import pytest

from contracts.http.exchange import Response
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change, Raw
from tests.support.conforming import DOCUMENT, KNOWN, length, on_the_wire
from tests.support.damaged import damaged
from tests.support.suite import run_suite
from tests.support.talking import KEY


def damaging(seed: int) -> Change:
    """Return the change that damages every second answer by the seed: its body, or all of its bytes."""
    chance, lock = Random(seed), Lock()

    def change(asked: Asked, response: Response) -> Response | Raw:
        with lock:
            if chance.random() < 0.5:
                return response
            if chance.random() < 0.5:
                return Response(response.status, response.headers, damaged(response.body, chance))
            return [damaged(on_the_wire(response, length(response)), chance)]

    return change


@pytest.mark.parametrize("seed", [1, 2])
def test_a_run_against_it_ends_with_a_verdict_alone(seed: int, tmp_path: Path) -> None:
    ids = [word for job_id in KNOWN[:3] for word in ("--job-id", job_id)]
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    with mock_server(DOCUMENT, changes=[damaging(seed)]) as server:
        options = (
            "--base-url",
            server.url,
            *ids,
            "--api-key-file",
            str(key_file),
            "--report-dir",
            str(tmp_path / "out"),
        )
        result = run_suite(*options, "-k", "known or preferred or classes")
    assert result.code == 1, result.output
    assert result.verdict[0].startswith("VIOLATES")
    printed = result.output + result.errors
    assert "Traceback" not in printed
    assert KEY not in printed
    assert not any(KEY in file.read_text("utf-8") for file in (tmp_path / "out").rglob("*") if file.is_file())
