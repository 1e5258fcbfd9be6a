"""What a run is handed in, for only strategies can make it, and what its processes tell each other before they ask."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from contracts.openapi import Document, Operation, Resource
from contracts.reports import Promises
from contracts.run.outputs import Memory
from contracts.run.settings import Settings

Found = Mapping[Operation, tuple[Resource, ...]]


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


class Strategies(Protocol):
    """What is handed in to a run, for strategies alone can make it; a module serves."""

    def check_answerable(self, operation: Operation) -> None:
        """Raise DocumentError where it is proved that no value can be as the document says."""

    def known_to_mock(self, operation: Operation) -> tuple[Resource, ...]:
        """Return the resources that the embedded mock knows."""

    def mock_server(self, document: Document) -> AbstractContextManager[Any]:
        """Return the embedded mock, which runs inside a `with` block and has a `url` there."""

    def memories(self, operations: Sequence[Operation], where: str) -> Mapping[Operation, Memory]:
        """Open what is remembered from run to run."""

    def second_opinion(self, document: Document) -> Any:
        """Return another validator's view, which is called with each exchange and says where it differs, in words."""

    def made_up(self, value: str) -> bool:
        """Whether an id that nobody named is none that a resource has by chance."""

    def items(
        self, wanted: Settings, known: Callable[[Operation], tuple[Resource, ...]], remembered: Found
    ) -> Sequence[Item]:
        """Return everything to ask, in order."""

    def promises(self, document: Document) -> Promises:
        """Return the promises that there is a fault for."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the process that leads finds out before anything is asked, and hands on to its workers."""

    started: datetime.datetime
    remembered: Found
    discovered: Found

    def to_text(self) -> str:
        """Return it as JSON text: pytest-xdist carries no text that is not UTF-8, such as some ids."""
        by_path = ([[each.path, rows] for each, rows in found.items()] for found in (self.remembered, self.discovered))
        return json.dumps([self.started.isoformat(), *by_path])

    @classmethod
    def from_text(cls, text: str, document: Document) -> Knowledge:
        """Read what `to_text` wrote."""
        operations = {operation.path: operation for operation in document.operations}
        started, *both = json.loads(text)
        remembered, discovered = ({operations[path]: tuple(map(tuple, rows)) for path, rows in found} for found in both)
        return cls(datetime.datetime.fromisoformat(started), remembered, discovered)
