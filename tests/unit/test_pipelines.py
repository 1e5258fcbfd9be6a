"""What the pipelines under docs/ may do: minimal permissions, secrets by environment, no upload that fails a job."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import Any

import yaml

from tests.support.pipelines import GITHUB, GITLAB

PIPELINE: dict[str, Any] = yaml.safe_load(GITHUB.read_text("utf-8"))
JOBS: dict[str, Any] = PIPELINE["jobs"]
STEPS: list[dict[str, Any]] = [step for job in JOBS.values() for step in job["steps"]]


def test_no_expression_stands_in_a_script_where_its_value_would_be_run() -> None:
    # https://docs.github.com/actions/concepts/security/script-injections
    scripts = [step["run"] for step in STEPS if "run" in step]
    assert scripts
    assert not [script for script in scripts if "${{" in script]


def test_secrets_belong_to_an_environment_and_a_pull_request_has_none() -> None:
    with_secrets = {name for name, job in JOBS.items() if "secrets." in json.dumps(job)}
    assert with_secrets == {name for name, job in JOBS.items() if "environment" in job} == {"nightly", "prerelease"}
    pipeline = yaml.safe_load(GITLAB.read_text("utf-8"))
    assert not {"SGP_API_KEY", "CONTRACT_BASE_URL"} & {*pipeline["variables"]}


def test_the_token_reads_and_writes_code_scanning_alone_where_sarif_is_uploaded() -> None:
    assert PIPELINE["permissions"] == {"contents": "read"}
    for job in JOBS.values():
        uploads = any("upload-sarif" in step.get("uses", "") for step in job["steps"])
        expected = {"contents": "read", "security-events": "write"} if uploads else {"contents": "read"}
        assert job.get("permissions", PIPELINE["permissions"]) == expected
    checkouts = [step for step in STEPS if step.get("uses", "").startswith("actions/checkout@")]
    assert [step["with"]["persist-credentials"] for step in checkouts] == [False] * len(JOBS)


def test_an_upload_of_sarif_fails_no_job_and_has_a_category_of_its_own_in_it() -> None:
    for job in JOBS.values():
        uploads = [step for step in job["steps"] if "upload-sarif" in step.get("uses", "")]
        assert all(step["continue-on-error"] is True for step in uploads)
        assert len({step["with"]["category"] for step in uploads}) == len(uploads)


def test_each_action_is_used_in_one_version() -> None:
    versions = defaultdict(set)
    for step in STEPS:
        if found := re.fullmatch(r"(\w+/[\w-]+)(?:/[\w-]+)*@(v\d+)", step.get("uses", "")):
            versions[found[1]].add(found[2])
    assert {name: len(each) for name, each in versions.items()} == dict.fromkeys(versions, 1)
    assert len(versions) == len({step["uses"].split("@")[0].split("/")[1] for step in STEPS if "uses" in step})
