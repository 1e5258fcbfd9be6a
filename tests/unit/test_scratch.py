"""What the processes of a run share, and how it is told that it cannot be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from contracts import scratch
from contracts.scratch import Scratch, ScratchError

TABLE = "CREATE TABLE IF NOT EXISTS one (a INTEGER PRIMARY KEY);"


def test_a_statement_gives_all_its_rows_and_has_ended_with_them(tmp_path: Path) -> None:
    ours, theirs = Scratch(TABLE, tmp_path / "file"), Scratch(TABLE, tmp_path / "file")
    assert ours.execute("INSERT INTO one VALUES (?), (?) RETURNING a", (1, 2)) == [(1,), (2,)]
    assert theirs.execute("INSERT OR IGNORE INTO one VALUES (1) RETURNING a") == []
    assert theirs.execute("SELECT a FROM one ORDER BY a") == [(1,), (2,)]
    for each in (ours, theirs):
        each.close()


def test_a_file_that_another_keeps_for_itself_is_told_with_another_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "_PATIENCE", 0.01)
    ours = Scratch(TABLE, tmp_path / "file")
    other = sqlite3.connect(tmp_path / "file", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(ScratchError, match=r"/file cannot be used: database is locked; run fewer processes by -n$"):
        ours.execute("INSERT INTO one VALUES (3)")
    other.close()
    ours.close()


def test_a_file_that_is_something_else_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"no database at all" * 100)
    with pytest.raises(ScratchError, match="file is not a database; name a folder with room by TMPDIR"):
        Scratch(TABLE, tmp_path / "file")
