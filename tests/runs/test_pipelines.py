"""Every command of the pipelines under docs/, run in a shell as a runner does, in the repository of a service."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import pytest

from contracts.openapi import PINNED, load
from strategies.mock import mock_server
from tests.support.code_quality import CODE_QUALITY
from tests.support.pinned import KNOWN
from tests.support.pipelines import GITHUB, GITLAB, Step, github_steps, gitlab_reports, gitlab_step, jobs
from tests.support.serving_bytes import Answer, serving
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
        self.git("init")
        self._commit("Release the service")
        self.git("tag", "v1")

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, "utf-8")

    def serve(self, *options: str) -> None:
        """Let the service be the mock with these options."""
        self._script(self.folder / "serve", SERVE.format(options=" ".join(f"'{option}'" for option in options)))

    def merge(self, document: str) -> None:
        """Check out what GitHub does for a pull request with this document: its merge into the base branch."""
        self.git("switch", "--force-create", "feature")
        self.write("openapi.yaml", document)
        self._commit("Change the document")
        self.git("switch", "main")
        self.git("merge", "--no-ff", "feature")

    def run(self, step: Step) -> subprocess.CompletedProcess[str]:
        """Run a step with the programs of this environment, and without settings of the user."""
        programs = os.pathsep.join([str(self._programs), str(Path(sys.executable).parent), os.environ["PATH"]])
        return step.run(self.folder, {**CLEAN, "PATH": programs, "PYTHONPATH": str(ROOT)})

    def _commit(self, message: str) -> None:
        self.git("add", ".")
        self.git("commit", "--message", message)

    def git(self, *words: str) -> None:
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
def staging() -> Iterator[Mapping[str, str]]:
    """What is set in an environment of the repository: a server, its key, and where the document is served."""
    documents = {"/openapi.yaml": PINNED.read_bytes(), "/later.yaml": breaking().encode()}
    served: dict[str, Answer] = {path: (200, {}, document) for path, document in documents.items()}
    with mock_server(load(PINNED)) as server, serving(served) as (url, _):
        yield {
            "CONTRACT_BASE_URL": server.url,
            "SGP_API_KEY": "sk-invented-0123456789",
            "DOCUMENT_URL": f"{url}/openapi.yaml",
        }


def bounds(job: str) -> dict[str, str]:
    """Return how many requests a job may send: few, or as many as `prerelease` needs to see all that is promised."""
    return {"PLAN_REQUESTS": "200", "MAX_REQUESTS": "1500" if job == "prerelease" else "300"}


def github(job: str, folder: Path, settings: Mapping[str, str] = MappingProxyType({})) -> dict[str, Step]:
    """Return the steps of a job by their names, where an environment has these settings."""
    values = {f"{kind}.{name}": value for kind in ("secrets", "vars") for name, value in settings.items()}
    runner = {"CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_RUN_ID": "7", **bounds(job)}
    steps = github_steps(job, values, {**runner, "GITHUB_STEP_SUMMARY": str(folder / "summary.md")})
    return {step.name: step for step in steps}


def gitlab(job: str, settings: Mapping[str, str] = MappingProxyType({})) -> Step:
    """Return the script of a job, where an environment has these settings."""
    runner = {"CI": "true", "GITLAB_CI": "true", "CI_PIPELINE_ID": "7", "CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "1"}
    base = {"CI_MERGE_REQUEST_DIFF_BASE_SHA": "v1"}  # a commit, as any other name of it is
    return gitlab_step(job, {**runner, **base, **bounds(job)}, settings)


def renamed() -> str:
    """The pinned document with another version, which changes nothing for anybody."""
    return re.sub(r"(?m)^(  version: ).*$", r"\g<1>0.2.0", PINNED.read_text("utf-8"))


def breaking() -> str:
    """The pinned document with a value more in the first of its enums, which no reader knows."""
    document, count = re.subn(r"(\n *)enum:\1( *)- ", r"\1enum:\1\2- ADDED\1\2- ", PINNED.read_text("utf-8"), count=1)
    assert count == 1
    return document


def passes(project: Project, steps: Iterable[Step]) -> None:
    """Run the steps one after another; each succeeds."""
    for step in steps:
        done = project.run(step)
        assert done.returncode == 0, (step.name, done.stdout, done.stderr)


def test_a_pull_request_on_github_that_breaks_nothing_passes_every_step(project: Project, tmp_path: Path) -> None:
    project.merge(renamed())
    passes(project, github("pull-request", tmp_path).values())
    summary = (tmp_path / "summary.md").read_text("utf-8")
    for heading in ("CONFORMS", "## Audit of", "### Equivalent"):
        assert heading in summary
    logs = {file.name for file in (project.folder / "reports").glob("*.sarif")}
    assert logs == {"audit.sarif", "diff.sarif", "report.sarif"}


def test_a_change_that_breaks_readers_fails_its_step_and_is_annotated_at_its_line(
    project: Project, tmp_path: Path
) -> None:
    project.merge(breaking())
    done = project.run(github("pull-request", tmp_path)["diff"])
    assert done.returncode == 1, done.stderr
    assert re.search(r"(?m)^::error file=openapi\.yaml,line=\d+,title=change\.", done.stdout)
    assert project.run(gitlab("diff")).returncode == 1
    issues = json.loads((project.folder / "reports/gl-code-quality-diff.json").read_text("utf-8"))
    CODE_QUALITY.validate(issues)
    assert "major" in {issue["severity"] for issue in issues}


def test_a_pull_request_that_adds_the_document_has_nothing_to_compare_it_with(project: Project, tmp_path: Path) -> None:
    for step in (github("pull-request", tmp_path)["diff"], gitlab("diff")):
        project.write("new.yaml", renamed())
        done = project.run(replace(step, variables={**step.variables, "DOCUMENT": "new.yaml"}))
        assert (done.returncode, done.stdout) == (0, "")


def test_a_broken_promise_fails_its_step_alone_and_is_annotated_at_its_line(project: Project, tmp_path: Path) -> None:
    project.serve("--fault", "json.byte-order-mark 200 byte order mark")
    steps = github("pull-request", tmp_path)
    done = project.run(steps["verify"])
    assert done.returncode == 1, done.stderr
    assert re.search(r"(?m)^::error file=openapi\.yaml,line=\d+,title=json\.byte-order-mark::", done.stdout)
    (issue,) = json.loads((project.folder / "reports/gl-code-quality.json").read_text("utf-8"))
    assert issue["location"]["path"] == "openapi.yaml"
    passes(project, [steps["summary"]])
    assert "VIOLATES" in (tmp_path / "summary.md").read_text("utf-8")


def test_an_audit_fails_its_step_for_a_document_that_cannot_be_read_and_not_for_findings(
    project: Project, tmp_path: Path
) -> None:
    audit = github("pull-request", tmp_path)["audit"]
    done = project.run(audit)
    assert (done.returncode, "::error file=openapi.yaml,line=" in done.stdout) == (0, True), done.stderr
    project.write("openapi.yaml", "nothing")
    for step in (audit, gitlab("audit")):
        done = project.run(step)
        assert done.returncode != 0
        assert "ERROR: openapi.yaml: is not an OpenAPI document" in done.stderr


def test_before_a_release_a_right_candidate_passes_every_step_on_github(
    project: Project, tmp_path: Path, staging: Mapping[str, str]
) -> None:
    project.merge(renamed())
    steps = github("prerelease", tmp_path, staging)
    passes(project, steps.values())
    summary = (tmp_path / "summary.md").read_text("utf-8")
    assert "CONFORMS" in summary
    assert "### Changes since v1:openapi.yaml: 1 equivalent" in summary


def test_a_release_that_breaks_clients_is_told_so_in_the_verdict_on_the_candidate(
    project: Project, tmp_path: Path, staging: Mapping[str, str]
) -> None:
    project.merge(breaking())
    for step in (github("prerelease", tmp_path, staging)["verify"], gitlab("prerelease", staging)):
        done = project.run(replace(step, variables={**step.variables, "MAX_REQUESTS": "100"}))
        assert done.returncode == 1, done.stderr
        (headline,) = [line for line in done.stdout.splitlines() if line.startswith("VIOLATES  ")]
        assert headline.startswith("VIOLATES  1 breaking change since v1:openapi.yaml; ")
    # Without a release there is nothing to compare with.
    project.git("tag", "--delete", "v1")
    assert "changes  " not in project.run(step).stdout


def test_a_night_on_github_passes_every_step_and_the_next_begins_with_what_it_kept(
    project: Project, tmp_path: Path, staging: Mapping[str, str]
) -> None:
    steps = github("nightly", tmp_path, staging)
    passes(project, steps.values())
    assert {file.name for file in (project.folder / "kept").iterdir()} >= {"ledger.sqlite", "report.json"}
    assert "compared    0 new, 0 fixed, 0 still there" in project.run(steps["verify"]).stdout


def test_a_document_that_staging_serves_and_the_repository_does_not_have_fails_the_night(
    project: Project, tmp_path: Path, staging: Mapping[str, str]
) -> None:
    passes(project, [gitlab("drift", staging)])
    later = {**staging, "DOCUMENT_URL": staging["DOCUMENT_URL"].replace("openapi", "later")}
    for step in (github("nightly", tmp_path, later)["drift"], gitlab("drift", later)):
        assert project.run(step).returncode == 1


@pytest.mark.parametrize("job", ["audit", "diff", "tests", "verify", "prerelease"])
def test_a_job_on_gitlab_passes_and_writes_the_reports_that_gitlab_reads(
    project: Project, staging: Mapping[str, str], job: str
) -> None:
    passes(project, [gitlab(job, staging)])
    hands_in(project, job)


def test_a_night_on_gitlab_comes_to_a_verdict(project: Project, staging: Mapping[str, str]) -> None:
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
            CODE_QUALITY.validate(json.loads(text))


def test_every_job_of_the_pipelines_is_run_here() -> None:
    assert jobs(GITHUB) == {"pull-request", "nightly", "prerelease"}
    assert jobs(GITLAB) == {*("audit", "diff", "tests", "verify"), *("drift", "ask", "conclude"), "prerelease"}
