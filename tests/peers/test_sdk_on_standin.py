"""The official SDK as client of the stand-in: lists, pages, reads and is refused as by the real service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from scale_gp import AuthenticationError, NotFoundError, PermissionDeniedError, SGPClient, UnprocessableEntityError

from tests.standin.running import StandIn, running
from tests.support.suite import run_suite


@pytest.fixture(scope="module")
def standin() -> Iterator[StandIn]:
    with running() as service:
        yield service


def test_the_sdk_pages_over_every_job_of_the_account(standin: StandIn) -> None:
    with SGPClient(api_key=standin.key, base_url=standin.url, max_retries=0) as client:
        listed = [job.id for job in client.fine_tuning_jobs.list(limit=7)]
    assert len(listed) == len(standin.job_ids)
    assert {*listed} == {*standin.job_ids}


def test_the_sdk_reads_a_job_and_raises_for_one_that_does_not_exist(standin: StandIn) -> None:
    with SGPClient(api_key=standin.key, base_url=standin.url, max_retries=0) as client:
        assert client.fine_tuning_jobs.retrieve(standin.job_ids[0]).id == standin.job_ids[0]
        with pytest.raises(NotFoundError):
            client.fine_tuning_jobs.retrieve("nobody")
        with pytest.raises(PermissionDeniedError):
            client.fine_tuning_jobs.retrieve(standin.foreign_ids[0])
        with pytest.raises(UnprocessableEntityError):
            client.fine_tuning_jobs.retrieve("x" * 65)
    with (
        SGPClient(api_key="nobody's", base_url=standin.url, max_retries=0) as client,
        pytest.raises(AuthenticationError),
    ):
        client.fine_tuning_jobs.retrieve(standin.job_ids[0])


def test_a_nightly_run_discovers_jobs_so_that_every_vendor_and_status_is_seen(standin: StandIn, tmp_path: Path) -> None:
    words = ("--hypothesis-profile", "nightly", "--base-url", standin.url, "--overlay", "fastapi", "--discover", "12")
    required = ("--require", "200/vendor_configuration/vendor", "--require", "200/status")
    kept = ("--example-database", str(tmp_path))
    result = run_suite(*words, *required, *kept, "-n", "2", SGP_API_KEY=standin.key)
    assert result.code == 0, result.output
    assert result.verdict[0].startswith("CONFORMS")
