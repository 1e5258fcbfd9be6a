"""A service that comes up late, or is started by the run: waited for, kept, and ended however the run ends."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from contracts.openapi import load, overlay_files
from strategies.answers import catalogue
from tests.support.suite import CLEAN, ROOT, refused, run_suite

KNOWN = [values[0] for values in catalogue(load(overlays=overlay_files([])).operations[0])]
IDS = [word for job_id in KNOWN[:3] for word in ("--job-id", job_id)]
BRIEF = ("-k", "known")

SERVER = """
import os, sys, time
print("up with", os.environ.get("SGP_API_KEY"), sys.argv[2], flush=True)
time.sleep(float(sys.argv[3]))
from contracts.__main__ import main
main(["mock", "--port", sys.argv[1]])
"""


@pytest.fixture
def server(tmp_path: Path) -> str:
    """The command of a server that tells a secret and comes up a second late."""
    file = tmp_path / "server.py"
    file.write_text(SERVER)
    return f"{sys.executable} {file} {{port}} sk-invented-0123456789 1"


def processes() -> str:
    return subprocess.run(["ps", "-ww", "-eo", "args"], capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("options", [BRIEF, ("-n", "2", *BRIEF)], ids=["alone", "workers"])
def test_a_service_is_started_waited_for_and_ended_and_its_output_is_kept(
    server: str, tmp_path: Path, options: tuple[str, ...]
) -> None:
    folder = tmp_path / "reports"
    result = run_suite(
        *("--start", server, "--report-dir", str(folder), *IDS, *options),
        SGP_API_KEY="sk-invented-0123456789",
        PYTHONPATH=str(ROOT),
    )
    assert result.code == 0, result.output + result.errors
    # What is started has the key in its environment, to know which one to accept; the log has it not.
    assert (folder / "server.log").read_text().startswith("up with [the API key]")
    assert "sk-invented" not in (folder / "server.log").read_text()
    assert f"{tmp_path}/server.py" not in processes()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_service_is_ended_by_a_signal_as_well(server: str, tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "contracts", "verify", "-q", "--start", server.replace(" 1", " 60"), *IDS]
    with subprocess.Popen(
        command, cwd=ROOT, env=CLEAN, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        # The run's own command line has `{port}` there.
        while not re.search(f"{tmp_path}/server.py [0-9]", processes()):
            time.sleep(0.1)
            assert run.poll() is None, run.communicate()[0]
        run.send_signal(number)
        assert run.wait(20) == 6
    assert f"{tmp_path}/server.py" not in processes()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--start", "sh -c 'echo one; echo two >&2; exit 3'"], "exit code 3; its last lines: one | two; correct it"),
        (["--start", "true"], "ended with exit code 0; it printed nothing; correct it"),
        (["--start", "sleep 60", "--wait", "0.5"], "refuses connections after 0.5 s; it printed nothing; look into"),
        (["--start", "no-such-command {port}"], "--start 'no-such-command' cannot be run: No such file or directory"),
        (["--start", "PASSWORD=hunter2 serve"], "--start 'PASSWORD' cannot be run: No such file or directory; correct"),
        (["--start", ""], "--start is empty; give the command"),
        (["--start", "'"], "cannot be run: No closing quotation"),
        (["--base-url", "http://127.0.0.1:1", "--wait", "0.5"], "refuses connections after 0.5 s; look into"),
        (["--wait", "5"], "--wait waits for a server; give its --base-url, or start it by --start"),
        (["--wait", "-1"], "is no time; give seconds, 0 or more"),
    ],
)
def test_a_service_that_does_not_come_up_is_told_in_one_line(options: list[str], told: str) -> None:
    assert told in refused(run_suite(*options))
    assert "CONTRACT_START_PORT" not in os.environ


def test_a_server_that_is_there_already_is_not_judged_in_place_of_the_one_to_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        line = refused(run_suite("--base-url", url, "--start", "sleep 60"))
    assert line.startswith(f"ERROR: something accepts connections at {url} already, before --start has started")
