"""However a run ends, it is told once, with what was seen until then, and is never green for it."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.http.exchange import Response
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change
from tests.support.pinned import DOCUMENT, IDS
from tests.support.suite import CLEAN, ROOT, Result, run_suite, told_once

FEW = ("-k", "preferred")

Plugin = Callable[[str], dict[str, str]]


@pytest.fixture
def plugin(tmp_path: Path) -> Plugin:
    """Makes a plugin of a text; the environment by which a run loads it."""

    def plugin(text: str) -> dict[str, str]:
        (tmp_path / "intruder.py").write_text(f"import os, pytest, signal\n{text}", "utf-8")
        return {"PYTHONPATH": str(tmp_path), "PYTEST_PLUGINS": "intruder", "HERE": str(tmp_path)}

    return plugin


def at_request(number: int, act: Callable[[], object]) -> Change:
    """Does something while a request waits for its answer."""
    count, lock = iter(range(1, 1_000_000)), threading.Lock()

    def change(asked: Asked, response: Response) -> Response:
        with lock:
            if next(count) == number:
                act()
        return response

    return change


def report(folder: Path) -> dict[str, Any]:
    """The report, after a look at whether all reports are there and agree, and nothing half done is."""
    names = {file.name for file in folder.iterdir()}
    others = {"exchanges.har", "gl-code-quality.json", "junit.xml"}
    assert names == {*others, "report.html", "report.json", "report.md", "report.sarif"}
    found: dict[str, Any] = json.loads((folder / "report.json").read_text("utf-8"))
    assert found["outcome"] in (folder / "report.md").read_text("utf-8")
    return found


def archived(folder: Path) -> int:
    return len(json.loads((folder / "exchanges.har").read_text("utf-8"))["log"]["entries"])


CRASHES = {
    "a test is reported": "def pytest_runtest_logreport(report):\n    assert report.when != 'call', 'oops'",
    "a report is made": "def pytest_runtest_makereport(call):\n    assert call.when != 'call', 'oops'",
    "a test has ended": "def pytest_runtest_logfinish():\n    raise RuntimeError('oops')",
    "the run ends": "def pytest_sessionfinish():\n    raise RuntimeError('oops')",
    "the run is summed up": "def pytest_terminal_summary():\n    raise RuntimeError('oops')",
}


@pytest.mark.parametrize("crash", CRASHES)
def test_a_plugin_that_crashes_takes_nothing_with_it(crash: str, plugin: Plugin, tmp_path: Path) -> None:
    result = run_suite(*FEW, "--report-dir", str(tmp_path / "reports"), **plugin(CRASHES[crash]))
    assert result.code == 3, result.output
    told_once(result, "INCONCLUSIVE  pytest itself failed (see above); ")
    assert "INTERNALERROR> " in result.output
    assert "oops" in result.output
    found = report(tmp_path / "reports")
    assert found["outcome"] == "INCONCLUSIVE"
    assert found["requests"]["total"] == archived(tmp_path / "reports") > 0


def test_a_plugin_that_crashes_in_a_worker_takes_nothing_with_it(plugin: Plugin, tmp_path: Path) -> None:
    crash = f"if 'PYTEST_XDIST_WORKER' in os.environ:\n    {CRASHES['a test has ended']}".replace(
        "\n    ", "\n        "
    )
    crash = crash.replace("        def", "    def", 1)
    result = run_suite(*FEW, "-n", "2", "--report-dir", str(tmp_path / "reports"), **plugin(crash))
    assert result.code == 3, result.output
    told_once(result, "INCONCLUSIVE  pytest itself failed (see above); ")
    assert report(tmp_path / "reports")["outcome"] == "INCONCLUSIVE"


def test_a_failure_that_is_reported_after_the_last_test_is_no_success_either(plugin: Plugin, tmp_path: Path) -> None:
    # As pytest-xdist does for a worker whose plugin fails when all its tests have been reported.
    crash = """
@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session):
    ended = yield
    try:
        raise RuntimeError("oops")
    except RuntimeError:
        found = pytest.ExceptionInfo.from_current()
        session.config.hook.pytest_internalerror(excrepr=found.getrepr(), excinfo=found)
    return ended
"""
    result = run_suite(*FEW, "--report-dir", str(tmp_path / "reports"), **plugin(crash))
    assert result.code == 3, result.output
    told_once(result, "INCONCLUSIVE  pytest itself failed (see above); ")


PIDS = """
def pytest_configure(config):
    if worker := os.environ.get("PYTEST_XDIST_WORKER"):
        with open(os.path.join(os.environ["HERE"], worker + ".pid"), "w") as file:
            file.write(str(os.getpid()))
