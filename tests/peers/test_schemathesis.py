"""The real `st run`, with the settings of the documentation, reports violations in our words, and sends GET alone."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from contracts.http import Response
from contracts.openapi import PINNED, from_pointer
from strategies.mock import Change, breaking, mock_server, named
from strategies.mock.server import Asked
from tests.support.pinned import DOCUMENT, KNOWN, OPERATION
from tests.support.suite import CLEAN, ROOT

PAGE = (ROOT / "docs" / "in-schemathesis.md").read_text("utf-8")
MODULE = "contracts.schemathesis_hooks"
WRONG_BRANCH = "schema.type 200/vendor_configuration[OPENAI]/hyperparameters array"


def block(language: str) -> str:
    """Return the first block of code in the page that is written in this language."""
    return PAGE.partition(f"```{language}\n")[2].partition("```")[0]


@dataclass
class Server:
    """The URL of a mock, and what it was asked."""

    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    def count(self, job_id: str) -> int:
        return sum(each.target.endswith(f"/{job_id}") for each in self.asked)


@contextmanager
def serving(fault: str = "") -> Iterator[Server]:
    """Serve the pinned document, with each answer broken by the fault if it finds something to break."""
    server = Server()

    def note(asked: Asked, response: Response) -> Response:
        server.asked.append(asked)
        return response

    changes: list[Change] = [note, *([breaking(DOCUMENT, [named(DOCUMENT, fault)])] if fault else [])]
    with mock_server(DOCUMENT, changes=changes) as running:
        server.url = running.url
        yield server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the documentation's settings, and ids of jobs that the mock knows."""
    (tmp_path / "schemathesis.toml").write_text(block("toml"), "utf-8")
    (tmp_path / "ids.txt").write_text("\n".join(KNOWN), "utf-8")
    (tmp_path / "openapi.yaml").write_bytes(PINNED.read_bytes())
    return tmp_path


def st(folder: Path, url: str, *options: str, **environment: str) -> tuple[int, str]:
    """Return the exit code of `st run` and what it printed."""
    command = [str(Path(sys.executable).parent / "st"), "run", "openapi.yaml", "--url", url, "--seed", "1", *options]
    variables = {"CONTRACT_JOB_IDS_FILE": "ids.txt", "NO_COLOR": "1", "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        command, cwd=folder, env={**CLEAN, **variables}, capture_output=True, text=True, check=False, timeout=120
    )
    return done.returncode, done.stdout + done.stderr


def reported(output: str) -> list[str]:
    """Return the violations that were printed in the form of a verdict's lines."""
    return sorted({line.strip() for line in output.splitlines() if re.match(r"    [\w-]+\.[\w-]+ at ", line)})


def test_a_conforming_server_passes_and_is_asked_for_every_known_id_by_get_alone(folder: Path) -> None:
    with serving() as server:
        code, output = st(folder, server.url)
    assert code == 0, output
    assert {each.method for each in server.asked} == {"GET"}
    assert [job_id for job_id in KNOWN if not server.count(job_id)] == []
    strange = [each for each in server.asked if each.target.rpartition("/")[2] not in KNOWN]
    assert len(strange) > 10


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (
            WRONG_BRANCH,
            "schema.type at /vendor_configuration/hyperparameters of 200 (OPENAI): expected object, got array []",
        ),
        ("status.undocumented 418", "status.undocumented at status: expected 200 or 422, got 418"),
        (
            "status.known-resource 422",
            "status.known-resource at status: expected 200 for a resource that exists, got 422",
        ),
        (
            "content-type.missing 200",
            "content-type.missing at header Content-Type of 200: expected application/json, got nothing",
        ),
    ],
)
def test_a_fault_is_reported_once_in_the_words_of_a_verdict(folder: Path, fault: str, words: str) -> None:
    with serving(fault) as server:
        code, output = st(folder, server.url)
    assert code == 1
    assert reported(output) == [words]
    assert output.count(words) == 1


