"""Keep what many runs have seen in one SQLite file, over nights, machines and shards.

A run is added in one transaction or not at all, so that neither a crash, nor a full disk, nor several processes at once
lose what the file held. It has a rollback journal rather than a write-ahead log, so that between runs it is a single
file, which can be copied or kept as an artifact.
"""

import datetime
import json
import sqlite3
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final

from contracts.coverage import Feature
from contracts.openapi import ConfigurationError, ContractError
from contracts.reports import refused_line, violation_line, visible
from contracts.verdict import FeatureObservation, RunSummary, Verdict, latency_quantile

VERSION: Final = 1
"""The version of the tables; the file keeps it as its `user_version`."""

MAX_WAIT: Final = 30.0
"""Seconds to wait for another process that is writing."""

_TABLES: Final = """
CREATE TABLE runs (
  id TEXT PRIMARY KEY, started REAL NOT NULL, seconds REAL NOT NULL, target TEXT NOT NULL, document TEXT NOT NULL,
  profile TEXT NOT NULL, seed TEXT NOT NULL, outcome TEXT NOT NULL, promised INTEGER NOT NULL, answers TEXT NOT NULL
);
CREATE INDEX runs_by_target ON runs (target, started);
CREATE TABLE features (
  id INTEGER PRIMARY KEY, operation TEXT NOT NULL, place TEXT NOT NULL, kind TEXT NOT NULL, which TEXT NOT NULL,
  UNIQUE (operation, place, kind, which)
);
CREATE TABLE seen (
  run TEXT NOT NULL REFERENCES runs, feature INTEGER NOT NULL REFERENCES features, is_promised INTEGER NOT NULL,
  count INTEGER NOT NULL, first REAL NOT NULL, resource TEXT NOT NULL, PRIMARY KEY (feature, run)
) WITHOUT ROWID;
CREATE TABLE violations (
  run TEXT NOT NULL REFERENCES runs, id TEXT NOT NULL, rule TEXT NOT NULL, message TEXT NOT NULL,
  count INTEGER NOT NULL, PRIMARY KEY (run, id)
) WITHOUT ROWID;
CREATE TABLE times (
  run TEXT NOT NULL REFERENCES runs, operation TEXT NOT NULL, bucket INTEGER NOT NULL, count INTEGER NOT NULL,
  PRIMARY KEY (run, operation, bucket)
) WITHOUT ROWID;
"""


# Ledgers of this version were made without it.
_REFUSED: Final = "CREATE TABLE IF NOT EXISTS refused (run TEXT NOT NULL REFERENCES runs, message TEXT NOT NULL)"


class LedgerError(ContractError):
    """A ledger that could not be written; it still holds what it held before."""


@dataclass(frozen=True, slots=True)
class Broken:
    """A violation of the latest run, and since when every run has had it."""

    id: str
    message: str
    since: datetime.datetime
    runs: int


