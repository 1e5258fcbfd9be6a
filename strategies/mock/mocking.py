"""A mock server of a whole document: every answer that it describes, from the covering sets, over real HTTP."""

import asyncio
import itertools
import random
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Final

from contracts.http import Response
from contracts.openapi import Document, Operation, Resource, ResponseSpec
from strategies.answers import catalogue, covering_answers, shown_in_turn, status_of, with_echo
from strategies.mock.answering import Answer, Asked, Catalogue, Change, SeededAnswer
from strategies.mock.examples import served
from strategies.mock.server import Log, MockServer, log_nothing

Resources = Mapping[Resource, Response]
"""The resources that a mock server knows of one operation, with their answers."""

Known = Callable[[Operation], Resources]


def mock_server(
    document: Document, port: int = 0, changes: Sequence[Change] = (), known: Known = catalogue, log: Log = log_nothing
) -> MockServer:
    """Return a server that keeps every promise of the document, not started yet.

    It knows the resources that `known` returns of each operation; port 0 takes a free one.
    """
    catalogues = {operation: _catalogue(operation, known) for operation in document.operations}
    return MockServer(catalogues, port, changes, log)


def _catalogue(operation: Operation, known: Known) -> Catalogue:
    by_status: dict[str, SeededAnswer] = {
        str(status_of(operation, spec)): partial(_seeded, operation, spec) for spec in operation.responses
    }
    example = partial(_example, operation)
    resources = known(operation)
    if len(shown_in_turn(operation)) > 1 and resources is catalogue(operation):
        return Catalogue({}, _in_turn(operation), by_status, example)
    return Catalogue(resources, _otherwise(operation), by_status, example)


def _in_turn(operation: Operation) -> Answer:
    """Return how an operation without parameters is answered: by every answer, one after another."""
    turns = itertools.cycle(shown_in_turn(operation))
    return lambda values: next(turns)


_covering: Final = lru_cache(maxsize=256)(covering_answers)


def _seeded(operation: Operation, spec: ResponseSpec, values: Mapping[str, str], seed: int) -> Response:
    every = _covering(operation, spec.status)
    return with_echo(operation, spec, every[seed % len(every)], values)


def _example(operation: Operation, status: str, name: str) -> Answer | None:
    # The examples are judged when the first one is asked for: a document may have thousands.
    every = (each for each in served(operation) if each.name == name and str(each.response.status) == status)
    found = next(every, None)
    return partial(with_echo, operation, found.spec, found.response) if found else None


OF_THE_CALLER: Final = ("401", "403", "407", "429")
"""Refusals that say something about who asks, and nothing about the resource."""


def _otherwise(operation: Operation) -> Answer:
    """Return how any other resource is answered: with a documented refusal or, if there is none, with success."""
    every = operation.responses
    refusals = [spec for spec in every if spec.status.startswith("4") and spec.status not in OF_THE_CALLER]
    spec = next(iter([*refusals, *(spec for spec in every if spec.status == "default"), *every]))

    def otherwise(values: Mapping[str, str]) -> Response:
        # The same resource always gets the same answer, and all resources together get every answer of the set.
        chosen = plain[zlib.crc32(repr(sorted(values.items())).encode()) % len(plain)]
        return chosen if refusals else with_echo(operation, spec, chosen, values)

    plain = _covering(operation, spec.status)
    return otherwise


def slow(seconds: float, at_most: float = 0.0) -> Change:
    """Return the change that delays an answer by a number of seconds, or by chance up to `at_most`."""

    async def change(asked: Asked, response: Response) -> Response:
        await asyncio.sleep(random.uniform(seconds, max(seconds, at_most)))
        return response

    return change