def test_a_broken_echo_is_reported_with_the_id_that_was_asked_for(folder: Path) -> None:
    with serving("overlay.equals 200/id of another resource") as server:
        code, output = st(folder, server.url)
    (line,) = reported(output)
    assert code == 1
    assert re.fullmatch(r'overlay\.equals at /id of 200: expected "[\w-]+" as asked for, got "[\w-]+"', line)


def test_every_violation_of_one_answer_is_reported(folder: Path) -> None:
    spec = OPERATION.response_for(200)
    place, _ = DOCUMENT.resolve(str(spec and next(iter(spec.content.values()))))
    target = "$" + "".join(f"['{step}']" for step in from_pointer(place))
    overlay = {"overlay": "1.0.0", "info": {"title": "Few", "version": "1"}}
    actions = [{"target": target, "update": {"maxProperties": 1}}]
    (folder / "few.overlay.json").write_text(json.dumps({**overlay, "actions": actions}))
    with serving("content-type.charset 200 application/json; charset=iso-8859-1") as server:
        code, output = st(folder, server.url, CONTRACT_OVERLAY="few.overlay.json")
    assert code == 1
    assert [line.split()[0] for line in reported(output)] == ["content-type.charset", "schema.maxProperties"]


def test_what_the_page_shows_is_what_is_printed(folder: Path) -> None:
    with serving(WRONG_BRANCH) as server:
        _, output = st(folder, server.url)
    shown = [line for line in block("text").splitlines() if line and not line.startswith(("    `", "    curl"))]
    assert len(shown) == 4
    assert [line for line in shown if line not in output.splitlines()] == []


def test_without_the_settings_other_methods_are_sent_but_never_to_a_known_id(folder: Path) -> None:
    (folder / "schemathesis.toml").unlink()
    with serving() as server:
        code, output = st(folder, server.url, "--checks", "contract", SCHEMATHESIS_HOOKS=MODULE)
    assert code == 0, output
    assert {each.target.rpartition("/")[2] for each in server.asked if each.method != "GET"}.isdisjoint(KNOWN)
    assert min(map(server.count, KNOWN)) > 0


def test_the_variable_of_schemathesis_registers_the_check_as_its_settings_do(folder: Path) -> None:
    (folder / "schemathesis.toml").unlink()
    with serving(WRONG_BRANCH) as server:
        options = ("--checks", "contract", "--include-method", "GET", "--phases", "examples")
        code, output = st(folder, server.url, *options, SCHEMATHESIS_HOOKS=MODULE)
    assert code == 1
    assert len(reported(output)) == 1


def test_a_key_is_sent_with_the_known_ids_too(folder: Path) -> None:
    with serving() as server:
        code, output = st(folder, server.url, "-H", "x-api-key: sk-invented", "--phases", "examples")
    assert code == 0, output
    assert len(server.asked) >= len(KNOWN)
    assert all(("x-api-key", "sk-invented") in each.headers for each in server.asked if each.target.endswith(KNOWN[0]))


def test_an_empty_file_of_ids_is_reported_as_the_page_says(folder: Path) -> None:
    (folder / "ids.txt").write_text("\n")
    code, output = st(folder, "http://127.0.0.1:1")
    _, _, second = PAGE.split("```text\n", 2)
    shown, _, _ = second.partition("\n```")
    assert code == 2
    assert "CONTRACT_JOB_IDS_FILE ids.txt holds no id" in shown
    assert shown in " ".join(output.split())


@pytest.mark.parametrize(("fault", "code"), [("", 0), (WRONG_BRANCH, 1)])
def test_the_test_of_the_page_reports_the_same_by_pytest(folder: Path, fault: str, code: int) -> None:
    with serving(fault) as server:
        (folder / "test_api.py").write_text(block("python").replace("https://staging.example.org", server.url), "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_api.py"],
            cwd=folder,
            env={**CLEAN, "CONTRACT_JOB_IDS_FILE": "ids.txt", "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == code, done.stdout
    assert {each.method for each in server.asked} == {"GET"}
    words = "schema.type at /vendor_configuration/hyperparameters of 200 (OPENAI): expected object, got array []"
    assert (words in done.stdout) == bool(code)
