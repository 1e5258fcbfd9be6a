"""Judge the answers that the tests of any project receive: `pytest -p contracts.pytest_plugin`.

A test takes the fixture `contract` and calls it with a response, as it would call `assert_conforms`. At the end of the
session a line says how much of what the document promises the tests showed; with `--report-dir` the reports of a run
are written. The exit status stays pytest's own. This is the only module of `contracts` that imports pytest.
"""

from __future__ import annotations

import functools
import json
import re
import time
from collections.abc import Generator, Iterator
from contextlib import ExitStack, closing, suppress
from dataclasses import replace
from typing import Any, Final, Protocol

import pytest

from contracts.assertion import asked_of, broken_promises
from contracts.captures import OperationFinder, capture_of
from contracts.openapi import ContractError, shipped_overlays
from contracts.options import OPTIONS
from contracts.reports import EXCHANGES, Recorder, coverage_line, headline, visible
from contracts.run import CapturedAnswers, Ending, Run, RunFolder, Settings, Signals, read_settings
from contracts.verdict import AcceptanceCriteria, Tally, Verdict, Waivers, conclude

REPORT_DIR: Final = "--report-dir"
"""The option that keeps its name here; the others begin with `--contract-`, so that no plugin has one of the name."""

_TAKEN: Final = ("--document", "--overlay", "--no-overlay", "--redact", "--waivers", "--strict-refusals", REPORT_DIR)
"""The options of a run that concern judging and reports."""

_FILES: Final = ("--document", "--overlay", "--waivers", REPORT_DIR)
"""Those that name files: where they stand in a configuration file, paths begin at its folder."""

_SEEN: Final = "contract_seen"
"""The attribute of a test's report that carries what the test showed from a worker to the process that leads."""


class Contract(Protocol):
    """What the fixture `contract` gives a test."""

    def __call__(self, response: Any, *, method: str = "", path: str = "", body: bytes | None = None) -> None:
        """Raise AssertionError if the response breaks a promise; see `contracts.assert_conforms`."""


