"""The processes of a run share one file, and a file that cannot be used is reported in one line."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from contracts.http import shared_state
from contracts.http.shared_state import SharedState, SharedStateError

TABLE = "CREATE TABLE IF NOT EXISTS one (a INTEGER PRIMARY KEY);"


def test_a_statement_returns_all_its_rows_and_holds_no_lock_after_them(tmp_path: Path) -> None:
    ours, theirs = SharedState(TABLE, tmp_path / "file"), SharedState(TABLE, tmp_path / "file")
    assert ours.execute("INSERT INTO one VALUES (?), (?) RETURNING a", (1, 2)) == [(1,), (2,)]
    assert theirs.execute("INSERT OR IGNORE INTO one VALUES (1) RETURNING a") == []
    assert theirs.execute("SELECT a FROM one ORDER BY a") == [(1,), (2,)]
    ours.close()
    theirs.close()


def test_a_state_without_a_path_is_made_for_the_first_statement_and_once_for_several_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[str] = []
    connect = sqlite3.connect

    def noting(name: str, **options: Any) -> sqlite3.Connection:
        opened.append(name)
        database: sqlite3.Connection = connect(name, **options)
        return database

    monkeypatch.setattr(sqlite3, "connect", noting)
    SharedState(TABLE).close()
    state, together = SharedState(TABLE), threading.Barrier(8)
    assert opened == []

    def insert(number: int) -> None:
        together.wait()
        state.execute("INSERT INTO one VALUES (?)", (number,))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(insert, range(8)))
    assert state.execute("SELECT count(*) FROM one") == [(8,)]
    assert opened == [""]
    state.close()


def test_a_file_that_another_process_locks_is_reported_with_a_fix_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_state, "_MAX_WAIT", 0.01)
    ours = SharedState(TABLE, tmp_path / "file")
    other = sqlite3.connect(tmp_path / "file", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(SharedStateError, match=r"/file cannot be used: database is locked; run fewer processes by -n$"):
        ours.execute("INSERT INTO one VALUES (3)")
    other.close()
    ours.close()


def test_a_file_that_is_no_database_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no database at all" * 100)
    with pytest.raises(SharedStateError, match="file is not a database; name a folder with room by TMPDIR"):
        SharedState(TABLE, tmp_path / "file")
