"""Measure how many answers a second the mock gives, beside Prism if it is installed, and how it bears many connections.

    python tests/benchmarks/mock.py [--smoke] [--prism PROGRAM]

Rounds alternate between the servers, each of which has a process of its own, as has the client. A ratio is taken round
by round, so that a machine whose speed drifts does not decide. Prism is looked for in NODE_MODULES, as the tests of the
peers do.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import urlsplit

from contracts.openapi import PINNED, PINNED_OVERLAY, load
from strategies.answers import catalogue

ROOT = Path(__file__).parents[2]
CONNECTIONS = 16
MANY = 1_000
_LENGTH = re.compile(rb"\r\nContent-Length: *(\d+)", re.IGNORECASE)


def ask(url: str, connections: int, seconds: float) -> tuple[int, int]:
    """Return how many answers so many kept connections get in this time, and how many errors.

    Each asks again as soon as it is answered. Sockets and a selector alone: a heavier client would measure itself.
    """
    parts = urlsplit(url)
    request = f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nAccept: application/json\r\n\r\n".encode()
    selector, came = selectors.DefaultSelector(), dict[socket.socket, bytes]()
    for _ in range(connections):
        kept = socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30)
        selector.register(kept, selectors.EVENT_READ)
        came[kept] = b""
    for kept in came:
        kept.sendall(request)
    answers = errors = 0
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        for key, _ in selector.select(0.1):
            kept = cast("socket.socket", key.fileobj)
            data = kept.recv(65536)
            text = came[kept] + data
            if not data:
                errors += 1
                selector.unregister(kept)
            elif _is_whole(text):
                answers += 1
                errors += not text.startswith(b"HTTP/1.1 200")
                came[kept] = b""
                kept.sendall(request)
            else:
                came[kept] = text
    return answers, errors


def _is_whole(text: bytes) -> bool:
    end = text.find(b"\r\n\r\n") + 4
    length = _LENGTH.search(text, 0, end) if end >= 4 else None
    return len(text) >= end + int(length[1]) if length else end >= 4 and text.endswith(b"0\r\n\r\n")


class Round(NamedTuple):
    """Answers a second of one round, microseconds of the server's own work for an answer, and errors."""

    rate: float
    work: float
    errors: int


def one_round(url: str, process: int, connections: int, seconds: float) -> Round:
    """Return what a client in a process of its own gets of a server."""
    command = [sys.executable, __file__, "--client", json.dumps([url, connections, seconds])]
    before = _worked(process)
    answers, errors = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    return Round(answers / seconds, (_worked(process) - before) / max(1, answers) * 1e6, errors)


def _worked(process: int) -> float:
    """Return the seconds that a process has used of the processors, as Linux tells them; elsewhere not a number."""
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return math.nan


@contextmanager
def ours() -> Iterator[tuple[str, int]]:
    """Yield the URL of our mock, and its process."""
    command = [sys.executable, "-m", "contracts", "mock", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[0], process.pid
        finally:
            process.terminate()


@contextmanager
def prism(program: Path) -> Iterator[tuple[str, int]]:
    """Yield the URL of Prism as it comes, its log read by nothing, and its process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(program), "mock", "--port", str(port), str(PINNED)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(port)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        time.sleep(0.1)
    raise SystemExit("Prism does not listen")


def _program(named: str) -> Path | None:
    program = Path(named or Path(os.environ.get("NODE_MODULES", ""), ".bin", "prism"))
    return program if program.exists() else None


def _state(process: int) -> str:
    """Return the threads and the memory of a process, where the system tells them."""
    with suppress(OSError):
        words = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
        return f"{words['Threads'].strip()} threads, {int(words['VmRSS'].split()[0]) / 1024:.0f} MiB"
    return "(threads and memory not known here)"


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a moment each: proves that it runs, measures nothing")
    parser.add_argument("--prism", default="", metavar="PROGRAM", help="default: the one in NODE_MODULES, if any")
    parser.add_argument("--client", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.client:
        print(json.dumps(ask(*json.loads(chosen.client))))
        return
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 8 * MANY) if most > 0 else 8 * MANY, most))
    measure(_program(chosen.prism), *((1, 0.2) if chosen.smoke else (7, 3.0)))


def measure(program: Path | None, rounds: int, seconds: float) -> None:
    """Print the paired figures, and those of many connections."""
    operation = load(overlays=[PINNED_OVERLAY]).operations[0]
    path = operation.url_path(operation.bind(next(iter(catalogue(operation)))))
    with ExitStack() as stack:
        servers = {"ours": stack.enter_context(ours())}
        if program:
            servers["Prism"] = stack.enter_context(prism(program))
        taken: dict[str, list[Round]] = {name: [] for name in servers}
        for number in range(rounds + 1):
            for name, (url, process) in servers.items():
                found = one_round(url + path, process, CONNECTIONS, seconds if number else seconds / 2)
                taken[name] += [found] if number else []  # The first round warms up.
        print(f"{CONNECTIONS} kept connections, {rounds} rounds of {seconds:g} s, median (least to most)")
        for name, every in taken.items():
            errors = sum(each.errors for each in every)
            rates, work = _spread(each.rate for each in every), _spread(each.work for each in every)
            print(f"  {name:<6} {rates} answers/s, {work} us of the server's own work each, {errors} errors")
        if program:
            pairs = list(zip(taken["ours"], taken["Prism"], strict=True))
            print(f"  ours / Prism, round by round: {_spread(a.rate / b.rate for a, b in pairs)} times the answers/s")
            print(f"  Prism / ours, round by round: {_spread(b.work / a.work for a, b in pairs)} times the work")
        url, process = servers["ours"]
        print(f"{MANY} kept connections at once; before: {_state(process)}")
        found = one_round(url + path, process, MANY, seconds)
        print(f"  {found.rate:.0f} answers/s, {found.errors} errors; after: {_state(process)}")


def _spread(values: Iterable[float]) -> str:
    every = sorted(values)
    return f"{statistics.median(every):.0f} ({every[0]:.0f} to {every[-1]:.0f})"


if __name__ == "__main__":
    main()
