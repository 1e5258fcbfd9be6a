"""`contract check` judges answers that were captured elsewhere, whatever their format, and sends nothing."""

from __future__ import annotations

import base64
import gzip
import io
import itertools
import json
import os
import re
import signal
import sys
import unittest.mock
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts import captures
from contracts.openapi import load
from tests.support.capturing import (
    ANSWERS,
    HOST,
    answers_by_path,
    archive,
    check,
    curl_output,
    exchange_lines,
    our_archive,
    url_of,
)
from tests.support.suite import refused, run_command


@pytest.mark.parametrize(
    "content", [exchange_lines(), answers_by_path(), archive(), our_archive(), gzip.compress(archive())]
)
def test_every_format_is_told_by_its_content(tmp_path: Path, content: bytes) -> None:
    result = check(tmp_path, content)
    assert result.code == 0, result.output
    assert result.verdict[0] == "CONFORMS  6 answers kept what the document promises"


@pytest.mark.parametrize(
    ("before", "options"),
    [
        (b"", ()),
        (b"HTTP/1.1 100 Continue\r\n\r\n", ()),
        (b"HTTP/1.1 302 Found\r\nlocation: /x\r\n\r\n", ("--path", url_of(ANSWERS[0][0]))),
    ],
)
def test_what_curl_prints_is_one_answer(tmp_path: Path, before: bytes, options: tuple[str, ...]) -> None:
    result = check(tmp_path, before + curl_output(ANSWERS[0][1].body), options=options)
    assert result.code == 0, result.output
    assert "CONFORMS  1 answer kept" in result.output


def test_an_answer_of_another_resource_than_the_path_names_is_a_violation(tmp_path: Path) -> None:
    result = check(tmp_path, curl_output(ANSWERS[0][1].body), options=("--path", url_of(ANSWERS[1][0])))
    assert result.code == 1
    assert [line.split()[0] for line in result.violations] == ["overlay.equals"]


def test_a_body_alone_is_judged_by_status_and_media_type(tmp_path: Path) -> None:
    body = ANSWERS[0][1].body
    assert check(tmp_path, body, options=("--status", "200")).code == 0
    assert check(tmp_path, body, options=("--status", "200", "--content-type", "text/plain")).code == 1
    assert "a body alone needs --status" in refused(check(tmp_path, b"[1]"))


def test_json_under_the_media_type_of_a_page_is_a_violation(tmp_path: Path) -> None:
    resource, response = ANSWERS[0]
    options = ("--path", url_of(resource), "--status", "200", "--content-type", "text/html")
    result = check(tmp_path, response.body, options=options)
    assert result.code == 1, result.output
    assert [line.split(" ")[0] for line in result.violations] == ["content-type.undocumented"]


def test_a_violation_is_told_with_its_place_as_in_any_run(tmp_path: Path) -> None:
    def break_status(line: dict[str, Any]) -> None:
        line["body"] = json.dumps({**json.loads(line["body"]), "status": "STARTED"})

    result = check(tmp_path, exchange_lines(break_status), options=("--report-dir", str(tmp_path / "reports")))
    assert result.code == 1
    assert [line.split(" at ")[0] for line in result.violations] == ["schema.enum"]
    # What a report shows can be checked again.
    again = run_command("check", str(tmp_path / "reports" / "report.json"))
    assert [line.split(" at ")[0] for line in again.violations] == ["schema.enum"]


def test_what_is_no_operation_of_the_document_is_counted_and_named(tmp_path: Path) -> None:
    others = [{"url": f"{HOST}/health", "status": 200}] * 2 + [{"url": HOST, "method": "POST", "status": 201}]
    result = check(tmp_path, exchange_lines() + b"\n" + b"\n".join(json.dumps(each).encode() for each in others))
    assert result.code == 0
    assert "3 answers are of no operation of the document: GET /health 2, POST / 1" in result.output


def test_the_server_says_what_stands_before_the_documents_paths(tmp_path: Path) -> None:
    lines = exchange_lines().replace(HOST.encode(), f"{HOST}/base".encode())
    assert "name the server's URL by --server" in refused(check(tmp_path, lines))
    assert check(tmp_path, lines, options=("--server", f"{HOST}/base/")).code == 0
    assert refused(check(tmp_path, lines, options=("--server", "https://other.test/base")))


