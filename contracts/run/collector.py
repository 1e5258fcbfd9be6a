"""Collect what every item saw, from this process or from workers, however the run ends."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from contracts.openapi import Resource
from contracts.verdict import FAILED_OTHERWISE, Tally

BY_ANSWERS: Final = "answers"
OTHERWISE: Final = "otherwise"


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What an item came to, as it travels from a worker to the process that leads.

    `failed` is BY_ANSWERS where answers broke promises, OTHERWISE where something else went wrong, else empty.
    `stopped` says why the run has to stop; `swept` are the remembered resources that were read, behind the operation's
    path.
    """

    tally: Tally | None = None
    failed: str = ""
    stopped: str = ""
    swept: tuple[str, tuple[Resource, ...]] | None = None
    notes: tuple[str, ...] = ()
    """What the verdict has to say beside, such as what another validator cannot read."""
    error: BaseException | None = None
    """What went wrong otherwise; it stays in its process."""

    def to_text(self) -> str:
        """Return the result as JSON text: pytest-xdist carries no text that is not UTF-8, such as some ids."""
        tally = None if self.tally is None else self.tally.to_json()
        return json.dumps([tally, self.failed, self.stopped, self.swept, self.notes])

    @classmethod
    def from_text(cls, text: str) -> ItemResult:
        """Read what `to_text` wrote."""
        tally, failed, stopped, swept, notes = json.loads(text)
        return cls(
            None if tally is None else Tally.from_json(tally),
            failed,
            stopped,
            None if swept is None else (swept[0], tuple(map(tuple, swept[1]))),
            tuple(notes),
        )


@dataclass(frozen=True, slots=True)
class Ending:
    """How a driver came to its end: what only it can know, beside what the items saw."""

    begun: bool = True
    """Whether the driver has come to the first item."""
    interrupted: bool = False
    terminal_gone: bool = False
    stopped: str = ""
    """Why the driver stopped early by itself."""
    died: tuple[str, ...] = ()
    """The names of workers that did not end by themselves."""
    crashed: str = ""
    """That the driver itself failed, in words."""
    unfinished: str = ""
    """That not every item came to its end, in words."""
    failed: bool = False
    """Whether an item failed, for whatever reason."""
    notes: tuple[str, ...] = ()
    """What was left out, in words."""
    partial: bool = False
    """Whether only a part of everything was to be asked."""


@dataclass(slots=True)
class Collector:
    """Merges the results of all items; what a worker left at its end holds more than its reports, and replaces them."""

    tally: Tally = field(default_factory=Tally)
    swept: dict[str, set[Resource]] = field(default_factory=lambda: defaultdict(set))
    """By the operation's path, the remembered resources that were read."""
    notes: dict[str, None] = field(default_factory=dict)
    """Each once, in the order in which they came."""
    stopped: str = ""
    has_seen: bool = False
    """Whether any item has come to where it could have seen something."""
    failed_otherwise: bool = False
    _reported: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def take(self, result: ItemResult, worker: str = "") -> None:
        """Take in one item's result, from the worker of the name or from this process."""
        self.stopped = self.stopped or result.stopped
        self.failed_otherwise = self.failed_otherwise or result.failed == OTHERWISE
        self.notes.update(dict.fromkeys(result.notes))
        if result.tally is not None:
            self.has_seen = True
            self._reported[worker].merge(result.tally)
        if result.swept:
            self.swept[result.swept[0]].update(result.swept[1])

    def gather(self, left: Mapping[str, Tally], rest: Tally | None) -> None:
        """Merge everything: what workers left, else what they reported; and what an interrupted item saw here."""
        for tally in (*{**self._reported, **left}.values(), rest or Tally()):
            self.tally.merge(tally)
        self._reported.clear()

    def incident(self, ending: Ending) -> str:
        """Return what kept the run from its end, or from being judged by its answers alone; empty if nothing did."""
        otherwise = FAILED_OTHERWISE if self.has_failed_otherwise(ending) else ""
        return "; ".join(filter(None, (self._cut_short(ending), otherwise)))

    def has_failed_otherwise(self, ending: Ending) -> bool:
        """Whether an item failed that no answer explains."""
        explained = any(not each.waiver for each in self.tally.found)
        return ending.failed and not ending.died and (self.failed_otherwise or not explained)

    def _cut_short(self, ending: Ending) -> str:
        if ending.terminal_gone:
            return "the terminal went away"
        if stopped := self.stopped or ending.stopped:
            return f"stopped early: {stopped}"
        if ending.interrupted:
            return "the run was interrupted"
        if ending.died:
            count = len(ending.died)
            workers = "a worker" if count == 1 else f"{count} workers"
            return f"{workers} ({', '.join(ending.died)}) died, and what was seen in a test cut short is lost"
        return ending.crashed or ending.unfinished
