"""Keep every exchange of a run on disk as it happens, so that memory stays flat and a crash loses nothing.

Hides the files: each process appends to one of its own, one JSON text a line (see `Exchange.to_json`).
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, TextIO

from contracts.http import Exchange
from contracts.openapi import Document

EXCHANGES: Final = ".exchanges"
"""The folder, inside that of the reports, in which exchanges are kept while a run lasts."""


class Recorder:
    """Appends exchanges to the file of one process; makes the folder, and raises OSError if it cannot be made."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = (folder / f"{name}.jsonl").open("a", encoding="utf-8", buffering=1)

    def __call__(self, exchange: Exchange) -> None:
        """Keep one exchange; once the disk is full, neither it nor any later one is kept."""
        if self._file.closed:
            return
        try:
            self._file.write(json.dumps(exchange.to_json()) + "\n")
        except OSError:
            # The run goes on: the reports say how many exchanges were kept.
            self.close()

    def close(self) -> None:
        """Write everything that is buffered, as far as there is room for it."""
        with suppress(OSError):
            self._file.close()


def recorded(folder: Path, document: Document) -> Iterator[Exchange]:
    """Yield every exchange of the document's operations that was kept in the folder, file by file.

    Lines that a crash cut short are left out.
    """
    operations = {operation.path: operation for operation in document.operations}
    for file in sorted(folder.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                with suppress(ValueError, LookupError):
                    yield Exchange.from_json(json.loads(line), operations)
