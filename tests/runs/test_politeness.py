"""No harm done: servers that count and look at the clock, and what they were sent in whole runs."""

from __future__ import annotations

import asyncio
import re
import socket
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from contracts.http.exchange import Response
from contracts.run.profiles import PROFILES
from strategies.ids.job_ids import covering_path_values
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change, MockServer, Raw
from tests.support.pinned import CATALOGUE, DOCUMENT, IDS, KNOWN, OPERATION
from tests.support.suite import BRIEFLY, Result, run_suite
from tests.support.talking import Peer, heard, http, peer


def against(server: MockServer, *options: str, **environment: str) -> Result:
    return run_suite("--base-url", server.url, *IDS, *options, **environment)


def test_a_budget_is_kept_to_the_request_and_named_by_the_verdict() -> None:
    with mock_server(DOCUMENT) as server:
        result = against(server, "--max-requests", "90", *BRIEFLY)
    assert server.seen.total() == 90
    assert result.code == 6, result.output
    headline = result.verdict[0]
    assert headline.startswith("INCONCLUSIVE  stopped early: the budget of 90 requests is used up"), headline
    assert result.violations == []
    assert "Error" not in result.output + result.errors


def test_a_run_that_is_turned_away_stops_by_itself() -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(401, (("Content-Type", "application/json"),), b'{"detail": "who?"}')

    with mock_server(DOCUMENT, changes=[refuse]) as server:
        result = against(server, "--no-overlay", "-n", "2", *BRIEFLY)
    assert result.code == 6, result.output
    assert result.verdict[0].endswith("and right? (stopped early: 20 requests were refused, and none was let in)"), (
        result.output
    )
    assert result.violations == []
    assert server.seen.total() < 100


@pytest.mark.parametrize(("shard", "code"), [(False, 6), (True, 0)], ids=["whole", "a shard"])
def test_an_item_that_only_a_rejected_caller_explains_fails_no_run(shard: bool, code: int, tmp_path: Path) -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(401, (), b"")

    with mock_server(DOCUMENT, changes=[refuse]) as server:
        # What the first ones ask for, many a router turns away before anybody looks at the key.
        classes, parts = list(covering_path_values(OPERATION, undecodable=True)), PROFILES["nightly"].parts
        asked = {part: {value for each in classes[part::parts] for value in each.values()} for part in range(parts)}
        odd = [f"{part + 1}/{parts}" for part, values in asked.items() if not any(map(str.isalnum, values))][:3]
        items = ("--hypothesis-profile", "nightly", "-k", f"classes and ({' or '.join(odd)}) or drawn")
        part = ("--hypothesis-seed", "1", "--shard", "1/1", "--tally", str(tmp_path / "tally.json")) if shard else ()
        result = run_suite("--base-url", server.url, "--no-overlay", *items, *part)
    assert result.code == code, result.output
    assert result.verdict[0].startswith("INCONCLUSIVE  no evidence: ")


def test_a_resource_that_hangs_is_asked_for_a_few_times_and_named_by_the_verdict() -> None:
    asked_for: Counter[str] = Counter()
    hung = OPERATION.url_path(dict.fromkeys((each.name for each in OPERATION.parameters), KNOWN[1]))

    async def hang(asked: Asked, response: Response) -> Response:
        asked_for[asked.target] += 1
        if asked.target == hung:
            await asyncio.sleep(30)
        return response

    with mock_server(DOCUMENT, changes=[hang]) as server:
        ids = [word for job_id in KNOWN[:3] for word in ("--job-id", job_id)]
        result = run_suite("--base-url", server.url, "--timeout", "0.3", *ids, *BRIEFLY)
    assert result.code == 1, result.output
    (told,) = result.violations
    assert told.startswith("transport.timeout at transport: expected an answer in time")
    assert f"passed over {KNOWN[1]}: not read any more after 3 requests in a row ran out of time" in result.verdict
    others = min(count for target, count in asked_for.items() if target != hung and count > 1)
    # Three times, and three times again when all is asked.
    assert asked_for[hung] <= 6 < others / 3


def test_a_violation_seen_within_the_budget_is_reported() -> None:
    def refuse(asked: Asked, response: Response) -> Response:
        return Response(418, (), b"")

    with mock_server(DOCUMENT, changes=[refuse]) as server:
        result = against(server, "--max-requests", "5", *BRIEFLY)
    assert (server.seen.total(), result.code) == (5, 1)
    assert "stopped early" in result.verdict[0]
    assert result.violations


def test_a_budget_that_is_never_reached_changes_nothing() -> None:
    with mock_server(DOCUMENT) as server:
        result = against(server, "--max-requests", "100000", *BRIEFLY)
    assert result.code == 0, result.output


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["one process", "two workers"])
def test_a_rate_and_a_budget_are_kept_by_all_processes_together(workers: list[str]) -> None:
    came: list[float] = []

    def note(asked: Asked, response: Response) -> Response:
        came.append(time.monotonic())
        return response

    with mock_server(DOCUMENT, changes=[note]) as server:
        result = against(server, "--rate-limit", "40/s", "--max-requests", "61", *BRIEFLY, *workers)
    assert result.code == 6, result.output
    assert "stopped early: the budget of 61 requests is used up" in result.verdict[0]
    # A second and a half, less what the first may have been late by; a slow machine only takes longer.
    assert len(came) == 61
    assert max(came) - min(came) > 1


