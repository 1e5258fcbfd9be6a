"""Measure the cost of a request: ours with everything on and three others, paired in one run against the mock.

    python tests/benchmarks/cost.py [--smoke]

Rounds alternate between the contenders, and a ratio is taken round by round, so that a machine whose speed drifts
does not decide. The mock runs in a process of its own. Nothing is asserted: the figures are for readers.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jsonschema
import requests
import schemathesis

from contracts.__main__ import COMMANDS
from contracts.http.exchange import Response
from contracts.http.session import GuardedSession
from contracts.openapi import PINNED, Document, formats, load
from contracts.openapi.overlay import PINNED_OVERLAY
from contracts.run.observer import Observer
from strategies.answers import catalogue
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked
from strategies.second_opinion import SecondOpinion

ROOT = Path(__file__).parents[2]

Ask = Callable[[str], None]


def contenders(document: Document, url: str) -> dict[str, Ask]:
    """Return the ways of asking for one job, by name."""
    operation = document.operations[0]
    name = operation.parameters[0].name
    bare, checked, shared = _plain_session(), _plain_session(), _plain_session()
    (pointer,) = operation.responses[0].content.values()
    schema = {**document.schema(str(pointer)), "components": document.contents["components"]}
    validator = jsonschema.Draft202012Validator(schema, format_checker=formats.format_checker())
    theirs = schemathesis.openapi.from_path(PINNED)
    theirs.config.update(base_url=url)
    case_of = theirs[operation.path]["GET"].Case
    opinion = SecondOpinion(document)
    ours = GuardedSession(url, document.operations, Observer(opinion), exists=lambda operation, resource: True)

    def ask_and_check(job_id: str) -> None:
        validator.validate(checked.get(url + operation.url_path({name: job_id})).json())

    return {
        "a  requests.Session": lambda job_id: bare.get(url + operation.url_path({name: job_id})).close(),
        "b  a and jsonschema": ask_and_check,
        "c  Schemathesis call_and_validate": lambda job_id: _drop(
            case_of(path_parameters={name: job_id}).call_and_validate()
        ),
        "c' the same, with a shared session": lambda job_id: _drop(
            case_of(path_parameters={name: job_id}).call_and_validate(session=shared)
        ),
        "d  ours, everything on": lambda job_id: _drop(ours.ask(operation, {name: job_id})),
        "d' ours, driven by Schemathesis": lambda job_id: _drop(
            opinion.operation(operation).Case(path_parameters={name: job_id}).call(base_url=url, session=ours)
        ),
    }


def _plain_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


def _drop(result: object) -> None:
    """Drop the result, which is of no interest."""


@dataclass(frozen=True)
class Cost:
    """Microseconds per request of one contender, round by round: on the clock, and of this process's own work.

    The clock includes the server's share and all else that the machine does; the work does not.
    """

    clock: list[float]
    work: list[float]


def paired(asks: dict[str, Ask], job_ids: list[str], rounds: int, count: int) -> dict[str, Cost]:
    """Return the cost of a request by each contender."""
    taken = {name: Cost([], []) for name in asks}
    for number in range(rounds + 1):
        for name, ask in asks.items():
            ids = itertools.islice(itertools.cycle(job_ids), count)
            started, worked = time.perf_counter(), time.process_time()
            for job_id in ids:
                ask(job_id)
            if number:  # The first round warms up.
                taken[name].clock.append((time.perf_counter() - started) / count * 1e6)
                taken[name].work.append((time.process_time() - worked) / count * 1e6)
    return taken


def ratio(one: list[float], other: list[float]) -> str:
    """Return the median, the smallest and the largest quotient of two contenders' rounds, as text."""
    quotients = [a / b for a, b in zip(one, other, strict=True)]
    return f"{statistics.median(quotients):.2f} ({min(quotients):.2f} to {max(quotients):.2f})"


def own_process(url: str, job_ids: list[str], count: int) -> tuple[float, float]:
    """Return the seconds and peak mebibytes of a process that asks `count` times in our way."""
    command = [sys.executable, __file__, "--child", json.dumps([url, job_ids, count])]
    seconds, peak = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
    return seconds, peak