def test_the_paths_of_the_documents_own_servers_stand_before_its_paths(tmp_path: Path) -> None:
    document = tmp_path / "served.json"
    contents = {**load().contents, "servers": [{"url": "https://api.test/base"}]}
    document.write_text(json.dumps(contents))
    lines = exchange_lines().replace(HOST.encode(), f"{HOST}/base".encode())
    assert check(tmp_path, lines, options=("--document", str(document), "--no-overlay")).code == 0


def test_a_coding_that_a_browser_asked_for_is_no_violation(tmp_path: Path) -> None:
    coded = b'"headers": [{"name": "content-encoding", "value": "br"}, {"name": ":status"'
    sent = re.sub(rb'"headers": \[\s*\{\s*"name": ":status"', coded, archive())
    asked = b'"headers": [{"name": "Accept-Encoding", "value": "gzip, br"}]'
    assert check(tmp_path, sent.replace(b'"headers": []', asked.replace(b", br", b""))).code == 1
    assert check(tmp_path, sent.replace(b'"headers": []', asked)).code == 0
    assert check(tmp_path, sent).code == 0  # What was asked for is not known.


def test_a_key_in_a_captured_url_is_in_no_report(tmp_path: Path) -> None:
    document, reports = tmp_path / "keyed.json", tmp_path / "reports"
    contents = json.loads(json.dumps(dict(load().contents)))
    contents["components"]["securitySchemes"] = {"key": {"type": "apiKey", "in": "query", "name": "key"}}
    document.write_text(json.dumps(contents))
    lines = exchange_lines(lambda line: line.update(url=f"{line['url']}?key=canary", status=500))
    result = check(tmp_path, lines, options=("--document", str(document), "--no-overlay", "--report-dir", str(reports)))
    assert result.code == 1
    assert "key=[masked]" in result.output
    written = [file.read_text() for file in reports.iterdir()]
    assert not [text for text in (result.output, *written) if "canary" in text]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", 1),
        ("?page=2", 1),
        ("?page=", 1),
        ("?filter%5Bname%5D=x&page=1", 1),
        ("?other=1", 0),
        ("?page=1&other=1", 0),
    ],
)
def test_an_undocumented_refusal_counts_unless_the_request_had_parameters_of_its_own(
    tmp_path: Path, query: str, code: int
) -> None:
    document = tmp_path / "paged.json"
    contents = json.loads(json.dumps(dict(load().contents)))
    (path,) = contents["paths"].values()
    for name in ("page", "filter"):
        path["get"]["parameters"].append({"name": name, "in": "query", "schema": {"type": ["string", "object"]}})
    document.write_text(json.dumps(contents))
    kept = exchange_lines()
    refused = exchange_lines(lambda line: line.update(url=line["url"] + query, status=400))
    result = check(tmp_path, kept + b"\n" + refused, options=("--document", str(document), "--no-overlay"))
    assert result.code == code, result.output
    assert ("made-up values of parameters" in result.output) is not bool(code)


def test_operations_that_were_not_captured_are_not_required(tmp_path: Path) -> None:
    document = tmp_path / "two.json"
    contents = json.loads(json.dumps(dict(load().contents)))
    contents["paths"]["/other"] = {"get": {"responses": {"200": {"description": ""}}}}
    document.write_text(json.dumps(contents))
    result = check(tmp_path, exchange_lines(), options=("--document", str(document), "--no-overlay"))
    assert result.code == 0, result.output
    assert "1 of 2 operations are not in what was captured, and not required" in result.output


DAMAGED: dict[str, tuple[bytes, str]] = {
    "a cut archive": (archive()[:-2_000], "the archive is cut or damaged after entry "),
    "a damaged line": (exchange_lines() + b"\n{oops", "line 7: it is no exchange"),
    "another format": (b"<html></html>", "it is no HAR, no output of `curl -i`"),
    "an empty file": (b"", "it is empty"),
    "damaged gzip": (gzip.compress(exchange_lines(), mtime=0)[:-12], "its compression is cut or damaged"),
    "no status of HTTP": (
        archive().replace(b'"status": 200', b'"status": 20', 1),
        "entry 1: its status 20 is none of HTTP",
    ),
    "a body left out": (
        archive().replace(b'"text"', b'"left out"', 1),
        "entry 1: its body was left out of the archive",
    ),
    "no base64": (archive().replace(b'"text"', b'"encoding": "base64", "text"', 1), "entry 1: its body is no base64"),
    "an answer of a cache": (archive().replace(b'"status": 200', b'"status": 304', 1), "it is an answer of a cache"),
    "no answer": (archive().replace(b'"status": 200', b'"status": 0', 1), "entry 1: no answer was captured"),
    "no status": (b'{"url": "/a", "status": "x"}', "line 1: its status 'x' is none of HTTP"),
    "a cut head": (b"HTTP/1.1 200 OK\r\ncontent-type: applic", "the answer is cut within its header fields"),
    "a cut report": (b'{"format": 1, "exit_code": 0, "viol', "the report is cut or damaged"),
}


