"""Measure how much faster several workers judge a slow server than one: two runs of one seed, one after the other.

python tests/benchmarks/workers.py --delay 0.08 --workers 8
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from contracts.openapi import load
from contracts.openapi.overlay import PINNED_OVERLAY
from strategies.answers import catalogue
from strategies.mock.mocking import mock_server, slow

ROOT = Path(__file__).parents[2]


def run(url: str, ids: Path, profile: str, workers: int) -> tuple[float, float]:
    """Return the seconds on the clock, and of the processors, that a run with this many workers takes."""
    words = [sys.executable, "-m", "pytest", "tests/api", "-q", "-p", "no:cacheprovider", "-n", str(workers)]
    words += ["--base-url", url, "--job-ids", str(ids), "--hypothesis-profile", profile, "--hypothesis-seed", "1"]
    words += ["--example-database", str(ids.parent / "examples")]
    used, start = _processors(), time.monotonic()
    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - start, _processors() - used


def _processors() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Print the times, their ratio, and the load of the machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.08, help="seconds before each answer (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=8, help="default: %(default)s")
    parser.add_argument("--profile", default="nightly", help="default: %(default)s")
    chosen = parser.parse_args()
    document = load(overlays=[PINNED_OVERLAY])
    ids = [values[0] for operation in document.operations for values in catalogue(operation)]
    with tempfile.TemporaryDirectory() as folder, mock_server(document, changes=[slow(chosen.delay)]) as server:
        file = Path(folder, "ids.txt")
        file.write_text("\n".join(ids))
        walls = []
        for workers in (chosen.workers, 1):
            wall, processors = run(server.url, file, chosen.profile, workers)
            walls.append(wall)
            load1 = os.getloadavg()[0]
            print(f"-n {workers:<3} {wall:7.1f} s, {processors:5.1f} s of processors; load {load1:.1f}", flush=True)
    print(f"{chosen.profile}: {walls[1] / walls[0]:.1f} times as fast on {os.cpu_count()} processors")


if __name__ == "__main__":
    main()
