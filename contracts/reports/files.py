"""Write every report of a verdict into a folder.

Hides which files there are, and how a file is written whole or not at all.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, TextIO

from contracts.http import Exchange
from contracts.reports import har, junit, markdown, page, report_json, sarif
from contracts.reports.comparison import Comparison
from contracts.reports.junit import Promises
from contracts.reports.recorder import EXCHANGES, recorded
from contracts.verdict import RunSummary, Verdict

ARCHIVE: Final = "exchanges.har"

Render = Callable[[TextIO], object]
"""Writes the contents of a file."""


@dataclass(frozen=True, slots=True)
class ReportError:
    """The reason, in words, why something was not reported; `ours` if it is a fault of the harness."""

    words: str
    ours: bool = False

    def __str__(self) -> str:
        return self.words


def report_error(consequence: object, error: Exception) -> ReportError:
    """Return the error in words; errors of the machine, such as a full disk, are no fault of the harness."""
    if isinstance(error, OSError):
        return ReportError(f"{consequence}: {error.strerror or error}")
    return ReportError(f"{consequence}, by a fault of the harness: {type(error).__name__}: {error}", ours=True)


def write_reports(
    folder: Path,
    verdict: Verdict,
    comparison: Comparison | None = None,
    trend: Sequence[RunSummary] = (),
    promises: Promises = MappingProxyType({}),
) -> Iterator[ReportError]:
    """Write every report into the folder, which is made; yield an error for each that could not be written.

    Each file is written whole or not at all, independently of the others. `trend` are the latest runs of a ledger, the
    oldest first; `promises` are the test cases of junit.xml.
    """
    exchanges = partial(recorded, folder / EXCHANGES, verdict.run.document)
    renderings: dict[str, Render] = {
        "report.json": partial(report_json.render, verdict, comparison, trend),
        "report.md": partial(markdown.render, verdict, comparison),
        "report.sarif": partial(sarif.render, verdict),
        "report.html": lambda file: page.render(verdict, comparison, trend, exchanges(), file),
        "junit.xml": partial(junit.render, verdict, promises),
    }
    for name, render in renderings.items():
        yield from attempt(folder / name, render)
    yield from _archive(folder, verdict.requests, exchanges)


def _archive(folder: Path, requests: int, exchanges: Callable[[], Iterator[Exchange]]) -> Iterator[ReportError]:
    """Write the archive of the exchanges; what was recorded is removed only if the archive was written."""
    held = 0

    def render(file: TextIO) -> None:
        nonlocal held
        held = har.render(exchanges(), file)

    errors = tuple(attempt(folder / ARCHIVE, render))
    yield from errors
    if not errors and (folder / EXCHANGES).is_dir():
        shutil.rmtree(folder / EXCHANGES, ignore_errors=True)
        if held < requests:
            yield ReportError(f"{folder / ARCHIVE} holds {held} of {requests} exchanges: the rest were not kept")


def attempt(path: Path, render: Render) -> Iterator[ReportError]:
    """Write a file; yield an error if it could not be written, and leave an earlier file of its name as it is."""
    try:
        atomically(path, render)
    except Exception as error:  # noqa: BLE001 - a report that fails must not keep the others from being written
        yield report_error(f"{path} was not written", error)


def atomically(path: Path, render: Render) -> None:
    """Write a file under a temporary name and rename it when it is complete.

    Raise OSError if that fails, and leave neither the temporary file nor a partial one behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, other = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a descriptor
            render(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(other, 0o644)  # noqa: PTH101 - mkstemp lets only the owner read it
        Path(other).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(other).unlink()
        raise
