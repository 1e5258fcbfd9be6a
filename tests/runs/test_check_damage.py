"""Captures that hold what no right one does, and right answers in forms that look damaged: told, or judged."""

from __future__ import annotations

import codecs
import gzip
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from contracts.__main__ import main
from contracts.commands import rules
from contracts.run import CapturedAnswers
from tests.support.capturing import ANSWERS, archive, check, curl_output, exchange_lines, url_of
from tests.support.suite import refused, run_command

BODY = ANSWERS[0][1].body
PATH = ("--path", url_of(ANSWERS[0][0]))


def changed(**members: Any) -> bytes:
    """Return exchanges of which the first has these members."""
    return exchange_lines(lambda line: line.update(members))


FIRST_LINES = {
    "no number": (changed(seconds=float("nan")), "it took nan seconds, which is no time"),
    "without end": (changed(seconds=float("inf")), "it took inf seconds, which is no time"),
    "too long": (changed(seconds=1e308), "it took 1e+308 seconds, which is no time"),
    "before": (changed(seconds=-1), "it took -1 seconds, which is no time"),
    "no instant": (changed(at=float("nan")), "it was sent nan seconds after 1970, which is no time"),
    "after all calendars": (changed(at=1e12), "it was sent 1e+12 seconds after 1970, which is no time"),
    "no status": (changed(status=1000), "its status 1000 is none of HTTP"),
    "a text for a status": (changed(status="200"), "its status '200' is none of HTTP"),
    "headers": (changed(headers=5), "its headers are neither an object nor pairs"),
    "headers of three": (changed(headers=[["a", "b", "c"]]), "its headers are neither an object nor pairs"),
    "a body": (changed(body={}), "its body is no text; a JSON value stands in `json`"),
    "base64": (changed(body_base64="?"), "its body is no base64"),
    "a URL": (changed(url=5), "its URL is no text"),
    "half a character": (changed(url=url_of(("a",)) + "?a=\ud800"), "its URL holds half of a surrogate pair"),
}


