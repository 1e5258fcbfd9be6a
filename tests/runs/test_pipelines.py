"""Every command of the pipelines under docs/, run in a shell as a runner does, in the repository of a service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.openapi import PINNED, load
from strategies.mock import mock_server
from tests.support.pinned import KNOWN
from tests.support.pipelines import GITHUB, GITLAB, Step, github_steps, gitlab_reports, gitlab_step, jobs
from tests.support.suite import CLEAN, ROOT

SERVE = """#!/bin/sh
exec contract mock --document openapi.yaml --port "$1" {options}
"""

TESTS = """
from pathlib import Path

import pytest

from contracts import load
from strategies.answers import catalogue

(OPERATION,) = load(Path("openapi.yaml")).operations
ANSWERS = catalogue(OPERATION)


@pytest.mark.parametrize("resource", ANSWERS)
def test_an_answer_is_as_promised(contract, resource):
    answer = ANSWERS[resource]
    path = OPERATION.url_path(OPERATION.bind(resource))
    contract((answer.status, answer.headers, answer.body), path=path)
"""

# What pip would install is there; every other program is the real one.
PYTHON = f"""#!/bin/sh
case "$*" in "-m pip install "*) exit 0 ;; esac
exec {sys.executable} "$@"
"""


BUDGET = "1500"
"""Requests in which `prerelease` sees everything that the pinned document promises."""


class Project:
    """A repository that holds the pinned document, a service and its tests, and has been released once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self._programs = folder / "programs"
        self._programs.mkdir()
        (self.folder / "tests").mkdir(parents=True)
        self._script(self._programs / "python", PYTHON)
        self.write("openapi.yaml", PINNED.read_text("utf-8"))
        self.write("known-jobs.txt", "\n".join(KNOWN))
        self.write("tests/test_service.py", TESTS)
        self.serve()
        self._git("init")
        self._commit("Release the service")
        self._git("tag", "v1")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def serve(self, *options: str) -> None:
        """Let the service be the mock with these options."""
        self._script(self.folder / "serve", SERVE.format(options=" ".join(f"'{option}'" for option in options)))

    def merge(self, document: str) -> None:
        """Check out what GitHub does for a pull request with this document: its merge into the base branch."""
        self._git("switch", "--create", "feature")
        self.write("openapi.yaml", document)
        self._commit("Change the document")
        self._git("switch", "main")
        self._git("merge", "--no-ff", "feature")

    def run(self, step: Step) -> subprocess.CompletedProcess[str]:
        """Run a step with the programs of this environment, and without settings of the user."""
        programs = os.pathsep.join([str(self._programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        return step.run(self.folder, {**CLEAN, "PATH": programs, "PYTHONPATH": str(ROOT)})

    def _commit(self, message: str) -> None:
        self._git("add", ".")
        self._git("commit", "--message", message)

    def _git(self, *words: str) -> None:
        settings = ("user.name=one", "user.email=one@example.org", "init.defaultBranch=main", "commit.gpgSign=false")
        given = [word for setting in settings for word in ("-c", setting)]
        subprocess.run(["git", *given, *words], cwd=self.folder, check=True, capture_output=True)

    @staticmethod
    def _script(file: Path, text: str) -> None:
        file.write_text(text, "utf-8")
        file.chmod(0o755)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture(scope="module")
def staging() -> Iterator[str]:
    with mock_server(load(PINNED)) as server:
        yield server.url


def github(job: str, folder: Path, url: str = "") -> list[Step]:
    secrets = {"secrets.SGP_API_KEY": "sk-invented-0123456789", "secrets.CONTRACT_BASE_URL": url}
    runner = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7", "MAX_REQUESTS": BUDGET}
    return github_steps(job, secrets, {**runner, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")})


def gitlab(job: str, url: str = "") -> Step:
    runner = {"CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_ID": "7", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "1"}
    secrets = {"SGP_API_KEY": "sk-invented-0123456789", "CONTRACT_BASE_URL": url}
    return gitlab_step(job, {**runner, "MAX_REQUESTS": BUDGET}, secrets)


def changed() -> str:
    """The pinned document with another version, which changes nothing for anybody."""
    return re.sub(r"(?m)^(  version: ).*$", r"\g<1>0.2.0", PINNED.read_text("utf-8"))


def passes(project: Project, steps: list[Step]) -> None:
    """Run the steps one after another; each succeeds."""
    for step in steps:
        done = project.run(step)
        assert done.returncode == 0, (step.name, done.stdout, done.stderr)


def test_a_pull_request_on_github_that_breaks_nothing_passes_every_step(project: Project, tmp_path: Path) -> None:
    project.merge(changed())
    passes(project, github("pull-request", tmp_path))
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert "CONFORMS" in summary
    assert "## Audit of" in summary
    assert {file.name for file in (project.folder / "reports").glob("*.sarif")} >= {"audit.sarif", "report.sarif"}


def test_a_broken_promise_fails_its_step_alone_and_is_annotated_at_its_line(project: Project, tmp_path: Path) -> None:
    project.serve("--fault", "json.byte-order-mark 200 byte order mark")
    steps = {step.name: step for step in github("pull-request", tmp_path)}
    done = project.run(steps["verify"])
    assert done.returncode == 1, done.stderr
    assert re.search(r"(?m)^::error file=openapi\.yaml,line=\d+,title=json\.byte-order-mark::", done.stdout)
    (issue,) = json.loads((project.folder / "reports/gl-code-quality.json").read_text("utf-8"))
    assert issue["location"]["path"] == "openapi.yaml"
    assert project.run(steps["summary"]).returncode == 0
    assert "VIOLATES" in (tmp_path / "summary.md").read_text("utf-8")


def test_an_audit_fails_its_step_for_a_document_that_cannot_be_read_and_not_for_findings(
    project: Project, tmp_path: Path
) -> None:
    (audit,) = (step for step in github("pull-request", tmp_path) if step.name == "audit")
    done = project.run(audit)
    assert (done.returncode, "::error file=openapi.yaml,line=" in done.stdout) == (0, True), done.stderr
    assert project.run(gitlab("audit")).returncode == 0
    project.write("openapi.yaml", "nothing")
    for step in (audit, gitlab("audit")):
        done = project.run(step)
        assert done.returncode != 0
        assert "ERROR: openapi.yaml: is not an OpenAPI document" in done.stderr


def test_before_a_release_a_right_candidate_passes_every_step_on_github(
    project: Project, tmp_path: Path, staging: str
) -> None:
    passes(project, github("prerelease", tmp_path, staging))
    assert "CONFORMS" in (tmp_path / "summary.md").read_text("utf-8")


def test_a_night_on_github_passes_every_step_and_the_next_begins_with_what_it_kept(
    project: Project, tmp_path: Path, staging: str
) -> None:
    steps = github("nightly", tmp_path, staging)
    passes(project, steps)
    assert {file.name for file in (project.folder / "kept").iterdir()} >= {"ledger.sqlite", "report.json"}
    (verify,) = (step for step in steps if step.name == "verify")
    assert "compared    0 new, 0 fixed, 0 still there" in project.run(verify).stdout


@pytest.mark.parametrize("job", ["audit", "tests", "verify", "prerelease"])
def test_a_job_on_gitlab_passes_and_writes_the_reports_that_gitlab_reads(
    project: Project, staging: str, job: str
) -> None:
    passes(project, [gitlab(job, staging)])
    hands_in(project, job)


def test_a_night_on_gitlab_comes_to_a_verdict(project: Project, staging: str) -> None:
    passes(project, [gitlab("ask", staging), gitlab("conclude", staging)])
    hands_in(project, "conclude")


def hands_in(project: Project, job: str) -> None:
    """Look at the files that GitLab reads: there are some, each of its format."""
    names = gitlab_reports(job)
    assert names
    for name in names:
        text = (project.folder / name).read_text("utf-8")
        if name.endswith(".xml"):
            assert ET.fromstring(text).findall("testsuite/testcase")
        else:
            assert isinstance(json.loads(text), list)


def test_every_job_of_the_pipelines_is_run_here() -> None:
    assert jobs(GITHUB) == {"pull-request", "nightly", "prerelease"}
    assert jobs(GITLAB) == {"audit", "tests", "verify", "ask", "conclude", "prerelease"}
