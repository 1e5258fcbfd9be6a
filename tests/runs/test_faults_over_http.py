"""Faults put on a real server's answers are found by a whole run, and the mock server serves any of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Iterator
from typing import Any

import pytest

from contracts.errors import ConfigurationError
from contracts.http.exchange import Response, undocumented_methods
from contracts.http.session import GuardedSession
from contracts.judge import ID_CLASSES
from contracts.run.observer import Observer
from strategies.answers import catalogue, covering_answers
from strategies.faults.fault_table import faults
from strategies.faults.mutations import AnswerContext, Fault
from strategies.mock.answering import Asked, Change, Reply
from strategies.mock.faulty import breaking, named
from strategies.mock.mocking import mock_server, slow
from strategies.mock.server import MockServer
from tests.support.pinned import DOCUMENT, OPERATION, PARAMETER
from tests.support.pinned import RESOURCES as KNOWN
from tests.support.suite import BRIEFLY, Result, run_command, run_suite
from tests.support.talking import guarded_session

FAULTS = {fault.name: fault for fault in faults(OPERATION)}


def the_first(rule: str, *words: str) -> str:
    """The name of the rule's first fault that holds the words."""
    return next(name for name, fault in FAULTS.items() if fault.rule == rule and all(word in name for word in words))


EVERYWHERE = [
    the_first("schema.required"),
    the_first("json.malformed", "cut short"),
    the_first("status.known-resource", "422"),
    the_first("overlay.immutable"),
]
"""Broken in every answer that there is."""

EACH_IN_ONE_JOB = [
    the_first("schema.type", "200", "["),
    the_first("schema.enum", "cut"),
    the_first("schema.required"),
    the_first("schema.format", "a date"),
    the_first("union.tag-missing"),
    the_first("union.tag-type"),
    the_first("union.tag-unknown", "other case"),
    the_first("json.duplicate-name"),
    the_first("json.byte-order-mark"),
    the_first("json.encoding", "Latin-1"),
    the_first("content-type.missing"),
    the_first("content-type.charset"),
    the_first("status.server-error", "503"),
    the_first("overlay.equals", "another resource"),
    the_first("overlay.immutable"),
    the_first("overlay.final"),
    "transport.cut",
    "transport.reset",
    "transport.not-http",
    "transport.coding",
]
"""Broken in the answers of one job alone."""


def against(server: MockServer, *options: str) -> Result:
    ids = [word for (job_id,) in KNOWN for word in ("--job-id", job_id)]
    return run_suite("--base-url", server.url, *ids, *options)


def rules(result: Result) -> list[str]:
    return sorted(line.split()[0] for line in result.violations)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_what_every_answer_breaks_is_reported_by_its_rule_and_nothing_else_is(name: str) -> None:
    with mock_server(DOCUMENT, changes=[breaking(DOCUMENT, [named(DOCUMENT, name)])]) as server:
        result = against(server, "-k", "known or preferred or classes")
    assert result.code == 1, result.output
    assert result.verdict[0].startswith("VIOLATES")
    assert set(rules(result)) == {FAULTS[name].rule}


def broken_in(fault: Fault, resource: tuple[str, ...]) -> bool:
    """Whether the answer of a known resource has something that the fault breaks."""
    return fault.mutation(AnswerContext(OPERATION, resource, True, 1, catalogue(OPERATION)[resource])) is not None


def spread(names: list[str]) -> dict[str, Change]:
    """By job id: a change for each fault, on a job whose answers have something to break."""
    # The first job is the one by which a run sees whether the target answers at all.
    free = KNOWN[1:]
    found = {}
    for name in names:
        resource = next(resource for resource in free if broken_in(FAULTS[name], resource))
        free.remove(resource)
        found[resource[0]] = breaking(DOCUMENT, [FAULTS[name]])
    return found


def test_what_one_job_breaks_is_reported_by_its_rule_whatever_the_others_break() -> None:
    changes = spread(EACH_IN_ONE_JOB)

    def change(asked: Asked, response: Response) -> Reply:
        chosen = changes.get(asked.target.rpartition("/")[2])
        return chosen(asked, response) if chosen else response

    with mock_server(DOCUMENT, changes=[change]) as server:
        result = against(server, *BRIEFLY)
    assert result.code == 1, result.output
    assert rules(result) == sorted(FAULTS[name].rule for name in EACH_IN_ONE_JOB)


