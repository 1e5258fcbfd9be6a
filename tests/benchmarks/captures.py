"""Measure how many captured exchanges `contract check` judges in a second, beside two plain loops.

    python tests/benchmarks/captures.py [--smoke] [--million]

The exchanges are lines of JSON: the mock's answers to the pinned document, each with an id and a time of its own. In
the second row each resource is asked for ten times, as by clients that poll it, so that most bodies come again. The
plain loops read every line and its body by `json.loads` and validate the body, by jsonschema_rs and by jsonschema; they
know nothing of tags, ids, coverage or earlier answers. The processor's seconds are counted, without those that it takes
to start. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import jsonschema_rs
from jsonschema import Draft202012Validator

from contracts.openapi import PINNED, PINNED_OVERLAY, equals, from_pointer, load
from strategies.answers import covering_answers

DOCUMENT: Final = load(PINNED, (PINNED_OVERLAY,))
OPERATION: Final = DOCUMENT.operations[0]
SUCCESS: Final = OPERATION.granted[0]
SCHEMA: Final = next(pointer for pointer in SUCCESS.content.values() if pointer)


def lines(count: int, polled: int) -> Iterator[str]:
    """Yield exchanges as lines of JSON; each resource is asked for so often, by clients in turn."""
    (echoed,) = (from_pointer(each.place)[0] for each in equals(OPERATION, SUCCESS))
    answers = covering_answers(OPERATION, SUCCESS.status)
    for number in range(count):
        resource_number = number // (10 * polled) * 10 + number % 10
        response = answers[resource_number % len(answers)]
        name = f"job-{resource_number:08}"
        body = {**json.loads(response.body), echoed: name}
        url = "https://api.example.com" + OPERATION.url_path(OPERATION.bind((name,)))
        headers = {**dict(response.headers), "Date": "Sun, 29 Nov 2026 10:00:00 GMT", "X-Request-Id": f"r-{number}"}
        exchange = {
            "method": "GET",
            "url": url,
            "status": response.status,
            "headers": headers,
            "body": json.dumps(body),
        }
        yield json.dumps({**exchange, "seconds": 0.01 + number % 97 / 1000, "at": 1_790_000_000.0 + number}) + "\n"


def loop(file: Path, is_valid: Callable[[Any], bool], most: int) -> tuple[int, float]:
    """Return how many lines a plain loop has read and validated, and the processor's seconds."""
    started, count = time.process_time(), 0
    with file.open("rb") as opened:
        for line in opened:
            is_valid(json.loads(json.loads(line)["body"]))
            count += 1
            if count == most:
                break
    return count, time.process_time() - started


def check(file: Path) -> tuple[float, float, int]:
    """Return the seconds of `contract check`, those of the processor, and its memory in MB; raise if it fails."""
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "contracts", "check", str(file)], check=True, stdout=subprocess.DEVNULL)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, spent, used.ru_maxrss // 1024


def row(title: str, folder: Path, count: int, polled: int) -> None:
    file, single = folder / "calls.ndjson", folder / "one.ndjson"
    for path, wanted in ((file, count), (single, 1)):
        with path.open("w", encoding="utf-8") as opened:
            opened.writelines(lines(wanted, polled))
    rust = jsonschema_rs.validator_map_for(dict(DOCUMENT.contents))[SCHEMA]
    python = Draft202012Validator(DOCUMENT.contents).evolve(schema=DOCUMENT.schema(SCHEMA))
    started = check(single)[1]
    rates = [(read / spent) for read, spent in (loop(file, rust.is_valid, count), loop(file, python.is_valid, 2_000))]
    seconds, spent, memory = check(file)
    ours = count / max(spent - started, 1e-9)
    print(f"{title:<26}{ours:>12,.0f}/s", end="")
    for rate in rates:
        print(f"{rate:>12,.0f}/s{ours / rate:>8.2f}", end="")
    print(f"{seconds:>9.1f} s{memory:>6} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="few exchanges: proves that it runs, measures nothing")
    parser.add_argument("--million", action="store_true", help="a million exchanges in each row")
    chosen = parser.parse_args()
    count = 400 if chosen.smoke else 1_000_000 if chosen.million else 100_000
    print(f"{count:,} exchanges, a line each; `ratio` is contract check's rate beside each of the loops")
    titles = ("contract check", "jsonschema_rs", "ratio", "jsonschema", "ratio", "whole", "memory")
    print(
        " " * 26 + "".join(f"{title:>{width}}" for title, width in zip(titles, (14, 14, 8, 14, 8, 11, 9), strict=True))
    )
    with tempfile.TemporaryDirectory() as folder:
        row("every answer is another", Path(folder), count, 1)
        row("each resource ten times", Path(folder), count, 10)


if __name__ == "__main__":
    main()
