"""Progress as a user sees it: a live line on a terminal, a line now and then in a log, or nothing."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import termios
import threading
from functools import cache
from pathlib import Path

import pytest

from contracts.run.progress import Heartbeat, LiveLine, Screen
from tests.support.suite import BRIEFLY, CLEAN, ROOT, run_suite

FEW = ("-k", "preferred")
LINE = re.compile(r"requests \d+ .*violations \d+ .*")

OFTEN = """
import contracts.run.progress as progress

progress.Heartbeat.__init__.__defaults__ = (0.05,)
"""

PYTEST = ("pytest", "tests/api", "-p", "no:cacheprovider", "--color=no")


VERIFY = ("contracts", "verify", "--document", "tests/mutation/plain.openapi.yaml")
"""A run of a small document."""


@cache
def on_terminal(*words: str, term: str = "xterm") -> str:
    """Everything that a run writes to its terminal; the same run is carried out once."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 100))
    environment = {**CLEAN, "TERM": term, "NO_COLOR": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", *words], cwd=ROOT, env=environment, stdout=its, stderr=its, stdin=its
    )
    os.close(its)
    written = io.BytesIO()
    try:
        while part := os.read(ours, 65536):
            written.write(part)
    except OSError:  # Linux says so when no process is left to write.
        pass
    os.close(ours)
    assert process.wait() == 0
    return written.getvalue().decode()


def rows(written: str) -> list[str]:
    """What is left on the terminal's rows: the cursor goes up, and lines are erased."""
    screen, row = [""], 0
    for part in re.split(r"(\x1b\[[0-9;?]*[A-Za-z]|\r|\n)", written):
        if part == "\n":
            row += 1
            screen += [""] * (row + 1 - len(screen))
        elif part == "\x1b[2K":
            screen[row] = ""
        elif up := re.fullmatch(r"\x1b\[(\d*)A", part):
            row -= int(up[1] or 1)
        elif not part.startswith("\x1b") and part != "\r":
            screen[row] += part
    return screen


@pytest.mark.parametrize(
    "words", [(*PYTEST, "-n", "2", *FEW), (*PYTEST, *FEW), VERIFY], ids=["pytest -n 2", "pytest", "verify"]
)
def test_a_live_line_is_drawn_while_the_run_lasts_and_leaves_nothing_behind(words: tuple[str, ...]) -> None:
    written = on_terminal(*words)
    assert LINE.search(written)
    left = rows(written)
    assert not [row for row in left if LINE.search(row)]
    assert [row for row in left if row.startswith("CONFORMS  ")]


def test_the_live_line_grows_with_the_run() -> None:
    lines = LINE.findall(on_terminal(*VERIFY))
    assert re.search(r"requests \d{3,} \([0-9.]+/s\) · violations 0 · tests \d+ of \d+ · ", lines[-1])


@pytest.mark.parametrize("option", ["-q", "--no-progress"])
@pytest.mark.parametrize("words", [(*PYTEST, *FEW), VERIFY], ids=["pytest", "verify"])
def test_it_can_be_silenced(words: tuple[str, ...], option: str) -> None:
    assert not LINE.search(on_terminal(*words, option))


def test_a_terminal_that_cannot_place_its_cursor_gets_no_live_line() -> None:
    assert "\x1b" not in on_terminal(*PYTEST, *FEW, term="dumb")


@pytest.fixture
def often(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "often.py").write_text(OFTEN, "utf-8")
    return {"PYTHONPATH": str(tmp_path), "PYTEST_PLUGINS": "often"}


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=" ".join)
def test_elsewhere_a_whole_line_is_written_now_and_then(options: tuple[str, ...], often: dict[str, str]) -> None:
    result = run_suite(*BRIEFLY, *options, **often)
    assert result.code == 0, result.output
    lines = result.output.splitlines()
    told = [number for number, line in enumerate(lines) if "requests " in line and "violations " in line]
    assert len(told) > 1
    end = next(number for number, line in enumerate(lines) if re.search(r"\d+ passed.* in ", line))
    assert all(lines[number].startswith("progress    requests ") for number in told)
    assert max(told) < end
    assert "\x1b" not in result.output


def test_the_line_now_and_then_can_be_silenced(often: dict[str, str]) -> None:
    assert "progress  " not in run_suite(*FEW, "--no-progress", **often).output


def test_a_line_of_its_own_ends_the_one_that_something_else_has_begun() -> None:
    ours, its = os.pipe()
    written, count = threading.Event(), iter(range(9))

    def text() -> str:
        if next(count) == 1:
            written.set()
        return "so far"

    with Screen(its, "utf-8") as screen:
        display = Heartbeat(screen, text, 0.001)
        display.inside = True
        display.start()
        assert written.wait(30)
        display.stop()
    with open(ours, encoding="utf-8", newline="") as pipe:  # noqa: PTH123 - a descriptor
        assert pipe.read().startswith("\nprogress    so far\nprogress    so far\n")


def test_a_terminal_that_went_away_is_no_error_of_progress() -> None:
    ours, its = os.pipe()
    os.close(ours)
    with Screen(its, "utf-8") as screen:
        display = LiveLine(screen, lambda: "so far")
        display.start()
        display.stop()


def test_a_character_that_a_terminal_lacks_is_replaced() -> None:
    ours, its = os.pipe()
    with Screen(its, "ascii") as screen:
        screen.write("a · b")
    assert os.read(ours, 99) == b"a ? b"
    os.close(ours)
