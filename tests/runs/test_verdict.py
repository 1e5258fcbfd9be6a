"""What a user gets: the exit code and the last words of a run, against servers over real sockets."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from contracts.openapi import load
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, MockServer
from tests.support.pinned import DOCUMENT, IDS, KNOWN
from tests.support.suite import BRIEFLY, ROOT, Result, run_suite

DOCUMENTS = sorted((ROOT / "tests" / "documents").glob("*.openapi.yaml"))


def without_time(lines: list[str]) -> list[str]:
    """Leave out what differs between two runs of the same: their time, and the words for the items left out."""
    return [re.sub(r"in [0-9.]+ s", "", line) for line in lines if not line.startswith("note")]


def against(server: MockServer, *options: str, **environment: str) -> Result:
    return run_suite("--base-url", server.url, *IDS, *options, **environment)


def test_the_embedded_mock_conforms_and_shows_all_that_the_document_promises() -> None:
    result = run_suite()
    assert result.code == 0, result.output
    assert result.verdict[0].startswith("CONFORMS")
    assert "violations  none" in result.verdict
    assert not [line for line in result.verdict if "never" in line or line.startswith("not seen")]


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_another_document_is_judged_without_a_change_of_code(file: Path) -> None:
    result = run_suite("--document", str(file))
    assert result.code == 0, result.output
    assert result.verdict[0].startswith("CONFORMS")


def test_a_server_that_is_not_ours_to_know_is_judged_by_the_ids_given() -> None:
    with mock_server(DOCUMENT) as server:
        result = against(server, "-k", "known or preferred or classes")
    assert result.code == 0, result.output
    assert set(server.seen) == {"GET"}


def broken_vendor(asked: Asked, response: Response) -> Response:
    """The first of the known jobs claims a vendor that nobody knows."""
    if not asked.target.endswith(KNOWN[0]) or response.status != 200:
        return response
    body = json.loads(response.body)
    body["vendor_configuration"] = {"vendor": "openai"}
    body.pop("training_dataset_id")
    return Response(response.status, response.headers, json.dumps(body).encode())


def test_every_distinct_violation_is_printed_once_with_a_command_that_repeats_it() -> None:
    with mock_server(DOCUMENT, changes=[broken_vendor]) as server:
        result = against(server, *BRIEFLY)
    assert result.code == 1
    assert result.verdict[0].startswith("VIOLATES")
    told = "\n".join(result.violations)
    assert len(result.violations) == 2, told
    assert "schema.required at /training_dataset_id of 200: expected the property, got nothing" in told
    wanted = 'expected "LAUNCH", "LLMENGINE" or "OPENAI", got "openai"; did it mean "OPENAI"?'
    assert f"union.tag-unknown at /vendor_configuration/vendor of 200: {wanted}" in told
    accept = "-H 'Accept: application/json' -H 'Accept-Encoding: gzip, deflate'"
    curl = f"curl -sS -i --compressed {accept} {server.url}/v4/fine-tuning-jobs/{KNOWN[0]}"
    assert [line.strip() for line in result.verdict].count(curl) == 2


def test_what_only_the_first_answer_about_a_job_says_is_held_against_the_later_ones() -> None:
    reads = Counter[str]()

    def going_on(asked: Asked, response: Response) -> Response:
        reads[asked.target] += 1
        if response.status != 200 or not asked.target.endswith(KNOWN[0]):
            return response
        status = "COMPLETED" if reads[asked.target] == 1 else "RUNNING"
        return Response(200, response.headers, json.dumps({**json.loads(response.body), "status": status}).encode())

    with mock_server(DOCUMENT, changes=[going_on]) as server:
        result = against(server, *BRIEFLY)
    assert result.code == 1, result.output
    assert [line.split(":")[0] for line in result.violations] == ["overlay.final at /status of 200"]


def test_workers_of_pytest_come_to_the_verdict_of_one_process_without_pytest() -> None:
    # What Hypothesis draws depends on the modules that a process has loaded, and this one has loaded tests.
    # Reads of rare classes end where this machine is slow.
    chosen = ("-k", "(known or preferred or classes) and not rare")
    with mock_server(DOCUMENT, changes=[broken_vendor]) as server:
        alone, workers = against(server, *chosen), against(server, *chosen, "-n", "2")
    assert alone.violations
    assert without_time(workers.verdict) == without_time(alone.verdict)
    # The verdict says what broke: pytest counts the tests, and lists none of them.
    before = workers.output.partition("= contract =")[0]
    assert re.search(r"\d+ passed, \d+ broken", before)
    assert not [words for words in ("= FAILURES =", "short test summary", "FAILED") if words in before]


def test_with_v_pytest_lists_each_test_whose_answers_broke_a_promise_with_its_rules() -> None:
    with mock_server(DOCUMENT, changes=[broken_vendor]) as server:
        result = against(server, *BRIEFLY, "-v")
    printed = result.output.partition("= FAILURES =")[2].partition("short test summary")[0].splitlines()[1:-1]
    assert printed
    titles, lines = printed[::2], printed[1::2]
    # Neither a traceback nor the exception behind it.
    assert all(line.startswith("_ test_answers_keep_the_contract[") for line in titles), printed
    assert all(line.endswith("(see the verdict below)") for line in lines), printed


def test_workers_report_what_is_wrong_with_every_id_those_that_are_not_utf8_included() -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(418, (), b"")

    with mock_server(DOCUMENT, changes=[refuse]) as server:
        result = run_suite("--base-url", server.url, "-n", "2", "-k", "classes and not rare")
    assert result.code == 1, result.output
    assert [line.split(":")[0] for line in result.violations] == ["status.undocumented at status"]


def test_a_redirect_of_everything_is_told_with_its_end_and_is_not_followed() -> None:
    with mock_server(DOCUMENT) as other:

        def redirect(asked: Asked, response: Response) -> Response:
            return Response(307, (("Location", other.url + asked.target),), b"")

        with mock_server(DOCUMENT, changes=[redirect]) as server:
            result = against(server, *BRIEFLY)
    assert result.code == 6
    assert not other.seen
    assert f"answered 307 to {other.url}/v4/" in result.verdict[0]
    assert "is the path in --base-url right? (redirects are not followed)" in result.verdict[0]


def test_without_a_single_success_nothing_is_green() -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(422, (("Content-Type", "application/json"),), b"{}")

    with mock_server(DOCUMENT, changes=[refuse]) as server:
        result = run_suite("--base-url", server.url, "-k", "preferred or classes")
    assert result.code == 6, result.output
    assert result.verdict[0].startswith("INCONCLUSIVE")


def test_a_base_url_may_have_a_path(tmp_path: Path) -> None:
    moved = tmp_path / "moved.yaml"
    moved.write_text(DOCUMENT.path.read_text().replace("  /v4/", "  /under/here/v4/"))
    with mock_server(load(moved)) as server:
        result = run_suite("--base-url", f"{server.url}/under/here/", "--no-overlay", "--job-id", KNOWN[0], *BRIEFLY)
    assert result.code == 0, result.output


def test_the_key_is_sent_and_the_command_names_its_variable() -> None:
    canary = "canary-4f1b"
    keys: list[str] = []

    def note(asked: Asked, response: Response) -> Response:
        keys.extend(value for name, value in asked.headers if name.lower() == "x-api-key")
        return broken_vendor(asked, response)

    with mock_server(DOCUMENT, changes=[note]) as server:
        result = against(server, *BRIEFLY, SGP_API_KEY=canary)
    assert set(keys) == {canary}
    assert result.code == 1
    assert canary not in result.output + result.errors
    assert '-H "x-api-key: $SGP_API_KEY"' in result.output


def test_a_key_that_the_server_sends_back_is_not_printed() -> None:
    def echo(asked: Asked, response: Response) -> Response:
        key = next(value for name, value in asked.headers if name.lower() == "x-api-key")
        return Response(200, (("Content-Type", key),), json.dumps({"id": key, "status": key}).encode())

    with mock_server(DOCUMENT, changes=[echo]) as server:
        result = against(server, *BRIEFLY, SGP_API_KEY="canary-77ab")
    assert result.code == 1
    assert "canary-77ab" not in result.output + result.errors


def test_a_mock_of_ours_conforms_even_where_no_id_is_known() -> None:
    with mock_server(DOCUMENT) as server:
        result = run_suite("--base-url", server.url, "-k", "preferred or classes")
    assert result.code == 0, result.output


def test_a_server_that_goes_away_ends_the_run_with_a_verdict_on_what_was_seen_before() -> None:
    def vanish(asked: Asked, response: Response) -> Response:
        if server.seen.total() > 30:
            threading.Thread(target=server.stop).start()
        return response

    with mock_server(DOCUMENT, changes=[vanish]) as server:
        result = against(server)
    assert result.code == 1
    assert "; stopped early: " in result.verdict[0]
    assert {line.split()[0].split(".")[0] for line in result.violations} == {"transport"}


def test_a_verdict_on_a_part_of_the_items_says_so() -> None:
    result = run_suite("-k", "preferred")
    assert result.code == 0, result.output
    assert [line for line in result.verdict if "of the items were left out" in line]


def test_every_report_of_a_run_names_its_verdict(tmp_path: Path) -> None:
    with mock_server(DOCUMENT, changes=[broken_vendor]) as server:
        result = against(server, *BRIEFLY, "--report-dir", str(tmp_path))
    assert result.code == 1
    assert "was not written" not in result.output
    told = json.loads((tmp_path / "report.json").read_text("utf-8"))
    page = (tmp_path / "report.html").read_text("utf-8")
    assert told["outcome"] == "VIOLATES"
    assert "<title>VIOLATES: " in page
    assert [each["id"] for each in told["violations"]] == re.findall(r'id="violation-([0-9a-f]{16})"', page)
    assert f"Timeline of {told['requests']['total']:,} exchanges" in page