class Stage:
    """A server whose every answer one fault breaks, and what is told of it."""

    def __init__(self) -> None:
        self.change: Change = breaking(DOCUMENT)
        self.judge = Observer()

    def answer(self, asked: Asked, response: Response) -> Reply:
        return self.change(asked, response)

    def put_on(self, fault: Fault) -> None:
        self.change, self.judge = breaking(DOCUMENT, [fault]), Observer()

    def told(self, session: GuardedSession, job_id: str) -> set[str]:
        """The rules told of everything read so far, two more reads of this job included."""
        for _ in range(2):
            session.ask(OPERATION, {PARAMETER: job_id})
        return {seen.violation.rule for seen in self.judge.tally.found}

    def told_of_methods(self, session: GuardedSession) -> set[str]:
        """The rules told of the answers to every undocumented method."""
        for method in undocumented_methods(OPERATION):
            session.ask(OPERATION, {PARAMETER: KNOWN[0][0]}, method=method)
        return {seen.violation.rule for seen in self.judge.tally.found}


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Stage, str]]:
    stage = Stage()
    with mock_server(DOCUMENT, changes=[stage.answer]) as server:
        yield stage, server.url


def test_answers_mixed_up_between_requests_in_flight_are_one_violation_that_comes_again() -> None:
    with mock_server(DOCUMENT, changes=[breaking(DOCUMENT, [FAULTS["overlay.swapped"]])]) as server:
        result = against(server, "--hypothesis-profile", "nightly", "-k", "flight or preferred")
    assert result.code == 1, result.output
    (line,) = result.violations
    assert line.startswith('overlay.swapped at body of 200: expected the answer of "')
    assert "answers to requests in flight at the same time were mixed up [" in line
    assert line.endswith(", always]")


@pytest.mark.parametrize("family", sorted({fault.rule for fault in FAULTS.values()} - {"overlay.swapped"}))
def test_every_fault_is_served_and_caught_over_a_real_connection(family: str, stage: tuple[Stage, str]) -> None:
    staged, url = stage
    known = [job_id for (job_id,) in KNOWN]
    unknown = [f"zz-unknown-{number}" for number in range(40)]
    missed = {}
    for fault in (fault for fault in FAULTS.values() if fault.rule == family):
        staged.put_on(fault)
        # Jobs whose answers have something to break come first.
        broken = [job_id for job_id in known if broken_in(fault, (job_id,))]
        strange = [each.example for each in ID_CLASSES if each.words == fault.id_class]
        ids = [*strange, *broken, *unknown, *known, known[0].swapcase()]
        options: dict[str, Any] = {
            "timeout": 0.5,
            "max_body": 2**20,
            "exists": lambda operation, resource: resource in catalogue(operation),
        }
        if family.startswith("method."):
            with guarded_session(url, DOCUMENT.operations, staged.judge, probes=True, **options) as probing:
                told = staged.told_of_methods(probing)
        else:
            with guarded_session(url, DOCUMENT.operations, staged.judge, **options) as session:
                told = next((told for job_id in ids if (told := staged.told(session, job_id))), set())
        if told != {fault.rule}:
            missed[fault.name] = told
    assert not missed


@pytest.fixture(scope="module")
def obliging() -> Iterator[MockServer]:
    with mock_server(DOCUMENT, changes=[breaking(DOCUMENT)]) as server:
        yield server


def read(server: MockServer, headers: dict[str, str] | None = None) -> list[str]:
    """The rules told of one answer."""
    judged = Observer()
    with guarded_session(server.url, DOCUMENT.operations, judged) as session:
        session.ask(OPERATION, {PARAMETER: KNOWN[0][0]}, headers)
    return [seen.violation.rule for seen in judged.tally.found]


PREFERRED = [
    the_first("schema.required"),
    the_first("schema.format", "a comma"),
    the_first("content-type.charset"),
    the_first("json.malformed", "something before"),
    "transport.cut",
]


@pytest.mark.parametrize("name", PREFERRED)
def test_a_fault_that_is_preferred_breaks_one_answer_only(name: str, obliging: MockServer) -> None:
    assert read(obliging, {"Prefer": f'fault="{name}"'}) == [FAULTS[name].rule]
    assert read(obliging) == []


@pytest.mark.parametrize("prefer", ['fault="no such fault"', "fault", "code=200", "wait=1"])
def test_a_preference_for_no_fault_breaks_nothing(prefer: str, obliging: MockServer) -> None:
    assert read(obliging, {"Prefer": prefer}) == []


def test_a_fault_may_be_preferred_beside_another_preference(obliging: MockServer) -> None:
    name = the_first("json.not-finite")
    assert read(obliging, {"Prefer": f'wait=1, fault="{name}"'}) == ["json.not-finite"]


