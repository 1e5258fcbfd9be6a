"""What the reports of `contract check` say of a request that something else sent: its command, and its time."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.capturing import ANSWERS, HOST, archive, check, curl_output, exchange_lines, url_of
from tests.support.suite import run_command


def broken(line: dict[str, Any]) -> None:
    line["body"] = json.dumps({**json.loads(line["body"]), "status": "STARTED"})


def told(folder: Path, content: bytes, *options: str) -> tuple[list[str], Any, dict[str, str]]:
    """Return the lines that repeat a violation, its entry in report.json, and all reports by name."""
    result = check(folder, content, options=("--report-dir", str(folder / "reports"), *options))
    assert result.code == 1, result.output
    reports = {file.name: file.read_text() for file in (folder / "reports").iterdir()}
    (entry,) = json.loads(reports["report.json"])["violations"]
    below = result.output.partition("  1. ")[2].splitlines()[1:]
    return [line.strip() for line in below if line.startswith("     ") and "SDK: " not in line], entry, reports


@pytest.mark.parametrize("is_known", [True, False])
def test_where_no_server_is_known_the_request_takes_the_place_of_a_command(tmp_path: Path, is_known: bool) -> None:
    path = url_of(ANSWERS[0][0]).removeprefix(HOST) if is_known else ""
    body = json.dumps({**json.loads(ANSWERS[0][1].body), "status": "STARTED"}).encode()
    lines, entry, reports = told(tmp_path, curl_output(body), *(("--path", path) if is_known else ()))
    request = f"GET {path or '(path not known)'}"
    assert lines == [request]
    assert entry["curl"] is None
    assert f"   asked for: `{request}`\n" in reports["report.md"]
    assert "Copy command" not in reports["report.html"]
    assert path or "(path not known)" in reports["report.html"]
    assert not [name for name, text in reports.items() if "curl -sS" in text]


def test_a_server_that_is_named_makes_the_command_whole(tmp_path: Path) -> None:
    lines = exchange_lines(broken).replace(HOST.encode(), b"/base")
    below, entry, reports = told(tmp_path, lines, "--server", "https://h.test/base")
    assert below == [entry["curl"]]
    path = entry["witness"]["request"]["url"]
    assert entry["curl"] == f"curl -sS -i https://h.test{path}"
    assert path.startswith("/base/v4/")
    assert f"`{entry['curl']}`" in reports["report.md"]
    assert "Copy command" in reports["report.html"]


def test_the_command_of_a_browsers_request_is_as_the_archive_says(tmp_path: Path) -> None:
    sent = [{"name": name, "value": "a, b"} for name in (":method", "accept", "Accept-Encoding", "cookie")]
    entries = json.loads(archive().replace(b'\\"status\\": \\"', b'\\"status\\": \\"X'))["log"]["entries"]
    entries[0]["request"]["headers"] = sent
    below, entry, _ = told(tmp_path, json.dumps({"log": {"version": "1.2", "entries": entries[:1]}}).encode())
    assert below == [entry["curl"]]
    url = entries[0]["request"]["url"]
    assert entry["curl"] == f"curl -sS -i --compressed -H 'accept: a, b' -H 'Accept-Encoding: a, b' {url}"


@pytest.mark.parametrize("seconds", [0, 0.25])
def test_latencies_are_those_of_answers_whose_time_is_known(tmp_path: Path, seconds: float) -> None:
    def timed(line: dict[str, Any]) -> None:
        line["seconds"] = seconds if line["url"] == url_of(ANSWERS[0][0]) else 0

    ledger = tmp_path / "ledger.sqlite"
    options = ("--report-dir", str(tmp_path / "reports"), "--ledger", str(ledger))
    result = check(tmp_path, *[exchange_lines(timed) + b"\n" + exchange_lines(timed)] * 2, options=options)
    assert result.code == 0, result.output
    reports = {file.name: file.read_text() for file in (tmp_path / "reports").iterdir()}
    report, listed = json.loads(reports["report.json"]), run_command("ledger", str(ledger)).output
    (summary,) = report["trend"]
    quantiles = ("p50", "p95", "p99")
    if seconds:
        (latency,) = report["latency"].values()
        assert latency["answers"] == 4
        assert [each[name] for each in (latency, summary) for name in quantiles] == pytest.approx(
            [seconds] * 6, rel=0.01
        )
        assert "| latency | p50 2" in reports["report.md"]
        assert "half within" in reports["report.html"]
        assert re.search(r"( +2[45]\d\.\d){3}$", listed, re.MULTILINE)
    else:
        assert report["latency"] == {}
        assert all(summary[name] is None for name in quantiles)
        assert "latency" not in reports["report.md"]
        assert "half within" not in reports["report.html"]
        assert 'href="#latency"' not in reports["report.html"]
        assert re.search(r"( +–){3}$", listed, re.MULTILINE)
