"""Reports of runs against a server that breaks promises, and replays of them against another one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contracts.http.exchange import Response
from contracts.openapi import Document
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change
from tests.support.pinned import DOCUMENT, IDS, KNOWN
from tests.support.suite import BRIEFLY, Result, run_command, run_suite

WORDS = ("FIXED", "STILL THERE", "SOMETIMES", "NOT TESTED", "NEW")

TWO = (*KNOWN[:2],)
"""Two jobs to be answered wrongly."""


def misspelt(body: dict[str, Any]) -> dict[str, Any]:
    """Return the job with a status that nobody knows."""
    return {**body, "status": "DONE"}


@dataclass(frozen=True)
class Replayed:
    """What a replay printed, and how often its server was asked in all."""

    result: Result
    requests: int

    @property
    def code(self) -> int:
        return self.result.code

    @property
    def headline(self) -> str:
        """The last line."""
        return self.result.output.splitlines()[-1]

    @property
    def told(self) -> list[tuple[str, str, str]]:
        """The word, the rule with its place, and what stands in brackets, of each violation."""
        found = []
        for line in self.result.output.splitlines():
            word, _, rest = line.partition("  ")
            if word in WORDS:
                what, _, words = rest.strip().rpartition(" [")
                found.append((word, what.partition(":")[0], words.rstrip("]").partition(": ")[2]))
        return found

    @property
    def words(self) -> list[str]:
        return [word for word, _, _ in self.told]


def report_of(
    folder: Path, *changes: Change, options: tuple[str, ...] = (*IDS, *BRIEFLY), document: Document = DOCUMENT
) -> Path:
    """Return the report of a run against a server whose answers are changed so."""
    with mock_server(document, changes=changes) as server:
        result = run_suite("--base-url", server.url, *options, "--report-dir", str(folder))
    assert result.code == 1, result.output
    return folder / "report.json"


def replayed(report: Path, *changes: Change, options: tuple[str, ...] = (), document: Document = DOCUMENT) -> Replayed:
    """Return what comes of replaying a report against a server whose answers are changed so."""
    with mock_server(document, changes=changes) as server:
        result = run_command("replay", str(report), "--base-url", server.url, *options)
        return Replayed(result, server.seen.total())


def altering(change: Callable[[dict[str, Any]], dict[str, Any]], ids: tuple[str, ...], every: int = 1) -> Change:
    """Return a change of the success of these ids, or of all: of the first of so many of its answers."""
    asked = 0

    def alter(request: Asked, response: Response) -> Response:
        nonlocal asked
        if response.status != 200 or not request.target.endswith(ids):
            return response
        asked += 1
        if (asked - 1) % every:
            return response
        return Response(200, response.headers, json.dumps(change(json.loads(response.body))).encode())

    return alter


def gone(*ids: str, status: int = 404) -> Change:
    """Return a change by which resources are refused as ones that are not there."""

    def refuse(request: Asked, response: Response) -> Response:
        if not request.target.endswith(ids):
            return response
        return Response(status, (("Content-Type", "application/json"),), b"{}")

    return refuse