class Ledger:
    """An open ledger; use `with closing(...)`, or `close` it."""

    def __init__(self, path: Path, *, reads_only: bool = False) -> None:
        """Open or make it; raises ConfigurationError, in one line, for a file that is something else.

        With `reads_only` nothing is made or added: an empty file stays one.
        """
        self.path = path
        with ExitStack() as stack:
            try:
                if not reads_only:
                    path.parent.mkdir(parents=True, exist_ok=True)
                self._base = stack.enter_context(closing(_connection(path, reads_only=reads_only)))
                version = self._read_version() if reads_only else self._version()
            except (OSError, sqlite3.Error) as error:
                problem = f"--ledger {path} cannot be opened: {error}; name a ledger, or a new file"
                raise ConfigurationError(problem) from None
            if version != VERSION:
                raise ConfigurationError(f"--ledger {path} is of version {version}, not {VERSION}; name another file")
            stack.pop_all()  # It stays open.

    def _version(self) -> int:
        """Return the file's version; an empty file is made a ledger."""
        with self._base:
            self._base.execute("BEGIN IMMEDIATE")
            (version,) = self._base.execute("PRAGMA user_version").fetchone()
            if version == 0 and not self._base.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in _TABLES.strip().split(";\n"):
                    self._base.execute(statement)
                self._base.execute(f"PRAGMA user_version = {VERSION}")
                version = VERSION
            if version == VERSION:
                self._base.execute(_REFUSED)
        return int(version)

    def _read_version(self) -> int:
        """Return the file's version; what a ledger of an earlier version lacks is made for this connection alone."""
        (version,) = self._base.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in self._base.execute("SELECT name FROM sqlite_master")}
        if version == VERSION and "refused" not in tables:
            self._base.execute(_REFUSED.replace("CREATE TABLE", "CREATE TEMP TABLE"))
        self._base.execute("PRAGMA query_only = ON")
        return int(version)

    def close(self) -> None:
        """Close the file."""
        self._base.close()

    def add(self, verdict: Verdict) -> None:
        """Add a run, whole or not at all; raises LedgerError, in one line, when it cannot be."""
        try:
            with self._base:
                self._base.execute("BEGIN IMMEDIATE")
                self._add(uuid.uuid4().hex, verdict)
        except sqlite3.Error as error:
            raise LedgerError(f"the run was not added to {self.path}: {error}") from None

    def _add(self, run: str, verdict: Verdict) -> None:
        about, many = verdict.run, self._base.executemany
        row = (
            *(run, about.started.timestamp(), about.seconds, about.target, about.document.sha256, about.profile),
            *(about.seed, str(verdict.outcome), len(verdict.coverage), json.dumps(dict(verdict.answers))),
        )
        self._base.execute(f"INSERT INTO runs VALUES ({', '.join('?' * len(row))})", row)  # noqa: S608 - only marks
        shown = {**verdict.coverage, **verdict.undeclared}
        many("INSERT OR IGNORE INTO features (operation, place, kind, which) VALUES (?, ?, ?, ?)", map(astuple, shown))
        many(
            "INSERT INTO seen SELECT ?, id, ?, ?, ?, ? FROM features"
            " WHERE (operation, place, kind, which) = (?, ?, ?, ?)",
            (
                (run, feature in verdict.coverage, *_observed(each), *astuple(feature))
                for feature, each in shown.items()
            ),
        )
        violations = [(each.violation, each.count) for each in verdict.findings]
        many(
            "INSERT INTO violations VALUES (?, ?, ?, ?, ?)",
            [(run, each.fingerprint, each.rule, violation_line(each), count) for each, count in violations],
        )
        many("INSERT INTO refused VALUES (?, ?)", [(run, refused_line(each)) for each in verdict.refused])
        for path, counts in verdict.times.items():
            many("INSERT INTO times VALUES (?, ?, ?, ?)", [(run, path, *each) for each in counts.items()])

    def _rows(self, question: str, *values: object) -> list[Any]:
        try:
            return self._base.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"the ledger cannot be read: {error}") from None

    def targets(self) -> tuple[str, ...]:
        """Return every target that was judged, in alphabetical order."""
        return tuple(target for (target,) in self._rows("SELECT DISTINCT target FROM runs ORDER BY target"))

    def promised(self, target: str) -> tuple[Feature, ...]:
        """Return the features that the document of the latest run promises."""
        rows = self._rows(
            "SELECT operation, place, kind, which FROM features JOIN seen ON features.id = feature WHERE run ="
            " (SELECT id FROM runs WHERE target = ? ORDER BY started DESC LIMIT 1) AND is_promised ORDER BY feature",
            target,
        )
        return tuple(Feature(*columns) for columns in rows)

    def counts(self) -> dict[Feature, int]:
        """Return how often each feature was seen, in all runs against all targets."""
        rows = self._rows(
            "SELECT operation, place, kind, which, sum(count) FROM seen JOIN features ON features.id = feature"
            " GROUP BY feature"
        )
        return {Feature(*columns): count for *columns, count in rows}

    def count_runs(self, target: str, profile: str) -> int:
        """Return how many runs of a profile there were against a target."""
        ((count,),) = self._rows("SELECT count(*) FROM runs WHERE target = ? AND profile = ?", target, profile)
        return int(count)

    def last_seen(self, target: str) -> dict[Feature, datetime.datetime]:
        """Return when each feature was seen last, by the beginning of the run that saw it."""
        return self._when("max(started)", target)

    def first_seen(self, target: str) -> dict[Feature, datetime.datetime]:
        """Return when each feature was seen for the first time, to the answer."""
        return self._when("min(first)", target)

    def _when(self, what: str, target: str) -> dict[Feature, datetime.datetime]:
        rows = self._rows(
            f"SELECT operation, place, kind, which, {what} FROM seen JOIN features ON features.id = feature"  # noqa: S608
            " JOIN runs ON runs.id = run WHERE target = ? AND count > 0 GROUP BY feature",
            target,
        )
        return {Feature(*columns): _moment(at) for *columns, at in rows}

    def broken(self, target: str) -> tuple[Broken, ...]:
        """Return the violations of the latest run, the oldest first."""
        runs = self._rows("SELECT id, started FROM runs WHERE target = ? ORDER BY started DESC", target)
        broken: dict[str, Broken] = {}
        for number, (run, started) in enumerate(runs, 1):
            found = dict(self._rows("SELECT id, message FROM violations WHERE run = ?", run))
            messages = {each.id: each.message for each in broken.values() if each.runs == number - 1}
            unbroken = found if number == 1 else {name: messages[name] for name in found if name in messages}
            if not unbroken:
                break
            broken |= {name: Broken(name, text, _moment(started), number) for name, text in unbroken.items()}
        return tuple(sorted(broken.values(), key=lambda each: (each.since, each.message)))

    def refused(self, target: str) -> tuple[str, ...]:
        """Return which ids the latest run saw refused before the operation, a line for each class."""
        latest = "(SELECT id FROM runs WHERE target = ? ORDER BY started DESC LIMIT 1)"
        rows = self._rows(f"SELECT message FROM refused WHERE run = {latest} ORDER BY message", target)  # noqa: S608
        return tuple(message for (message,) in rows)

    def latest_runs(self, target: str, most: int = 30) -> tuple[RunSummary, ...]:
        """Return the latest runs against a target, the oldest of them first."""
        rows = self._rows(
            "SELECT id, started, profile, outcome, answers,"
            " (SELECT count(*) FROM violations WHERE run = runs.id),"
            " (SELECT count(*) FROM seen WHERE run = runs.id AND is_promised AND count > 0), promised,"
            " (SELECT total(count) FROM violations WHERE run = runs.id AND rule GLOB 'flaky.*')"
            " FROM runs WHERE target = ? ORDER BY started DESC LIMIT ?",
            target,
            most,
        )
        return tuple(self._summary(*row) for row in reversed(rows))

    def _summary(self, run: str, started: float, profile: str, outcome: str, answers: str, *counts: int) -> RunSummary:
        violations, seen, promised, flaky = counts
        total = sum(json.loads(answers).values())
        times = dict(self._rows("SELECT bucket, sum(count) FROM times WHERE run = ? GROUP BY bucket", run))
        p50, p95, p99 = (latency_quantile(times, share) if times else None for share in (0.5, 0.95, 0.99))
        share = flaky / total if total else 0.0
        return RunSummary(_moment(started), profile, outcome, total, violations, seen, promised, share, p50, p95, p99)


