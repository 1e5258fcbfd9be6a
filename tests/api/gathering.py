"""What every item saw, from this process or from workers, gathered into the verdict that is printed last of all."""

from __future__ import annotations

import datetime
import errno
import json
import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contracts import official_sdk, reports, shards
from contracts.comparison import Comparison, compare
from contracts.discovery import Resource
from contracts.document import Operation
from contracts.errors import ConfigurationError, TargetError
from contracts.exchange import Exchange
from contracts.features import Feature
from contracts.ledger import Ledger, LedgerError, Night
from contracts.pace import BudgetSpent
from contracts.recorder import EXCHANGES
from contracts.recurrence import recurrences
from contracts.reports import Trouble, terminal, trouble
from contracts.reports.github import commands
from contracts.session import GuardedSession
from contracts.tally import Judge, Tally
from contracts.verdict import Finding, Outcome, Recurrence, Run, Terms, Verdict, conclude
from contracts.waivers import draft
from contracts.wording import visible
from tests.api.junit import report_promises
from tests.api.plan import JUDGE, MEMORIES, SETTINGS, SHARED, SIGNALS, STARTED, WAIVERS, WORKER, known_resources
from tests.api.printing import be_silent, terminal_is_gone


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put what the item saw into its report, so that a verdict needs no worker to end well."""
    if call.excinfo is not None and call.excinfo.errisinstance((TargetError, BudgetSpent)):
        # No test's fault. Those still to come end as soon as they ask, each in its own process.
        vars(report)["incident"] = str(call.excinfo.value)
        path, line, _ = item.location
        report.outcome, report.longrepr = "skipped", (path, line or 0, f"Skipped: {call.excinfo.value}")
    given: dict[str, Any] = getattr(item, "funcargs", {})
    judged: Judge | None = given.get("judge")
    if judged is not None:
        # Whatever a report holds, pytest-xdist carries to the controller; but no text that is not UTF-8, as some ids.
        taken = judged.take()
        vars(report)["tally"] = json.dumps(taken.to_json())
        if WORKER in item.config.stash:
            item.config.stash[WORKER].reported(taken)
        if call.when == "call" and "remembered" in given:
            vars(report)["swept"] = json.dumps([given["operation"].path, given["remembered"]])


class Gathering:
    """Registered in the process that prints: merges the tallies, concludes, and tells the verdict.

    However a run ends, it is told once, with all that was seen. What goes wrong here is told in a line beside it.
    """

    def __init__(
        self, config: pytest.Config, again: Callable[[pytest.Config], AbstractContextManager[GuardedSession]]
    ) -> None:
        """`again` opens a session by which violations are asked for once more."""
        self._config, self._again = config, again
        self._clock = time.monotonic()
        self._tally = Tally()
        self._reported: dict[str, Tally] = {}
        self._stopped = ""
        self._judged = False
        self._own = f"{Path(os.path.relpath(Path(__file__).parent, config.rootpath)).as_posix()}/"
        self._under_way = False
        self._ended: set[str] = set()
        self._died: list[str] = []
        self._interrupted = self._gone = self._failed = False
        self._troubles: list[Trouble] = []
        self._swept: dict[str, set[Resource]] = {}
        """Of what was remembered, what was asked for, by the operation's path."""
        path = config.stash[SETTINGS].ledger
        self._ledger = Ledger(path) if path else None
        if folder := config.stash[SETTINGS].report_dir:
            # What a run that crashed left there is not part of this one.
            shutil.rmtree(folder / EXCHANGES, ignore_errors=True)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note that the run is under way; other tests than these are none of it."""
        if nodeid.startswith(self._own):
            self._under_way = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Iterator[None]:
        """Take in what an item saw, and why it could not see more, before a plugin can fail at it."""
        self._stopped = self._stopped or getattr(report, "incident", "")
        seen = getattr(report, "tally", None)
        if seen is not None:
            self._judged = True
            process = getattr(report, "worker_id", "")
            self._reported.setdefault(process, Tally()).merge(Tally.from_json(json.loads(seen)))
        if swept := getattr(report, "swept", None):
            path, resources = json.loads(swept)
            self._swept[path] = set(map(tuple, resources))
        if report.when == "teardown":
            self._ended.add(report.nodeid)
        return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note a worker that did not end by itself; one that was interrupted did what it was told."""
        if error and error != "keyboard-interrupt":
            self._died.append(node.gateway.id)

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note what ends a run early, whatever exit code `pytest.exit` was given."""
        self._interrupted = True

    @pytest.hookimpl(wrapper=True)
    def pytest_internalerror(self) -> Generator[None, object, object]:
        """Let pytest tell it, if there is anybody to be told."""
        self._failed = True
        try:
            return (yield)
        except OSError:
            if not terminal_is_gone():
                raise
            return [True]
        finally:
            if terminal_is_gone():
                self._gone = True
                be_silent()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Conclude, and tell it behind everything that pytest prints."""
        self._config.stash[SIGNALS].settle()
        if self._failed and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            # Of a failure in a worker pytest-xdist tells, and may then end as if nothing had happened.
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        with self._aside("not all that was seen was gathered"):
            self._collect(session)
        verdict = None
        # A run that has asked for nothing is not green either; a shard with nothing to do says so: its file is awaited.
        shard = self._config.stash[SETTINGS].shard is not None and not self._config.option.collectonly
        begun = self._under_way or self._config.stash[SIGNALS].interrupted
        due = shard or self._judged or bool(self._tally.requests or (begun and self._incident(session)))
        if due:
            with self._aside("no verdict was reached"):
                verdict = self._conclude(session)
        if verdict:
            session.exitstatus = self._exit_code(session, verdict)
            if self._config.getoption("xmlpath", None):
                with self._aside("the promises are not in the JUnit report"):
                    report_promises(self._config, verdict)
        try:
            return (yield)
        except Exception as error:  # noqa: BLE001 - a plugin's
            verdict = self._failed_at_the_end(session, verdict, error)
            return None
        finally:
            self._end(session, verdict, due=due)

    @contextmanager
    def _aside(self, what: str) -> Iterator[None]:
        """A fault in what is done here must not take the verdict with it."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 - whatever it is, the verdict comes first
            self._troubles.append(trouble(what, error))

    def _failed_at_the_end(self, session: pytest.Session, verdict: Verdict | None, error: Exception) -> Verdict | None:
        """The verdict, when a plugin has failed at its last task; one that only could not write its report is told."""
        if terminal_is_gone():
            be_silent()
            return verdict
        if isinstance(error, OSError) and self._config.getoption("xmlpath", None):
            self._troubles.append(trouble(f"{self._config.getoption('xmlpath')} was not written", error))
            return verdict
        excinfo = pytest.ExceptionInfo.from_exception(error)
        self._config.hook.pytest_internalerror(excrepr=excinfo.getrepr(style="short"), excinfo=excinfo)
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        return verdict and verdict.cut_short("pytest itself failed (see above)")

    def _end(self, session: pytest.Session, verdict: Verdict | None, *, due: bool) -> None:
        if verdict:
            self._tell(verdict)
        with self._aside("not all was told"):
            for each in self._troubles:
                self._print(f"harness     {each}" if each.ours else f"reports     {each}")
        failed = any(each.ours for each in self._troubles) or (due and verdict is None)
        if failed and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        if terminal_is_gone():
            be_silent()

    def _collect(self, session: pytest.Session) -> None:
        """All that was seen: by workers until they ended, else by reports, and by an item that was interrupted here."""
        shared = self._config.stash[SHARED]
        if session.exitstatus == pytest.ExitCode.INTERRUPTED:
            shared.stop()
        for tally in {**self._reported, **dict(shared.left())}.values():
            self._tally.merge(tally)
        if JUDGE in self._config.stash:
            self._tally.merge(self._config.stash[JUDGE].take())

    def _conclude(self, session: pytest.Session) -> Verdict:
        chosen = self._config.stash[SETTINGS]

        def sdk(finding: Finding) -> str:
            with self._aside("what the SDK does is not known"):
                return official_sdk.told(finding.violation, finding.exchange(chosen.document))
            return ""

        run = self._run(session)
        terms = Terms(self._config.stash[WAIVERS], chosen.requirements, chosen.profile.strict, self._last_seen(run))
        verdict = conclude(run, self._tally, terms, sdk)
        # Who interrupts only that still gets the verdict.
        with self._aside("violations were not asked for again"), suppress(KeyboardInterrupt):
            return self._asked_again(verdict)
        return verdict

    def _last_seen(self, run: Run) -> dict[Feature, datetime.datetime]:
        try:
            return self._ledger.last_seen(run.target) if self._ledger else {}
        except sqlite3.Error as error:
            self._troubles.append(Trouble(f"the ledger cannot be read: {error}"))
            return {}

    def _asked_again(self, verdict: Verdict) -> Verdict:
        """The verdict with how often its violations are there again; the mock that it was on may be gone by now."""
        chosen = self._config.stash[SETTINGS]
        if not chosen.base_url or not verdict.findings or verdict.run.incident:
            return verdict
        known, found = partial(known_resources, self._config), dict[tuple[str, ...], Recurrence]()
        heeded = self._config.stash[SIGNALS].heeded()
        with heeded, suppress(TargetError, BudgetSpent, KeyboardInterrupt), self._again(self._config) as session:

            def ask(*request: Any) -> Exchange:
                exchange = session.ask(*request)
                # They count as requests, and as nothing else: the run was over when they were sent.
                self._tally.count(exchange)
                return exchange

            found = recurrences(ask, chosen.document, verdict.findings, known, chosen.redaction)
        answers, again = (dict(sorted(counts.items())) for counts in (self._tally.answers, self._tally.retries))
        told = (replace(each, recurrence=found.get(each.violation.identity)) for each in verdict.findings)
        return replace(verdict, findings=tuple(told), answers=answers, retries=again)

    def _run(self, session: pytest.Session) -> Run:
        chosen = self._config.stash[SETTINGS]
        left_out = self._left_out()
        return Run(
            target=chosen.base_url or "the embedded mock server",
            document=chosen.document,
            profile=chosen.profile.name,
            started=self._config.stash[STARTED],
            seconds=time.monotonic() - self._clock,
            seed=chosen.seed,
            keyed=chosen.api_key is not None,
            account=chosen.account is not None,
            incident=self._incident(session),
            notes=left_out,
            partial=bool(left_out or chosen.shard or session.shouldfail)
            or any("::" in each for each in session.config.args),
        )

    def _incident(self, session: pytest.Session) -> str:
        """What kept the run from its end, or from being judged by its answers alone."""
        if self._gone:
            return "the terminal went away"
        if stopped := self._stopped or session.shouldstop or session.shouldfail:
            return f"stopped early: {stopped}"
        if self._interrupted or session.exitstatus == pytest.ExitCode.INTERRUPTED:
            return "the run was interrupted"
        if self._died:
            return f"{_several('a worker', 'workers', self._died)} died, and what was seen in a test cut short is lost"
        if session.exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            return "pytest itself failed (see above)"
        explained = any(not each.waiver for each in self._tally.found) or self._tally.differences
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and not explained:
            return "a test failed for another reason than an answer (see above)"
        if len(self._ended) < session.testscollected:
            return f"only {len(self._ended)} of {session.testscollected} tests came to their end"
        return ""

    def _exit_code(self, session: pytest.Session, verdict: Verdict) -> int:
        """The verdict's, unless pytest has something worse to tell."""
        told = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
        failed = session.exitstatus == pytest.ExitCode.TESTS_FAILED
        nothing_broke = session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if self._config.stash[SETTINGS].shard and verdict.outcome is not Outcome.VIOLATES and nothing_broke:
            return pytest.ExitCode.OK  # A shard alone is no verdict: that is for the merge to tell.
        if self._died or self._gone:
            return verdict.outcome.exit_code
        # What an item alone cannot tell, the verdict may: that all of the run was turned away.
        unexplained = failed and verdict.run.incident and verdict.outcome is not Outcome.VIOLATES
        if session.exitstatus not in told or unexplained:
            return session.exitstatus
        return verdict.outcome.exit_code

    def _left_out(self) -> tuple[str, ...]:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        count = len(reporter.stats.get("deselected", ())) if reporter else 0
        return (f"{count} of the tests were deselected: what they ask was not asked",) if count else ()

    def _enter(self, verdict: Verdict) -> tuple[Night, ...]:
        """Add the run to the ledger; returns the latest runs."""
        if self._ledger is None:
            return ()
        with closing(self._ledger):
            try:
                if not self._config.stash[SETTINGS].shard:  # The merge adds the whole run.
                    self._ledger.add(verdict)
                return self._ledger.nights(verdict.run.target)
            except LedgerError as error:
                self._troubles.append(Trouble(str(error)))
            except sqlite3.Error as error:
                self._troubles.append(Trouble(f"the ledger cannot be read: {error}"))
        return ()

    def _remember(self, verdict: Verdict) -> None:
        """Keep the ids whose answers broke a promise for the next run, and forget those that keep all by now."""
        for operation, memory in self._config.stash[MEMORIES].items():
            told = [each for each in verdict.findings if _reads(each, operation)]
            borne = [each for each in verdict.waived if _reads(each, operation)]
            witnesses = {tuple(value for _, value in each.witness.parameters) for each in told}
            broken = {resource for each in (*told, *borne) for resource in each.resources}
            # Whoever was turned away has not seen that all is well.
            swept = set() if verdict.run.incident or verdict.denied else self._swept.get(operation.path, set())
            try:
                memory.learn(witnesses, swept - broken)
            except ConfigurationError as error:
                self._troubles.append(Trouble(str(error)))

    def _write(self, verdict: Verdict, changes: Comparison | None, trend: tuple[Night, ...]) -> Iterator[Trouble]:
        """Everything that is asked for in files."""
        chosen = self._config.stash[SETTINGS]
        if chosen.shard and chosen.tally:
            operations = chosen.document.operations
            known = [(each.path, *values) for each in operations for values in known_resources(self._config, each)]
            what = (chosen.shard, chosen.terms, chosen.waivers, known, verdict, self._tally)
            yield from reports.attempt(chosen.tally, partial(shards.render, *what))
        if chosen.drafted_waivers:
            yield self._draft(chosen.drafted_waivers, verdict)
        if chosen.report_dir:
            yield from reports.write(chosen.report_dir, verdict, changes, trend)

    def _draft(self, file: Path, verdict: Verdict) -> Trouble:
        if not verdict.findings:
            return Trouble(f"{file} was not written: there is nothing to waive")
        if file.exists():  # Another run may have drafted it meanwhile.
            return Trouble(f"{file} was not written: {os.strerror(errno.EEXIST)}")
        text = draft((each.violation for each in verdict.findings), verdict.run.started.date())
        for failed in reports.attempt(file, lambda opened: opened.write(text)):
            return failed
        return Trouble(f"{file} drafts waivers for what stands; say of each why it is borne and by whom")

    def _tell(self, verdict: Verdict) -> None:
        """Into files first, then on the terminal, which may be gone."""
        changes: Comparison | None = None
        trend: tuple[Night, ...] = ()
        with self._aside("nothing was compared"):
            changes = compare(earlier, verdict) if (earlier := self._config.stash[SETTINGS].earlier) else None
        with self._aside("the run was not added to the ledger"):
            trend = self._enter(verdict)
        with self._aside("not all was written"):
            for each in self._write(verdict, changes, trend):
                self._troubles.append(each)
        with self._aside("ids were not remembered"):
            self._remember(verdict)
        with self._aside("not all was told"):
            self._show(verdict, changes)

    def _show(self, verdict: Verdict, changes: Comparison | None) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        lines = terminal.lines(verdict, changes)
        reporter.write_sep("=", "contract", bold=True)
        reporter.write_line(next(lines), **{_COLOURS[verdict.outcome]: True, "bold": True})
        shard = self._config.stash[SETTINGS].shard
        part = f"shard       {shard}, no verdict alone: python -m contracts merge FILE... makes one of all"
        for line in (*lines, *([part] if shard else [])):
            reporter.write_line(line)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for command in commands(verdict):
                reporter.write_line(command)

    def _print(self, line: str) -> None:
        if reporter := self._config.pluginmanager.get_plugin("terminalreporter"):
            reporter.write_line(visible(line))


def _several(one: str, many: str, names: list[str]) -> str:
    return f"{one if len(names) == 1 else f'{len(names)} {many}'} ({', '.join(names)})"


def _reads(finding: Finding, operation: Operation) -> bool:
    return finding.witness.operation == operation.path and finding.witness.method == "GET"


_COLOURS = {Outcome.CONFORMS: "green", Outcome.VIOLATES: "red", Outcome.INCONCLUSIVE: "yellow"}