def flaring(answer: Response | Raw, *, each: int) -> Change:
    """Every so many requests this comes in place of the answer."""
    count, lock = Counter[str](), threading.Lock()

    def change(asked: Asked, response: Response) -> Response | Raw:
        with lock:
            count["all"] += 1
            return answer if count["all"] % each == 0 else response

    return change


def test_what_came_only_when_asked_again_is_a_finding_and_every_retry_is_counted() -> None:
    with mock_server(DOCUMENT, changes=[flaring(Response(503, (), b""), each=50)]) as server:
        result = against(server, "--retries", "1", *BRIEFLY)
    assert result.code == 1
    (violation,) = result.violations
    assert violation.startswith("flaky.status at status: expected an answer at once, got 503")
    (told,) = [line for line in result.verdict if line.startswith("sent again")]
    times = int(re.findall(r"503: (\d+)", told)[0])
    assert times >= 3
    requests = int(re.findall(r"requests +(\d+)", "\n".join(result.verdict))[0])
    # The probe before the run is one more.
    assert server.seen.total() == requests + times + 1


def test_a_request_that_was_put_off_is_counted_and_no_finding() -> None:
    put_off = Response(429, (("Retry-After", "0"),), b"")
    with mock_server(DOCUMENT, changes=[flaring(put_off, each=7)]) as server:
        result = against(server, "--retries", "1", *BRIEFLY)
    assert result.code == 0, result.output
    (told,) = [line for line in result.verdict if line.startswith("sent again")]
    assert "put off by 429: " in told


def test_in_the_profile_for_every_change_a_failure_is_a_finding_as_it_stands() -> None:
    with mock_server(DOCUMENT, changes=[flaring(Response(503, (), b""), each=150)]) as server:
        result = against(server, *BRIEFLY)
    assert result.code == 1
    assert any(line.startswith("status.server-error") for line in result.violations)
    assert not [line for line in result.verdict if line.startswith("sent again")]


def test_nothing_but_get_is_sent_and_only_to_the_target() -> None:
    with mock_server(DOCUMENT) as other, mock_server(DOCUMENT) as proxy:

        def redirect(asked: Asked, response: Response) -> Response:
            return Response(302, (("Location", other.url + asked.target), ("Refresh", f"0; url={other.url}")), b"")

        variables = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy.url)
        variables |= {name.lower(): url for name, url in variables.items()} | {"NO_PROXY": "", "no_proxy": ""}
        with mock_server(DOCUMENT, changes=[redirect]) as server:
            result = against(server, "-k", "known or preferred or classes", SGP_API_KEY="sk-invented", **variables)
    assert result.code == 6
    assert set(server.seen) == {"GET"}
    assert not other.seen
    assert not proxy.seen


def test_credentials_of_the_environment_are_not_sent(tmp_path_factory: pytest.TempPathFactory) -> None:
    netrc = tmp_path_factory.mktemp("home") / ".netrc"
    netrc.write_text("machine 127.0.0.1 login someone password geheim\n")
    netrc.chmod(0o600)
    fields: set[str] = set()

    def note(asked: Asked, response: Response) -> Response:
        fields.update(name.lower() for name, _ in asked.headers)
        return response

    with mock_server(DOCUMENT, changes=[note]) as server:
        result = against(server, *BRIEFLY, NETRC=str(netrc), HOME=str(netrc.parent), SGP_ACCOUNT_ID="acc-7")
    assert result.code == 0, result.output
    assert "x-selected-account-id" in fields
    assert not fields & {"authorization", "proxy-authorization", "cookie", "x-api-key"}


IN_FLIGHT = ("-k", "flight or preferred")


def test_a_budget_is_kept_where_requests_are_in_flight_at_the_same_time() -> None:
    with mock_server(DOCUMENT) as server:
        result = against(
            server, "--hypothesis-profile", "nightly", "--max-requests", "50", "--plan-requests", "0", *IN_FLIGHT
        )
    assert server.seen.total() == 50
    assert result.code == 6, result.output
    assert result.verdict[0].startswith("INCONCLUSIVE  stopped early: the budget of 50 requests is used up")
    (counted,) = (line.split()[1] for line in result.verdict if line.startswith("requests"))
    # The request by which the run sees whether the target lets it in is not among them.
    assert int(counted) in (49, 50)


def test_workers_take_turns_at_a_server_that_answers_one_connection_at_a_time() -> None:
    (job_id, *_), right = next(iter(CATALOGUE.items()))

    def one_at_a_time(connection: socket.socket, server: Peer) -> None:
        while heard(connection, server):
            time.sleep(0.02)
            connection.sendall(http(right.body))

    words = ("--job-id", job_id, "--timeout", "1", "-n", "2", "-k", "known", "-p", "no:random_order")
    with peer(one_at_a_time) as server:
        result = run_suite("--base-url", server.url, *words)
    assert result.code == 0, result.output
    assert "if the server answers one connection at a time, run without -n" in result.output
