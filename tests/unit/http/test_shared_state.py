"""The processes of a run share one file, and a file that cannot be used is reported in one line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

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
