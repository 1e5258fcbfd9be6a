"""Find captures in files, folders and standard input, and read each in the format that its content has.

Hides compression and how a format is recognised. Nothing is read whole that may be long: archives and lines come one by
one, compressed ones as they are decompressed.
"""

import codecs
import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, cast

import jiter

from contracts.captures.archive import read_archive
from contracts.captures.by_path import BEGINNING, read_by_path
from contracts.captures.capture import Capture, Unread
from contracts.captures.lines import read_exchange, read_lines
from contracts.captures.messages import read_body, read_messages
from contracts.captures.report import read_report_answers
from contracts.openapi import parse_json

PEEKED: Final = 64 * 1024
"""how many bytes at the beginning of a file are looked at to recognise its format."""

_ENDINGS: Final = ("", ".har", ".json", ".jsonl", ".ndjson", ".txt", ".http", ".out")
"""How the names of captures in a folder end, `.gz` behind it or not."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says of captures that do not say it: the path that was asked for, a body's status and type."""

    path: str = ""
    status: int | None = None
    content_type: str = "application/json"


def read_captures(names: Sequence[str], given: Given) -> Iterator[Capture | Unread]:
    """Yield every captured answer, and what could not be read; `-` is standard input, a folder is all its captures."""
    for number, name in enumerate(names):
        path = Path(name)
        if name == "-" in names[:number]:
            yield Unread("standard input", "it was read before")
        elif name == "-":
            yield from _read_file(None, given)
        elif not path.is_dir():
            yield from _read_file(path, given)
        elif found := sorted(each for each in path.rglob("*") if each.is_file() and _may_be_capture(each)):
            for file in found:
                yield from _read_file(file, given)
        else:
            yield Unread(name, f"no file in it ends in {', '.join(filter(None, _ENDINGS))}")


def _may_be_capture(file: Path) -> bool:
    name = file.name.removesuffix(".gz")
    return not name.startswith(".") and Path(name).suffix in _ENDINGS


def _read_file(source: Path | None, given: Given) -> Iterator[Capture | Unread]:
    name = str(source) if source else "standard input"
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(source.open("rb")) if source else cast("IO[bytes]", sys.stdin.buffer)
            file = stack.enter_context(_decompressed(io.BufferedReader(cast("io.RawIOBase", raw), PEEKED)))
            yield from _read(name, file, given)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            yield Unread(name, "its compression is cut or damaged: only what stands before that can be judged")
        except OSError as error:
            yield Unread(name, f"it cannot be read: {error.strerror or error}")


def _decompressed(file: io.BufferedReader) -> io.BufferedReader:
    is_gzip = file.peek(2)[:2] == b"\x1f\x8b"
    return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=file)), PEEKED) if is_gzip else file


def _read(name: str, file: io.BufferedReader, given: Given) -> Iterator[Capture | Unread]:
    head = file.peek(PEEKED)[:PEEKED]
    if given.status is not None:
        yield read_body(name, file.read(), given.path, given.status, given.content_type)
        return
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        yield Unread(name, "it is UTF-16, as PowerShell's > writes it; save it as UTF-8")
        return
    if head.startswith(codecs.BOM_UTF8):
        # A reader passes it over (HAR 1.2); in a body alone it is one of the body's flaws.
        head = head[file.readinto(bytearray(len(codecs.BOM_UTF8))) :]
    yield from _read_format(name, head, file, given)


def _read_format(name: str, head: bytes, file: io.BufferedReader, given: Given) -> Iterator[Capture | Unread]:
    if not head.strip():
        yield Unread(name, "it is empty")
    elif head.startswith(b"HTTP/"):
        yield from read_messages(name, file.read(), given.path)
    elif BEGINNING.match(head):
        yield from read_by_path(name, file.read())
    elif _is_lines(head):
        yield from read_lines(name, file)
    elif not head.lstrip().startswith(b"{"):
        yield Unread(name, f"{_UNKNOWN}; a body alone needs --status")
    elif "exit_code" in (first := _beginning_of(head)):
        yield from read_report_answers(name, file.read())
    elif "log" in first:
        yield from read_archive(name, file)
    elif _is_exchange(first):
        yield _read_pretty(name, file.read())
    else:
        yield Unread(name, f"{_UNKNOWN}; a body alone needs --status")


_UNKNOWN: Final = "it is no HAR, no output of `curl -i`, no JSON of answers by path or line, and no report.json"


def _is_lines(head: bytes) -> bool:
    """Return whether a line of the beginning is an exchange; damaged lines may stand before it."""
    return any(_is_exchange(_beginning_of(line)) for line in head.splitlines() if line.lstrip().startswith(b"{"))


def _is_exchange(value: Mapping[str, Any]) -> bool:
    return "status" in value and ("url" in value or "path" in value)


def _beginning_of(text: bytes) -> Mapping[str, Any]:
    """Return the members of an object of which the text may be only the beginning; none if it is no JSON object."""
    value: Any = None
    try:
        value = jiter.from_json(text.strip(), partial_mode=True)
    except ValueError:
        with suppress(ValueError):
            value = json.loads(text)  # It may hold halves of surrogate pairs.
    return value if isinstance(value, dict) else {}


def _read_pretty(name: str, text: bytes) -> Capture | Unread:
    """Return the exchange that a file holds on several lines."""
    value, flaws = parse_json(text)
    return Unread(name, f"it is no strict JSON: {flaws[0].detail}") if flaws else read_exchange(name, value)
