"""Methods that may do harm are sent to a target that was declared disposable, and never otherwise."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from contracts.http.exchange import PROBED_METHODS, Response
from strategies.mock.faulty import breaking, named
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, MockServer
from tests.support.pinned import DOCUMENT, KNOWN, OPERATION
from tests.support.suite import Result, run_suite

BOTH = ("--probe-methods", "--disposable")
ALONE = ("-k", "undocumented or preferred")
"""What is asked for beside does not matter."""


def against(server: MockServer, *options: str, **environment: str) -> Result:
    ids = [word for job_id in KNOWN[:12] for word in ("--job-id", job_id)]
    return run_suite("--base-url", server.url, *ids, *options, **environment)


def test_no_run_without_the_option_sends_anything_but_get() -> None:
    with mock_server(DOCUMENT) as server:
        result = against(server, "--disposable")
    assert result.code == 0, result.output
    assert {*server.seen} == {"GET"}


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--probe-methods",), "may change or delete what it holds; if nothing on the target matters, say so by "),
        ((*BOTH, "-n", "2"), "leave -n and --shard out"),
        ((*BOTH, "--shard", "1/2", "--tally", "part.json"), "leave --shard out"),
    ],
)
def test_what_is_not_declared_disposable_is_refused_in_one_line_and_nothing_is_sent(
    options: tuple[str, ...], words: str
) -> None:
    with mock_server(DOCUMENT) as server:
        result = against(server, *options)
    assert result.code == 4
    lines = [line for line in (result.output + result.errors).splitlines() if line.strip()]
    assert len(lines) == 1
    assert lines[0].startswith("ERROR: --probe-methods ")
    assert words in lines[0]
    assert not server.seen.total()


def test_with_both_each_method_is_sent_once_to_the_target_last_of_all_and_without_a_body(tmp_path: Path) -> None:
    asked: list[Asked] = []

    def note(request: Asked, response: Response) -> Response:
        asked.append(request)
        return response

    with mock_server(DOCUMENT) as elsewhere:

        def redirect(request: Asked, response: Response) -> Response:
            if request.method == "GET":
                return response
            return Response(307, (*response.headers, ("Location", elsewhere.url + request.target)), b"")

        with mock_server(DOCUMENT, changes=[note]) as server:
            result = against(server, *BOTH, "--report-dir", str(tmp_path), SGP_API_KEY="canary-51")
        assert result.code == 0, result.output
        assert "probed      " + " · ".join(f"{method} 405: 1" for method in sorted(PROBED_METHODS)) in result.verdict
        with mock_server(DOCUMENT, changes=[redirect]) as server:
            assert against(server, *BOTH, *ALONE).code == 1
    assert not elsewhere.seen
    assert [each.method for each in asked[-len(PROBED_METHODS) :]] == list(PROBED_METHODS)
    assert Counter(each.method for each in asked[: -len(PROBED_METHODS)]).keys() == {"GET"}
    last = OPERATION.url_path({OPERATION.parameters[0].name: KNOWN[11]})
    assert {each.target for each in asked[-len(PROBED_METHODS) :]} == {last}
    for each in asked[-len(PROBED_METHODS) :]:
        fields = {name.lower(): value for name, value in each.headers}
        assert fields.get("content-length", "0") == "0"
        assert "transfer-encoding" not in fields
        assert fields.get("x-api-key", "") == ("" if each.method == "TRACE" else "canary-51")
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert report["probes"] == {f"{method} 405": 1 for method in PROBED_METHODS}
    entries = json.loads((tmp_path / "exchanges.har").read_text("utf-8"))["log"]["entries"]
    assert {each["request"]["method"] for each in entries} == {"GET", *PROBED_METHODS}


def test_a_method_that_is_taken_is_reported_with_the_command_and_nothing_else_is() -> None:
    taken = breaking(DOCUMENT, [named(DOCUMENT, "method.not-refused DELETE 200")])
    with mock_server(DOCUMENT, changes=[taken]) as server:
        result = against(server, *BOTH, *ALONE)
    assert result.code == 1
    assert [line.split(" [")[0] for line in result.violations] == [
        "method.not-refused at status: expected 405 to DELETE, got 200"
    ]
    assert any(line.strip().startswith("curl -sS -i -X DELETE --compressed -H ") for line in result.verdict)


def test_promises_about_methods_are_not_seen_where_none_was_sent(tmp_path: Path) -> None:
    assert run_suite("--report-dir", str(tmp_path), "-k", "preferred").code == 0
    text = (tmp_path / "junit.xml").read_text("utf-8")
    after = text.split('name="method.not-refused at status"')[1]
    assert after.split("</testcase>")[0].count("<skipped") == 1
