"""What a run asks, as data: a pytest item, a shard and a process without pytest carry out the same items.

Every item knows its name, its operation and what to send. The answers are judged by whatever watches the session; an
item that raises nothing has sent all of its requests.
"""

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, Protocol

from contracts.http import undocumented_methods
from contracts.judge import PlacePattern
from contracts.openapi import Document, Operation
from strategies import change_witnesses
from strategies.answerable import unanswered, unsatisfiable
from strategies.answers import catalogue, shown_in_turn
from strategies.faults import MAX_FAULTS, faults
from strategies.ids import covering_path_values, made_up
from strategies.in_flight import BURSTS, RequestsInFlight
from strategies.inputs import Given, optional_inputs, required_inputs
from strategies.item import Item, Resources
from strategies.kinds import (
    CasesOfSchemathesis,
    ClassesOfIds,
    DrawnIds,
    KnownResources,
    KnownResourcesAgain,
    PreferredStatus,
    RememberedResources,
    SelfTest,
    UndocumentedMethod,
)
from strategies.memory import memories
from strategies.mock import mock_server
from strategies.optional_parameters import OptionalParameters
from strategies.rare_classes import SHARES, RareClasses
from strategies.share import share_words, shared

CHUNK_SIZE: Final = 10
"""How many resources one item reads in turns."""

READS: Final = 25
"""About how many requests an item sends: workers that share long items wait for the last of them."""

ALL_FAULTS: Final = 20_000
"""How many faults are tried at most, over all operations of a document that has many."""

MIN_FAULTS: Final = 60
"""How many faults of each operation are tried in any case."""

Known = Callable[[Operation], Resources]
"""Returns the resources of an operation that are known to exist."""

__all__ = [
    "change_witnesses",
    "items",
    "known_to_mock",
    "made_up",
    "memories",
    "mock_server",
    "plan_notes",
    "promises",
    "register_profiles",
    "required_inputs",
    "second_opinion",
    "unanswered",
    "unsatisfiable",
]


class Effort(Protocol):
    """How much a run asks; `contracts.run` has profiles of it."""

    @property
    def name(self) -> str:
        """Its name, under which Hypothesis knows its settings."""

    @property
    def examples(self) -> int:
        """How many inputs each strategy draws."""

    @property
    def repeatable(self) -> bool:
        """Whether the inputs are the same each time."""

    @property
    def parts(self) -> int:
        """Into how many items drawing is cut."""

    @property
    def class_reads(self) -> int:
        """How many requests, at most, see to classes of known resources that were read too little."""

    @property
    def bursts(self) -> int:
        """How often several known resources are asked for at the same time."""

    @property
    def slow(self) -> float:
        """Seconds of one such request from which on there are none."""

    def rounds(self, known: int) -> int:
        """How often each of the known resources is read, one after another."""


class Wanted(Protocol):
    """What of everything that could be asked a run wants asked: its settings."""

    @property
    def document(self) -> Document:
        """The document to ask about."""

    @property
    def profile(self) -> Effort:
        """How much to ask."""

    @property
    def seed(self) -> str:
        """What to draw by; empty where the inputs are the same each time."""

    @property
    def plan_requests(self) -> int | None:
        """How many requests to plan at most, over all operations; None for no bound."""

    @property
    def undecodable_ids(self) -> bool:
        """Whether ids are asked for whose bytes are not UTF-8."""

    @property
    def base_url(self) -> str | None:
        """Where the server is; None for the embedded mock."""

    @property
    def parameters(self) -> Mapping[str, Given]:
        """By the operation's path, the values that the user gives for its parameters beside the path's."""

    @property
    def credential_names(self) -> tuple[tuple[str, str], ...]:
        """The place and name of what the session sends by itself."""

    @property
    def probe_methods(self) -> bool:
        """Whether methods are sent that the document does not have."""


def register_profiles(efforts: Iterable[Effort]) -> None:
    """Register Hypothesis's settings for each profile, under its name; loads Hypothesis."""
    from hypothesis import HealthCheck, Phase, settings

    for each in efforts:
        settings.register_profile(
            each.name,
            max_examples=each.examples,
            # Hypothesis makes it its default where CI is set: without a word a night would repeat itself for ever.
            derandomize=each.repeatable,
            deadline=None,
            # Answers are collected, not raised, so that one run reports everything: there is nothing to shrink.
            phases=(Phase.explicit, Phase.reuse, Phase.generate),
            suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
            database=None,
        )


def items(wanted: Wanted, known: Known, remembered: Mapping[Operation, Resources], turn: int = 0) -> tuple[Item, ...]:
    """Return everything that a run asks of its document, in the order in which it asks.

    Of a plan with a bound, every turn asks another part.
    """
    return shared(tuple(_items(wanted, known, remembered)), wanted.plan_requests, turn)


def plan_notes(wanted: Wanted, known: Known, remembered: Mapping[Operation, Resources]) -> Iterator[str]:
    """Yield how many of the planned requests are asked, where it is not all."""
    every = tuple(_items(wanted, known, remembered))
    if words := share_words(every, shared(every, wanted.plan_requests)):
        yield words if wanted.profile.repeatable else f"{words}; the next run goes on where this one stops"