@pytest.fixture(scope="session")
def contract(pytestconfig: pytest.Config) -> Contract:
    """Judges a response against the OpenAPI document, and counts what it shows: `contract(client.get("/jobs/7"))`."""
    session, problem = pytestconfig.stash[_SESSION], ""
    try:
        session.begin()
    except ContractError as error:  # In a worker of pytest-xdist, which cannot end the whole session by a line.
        problem = _renamed(error)
    if problem:
        pytest.fail(problem, pytrace=False)
    return session.judge


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options and, for a project to set them once, a key of its configuration file for each."""
    group = parser.getgroup("contract-tests", "the contract that the answers in your tests are held against")
    for option in OPTIONS:
        if option.name in _TAKEN:
            name = option.name if option.name == REPORT_DIR else f"--contract-{option.name.removeprefix('--')}"
            replace(option, name=name, variable="").add_to(group.addoption)
            name = f"contract_{option.key}"
            if option.default == []:
                parser.addini(name, option.help, type="linelist")
            elif option.metavar:
                parser.addini(name, option.help)
            else:
                parser.addini(name, option.help, type="bool")
    words = "what stands before the document's paths, such as http://testserver/api"
    group.addoption("--contract-server", metavar="URL", default="", help=words)
    parser.addini("contract_server", words, default="")


def pytest_configure(config: pytest.Config) -> None:
    """Begin the session of this process; raises UsageError, in one line, if reports are to be written and cannot."""
    session = config.stash[_SESSION] = _Session(config)
    config.add_cleanup(session.stack.close)
    config.pluginmanager.register(session, "contract-session")
    try:
        session.prepare_reports()
    except ContractError as error:
        raise pytest.UsageError(_renamed(error)) from None


class _Session:
    """What the tests of this process showed and, in the process that leads, what those of all its workers did."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._worker: str = getattr(config, "workerinput", {}).get("workerid", "")
        self._run: Run | None = None
        self._verdict: Verdict | None = None
        self._judged = False
        self._died: list[str] = []
        self.stack = ExitStack()
        """What is closed at the end of pytest."""

    # Configure.

    @functools.cached_property
    def _settings(self) -> Settings:
        """What options and configuration file say; raises ContractError, in one line, for what makes no sense."""
        given = {option.key: self._value(option.name) for option in OPTIONS if option.name in _TAKEN}
        settings = read_settings({**given, "asks": False}, environment={})
        return replace(settings, base_url=self._server or "the answers in the tests")

    def _value(self, name: str) -> Any:
        """Return the value of an option of a run, as pytest's command line has it, else the configuration file."""
        key = name.removeprefix("--").replace("-", "_")
        given = self._config.getoption(key if name == REPORT_DIR else f"contract_{key}")
        if given:
            return given
        value = self._config.getini(f"contract_{key}")
        if name in _FILES and value:
            return [self._path(each) for each in value] if isinstance(value, list) else self._path(value)
        return value or None if isinstance(value, str) else value

    def _path(self, name: str) -> str:
        file = self._config.inipath
        return name if file is None or name in shipped_overlays() else str(file.parent / name)

    @property
    def _server(self) -> str:
        return str(self._config.getoption("contract_server") or self._config.getini("contract_server"))

    def prepare_reports(self) -> None:
        """Prepare the run whose reports are written at the end; raises ContractError, in one line."""
        if not self._worker and not self._config.option.collectonly and self._value(REPORT_DIR):
            from strategies import plan

            # A run that is alone takes the API key out of the environment, where the tests may need it.
            folder = self.stack.enter_context(closing(RunFolder(alone=False)))
            self._run = Run(self._settings, plan, folder, Signals(), show=lambda text, outcome: None)
            self.stack.enter_context(closing(self._run))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Read the document before the first test that needs it, so that what is wrong is one line and no failure."""
        if not self._worker and any("contract" in getattr(item, "fixturenames", ()) for item in session.items):
            try:
                self.begin()
            except ContractError as error:
                raise pytest.UsageError(_renamed(error)) from None

    # Judge.

    def begin(self) -> None:
        """Read what answers are held against; raises ContractError, in one line, if that makes no sense."""
        self._finder  # noqa: B018 - it is read once

    @functools.cached_property
    def _finder(self) -> OperationFinder:
        return OperationFinder(self._settings.document, self._server)

    @functools.cached_property
    def _answers(self) -> CapturedAnswers:
        answers = CapturedAnswers(self._settings, self._server, compares=False, server_option="--contract-server")
        with suppress(OSError):  # The reports say that they hold no exchanges.
            if folder := self._settings.report_dir:
                recorder = Recorder(folder / EXCHANGES, self._worker or "main")
                answers.record(self.stack.enter_context(closing(recorder)))
        return answers

    def judge(self, response: Any, *, method: str = "", path: str = "", body: bytes | None = None) -> None:
        """Judge a response at once, and count what it shows; raises as `assert_conforms` does."""
        __tracebackhide__ = True  # pytest shows the line of the test.
        capture = capture_of(response, method, path, body)._replace(at=time.time())
        operation, values = asked_of(self._settings.document, self._finder, capture)
        self._judged = True
        if violations := self._answers.judge(capture, operation, values):
            raise broken_promises(operation, capture, violations)

    # Hand on what a worker of pytest-xdist saw with each report: one that dies, or is interrupted, hands on no more.

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Put what the test showed into its report, in a worker."""
        report = yield
        if self._worker and self._judged:
            self._judged = False
            vars(report)[_SEEN] = json.dumps(self._answers.tally().to_json())
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what a worker's test showed."""
        if not self._worker and (text := getattr(report, _SEEN, "")):
            self._judged = True
            self._answers.merge(Tally.from_json(json.loads(text)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Note a worker that did not end by itself; one that was interrupted ended as it should."""
        if error and error != "keyboard-interrupt":
            self._died.append(node.gateway.id)

    # Report.

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Conclude, and write the reports, in the process that leads."""
        if self._worker or not self._judged:
            return
        answers = self._answers
        answers.incident = self._incident(session, exitstatus)
        if self._run:
            self._run.take_in(answers)
            self._verdict = self._run.conclude(Ending())
            self._run.report(self._verdict)
        else:
            facts = answers.facts(self._settings.document)
            waivers = Waivers(self._settings.violation_waivers, facts.started.date())
            self._verdict = conclude(facts, answers.tally(), AcceptanceCriteria(waivers))

    def _incident(self, session: pytest.Session, exitstatus: int) -> str:
        if stopped := session.shouldfail or session.shouldstop:
            return f"stopped early: {stopped}"
        if exitstatus == pytest.ExitCode.INTERRUPTED:
            return "the tests were interrupted"
        return f"{', '.join(self._died)} died, and what its last test showed is lost" if self._died else ""

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say how much the tests showed and, where reports were written, the verdict on it."""
        lines = list(self._lines())
        if lines:
            terminalreporter.write_sep("=", "contract", bold=True)
        for line in lines:
            terminalreporter.write_line(line)

    def _lines(self) -> Iterator[str]:
        run, verdict = self._run, self._verdict
        if verdict:
            asked = {each.path for each in verdict.run.document.operations}
            others = (each for each in self._settings.document.operations if each.path not in asked)
            yield coverage_line(verdict, others)
        if run is None:
            return
        folder = self._settings.report_dir
        if verdict:
            written = "" if run.errors else f" (reports in {folder})"
            yield visible(f"{verdict.outcome}  {headline(verdict)}{written}")
        else:
            yield f"no test called the fixture `contract`, so that no reports were written to {folder}"
        yield from (f"reports     {each}" for each in run.errors)


_SESSION: Final = pytest.StashKey[_Session]()


def _renamed(error: ContractError) -> str:
    """Return the words of an error with the options as they are called here."""
    names = "|".join(name.removeprefix("--") for name in _TAKEN if name != REPORT_DIR)
    return re.sub(rf"--(?=(?:{names})\b)", "--contract-", str(error))