def _child(url: str, job_ids: list[str], count: int) -> None:
    ask = contenders(load(overlays=[PINNED_OVERLAY]), url)["d  ours, everything on"]
    started = time.perf_counter()
    for job_id in itertools.islice(itertools.cycle(job_ids), count):
        ask(job_id)
    seconds = time.perf_counter() - started
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def start_up(document: Document) -> float:
    """Return the seconds from the start of `pytest tests/api` to the first request that it sends."""
    first: list[float] = []

    def note(_: Asked, response: Response) -> Response:
        first.append(time.perf_counter())
        return response

    with mock_server(document, changes=[note]) as server:
        # Without a cache of what it compiles, as some containers run Python, pytest compiles Hypothesis each time.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        started = time.perf_counter()
        command = [sys.executable, "-m", "pytest", "tests/api", "-q", "--base-url", server.url, "-k", "known"]
        subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, check=False)
    return first[0] - started


def help_times(repeats: int) -> dict[str, float]:
    """Return the least seconds that help, an error of usage and explanations take, by the words of the command."""
    commands = [["--help"], *([name, "--help"] for name in COMMANDS), ["verfy"], ["rules"], ["explain", "schema.enum"]]
    times = {}
    for words in commands:
        taken = []
        for _ in range(repeats):
            started = time.perf_counter()
            subprocess.run([sys.executable, "-m", "contracts", *words], cwd=ROOT, capture_output=True, check=False)
            taken.append(time.perf_counter() - started)
        times[" ".join(words)] = min(taken)
    return times


@contextmanager
def serve() -> Iterator[str]:
    """Yield the URL of the mock, which a process of its own serves."""
    command = [sys.executable, "-m", "contracts", "mock", "--port", "0"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[0]
    finally:
        process.terminate()
        process.wait()


def main() -> None:
    """Run all benchmarks and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--smoke", action="store_true", help="few requests: proves that it runs, measures nothing")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        _child(*json.loads(chosen.child))
        return
    document = load(overlays=[PINNED_OVERLAY])
    job_ids = [values[0] for values in catalogue(document.operations[0])]
    rounds, count, sizes = (1, 20, (10, 50)) if chosen.smoke else (15, 200, (100, 1_000, 10_000))
    with serve() as url:
        measure(document, url, job_ids, rounds, count, sizes)
    starts = [start_up(document) for _ in range(1 if chosen.smoke else 5)]
    print(f"start-up of pytest tests/api to its first request: {statistics.median(starts):.2f} s (of {len(starts)})")
    print(f"help, errors of usage and explanations, the least of {(repeats := 1 if chosen.smoke else 10)}")
    for words, seconds in help_times(repeats).items():
        print(f"  contract {words:<22} {seconds * 1000:4.0f} ms")


def measure(document: Document, url: str, job_ids: list[str], rounds: int, count: int, sizes: tuple[int, ...]) -> None:
    """Print the paired figures and the growth."""
    asks = contenders(document, url)
    taken = paired(asks, job_ids, rounds, count)
    print(
        f"cost of a request, {rounds} rounds of {count}, median (smallest to largest), and the client's own work in it"
    )
    for name, cost in taken.items():
        clock = f"{statistics.median(cost.clock):7.0f} us ({min(cost.clock):.0f} to {max(cost.clock):.0f})"
        print(f"  {name:<36} {clock:<32} {statistics.median(cost.work):7.0f} us")
    named = {name.split()[0]: cost for name, cost in taken.items()}
    print("ratios, round by round, on the clock and of the work")
    for one, other in (("c", "d"), ("c'", "d"), ("d", "a"), ("d", "b"), ("c'", "d'")):
        clock = ratio(named[one].clock, named[other].clock)
        print(f"  {one:<2} / {other:<2} {clock:<24} {ratio(named[one].work, named[other].work)}")
    print("growth, each in a process of its own")
    for size in sizes:
        seconds, peak = own_process(url, job_ids, size)
        print(f"  {size:>6} requests {seconds:7.2f} s {seconds / size * 1e6:7.0f} us each, peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