"""


@pytest.mark.parametrize("restarts", [(), ("--max-worker-restart", "0")], ids=["replaced", "not replaced"])
def test_a_worker_that_is_killed_is_named_and_what_others_saw_is_kept(
    restarts: tuple[str, ...], plugin: Plugin, tmp_path: Path
) -> None:
    def kill() -> None:
        os.kill(int((tmp_path / "gw0.pid").read_text("utf-8")), signal.SIGKILL)

    with mock_server(DOCUMENT, changes=[at_request(12, kill)]) as server:
        options = ("--base-url", server.url, *IDS, "-n", "2", *restarts, "--report-dir", str(tmp_path / "reports"))
        result = run_suite("-k", "preferred or known", *options, **plugin(PIDS))
    assert result.code == 6, result.output
    told_once(result, "INCONCLUSIVE  a worker (gw0) died, and what was seen in a test cut short is lost; ")
    found = report(tmp_path / "reports")
    # What the worker had seen is in no tally, but on disk.
    assert 0 < found["requests"]["total"] <= archived(tmp_path / "reports")


def test_where_every_worker_dies_at_once_that_is_the_verdict(plugin: Plugin) -> None:
    die = "def pytest_runtest_setup():\n    os._exit(1)"
    result = run_suite(*FEW, "-n", "2", "--max-worker-restart", "0", **plugin(die))
    assert result.code == 6, result.output
    assert "died" in result.verdict[0]
    told_once(result, "INCONCLUSIVE  ")


def test_a_worker_that_dies_does_not_hide_a_violation(plugin: Plugin) -> None:
    def teapot(asked: Asked, response: Response) -> Response:
        return Response(418, (), b"")

    die = f"""{PIDS}
once = []
def pytest_runtest_logfinish():
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
        os.kill(os.getpid(), signal.SIGKILL)
"""
    with mock_server(DOCUMENT, changes=[teapot]) as server:
        result = run_suite("--base-url", server.url, *IDS, *FEW, "-n", "2", **plugin(die))
    assert result.code == 1, result.output
    told_once(result, "VIOLATES  1 distinct violation in ")


def test_a_run_that_a_plugin_ends_as_if_all_were_well_is_not_green(plugin: Plugin, tmp_path: Path) -> None:
    leave = "def pytest_runtest_logfinish():\n    pytest.exit('enough', returncode=0)"
    result = run_suite(*FEW, "--report-dir", str(tmp_path / "reports"), **plugin(leave))
    assert result.code == 6, result.output
    told_once(result, "INCONCLUSIVE  the run was interrupted; ")
    assert report(tmp_path / "reports")["outcome"] == "INCONCLUSIVE"


def test_tests_that_never_ran_are_missed(plugin: Plugin) -> None:
    drop = """
@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session):
    for item in session.items[:1]:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
    return True
"""
    result = run_suite(*FEW, **plugin(drop))
    assert result.code == 6, result.output
    told_once(result, "INCONCLUSIVE  only 1 of 2 tests came to their end; ")


class Run:
    """A run that is under way; what it prints is read as it comes."""

    def __init__(self, *options: str, out: int = subprocess.PIPE, prepare: Callable[[], None] | None = None) -> None:
        command = [sys.executable, "-m", "pytest", "tests/api", "-p", "no:cacheprovider", *options]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=CLEAN,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=prepare,  # noqa: PLW1509 - nothing here runs beside it
        )

    def result(self) -> Result:
        printed, errors = self.process.communicate(timeout=120)
        return Result(self.process.returncode, printed or "", errors)


def asked_in_a_run(act: Callable[[Run], object], folder: Path, **how: Any) -> Result:
    """What comes of a run, when something is done to it while its twelfth request waits for an answer."""
    ready = threading.Event()

    def acts() -> None:
        assert ready.wait(60)
        act(run)

    with mock_server(DOCUMENT, changes=[at_request(12, acts)]) as server:
        run = Run("--base-url", server.url, *IDS, "--report-dir", str(folder), **how)
        ready.set()
        return run.result()


def test_ctrl_c_in_the_middle_of_a_test_keeps_what_was_seen_of_it(tmp_path: Path) -> None:
    result = asked_in_a_run(lambda run: run.process.send_signal(signal.SIGINT), tmp_path)
    assert result.code == 6, result.output
    told_once(result, "INCONCLUSIVE  the run was interrupted; ")
    assert report(tmp_path)["requests"]["total"] == archived(tmp_path) > 5


def test_a_reader_that_has_enough_loses_the_terminal_and_not_the_reports(tmp_path: Path) -> None:
    ours, its = os.pipe()

    def close(run: Run) -> None:
        os.close(its)
        os.close(ours)

    result = asked_in_a_run(close, tmp_path, out=its)
    assert (result.code, result.errors) == (6, "")
    found = report(tmp_path)
    assert found["run"]["incident"] == "the terminal went away"
    assert found["requests"]["total"] == archived(tmp_path) > 5


def test_a_terminal_that_is_closed_loses_no_reports_either(tmp_path: Path) -> None:
    ours, its = pty.openpty()

    def close(run: Run) -> None:
        os.close(its)
        os.close(ours)

    result = asked_in_a_run(close, tmp_path, out=its)
    assert (result.code, result.errors) == (6, "")
    assert report(tmp_path)["run"]["incident"] == "the terminal went away"


def test_a_reader_that_leaves_before_the_verdict_changes_nothing(plugin: Plugin, tmp_path: Path) -> None:
    leave = """
