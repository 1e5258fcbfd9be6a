"""Remember the lasting values of resources: those of one process alone, or of several that share a file.

Hides what is in memory and what in SQLite. A process that is alone writes seldom, and looks up only what it may have
written: a capture may be of millions of resources.
"""

from __future__ import annotations

import itertools
import json
import marshal
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

from contracts.http import SharedState
from contracts.openapi import Lasting

Key = tuple[str, str]
"""The place of a value in the body, and the pointer of its keyword in the document."""

Kept = tuple[str, str, float]
"""The hash of a value, its text, and the time from which it is known, in seconds since 1970."""

Named = tuple[str, ...]
"""The path of an operation, and the values of its path parameters."""

ABSENT: Final = ...
"""Stands for the value of a place that a body does not have; it can be written, as an object of ours could not."""

MAX_REMEMBERED: Final = 65_536
"""Of how many resources a process that is alone keeps in memory what lasts."""


class LastingMemory(Protocol):
    """What is known of the lasting values of every resource."""

    def of(self, resource: Named) -> dict[Key, Kept]:
        """Return what is known of a resource."""
        ...

    def keep(self, resource: Named, key: Key, kept: Kept) -> bool:
        """Keep a value; return False if another process has kept one first."""
        ...

    def is_first_or_same(
        self, resource: Named, keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float
    ) -> bool:
        """Return whether these values are the first of the resource, or the same as these; keep them if so.

        False says nothing: `of` knows more. The values are texts, None or ABSENT.
        """
        ...


_SHARED_TABLE: Final = """
CREATE TABLE IF NOT EXISTS lasting (
    resource TEXT, place TEXT, pointer TEXT, value TEXT, shown TEXT, since REAL, PRIMARY KEY (resource, place, pointer)
) WITHOUT ROWID
"""
_FIND_SHARED: Final = "SELECT place, pointer, value, shown, since FROM lasting WHERE resource = ?"
_KEEP_FIRST: Final = "INSERT OR IGNORE INTO lasting VALUES (?, ?, ?, ?, ?, ?) RETURNING 1"


class SharedMemory:
    """The memory of processes that share a file: every value has a row, which the quickest one writes."""

    def __init__(self, state: SharedState) -> None:
        self._state = state
        state.execute(_SHARED_TABLE)

    def of(self, resource: Named) -> dict[Key, Kept]:
        """Return what is known of a resource."""
        rows = self._state.execute(_FIND_SHARED, (json.dumps(resource),))
        return {(place, pointer): (value, text, since) for place, pointer, value, text, since in rows}

    def keep(self, resource: Named, key: Key, kept: Kept) -> bool:
        """Keep a value; return False if another process has kept one first."""
        row = (json.dumps(resource), *key, *kept)
        return bool(self._state.execute(_KEEP_FIRST, row))

    def is_first_or_same(
        self, resource: Named, keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float
    ) -> bool:
        """Return whether these values are known as the resource's first; see LastingMemory."""
        return False


_Known = bytes | tuple[Named, dict[Key, Kept]]
"""What is known of a resource: what came first, as one object of bytes, or its name and what is kept of each value."""


_IN_A_ROW: Final = 32
"""Of how many resources a row holds what is known; it takes little longer to write than a row of one resource."""

_TABLES: Final = (
    "CREATE TABLE lasting (row INTEGER PRIMARY KEY, known BLOB)",
    "CREATE TABLE numbers (number INTEGER PRIMARY KEY, place INTEGER)",
)
_FIND: Final = "SELECT place % ?1, known FROM numbers JOIN lasting ON row = place / ?1 WHERE number = ?2"
_ADD: Final = "INSERT INTO lasting VALUES (?, ?)"
_ADD_NUMBER: Final = "INSERT OR REPLACE INTO numbers VALUES (?, ?)"

_PLAIN: Final = 2
"""The version of marshal's format that is the quickest to write: the same bytes for the same values."""

_TIME: Final = len(marshal.dumps(0.0, _PLAIN))
"""How many bytes the time takes that stands last in what came first."""


