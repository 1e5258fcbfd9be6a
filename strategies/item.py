"""One thing that a run asks, as data, and what it asks by."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, TypeVar

from contracts.coverage import ClassReads
from contracts.http import GuardedSession
from contracts.openapi import Operation, Resource

Resources = tuple[Resource, ...]

_Value = TypeVar("_Value")


class Asker(Protocol):
    """What an item asks by; the run is one."""

    @property
    def session(self) -> GuardedSession:
        """The session by which every request leaves."""

    @property
    def second_opinion(self) -> Any:
        """Schemathesis's view of the document."""

    @property
    def class_reads(self) -> ClassReads:
        """What this process has read of known resources so far."""

    @property
    def requests_left(self) -> int | None:
        """How many more requests the budget allows to all processes; None without a budget."""

    def ask_together(self, operation: Operation, resources: Sequence[Resource]) -> None:
        """Ask for the resources at the same time, each over a connection of its own."""

    def skips_hanging(self, operation: Operation, resource: Resource) -> bool:
        """Whether to read a resource again would only run out of time once more."""

    def note_self_test(self, caught: int, total: int, idle: int, left_out: int) -> None:
        """Take in how many faults would have been noticed, and how many a sample left out."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to ask; `detail` tells it from the others of its kind and operation.

    `known_here` is 1 where it depends on resources that another machine may not know, 2 where it depends on what this
    one remembers: shards are cut so that all the rest is the same everywhere.
    """

    kind: ClassVar[str]
    known_here: ClassVar[int] = 0
    is_whole: ClassVar[bool] = False
    """Whether it is asked as it is, however few requests its operation has."""

    operation: Operation
    detail: str = ""

    @property
    def name(self) -> str:
        """The item's name: its operation, and what it asks."""
        return f"{self.operation}: {self.kind} {self.detail}".rstrip()

    @property
    def size(self) -> int:
        """How many requests it sends at most."""
        return 1

    def cut_to(self, size: int, turn: int = 0) -> "Item":
        """Return the item as one that sends at most so many requests; what it leaves out, later turns ask."""
        return self

    def ask(self, asker: Asker) -> None:
        """Send the item's requests; raises ContractError where the run has to stop."""
        raise NotImplementedError


def spread(values: tuple[_Value, ...], count: int, turn: int = 0) -> tuple[_Value, ...]:
    """Return so many of the values, from all over them; a later turn begins behind those of the turn before."""
    count = min(count, len(values))
    steps = -(-len(values) // count) if count else 1
    return tuple(values[(index * len(values) // count + turn % steps) % len(values)] for index in range(count))


def window(values: tuple[_Value, ...], count: int, turn: int) -> tuple[_Value, ...]:
    """Return so many of the values in a row; a later turn begins where the turn before ended."""
    start = turn * count % len(values)
    return (*values[start:], *values[:start])[:count]
