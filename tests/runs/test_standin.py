"""The stand-in, a FastAPI service with a database and keys, judged as staging would be: with and without overlays."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from contracts.http.exchange import Exchange, Response
from contracts.http.rejection import all_rejected, label_of
from contracts.openapi import load
from contracts.openapi.overlay import overlay_files
from contracts.run.observer import Observer
from contracts.verdict.verdict import explained_by
from tests.standin.defects import DEFECTS
from tests.standin.running import StandIn, running
from tests.support.suite import BRIEFLY, ROOT, Result, run_suite
from tests.support.talking import guarded_session

JOBS = "/v4/fine-tuning-jobs"


def judged(standin: StandIn, *options: str, job_ids: tuple[str, ...] = ()) -> Result:
    ids = [word for job_id in (*standin.job_ids, *job_ids) for word in ("--job-id", job_id)]
    return run_suite("--base-url", standin.url, *ids, *options, SGP_API_KEY=standin.key)


SOME = ("-k", "known or classes or (drawn and 1/10)")


def told(result: Result) -> set[str]:
    """Rule, place and what came, of each violation; several may be told in one line."""
    found = set()
    for line in result.violations:
        rule, _, rest = line.partition(" at ")
        places = re.split(r", | and ", re.split(r" of \d|: ", rest, maxsplit=1)[0])
        came = re.search(r", got .*?(?=$| \[\d)", rest)
        found |= {f"{rule} at {place}{came[0] if came else ''}" for place in places}
    return found


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running() as service:
        yield service


def test_with_what_a_fastapi_service_adds_declared_it_conforms(standin: StandIn) -> None:
    result = judged(standin, "--overlay", "fastapi")
    assert result.code == 0, result.output
    assert result.verdict[0].startswith("CONFORMS")
    refused = [line for line in result.verdict if line.startswith("refused")]
    assert re.fullmatch(r"refused     \d+ ids with a slash: 307 to http://\S+ \(uvicorn\)", refused[0]), refused
    seen = next(line for line in result.verdict if line.startswith("seen"))
    assert re.search(r"200 \d+ · 422 \d+ · 401 never · 403 never · 404 \d+", seen)


def test_undeclared_it_is_all_violations_each_at_its_place(standin: StandIn) -> None:
    result = judged(standin, *SOME)
    assert result.code == 1
    union = ("hyperparameters", "wandb_config", "suffix", "output")
    properties = ("base_model_id", "fine_tuned_model_id", "validation_dataset_id", "vendor_configuration")
    places = [*properties, *(f"vendor_configuration/{name}" for name in union)]
    assert told(result) == {
        "status.undocumented at status, got 404",
        *(f"schema.type at /{place}, got null" for place in places),
    }


def test_a_job_that_is_known_is_refused_by_no_overlay() -> None:
    with running("--omit-nulls") as standin:
        others = ("vanished", standin.foreign_ids[0])
        overlays = ("--overlay", "not-found", "--overlay", "forbidden")
        result = judged(standin, *overlays, *BRIEFLY, job_ids=others)
    assert result.code == 1
    assert told(result) == {"status.known-resource at status, got 404", "status.known-resource at status, got 403"}
    assert "on 1 resource, " in result.violations[0]


def test_whatever_is_switched_on_is_found_and_nothing_else() -> None:
    with running(*(word for name in DEFECTS for word in ("--defect", name))) as standin:
        result = judged(standin, "--overlay", "fastapi", *SOME)
    assert result.code == 1
    assert {re.sub(r'"\d.*"', "DATE", line) for line in told(result)} == {
        "schema.format at /created_at, got DATE",
        'schema.enum at /status, got "VALIDATING"',
        "union.tag-missing at /vendor_configuration/vendor, got nothing",
        "status.server-error at status, got 500",
    }


@pytest.mark.parametrize("overlays", [(), ("fastapi",)], ids=str)
@pytest.mark.parametrize("key", ["nobody's", None])
def test_a_wrong_key_explains_all_that_it_breaks(standin: StandIn, key: str | None, overlays: tuple[str, ...]) -> None:
    (operation,) = load(overlays=overlay_files(overlays)).operations
    (name,) = [parameter.name for parameter in operation.parameters]
    answers: Counter[str] = Counter()
    judges = Observer()

    def note(exchange: Exchange) -> None:
        assert isinstance(exchange.outcome, Response)
        judges(exchange)
        if label := label_of(exchange):
            answers[label] += 1

    with guarded_session(
        standin.url, [operation], note, api_key=key, exists=lambda _, resource: resource[0] in standin.job_ids
    ) as session:
        for job_id in (*standin.job_ids[:3], "nobody", "a/b", "x" * 300, "\x00"):
            session.ask(operation, {name: job_id})
    turned_away = all_rejected(answers)
    assert answers == {"401": 4}
    assert turned_away is not None
    assert judges.tally.found
    assert all(explained_by(turned_away, each.violation) for each in judges.tally.found)


def test_a_wrong_key_is_one_line_and_no_evidence(standin: StandIn) -> None:
    result = judged(replace(standin, key="nobody's"))
    assert result.code == 6, result.output
    assert result.verdict[0] == (
        "INCONCLUSIVE  no evidence: whatever was asked for was answered 401; is SGP_API_KEY set, and right? "
        "(stopped early: 20 requests were refused, and none was let in)"
    )
    assert result.violations == []
    assert "violations  none" in result.verdict


def get(standin: StandIn, path: str, key: str | None = "") -> requests.Response:
    headers = {} if key is None else {"x-api-key": key or standin.key}
    return requests.get(standin.url + JOBS + path, headers=headers, timeout=10, allow_redirects=False)


def test_it_refuses_as_fastapi_does(standin: StandIn) -> None:
    refusals = [
        get(standin, "/any", None),
        get(standin, "/any", "nobody's"),
        get(standin, f"/{standin.foreign_ids[0]}"),
        get(standin, "/any"),
        get(standin, "/a%2Fb"),
    ]
    assert [(answer.status_code, answer.json()) for answer in refusals] == [
        (401, {"detail": "Not authenticated"}),
        (401, {"detail": "Invalid API key"}),
        (403, {"detail": "Fine tuning job belongs to another account"}),
        (404, {"detail": "Fine tuning job not found"}),
        (404, {"detail": "Not Found"}),
    ]
    (error,) = get(standin, "/" + "x" * 65).json()["detail"]
    assert (error["type"], error["loc"]) == ("string_too_long", ["path", "fine_tuning_job_id"])


def test_a_job_goes_on_as_it_is_read_until_it_is_over() -> None:
    with running() as standin:
        reads = [[get(standin, f"/{job_id}").json() for _ in range(8)] for job_id in standin.job_ids[:5]]
    statuses = {tuple(dict.fromkeys(body["status"] for body in bodies)) for bodies in reads}
    assert {("PENDING", "RUNNING", "COMPLETED"), ("RUNNING", "FAILED"), ("CANCELED",)} <= statuses
    assert all(len({body["created_at"] for body in bodies}) == 1 for bodies in reads)


def test_the_list_is_paged_and_holds_the_jobs_of_the_account_alone(standin: StandIn) -> None:
    pages = [get(standin, f"?limit=20&page={page}").json() for page in (1, 2, 3)]
    assert [(len(page["items"]), page["current_page"], page["total_item_count"]) for page in pages] == [
        (20, 1, 30),
        (10, 2, 30),
        (0, 3, 30),
    ]
    assert {item["id"] for page in pages for item in page["items"]} == {*standin.job_ids}
    assert get(standin, "?limit=10001").status_code == 422


def test_failures_for_a_while_say_when_to_come_again() -> None:
    with running("--flaky", "3", "--retry-after", "2") as standin:
        answers = [get(standin, f"/{standin.job_ids[0]}") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 503, 200, 200, 503]
    assert answers[2].headers["Retry-After"] == "2"


def test_a_client_that_asks_too_often_gets_429_with_a_time_to_wait() -> None:
    with running("--throttle", "1") as standin:
        answers = (get(standin, f"/{standin.job_ids[0]}") for _ in range(200))
        throttled = next(answer for answer in answers if answer.status_code != 200)
    assert (throttled.status_code, throttled.headers["Retry-After"]) == (429, "1")


def test_it_can_take_its_time() -> None:
    with running("--latency", "0.08") as standin:
        start = time.monotonic()
        get(standin, f"/{standin.job_ids[0]}")
        assert time.monotonic() - start >= 0.08


def test_it_lists_the_ids_to_ask_for_and_keeps_the_database_it_is_given(tmp_path: Path) -> None:
    file = tmp_path / "jobs.sqlite"
    with running("--database", str(file)) as standin:
        command = [sys.executable, "-m", "tests.standin", "--list-ids", standin.key]
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert tuple(listed.split()) == standin.job_ids
    assert file.is_file()


def test_a_defect_that_there_is_not_is_refused() -> None:
    command = [sys.executable, "-m", "tests.standin", "--port", "0"]
    environment = {**os.environ, "STANDIN_DEFECTS": "untagged,tagged"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "STANDIN_DEFECTS names no defect: tagged; choose of naive-datetimes, " in done.stderr
