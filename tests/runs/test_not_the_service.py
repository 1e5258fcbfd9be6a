"""Whoever answers, if it is not the operation, or not this caller: no evidence, soon, with the one thing to change."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from contracts.openapi import Document, load, overlay_files
from strategies.answers import catalogue
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change
from tests.support.suite import BRIEFLY, Result, run_suite

DOCUMENT, TOLERANT = load(overlays=overlay_files([])), load(overlays=overlay_files(["fastapi"]))
KNOWN = [values[0] for values in catalogue(DOCUMENT.operations[0])]
NIGHTLY = ("--hypothesis-profile", "nightly", "--hypothesis-seed", "1")
WORKERS = ("-n", "2", "-k", "known or preferred or drawn")
"""By two processes, without what is asked of no server."""
JSON = ("Content-Type", "application/json")


def against(
    change: Change, *options: str, known: int = 12, document: Document = DOCUMENT, **environment: str
) -> tuple[Result, int]:
    """Return what a run against the mock so changed prints, and how many requests the mock was sent."""
    ids = [word for job_id in KNOWN[:known] for word in ("--job-id", job_id)]
    with mock_server(document, changes=[change]) as server:
        return run_suite("--base-url", server.url, *ids, *options, **environment), server.seen.total()


def always(*answer: object) -> Change:
    status, body, *fields = answer
    assert isinstance(status, int)
    assert isinstance(body, bytes)
    return lambda asked, response: Response(status, tuple(fields), body)  # type: ignore[arg-type]


HTML = ("Content-Type", "text/html")


MOVED = (always(301, b"", ("Location", "https://api.example.org/x")), "answered 301 to https://api.example.org/x; are")
ABSENT = (always(404, b"{}", JSON), "answered 404; is the path in --base-url right, and do these ids exist?")


@pytest.mark.parametrize(
    ("change", "words", "options"),
    [
        (*MOVED, ()),
        (*MOVED, NIGHTLY),
        (always(302, b"", ("Location", "/login?next=/")), "that looks like a login", ()),
        (*ABSENT, ()),
        (*ABSENT, ("--overlay", "fastapi")),
        (*ABSENT, ("--overlay", "fastapi", *WORKERS)),
        (always(200, b"<title>Shop</title>", HTML), 'with an HTML page titled "Shop"; is --base-url right?', ()),
    ],
)
def test_what_answers_alike_whatever_it_is_asked_is_not_the_operation(
    change: Change, words: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    result, requests = against(change, "--example-database", str(tmp_path), *options)
    assert (result.code, result.violations) == (6, []), result.output
    assert words in result.verdict[0]
    assert requests <= 30


@pytest.mark.parametrize(
    ("change", "options"),
    [(always(422, b'{"detail": []}', JSON), ()), (always(404, b'{"detail": "?"}', JSON), ("--overlay", "fastapi"))],
    ids=["422", "documented 404"],
)
def test_a_service_of_which_no_id_is_known_is_asked_everything(change: Change, options: tuple[str, ...]) -> None:
    result, requests = against(change, *options, known=0)
    assert result.code == 6, result.output
    assert "no evidence" not in result.verdict[0]
    assert requests > 100


@pytest.mark.parametrize(("options", "broken"), [((), False), ((), True), (WORKERS, False), (NIGHTLY, True)])
def test_a_key_that_runs_out_ends_the_run_and_what_was_seen_before_counts(
    options: tuple[str, ...], broken: bool, tmp_path: Path
) -> None:
    count = itertools.count(1)

    def expiring(asked: Asked, response: Response) -> Response:
        if next(count) > 150:
            return Response(401, (JSON,), b'{"detail": "expired"}')
        if broken and response.status == 200:
            return Response(200, (JSON,), json.dumps({**json.loads(response.body), "status": "LOST"}).encode())
        return response

    options = ("--overlay", "fastapi", "--example-database", str(tmp_path), *options)
    result, requests = against(expiring, *options, document=TOLERANT, SGP_API_KEY="invented-key-0123456789")
    assert result.code == (1 if broken else 6), result.output
    assert "the key was accepted until request " in result.verdict[0]
    assert "answered 401; has it expired?" in result.verdict[0]
    assert {line.split(" ")[0] for line in result.violations} == ({"schema.enum"} if broken else set())
    assert requests < 600


def test_json_under_the_media_type_of_a_page_is_a_violation_and_not_the_loss_of_a_key() -> None:
    def as_page(asked: Asked, response: Response) -> Response:
        return replace(response, headers=(HTML,)) if response.status == 200 else response

    result, _ = against(as_page, *BRIEFLY)
    assert result.code == 1, result.output
    assert [line.split(" ")[0] for line in result.violations] == ["content-type.undocumented"]


def every(number: int, answer: Response) -> Callable[[Asked, Response], Response]:
    count = itertools.count(1)
    return lambda asked, response: response if next(count) % number else answer


def test_a_429_that_says_when_to_come_again_is_waited_for_in_every_profile() -> None:
    result, _ = against(every(10, Response(429, (JSON, ("Retry-After", "0")), b"{}")))
    assert result.code == 0, result.output
    assert [line for line in result.verdict if line.startswith("sent again")]


def test_a_429_that_does_not_names_what_to_change_and_is_no_violation() -> None:
    result, _ = against(every(10, Response(429, (HTML,), b"<html>")))
    assert (result.code, result.violations) == (6, []), result.output
    (line,) = [line for line in result.verdict if "--rate-limit" in line]
    assert "answered 429; ask more slowly by --rate-limit 10/s, or again by --retries 2" in line
