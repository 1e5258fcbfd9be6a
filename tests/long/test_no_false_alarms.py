"""The long form of *no false alarms*: servers that keep the contract, with drawn ids and answers, by many seeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from contracts.exchange import Response
from contracts.mock import Asked, Change, Raw
from contracts.session import GuardedSession
from contracts.tally import Judge
from strategies import answers, job_ids
from strategies.mocking import mock_server
from tests.options.harness import judge_within
from tests.options.test_conforming_servers import (
    DOCUMENT,
    KNOWN,
    OPERATION,
    PARAMETER,
    SECOND_OPINION,
    SERVERS,
    different_for_every_resource,
)

SEEDS = 1_000
HANDFUL = 50
ROWS = 6
CHANGES = tuple(SERVERS.values())

granted = job_ids(OPERATION).flatmap(
    lambda job_id: st.tuples(st.just(job_id), answers(OPERATION, 200, {PARAMETER: job_id}))
)
refused = st.tuples(job_ids(OPERATION, undecodable=True), answers(OPERATION, 422))


class World:
    """Resources with their answers, all drawn from one seed; given by the mock server in place of its own."""

    def __init__(self) -> None:
        self.known: dict[str, Response] = {}
        self.unknown: dict[str, Response] = {}
        self._then: Change | None = None

    def draw(self, number: int) -> None:
        self.known, self.unknown, self._then = {}, {}, CHANGES[number % len(CHANGES)] if number % 2 else None

        @seed(number)
        @settings(max_examples=ROWS, database=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
        @given(granted, refused)
        def collect(here: tuple[str, Response], nowhere: tuple[str, Response]) -> None:
            self.known.update([here])
            self.unknown.update([nowhere])

        collect()

    def answer(self, asked: Asked, response: Response) -> Response | Raw:
        values = OPERATION.match(asked.target)
        job_id = values[PARAMETER] if values else ""
        drawn = self.known.get(job_id) or self.unknown.get(job_id) or response
        return self._then(asked, drawn) if self._then else drawn

    def ask(self, session: GuardedSession) -> None:
        for job_id in (*self.known, *self.unknown) * 2:
            session.ask(OPERATION, {PARAMETER: job_id})


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[World, str]]:
    made = World()
    with mock_server(DOCUMENT, changes=[made.answer]) as server:
        yield made, server.url


@pytest.mark.parametrize("start", range(0, SEEDS, HANDFUL))
def test_nothing_is_reported_whatever_is_drawn(start: int, world: tuple[World, str]) -> None:
    made, url = world
    answered = Counter[str]()
    for number in range(start, start + HANDFUL):
        made.draw(number)
        judged = Judge(SECOND_OPINION)
        with GuardedSession(
            url, DOCUMENT.operations, judged, exists=lambda operation, resource: resource[0] in made.known
        ) as session:
            made.ask(session)
        found = [*(str(seen.violation) for seen in judged.tally.found), *judged.tally.differences]
        assert not found, f"seed {number}: {found}"
        answered += judged.tally.answers
    assert {*answered} == {"200", "422"}
    assert answered.total() > HANDFUL * ROWS


@pytest.mark.parametrize("profile", ["ci", "nightly", "prerelease"])
def test_nothing_is_reported_in_any_profile(profile: str) -> None:
    ids = [word for job_id in KNOWN for word in ("--job-id", job_id)]
    with mock_server(DOCUMENT, changes=[different_for_every_resource]) as server:
        result = judge_within(900, "--base-url", server.url, *ids, "--hypothesis-profile", profile)
    assert "violations  none" in result.verdict, result.output
    assert result.code == 0, result.output
