"""A right service behind real software is green, and one planted defect is red by its rule."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.openapi import load
from strategies import covering_answers
from tests.support.suite import BRIEFLY, ROOT, Result, run_here

HERE: Final = Path(__file__).parent
PYTHON: Final = [sys.executable, "-m"]

STACKS: Final = {
    "uvicorn and FastAPI": [*PYTHON, "uvicorn", "--log-level", "critical", "tests.stacks.asgi:app", "--port", "PORT"],
    "hypercorn and FastAPI": [*PYTHON, "hypercorn", "tests.stacks.asgi:app", "--bind", "127.0.0.1:PORT"],
    "gunicorn and Flask": [*PYTHON, "gunicorn", "tests.stacks.wsgi:app", "--bind", "127.0.0.1:PORT", "--threads", "4"],
    "werkzeug and Flask": [*PYTHON, "flask", "--app", "tests.stacks.wsgi", "run", "--port", "PORT"],
    "Express": ["node", str(HERE / "service.js"), "express", "PORT"],
    "Fastify": ["node", str(HERE / "service.js"), "fastify", "PORT"],
}
"""A server to its command; PORT is filled in."""

GATEWAYS: Final = {
    "nginx": (["nginx", "-e", "stderr", "-c"], "nginx.conf"),
    "HAProxy": (["haproxy", "-q", "-f"], "haproxy.cfg"),
}
"""A gateway, in front of uvicorn and FastAPI, to its command and the file that sets it up."""


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def started(command: list[str], port: int, jobs: Path) -> Iterator[None]:
    """Start a server, wait until it accepts connections, and end it with the block."""
    # Debian keeps nginx and HAProxy where the PATH of an ordinary user does not lead.
    found = shutil.which(command[0], path=os.environ["PATH"] + ":/usr/sbin")
    assert found, f"{command[0]} is not installed"
    log = jobs.parent / f"{port}.log"
    environment = {**os.environ, "JOBS": str(jobs), "PYTHONPATH": str(ROOT)}
    with log.open("wb") as output:
        process = subprocess.Popen([found, *command[1:]], stdout=output, stderr=output, env=environment, cwd=ROOT)
    try:
        deadline = time.monotonic() + 30
        while not _accepts(port):
            waits = process.poll() is None and time.monotonic() < deadline
            assert waits, log.read_text("utf-8", "replace")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _accepts(port: int) -> bool:
    with socket.socket() as client:
        client.settimeout(0.1)
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture(scope="session")
def right() -> dict[str, Any]:
    """Answers that keep the pinned document: a dozen jobs that exist, and what is said of all others."""
    (operation,) = load().operations
    bodies = [json.loads(response.body) for response in covering_answers(operation, 200)]
    known = {f"job-{number:02}": {**body, "id": f"job-{number:02}"} for number, body in enumerate(bodies[:12])}
    refusal = {"detail": [{"loc": ["path", "fine_tuning_job_id"], "msg": "no such job", "type": "value_error"}]}
    return {"known": known, "unknown": refusal}


@pytest.fixture(scope="module", params=[*STACKS, *GATEWAYS])
def stack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The URL of a stack, and the file that its service answers from."""
    folder = tmp_path_factory.mktemp("stack")
    jobs, port = folder / "jobs.json", free_port()
    jobs.write_text('{"known": {}, "unknown": {}}', "utf-8")
    with ExitStack() as stack:
        if request.param in STACKS:
            command = [word.replace("PORT", str(port)) for word in STACKS[request.param]]
        else:
            behind = free_port()
            words = [word.replace("PORT", str(behind)) for word in STACKS["uvicorn and FastAPI"]]
            stack.enter_context(started(words, behind, jobs))
            command, name = GATEWAYS[request.param]
            filled = (HERE / name).read_text("utf-8")
            for word, value in (("PORT", port), ("BEHIND", behind), ("FOLDER", folder)):
                filled = filled.replace(word, str(value))
            (folder / name).write_text(filled, "utf-8")
            command = [*command, str(folder / name)]
        stack.enter_context(started(command, port, jobs))
        yield f"http://127.0.0.1:{port}", jobs


def judged(stack: tuple[str, Path], answers: dict[str, Any], *options: str) -> Result:
    url, jobs = stack
    jobs.write_text(json.dumps(answers), "utf-8")
    named = [word for job_id in answers["known"] for word in ("--job-id", job_id)]
    # The budget leaves little for reading rare classes over and over, which shows nothing of a stack.
    return run_here("--base-url", url, *named, "--max-requests", "850", *options)


def test_a_right_service_is_green(stack: tuple[str, Path], right: dict[str, Any]) -> None:
    result = judged(stack, right)
    assert result.code == 0, result.output


def test_a_planted_defect_is_red_by_its_rule(stack: tuple[str, Path], right: dict[str, Any]) -> None:
    job_id, body = next(iter(right["known"].items()))
    broken = body | {"vendor_configuration": {"vendor": "NOBODY"}}
    result = judged(stack, {**right, "known": right["known"] | {job_id: broken}}, *BRIEFLY)
    assert result.code == 1, result.output
    assert [line.split()[0] for line in result.violations] == ["union.tag-unknown"]
