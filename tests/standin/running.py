"""The stand-in in a process of its own, for as long as a test needs it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.standin.database import KEYS, job_ids

_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class StandIn:
    """A running service: where it is, a key, the ids of that key's jobs, and those of another account's."""

    url: str
    key: str
    job_ids: tuple[str, ...]
    foreign_ids: tuple[str, ...]


@contextmanager
def running(*options: str) -> Iterator[StandIn]:
    """Start `python -m tests.standin` on a free port; when the block ends, so does the process."""
    command = [sys.executable, "-m", "tests.standin", "--port", "0", *options]
    with subprocess.Popen(command, cwd=_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            url = process.stdout.readline().strip()
            assert url, f"the stand-in did not start: {' '.join(command)}"
            (key, ours), (_, theirs) = KEYS.items()
            yield StandIn(url, key, job_ids(ours), job_ids(theirs))
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
