"""Wiring: options, Hypothesis profiles, and the fixtures of tests/api."""

from __future__ import annotations

import datetime
import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase

from contracts.admission import Admission
from contracts.discovery import Resource, discover
from contracts.document import Document, Operation
from contracts.errors import ConfigurationError, ContractError
from contracts.exchange import Exchange
from contracts.history import History
from contracts.keywords import official_client
from contracts.pace import Pace
from contracts.probing import ProbingSession
from contracts.profiles import PROFILES
from contracts.recorder import EXCHANGES, Recorder
from contracts.retries import Retries
from contracts.session import GuardedSession
from contracts.settings import API_KEY_VARIABLE, Settings
from contracts.tally import Judge
from contracts.verdict import Outcome
from contracts.waivers import Waivers
from strategies import memory
from strategies.answers import check
from strategies.job_ids import made_up
from tests.api import options, progress
from tests.api.ending import Shared, Signals, Worker, attach
from tests.api.gathering import Gathering
from tests.api.plan import (
    ADMISSION,
    DISCOVERED,
    JUDGE,
    MEMORIES,
    PACE,
    REMEMBERED,
    SETTINGS,
    SHARED,
    SIGNALS,
    STARTED,
    WAIVERS,
    WORKER,
    known_resources,
)

for _profile in PROFILES.values():
    hypothesis.settings.register_profile(
        _profile.name,
        max_examples=_profile.examples,
        # Named outright: where CI is set, Hypothesis makes it its default, and a night would repeat itself for ever.
        derandomize=_profile.repeatable,
        deadline=None,
        # Answers are collected, not raised, so that one run tells everything: there is nothing to shrink.
        phases=(Phase.explicit, Phase.reuse, Phase.generate),
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
        **({"database": None} if _profile.repeatable else {}),
    )
hypothesis.settings.load_profile("ci")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the contract."""
    options.add(parser)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Reads the settings, and sees whether the target answers at all, before anything else is done."""
    try:
        _share(config)
        config.stash[SETTINGS] = chosen = options.settings(config)
        config.stash[PACE] = Pace(chosen.limits, config.stash[SHARED].scratch)
        config.add_cleanup(config.stash[PACE].close)
        config.stash[STARTED] = started = _started(config)
        config.stash[WAIVERS] = Waivers(chosen.waivers, started.date())
        for operation in chosen.document.operations:
            check(operation)
        controls = not hasattr(config, "workerinput")
        if chosen.probe_methods and (getattr(config.option, "numprocesses", None) or chosen.shard):
            raise ConfigurationError("--probe-methods may change what others read; leave -n and --shard out")
        _hide_key(config)
        where = chosen.example_database if controls else ""
        config.stash[MEMORIES] = memory.memories(chosen.document.operations, where)
        config.stash[REMEMBERED] = _remembered(config)
        if chosen.base_url and controls and not config.option.collectonly:
            _probe(chosen, config)
        config.stash[DISCOVERED] = _discovered(chosen, config)
        if controls:
            config.pluginmanager.register(Gathering(config, _again), "contract-verdict")
    except ContractError as error:
        raise pytest.UsageError(str(error)) from None
    except KeyboardInterrupt:
        pytest.exit("interrupted before anything was answered", Outcome.INCONCLUSIVE.exit_code)


