"""The official SDK as the client of our mock: it reads every answer of the covering set as its class, without loss."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from typing import Any

import pytest
from scale_gp import SGPClient, UnprocessableEntityError

from contracts.openapi import load
from contracts.openapi.overlay import PINNED_OVERLAY
from strategies.answers import catalogue, covering_answers
from strategies.mock.mocking import mock_server

DOCUMENT = load(overlays=[PINNED_OVERLAY])
OPERATION = DOCUMENT.operations[0]
CATALOGUE = catalogue(OPERATION)
(UNION,) = DOCUMENT.unions.values()


@pytest.fixture(scope="module")
def client() -> Iterator[SGPClient]:
    with mock_server(DOCUMENT) as server, SGPClient(api_key="any", base_url=server.url, max_retries=0) as client:
        yield client


def instants(value: Any) -> Any:
    """The value with every date-time that Python can read as an instant: the SDK renders them anew."""
    if isinstance(value, dict):
        return {name: instants(item) for name, item in value.items()}
    if isinstance(value, list):
        return [instants(item) for item in value]
    try:
        return datetime.datetime.fromisoformat(value.upper()).astimezone(datetime.UTC)
    except (AttributeError, ValueError, OverflowError):
        return value


@pytest.mark.parametrize("job_id", [values[0] for values in CATALOGUE])
def test_every_answer_is_read_as_its_class_and_rendered_again_without_loss(client: SGPClient, job_id: str) -> None:
    sent = json.loads(CATALOGUE[(job_id,)].body)
    job = client.fine_tuning_jobs.retrieve(job_id)
    assert instants(job.to_dict(mode="json", warnings=False)) == instants(sent)
    classes = [type(value).__name__.casefold() for value in dict(job).values() if hasattr(value, UNION.tag)]
    branches = [branch.name.casefold() for value in sent.values() if (branch := UNION.claimed(value))]
    assert [name.endswith(branch) for name, branch in zip(classes, branches, strict=True)] == [True] * len(branches)


def test_a_refusal_of_the_mock_is_raised_with_its_body(client: SGPClient) -> None:
    bodies = [json.loads(answer.body) for answer in covering_answers(OPERATION, "422")]
    with pytest.raises(UnprocessableEntityError) as raised:
        client.fine_tuning_jobs.retrieve("no such job")
    assert raised.value.body in bodies
