"""What a run is handed in, for only strategies can make it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from contracts.judge import Violation
from contracts.openapi import Document, DocumentError, Inputs, Operation, Resource
from contracts.reports import Promises
from contracts.run.settings import Settings
from contracts.verdict import RecheckResult, RunFacts, Tally

Reasons = Mapping[str, tuple[DocumentError, ...]]
"""The place of a schema, or of an operation, to why it cannot be judged."""

Found = Mapping[Operation, tuple[Resource, ...]]


class Memory(Protocol):
    """What is remembered of one operation from run to run."""

    def recall(self) -> tuple[Resource, ...]:
        """Return the resources whose answers broke a promise."""

    def learn(self, broken: Iterable[Resource], kept: Iterable[Resource]) -> None:
        """Remember resources whose answers broke a promise, forget those whose answers kept all."""


class Item(Protocol):
    """One thing to ask, as `strategies.plan` makes it."""

    @property
    def name(self) -> str:
        """The item's test id, such as `drawn ids 3/10`; unique in a run."""

    @property
    def kind(self) -> str:
        """Items of one kind take about as long."""

    @property
    def operation(self) -> Operation:
        """The operation that is asked."""

    @property
    def known_here(self) -> int:
        """Above 0 where the item depends on what another machine may not know."""

    def ask(self, asker: Any) -> None:
        """Send the item's requests by the run."""


class SeenElsewhere(Protocol):
    """What takes the place of asking: the shards of a run, or answers that were captured."""

    def tally(self) -> Tally:
        """Return everything that was seen."""

    def facts(self, document: Document) -> RunFacts:
        """Return the facts of the run, and of the document what of it is promised there."""

    def recheck(self, violation: Violation) -> RecheckResult | None:
        """Return how often a violation was there when it was asked for again; None if it was not."""


class Strategies(Protocol):
    """What is handed in to a run, for strategies alone can make it; a module serves."""

    def unsatisfiable(self, document: Document) -> Reasons:
        """Return the schemas of which it is proved that no value can be as they say."""

    def unanswered(self, wanted: Settings) -> Reasons:
        """Return the operations of which no request or, on the embedded mock, no answer can be made."""

    def required_inputs(
        self, operation: Operation, given: Mapping[tuple[str, str], Sequence[Any]], sent: Iterable[tuple[str, str]]
    ) -> Inputs:
        """Return what every request of the operation carries beside its path; raise DocumentError without a value."""

    def known_to_mock(self, operation: Operation) -> tuple[Resource, ...]:
        """Return the resources that the embedded mock knows."""

    def mock_server(self, document: Document) -> AbstractContextManager[Any]:
        """Return the embedded mock, which runs inside a `with` block and has a `url` there."""

    def memories(self, operations: Sequence[Operation], where: str) -> Mapping[Operation, Memory]:
        """Open what is remembered from run to run."""

    def second_opinion(self, document: Document) -> Any:
        """Return another validator's view, which is called with each exchange and says where it differs, in words."""

    @property
    def change_witnesses(self) -> Any:
        """What makes the values by which two documents are told apart."""

    def made_up(self, value: str) -> bool:
        """Whether an id that nobody named is none that a resource has by chance."""

    def items(
        self, wanted: Settings, known: Callable[[Operation], tuple[Resource, ...]], remembered: Found, turn: int
    ) -> Sequence[Item]:
        """Return everything to ask, in order; of a plan with a bound, every turn asks another part."""

    def plan_notes(
        self, wanted: Settings, known: Callable[[Operation], tuple[Resource, ...]], remembered: Found
    ) -> Iterable[str]:
        """Return in words what of everything to ask is left out, to keep the number of requests."""

    def promises(self, document: Document) -> Promises:
        """Return the promises that there is a fault for."""
