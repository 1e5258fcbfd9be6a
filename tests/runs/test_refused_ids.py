"""Right services behind software that refuses strange ids: green with a note, and red for anything else."""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from contracts.http.exchange import Response
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Raw
from tests.support.conforming import DOCUMENT, KNOWN
from tests.support.suite import Result, run_suite
from tests.support.tiny import answer


def refusing(pattern: bytes, refusal: Response | Raw, *options: str) -> Result:
    """Judge a service behind software that refuses ids of a pattern."""

    def change(asked: Asked, response: Response) -> Response | Raw:
        raw = unquote_to_bytes(asked.target.partition("/fine-tuning-jobs/")[2])
        return refusal if re.search(pattern, raw, re.DOTALL) else response

    with mock_server(DOCUMENT, changes=(change,)) as server:
        ids = [word for job_id in KNOWN for word in ("--job-id", job_id)]
        return run_suite("--base-url", server.url, *ids, *options)


CLASSES = ("-k", "known or preferred or classes")
"""Every class of ids is asked for, and nothing is drawn."""


def html(status: int, *fields: tuple[str, str]) -> Response:
    return answer(status, b"<p>Refused</p>", *fields, media_type="text/html; charset=iso-8859-1")


NGINX = html(400, ("Server", "nginx/1.22.1"))


@pytest.mark.parametrize(
    ("pattern", "refusal", "told"),
    [
        (rb"\x00", NGINX, r"\d+ ids with a control character: 400 text/html \(nginx\)"),
        (rb"/", html(404, ("Via", "1.1 edge")), r"\d+ ids with a slash: 404 text/html \(.+\)"),
        (rb"/$", html(307, ("Location", "/elsewhere/")), r"\d+ ids with a slash: 307 to /elsewhere/.*"),
        (rb"\\", html(400), r"\d+ ids with a backslash: 400 text/html.*"),
        (rb".{1001}", html(414), r"\d+ ids with more than 100 characters: 414 text/html.*"),
        (rb".{101}", (), r"\d+ ids with more than 100 characters: the connection was closed"),
    ],
    ids=["nul", "slash", "redirect", "backslash", "long", "closed"],
)
def test_a_service_behind_software_that_refuses_strange_ids_conforms(
    pattern: bytes, refusal: Response | Raw, told: str
) -> None:
    # With whatever is drawn for the class of which most ids are; of the others, with what stands for them.
    result = refusing(pattern, refusal, *(() if pattern == rb"/" else CLASSES))
    assert result.code == 0, result.output
    (line,) = [line for line in result.verdict if line.startswith("refused")]
    assert re.fullmatch(f"refused     {told}", line)


def test_a_refusal_of_ordinary_ids_too_is_red_and_no_note() -> None:
    result = refusing(rb"^(?!fine-tuning-job-)", html(400), *CLASSES)
    assert result.code == 1
    assert [line.split(" [")[0] for line in result.violations] == [
        "status.undocumented at status: expected 200 or 422, got 400"
    ]
    assert not [line for line in result.verdict if line.startswith("refused")]


def test_a_failure_of_the_server_on_strange_ids_is_red() -> None:
    result = refusing(rb"\x00", answer(500, {}), *CLASSES)
    assert result.code == 1
    assert result.violations[0].startswith("status.server-error ")
    assert not [line for line in result.verdict if line.startswith("refused")]


def test_strictly_it_is_red_and_found_again() -> None:
    result = refusing(rb"\x00", NGINX, "--strict-refusals", *CLASSES)
    assert result.code == 1
    assert re.search(r"got 400 \[\d+x on \d+ resources, always", result.violations[0])


def test_every_report_and_the_ledger_name_the_refusals(tmp_path: Path) -> None:
    folder, ledger = tmp_path / "reports", tmp_path / "ledger.sqlite"
    refusing(rb"\x00", NGINX, "--report-dir", str(folder), "--ledger", str(ledger), *CLASSES)
    (refused,) = json.loads((folder / "report.json").read_text())["refused"]
    assert (refused["id_class"], refused["answer"]) == ("a control character", "400")
    assert "%00" in refused["witness"]["request"]["url"]
    for name in ("report.md", "report.html"):
        assert refused["message"] in (folder / name).read_text()
    for name in ("report.sarif", "junit.xml"):
        assert "400" not in re.sub(r"\d{4,}", "", (folder / name).read_text())
    with closing(sqlite3.connect(ledger)) as base:
        assert base.execute("SELECT message FROM refused").fetchall() == [(refused["message"],)]
