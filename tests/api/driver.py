"""The plugin by which pytest drives a run: when it asks, what came to its end, and how pytest itself ended.

A worker of pytest-xdist has a run of its own; the process that started it collects what all of them saw. The run
decides everything else: each hook here only says what has happened.
"""

from __future__ import annotations

import functools
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Any, Final, NoReturn

import pytest

from contracts.broken_pipe import be_silent, terminal_is_gone
from contracts.openapi import ConfigurationError, ContractError
from contracts.reports import listing
from contracts.run import (
    EXIT_FAILED,
    BrokenPromise,
    Ending,
    Item,
    ItemResult,
    ProgressMeter,
    Run,
    RunFolder,
    Signals,
    read_settings,
)
from contracts.verdict import Outcome, Verdict
from strategies import plan

RUN: Final = pytest.StashKey[Run]()

ITEM: Final = "contract_item"
"""The mark of a test that asks an item of the run, which is its argument."""

_BROKEN: Final = "broken"
"""The category, as pytest counts tests by, of items whose answers broke promises."""

_COLOURS: Final = {Outcome.CONFORMS: "green", Outcome.VIOLATES: "red", Outcome.INCONCLUSIVE: "yellow"}

_FINE: Final = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)


def interrupted_early() -> NoReturn:
    """End pytest where nothing was answered yet: it has an exit code of its own for Ctrl-C then, and asks no plugin."""
    pytest.exit("interrupted before anything was answered", Outcome.INCONCLUSIVE.exit_code)


