"""What earlier answers said of a resource: whether a later one still says it, or says it of another resource."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from contracts.checks import Reading, read
from contracts.dialect import identity
from contracts.document import Operation
from contracts.exchange import Exchange, Response
from contracts.json_text import UNREADABLE, text_of
from contracts.keywords import REFUSES_UNKNOWN, Lasting, equals, lasting, refuses_unknown
from contracts.likeness import likeness
from contracts.pointer import find, join, split
from contracts.scratch import Scratch
from contracts.validation import LARGE
from contracts.violation import Violation

_ABSENT: Final = object()


class History:
    """Remembers what lasts of every resource answered with success, and tells what changed.

    Processes that name the same file by `path` know what the others were answered; see `Scratch`. Of a value only a
    hash is kept, and what `redacted` leaves of the words about it.
    """

    def __init__(
        self, path: Path | None = None, redacted: Callable[[Violation], Violation] = lambda violation: violation
    ) -> None:
        self._memory = Scratch(_TABLES, path)
        self._redacted = redacted

    def close(self) -> None:
        """Close the file; nothing is known any more."""
        self._memory.close()

    def note(self, exchange: Exchange) -> Iterator[Violation]:
        """Yields what the answer says otherwise than an earlier one of the same resource; then remembers it."""
        response, operation = exchange.outcome, exchange.operation
        if not isinstance(response, Response) or not 200 <= response.status < 300:
            return
        reading = read(operation, response)
        promised = lasting(operation, reading.promise) if reading.promise else ()
        if not promised or reading.value is UNREADABLE:
            return
        resource = _named(exchange)
        known = self._lasting(resource)
        # A value that its schema forbids is told as that: it neither changed another nor is one to keep.
        misshapen = {violation.place for violation in reading.violations if violation.rule.startswith("schema.")}
        for each in promised:
            now = _at(reading.value, each.place)
            hashed = _hash(now)
            if "body" + each.place in misshapen or hashed is None:
                continue
            key = each.place, each.document
            if key not in known and _lasts(each, now):
                # As a violation would tell it later on.
                told = self._redacted(_changed(each, response.status, text_of(now), _ABSENT)).expected
                row = (resource, *key, hashed, told, exchange.at + exchange.seconds)
                if self._memory.execute(_KEEP, row):
                    continue
                known = self._lasting(resource)  # Another process was quicker.
            if key not in known:
                continue
            before, told, since = known[key]
            # Of two requests that were under way together nobody knows which was answered first; and what is once set
            # is never two things, whichever came first.
            later = exchange.at >= since or (each.values is None and _lasts(each, now))
            if later and hashed != before:
                yield _changed(each, response.status, told, now)

    def _lasting(self, resource: str) -> dict[tuple[str, str], tuple[str, str, float]]:
        """By place and promise: the hash of a value, the words for it, and when it was there."""
        rows = self._memory.execute(_LASTING, (resource,))
        return {(place, document): (value, told, since) for place, document, value, told, since in rows}

    def mistaken(self, exchange: Exchange) -> Iterator[Violation]:
        """Yields if a resource that nobody named is answered as one known to exist that is all but named the same."""
        response, operation, request = exchange.outcome, exchange.operation, exchange.request
        if not isinstance(response, Response) or not 200 <= response.status < 300 or not refuses_unknown(operation):
            return
        reading = read(operation, response)
        if len(response.body) >= LARGE or not _recognisable(operation, reading):
            return
        said, resource = _said(operation, reading), _named(exchange)
        if said is None:
            return
        alike = {name for (name,) in self._memory.execute(_ALIKE, (said,))}
        if request.exists:
            if resource not in alike:
                self._memory.execute(_SAYS, (resource, said))
            return
        if self._memory.execute(_IS_ANYONES, (said,)):
            return
        # The same one, where it was asked for in another way.
        others = (json.loads(name) for name in sorted(alike - {resource}))
        kinds = {tuple(other): likeness(request.resource, other) for path, *other in others if path == operation.path}
        if not all(kinds.values()):
            # Whoever is answered so was mistaken for nobody.
            self._memory.execute(_ANYONES, (said,))
            return
        for other, kind in list(kinds.items())[:1]:
            yield _alias(operation, response.status, "/".join(other), kind)


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS lasting (
    resource TEXT, place TEXT, document TEXT, value TEXT, told TEXT, since REAL,
    PRIMARY KEY (resource, place, document)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS said (resource TEXT PRIMARY KEY, answer TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS answers ON said (answer);
CREATE TABLE IF NOT EXISTS anyones (answer TEXT PRIMARY KEY) WITHOUT ROWID;
"""

_LASTING: Final = "SELECT place, document, value, told, since FROM lasting WHERE resource = ?"
_KEEP: Final = "INSERT OR IGNORE INTO lasting VALUES (?, ?, ?, ?, ?, ?) RETURNING 1"
_ALIKE: Final = "SELECT resource FROM said WHERE answer = ?"
_SAYS: Final = "INSERT OR REPLACE INTO said VALUES (?, ?)"
_IS_ANYONES: Final = "SELECT 1 FROM anyones WHERE answer = ?"
_ANYONES: Final = "INSERT OR IGNORE INTO anyones VALUES (?)"


def _named(exchange: Exchange) -> str:
    """The operation and the resource, as text that SQLite can hold, whatever the id."""
    return json.dumps([exchange.operation.path, *exchange.request.resource])


def _recognisable(operation: Operation, reading: Reading) -> bool:
    """Whether the answer holds what belongs to one resource alone, so that another would not say just the same."""
    if reading.promise is None or reading.value is UNREADABLE:
        return False
    kept = [each for each in lasting(operation, reading.promise) if each.values is None]
    return any(_lasts(each, _at(reading.value, each.place)) for each in kept)


def _said(operation: Operation, reading: Reading) -> str | None:
    """A hash of what is said of a resource, but for what repeats the request."""
    assert reading.promise is not None
    value = reading.value
    for promised in equals(operation, reading.promise):
        value = _without(value, split(promised.place))
    return _hash(value)


def _without(value: Any, path: list[str]) -> Any:
    if not isinstance(value, dict) or not path or path[0] not in value:
        return value
    rest = {name: each for name, each in value.items() if name != path[0]}
    return {**rest, path[0]: _without(value[path[0]], path[1:])} if path[1:] else rest


def _alias(operation: Operation, status: int, other: str, kind: str) -> Violation:
    refusals = [promise.status for promise in operation.promises if not promise.succeeds]
    place = operation.pointer + join(REFUSES_UNKNOWN)
    return Violation("overlay.alias", status, "status", place, text_of(refusals), text_of(other), cause=kind)


def _at(value: Any, place: str) -> Any:
    try:
        return find(value, split(place))
    except (LookupError, ValueError):
        return _ABSENT


def _lasts(promised: Lasting, value: Any) -> bool:
    return value not in (_ABSENT, None) if promised.values is None else value in promised.values


def _hash(value: Any) -> str | None:
    """The same for equal values, and for no others; None for one that is nested too deeply to be compared."""
    if value is _ABSENT:
        return ""
    try:
        return hashlib.sha256(identity(value).encode()).hexdigest()
    except RecursionError:
        return None


def _changed(promised: Lasting, status: int, before: str, now: Any) -> Violation:
    rule = "overlay.immutable" if promised.values is None else "overlay.final"
    actual = "" if now is _ABSENT else text_of(now)
    return Violation(rule, status, "body" + promised.place, promised.document, before, actual)
