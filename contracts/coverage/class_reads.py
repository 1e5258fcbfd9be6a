"""Count the reads of known resources by class: each branch and each enum value that a successful answer shows.

Hides how little is kept of one read: the classes that it showed.
"""

import functools
from collections import Counter, defaultdict
from typing import Final

from contracts.coverage.features import Feature
from contracts.http import Exchange, Response
from contracts.openapi import Operation, Resource

CLASS_KINDS: Final = frozenset({"alternative", "branch", "value"})
"""The kinds of feature that make a class."""

ENOUGH_READS: Final = 230
"""The number of reads of a class after which a defect in one of fifty of its answers has shown in 99 runs of 100."""


class ClassReads:
    """The reads of known resources in one process."""

    def __init__(self) -> None:
        self._latest: dict[tuple[str, Resource], frozenset[Feature]] = {}
        self._counts: defaultdict[str, Counter[Feature]] = defaultdict(Counter)
        self.is_slow = False
        """Whether requests turned out to take too long for more reads than a sweep's."""

    def note(self, exchange: Exchange, shown: frozenset[Feature]) -> None:
        """Take in a read of a resource that is known to exist, and the features that its answer showed."""
        if isinstance(exchange.outcome, Response) and exchange.outcome.ok:
            path, classes = exchange.operation.path, _classes(shown)
            self._latest[path, exchange.request.parameter_values] = classes
            self._counts[path].update(classes)

    def of(self, operation: Operation, resource: Resource) -> frozenset[Feature]:
        """Return the classes that the latest answer for the resource showed; empty if none did."""
        return self._latest.get((operation.path, resource), frozenset())

    def count(self, operation: Operation) -> Counter[Feature]:
        """Return how many reads showed each class."""
        return self._counts[operation.path].copy()


@functools.lru_cache(maxsize=1024)
def _classes(shown: frozenset[Feature]) -> frozenset[Feature]:
    return frozenset(feature for feature in shown if feature.kind in CLASS_KINDS)