@pytest.mark.parametrize(("content", "words"), DAMAGED.values(), ids=DAMAGED)
def test_what_is_damaged_is_told_and_the_rest_is_judged(tmp_path: Path, content: bytes, words: str) -> None:
    result = check(tmp_path, content, exchange_lines())
    assert result.code == 0, result.output
    assert words in result.output
    assert int(result.verdict[0].split()[1]) >= 6


def test_only_if_nothing_could_be_judged_the_captures_are_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    said = refused(run_command("check", str(tmp_path / "folder"), str(tmp_path / "gone.har")))
    assert "no file in it ends in .har, .json" in said
    assert "it cannot be read: No such file or directory" in said


def test_a_folder_is_all_its_captures_compressed_ones_too(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "a.har.gz").write_bytes(gzip.compress(archive()))
    (tmp_path / "b.ndjson").write_bytes(exchange_lines())
    (tmp_path / "notes.md").write_text("none")
    result = run_command("check", str(tmp_path))
    assert result.verdict[0] == "CONFORMS  12 answers kept what the document promises"


def test_standard_input_is_a_capture(tmp_path: Path) -> None:
    with unittest.mock.patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(exchange_lines()))):
        assert run_command("check", "-").code == 0


def test_lines_take_headers_as_pairs_and_bodies_as_base64_or_json(tmp_path: Path) -> None:
    def as_pairs(line: dict[str, Any]) -> None:
        line["headers"] = [["Content-Type", "application/json"], [":status", "200"]]

    def as_base64(line: dict[str, Any]) -> None:
        line["body_base64"] = base64.b64encode(line.pop("body").encode()).decode()

    def as_json(line: dict[str, Any]) -> None:
        line["json"] = json.loads(line.pop("body"))

    result = check(tmp_path, exchange_lines(as_pairs, as_base64, as_json))
    assert result.verdict[0] == "CONFORMS  6 answers kept what the document promises"


def test_waivers_requirements_and_the_ledger_are_those_of_a_run(tmp_path: Path) -> None:
    def break_status(line: dict[str, Any]) -> None:
        line["body"] = json.dumps({**json.loads(line["body"]), "status": "STARTED"})

    waivers, ledger = tmp_path / "waivers.toml", tmp_path / "ledger.sqlite"
    drafted = check(tmp_path, exchange_lines(break_status), options=("--write-waivers", str(waivers)))
    assert drafted.code == 1
    assert waivers.is_file()
    result = check(tmp_path, exchange_lines(), options=("--require", "statuses", "--ledger", str(ledger)))
    assert result.code == 6
    assert "required    statuses: not seen" in result.output
    assert "captured answers" in run_command("ledger", str(ledger)).output


@pytest.mark.parametrize("before", [0, 3])
def test_a_signal_while_captures_are_read_is_never_green(tmp_path: Path, before: int) -> None:
    real = captures.read_captures

    def cut_short(*given: Any) -> Iterator[Any]:
        yield from itertools.islice(real(*given), before)
        os.kill(os.getpid(), signal.SIGINT)

    with unittest.mock.patch.object(captures, "read_captures", cut_short):
        result = check(tmp_path, exchange_lines())
    assert result.code == 6, result.output
    assert "the run was interrupted" in result.verdict[0]


def test_a_signal_before_captures_are_read_ends_in_a_line(tmp_path: Path) -> None:
    def struck(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)

    with unittest.mock.patch("contracts.run.read_settings", struck):
        result = check(tmp_path, exchange_lines())
    assert (result.code, result.output) == (6, "interrupted before anything was judged\n")
