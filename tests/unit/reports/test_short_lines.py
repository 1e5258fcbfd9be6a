"""Lines for people: none is long, what was seen takes eight of them, and no detail is cut where it would fit."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from contracts.http.exchange import Failure, Response
from contracts.openapi import Document
from contracts.reports.markdown import summary
from contracts.reports.messages import MAX_LINE, violation_line
from contracts.reports.terminal import MAX_SEEN, terminal_lines
from contracts.run.observer import Observer
from contracts.verdict.verdict import Verdict
from tests.support.tiny import answer, document_at, document_of, exchange_of
from tests.support.verdicts import verdict_on

LONG = "long-name-" * 60
MANY = [f"value-{number:03}" for number in range(150)]


def verdict_of(document: Document, *bodies: Any, name: str = "") -> Verdict:
    observer = Observer()
    for number, body in enumerate(bodies):
        outcome = body if isinstance(body, (Failure, Response)) else answer(200, body)
        observer(exchange_of(document.operations[0], outcome, f"{number}{name}"))
    return verdict_on(observer.tally, document, incident="stopped early: " + LONG)


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        ({"enum": MANY}, LONG),
        ({"type": "object", "required": [LONG]}, {}),
        ({"type": "object", "properties": {LONG: {"enum": MANY}}}, {LONG: LONG}),
        ({"type": "object", "properties": {name: {"type": "string"} for name in MANY}}, dict.fromkeys(MANY, 5)),
        ({"const": {LONG: LONG}}, [LONG]),
        ({"type": "string", "pattern": "^(" + "|".join(MANY) + ")$"}, "x"),
    ],
    ids=["enum", "required", "place", "group", "const", "pattern"],
)
def test_no_line_of_terminal_or_markdown_is_long(schema: dict[str, Any], body: Any) -> None:
    verdict = verdict_of(document_of(schema), body, Failure("timeout", LONG), name="木" * 300)
    assert verdict.findings
    for line in (*terminal_lines(verdict), *summary(verdict)):
        assert len(line) <= MAX_LINE, line


def block(verdict: Verdict) -> list[str]:
    """The lines about what was seen and what was not."""
    lines = list(terminal_lines(verdict))
    start = next(number for number, line in enumerate(lines) if line.startswith("seen"))
    end = next(
        number for number, line in enumerate(lines[start + 1 :], start + 1) if line[:4] in ("note", "rari", "viol")
    )
    return lines[start:end]


def test_what_was_seen_takes_eight_lines_with_what_is_missing_first() -> None:
    names = [f"p{number:02}" for number in range(20)]
    properties = {name: {"enum": ["a"]} for name in names}
    document = document_of({"type": "object", "required": names, "properties": properties})
    seen = dict.fromkeys(names, "a")
    assert len(block(verdict_of(document, seen))) == MAX_SEEN
    lines = block(verdict_of(document, {**seen, "p17": 5}))
    assert lines[0] == "seen        200/p17: a never"
    assert len(lines) <= MAX_SEEN
    assert "and 14 lines more, all complete (the reports of --report-dir have them)" in lines[-1]


def test_a_detail_is_shown_whole_where_saying_that_it_is_cut_takes_as_much_room() -> None:
    words = "RemoteDisconnected: Remote end closed connection without response"
    (finding,) = verdict_of(document_of(), Failure("reset", words)).findings
    assert violation_line(finding.violation).endswith(f"got {words}")


def test_a_value_that_is_one_word_too_long_is_shown_whole() -> None:
    text = json.dumps("x" * 68)
    (finding,) = verdict_of(document_of({"type": "integer"}), "x" * 68).findings
    assert violation_line(finding.violation).endswith(f"got string {text}")


def test_a_status_line_without_the_space_behind_the_status_is_told_so() -> None:
    message = b"HTTP/1.1 200\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
    (finding,) = verdict_of(document_of(), replace(answer(200, {}), message=message)).findings
    words = 'got "HTTP/1.1 200" without the space behind the status code'
    assert violation_line(finding.violation).endswith(words)


def test_a_content_type_that_comes_twice_is_told_so() -> None:
    (finding,) = verdict_of(document_of(), answer(200, {}, ("content-type", "text/html"))).findings
    words = "expected Content-Type once, got it twice: application/json, text/html"
    assert violation_line(finding.violation).endswith(words)


def test_what_is_required_and_missing_takes_eight_lines_and_the_rest_is_counted() -> None:
    paths = {f"/a{number}": {"get": {"responses": {"200": {"description": ""}}}} for number in range(20)}
    document = document_at({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths})
    lines = list(terminal_lines(verdict_on(Observer().take(), document)))
    start = next(number for number, line in enumerate(lines) if line.startswith("required"))
    assert [line[:20].strip() for line in lines[start : start + 8]] == ["required    success:", *["success:"] * 7]
    assert lines[start + 8] == "            and 12 more (the reports of --report-dir have them)"
