"""What every item saw, from this process or from workers, gathered into the verdict that is printed last of all."""

from __future__ import annotations

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from contracts import official_sdk, reports, shards
from contracts.comparison import compare
from contracts.errors import TargetError
from contracts.ledger import Ledger, LedgerError, Night
from contracts.recorder import EXCHANGES
from contracts.recurrence import recurrences
from contracts.reports import terminal
from contracts.reports.github import commands
from contracts.session import GuardedSession
from contracts.settings import Settings
from contracts.tally import Judge, Tally
from contracts.verdict import Finding, Outcome, Run, Terms, Verdict, conclude
from contracts.waivers import draft
from tests.api.junit import report_promises
from tests.api.plan import MEMORIES, SETTINGS, STARTED, WAIVERS, known_resources


def attach(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Put what the item saw into its report, so that a verdict needs no worker to end well."""
    if call.excinfo is not None and call.excinfo.errisinstance(TargetError):
        item.session.shouldstop = str(call.excinfo.value)
    judged: Judge | None = getattr(item, "funcargs", {}).get("judge")
    if judged is not None:
        # Whatever a report holds, pytest-xdist carries to the controller; but no text that is not UTF-8, as some ids.
        vars(report)["tally"] = json.dumps(judged.take().to_json())


class Gathering:
    """Registered in the process that prints: merges the tallies, concludes, and tells the verdict."""

    def __init__(self, config: pytest.Config, again: Callable[[pytest.Config], GuardedSession]) -> None:
        """`again` opens a session by which violations are asked for once more."""
        self._config, self._again = config, again
        self._clock = time.monotonic()
        self._tally = Tally()
        self._began = False
        path = config.stash[SETTINGS].ledger
        self._ledger = Ledger(path) if path else None
        if folder := config.stash[SETTINGS].report_dir:
            # What a run that crashed left there is not part of this one.
            shutil.rmtree(folder / EXCHANGES, ignore_errors=True)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what an item saw."""
        seen = getattr(report, "tally", None)
        if seen is not None:
            self._began = True
            self._tally.merge(Tally.from_json(json.loads(seen)))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        """Conclude, and tell it behind everything that pytest prints."""
        # A run that has asked for nothing is not green either.
        verdict = self._conclude(session) if self._began else None
        if verdict:
            session.exitstatus = self._exit_code(session, verdict)
            if self._config.getoption("xmlpath", None):
                report_promises(self._config, verdict)
        result = yield
        if verdict:
            self._tell(verdict)
        return result

    def _conclude(self, session: pytest.Session) -> Verdict:
        chosen = self._config.stash[SETTINGS]

        def sdk(finding: Finding) -> str:
            return official_sdk.told(finding.violation, finding.exchange(chosen.document))

        run = self._run(session)
        last = self._ledger.last_seen(run.target) if self._ledger else {}
        terms = Terms(self._config.stash[WAIVERS], chosen.requirements, chosen.profile.strict, last)
        return self._asked_again(conclude(run, self._tally, terms, sdk))

    def _asked_again(self, verdict: Verdict) -> Verdict:
        """The verdict with how often its violations are there again; the mock that it was on may be gone by now."""
        chosen = self._config.stash[SETTINGS]
        if not chosen.base_url or not verdict.findings or verdict.run.incident:
            return verdict
        known = partial(known_resources, self._config)
        with self._again(self._config) as session, suppress(TargetError):
            found = recurrences(session.ask, chosen.document, verdict.findings, known)
            told = (replace(each, recurrence=found.get(each.violation.identity)) for each in verdict.findings)
            return replace(verdict, findings=tuple(told))
        return verdict

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
            incident=self._incident(session),
            notes=left_out,
            partial=bool(left_out or chosen.shard or session.shouldfail)
            or any("::" in each for each in session.config.args),
        )

    def _incident(self, session: pytest.Session) -> str:
        """What kept the run from its end, or from being judged by its answers alone."""
        if session.shouldstop:
            return f"stopped early: {session.shouldstop}"
        if session.exitstatus == pytest.ExitCode.INTERRUPTED:
            return "the run was interrupted"
        if session.exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            return "pytest itself failed (see above)"
        explained = any(not each.waiver for each in self._tally.found) or self._tally.differences
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and not explained:
            return "a test failed for another reason than an answer (see above)"
        return ""

    def _exit_code(self, session: pytest.Session, verdict: Verdict) -> int:
        """The verdict's, unless pytest has something worse to tell."""
        told = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
        failed = session.exitstatus == pytest.ExitCode.TESTS_FAILED
        if self._config.stash[SETTINGS].shard and verdict.outcome is Outcome.INCONCLUSIVE and not verdict.run.incident:
            return pytest.ExitCode.OK  # A shard alone is no verdict: that is for the merge to tell.
        # What an item alone cannot tell, the verdict may: that all of the run was turned away.
        unexplained = failed and verdict.run.incident and verdict.outcome is not Outcome.VIOLATES
        if session.exitstatus not in told or unexplained:
            return session.exitstatus
        return verdict.outcome.exit_code

    def _left_out(self) -> tuple[str, ...]:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        count = len(reporter.stats.get("deselected", ())) if reporter else 0
        return (f"{count} of the tests were deselected: what they ask was not asked",) if count else ()

    def _enter(self, verdict: Verdict) -> tuple[list[str], tuple[Night, ...]]:
        """Add the run to the ledger; lines that say why it was not, and the latest runs."""
        if self._ledger is None:
            return [], ()
        unwritten = []
        try:
            self._ledger.add(verdict)
        except LedgerError as error:
            unwritten.append(str(error))
        with closing(self._ledger):
            return unwritten, self._ledger.nights(verdict.run.target)

    def _remember(self, verdict: Verdict) -> None:
        """Keep the ids whose answers broke a promise for the next run, and forget those that keep all by now."""
        for operation, memory in self._config.stash[MEMORIES].items():
            own = [each for each in verdict.findings if each.witness.operation == operation.path]
            own = [each for each in own if each.witness.method == "GET"]
            witnesses = {tuple(value for _, value in each.witness.parameters) for each in own}
            broken = {resource for each in own for resource in each.resources}
            asked = set(memory.recall()) if not verdict.run.incident else set()
            memory.learn(witnesses, asked - broken)

    def _hand_over(self, chosen: Settings, verdict: Verdict) -> list[str]:
        assert chosen.shard is not None
        assert chosen.tally is not None
        what = (chosen.shard, chosen.terms, chosen.waivers, verdict.run, self._tally)
        try:
            reports.atomically(chosen.tally, partial(shards.render, *what))
        except OSError as error:
            return [f"{chosen.tally} was not written: {error.strerror or error}"]
        return []

    def _draft(self, file: Path, verdict: Verdict) -> str:
        if not verdict.findings:
            return f"{file} was not written: there is nothing to waive"
        text = draft((each.violation for each in verdict.findings), verdict.run.started.date())
        try:
            if file.exists():  # Another run may have drafted it meanwhile.
                raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
            reports.atomically(file, lambda opened: opened.write(text))
        except OSError as error:
            return f"{file} was not written: {error.strerror or error}"
        return f"{file} drafts waivers for what stands; say of each why it is borne and by whom"

    def _tell(self, verdict: Verdict) -> None:
        chosen = self._config.stash[SETTINGS]
        changes = compare(chosen.earlier, verdict) if chosen.earlier else None
        unwritten, trend = self._enter(verdict)
        self._remember(verdict)
        if chosen.shard and chosen.tally:
            unwritten += self._hand_over(chosen, verdict)
        if chosen.drafted_waivers:
            unwritten += [self._draft(chosen.drafted_waivers, verdict)]
        if chosen.report_dir:
            unwritten += reports.write(chosen.report_dir, verdict, changes, trend)
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        lines = terminal.lines(verdict, changes)
        reporter.write_sep("=", "contract", bold=True)
        reporter.write_line(next(lines), **{_COLOURS[verdict.outcome]: True, "bold": True})
        for line in (*lines, *(f"reports     {each}" for each in unwritten)):
            reporter.write_line(line)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            for command in commands(verdict):
                reporter.write_line(command)


_COLOURS = {Outcome.CONFORMS: "green", Outcome.VIOLATES: "red", Outcome.INCONCLUSIVE: "yellow"}
