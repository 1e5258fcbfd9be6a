"""What the processes of one run share: files of SQLite that are made for it, and removed behind it."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from contracts.errors import ContractError

_PATIENCE: Final = 30.0
"""Seconds to wait for another process that is writing."""


class ScratchError(ContractError):
    """What the processes share can no longer be written, or read."""

    def __init__(self, path: Path | None, error: sqlite3.Error) -> None:
        super().__init__(path, error)
        self.path, self.error = path, error

    def __str__(self) -> str:
        busy = getattr(self.error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        mend = "run fewer processes by -n" if busy else "name a folder with room by TMPDIR"
        return f"{self.path or 'a temporary file'} cannot be used: {self.error}; {mend}"


class Scratch:
    """One file, with these tables; all of it raises ScratchError where there is no room for it, or no turn.

    The first process that opens it has to be alone meanwhile. Without a path what it holds is this object's own, in
    memory or, if it is much, in a temporary file.
    """

    def __init__(self, tables: str, path: Path | None = None) -> None:
        self._path = path
        try:
            self._base = self._opened(tables, path)
        except sqlite3.Error as error:
            raise ScratchError(path, error) from None

    def _opened(self, tables: str, path: Path | None) -> sqlite3.Connection:
        # Closed by whatever thread collects the garbage, if by nobody before: Python 3.13 warns of a connection that is
        # lost while it is open.
        base = sqlite3.connect(path or "", timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        self._closing = weakref.finalize(self, base.close)
        # Readers wait for nobody, and what a power cut leaves does not matter.
        readers = "PRAGMA journal_mode = WAL;" if path else ""
        base.executescript(f"{readers} PRAGMA synchronous = OFF; BEGIN IMMEDIATE; {tables} COMMIT")
        return base

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement, as a transaction of its own, which ends with the last of the rows that are returned."""
        try:
            return self._base.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise ScratchError(self._path, error) from None

    def close(self) -> None:
        """Close it; it is not to be used any more."""
        self._closing()