class Driver:
    """Drives the run of this process."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker_input: dict[str, str] = getattr(config, "workerinput", {})
        self._signals = Signals()
        # Only the process that leads may be the only one.
        alone = not self._worker_input and getattr(config.option, "dist", "no") == "no"
        self._folder = RunFolder(
            self._worker_input.get("folder", ""), self._worker_input.get("workerid", ""), alone=alone
        )
        self.stack = ExitStack()
        """What is closed at the end of pytest."""
        self.stack.enter_context(closing(self._folder))
        self._progress = ExitStack()
        self._is_shown = self._has_session = self._has_asked = self._interrupted = self._gone = False
        self._crashed = ""
        self._ended: set[str] = set()
        self._died: list[str] = []

    # Configure.

    def configure(self) -> None:
        """Make the run; raises ContractError, in one line, for what makes no sense."""
        option = self._config.option
        self._signals.on_signal = self._on_signal
        self.stack.enter_context(self._signals)
        if self._folder.is_stopped:
            raise KeyboardInterrupt
        given = {**vars(option), "redact": [*self._config.getini("contract_redact"), *option.redact]}
        settings = read_settings(given)
        # Hypothesis reports the seed, and all workers are given it.
        option.hypothesis_seed = settings.seed or option.hypothesis_seed
        if settings.probe_methods and getattr(option, "numprocesses", None):
            raise ConfigurationError("--probe-methods may change what others read; leave -n and --shard out")
        run = self._config.stash[RUN] = Run(settings, plan, self._folder, self._signals, self._show)
        self.stack.enter_context(closing(run))
        run.prepare(self._worker_input.get("knowledge", ""), asks=not option.collectonly)

    @property
    def _run(self) -> Run:
        return self._config.stash[RUN]

    def _on_signal(self) -> None:
        if self._folder.worker:
            self._folder.ending()
        elif not self._has_session:
            interrupted_early()

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of pytest-xdist where to share, and what is known: the same for all."""
        node.workerinput["folder"] = str(self._run.folder.folder)
        node.workerinput["knowledge"] = self._run.knowledge.to_text()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self) -> None:
        """From here on a run that is interrupted comes to a verdict."""
        self._has_session = True

    def pytest_collection_finish(self) -> None:
        """List what is judged and what is left out, where nothing is asked."""
        if self._config.option.collectonly and self._terminal:
            for line in listing(self._run.settings.document):
                self._terminal.write_line(line)

    # Ask.

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Make a test of every item that the run asks."""
        if "contract_item" in metafunc.fixturenames:
            items = self._run.items
            rows = [pytest.param(item, id=item.name, marks=pytest.mark.contract_item(item)) for item in items]
            metafunc.parametrize(ITEM, rows)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Iterator[None]:
        """Show progress for as long as items are asked, however they end."""
        self._expect(item.nodeid for item in session.items)
        with self._progress:
            return (yield)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: list[str]) -> None:
        """Learn from a worker what items there are; all have the same."""
        self._expect(ids)

    def _expect(self, nodeids: Iterable[str]) -> None:
        self._meter.expect(filter(None, map(self._kind, nodeids)))

    @functools.cached_property
    def _meter(self) -> ProgressMeter:
        return ProgressMeter(self._run.settings.document, lambda: self._run.running_tally)

    def _show_progress(self) -> None:
        """Begin to show progress, as the first item begins: what pytest says of its workers comes before."""
        option = self._config.option
        if not (self._is_shown or option.no_progress or option.verbose < 0 or self._run.folder.worker):
            self._is_shown = True
            # With -v pytest leaves the line of a test open while the test runs, where no live line can stand; another
            # line it has begun already.
            self._progress.enter_context(self._meter.shown(live=option.verbose == 0, inside=True))

    def _kind(self, nodeid: str) -> str:
        """Return the kind of the item that a test asks; empty for a test that asks none."""
        test, _, name = nodeid.partition("[")
        return self._kinds.get(name.removesuffix("]"), "") if test.endswith("::test_answers_keep_the_contract") else ""

    @functools.cached_property
    def _kinds(self) -> dict[str, str]:
        return {item.name: item.kind for item in self._run.items}

    # Observe.

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what an item of the run saw into its report, so that a verdict needs no worker to end well."""
        report = yield
        asked = _item_of(item)
        if asked is None:
            return report
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, pytest.fail.Exception) and isinstance(error.__context__, BrokenPromise | ContractError):
            error = error.__context__
        is_over = call.when == "call" and not isinstance(error, KeyboardInterrupt)
        result = self._run.result(asked if is_over else None, None if _is_skip(error) else error)
        if result.stopped:
            # No fault of the item. Those still to come end as soon as they ask, each in its own process.
            path, line, _ = item.location
            report.outcome, report.longrepr = "skipped", (path, line or 0, f"Skipped: {result.stopped}")
        vars(report).update(contract=result.to_text(), contract_broken=isinstance(error, BrokenPromise))
        return report

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> Iterator[None]:
        """Let pytest write the file or, with `-v`, the item."""
        self._has_asked = self._has_asked or bool(self._kind(nodeid))
        with self._meter.aside(begins_line=True):
            result = yield
        if self._has_asked:
            self._show_progress()
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> Iterator[None]:
        """Take in what an item saw, before a plugin can fail at it, and let pytest write."""
        if self._run.folder.leads:
            self._collect(report)
        if report.when == "teardown":
            self._ended.add(report.nodeid)
        with self._meter.aside(begins_line=report.when == "call" or not report.passed):
            return (yield)

    def _collect(self, report: pytest.TestReport) -> None:
        text = getattr(report, "contract", None)
        result = ItemResult.from_text(text) if text else ItemResult(failed="otherwise" if report.failed else "")
        self._run.collector.take(result, getattr(report, "worker_id", ""))
        if result.tally:
            self._meter.take(result.tally)
        if report.when == "teardown" and (kind := self._kind(report.nodeid)):
            self._meter.finish(kind, report.duration)

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Leave items whose answers broke promises to the verdict, and print no letter beside a live line.

        Pytest lists what failed once under its heading and again in its summary. Those items have a category of their
        own, which it counts and does not list; with `-v` it lists them as ever.
        """
        if report.when != "call" or not hasattr(report, "contract"):
            return None
        is_told = getattr(report, "contract_broken", False) and self._config.option.verbose <= 0
        if self._meter.is_live:
            return _BROKEN if is_told else report.outcome, "", ""
        return (_BROKEN, "F", "FAILED") if is_told else None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note a worker that did not end by itself; one that was interrupted ended as it should."""
        if error and error != "keyboard-interrupt":
            self._died.append(node.gateway.id)

    # However it ends.

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Note what ends a run early, whatever exit code `pytest.exit` was given."""
        self._interrupted = True
        if self._run.folder.worker:
            self._run.leave()
        # To render where the run was takes pytest longer than all the rest.
        own = self._signals.interrupted and isinstance(excinfo.value, KeyboardInterrupt)
        if own and not self._config.option.fulltrace:
            excinfo.traceback = excinfo.traceback[-1:]

    @pytest.hookimpl(wrapper=True)
    def pytest_internalerror(self) -> Generator[None, object, object]:
        """Let pytest report it, if there is a terminal to report it on."""
        self._crashed = "pytest itself failed (see above)"
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
        """Conclude, let the other plugins end, and report behind everything that pytest prints."""
        run = self._run
        self._signals.ignore_signals()
        if run.folder.worker:
            run.leave()
            return (yield)
        if self._crashed and session.exitstatus in _FINE:
            # Of a failure in a worker pytest-xdist tells, and may then end as if nothing had happened.
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        ending = self._ending(session)
        verdict = run.conclude(ending)
        if verdict is not None:
            session.exitstatus = run.exit_code(verdict, ending)
        try:
            return (yield)
        except Exception as error:  # noqa: BLE001 - a plugin's
            verdict = self._failed_at_the_end(session, verdict, error)
            return None
        finally:
            run.report(verdict)
            if run.exit_code(verdict, ending) == EXIT_FAILED and session.exitstatus == pytest.ExitCode.OK:
                session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
            if terminal_is_gone():
                be_silent()

    def _ending(self, session: pytest.Session) -> Ending:
        internal = session.exitstatus == pytest.ExitCode.INTERNAL_ERROR
        ended, collected = len(self._ended), session.testscollected
        return Ending(
            begun=self._has_asked or (self._signals.interrupted and self._asks(session)),
            interrupted=self._interrupted or session.exitstatus == pytest.ExitCode.INTERRUPTED,
            terminal_gone=self._gone or terminal_is_gone(),
            stopped=str(session.shouldstop or session.shouldfail or ""),
            died=tuple(self._died),
            crashed=self._crashed or ("pytest itself failed (see above)" if internal else ""),
            unfinished=f"only {ended} of {collected} tests came to their end" if ended < collected else "",
            failed=session.exitstatus == pytest.ExitCode.TESTS_FAILED,
            notes=self._left_out(),
            partial=any("::" in each for each in session.config.args),
        )

    def _asks(self, session: pytest.Session) -> bool:
        """Whether there are items of the run, or it is not known yet."""
        return not session.items or any(map(_item_of, session.items))

    def _failed_at_the_end(self, session: pytest.Session, verdict: Verdict | None, error: Exception) -> Verdict | None:
        """Return the verdict of a run where a plugin failed at its last task; report a file that it could not write."""
        if terminal_is_gone():
            be_silent()
            return verdict
        if isinstance(error, OSError) and (file := self._config.getoption("xmlpath", None)):
            self._run.errors.note(f"{file} was not written", error)
            return verdict
        excinfo = pytest.ExceptionInfo.from_exception(error)
        self._config.hook.pytest_internalerror(excrepr=excinfo.getrepr(style="short"), excinfo=excinfo)
        session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        return verdict and verdict.cut_short("pytest itself failed (see above)")

    def _left_out(self) -> tuple[str, ...]:
        count = len(self._terminal.stats.get("deselected", ())) if self._terminal else 0
        if count:
            return (f"{count} of the tests were deselected: what they ask was not asked",)
        # Whole files and classes pytest leaves out for these without a word.
        chosen = [f"--{name}" for name in ("lf", "stepwise") if getattr(self._config.option, name, False)]
        return (f"{' and '.join(chosen)} may have left tests out: what those ask was not asked",) if chosen else ()

    # Report.

    @property
    def _terminal(self) -> Any:
        return self._config.pluginmanager.get_plugin("terminalreporter")

    def _show(self, text: str, outcome: Outcome | None) -> None:
        if self._terminal is None:
            return
        if outcome is None:
            self._terminal.write_line(text)
        else:
            self._terminal.write_sep("=", "contract", bold=True)
            self._terminal.write_line(text, **{_COLOURS[outcome]: True, "bold": True})


def _item_of(test: pytest.Item) -> Item | None:
    """Return what a test asks, if it asks an item of the run."""
    mark = test.get_closest_marker(ITEM)
    asked: Item | None = mark.args[0] if mark else None
    return asked


def _is_skip(error: BaseException | None) -> bool:
    return isinstance(error, pytest.skip.Exception)
