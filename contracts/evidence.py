"""Whether a run is let in at all: answers that turn the caller away say nothing of the contract.

The rule, for whoever counts: of the requests that are `plain`, the answers' statuses are counted; if `denied` says so,
violations that it `explains` are not told, and if no others are left the verdict is INCONCLUSIVE, with that one line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from contracts.errors import ContractError
from contracts.exchange import Exchange, Failure, Request
from contracts.scratch import Scratch
from contracts.violation import Violation

DENIALS: Final = {
    "401": "is SGP_API_KEY set, and right?",
    "403": "may this key read these resources?",
    "407": "a proxy wants to know who asks",
    "429": "ask less, or later",
}
"""Statuses by which a server declines to answer this caller at all (RFC 9110, section 15.5; RFC 6585), and the mend."""

_PLAIN: Final = re.compile("[A-Za-z0-9._~-]{1,255}")
"""Unreserved characters (RFC 3986, section 2.3), so few that no proxy minds."""


@dataclass(frozen=True, slots=True)
class Denied:
    """A run that was turned away: the statuses of its answers, in their order."""

    statuses: tuple[str, ...]

    def __str__(self) -> str:
        mends = "; ".join(DENIALS[status] for status in self.statuses)
        return f"no evidence: whatever was asked for was answered {' or '.join(self.statuses)}; {mends}"

    def explains(self, violation: Violation) -> bool:
        """Whether the caller's being turned away is reason enough for it: its status is all that is wrong."""
        if violation.rule == "method.not-refused":
            return str(violation.status) in self.statuses
        return violation.rule in ("status.undocumented", "status.known-resource")


ENOUGH: Final = 20
"""After so many refusals, and nothing else, a target is asked no more."""


class TurnedAway(ContractError):
    """The target answers this caller nothing: to ask it further would be no evidence, and may lock an account."""

    def __str__(self) -> str:
        return f"{ENOUGH} requests were refused, and none was let in"


class Admission:
    """Whether the target lets this caller in, known to all processes that name the same file; see `Scratch`.

    `known` is how many resources of each operation, by its path, are known to exist. No more is asked only when so many
    of each were refused, as far as `ENOUGH`: that others are may be what the document, or an overlay, promises.
    """

    def __init__(self, known: Mapping[str, int] = MappingProxyType({}), path: Path | None = None) -> None:
        self._needed = {operation: min(count, ENOUGH) for operation, count in known.items() if count}
        self._shared = Scratch(_TABLES, path)
        self._let_in = False

    def check(self) -> None:
        """Raises TurnedAway where the target is to be asked no more."""
        if self._let_in:
            return
        rows = self._shared.execute(_COUNTED).fetchall()
        if sum(times for *_, times in rows) < ENOUGH:
            return
        self._let_in = bool(self._shared.execute("SELECT 1 FROM let_in").fetchone())
        # Where nothing is known to exist, many different resources have to do.
        needed = self._needed or {operation: ENOUGH for operation, *_ in rows}
        refused = {operation: count for operation, exist, count, _ in rows if exist or not self._needed}
        if not self._let_in and all(refused.get(operation, 0) >= count for operation, count in needed.items()):
            raise TurnedAway

    def note(self, exchange: Exchange) -> None:
        """Take in one exchange."""
        if self._let_in or not plain(exchange.request) or isinstance(exchange.outcome, Failure):
            return
        if str(exchange.outcome.status) not in DENIALS:
            self._let_in = True
            self._shared.execute("INSERT OR IGNORE INTO let_in VALUES (1)")
            return
        request = exchange.request
        row = (exchange.operation.path, json.dumps(request.resource), request.exists is True)
        self._shared.execute(_REFUSED, row)

    def close(self) -> None:
        """Close the file."""
        self._shared.close()


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS refused (
    operation TEXT, resource TEXT, exist INTEGER, times INTEGER, PRIMARY KEY (operation, resource, exist)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS let_in (only INTEGER PRIMARY KEY);
"""

_COUNTED: Final = "SELECT operation, exist, count(*), sum(times) FROM refused GROUP BY operation, exist"
_REFUSED: Final = "INSERT INTO refused VALUES (?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"


def plain(request: Request) -> bool:
    """Whether nothing but who asks keeps the request from the operation: one that the document has.

    Routers turn encoded slashes away, and proxies long URLs, before anybody looks at the key.
    """
    return request.reads and all(_PLAIN.fullmatch(value) for value in request.resource)


def denied(answers: Mapping[str, int]) -> Denied | None:
    """What turned every request away, of the counts of answers to plain ones, by status; None if one was let in."""
    statuses = sorted(status for status, count in answers.items() if count)
    return Denied(tuple(statuses)) if statuses and DENIALS.keys() >= set(statuses) else None
