"""Nothing is reported about servers that keep the contract, with ids and answers drawn by many seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contracts.http.exchange import Response
from contracts.http.session import GuardedSession
from contracts.run.observer import Observer
from strategies import answers, job_ids
from strategies.mock.answering import Asked, Change, Reply
from strategies.mock.mocking import mock_server
from tests.support.conforming import SECOND_OPINION, SERVERS, different_for_every_resource
from tests.support.pinned import DOCUMENT, KNOWN, OPERATION, PARAMETER
from tests.support.suite import run_suite
from tests.support.talking import guarded_session

SEEDS = 1_000
CHUNK_SIZE = 50
ROWS = 6
CHANGES = tuple(SERVERS.values())

accepted = job_ids(OPERATION).flatmap(
    lambda job_id: st.tuples(st.just(job_id), answers(OPERATION, 200, {PARAMETER: job_id}))
)
refused = st.tuples(job_ids(OPERATION, undecodable=True), answers(OPERATION, 422))


class World:
    """Resources and their answers, drawn from one seed, which the mock server sends in place of its own."""

    def __init__(self) -> None:
        self.known: dict[str, Response] = {}
        self.unknown: dict[str, Response] = {}
        self._then: Change | None = None

    def draw(self, number: int) -> None:
        self.known, self.unknown, self._then = {}, {}, CHANGES[number % len(CHANGES)] if number % 2 else None

        @seed(number)
        @settings(max_examples=ROWS, database=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
        @given(accepted, refused)
        def collect(here: tuple[str, Response], nowhere: tuple[str, Response]) -> None:
            self.known.update([here])
            self.unknown.update([nowhere])

        collect()

    def answer(self, asked: Asked, response: Response) -> Reply:
        values = OPERATION.match(asked.target)
        job_id = values[PARAMETER] if values else ""
        drawn = self.known.get(job_id) or self.unknown.get(job_id) or response
        return self._then(asked, drawn) if self._then else drawn

    def ask(self, session: GuardedSession) -> None:
        for job_id in (*self.known, *self.unknown) * 2:
            session.ask(OPERATION, {PARAMETER: job_id})


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[World, str]]:
    drawn = World()
    with mock_server(DOCUMENT, changes=[drawn.answer]) as server:
        yield drawn, server.url


@pytest.mark.parametrize("start", range(0, SEEDS, CHUNK_SIZE))
def test_nothing_is_reported_about_drawn_ids_and_answers(start: int, world: tuple[World, str]) -> None:
    drawn, url = world
    answered = Counter[str]()
    for number in range(start, start + CHUNK_SIZE):
        drawn.draw(number)
        observer = Observer(SECOND_OPINION)
        with guarded_session(
            url, DOCUMENT.operations, observer, exists=lambda operation, resource: resource[0] in drawn.known
        ) as session:
            drawn.ask(session)
        found = [*(str(record.violation) for record in observer.tally.found), *observer.tally.differing]
        assert not found, f"seed {number}: {found}"
        answered += observer.tally.answers
    assert {*answered} == {"200", "422"}
    assert answered.total() > CHUNK_SIZE * ROWS


@pytest.mark.parametrize("profile", ["ci", "nightly", "prerelease"])
def test_nothing_is_reported_in_any_profile(profile: str) -> None:
    ids = [word for job_id in KNOWN for word in ("--job-id", job_id)]
    with mock_server(DOCUMENT, changes=[different_for_every_resource]) as server:
        result = run_suite("--base-url", server.url, *ids, "--hypothesis-profile", profile)
    assert "violations  none" in result.verdict, result.output
    assert result.code == 0, result.output