def unseen_since(
    promised: Iterable[Feature], last: Mapping[Feature, datetime.datetime], moment: datetime.datetime
) -> Iterator[tuple[Feature, datetime.datetime | None]]:
    """Yield the promised features that no run has shown since the moment, and when each was seen last, if ever."""
    for feature in promised:
        if (at := last.get(feature)) is None or at < moment:
            yield feature, at


def _connection(path: Path, *, reads_only: bool) -> sqlite3.Connection:
    # The first reader after a crash takes back what was written by halves, for which mode=ro would be too little.
    name = f"{path.absolute().as_uri()}?mode=rw" if reads_only else str(path)
    return sqlite3.connect(name, timeout=MAX_WAIT, isolation_level=None, uri=reads_only)


def _is_empty(path: Path) -> bool:
    """Return whether a file holds nothing at all, as `touch` makes it; raises ConfigurationError if there is none."""
    if not path.is_file():
        raise ConfigurationError(f"there is no ledger {path}; name a file that --ledger has made")
    return path.stat().st_size == 0


def _observed(each: FeatureObservation | None) -> tuple[int, float, str]:
    return (each.count, each.first, json.dumps(each.resource)) if each else (0, 0.0, "[]")


def _moment(at: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(at, datetime.UTC)


def seen_features(path: Path) -> dict[Feature, int]:
    """Return how often all runs of the ledger saw each feature; raises ConfigurationError, in one line, without one."""
    if _is_empty(path):
        return {}
    with closing(Ledger(path, reads_only=True)) as ledger:
        return ledger.counts()


def ledger_lines(path: Path, days: int, now: datetime.datetime) -> Iterator[str]:
    """Yield what the ledger knows, target by target, in the lines that `contract ledger FILE` prints."""
    if _is_empty(path):
        yield _no_runs(path)
        return
    with closing(Ledger(path, reads_only=True)) as ledger:
        targets = ledger.targets()
        if not targets:
            yield _no_runs(path)
        for target in targets:
            yield target
            yield from (f"  {line}" for line in _lines(ledger, target, now - datetime.timedelta(days)))


def _no_runs(path: Path) -> str:
    return visible(f"no runs are in {path}")


def _lines(ledger: Ledger, target: str, since: datetime.datetime) -> Iterator[str]:
    yield "started (UTC)     profile     outcome       answers  violations  seen       flaky    p50     p95     p99 ms"
    for run in ledger.latest_runs(target):
        quantiles = (run.p50, run.p95, run.p99)
        times = "  ".join("     –" if seconds is None else f"{seconds * 1000:6.1f}" for seconds in quantiles)
        yield (
            f"{run.started:%Y-%m-%d %H:%M}  {run.profile:<10}  {run.outcome:<12}  {run.answers:>7}"
            f"  {run.violations:>10}  {run.seen:>4}/{run.promised:<4}  {run.flaky:>5.1%}  {times}"
        )
    for each in ledger.broken(target):
        yield f"broken since {each.since:%Y-%m-%d %H:%M}, {each.runs} runs: {each.message}"
    yield from (f"refused in the latest run, no violation: {each}" for each in ledger.refused(target))
    last = ledger.last_seen(target)
    for feature, at in unseen_since(ledger.promised(target), last, since):
        when = f"not seen since {at:%Y-%m-%d}" if at else "never seen"
        yield f"{when}: {feature.location} {feature.kind} {feature.which}".rstrip()
    fresh = [(feature, at) for feature, at in ledger.first_seen(target).items() if at >= since]
    for feature, at in fresh if len(fresh) < len(last) else ():
        yield f"first seen {at:%Y-%m-%d %H:%M}: {feature.location} {feature.kind} {feature.which}".rstrip()
