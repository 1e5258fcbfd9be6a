"""Progress as a user sees it: a live line on a terminal, a line now and then in a log, or nothing."""

from __future__ import annotations

import io
import itertools
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from tests.api.progress import Heartbeat, LiveLine, Screen
from tests.options.harness import CLEAN, ROOT, judge

DRAWN = re.compile(rb"\x1bD\x1bM\x1b7\x1bD\r([^\x1b]*)\x1b\[K\x1b8")
FEW = ("-k", "preferred")
WIPED = b"\x1b[J"

OFTEN = """
import pytest

@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session):
    from tests.api import progress
    progress.HEARTBEAT = 0.05
"""


def on_terminal(*options: str, term: str = "xterm") -> bytes:
    """Everything that a run writes to its terminal."""
    ours, its = pty.openpty()
    termios.tcsetwinsize(its, (24, 100))
    command = [sys.executable, "-m", "pytest", "tests/api", "-p", "no:cacheprovider", "--color=no", *options]
    process = subprocess.Popen(command, cwd=ROOT, env={**CLEAN, "TERM": term}, stdout=its, stderr=its, stdin=its)
    os.close(its)
    written = io.BytesIO()
    try:
        while part := os.read(ours, 65536):
            written.write(part)
    except OSError:  # Linux says so when nobody is left to write.
        pass
    os.close(ours)
    assert process.wait() == 0
    return written.getvalue()


def pieces(written: bytes) -> list[tuple[str, bytes]]:
    """What was written, told apart: lines drawn, wipes, and pytest's own."""
    found: list[tuple[str, bytes]] = []
    for part in re.split(rb"(\x1bD\x1bM\x1b7\x1bD\r[^\x1b]*\x1b\[K\x1b8|\x1b\[J)", written):
        if part:
            kind = "drawn" if DRAWN.fullmatch(part) else "wiped" if part == WIPED else "pytest"
            found.append((kind, part))
    return found


@pytest.mark.parametrize("options", [("-v",), ("-n", "2", "-v")], ids=" ".join)
def test_a_live_line_is_drawn_and_is_gone_before_pytest_writes(options: tuple[str, ...]) -> None:
    found = pieces(on_terminal(*FEW, *options))
    assert sum(kind == "drawn" for kind, _ in found) > 4
    for (kind, _), (following, part) in itertools.pairwise(found):
        assert (kind, following) != ("drawn", "pytest"), part
    last = max(number for number, (kind, _) in enumerate(found) if kind == "drawn")
    assert b"contract ===" in b"".join(part for kind, part in found[last:] if kind == "pytest")


def test_the_live_line_grows_with_the_run_and_leaves_what_pytest_writes_alone() -> None:
    found = pieces(on_terminal())
    lines = [part for kind, part in found if kind == "drawn"]
    assert b"requests 0 " in lines[0]
    told = lines[-1].decode()
    assert re.search(r"requests \d{3,} \([0-9.]+/s\) · violations 0 · tests \d+ of \d+ · ", told), told
    own = b"".join(part for kind, part in found if kind == "pytest")
    assert b"\x1b" not in own
    assert re.search(rb"test_contract\.py [.\r\n\[\]% 0-9]+\[100%\]\r\n", own)


@pytest.mark.parametrize("options", [("-q",), ("--no-progress",)], ids=" ".join)
def test_it_can_be_silenced(options: tuple[str, ...]) -> None:
    assert {kind for kind, _ in pieces(on_terminal(*FEW, *options))} == {"pytest"}


def test_a_terminal_that_cannot_place_its_cursor_gets_no_live_line() -> None:
    assert b"\x1b" not in on_terminal(*FEW, term="dumb")


@pytest.fixture
def often(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "often.py").write_text(OFTEN, "utf-8")
    return {"PYTHONPATH": str(tmp_path), "PYTEST_PLUGINS": "often"}


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=" ".join)
def test_elsewhere_a_whole_line_tells_now_and_then(options: tuple[str, ...], often: dict[str, str]) -> None:
    result = judge(*options, **often)
    assert result.code == 0, result.output
    lines = result.output.splitlines()
    told = [number for number, line in enumerate(lines) if "requests " in line and "violations " in line]
    assert len(told) > 1
    end = next(number for number, line in enumerate(lines) if " passed in " in line)
    assert all(lines[number].startswith("progress    requests ") for number in told)
    assert max(told) < end
    assert "\x1b" not in result.output


def test_the_line_now_and_then_can_be_silenced(often: dict[str, str]) -> None:
    assert "progress  " not in judge(*FEW, "--no-progress", **often).output


def written_by(use: type[Heartbeat | LiveLine], *steps: str) -> str:
    """What a display writes for some steps: `show`, pytest `wrote` something or `nothing`, `wipe`."""
    ours, its = os.pipe()
    display = use(Screen(its, "utf-8"), 1.0)
    for step in steps:
        match step:
            case "show":
                display.show("so far")
            case "wipe":
                display.wipe()
            case _:
                display.restore(lambda: "so far", wrote=step == "wrote")
    os.close(its)
    with open(ours, encoding="utf-8", newline="") as pipe:  # noqa: PTH123 - a descriptor
        return pipe.read()


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("show show", ["progress    so far", "progress    so far", ""]),
        ("wrote show", ["", "progress    so far", ""]),
        ("wrote nothing show nothing show", ["", "progress    so far", "progress    so far", ""]),
        ("show wipe wrote", ["progress    so far", ""]),
    ],
)
def test_a_line_of_its_own_ends_the_one_that_pytest_is_on_and_no_other(steps: str, told: list[str]) -> None:
    assert written_by(Heartbeat, *steps.split()).split("\n") == told


def test_a_terminal_that_went_away_is_no_error_of_progress() -> None:
    ours, its = os.pipe()
    os.close(ours)
    LiveLine(Screen(its, "utf-8"), 1.0).show("so far")
    os.close(its)


def test_what_a_terminal_cannot_say_is_replaced() -> None:
    ours, its = os.pipe()
    Screen(its, "ascii").write("a · b")
    os.close(its)
    assert os.read(ours, 99) == b"a ? b"
    os.close(ours)