def _share(config: pytest.Config) -> None:
    """Gives the processes of the run a folder to share, and makes this one end in order when a signal comes."""
    worker = getattr(config, "workerinput", None)
    if worker is None:
        folder = tempfile.TemporaryDirectory(prefix="contract-", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
    alone = worker is None and not _starts_workers(config)
    shared = config.stash[SHARED] = Shared(Path(worker["shared"] if worker else folder.name), alone=alone)
    signals = config.stash[SIGNALS] = Signals(full_trace=config.option.fulltrace)
    if worker:
        me = config.stash[WORKER] = Worker(shared, worker["workerid"])
        config.pluginmanager.register(me, "contract-worker")
        signals.notice = me.ending
    config.pluginmanager.register(signals, "contract-signals")
    signals.install()
    config.add_cleanup(signals.restore)
    if shared.stopped:
        raise KeyboardInterrupt


def _starts_workers(config: pytest.Config) -> bool:
    return not hasattr(config, "workerinput") and getattr(config.option, "dist", "no") != "no"


def _hide_key(config: pytest.Config) -> None:
    """Takes the key out of the environment of whatever runs tests: a traceback may show all variables.

    A process that starts workers keeps it, for them to inherit; nothing else carries it to them.
    """
    key = None if _starts_workers(config) else os.environ.pop(API_KEY_VARIABLE, None)
    if key is not None:
        config.add_cleanup(partial(os.environ.__setitem__, API_KEY_VARIABLE, key))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Shows progress where pytest prints."""
    if not hasattr(session.config, "workerinput"):
        progress.register(session.config)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Every report carries what its item saw."""
    report = yield
    attach(item, call, report, item.config.stash.get(WORKER, None))
    return report


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tells a worker of pytest-xdist where to share, when the run began, and what is known: the same for all."""
    node.workerinput["shared"] = str(node.config.stash[SHARED].folder)
    node.workerinput["started"] = node.config.stash[STARTED].isoformat()
    for name, key in (("discovered", DISCOVERED), ("remembered", REMEMBERED)):
        found = node.config.stash[key].items()
        # As JSON: execnet carries no text that is not UTF-8, as some ids.
        node.workerinput[name] = json.dumps([[operation.path, resources] for operation, resources in found])


def _told(config: pytest.Config, name: str) -> dict[Operation, tuple[Resource, ...]]:
    """What the controller told this worker."""
    operations = {operation.path: operation for operation in config.stash[SETTINGS].document.operations}
    told = json.loads(vars(config)["workerinput"][name])
    return {operations[path]: tuple(map(tuple, found)) for path, found in told}


def _remembered(config: pytest.Config) -> dict[Operation, tuple[Resource, ...]]:
    if hasattr(config, "workerinput"):
        return _told(config, "remembered")
    recalled = {operation: kept.recall() for operation, kept in config.stash[MEMORIES].items()}
    if not config.option.utf8_ids:
        return recalled
    return {each: tuple(row for row in found if _is_utf8("".join(row))) for each, found in recalled.items()}


def _is_utf8(text: str) -> bool:
    return not any("\udc80" <= character <= "\udcff" for character in text)


def _started(config: pytest.Config) -> datetime.datetime:
    told = getattr(config, "workerinput", {}).get("started")
    return datetime.datetime.fromisoformat(told) if told else datetime.datetime.now(datetime.UTC)


def _discovered(chosen: Settings, config: pytest.Config) -> dict[Operation, tuple[Resource, ...]]:
    if hasattr(config, "workerinput"):
        return _told(config, "discovered")
    if not chosen.discover or config.option.collectonly:
        return {}
    with _session(config, str(chosen.base_url), lambda exchange: None) as session:
        listing = [operation for operation in chosen.document.operations if official_client(operation)]
        # Where no overlay names an SDK, the first operation says so.
        found = listing or list(chosen.document.operations)[:1]
        return {operation: discover(session, operation, chosen.discover) for operation in found}


def _probe(chosen: Settings, config: pytest.Config) -> None:
    operation = chosen.document.operations[0]
    # Nobody's first, for what is answered here is not judged, and the first answer about a resource may be the one that
    # later ones break; then one that is known, for where just that is what the target fails at.
    resources = (("probe",) * len(operation.parameters), *chosen.resources(operation)[:1])
    names = [parameter.name for parameter in operation.parameters]
    with _session(config, str(chosen.base_url), lambda exchange: None) as session:
        session.probe(operation, *(dict(zip(names, values, strict=True)) for values in resources))


def _session(config: pytest.Config, url: str, observer: Any, **more: Any) -> GuardedSession:
    operations = config.stash[SETTINGS].document.operations
    return GuardedSession(url, operations, observer, **_limits(config), **more)


def _knowing(config: pytest.Config) -> dict[str, Any]:
    """What holds for every session beside, as soon as it is known what exists."""
    if ADMISSION not in config.stash:
        known = {each.path: len(known_resources(config, each)) for each in config.stash[SETTINGS].document.operations}
        config.stash[ADMISSION] = admission = Admission(known, config.stash[SHARED].scratch)
        config.add_cleanup(admission.close)
    return {"admission": config.stash[ADMISSION], "exists": _existing(config)}


def _limits(config: pytest.Config) -> dict[str, Any]:
    """What holds for every session."""
    chosen = config.stash[SETTINGS]
    return {
        "api_key": chosen.api_key,
        "account": chosen.account,
        "plain_http_key": chosen.plain_http_key,
        "pace": config.stash[PACE],
        "retries": Retries(chosen.retries),
        "timeout": chosen.timeout,
        "max_body": chosen.max_body,
        "ca_bundle": chosen.ca_bundle,
    }


@contextmanager
def _again(config: pytest.Config) -> Iterator[GuardedSession]:
    """A session of the controller's own, by which violations are asked for again; reports keep what it sends too."""
    chosen = config.stash[SETTINGS]
    with ExitStack() as stack:
        record = _recorder(chosen, config, stack)

        def observe(exchange: Exchange) -> None:
            if record:
                record(chosen.redaction.exchange(exchange))

        yield stack.enter_context(_session(config, str(chosen.base_url), observe, **_knowing(config)))


def _existing(config: pytest.Config) -> Callable[[Operation, tuple[str, ...]], bool | None]:
    """What is known of whether a resource exists."""
    chosen = config.stash[SETTINGS]
    known = {operation: frozenset(known_resources(config, operation)) for operation in chosen.document.operations}

    def exists(operation: Operation, resource: tuple[str, ...]) -> bool | None:
        if resource in known[operation]:
            return True
        # Only of the mock is all known that exists; but an odd id exists nowhere by chance.
        return False if not chosen.base_url or any(map(made_up, resource)) else None

    return exists


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
def judge(request: pytest.FixtureRequest) -> Iterator[Judge]:
    """Judges every exchange of this worker; Schemathesis is loaded when the first answer is there."""

    def second_opinion(exchange: Exchange) -> tuple[str, ...]:
        opinion: tuple[str, ...] = request.getfixturevalue("second_opinion")(exchange)
        return opinion

    discovered: dict[Operation, tuple[Resource, ...]] = request.config.stash[DISCOVERED]
    chosen = request.config.stash[SETTINGS]
    # A resource is read by several workers: what one of them saw of it holds for all.
    with closing(History(request.config.stash[SHARED].scratch, chosen.redaction.violation)) as history:
        waiving = request.config.stash[WAIVERS].covering
        judge = Judge(second_opinion, discovered, waiving, chosen.redaction, history)
        request.config.stash[JUDGE] = judge
        if WORKER in request.config.stash:
            request.config.stash[WORKER].judge = judge
        yield judge


@pytest.fixture(scope="session")
def observe(pytestconfig: pytest.Config, judge: Judge) -> Iterator[Callable[[Exchange], None]]:
    """Sees every exchange, judges it, and keeps it for the reports."""
    with ExitStack() as stack:
        record = _recorder(pytestconfig.stash[SETTINGS], pytestconfig, stack)

        def observe(exchange: Exchange) -> None:
            if record:  # First of all: whatever becomes of the rest, it is kept.
                record(pytestconfig.stash[SETTINGS].redaction.exchange(exchange))
            judge(exchange)

        yield observe


@pytest.fixture(scope="session")
def session(pytestconfig: pytest.Config, base_url: str, observe: Any) -> Iterator[GuardedSession]:
    """The way out; everything that passes through it is judged."""
    with _session(pytestconfig, base_url, observe, **_knowing(pytestconfig)) as session:
        yield session


@pytest.fixture
def probing(pytestconfig: pytest.Config, base_url: str, observe: Any) -> Iterator[ProbingSession]:
    """The way out for what may do harm; only what `--probe-methods` adds asks for it."""
    chosen = pytestconfig.stash[SETTINGS]
    assert chosen.probe_methods
    operations, limits = chosen.document.operations, {**_limits(pytestconfig), **_knowing(pytestconfig)}
    with ProbingSession(base_url, operations, observe, **limits) as session:
        yield session


def _recorder(chosen: Settings, config: pytest.Config, stack: ExitStack) -> Recorder | None:
    """Keeps what this process exchanges, for the reports; they tell where that cannot be."""
    worker = getattr(config, "workerinput", {}).get("workerid", "main")
    with suppress(OSError):
        if chosen.report_dir:
            return stack.enter_context(closing(Recorder(chosen.report_dir / EXCHANGES, worker)))
    return None
