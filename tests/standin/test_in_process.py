"""The stand-in's own tests: each answer is held against the document by the fixture `contract`, without a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from contracts.pytest_plugin import Contract
from tests.standin.app import Conditions, service
from tests.standin.database import KEYS, OURS, THEIRS, job_ids
from tests.standin.wsgi import flask_service

KEY = next(iter(KEYS))
JOBS = "/v4/fine-tuning-jobs"

Get = Callable[..., Any]
"""Asks for a path of the service, with an API key, and returns the answer as the test client has it."""


def by_starlette(file: Path, conditions: Conditions) -> Get:
    client = TestClient(service(file, conditions))
    return lambda path, key=KEY: client.get(path, headers={"x-api-key": key} if key else {})


def by_flask(file: Path, conditions: Conditions) -> Get:
    client = flask_service(file, conditions).test_client()
    return lambda path, key=KEY: client.get(path, headers={"x-api-key": key} if key else {})


@pytest.fixture(scope="module", params=[by_starlette, by_flask], ids=["ASGI", "WSGI"])
def get(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Get:
    made: Get = request.param(tmp_path_factory.mktemp("service") / "jobs.sqlite", Conditions())
    return made


@pytest.mark.parametrize("number", range(len(job_ids(OURS))))
def test_a_job_is_answered_as_promised(get: Get, contract: Contract, number: int) -> None:
    contract(get(f"{JOBS}/{job_ids(OURS)[number]}"))


def test_what_has_no_value_may_be_left_out(tmp_path: Path, contract: Contract) -> None:
    get = by_flask(tmp_path / "jobs.sqlite", Conditions(omit_nulls=True))
    for job_id in job_ids(OURS):
        contract(get(f"{JOBS}/{job_id}"))


def test_a_job_keeps_its_promises_while_it_goes_on(get: Get, contract: Contract) -> None:
    for _ in range(8):
        response = get(f"{JOBS}/{job_ids(OURS)[0]}")
        contract(response)
    assert response.status_code == 200


@pytest.mark.parametrize(
    ("job_id", "key", "status"),
    [(job_ids(OURS)[0], "", 401), (job_ids(THEIRS)[0], KEY, 403), ("unknown", KEY, 404), ("x" * 65, KEY, 422)],
)
def test_what_is_refused_is_refused_as_promised(
    get: Get, contract: Contract, job_id: str, key: str, status: int
) -> None:
    response = get(f"{JOBS}/{job_id}", key)
    assert response.status_code == status
    contract(response)


def test_an_asynchronous_client_is_judged_too(tmp_path: Path, contract: Contract) -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(service(tmp_path / "jobs.sqlite", Conditions()))
        async with httpx.AsyncClient(transport=transport, base_url="http://standin") as client:
            return await client.get(f"{JOBS}/{job_ids(OURS)[0]}", headers={"x-api-key": KEY})

    contract(asyncio.run(ask()))
