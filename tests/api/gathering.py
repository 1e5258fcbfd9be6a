"""What every item saw, from this process or from workers, gathered into one verdict, however the run ends."""

from __future__ import annotations

import json
import os
import shutil
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from contracts import official_sdk
from contracts.discovery import Resource
from contracts.exchange import Exchange
from contracts.printing import be_silent, terminal_is_gone
from contracts.recorder import EXCHANGES
from contracts.recurrence import recurrences
from contracts.reports import trouble
from contracts.session import GuardedSession
from contracts.tally import Tally
from contracts.verdict import FAILED_OTHERWISE, Finding, Outcome, Recurrence, Run, Terms, Verdict, conclude
from tests.api.ending import STOPS
from tests.api.junit import report_promises
from tests.api.plan import JUDGE, SETTINGS, SHARED, SIGNALS, STARTED, WAIVERS, known_resources
from tests.api.telling import Telling


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
        self._interrupted = self._gone = self._failed = self._otherwise = False
        self._telling = Telling(config)
        self._swept: dict[str, set[Resource]] = {}
        """Of what was remembered, what was asked for, by the operation's path."""
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
        # Whether an answer is to blame the verdict tells: an item alone does not know that all was turned away.
        self._otherwise = self._otherwise or (report.failed and not hasattr(report, "answered"))
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
        with self._telling.aside("not all that was seen was gathered"):
            self._collect(session)
        verdict = None
        # A run that has asked for nothing is not green either; a shard with nothing to do says so: its file is awaited.
        shard = self._config.stash[SETTINGS].shard is not None and not self._config.option.collectonly
        begun = self._under_way or self._config.stash[SIGNALS].interrupted
        due = shard or self._judged or bool(self._tally.requests or (begun and self._incident(session)))
        if due:
            with self._telling.aside("no verdict was reached"):
                verdict = self._conclude(session)
        if verdict:
            session.exitstatus = self._exit_code(session, verdict)
            if self._config.getoption("xmlpath", None):
                with self._telling.aside("the promises are not in the JUnit report"):
                    report_promises(self._config, verdict)
        try:
            return (yield)
        except Exception as error:  # noqa: BLE001 - a plugin's
            verdict = self._failed_at_the_end(session, verdict, error)
            return None
        finally:
            self._end(session, verdict, due=due)

    def _failed_at_the_end(self, session: pytest.Session, verdict: Verdict | None, error: Exception) -> Verdict | None:
        """The verdict, when a plugin has failed at its last task; one that only could not write its report is told."""
        if terminal_is_gone():
            be_silent()
            return verdict
        if isinstance(error, OSError) and self._config.getoption("xmlpath", None):
            self._telling.troubles.append(trouble(f"{self._config.getoption('xmlpath')} was not written", error))
            return verdict
        excinfo = pytest.ExceptionInfo.from_exception(error)
        self._config.hook.pytest_internalerror(excrepr=excinfo.getrepr(style="short"), excinfo=excinfo)
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        return verdict and verdict.cut_short("pytest itself failed (see above)")

    def _end(self, session: pytest.Session, verdict: Verdict | None, *, due: bool) -> None:
        if verdict:
            self._telling.tell(verdict, self._tally, self._swept)
        with self._telling.aside("not all was told"):
            self._telling.tell_troubles()
        failed = any(each.ours for each in self._telling.troubles) or (due and verdict is None)
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
            with self._telling.aside("what the SDK does is not known"):
                return official_sdk.told(finding.violation, finding.exchange(chosen.document))
            return ""

        run = self._run(session)
        terms = Terms(
            self._config.stash[WAIVERS], chosen.requirements, chosen.profile.strict, self._telling.last_seen(run.target)
        )
        verdict = conclude(run, self._tally, terms, sdk)
        # Who interrupts only that still gets the verdict.
        with self._telling.aside("violations were not asked for again"), suppress(KeyboardInterrupt):
            return self._asked_again(verdict)
        return verdict

    def _asked_again(self, verdict: Verdict) -> Verdict:
        """The verdict with how often its violations are there again; the mock that it was on may be gone by now."""
        chosen = self._config.stash[SETTINGS]
        if not chosen.base_url or not verdict.findings or verdict.run.incident not in ("", FAILED_OTHERWISE):
            return verdict
        known, found = partial(known_resources, self._config), dict[tuple[str, ...], Recurrence]()
        heeded = self._config.stash[SIGNALS].heeded()
        with heeded, suppress(*STOPS, KeyboardInterrupt), self._again(self._config) as session:

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
        """What kept the run from its end, and from being judged by its answers alone."""
        told = (self._cut_short(session), FAILED_OTHERWISE if self._failed_otherwise(session) else "")
        return "; ".join(filter(None, told))

    def _cut_short(self, session: pytest.Session) -> str:
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
        if len(self._ended) < session.testscollected:
            return f"only {len(self._ended)} of {session.testscollected} tests came to their end"
        return ""

    def _failed_otherwise(self, session: pytest.Session) -> bool:
        """Whether a test failed that no answer explains."""
        explained = any(not each.waiver for each in self._tally.found) or self._tally.differences
        failed = session.exitstatus == pytest.ExitCode.TESTS_FAILED and not self._died
        return failed and (self._otherwise or not explained)

    def _exit_code(self, session: pytest.Session, verdict: Verdict) -> int:
        """The verdict's, unless pytest has something worse to tell."""
        explained = session.exitstatus == pytest.ExitCode.TESTS_FAILED and not (
            self._died or self._failed_otherwise(session)
        )
        fine = explained or session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)
        if self._config.stash[SETTINGS].shard and verdict.outcome is not Outcome.VIOLATES and fine:
            return pytest.ExitCode.OK  # A shard alone is no verdict: that is for the merge to tell.
        told = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.INTERRUPTED)
        return verdict.exit_code if session.exitstatus in told or self._died or self._gone else session.exitstatus

    def _left_out(self) -> tuple[str, ...]:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        count = len(reporter.stats.get("deselected", ())) if reporter else 0
        if count:
            return (f"{count} of the tests were deselected: what they ask was not asked",)
        # Whole files and classes pytest leaves out for these without a word.
        chosen = [f"--{name}" for name in ("lf", "stepwise") if getattr(self._config.option, name, False)]
        return (f"{' and '.join(chosen)} may have left tests out: what those ask was not asked",) if chosen else ()


def _several(one: str, many: str, names: list[str]) -> str:
    return f"{one if len(names) == 1 else f'{len(names)} {many}'} ({', '.join(names)})"
