"""Read each class of known resources so often that a defect in few of its answers shows.

A sweep reads every resource alike, so that a defect in one of fifty answers of one vendor alone is missed where few
resources are of that vendor. Of which class a resource is shows only when it is read: an item decides while it asks. It
decides by its own reads, so that a run asks the same, however its items are spread over processes and machines.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import cycle
from math import ceil, inf
from typing import ClassVar, Final

from contracts.coverage import ENOUGH_READS, ClassReads, Feature
from contracts.openapi import Resource
from strategies.item import Asker, Item, Resources

SHARES: Final = 10
"""Into how many items these reads are cut."""

MAX_LEARNED: Final = 100
"""How many resources an item reads to learn of which class they are; of more, what the process has read counts too."""

RESERVE: Final = 100
"""How many requests of the budget are left to all else that asks late, such as the recheck."""

_SAMPLE: Final = 20
"""By how many of its last requests an item judges whether the server is slow."""


@dataclass(frozen=True, slots=True)
class RareClasses(Item):
    """Read resources of the classes that were read too little, each item its share.

    `rounds` is how often a sweep reads each resource. An item sends `most` requests at most, and stops where all
    requests take longer than `slow` seconds.
    """

    kind: ClassVar[str] = "rare classes"
    known_here: ClassVar[int] = 1

    resources: Resources = ()
    rounds: int = 0
    share: int = 1
    most: int = 200
    slow: float = inf

    @property
    def size(self) -> int:
        """How many requests it sends at most."""
        return self.most

    def cut_to(self, size: int, turn: int = 0) -> Item:
        """Return the item with fewer requests."""
        return replace(self, most=size)

    def ask(self, asker: Asker) -> None:
        """Read until each class has its share of reads, or a limit is reached."""
        taken, reads, known = deque[float](maxlen=_SAMPLE), Counter[Feature](), asker.class_reads
        for sent, resource in enumerate(self._wanted(known, reads)):
            left = asker.requests_left
            # What one item found to be slow is slow for the next ones too.
            known.is_slow = known.is_slow or _is_slow(taken, self.slow)
            if sent >= self.most or (left is not None and left <= RESERVE) or known.is_slow:
                return
            if not asker.skips_hanging(self.operation, resource):
                started = time.perf_counter()
                asker.session.ask(self.operation, self.operation.bind(resource))
                taken.append(time.perf_counter() - started)
                reads.update(known.of(self.operation, resource))

    def _wanted(self, known: ClassReads, reads: Counter[Feature]) -> Iterator[Resource]:
        """Yield the resource to read next; `reads` is how often this item has read each class by now."""
        # Every item begins elsewhere, so that all of a class are read.
        start = (self.share - 1) * len(self.resources) // SHARES
        turned = (*self.resources[start:], *self.resources[:start])
        yield from turned[:MAX_LEARNED]
        members = defaultdict(list)
        for resource in turned:
            for each in known.of(self.operation, resource):
                members[each].append(resource)
        for each in sorted(members, key=lambda feature: (len(members[feature]), feature)):
            enough = ceil((ENOUGH_READS - self.rounds * len(members[each])) / SHARES)
            # An answer may turn out to be of another class by now, so that the number of tries is bounded.
            for resource, _ in zip(cycle(members[each]), range(enough - reads[each]), strict=False):
                if reads[each] >= enough:
                    break
                yield resource


def _is_slow(taken: deque[float], slow: float) -> bool:
    """Return whether every one of them took longer: a machine that is busy now and then does not decide."""
    return len(taken) == _SAMPLE and min(taken) > slow