def test_a_rare_fault_breaks_about_one_answer_in_fifty_the_same_each_time() -> None:
    target = OPERATION.url_path({PARAMETER: KNOWN[0][0]})
    response, often = catalogue(OPERATION)[KNOWN[0]], "status.server-error 500"

    def broken(seed: int) -> list[int]:
        change = breaking(DOCUMENT, [FAULTS[often]], {often: 0.02}, seed=seed)
        return [number for number in range(2_000) if change(Asked("GET", target), response) != response]

    # Forty are expected; three standard deviations are nineteen.
    assert all(21 <= len(broken(seed)) <= 59 for seed in range(5))
    assert broken(1) == broken(1) != broken(2)


@pytest.mark.parametrize("rate", ["0.02", '"0.02"', ".02"])
def test_a_fault_that_is_preferred_with_a_rate_breaks_about_one_answer_in_fifty(rate: str) -> None:
    change = breaking(DOCUMENT)
    prefer = (("Prefer", f'wait=1, fault="{the_first("content-type.malformed", "; charset")}"; rate={rate}'),)
    asked = Asked("GET", OPERATION.url_path({PARAMETER: KNOWN[0][0]}), prefer)
    response = covering_answers(OPERATION, "200")[0]
    broken = sum(change(asked, response) != response for _ in range(2_000))
    assert 21 <= broken <= 59


@pytest.mark.parametrize("rate", ["never", "1.2.3", "-1", ""])
def test_a_rate_that_is_no_number_is_ignored_with_its_fault(rate: str) -> None:
    prefer = (("Prefer", f'fault="status.server-error 503"; rate={rate}'),)
    asked = Asked("GET", OPERATION.url_path({PARAMETER: KNOWN[0][0]}), prefer)
    response = covering_answers(OPERATION, "200")[0]
    assert breaking(DOCUMENT)(asked, response) == response


def test_a_fault_that_is_preferred_is_never_rare() -> None:
    never = "status.server-error 500"
    change = breaking(DOCUMENT, [FAULTS[never]], {never: 0.0})
    asked = Asked("GET", OPERATION.url_path({PARAMETER: KNOWN[0][0]}), (("Prefer", 'fault="status.server-error 503"'),))
    response = covering_answers(OPERATION, 200)[0]
    assert [getattr(change(asked, response), "status", None) for _ in range(3)] == [503, 503, 503]


def test_the_mock_server_lists_every_fault() -> None:
    done = run_command("mock", "--faults")
    assert (done.code, done.errors) == (0, "")
    assert done.output.splitlines() == list(FAULTS)


def test_the_mock_server_lists_the_faults_of_another_document() -> None:
    done = run_command("mock", "--faults", "--document", "tests/documents/shop.openapi.yaml")
    assert done.code == 0, done.errors
    assert "schema.contains 200/sides too many" in done.output.splitlines()


def test_the_mock_server_serves_what_a_named_overlay_adds() -> None:
    done = run_command("mock", "--faults", "--overlay", "unauthorized", "--overlay", "nulls")
    assert done.code == 0, done.errors
    listed = {*done.output.splitlines()}
    assert "schema.required 401/detail absent" in listed - {*FAULTS}
    assert {name for name in FAULTS if name.endswith("/suffix null")}.isdisjoint(listed)


def test_an_unknown_overlay_is_refused_with_the_names_there_are() -> None:
    done = run_command("mock", "--port", "0", "--overlay", "null")
    assert (done.code, done.output) == (4, "")
    assert done.errors.count("\n") == 1
    assert "--overlay null is no file, and no overlay of that name comes along: closed, fastapi, " in done.errors


def test_an_unknown_fault_is_refused_in_one_line_that_names_the_nearest() -> None:
    done = run_command("mock", "--port", "0", "--fault", "transport.cutt")
    assert (done.code, done.output) == (4, "")
    assert done.errors.startswith("ERROR: no fault is named 'transport.cutt' (near are 'transport.cut', ")
    assert done.errors.count("\n") == 1


def test_an_unknown_fault_is_no_fault_of_the_document() -> None:
    with pytest.raises(ConfigurationError, match="no fault is named 'nothing'"):
        named(DOCUMENT, "nothing")


def test_a_mock_can_take_its_time() -> None:
    async def delayed() -> float:
        response, start = Response(200, (), b""), time.monotonic()
        changed = slow(0.02)(Asked("GET", "/"), response)
        assert isinstance(changed, Awaitable)
        assert await changed is response
        return time.monotonic() - start

    assert asyncio.run(delayed()) >= 0.02
