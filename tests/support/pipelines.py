"""The pipelines under docs/ as what a runner makes of them: the commands of each job, with their environment.

Actions, services, caches and conditions are left out; what a user's shell would run is there as it stands.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from tests.support.suite import ROOT

GITHUB: Final = ROOT / "docs" / "github-actions.yml"
GITLAB: Final = ROOT / "docs" / "gitlab-ci.yml"

_RUNNERS_OWN: Final = ("CI", "GITHUB_", "GITLAB_")
"""How the variables begin that a runner sets, and that a test must not have from the runner it runs on."""


@dataclass(frozen=True, slots=True)
class Step:
    """One shell of a job: its name, the script, how the runner starts the shell, and the variables it adds."""

    name: str
    script: str
    shell: tuple[str, ...]
    variables: Mapping[str, str]

    def run(self, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """Run the step in the folder; its own variables come before those of the environment."""
        outside = {name: value for name, value in environment.items() if not name.startswith(_RUNNERS_OWN)}
        return subprocess.run(
            [*self.shell, self.script],
            cwd=folder,
            env={**outside, **self.variables},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )


def github_steps(job: str, values: Mapping[str, str], variables: Mapping[str, str]) -> list[Step]:
    """Return the steps of a job that are commands.

    `values` are those of expressions in a step's environment, such as `secrets.KEY`; `variables` are set by the runner,
    and take the place of the pipeline's own.
    """
    pipeline = yaml.safe_load(GITHUB.read_text("utf-8"))
    found = []
    for step in pipeline["jobs"][job]["steps"]:
        if "run" in step:
            own = {name: _valued(value, values) for name, value in step.get("env", {}).items()}
            every = {**pipeline["env"], **variables, **own}
            # https://docs.github.com/actions/reference/workflow-syntax-for-github-actions#jobsjob_idstepsshell
            found.append(Step(step["name"], step["run"], ("bash", "-e", "-c"), every))
    return found


def gitlab_step(job: str, variables: Mapping[str, str], secrets: Mapping[str, str]) -> Step:
    """Return the script of a job, which GitLab runs in one shell behind `before_script`.

    `secrets` are variables of an environment: a job that names none has not got them.
    """
    pipeline = yaml.safe_load(GITLAB.read_text("utf-8"))
    made = _inherited(pipeline, job)
    script = "\n".join([*pipeline["default"]["before_script"], *made["script"]])
    own = {**pipeline["variables"], **made.get("variables", {})}
    every = {**own, **variables, **(secrets if "environment" in made else {})}
    return Step(job, script, ("bash", "-e", "-o", "pipefail", "-c"), every)


def gitlab_reports(job: str) -> list[str]:
    """Return the files that GitLab reads when the job has ended."""
    made = yaml.safe_load(GITLAB.read_text("utf-8"))[job]
    return [*made.get("artifacts", {}).get("reports", {}).values()]


def jobs(file: Path) -> set[str]:
    """Return the names of the jobs in a pipeline."""
    pipeline = yaml.safe_load(file.read_text("utf-8"))
    if file == GITHUB:
        return {*pipeline["jobs"]}
    return {name for name, job in pipeline.items() if isinstance(job, dict) and "script" in job}


def _valued(text: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: values[found[1]], text)


def _inherited(pipeline: Mapping[str, Any], job: str) -> dict[str, Any]:
    """Return a job with what it extends, as far as it matters to a shell."""
    own: dict[str, Any] = pipeline[job]
    return {**_inherited(pipeline, own["extends"]), **own} if "extends" in own else own
