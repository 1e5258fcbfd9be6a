"""Find captures in files, folders and standard input, and read each in the format that its content has.

Hides compression and how a format is recognised. Nothing is read whole that may be long: archives and lines come one by
one, compressed ones as they are decompressed.
"""

import gzip
import io
import json
import sys
import zlib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final, cast

from contracts.captures.archive import read_archive
from contracts.captures.by_path import BEGINNING, read_by_path
from contracts.captures.capture import Capture, Unread
from contracts.captures.lines import read_lines
from contracts.captures.messages import read_body, read_message
from contracts.captures.report import read_report_answers

PEEKED: Final = 64 * 1024
"""how many bytes at the beginning of a file are looked at to recognise its format."""

_ENDINGS: Final = ("", ".har", ".json", ".jsonl", ".ndjson", ".txt", ".http", ".out")
"""How the names of captures in a folder end, `.gz` behind it or not."""


@dataclass(frozen=True, slots=True)
class Given:
    """What the user says of captures that do not say it: the path that was asked for, a body's status and type."""

    path: str = ""
    status: int = 0
    content_type: str = "application/json"


def read_captures(names: Sequence[str], given: Given) -> Iterator[Capture | Unread]:
    """Yield every captured answer, and what could not be read; `-` is standard input, a folder is all its captures."""
    for name in names:
        path = Path(name)
        if name == "-":
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
            yield Unread(name, "its compression is cut or damaged; what came before was judged")
        except OSError as error:
            yield Unread(name, f"it cannot be read: {error.strerror or error}")


def _decompressed(file: io.BufferedReader) -> io.BufferedReader:
    is_gzip = file.peek(2)[:2] == b"\x1f\x8b"
    return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=file)), PEEKED) if is_gzip else file


def _read(name: str, file: io.BufferedReader, given: Given) -> Iterator[Capture | Unread]:
    head = file.peek(PEEKED)[:PEEKED]
    if given.status:
        yield read_body(name, file.read(), given.path, given.status, given.content_type)
    elif not head.strip():
        yield Unread(name, "it is empty")
    elif head.startswith(b"HTTP/"):
        yield read_message(name, file.read(), given.path)
    elif not head.lstrip().startswith(b"{"):
        yield Unread(name, f"{_UNKNOWN}; a body alone needs --status")
    elif BEGINNING.match(head):
        yield from read_by_path(name, file.read())
    elif _is_lines(head):
        yield from read_lines(name, file)
    elif b'"exit_code"' in head:
        yield from read_report_answers(name, file.read())
    else:
        yield from read_archive(name, file)


_UNKNOWN: Final = "it is no HAR, no output of `curl -i`, no JSON of answers by path or line, and no report.json"


def _is_lines(head: bytes) -> bool:
    """Return whether the beginning is that of one JSON object a line, each an exchange."""
    line, ended, _ = head.lstrip().partition(b"\n")
    if not ended and len(head) >= PEEKED:
        # The first line is longer than the part that was read: an archive on one line begins with its log.
        return not line.lstrip(b"{ \t").startswith(b'"log"') and b'"exit_code"' not in line
    try:
        first = json.loads(line)
    except ValueError:
        return b'"status"' in line and b'"log"' not in line
    return isinstance(first, dict) and "log" not in first and "exit_code" not in first
