"""Read each class of known resources so often that a defect in few of its answers shows.

A sweep reads every resource alike, so that a defect in one of fifty answers of one vendor alone is missed where few
resources are of that vendor. Of which class a resource is shows only when it was read: an item decides while it asks.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from math import ceil, inf
from typing import ClassVar, Final

from contracts.coverage import ENOUGH_READS, ClassReads, Feature
from contracts.openapi import Operation
from strategies.item import Asker, Item, Resources

FIRST_READS: Final = 10
"""How many resources that this process has not read yet an item reads, to learn of which class they are."""

RESERVE: Final = 100
"""How many requests of the budget are left to all else that asks late, such as the recheck."""

_SAMPLE: Final = 20
"""By how many of its last requests an item judges whether the server is slow."""


@dataclass(frozen=True, slots=True)
class RareClasses(Item):
    """Read resources of the classes that were read too little, each item its share.

    `most` is how many requests it sends at most. It stops where requests take longer than `slow` seconds.
    """

    kind: ClassVar[str] = "rare classes"
    known_here: ClassVar[int] = 1

    resources: Resources = ()
    share: int = 1
    shares: int = 1
    most: int = 200
    slow: float = inf

    def ask(self, asker: Asker) -> None:
        """Read until each class that is known has its share of reads, or a limit is reached."""
        taken: deque[float] = deque(maxlen=_SAMPLE)
        reads = _Reads(asker.class_reads, self.operation)
        for sent, resource in enumerate(self._wanted(reads)):
            left = asker.requests_left
            if sent >= self.most or (left is not None and left <= RESERVE) or _is_slow(taken, self.slow):
                return
            if not asker.skips_hanging(self.operation, resource):
                started = time.perf_counter()
                asker.session.ask(self.operation, self.operation.bind(resource))
                taken.append(time.perf_counter() - started)
                reads.note(resource)

    def _wanted(self, reads: "_Reads") -> Iterator[tuple[str, ...]]:
        """Yield the resource to read next, for as long as a class was read too little; the rarest class comes first."""
        start = (self.share - 1) * len(self.resources) // self.shares
        turned = (*self.resources[start:], *self.resources[:start])
        unread = (each for each in turned if not reads.known.of(self.operation, each))
        yield from [each for each, _ in zip(unread, range(FIRST_READS), strict=False)]
        members = defaultdict(list)
        for resource in turned:
            for each in reads.known.of(self.operation, resource):
                members[each].append(resource)
        share, until_here = ceil(ENOUGH_READS / self.shares), ceil(ENOUGH_READS * self.share / self.shares)
        for each in sorted(members, key=lambda feature: (len(members[feature]), feature)):
            # Other processes do their shares too: none reads more than its own for what only they have read.
            enough = min(reads.before[each] + share, until_here)
            # An answer may turn out to be of another class by now, so that the number of tries is bounded.
            for resource, _ in zip(cycle(members[each]), range(enough - reads.now[each]), strict=False):
                if reads.now[each] >= enough:
                    break
                yield resource


class _Reads:
    """How often each class was read, before an item began and by now."""

    def __init__(self, known: ClassReads, operation: Operation) -> None:
        self.known, self._operation = known, operation
        self.before = known.count(operation)
        self.now: Counter[Feature] = self.before.copy()

    def note(self, resource: tuple[str, ...]) -> None:
        self.now.update(self.known.of(self._operation, resource))


def _is_slow(taken: deque[float], slow: float) -> bool:
    """Return whether three of four requests took longer: a machine that is busy now and then does not decide."""
    return len(taken) == _SAMPLE and sorted(taken)[_SAMPLE // 4] > slow
