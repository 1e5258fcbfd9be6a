"""The ledger: what many runs have seen, merged from several processes, and never less than it had."""

from __future__ import annotations

import dataclasses
import datetime
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import ConfigurationError
from contracts.http.exchange import Response
from contracts.run.ledger import Ledger, LedgerError, ledger_lines, seen_features, unseen_since
from contracts.run.observer import Observer
from contracts.verdict.verdict import Verdict
from tests.support.tiny import answer, document_of, exchange_of
from tests.support.verdicts import verdict_on

SCHEMA = {"type": "object", "properties": {"state": {"enum": ["on", "off"]}, "name": {"type": "string"}}}
DOCUMENT = document_of(SCHEMA)
(OPERATION,) = DOCUMENT.operations
TARGET = "http://127.0.0.1:1"
FIRST = datetime.datetime(2026, 1, 1, 3, tzinfo=datetime.UTC)
DAY = datetime.timedelta(days=1)


def night(number: int, *bodies: Any, seconds: float = 0.1) -> Verdict:
    """The verdict of one night on answers with these bodies."""
    judge, started = Observer(), FIRST + number * DAY
    for each in bodies or ({"state": "on"},):
        came: Response = answer(200, each)
        at = started.timestamp() + 1
        judge(dataclasses.replace(exchange_of(OPERATION, came), at=at, seconds=seconds))
    verdict = verdict_on(judge.tally, DOCUMENT)
    return dataclasses.replace(verdict, run=dataclasses.replace(verdict.run, started=started))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    with closing(Ledger(path)) as made:
        yield made


def seen_in(ledger: Ledger) -> dict[str, int]:
    last = ledger.last_seen(TARGET)
    return {f"{each.location} {each.which}": (at - FIRST).days for each, at in last.items() if each.kind == "value"}


def test_it_knows_when_everything_was_seen_last(ledger: Ledger) -> None:
    for number, state in enumerate(["on", "off", "on"]):
        ledger.add(night(number, {"state": state}))
    assert seen_in(ledger) == {"200/state on": 2, "200/state off": 1}


def test_it_knows_when_everything_was_seen_for_the_first_time(ledger: Ledger) -> None:
    for number, state in enumerate(["on", "off", "on"]):
        ledger.add(night(number, {"state": state}))
    first = {each.which: at for each, at in ledger.first_seen(TARGET).items() if each.kind == "value"}
    second = datetime.timedelta(seconds=1)
    assert first == {"on": FIRST + second, "off": FIRST + DAY + second}


def test_what_was_not_seen_since_a_moment_is_listed_with_its_last_time_if_any(ledger: Ledger) -> None:
    for number in range(20):
        ledger.add(night(number, {"state": "on"}))
    ledger.add(night(20, {}))
    late = dict(unseen_since(ledger.promised(TARGET), ledger.last_seen(TARGET), FIRST + 15 * DAY))
    names = {f"{each.location} {each.kind} {each.which}".strip(): at for each, at in late.items()}
    assert names == {"200/state value off": None, "200/name present": None}
    late = dict(unseen_since(ledger.promised(TARGET), ledger.last_seen(TARGET), FIRST + 20 * DAY))
    assert {each.which: at for each, at in late.items() if each.kind == "value"} == {
        "on": FIRST + 19 * DAY,
        "off": None,
    }


def test_a_violation_is_broken_since_the_first_run_of_those_without_a_gap(ledger: Ledger) -> None:
    nights: list[list[Any]] = [
        [{"state": "x"}],
        [{}],
        [{"state": "x"}, {"name": 1}],
        [{"state": "x"}],
        [{"state": "x"}],
    ]
    for number, bodies in enumerate(nights):
        ledger.add(night(number, *bodies))
    (broken,) = ledger.broken(TARGET)
    assert (broken.since, broken.runs) == (FIRST + 2 * DAY, 3)
    assert broken.message.startswith("schema.enum at /state")


def test_nothing_is_broken_once_a_run_was_clean(ledger: Ledger) -> None:
    ledger.add(night(0, {"state": "x"}))
    ledger.add(night(1))
    assert ledger.broken(TARGET) == ()


