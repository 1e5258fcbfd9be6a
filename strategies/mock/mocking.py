"""A mock server of a whole document: every answer that it describes, from the covering sets, over real HTTP."""

import itertools
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from contracts.http import Response
from contracts.openapi import Document, Operation
from strategies.answers import catalogue, covering_answers, shown_in_turn
from strategies.mock.server import Asked, Catalogue, Change, MockServer


def mock_server(document: Document, port: int = 0, changes: Sequence[Change] = ()) -> MockServer:
    """Return a server that keeps every promise of the document, not started yet.

    It knows the resources of `catalogue(operation)`; port 0 takes a free one.
    """
    return MockServer({operation: _catalogue(operation) for operation in document.operations}, port, changes)


def _catalogue(operation: Operation) -> Catalogue:
    codes = [spec.status for spec in operation.responses if spec.status.isdigit()]
    by_status = {status: partial(_first, operation, status) for status in codes}
    if len(shown_in_turn(operation)) > 1:
        return Catalogue({}, _in_turn(operation), by_status)
    return Catalogue(catalogue(operation), _otherwise(operation), by_status)


def _in_turn(operation: Operation) -> Callable[[Mapping[str, str]], Response]:
    """Return how an operation without parameters is answered: by every answer, one after another."""
    turns = itertools.count()
    every = shown_in_turn(operation)

    def next_one(values: Mapping[str, str]) -> Response:
        # `next` of a count is one step of the interpreter, so that threads share the turns.
        return every[next(turns) % len(every)]

    return next_one


def _first(operation: Operation, status: str, values: Mapping[str, str]) -> Response:
    return covering_answers(operation, status, values)[0]


OF_THE_CALLER: Final = ("401", "403", "407", "429")
"""Refusals that say something about who asks, and nothing about the resource."""


def _otherwise(operation: Operation) -> Callable[[Mapping[str, str]], Response]:
    """Return how any other resource is answered: with a documented refusal or, if there is none, with success."""
    statuses = [spec.status for spec in operation.responses]
    refusals = [status for status in statuses if status.startswith("4") and status not in OF_THE_CALLER]
    status = next(iter([*refusals, *(status for status in statuses if status == "default"), *statuses]))

    def otherwise(values: Mapping[str, str]) -> Response:
        answers = covering_answers(operation, status, values) if not refusals else plain
        # The same resource always gets the same answer, and all resources together get every answer of the set.
        return answers[zlib.crc32(repr(sorted(values.items())).encode()) % len(answers)]

    plain = covering_answers(operation, status)
    return otherwise


def slow(seconds: float) -> Change:
    """Return the change that delays an answer by a number of seconds."""

    def change(asked: Asked, response: Response) -> Response:
        time.sleep(seconds)
        return response

    return change
