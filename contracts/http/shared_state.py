"""Share state between the processes of one run.

Hides SQLite and its locking. The caller names a file in a folder that is made for the run and removed after it.
"""

import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Final

from contracts.openapi import ContractError

_MAX_WAIT: Final = 30.0
"""Seconds to wait for another process that is writing."""


class SharedStateError(ContractError):
    """The shared state can no longer be written, or read: its path, if it has one, and SQLite's error."""

    def __str__(self) -> str:
        path, error = self.args
        busy = getattr(error, "sqlite_errorcode", 0) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        fix = "run fewer processes by -n" if busy else "name a folder with room by TMPDIR"
        return f"{path or 'a temporary file'} cannot be used: {error}; {fix}"


class SharedState:
    """One SQLite file with these tables; every method raises SharedStateError if it is full, or busy for too long.

    No other process may open the file while the first one does. Without a path the state is this object's own, in
    memory or, if it grows, in a temporary file of SQLite's; it is made for the first statement, which may never come.
    """

    def __init__(self, tables: str, path: Path | None = None) -> None:
        self._path, self._tables = path, tables
        self._opening = threading.Lock()
        self._closing: Callable[[], object] = lambda: None
        self._database = self._open() if path else None

    def _open(self) -> sqlite3.Connection:
        # With a write-ahead log readers do not wait for writers; nothing of this has to survive a power cut. On large
        # pages a row of a kilobyte stands with its key, and is written in half the time.
        how = "journal_mode = WAL" if self._path else "page_size = 16384"
        try:
            database = sqlite3.connect(
                self._path or "", timeout=_MAX_WAIT, isolation_level=None, check_same_thread=False
            )
            # A connection that is still open is closed when it is collected, by any thread: Python 3.13 warns of one
            # that is lost while it is open.
            self._closing = weakref.finalize(self, database.close)
            database.executescript(f"PRAGMA {how}; PRAGMA synchronous = OFF; BEGIN IMMEDIATE; {self._tables} COMMIT")
        except sqlite3.Error as error:
            raise SharedStateError(self._path, error) from None
        return database

    def _opened(self) -> sqlite3.Connection:
        # Several threads may run their first statement at the same time.
        with self._opening:
            if self._database is None:
                self._database = self._open()
            return self._database

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run one statement as a transaction of its own, and return all its rows."""
        try:
            return self._opened().execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise SharedStateError(self._path, error) from None

    def execute_all(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run one statement for each of the rows, all as one transaction."""
        database = self._opened()
        try:
            database.execute("BEGIN IMMEDIATE")
            database.executemany(statement, rows)
            database.execute("COMMIT")
        except sqlite3.Error as error:
            raise SharedStateError(self._path, error) from None

    def close(self) -> None:
        """Close the file; no other method may be called any more."""
        self._closing()
