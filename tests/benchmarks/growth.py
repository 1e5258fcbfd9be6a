"""Measure how the cost of a run grows with its document: seconds to the first request, of the whole run, and memory.

    python tests/benchmarks/growth.py [--smoke]

Documents of growing size are made of enums, of properties, of unions and of operations. The first request is timed at a
server that answers 404 to everything, and the whole run against the embedded mock. Nothing is asserted: the figures are
for readers, who compare a row with the one above it.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

JSON: Final = "application/json"


def document(schemas: list[Any]) -> dict[str, Any]:
    """Return a document with an operation for each schema, that answers with it, or with 404."""
    name = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}
    paths = {
        f"/resources{number}/{{id}}": {
            "get": {
                "parameters": [name],
                "responses": {
                    "200": {"description": "", "content": {JSON: {"schema": schema}}},
                    "404": {"description": ""},
                },
            }
        }
        for number, schema in enumerate(schemas)
    }
    return {"openapi": "3.1.0", "info": {"title": "Growth", "version": "1"}, "paths": paths}


def holder(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that has all of the properties."""
    return {"type": "object", "required": list(properties), "properties": properties}


def enums(count: int) -> dict[str, Any]:
    """Return a document whose one answer has this many enums of four values."""
    return document([holder({f"e{n}": {"enum": [f"{n}-{value}" for value in "abcd"]} for n in range(count)})])


def optional_properties(count: int) -> dict[str, Any]:
    """Return a document whose one answer may have this many properties."""
    return document([{"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(count)}}])


def unions(count: int) -> dict[str, Any]:
    """Return a document whose one answer has this many unions of three branches, told apart by a tag."""

    def branch(kind: str) -> dict[str, Any]:
        return holder({"kind": {"const": kind}, kind: {"type": "integer"}})

    union = {"oneOf": [branch(kind) for kind in ("cat", "dog", "eel")]}
    return document([holder({f"u{n}": union for n in range(count)})])


def operations(count: int) -> dict[str, Any]:
    """Return a document with this many operations, whose answers have twelve properties and a list of such objects."""
    kinds = [{"type": "string"}, {"type": "integer"}, {"enum": ["a", "b", "c"]}, {"type": ["string", "null"]}]
    inner = holder({f"p{n}": kinds[n % 4] for n in range(12)})
    return document(
        [holder({f"of{n}": {"type": "array", "items": inner}, **inner["properties"]}) for n in range(count)]
    )


SIZES: Final[Mapping[Callable[[int], dict[str, Any]], tuple[int, ...]]] = {
    enums: (100, 200, 400),
    optional_properties: (100, 200, 400),
    unions: (10, 20, 40),
    operations: (100, 200, 639),
}


class Refusing(http.server.BaseHTTPRequestHandler):
    """Answers 404 to everything."""

    first: float | None = None

    def do_GET(self) -> None:
        """Note when the first request came."""
        Refusing.first = Refusing.first or time.monotonic()
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Write nothing."""


def run(file: Path, *options: str) -> tuple[float, float]:
    """Judge a document; return when the run began, and its peak memory in MiB. It ends when its process does."""
    command = [sys.executable, "-m", "contracts", "verify", "-q", "--no-overlay", "--document", str(file), *options]
    began = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return began, usage.ru_maxrss / 1024


def measure(name: str, contents: dict[str, Any], url: str, *options: str) -> str:
    """Return a row of figures on a document."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "growth.json"
        file.write_text(json.dumps(contents))
        Refusing.first = None
        began, first_memory = run(file, "--base-url", url)
        first = (Refusing.first or time.monotonic()) - began
        began, memory = run(file, *options)
        whole = time.monotonic() - began
    return f"{name:<28}{first:>9.1f}{first_memory:>8.0f}{whole:>9.1f}{memory:>8.0f}"


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="only the smallest document of each kind, at a tenth")
    smoke = parser.parse_args().smoke
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"{'document':<28}{'first, s':>9}{'MiB':>8}{'whole, s':>9}{'MiB':>8}")
    for make, sizes in SIZES.items():
        for size in (sizes[0] // 10,) if smoke else sizes:
            name = f"{size} {make.__name__.replace('_', ' ')}"
            options = ("--plan-requests", "100") if smoke else ()
            print(measure(name, make(size), f"http://127.0.0.1:{server.server_port}", *options), flush=True)


if __name__ == "__main__":
    main()
