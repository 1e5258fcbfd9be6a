"""Wiring: options, Hypothesis profiles, the fixtures of tests/api, and the verdict at the end of a run."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings

from contracts.document import Document, Operation
from contracts.errors import ContractError, TargetError
from contracts.exchange import Exchange
from contracts.session import MAX_BODY, TIMEOUT, GuardedSession
from contracts.settings import BASE_URL_VARIABLE, JOB_IDS_VARIABLE, Settings, read
from contracts.tally import Judge, Outcome, Tally
from contracts.wording import Run, verdict
from strategies.job_ids import made_up
from tests.api.plan import SETTINGS, known_resources

EXIT_INCONCLUSIVE = 6


# Answers are collected, not raised, so that one run tells everything: there is nothing to shrink against a server.
_COMMON: dict[str, Any] = {
    "deadline": None,
    "phases": (Phase.explicit, Phase.reuse, Phase.generate),
    "suppress_health_check": (HealthCheck.too_slow, HealthCheck.data_too_large),
}
settings.register_profile("ci", max_examples=100, derandomize=True, database=None, **_COMMON)
# Named outright: where CI is set, Hypothesis makes derandomize its default and would repeat itself every night.
settings.register_profile("nightly", max_examples=1_000, derandomize=False, **_COMMON)
settings.register_profile("prerelease", max_examples=2_000, derandomize=False, **_COMMON)
settings.load_profile("ci")
PROFILES = ("ci", "nightly", "prerelease")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the contract, beside pytest's own and Hypothesis's `--hypothesis-profile`."""
    group = parser.getgroup("contract", "the contract and the server it is held against")
    add = group.addoption
    add("--base-url", metavar="URL", help=f"the server to judge (or {BASE_URL_VARIABLE}; default: the embedded mock)")
    add("--job-id", metavar="ID", action="append", default=[], help="an id that exists; may be repeated")
    add("--job-ids", metavar="FILE", help=f"a file of ids that exist, one a line (or {JOB_IDS_VARIABLE}: id,id,...)")
    add("--document", metavar="FILE", help="an OpenAPI 3.1 document with GET operations (default: the pinned one)")
    add("--overlay", metavar="FILE", action="append", default=[], help="an OpenAPI Overlay 1.0; may be repeated")
    add("--no-overlay", action="store_true", help="judge by the document alone")
    add("--annotation", metavar="KEYWORD", action="append", default=[], help="an unknown keyword that asserts nothing")
    add("--timeout", metavar="SECONDS", type=float, default=TIMEOUT, help="for one whole answer (default: %(default)s)")
    add("--max-body", metavar="BYTES", type=int, default=MAX_BODY, help="the largest body read (default: %(default)s)")
    add("--ca-bundle", metavar="FILE", help="certificates of the authorities to trust, PEM")
    add("--utf8-ids", action="store_true", help="leave out ids whose bytes are not UTF-8, such as %%FF")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Reads the settings, and sees whether the target answers at all, before anything else is done."""
    option = config.option
    profile = option.hypothesis_profile
    if profile and profile not in PROFILES:
        raise pytest.UsageError(f"no profile is named {profile!r}; choose one of {', '.join(PROFILES)}")
    try:
        config.stash[SETTINGS] = chosen = read(
            document=option.document,
            overlays=option.overlay,
            no_overlay=option.no_overlay,
            annotations=option.annotation,
            base_url=option.base_url,
            job_ids=option.job_id,
            job_ids_file=option.job_ids,
            timeout=option.timeout,
            max_body=option.max_body,
            ca_bundle=option.ca_bundle,
        )
        if chosen.base_url and not hasattr(config, "workerinput") and not option.collectonly:
            _probe(chosen)
    except ContractError as error:
        raise pytest.UsageError(str(error)) from None
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Verdict(config), "contract-verdict")


def _probe(chosen: Settings) -> None:
    operation = chosen.document.operations[0]
    values = next(iter(chosen.resources(operation)), ("probe",) * len(operation.parameters))
    names = [parameter.name for parameter in operation.parameters]
    session = _session(chosen, str(chosen.base_url), lambda exchange: None)
    session.probe(operation, dict(zip(names, values, strict=True)))


def _session(
    chosen: Settings, url: str, observer: Any, exists: Any = lambda operation, resource: None
) -> GuardedSession:
    return GuardedSession(
        url,
        chosen.document.operations,
        observer,
        api_key=chosen.api_key,
        timeout=chosen.timeout,
        max_body=chosen.max_body,
        ca_bundle=chosen.ca_bundle,
        exists=exists,
    )


@pytest.fixture(scope="session")
def document(pytestconfig: pytest.Config) -> Document:
    """The document that the run judges by."""
    return pytestconfig.stash[SETTINGS].document


@pytest.fixture(scope="session")
def base_url(pytestconfig: pytest.Config, document: Document) -> Iterator[str]:
    """Where the server is that the run judges; the embedded mock runs as long as it is asked."""
    given = pytestconfig.stash[SETTINGS].base_url
    if given:
        yield given
        return
    from strategies.mocking import mock_server

    with mock_server(document) as server:
        yield server.url


@pytest.fixture(scope="session")
def second_opinion(document: Document) -> Any:
    """Schemathesis's view of the answers."""
    from strategies.second_opinion import SecondOpinion

    return SecondOpinion(document)


