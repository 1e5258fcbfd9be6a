"""What is asked: each operation, its known resources in handfuls that workers can share, each documented refusal."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator

import pytest

from contracts.document import Operation
from contracts.errors import ContractError
from contracts.methods import undocumented
from contracts.tally import Judge
from tests.api.ending import BrokenPromise
from tests.api.plan import ADMISSION, REMEMBERED, SETTINGS, known_resources

HANDFUL = 10
"""So many resources are read in turns by one item."""

READS = 25
"""About so many requests an item sends: workers that share long items wait for the last of them."""


Resources = tuple[tuple[str, ...], ...]


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Refuses a document of which no value is found, though it is not proved that there is none."""
    try:
        for operation in session.config.stash[SETTINGS].document.operations:
            known_resources(session.config, operation)
    except ContractError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    operations = metafunc.config.stash[SETTINGS].document.operations
    names = metafunc.fixturenames
    if "rounds" in names:
        rows = [
            pytest.param(operation, handful, rounds, id=f"{operation}-{start + 1}-{turn}")
            for operation in operations
            for start, handful in _handfuls(known_resources(metafunc.config, operation))
            for turn, rounds in enumerate(_turns(metafunc.config, operation, len(handful)), 1)
        ]
        metafunc.parametrize(("operation", "resources", "rounds"), rows)
    elif "resources" in names:
        rows = [
            pytest.param(operation, handful, id=f"{operation}-{start + 1}")
            for operation in operations
            for start, handful in _handfuls(known_resources(metafunc.config, operation))
        ]
        metafunc.parametrize(("operation", "resources"), rows)
    elif "status" in names:
        rows = [
            pytest.param(operation, promise.status, id=f"{operation}-{promise.status}")
            for operation in operations
            for promise in operation.promises
            if promise.status.isdigit()
        ]
        metafunc.parametrize(("operation", "status"), rows)
    elif "part" in names:
        parts = range(1, metafunc.config.stash[SETTINGS].profile.parts + 1)
        rows = [pytest.param(each, part, id=f"{each}-{part}") for each in operations for part in parts]
        metafunc.parametrize(("operation", "part"), rows)
    elif "method" in names:
        probes = metafunc.config.stash[SETTINGS].probe_methods
        rows = [
            pytest.param(each, method, id=f"{each}-{method}")
            for each in (operations if probes else ())
            for method in undocumented(each)
        ]
        metafunc.parametrize(("operation", "method"), rows)
    elif "remembered" in names:
        found = metafunc.config.stash[REMEMBERED]
        rows = [pytest.param(each, resources, id=str(each)) for each, resources in found.items() if resources]
        metafunc.parametrize(("operation", "remembered"), rows)
    elif "operation" in names:
        metafunc.parametrize("operation", operations, ids=str)


def _handfuls(known: Resources) -> Iterator[tuple[int, Resources]]:
    return ((start, known[start : start + HANDFUL]) for start in range(0, len(known), HANDFUL))


def _turns(config: pytest.Config, operation: Operation, size: int) -> Iterator[int]:
    """How often each of several items reads a handful of the size: twice at least, so that a change is seen."""
    rounds = config.stash[SETTINGS].profile.rounds(len(known_resources(config, operation)))
    turns = max(1, min(rounds // 2, round(rounds * size / READS)))
    return (rounds * (turn + 1) // turns - rounds * turn // turns for turn in range(turns))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves this shard's items, and none that has nothing to ask for."""
    items[:] = [item for item in items if not _is_empty(item)]
    shard = config.stash[SETTINGS].shard
    if shard is not None:
        # What one machine knows and another may not comes last, so that the rest is cut alike on all.
        counted = sorted(items, key=_only_here)
        own = {id(item) for index, item in enumerate(counted) if shard.takes(index)}
        items[:] = [item for item in items if id(item) in own]


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """What is loaded by now lives as long as the process, so the garbage collector need not look at it again."""
    gc.freeze()


def _only_here(item: pytest.Item) -> int:
    names = getattr(item, "fixturenames", ())
    return 2 if "remembered" in names else 1 if "resources" in names else 0


def _is_empty(item: pytest.Item) -> bool:
    """Whether the item stands for a test that no row of parameters was found for; pytest would count it as skipped."""
    marks = item.iter_markers("skip")
    return any(str(mark.kwargs.get("reason", "")).startswith("got empty parameter set") for mark in marks)


@pytest.fixture
def known(request: pytest.FixtureRequest, operation: Operation) -> tuple[tuple[str, ...], ...]:
    """The operation's resources that are known to exist."""
    return known_resources(request.config, operation)


@pytest.fixture
def conclude(pytestconfig: pytest.Config, judge: Judge) -> Callable[[], None]:
    """Fails the test if anything that it asked for was answered against the contract; the verdict tells what.

    A test that was turned away has not looked: it neither passes nor fails.
    """

    def conclude() -> None:
        turned_away = pytestconfig.stash[ADMISSION].denied()
        found = [each.violation for each in judge.tally.found if not each.waiver]
        broken = sorted({each.rule for each in found if not (turned_away and turned_away.explains(each))})
        if broken or judge.tally.differences:
            words = ", ".join([*broken, *(["the validators differ"] if judge.tally.differences else [])])
            raise BrokenPromise(f"{words} (told in the verdict below)", pytrace=False)
        if turned_away:
            pytest.skip(str(turned_away))

    return conclude