class LoneMemory:
    """The memory of a process that is alone; `split` makes of first values what is kept of each.

    A resource goes by the hash of its name: where two have the same one, only the later is known. When there are too
    many, all are written behind those written before: in the order of their names they would be spread over the file.
    """

    def __init__(
        self, state: SharedState, split: Callable[[tuple[Lasting, ...], tuple[Any, ...], float], dict[Key, Kept]]
    ) -> None:
        self._state, self._split = state, split
        self._unwritten: dict[int, _Known] = {}
        self._read: dict[int, _Known] = {}
        self._written, self._rows = _Written(), 0
        # A list, for the values of some are lists and have no hash: an operation has few successes.
        self._numbered: list[tuple[Lasting, ...]] = []

    def of(self, resource: Named) -> dict[Key, Kept]:
        """Return what is known of a resource."""
        number = hash(resource)
        known = self._find(number)
        if known is None:
            return {}
        if isinstance(known, bytes):
            name, of, values, since = marshal.loads(known)  # noqa: S302 - this process has written it
            known = name, self._split(self._numbered[of], values, since)
            (self._unwritten if number in self._unwritten else self._read)[number] = known
        name, kept = known
        return kept if name == resource else {}

    def keep(self, resource: Named, key: Key, kept: Kept) -> bool:
        """Keep a value; return True, for there is no other process."""
        known = self.of(resource)
        known[key] = kept
        self._put(hash(resource), (resource, known))
        return True

    def is_first_or_same(
        self, resource: Named, keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float
    ) -> bool:
        """Return whether these values are the first of the resource, or the same as these; keep them if so."""
        number = hash(resource)
        now = marshal.dumps((resource, self._number_of(keywords), values, float(since)), _PLAIN)
        known = self._find(number)
        if known is None:
            self._put(number, now)
            return True
        return isinstance(known, bytes) and known[:-_TIME] == now[:-_TIME]

    def _find(self, number: int) -> _Known | None:
        known = self._unwritten.get(number)
        if known is None and self._rows:
            known = self._read.get(number)
            if known is None and number in self._written:
                for index, row in self._state.execute(_FIND, (_IN_A_ROW, number)):
                    if len(self._read) >= MAX_REMEMBERED:
                        self._read.clear()
                    known = self._read[number] = marshal.loads(row)[index]  # noqa: S302 - this process has written it
        return known

    def _put(self, number: int, known: _Known) -> None:
        if len(self._unwritten) >= MAX_REMEMBERED and number not in self._unwritten:
            self._write()
        self._unwritten[number] = known

    def _write(self) -> None:
        """Write what is not written yet, and keep nothing in memory."""
        # Few memories ever write, and the self-test makes one for each fault.
        if not self._rows:
            for table in _TABLES:
                self._state.execute(table)
        # In the order of the numbers, in which SQLite writes them fastest.
        order, first = sorted(self._unwritten), self._rows
        known = [self._unwritten[number] for number in order]
        rows = (marshal.dumps(known[at : at + _IN_A_ROW]) for at in range(0, len(known), _IN_A_ROW))
        self._state.execute_all(_ADD, enumerate(rows, first))
        self._state.execute_all(_ADD_NUMBER, zip(order, itertools.count(first * _IN_A_ROW)))
        self._rows += -(-len(known) // _IN_A_ROW)
        self._written.update(order)
        self._unwritten.clear()
        self._read.clear()

    def _number_of(self, keywords: tuple[Lasting, ...]) -> int:
        """Return the number by which what came first names its keywords."""
        if keywords not in self._numbered:
            self._numbered.append(keywords)
        return self._numbered.index(keywords)


class _Written:
    """Tells which resources were surely never written, without a look into the file (a Bloom filter of one hash).

    Its 4 MB are taken for the first resource: most memories never write one.
    """

    _MASK: Final = (1 << 25) - 1
    _BYTES: Final = 1 << 22

    def __init__(self) -> None:
        self._bits = bytearray()

    def update(self, numbers: Iterable[int]) -> None:
        if not self._bits:
            self._bits = bytearray(self._BYTES)
        bits, mask = self._bits, self._MASK
        for number in numbers:
            place = number & mask
            bits[place >> 3] |= 1 << (place & 7)

    def __contains__(self, number: int) -> bool:
        if not self._bits:
            return False
        place = number & self._MASK
        return bool(self._bits[place >> 3] >> (place & 7) & 1)
