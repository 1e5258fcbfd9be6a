"""Keep an exchange as the witness of what it shows, and tell which of several witnesses is the smallest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from contracts.http import Exchange, Failure, Request, Response, outcome_from_json
from contracts.openapi import Document


@dataclass(frozen=True, slots=True)
class Witness:
    """An exchange that shows a violation, without its time and its document: `operation` is the operation's path.

    The smallest of several is reported: one of a resource known to exist comes first, then the one whose URL and
    response body have the fewest bytes together.
    """

    operation: str
    request: Request
    outcome: Response | Failure

    @classmethod
    def of(cls, exchange: Exchange, kind: str | None = None) -> Witness:
        """Return the exchange as a witness; `kind` picks the first earlier attempt that was counted as this kind."""
        outcomes = exchange.previous_attempts if kind else (exchange.outcome,)
        outcome = next(each for each in outcomes if kind in (None, outcome_name(each)))
        return cls(exchange.operation.path, exchange.request, replace(outcome, message=b""))

    def exchange(self, document: Document) -> Exchange:
        """Return the exchange itself; `document` is the one that was judged by."""
        operation = next(each for each in document.operations if each.path == self.operation)
        return Exchange(operation, self.request, self.outcome)

    def to_json(self) -> dict[str, Any]:
        """Return the witness as JSON values: those of `Exchange.to_json` that say what was sent and what came."""
        return {"operation": self.operation, "request": self.request.to_json(), "outcome": self.outcome.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Witness:
        """Return the witness that `to_json` wrote."""
        return cls(data["operation"], Request.from_json(data["request"]), outcome_from_json(data["outcome"]))

    def __lt__(self, other: Witness) -> bool:
        return self._rank < other._rank

    def is_surely_smaller_than(self, exchange: Exchange) -> bool:
        """Return whether the exchange's witness would be larger, as far as that shows before it is made."""
        return _size(self.request, self.outcome) < _size(exchange.request, exchange.outcome)

    @property
    def _rank(self) -> tuple[object, ...]:
        request, outcome = self.request, self.outcome
        sent = (request.url, self.operation, request.parameters, request.headers)
        last = (request.method, request.exists is None, request.negotiated)
        size = _size(request, outcome)
        if isinstance(outcome, Failure):
            # Statuses are greater than 0, so that a failure and a response are never compared field by field.
            return (*size, *sent, 0, outcome.kind, outcome.detail, *last)
        return (*size, *sent, outcome.status, outcome.headers, outcome.body, *last)


def _size(request: Request, outcome: Response | Failure) -> tuple[bool, int]:
    """Return the beginning of a witness's rank."""
    return not request.exists, len(request.url) + (len(outcome.body) if isinstance(outcome, Response) else 0)


def outcome_name(outcome: Response | Failure) -> str:
    """Return the name that an outcome is counted by: its status, or its kind of failure."""
    return str(outcome.status) if isinstance(outcome, Response) else outcome.kind