def _items(wanted: Wanted, known: Known, remembered: Mapping[Operation, Resources]) -> Iterator[Item]:
    operations, effort = wanted.document.operations, wanted.profile
    for operation, resources in remembered.items():
        if resources:
            yield RememberedResources(operation, resources=resources, rounds=2)
    for operation in operations:
        yield from _known_items(operation, known(operation), effort, on_mock=not wanted.base_url)
    yield from _preferring_items(wanted, known)
    most = min(MAX_FAULTS, max(MIN_FAULTS, ALL_FAULTS // len(operations)))
    yield from (SelfTest(operation, most=most) for operation in operations)
    yield from _made_up_items(wanted, known)
    for operation in operations:
        for first in range(0, effort.bursts, BURSTS) if len(known(operation)) > 1 else ():
            yield RequestsInFlight(operation, f"{first + 1}-{first + BURSTS}", known(operation), first, BURSTS)
    for operation in operations:
        chunks = _chunks(known(operation))
        yield from (KnownResourcesAgain(operation, _span(start, chunk), chunk) for start, chunk in chunks)
    # The embedded mock answers a resource alike each time.
    for operation in operations if wanted.base_url else ():
        yield from _rare_items(operation, known(operation), effort)
    # Last of all, and of the last resource: how much of it is left then cannot be known.
    for operation in operations if wanted.probe_methods else ():
        values = next(reversed(known(operation)), ("0",) * len(operation.parameters))
        yield from (UndocumentedMethod(operation, each, values) for each in undocumented_methods(operation))


def _preferring_items(wanted: Wanted, known: Known) -> Iterator[Item]:
    """Yield the items that ask for a known resource, or an unused one, in a way that asks for another answer."""
    for operation in wanted.document.operations:
        statuses = (spec.status for spec in operation.responses if spec.status.isdigit())
        values = next(iter(known(operation)), ("0",) * len(operation.parameters))
        yield from (PreferredStatus(operation, status, values) for status in statuses)
        given = wanted.parameters.get(operation.path, {})
        if inputs := tuple(optional_inputs(operation, given, wanted.credential_names)):
            yield OptionalParameters(operation, values=values, inputs=inputs)


def _made_up_items(wanted: Wanted, known: Known) -> Iterator[Item]:
    """Yield the items that ask for ids which nobody named, in parts that workers can share."""
    operations, effort = wanted.document.operations, wanted.profile
    parts = [(part, f"{part}/{effort.parts}") for part in range(1, effort.parts + 1)]
    examples = max(1, effort.examples // effort.parts)
    for operation in operations:
        classes = tuple(covering_path_values(operation, known(operation), undecodable=wanted.undecodable_ids))
        yield from (ClassesOfIds(operation, detail, classes[part - 1 :: effort.parts]) for part, detail in parts)
    for operation in operations:
        for part, detail in parts:
            drawn = operation, detail, _seed(wanted, part), examples, effort.name
            yield DrawnIds(*drawn, known(operation), wanted.undecodable_ids)
    for operation in operations:
        for part, detail in parts:
            yield CasesOfSchemathesis(operation, detail, _seed(wanted, -part), examples, effort.name)


def _known_items(operation: Operation, known: Resources, effort: Effort, *, on_mock: bool) -> Iterator[Item]:
    """Cut the reads of known resources into items that workers can share."""
    rounds = effort.rounds(len(known)) if known else 0
    if on_mock and known and not operation.parameters:
        # The mock shows one answer after another, and each of them is to be seen.
        rounds = max(rounds, len(shown_in_turn(operation)))
    for start, chunk in _chunks(known):
        # Two rounds at least, so that a change is seen.
        turns = max(1, min(rounds // 2, round(rounds * len(chunk) / READS)))
        for turn in range(turns):
            first, last = rounds * turn // turns, rounds * (turn + 1) // turns
            detail = f"{_span(start, chunk)}, reads {first + 1}-{last}"
            yield KnownResources(operation, detail, chunk, last - first)


def _rare_items(operation: Operation, known: Resources, effort: Effort) -> Iterator[Item]:
    """Yield the shares of reading rare classes, which come last: of the budget they take what is left."""
    for share in range(1, SHARES + 1) if known else ():
        limits = effort.class_reads // SHARES, effort.slow
        yield RareClasses(operation, f"{share}/{SHARES}", known, effort.rounds(len(known)), share, *limits)


def _chunks(known: Resources) -> Iterator[tuple[int, Resources]]:
    return ((start, known[start : start + CHUNK_SIZE]) for start in range(0, len(known), CHUNK_SIZE))


def _span(start: int, chunk: Resources) -> str:
    return f"{start + 1}-{start + len(chunk)}" if len(chunk) > 1 else str(start + 1)


def _seed(wanted: Wanted, part: int) -> int:
    """Return the seed of a part of the drawing: the same in every run of a repeatable profile, or of one seed."""
    return zlib.crc32(f"{wanted.seed}/{part}".encode())


# What else a run is handed.


def known_to_mock(operation: Operation) -> Resources:
    """Return the resources that the mock of a document knows."""
    return tuple(catalogue(operation))


def second_opinion(document: Document) -> Any:
    """Return Schemathesis's view of a document's answers; loads Schemathesis."""
    from strategies.second_opinion import SecondOpinion

    return SecondOpinion(document)


def promises(document: Document) -> dict[str, tuple[tuple[str, PlacePattern], ...]]:
    """Return, by the operation's path, the rule and places of every promise that there is a fault for, each once."""
    return {
        operation.path: tuple(dict.fromkeys((each.rule, PlacePattern(str(each.place))) for each in faults(operation)))
        for operation in document.operations
    }