def test_a_run_is_listed_with_its_figures_the_oldest_first(ledger: Ledger) -> None:
    ledger.add(night(1, {"state": "x"}, {"name": "a"}, seconds=0.2))
    ledger.add(night(0, seconds=0.1))
    early, late = ledger.latest_runs(TARGET)
    assert (early.started, early.outcome, early.answers, early.violations) == (FIRST, "CONFORMS", 1, 0)
    assert (late.outcome, late.answers, late.violations) == ("VIOLATES", 2, 1)
    assert late.p50 == pytest.approx(0.2, rel=0.01)
    assert early.seen == 4
    assert early.promised == len(night(0).coverage)
    assert [each.started for each in ledger.latest_runs(TARGET, most=1)] == [late.started]


def test_each_target_has_a_history_of_its_own(ledger: Ledger) -> None:
    elsewhere = night(0, {"state": "off"})
    ledger.add(dataclasses.replace(elsewhere, run=dataclasses.replace(elsewhere.run, target="http://other")))
    ledger.add(night(1))
    assert ledger.targets() == (TARGET, "http://other")
    assert seen_in(ledger) == {"200/state on": 1}


def test_what_was_added_is_there_when_it_is_opened_again(path: Path) -> None:
    for number in range(2):
        with closing(Ledger(path)) as ledger:
            ledger.add(night(number))
            assert len(ledger.latest_runs(TARGET)) == number + 1
    assert [file.name for file in path.parent.iterdir()] == [path.name]


PROCESS = """
import sys
from pathlib import Path
from contextlib import closing
from contracts.run.ledger import Ledger
from tests.unit.run.test_ledger import night
with closing(Ledger(Path(sys.argv[1]))) as ledger:
    for number in range(5):
        ledger.add(night(number, {"state": sys.argv[2]}))
"""
ROOT = Path(__file__).parents[3]


def test_several_processes_lose_nothing_of_one_another(path: Path) -> None:
    commands = [[sys.executable, "-c", PROCESS, str(path), state] for state in ("on", "off", "x")]
    for process in [subprocess.Popen(command, cwd=ROOT) for command in commands]:
        assert process.wait() == 0
    with closing(Ledger(path)) as ledger:
        assert len(ledger.latest_runs(TARGET)) == 15
        assert seen_in(ledger) == {"200/state on": 4, "200/state off": 4}


