"""Reports for people and machines, each made of one Verdict; `write` puts them into a folder, or says why it could not.

Every module here is one format. None of them decides anything.
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
from typing import Final, TextIO

from contracts.comparison import Comparison
from contracts.ledger import Night
from contracts.recorder import EXCHANGES
from contracts.reports import har, markdown, page, report_json, sarif
from contracts.verdict import Verdict

ARCHIVE: Final = "exchanges.har"

Render = Callable[[TextIO], object]


@dataclass(frozen=True, slots=True)
class Trouble:
    """What kept something from being told, in words; `ours` if it was the harness and not what it runs on."""

    words: str
    ours: bool = False

    def __str__(self) -> str:
        return self.words


def trouble(what: object, error: Exception) -> Trouble:
    """The trouble that an error made: the machine's own errors are nobody's fault."""
    if isinstance(error, OSError):
        return Trouble(f"{what}: {error.strerror or error}")
    return Trouble(f"{what}, by a fault of the harness: {type(error).__name__}: {error}", ours=True)


def write(
    folder: Path, verdict: Verdict, comparison: Comparison | None = None, trend: Sequence[Night] = ()
) -> Iterator[Trouble]:
    """Write every report, each whole or not at all, whatever becomes of the others; yields what could not be."""
    renderings: dict[str, Render] = {
        "report.json": partial(report_json.render, verdict, comparison, trend),
        "report.md": partial(markdown.render, verdict, comparison),
        "report.sarif": partial(sarif.render, verdict),
        "report.html": partial(page.render, verdict, comparison, trend, folder / EXCHANGES),
    }
    for name, render in renderings.items():
        yield from attempt(folder / name, render)
    yield from _archive(folder, verdict)


def _archive(folder: Path, verdict: Verdict) -> Iterator[Trouble]:
    """Make the archive of what was recorded, which is kept where that cannot be."""
    held = 0

    def render(file: TextIO) -> None:
        nonlocal held
        held = har.render(folder / EXCHANGES, file)

    troubles = tuple(attempt(folder / ARCHIVE, render))
    yield from troubles
    if not troubles and (folder / EXCHANGES).is_dir():
        shutil.rmtree(folder / EXCHANGES, ignore_errors=True)
        if held < verdict.requests:
            yield Trouble(f"{folder / ARCHIVE} holds {held} of {verdict.requests} exchanges: the rest were not kept")


def attempt(path: Path, render: Render) -> Iterator[Trouble]:
    """Write a file, or say why it was not written; an earlier file of that name is left as it was then."""
    try:
        atomically(path, render)
    except Exception as error:  # noqa: BLE001 - one report that fails must not take the others with it
        yield trouble(f"{path} was not written", error)


def atomically(path: Path, render: Render) -> None:
    """Write a file under another name, and give it its own when it is whole; raises OSError, and leaves none behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, other = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, "w", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - a descriptor
            render(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(other, 0o644)  # noqa: PTH101 - mkstemp lets nobody else read it
        Path(other).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(other).unlink()
        raise
