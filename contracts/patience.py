"""When a resource has kept whoever asks waiting so often that to read it over and over tells nothing new."""

from __future__ import annotations

from collections import Counter
from typing import Final

from contracts.exchange import Exchange, Failure

TIMEOUTS: Final = 3
"""So many requests in a row that run out of time are enough."""


class Patience:
    """Counts, by the operation's path and the resource, the requests in a row that ran out of time."""

    def __init__(self) -> None:
        self._waited: Counter[tuple[str, tuple[str, ...]]] = Counter()

    def note(self, exchange: Exchange) -> None:
        """Take in one exchange."""
        key = (exchange.operation.path, exchange.request.resource)
        if isinstance(exchange.outcome, Failure) and exchange.outcome.kind == "timeout":
            self._waited[key] += 1
        else:
            self._waited.pop(key, None)

    def is_lost(self, path: str, resource: tuple[str, ...]) -> bool:
        """Whether another read would take as long and tell nothing new."""
        return self._waited[path, resource] >= TIMEOUTS
