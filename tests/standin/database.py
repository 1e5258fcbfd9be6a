"""The service's jobs and keys in a SQLite file: its tables, what they hold at first, and how a job goes on."""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.standin.models import FineTuningJob, Identity, Status

KEYS: Final = {"standin-key-ours": "acct-ours", "standin-key-theirs": "acct-theirs"}
"""API key to account."""

OURS, THEIRS = KEYS.values()
COUNT: Final = 30
"""Jobs of each account: so many that every vendor is seen in every status."""

_SCHEMA: Final = """
PRAGMA journal_mode = WAL;
CREATE TABLE api_key (key TEXT PRIMARY KEY, account_id TEXT NOT NULL);
CREATE TABLE fine_tuning_job (
    id TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by_user_id TEXT NOT NULL,
    created_by_identity_type TEXT NOT NULL,
    status TEXT NOT NULL,
    training_dataset_id TEXT NOT NULL,
    base_model_id TEXT,
    fine_tuned_model_id TEXT,
    validation_dataset_id TEXT,
    vendor_configuration TEXT,
    outcome TEXT NOT NULL,
    ends INTEGER NOT NULL,
    reads INTEGER NOT NULL DEFAULT 0
);
"""

_STARTS: Final = 4
"""At its how-manyeth read a job has left PENDING for RUNNING."""

_ENDS: Final = (6, 40)
"""At its how-manyeth read a short and a long job have left RUNNING for their outcome."""

_CONFIGURATIONS: Final[tuple[dict[str, Any] | None, ...]] = (
    {"vendor": "LAUNCH", "hyperparameters": {"epochs": 3, "lr": 2e-5}, "output": "s3://models/launch"},
    {"vendor": "LLMENGINE", "wandb_config": {"project": "ft", "tags": ["a", "b"]}, "suffix": "v2"},
    {"vendor": "OPENAI", "hyperparameters": {"n_epochs": "auto"}, "suffix": "support-bot"},
    {"vendor": "OPENAI"},
    {"vendor": "LAUNCH"},
    None,
)


def job_ids(account: str) -> tuple[str, ...]:
    """The ids of the account's jobs, the same in every database."""
    return tuple(str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account}/{number}")) for number in range(COUNT))


def create(file: Path) -> None:
    """Make the database and fill it."""
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executescript(_SCHEMA)
        connection.executemany("INSERT INTO api_key VALUES (?, ?)", KEYS.items())
        for account in (OURS, THEIRS):
            for number, job_id in enumerate(job_ids(account)):
                row = _row(account, number, job_id)
                columns, marks = ", ".join(row), ", ".join("?" for _ in row)
                connection.execute(f"INSERT INTO fine_tuning_job ({columns}) VALUES ({marks})", [*row.values()])


def _row(account: str, number: int, job_id: str) -> dict[str, Any]:
    status = [*Status][number % len(Status)]
    outcome = [Status.COMPLETED, Status.FAILED, Status.CANCELED][number % 3]
    configuration = _CONFIGURATIONS[number // len(Status) % len(_CONFIGURATIONS)]
    created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number, seconds=number, microseconds=number % 2 * 250)
    return {
        "id": job_id,
        "account_id": account,
        "created_at": created.isoformat(),
        "created_by_user_id": f"user-{number % 4}",
        "created_by_identity_type": [*Identity][number % len(Identity)],
        "status": status,
        "training_dataset_id": f"dataset-{number}",
        "base_model_id": None if number % 7 == 0 else f"model-{number % 3}",
        "fine_tuned_model_id": f"model-ft-{number}" if status == Status.COMPLETED else None,
        "validation_dataset_id": f"dataset-v{number}" if number % 2 else None,
        "vendor_configuration": json.dumps(configuration) if configuration else None,
        "outcome": outcome,
        "ends": _ENDS[number // len(Status) % len(_ENDS)],
    }


class Database:
    """Reads and advances the jobs of one file; every call has a connection and a transaction of its own."""

    def __init__(self, file: Path) -> None:
        self._file = file

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, isolation_level="IMMEDIATE")) as connection, connection:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA synchronous = OFF")
            yield connection

    def account_of(self, key: str) -> str | None:
        """The account that the key belongs to; None for an unknown key."""
        with self._connected() as connection:
            row = connection.execute("SELECT account_id FROM api_key WHERE key = ?", [key]).fetchone()
        return row["account_id"] if row else None

    def job(self, job_id: str) -> FineTuningJob | None:
        """The job, one read further on; None where there is none."""
        with self._connected() as connection:
            row = connection.execute(
                "UPDATE fine_tuning_job SET reads = reads + 1 WHERE id = ? RETURNING *", [job_id]
            ).fetchone()
            if row is None:
                return None
            job = _job(row)
            status = _next(job.status, row)
            if status != job.status:
                model = f"model-ft-{job_id[:8]}" if status == Status.COMPLETED else None
                job = job.model_copy(update={"status": status, "fine_tuned_model_id": model})
                sets = "UPDATE fine_tuning_job SET status = ?, fine_tuned_model_id = ? WHERE id = ?"
                connection.execute(sets, [status, model, job_id])
        return job

    def page(self, account: str, limit: int, page: int) -> tuple[list[FineTuningJob], int]:
        """So many of the account's jobs, the newest first, and how many there are in all."""
        with self._connected() as connection:
            where = "FROM fine_tuning_job WHERE account_id = ?"
            total = connection.execute(f"SELECT count(*) {where}", [account]).fetchone()[0]
            rows = connection.execute(
                f"SELECT * {where} ORDER BY created_at DESC LIMIT ? OFFSET ?", [account, limit, limit * (page - 1)]
            ).fetchall()
        return [_job(row) for row in rows], total


def _job(row: sqlite3.Row) -> FineTuningJob:
    values = {name: row[name] for name in FineTuningJob.model_fields}
    configuration = values["vendor_configuration"]
    return FineTuningJob(**{**values, "vendor_configuration": json.loads(configuration) if configuration else None})


def _next(status: Status, row: sqlite3.Row) -> Status:
    if status is Status.PENDING and row["reads"] >= _STARTS:
        return Status.RUNNING
    return Status(row["outcome"]) if status is Status.RUNNING and row["reads"] >= row["ends"] else status
