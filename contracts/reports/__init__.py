"""Reports for people and machines, each made of one Verdict; `write` puts them into a folder, or says why it could not.

Every module here is one format. None of them decides anything.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
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


def write(
    folder: Path, verdict: Verdict, comparison: Comparison | None = None, trend: Sequence[Night] = ()
) -> Iterator[str]:
    """Write every report, each whole or not at all; yields a line for each that could not be written."""
    renderings: dict[str, Render] = {
        "report.json": partial(report_json.render, verdict, comparison, trend),
        "report.md": partial(markdown.render, verdict, comparison),
        "report.sarif": partial(sarif.render, verdict),
        "report.html": partial(page.render, verdict, comparison, trend, folder / EXCHANGES),
        ARCHIVE: partial(har.render, folder / EXCHANGES),
    }
    for name, render in renderings.items():
        try:
            atomically(folder / name, render)
        except OSError as error:
            yield f"{folder / name} was not written: {error.strerror or error}"
        else:
            if name == ARCHIVE:
                shutil.rmtree(folder / EXCHANGES, ignore_errors=True)


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