@pytest.fixture(scope="session")
def judge(request: pytest.FixtureRequest) -> Judge:
    """Judges every exchange of this worker; Schemathesis is loaded when the first answer is there."""

    def second_opinion(exchange: Exchange) -> tuple[str, ...]:
        opinion: tuple[str, ...] = request.getfixturevalue("second_opinion")(exchange)
        return opinion

    return Judge(second_opinion)


@pytest.fixture(scope="session")
def session(pytestconfig: pytest.Config, base_url: str, document: Document, judge: Judge) -> Iterator[GuardedSession]:
    """The one way out; everything that passes through it is judged."""
    chosen = pytestconfig.stash[SETTINGS]
    known = {operation: frozenset(known_resources(pytestconfig, operation)) for operation in document.operations}

    def exists(operation: Operation, resource: tuple[str, ...]) -> bool | None:
        if resource in known[operation]:
            return True
        # Only of the mock is all known that exists; but an odd id exists nowhere by chance.
        return False if not chosen.base_url or any(map(made_up, resource)) else None

    with _session(chosen, base_url, judge, exists) as made:
        yield made


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Every report carries what its item saw, so that a verdict needs no worker to end well."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(TargetError):
        item.session.shouldstop = str(call.excinfo.value)
    judged: Judge | None = getattr(item, "funcargs", {}).get("judge")
    if judged is not None:
        # Whatever a report holds, pytest-xdist carries to the controller.
        vars(report)["tally"] = judged.take().to_json()
    return report


class _Verdict:
    """Gathers what every item saw, from this process or from workers, and prints the verdict last of all."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._started = time.monotonic()
        self._tally = Tally()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seen = getattr(report, "tally", None)
        if seen is not None:
            self._tally.merge(Tally.from_json(seen))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Iterator[None]:
        result = yield
        if not self._tally.requests:
            return result
        chosen = self._config.stash[SETTINGS]
        outcome = self._tally.outcome(chosen.document)
        if outcome is Outcome.INCONCLUSIVE and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = EXIT_INCONCLUSIVE
        target = chosen.base_url or "the embedded mock server"
        seconds = time.monotonic() - self._started
        keyed, incident = chosen.api_key is not None, self._incident(session, outcome)
        run = Run(target, chosen.document, seconds, keyed, incident, self._left_out())
        self._print(outcome if outcome is Outcome.VIOLATES or not incident else None, verdict(run, self._tally))
        return result

    def _incident(self, session: pytest.Session, outcome: Outcome) -> str:
        """What kept the run from its end; a target that is gone is a violation like others."""
        if session.shouldstop and outcome is Outcome.VIOLATES:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
            return f"stopped early: {session.shouldstop}"
        if session.exitstatus == pytest.ExitCode.INTERRUPTED:
            return "the run was interrupted"
        if session.exitstatus == pytest.ExitCode.INTERNAL_ERROR:
            return "pytest itself failed (see above)"
        if session.exitstatus == pytest.ExitCode.TESTS_FAILED and outcome is not Outcome.VIOLATES:
            return "a test failed for another reason than an answer (see above)"
        return ""

    def _left_out(self) -> tuple[str, ...]:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        count = len(reporter.stats.get("deselected", ())) if reporter else 0
        return (f"{count} of the tests were deselected: what they ask was not asked",) if count else ()

    def _print(self, outcome: Outcome | None, lines: Iterator[str]) -> None:
        reporter = self._config.pluginmanager.get_plugin("terminalreporter")
        if reporter is None:
            return
        reporter.write_sep("=", "contract", bold=True)
        colour = "green" if outcome is Outcome.CONFORMS else "red" if outcome is Outcome.VIOLATES else "yellow"
        reporter.write_line(next(lines), **{colour: True, "bold": True})
        for line in lines:
            reporter.write_line(line)
