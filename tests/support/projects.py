"""A project of somebody else's, whose tests are run by pytest in a process of its own, as its developers run them."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path

from tests.support.suite import CLEAN, ROOT


@dataclass(frozen=True, slots=True)
class Session:
    """How a session of pytest ended, and what it printed."""

    code: int
    output: str
    errors: str

    @property
    def said(self) -> list[str]:
        """The lines of the plugin at the end of the session; none if it had nothing to say."""
        lines = self.output.splitlines()
        start = next((at for at, line in enumerate(lines) if re.fullmatch("=+ contract =+", line)), None)
        if start is None:
            return []
        end = next(at for at, line in enumerate(lines[start + 1 :], start + 1) if line[:1] in "=!")
        return [line for line in lines[start + 1 : end] if line.strip()]


def session(folder: Path, *options: str, plugin: bool = True) -> Session:
    """Run the tests in the folder."""
    words = ["-p", "contracts.pytest_plugin"] if plugin else []
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", *words, *options]
    # Signals are to reach this session alone, and not be ignored because a shell runs the tests in the background.
    done = subprocess.run(
        command,
        cwd=folder,
        env={**CLEAN, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    return Session(done.returncode, done.stdout, done.stderr)


def write(folder: Path, **files: str) -> Path:
    """Write files of Python, by their names without `.py`, into the folder."""
    for name, text in files.items():
        (folder / f"{name}.py").write_text(textwrap.dedent(text), "utf-8")
    return folder
