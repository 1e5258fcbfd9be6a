"""Recognise answers that say nothing of the contract: the target rejects its caller, or a resource hangs.

Hides which statuses reject a caller, how many of them are enough, and where all processes of a run count them.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from contracts.http.exchange import Exchange, Failure, Request
from contracts.http.shared_state import SharedState
from contracts.openapi import ContractError, Resource

REJECTIONS: Final = frozenset({"401", "403", "407", "429"})
"""Statuses by which a server declines to answer this caller at all (RFC 9110, section 15.5; RFC 6585, section 4)."""

MIN_REJECTIONS: Final = 20
"""Rejections, and no other answer, after which a target is asked no more."""

TIMEOUTS: Final = 3
"""Requests in a row that run out of time, after which a resource counts as hanging."""

# Unreserved characters (RFC 3986, section 2.3), and few enough that no proxy minds the length.
_PLAIN: Final = re.compile("[A-Za-z0-9._~-]{1,255}")


def is_plain_request(request: Request) -> bool:
    """Return whether every router lets the request through: a GET whose parameters are short and need no encoding.

    Routers refuse encoded slashes, and proxies long URLs, before anything looks at the API key: their answers to such
    requests do not show whether the caller is rejected.
    """
    return request.is_read and all(_PLAIN.fullmatch(value) for value in request.parameter_values)


@dataclass(frozen=True, slots=True)
class AllRejected:
    """A target that rejected every request: the statuses of its answers, sorted."""

    statuses: tuple[str, ...]

    def __str__(self) -> str:
        return f"every request was answered {' or '.join(self.statuses)}"


def all_rejected(answers: Mapping[str, int]) -> AllRejected | None:
    """Return the statuses that rejected every plain request; None if one was accepted, or none was sent.

    `answers` counts the answers to plain requests by status or kind of failure.
    """
    statuses = sorted(status for status, count in answers.items() if count)
    return AllRejected(tuple(statuses)) if statuses and set(statuses) <= REJECTIONS else None


class CallerRejected(ContractError):
    """The target rejects this caller: asking further would be no evidence, and might lock an account."""

    def __str__(self) -> str:
        return f"{MIN_REJECTIONS} requests were refused, and none was let in"


class Rejections(SharedState):
    """Counts whether the target rejects this caller, for all processes that name the same file; see `SharedState`.

    `known` is the number of resources of each operation, by its path, that are known to exist. The run stops only when
    as many of each were rejected, up to `MIN_REJECTIONS`: the document, or an overlay, may promise 403 for a resource
    that does not exist. The processes ask for different resources, and it is their union that counts.
    """

    def __init__(self, known: Mapping[str, int] = MappingProxyType({}), path: Path | None = None) -> None:
        self._needed = {operation: min(count, MIN_REJECTIONS) for operation, count in known.items() if count}
        super().__init__(_TABLES, path)
        # One accepted request settles the question for good, and spares every later look into the file.
        self._accepted = False

    def check(self) -> None:
        """Raise CallerRejected if the target is to be asked no more."""
        if self._accepted:
            return
        rows = self.execute(_COUNTED)
        if sum(times for *_, times in rows) < MIN_REJECTIONS or self._one_was_accepted():
            return
        # If nothing is known to exist, rejections of many different resources take its place.
        needed = self._needed or {operation: MIN_REJECTIONS for operation, *_ in rows}
        rejected = {operation: count for operation, exists, count, _ in rows if exists or not self._needed}
        if all(rejected.get(operation, 0) >= count for operation, count in needed.items()):
            raise CallerRejected

    def all_rejected(self) -> AllRejected | None:
        """Return the statuses that rejected every request of every process; None if one was accepted, or none sent."""
        return None if self._one_was_accepted() else all_rejected(dict(self.execute(_STATUSES)))

    def _one_was_accepted(self) -> bool:
        self._accepted = self._accepted or bool(self.execute(_ACCEPTED))
        return self._accepted

    def note(self, exchange: Exchange) -> None:
        """Count one exchange."""
        request, outcome = exchange.request, exchange.outcome
        if self._accepted or not is_plain_request(request) or isinstance(outcome, Failure):
            return
        status = str(outcome.status)
        if status in REJECTIONS:
            row = (exchange.operation.path, json.dumps(request.parameter_values), request.exists is True, status)
            self.execute(_REJECT, row)
        else:
            self.execute(_ACCEPT)
            self._accepted = True


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS rejected (
    operation TEXT, resource TEXT, known INTEGER, status TEXT, times INTEGER,
    PRIMARY KEY (operation, resource, known, status)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accepted (only INTEGER PRIMARY KEY);
"""

_COUNTED: Final = (
    "SELECT operation, known, count(DISTINCT resource), sum(times) FROM rejected GROUP BY operation, known"
)
_STATUSES: Final = "SELECT status, sum(times) FROM rejected GROUP BY status"
_ACCEPTED: Final = "SELECT 1 FROM accepted"
_ACCEPT: Final = "INSERT OR IGNORE INTO accepted VALUES (1)"
_REJECT: Final = "INSERT INTO rejected VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"


class HangingResources:
    """Counts the requests in a row for one resource that ran out of time; any other outcome begins anew."""

    def __init__(self) -> None:
        self._timeouts: Counter[tuple[str, Resource]] = Counter()

    def note(self, exchange: Exchange) -> None:
        """Count one exchange."""
        key = (exchange.operation.path, exchange.request.parameter_values)
        if isinstance(exchange.outcome, Failure) and exchange.outcome.kind == "timeout":
            self._timeouts[key] += 1
        else:
            self._timeouts.pop(key, None)

    def is_hanging(self, path: str, resource: Resource) -> bool:
        """Return whether another request for the resource, at the operation's path, would only run out of time too."""
        return self._timeouts[path, resource] >= TIMEOUTS