KILLED = """
import os, signal, sys
from pathlib import Path
from contracts.run.ledger import Ledger
from tests.unit.run.test_ledger import night
ledger = Ledger(Path(sys.argv[1]))
with ledger._base:
    ledger._base.execute("BEGIN IMMEDIATE")
    ledger._add("half", night(7))
    ledger._base.execute("PRAGMA cache_spill = 1")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_dies_while_it_writes_leaves_what_was_there(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.add(night(0))
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], cwd=ROOT, check=False).returncode == -9
    with closing(Ledger(path)) as ledger:
        assert [each.started for each in ledger.latest_runs(TARGET)] == [FIRST]
        ledger.add(night(1))
        assert len(ledger.latest_runs(TARGET)) == 2


def test_a_full_disk_is_reported_in_a_line_and_loses_nothing(ledger: Ledger) -> None:
    ledger.add(night(0))
    (pages,) = ledger._base.execute("PRAGMA page_count").fetchone()
    ledger._base.execute(f"PRAGMA max_page_count = {pages}")
    large = night(1, *({"state": "x", f"zz-{each}": 1} for each in range(400)))
    with pytest.raises(LedgerError, match="full"):
        ledger.add(large)
    assert [each.started for each in ledger.latest_runs(TARGET)] == [FIRST]
    ledger._base.execute("PRAGMA max_page_count = 100000")
    ledger.add(large)
    assert len(ledger.latest_runs(TARGET)) == 2


NO_DATABASE = b"no database, but longer than a header of one hundred bytes" * 5


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.write_bytes(NO_DATABASE), "not a database"),
        (lambda path: path.mkdir(), "unable to open"),
        (lambda path: sqlite3.connect(path).execute("PRAGMA user_version = 9").connection.close(), "version 9"),
        (lambda path: sqlite3.connect(path).execute("CREATE TABLE t (x)").connection.close(), "version 0"),
    ],
)
def test_a_file_that_is_no_ledger_is_refused_in_a_line_and_left_as_it_was(
    tmp_path: Path, make: Any, words: str
) -> None:
    path = tmp_path / "other"
    make(path)
    before = path.read_bytes() if path.is_file() else b""
    with pytest.raises(ConfigurationError, match=words) as raised:
        Ledger(path)
    assert "\n" not in str(raised.value)
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_it_answers_in_lines(path: Path, ledger: Ledger) -> None:
    for number, bodies in enumerate([[{"state": "on"}], [{"state": "x"}], [{"state": "x"}]]):
        ledger.add(night(number, *bodies))
    lines = [line.strip() for line in ledger_lines(path, 2, FIRST + 3 * DAY)]
    assert lines[0] == TARGET
    assert lines[3].split() == "2026-01-02 03:00 ci VIOLATES 1 1 3/7 0.0% 100.3 100.3 100.3".split()
    assert lines[5].startswith("broken since 2026-01-02 03:00, 2 runs: schema.enum at /state")
    assert "not seen since 2026-01-01: 200/state value on" in lines
    assert "never seen: 200/state value off" in lines


def test_what_was_seen_for_the_first_time_lately_is_listed(path: Path, ledger: Ledger) -> None:
    ledger.add(night(0, {"state": "on"}))
    ledger.add(night(9, {"state": "off"}))
    lines = [line.strip() for line in ledger_lines(path, 5, FIRST + 10 * DAY)]
    assert [line for line in lines if line.startswith("first seen")] == [
        "first seen 2026-01-10 03:00: 200/state value off"
    ]


def test_a_ledger_that_is_not_there_is_not_made_by_asking(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no ledger"):
        list(ledger_lines(tmp_path / "none", 14, FIRST))
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_without_runs_says_so_and_stays_as_it_is(tmp_path: Path) -> None:
    empty, made = tmp_path / "empty", tmp_path / "made"
    empty.touch()
    Ledger(made).close()
    for each in (empty, made):
        before = each.read_bytes()
        assert list(ledger_lines(each, 14, FIRST)) == [f"no runs are in {each}"]
        assert seen_features(each) == {}
        assert each.read_bytes() == before
    assert {*tmp_path.iterdir()} == {empty, made}


def test_asking_a_ledger_changes_nothing_in_it_though_an_earlier_version_made_it(path: Path) -> None:
    with closing(Ledger(path)) as ledger:
        ledger.add(night(0))
    with closing(sqlite3.connect(path)) as base:
        base.execute("DROP TABLE refused")
    before = path.read_bytes()
    path.chmod(0o400)
    assert next(ledger_lines(path, 14, FIRST)) == TARGET
    assert sum(seen_features(path).values()) > 0
    assert path.read_bytes() == before
    with closing(Ledger(path, reads_only=True)) as ledger, pytest.raises(LedgerError, match="was not added to"):
        ledger.add(night(1))


def test_it_knows_which_ids_the_latest_run_saw_refused(ledger: Ledger, path: Path) -> None:
    for number, name in enumerate(("a/b", "\0")):
        observer = Observer()
        observer(exchange_of(OPERATION, answer(404), name))
        verdict = verdict_on(observer.tally, DOCUMENT)
        ledger.add(dataclasses.replace(verdict, run=dataclasses.replace(verdict.run, started=FIRST + number * DAY)))
    told = "1 id with a control character: 404 application/json"
    assert ledger.refused(TARGET) == (told,)
    assert f"  refused in the latest run, no violation: {told}" in list(ledger_lines(path, 7, FIRST + DAY))


def test_a_ledger_that_was_made_before_refusals_were_kept_is_taken_up(path: Path) -> None:
    Ledger(path).close()
    with closing(sqlite3.connect(path)) as base:
        base.execute("DROP TABLE refused")
    with closing(Ledger(path)) as ledger:
        assert ledger.refused(TARGET) == ()
