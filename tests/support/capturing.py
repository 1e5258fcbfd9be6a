"""The mock's answers in every format that `contract check` reads."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contracts.http import Exchange, Request
from contracts.reports.har import render
from strategies.answers import catalogue
from tests.support.pinned import OPERATION
from tests.support.suite import Result, run_command

ANSWERS = list(catalogue(OPERATION).items())[:6]
HOST = "https://api.test"


def url_of(resource: tuple[str, ...]) -> str:
    return HOST + OPERATION.url_path(OPERATION.bind(resource))


def exchange_lines(*changes: Callable[[dict[str, Any]], None]) -> bytes:
    """Return the mock's answers as one exchange a line, the first ones changed."""
    lines = []
    for number, (resource, response) in enumerate(ANSWERS):
        line: dict[str, Any] = {"url": url_of(resource), "status": 200, "body": response.body.decode()}
        line["headers"] = {"Content-Type": "application/json"}
        if number < len(changes):
            changes[number](line)
        lines.append(json.dumps(line))
    return "\n".join(lines).encode()


def answers_by_path() -> bytes:
    """Return the mock's answers as one object, path to body, and one of them as a whole answer."""
    bodies = {OPERATION.url_path(OPERATION.bind(each)): json.loads(answer.body) for each, answer in ANSWERS}
    (path, body), *rest = bodies.items()
    return json.dumps({path: {"status": 200, "json": body}, **dict(rest)}, indent=2).encode()


def archive(version: str = "http/2.0") -> bytes:
    """Return the mock's answers as a browser's archive."""
    entries = [
        {
            "startedDateTime": "2026-11-29T10:00:00.000Z",
            "time": 12.5,
            "request": {"method": "GET", "url": url_of(resource), "httpVersion": version, "headers": []},
            "response": {
                "status": 200,
                "headers": [{"name": ":status", "value": "200"}, {"name": "content-type", "value": "application/json"}],
                "content": {"size": len(response.body), "text": response.body.decode()},
            },
        }
        for resource, response in ANSWERS
    ]
    return json.dumps({"log": {"version": "1.2", "entries": entries}}, indent=2).encode()


def our_archive() -> bytes:
    """Return the mock's answers as our own report of exchanges."""
    file = io.StringIO()
    exchanges = (
        Exchange(OPERATION, Request(url_of(resource), tuple(OPERATION.bind(resource).items())), response)
        for resource, response in ANSWERS
    )
    render(exchanges, file)
    return file.getvalue().encode()


def curl_output(body: bytes, status: str = "HTTP/2 200") -> bytes:
    return f"{status}\r\ncontent-type: application/json\r\n\r\n".encode() + body


def check(folder: Path, *contents: bytes, options: tuple[str, ...] = ()) -> Result:
    """Check files with these contents."""
    files = []
    for number, each in enumerate(contents):
        files.append(folder / f"capture{number}")
        files[-1].write_bytes(each)
    return run_command("check", *map(str, files), *options)