@pytest.mark.parametrize(("content", "reason"), FIRST_LINES.values(), ids=FIRST_LINES)
def test_a_line_that_is_no_exchange_is_told_by_what_is_wrong_with_it(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    result = check(tmp_path, content, options=("--report-dir", str(tmp_path / "reports")))
    assert result.code == 0, result.output
    assert f"1 could not be judged: {tmp_path}/capture0: line 1: {reason}" in result.output
    assert "CONFORMS  5 answers" in result.output
    assert (tmp_path / "reports" / "report.md").exists()


def test_a_lone_line_with_half_a_character_is_told_by_that(tmp_path: Path) -> None:
    line = changed(url=url_of(("a",)) + "?a=\ud800").splitlines()[0]
    assert "line 1: its URL holds half of a surrogate pair" in refused(check(tmp_path, line))


def test_a_reason_that_many_lines_have_is_told_once(tmp_path: Path) -> None:
    content = b"x\n" * 3 + changed(status=7) + b"\n" + b"y\n" * 15
    result = check(tmp_path, content)
    assert f"18 could not be judged: {tmp_path}/capture0: line 1 and 17 more: it is no exchange: a" in result.output
    assert f"1 could not be judged: {tmp_path}/capture0: line 4: its status 7 is none of HTTP" in result.output


@pytest.mark.parametrize("first", [b"x", b"# saved on Monday", b"[1]", b"{}", b'{"log": 1, "exit_code": 2}'], ids=str)
def test_a_first_line_that_is_none_keeps_no_other_from_being_judged(tmp_path: Path, first: bytes) -> None:
    result = check(tmp_path, first + b"\n" + exchange_lines())
    assert "CONFORMS  6 answers" in result.output
    assert "line 1: it is no exchange" in result.output


@pytest.mark.parametrize("name", ["exit_code", "log", "violations"])
@pytest.mark.parametrize("size", [1, 100_000])
def test_a_line_is_an_exchange_whatever_else_it_or_its_body_holds(tmp_path: Path, name: str, size: int) -> None:
    line: dict[str, Any] = {name: 1, "url": url_of(("other",)), "status": 422, "headers": {"content-type": JSON}}
    line["body"] = json.dumps({"detail": [], name: "x" * size})
    result = check(tmp_path, json.dumps(line).encode() + b"\n" + exchange_lines())
    assert "CONFORMS  7 answers" in result.output, result.output


JSON = "application/json"


def test_an_exchange_may_stand_on_several_lines(tmp_path: Path) -> None:
    content = json.dumps(json.loads(exchange_lines().splitlines()[0]), indent=2).encode()
    assert "CONFORMS  1 answer kept" in check(tmp_path, content).output


@pytest.mark.parametrize("content", [archive(), exchange_lines(), gzip.compress(codecs.BOM_UTF8 + archive())])
def test_a_byte_order_mark_before_a_capture_is_passed_over(tmp_path: Path, content: bytes) -> None:
    marked = content if content.startswith(b"\x1f") else codecs.BOM_UTF8 + content
    assert "CONFORMS  6 answers" in check(tmp_path, marked).output


def test_a_byte_order_mark_in_a_body_is_a_flaw_of_it(tmp_path: Path) -> None:
    result = check(tmp_path, codecs.BOM_UTF8 + BODY, options=("--status", "200"))
    assert [line.split()[0] for line in result.violations] == ["json.byte-order-mark"]


NOTHING = {
    "UTF-16": ("a".encode("utf-16"), "it is UTF-16, as PowerShell's > writes it; save it as UTF-8"),
    "a body": (BODY, "no JSON of answers by path or line, and no report.json; a body alone needs --status"),
    "no entries": (b'{"log": {"entries": []}}', "the archive holds no answer"),
    "no log": (b'{"log": {}}', "the archive holds no answer"),
    "a cut compression": (gzip.compress(exchange_lines())[:9], "its compression is cut or damaged: only what"),
}


@pytest.mark.parametrize(("content", "reason"), NOTHING.values(), ids=NOTHING)
def test_a_capture_of_which_nothing_can_be_judged_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    assert reason in refused(check(tmp_path, content))


@pytest.mark.parametrize("method", ["HEAD", "POST"])
def test_answers_to_other_methods_alone_are_refused_with_that_reason(tmp_path: Path, method: str) -> None:
    line = refused(check(tmp_path, changed(method=method).splitlines()[0]))
    assert line.endswith("1; only answers to GET are judged")


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip"])
def test_a_body_whose_coding_was_undone_is_judged_whatever_the_client_may_have_asked_for(
    tmp_path: Path, coding: str
) -> None:
    content = changed(headers={"Content-Type": JSON, "Content-Encoding": coding})
    assert "CONFORMS  6 answers" in check(tmp_path, content).output


def coded(body: bytes, coding: str) -> bytes:
    return curl_output(body).replace(b"\r\n\r\n", f"\r\ncontent-encoding: {coding}\r\n\r\n".encode(), 1)


def test_a_body_that_curl_left_compressed_is_decompressed_or_told(tmp_path: Path) -> None:
    assert "CONFORMS  1 answer kept" in check(tmp_path, coded(gzip.compress(BODY), "gzip"), options=PATH).output
    assert "CONFORMS  1 answer kept" in check(tmp_path, coded(BODY, "gzip"), options=PATH).output
    cut = check(tmp_path, coded(gzip.compress(BODY)[:-9], "gzip"), options=PATH)
    assert "its body is compressed, and cut or damaged" in refused(cut)
    foreign = check(tmp_path, coded(b"\x1b\xff\0", "br"), options=PATH)
    assert "its body is compressed by br; give curl --compressed as well" in refused(foreign)


def test_answers_that_curl_printed_one_behind_the_other_are_all_judged(tmp_path: Path) -> None:
    two = curl_output(BODY) + curl_output(b"{}", "HTTP/1.1 200 OK")
    result = check(tmp_path, two)
    assert result.code == 1
    assert "VIOLATES" in result.output
    assert "(200: 2)" in result.output


@pytest.mark.parametrize(
    "before",
    [
        b"HTTP/1.1 200 Connection established\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-type: text/html\r\n\r\n<p>there\n</p>",
        b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n",
    ],
)
def test_what_curl_printed_on_the_way_to_the_answer_is_passed_over(tmp_path: Path, before: bytes) -> None:
    result = check(tmp_path, before + curl_output(BODY), options=PATH)
    assert "CONFORMS  1 answer kept" in result.output


@pytest.mark.parametrize("status", ["0", "99", "1000", "20", "x"])
def test_a_status_that_is_none_is_refused(tmp_path: Path, status: str) -> None:
    line = refused(check(tmp_path, BODY, options=("--status", status)))
    assert f"'{status}' is no HTTP status, which has three digits" in line


@pytest.mark.parametrize("server", ["https://me:sk-secret@api.test", "me:sk-secret@api.test/base"])
def test_a_server_with_credentials_is_refused_and_they_are_not_repeated(tmp_path: Path, server: str) -> None:
    line = refused(check(tmp_path, exchange_lines(), options=("--server", server)))
    assert line == "ERROR: the server's URL carries credentials; take them out, for nothing is sent"


def test_standard_input_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(exchange_lines())))
    result = run_command("check", "-", "-")
    assert "CONFORMS  6 answers" in result.output
    assert "1 could not be judged: standard input: it was read before" in result.output


def test_no_character_of_a_capture_steers_the_terminal(tmp_path: Path) -> None:
    result = check(tmp_path, changed(url="/none/\x1b]0;taken\x07"))
    assert "of no operation of the document: GET /none/\\u001b]0;taken\\u0007 1" in result.output
    assert "\x1b" not in result.output


def test_a_fault_of_the_harness_loses_neither_what_was_judged_nor_what_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge = CapturedAnswers.judge

    def failing(self: CapturedAnswers, capture: Any, *found: Any) -> Any:
        if capture.where.endswith("line 2"):
            raise KeyError("ours")
        return judge(self, capture, *found)

    monkeypatch.setattr(CapturedAnswers, "judge", failing)
    result = check(tmp_path, exchange_lines())
    assert result.code == 3
    assert "5 answers kept" in result.output
    assert "line 2 was not judged, by a fault of the harness: KeyError: 'ours'" in result.output


def test_a_command_that_fails_by_itself_has_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(options: object) -> int:
        raise ZeroDivisionError("of\nours")

    monkeypatch.setattr(rules, "run", fail)
    assert main(["rules"]) == 3
    last = capsys.readouterr().err.splitlines()[-1]
    assert last == "ERROR: a fault of the harness, ZeroDivisionError: of ours; please report it with the lines above"
