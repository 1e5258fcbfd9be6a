"""When a target that lets this caller in nowhere is asked no more, whoever of several processes found out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from contracts.errors import ContractError
from contracts.evidence import DENIALS, Denied, denied, plain
from contracts.exchange import Exchange, Failure
from contracts.scratch import Scratch

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
        rows = self._shared.execute(_COUNTED)
        if sum(times for *_, times in rows) < ENOUGH or self._somebody_was_let_in():
            return
        # Where nothing is known to exist, many different resources have to do.
        needed = self._needed or {operation: ENOUGH for operation, *_ in rows}
        refused = {operation: count for operation, exist, count, _ in rows if exist or not self._needed}
        if all(refused.get(operation, 0) >= count for operation, count in needed.items()):
            raise TurnedAway

    def denied(self) -> Denied | None:
        """What turned away every request so far, of any process; None if one was let in, or none was sent."""
        return None if self._somebody_was_let_in() else denied(dict(self._shared.execute(_STATUSES)))

    def _somebody_was_let_in(self) -> bool:
        self._let_in = self._let_in or bool(self._shared.execute("SELECT 1 FROM let_in"))
        return self._let_in

    def note(self, exchange: Exchange) -> None:
        """Take in one exchange."""
        if self._let_in or not plain(exchange.request) or isinstance(exchange.outcome, Failure):
            return
        status = str(exchange.outcome.status)
        if status not in DENIALS:
            self._shared.execute("INSERT OR IGNORE INTO let_in VALUES (1)")
            self._let_in = True
            return
        request = exchange.request
        row = (exchange.operation.path, json.dumps(request.resource), request.exists is True, status)
        self._shared.execute(_REFUSED, row)

    def close(self) -> None:
        """Close the file."""
        self._shared.close()


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS refused (
    operation TEXT, resource TEXT, exist INTEGER, status TEXT, times INTEGER,
    PRIMARY KEY (operation, resource, exist, status)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS let_in (only INTEGER PRIMARY KEY);
"""

_COUNTED: Final = "SELECT operation, exist, count(DISTINCT resource), sum(times) FROM refused GROUP BY operation, exist"
_STATUSES: Final = "SELECT status, sum(times) FROM refused GROUP BY status"
_REFUSED: Final = "INSERT INTO refused VALUES (?, ?, ?, ?, 1) ON CONFLICT DO UPDATE SET times = times + 1"