@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session):
    os.dup2(os.open(os.path.join(os.environ["HERE"], "pipe"), os.O_WRONLY), 1)
    reader.close()
"""
    os.mkfifo(tmp_path / "pipe")
    start = 'reader = open(os.open(os.path.join(os.environ["HERE"], "pipe"), os.O_RDONLY | os.O_NONBLOCK))\n'
    result = run_suite(*FEW, "--report-dir", str(tmp_path / "reports"), **plugin(start + leave))
    assert (result.code, result.errors) == (0, "")
    assert report(tmp_path / "reports")["outcome"] == "CONFORMS"


@pytest.mark.parametrize("place", ["file/reports", "/proc/reports"])
def test_a_folder_that_cannot_be_written_is_named_in_lines_and_the_verdict_stands(place: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    result = run_suite(*FEW, "--report-dir", str(tmp_path / place))
    assert result.code == 0, result.output + result.errors
    told_once(result, "CONFORMS")
    assert sum(line.startswith("reports     ") and "was not written: " in line for line in result.verdict) == 7


def test_a_junit_report_that_cannot_be_written_is_named_in_a_line_and_the_verdict_stands() -> None:
    result = run_suite(*FEW, "--junitxml", "/proc/reports/junit.xml")
    assert result.code == 0, result.output + result.errors
    told_once(result, "CONFORMS")
    assert any(line.startswith("reports     /proc/reports/junit.xml was not written: ") for line in result.verdict)


def test_a_full_disk_is_reported_in_lines_and_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "report.json").write_text("the one before", "utf-8")

    def fill() -> None:
        # What is written behind this place of a file fails, as on a disk that is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    result = Run("--report-dir", str(tmp_path), "-k", "preferred or known", prepare=fill).result()
    assert result.code == 0, result.output + result.errors
    told_once(result, "CONFORMS")
    told = [line for line in result.verdict if line.startswith("reports     ")]
    assert any("report.json was not written: " in line for line in told), told
    assert any("exchanges.har" in line for line in told), told
    assert (tmp_path / "report.json").read_text("utf-8") == "the one before"
    assert not [file.name for file in tmp_path.glob(".*") if file.name != ".exchanges"]


@pytest.mark.parametrize(
    ("room", "code", "options"),
    [(4_096, 4, ()), (200_000, 6, ()), (100_000, 6, ("--max-requests", "10000")), (40_500, 6, ("-k", "drawn"))],
)
def test_a_disk_that_is_full_for_what_workers_share_ends_the_run_in_a_line(
    room: int, code: int, options: tuple[str, ...]
) -> None:
    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

    result = Run("-n", "2", "-k", "known", *options, prepare=fill).result()
    told = f"{result.output}\n{result.errors}"
    assert result.code == code, told
    (line,) = re.findall(r".*cannot be used.*", told)
    assert re.search(r"/scratch cannot be used: .+; name a folder with room by TMPDIR", line)
    assert line.startswith("ERROR: " if code == 4 else "INCONCLUSIVE  stopped early: ")
    assert "Traceback" not in told


OTHERWISE = "a test failed for another reason than an answer (see above)"


FAILING = """
def pytest_runtest_call(item):
    assert "status 422" not in item.name, "a reason of its own"
"""

REFUSING = """
@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    result = yield
    if "status 422" in item.name:
        pytest.fail("a rule of the plugin's own")
    return result
"""


def test_a_plugin_that_fails_an_item_by_pytest_fail_fails_the_run(plugin: Plugin, tmp_path: Path) -> None:
    result = run_suite(*FEW, "--report-dir", str(tmp_path / "reports"), **plugin(REFUSING))
    assert result.code == 1, result.output
    told_once(result, f"INCONCLUSIVE  {OTHERWISE}; 2 answers so far broke no promise")
    failed = [line for line in result.output.splitlines() if line.startswith("FAILED ")]
    assert len(failed) == 1, result.output
    assert "preferred status 422]" in failed[0]
    assert "a rule of the plugin's own" in result.output
    assert report(tmp_path / "reports")["run"]["incident"] == OTHERWISE


@pytest.mark.parametrize(
    ("status", "headline", "end"),
    [
        (
            None,
            "INCONCLUSIVE  stopped early: the budget of 70 requests is used up; raise --max-requests; ",
            "; 69 answers so far broke no promise",
        ),
        (401, "INCONCLUSIVE  no evidence: ", ""),
    ],
)
def test_a_test_that_fails_for_another_reason_is_reported_beside_what_stopped_the_run(
    status: int | None, headline: str, end: str, plugin: Plugin
) -> None:
    def change(asked: Asked, response: Response) -> Response:
        return Response(status, (), b"") if status else response

    with mock_server(DOCUMENT, changes=[change]) as server:
        options = ("--max-requests", "70", "--no-overlay", "-k", "known or preferred")
        result = run_suite("--base-url", server.url, *IDS, *options, **plugin(FAILING))
    assert result.code == 1, result.output
    told_once(result, headline)
    told_once(result, f"{OTHERWISE}{end}")
