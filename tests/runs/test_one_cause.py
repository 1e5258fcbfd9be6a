"""One cause never fills a page: servers broken as real ones are, and how many entries a person has to read of it."""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest

from contracts.http.exchange import Response
from contracts.reports.grouping import grouped
from contracts.run.observer import Observer
from contracts.verdict.verdict import Finding, RunFacts, conclude
from strategies.ids.job_ids import covering_path_values
from strategies.mock.answering import Reply
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change
from tests.support.pinned import CATALOGUE, DOCUMENT, OPERATION, PARAMETER
from tests.support.pinned import RESOURCES as KNOWN
from tests.support.talking import guarded_session

JSON_TYPE = ("Content-Type", "application/json")
PAGE = b"<!DOCTYPE html><html><body>Something went wrong</body></html>"


def told(change: Change) -> tuple[tuple[Finding, ...], ...]:
    """What a person is told of two rounds of every known resource, and one of every class of unknown one."""
    judged = Observer()
    with (
        mock_server(DOCUMENT, changes=[change]) as server,
        guarded_session(
            server.url, DOCUMENT.operations, judged, exists=lambda operation, resource: resource in CATALOGUE
        ) as session,
    ):
        for resource in KNOWN * 2:
            session.ask(OPERATION, {PARAMETER: resource[0]})
        for values in covering_path_values(OPERATION, KNOWN):
            session.ask(OPERATION, values)
    run = RunFacts("-", DOCUMENT, "ci", datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC), 1.0)
    return grouped(conclude(run, judged.tally).findings)


def in_value(change: Callable[[Any], Any], status: int = 200) -> Change:
    def broken(asked: Asked, response: Response) -> Response:
        if response.status != status:
            return response
        return Response(status, response.headers, json.dumps(change(json.loads(response.body))).encode())

    return broken


def always(status: int, body: bytes, *fields: tuple[str, str]) -> Change:
    return lambda asked, response: Response(status, fields, body)


def camel(value: Any) -> Any:
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {re.sub("_(.)", lambda found: found[1].upper(), name): camel(item) for name, item in value.items()}


def everywhere(schema: str) -> list[str]:
    _, resolved = DOCUMENT.resolve(schema)
    return [name for name in resolved["properties"] if name not in resolved["required"]]


def with_nulls(value: dict[str, Any]) -> dict[str, Any]:
    """As a serializer writes it that leaves nothing out."""
    optional = everywhere(str(OPERATION.responses[0].content["application/json"]))
    inner = {name: {"output": None, **item} if isinstance(item, dict) else item for name, item in value.items()}
    return {**dict.fromkeys(optional), **inner}


def in_small_letters(value: Any) -> Any:
    return {name: item.lower() if isinstance(item, str) and item.isupper() else item for name, item in value.items()}


def naive(value: Any) -> Any:
    date = re.compile(r"(\d{4}-\d\d-\d\dT[\d:.]+)(Z|[+-]\d\d:\d\d)")
    return {name: date.sub(r"\1", item) if isinstance(item, str) else item for name, item in value.items()}


def of_any_case(asked: Asked, response: Response) -> Response:
    """Looks ids up as if their case did not matter."""
    wanted = unquote(asked.target.rpartition("/")[2], errors="replace").casefold()
    found = next((answer for (job_id,), answer in CATALOGUE.items() if job_id.casefold() == wanted), response)
    return Response(found.status, found.headers, found.body)


def for_any_id(asked: Asked, response: Response) -> Response:
    """Has a job for whoever asks."""
    return CATALOGUE[KNOWN[0]] if response.status != 200 else response


ONE: dict[str, Change] = {
    "wrapped": in_value(lambda value: {"data": value}),
    "renamed": in_value(camel),
    "a list": in_value(lambda value: [value]),
    "an empty object": in_value(lambda value: {}),
    "an empty list": in_value(lambda value: []),
    "null": in_value(lambda value: None),
    "a string": in_value(lambda value: "x"),
    "written twice": in_value(json.dumps),
    "an error with 200": in_value(lambda value: {"error": {"code": 5}}),
    "the body of another status": in_value(lambda value: {"detail": []}),
    "dates without offset": in_value(naive),
    "values in small letters": in_value(in_small_letters),
    "ids in capitals": in_value(lambda value: {**value, "id": value["id"].upper()}),
    "items of another shape": in_value(lambda value: {"detail": [{"error": "x"}]}, 422),
    "a failure": always(500, b"oops", ("Content-Type", "text/plain")),
    "a proxy's page": always(502, PAGE, ("Content-Type", "text/html")),
    "no content": always(204, b""),
    "any case": of_any_case,
    "any id": for_any_id,
}
"""Broken by one mistake, and told by one entry."""

TWO: dict[str, Change] = {
    "nulls for what is absent": in_value(with_nulls),
    "a page as JSON": always(200, PAGE, JSON_TYPE),
    "nothing with 200": always(200, b"", JSON_TYPE),
    "refused": always(418, b"{}", JSON_TYPE),
}
"""Told by two entries: of an object and one inside it; of a resource that exists, and of one that does not."""


@pytest.mark.parametrize("name", ONE)
def test_one_mistake_is_one_entry(name: str) -> None:
    assert len(told(ONE[name])) == 1


def at_times(change: Change) -> Change:
    """Return the change for every other answer to each request alone, so that earlier answers were right."""
    asked_for: Counter[str] = Counter()

    def changed(asked: Asked, response: Response) -> Reply:
        asked_for[asked.target] += 1
        return change(asked, response) if asked_for[asked.target] % 2 == 0 else response

    return changed


@pytest.mark.parametrize("name", ["wrapped", "renamed", "a list", "an empty object", "null", "a string"])
def test_a_mistake_that_is_made_at_times_is_one_entry_and_no_value_has_changed_by_it(name: str) -> None:
    ((first, *rest),) = told(at_times(ONE[name]))
    assert all(each.violation.rule.startswith("schema.") for each in (first, *rest))


@pytest.mark.parametrize("name", TWO)
def test_one_mistake_in_two_kinds_of_answers_is_two_entries(name: str) -> None:
    assert len(told(TWO[name])) == 2


def test_two_mistakes_are_two_entries() -> None:
    def both(asked: Asked, response: Response) -> Response:
        changed = in_value(naive)(asked, response)
        assert isinstance(changed, Response)
        another = in_value(lambda value: {**value, "id": value["id"].upper()})(asked, changed)
        assert isinstance(another, Response)
        return another

    assert [len(group) for group in told(both)] == [1, 1]
