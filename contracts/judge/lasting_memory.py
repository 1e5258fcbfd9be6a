"""Remember the lasting values of resources: those of one process alone, or of several that share a file.

Hides what is in memory and what in SQLite. A process that is alone writes seldom, and looks up only what it may have
written: a capture may be of millions of resources.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, Final, Protocol

import orjson

from contracts.http import SharedState
from contracts.openapi import Lasting

Key = tuple[str, str]
"""The place of a value in the body, and the pointer of its keyword in the document."""

Kept = tuple[str, str, float]
"""The hash of a value, its text, and the time from which it is known, in seconds since 1970."""

Named = tuple[str, ...]
"""The path of an operation, and the values of its path parameters."""

ABSENT: Final = object()
"""Stands for the value of a place that a body does not have."""

MAX_REMEMBERED: Final = 32_768
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
        rows = self._state.execute(_FIND_SHARED, (_to_text(resource),))
        return {(place, pointer): (value, text, since) for place, pointer, value, text, since in rows}

    def keep(self, resource: Named, key: Key, kept: Kept) -> bool:
        """Keep a value; return False if another process has kept one first."""
        row = (_to_text(resource), *key, *kept)
        return bool(self._state.execute(_KEEP_FIRST, row))

    def is_first_or_same(
        self, resource: Named, keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float
    ) -> bool:
        """Return whether these values are known as the resource's first; see LastingMemory."""
        return False


_First = tuple[tuple[Lasting, ...], tuple[Any, ...], float]
"""The first values of a resource as they came: their keywords, the values, and the time from which they are known."""


_TABLE: Final = "CREATE TABLE lasting (resource BLOB PRIMARY KEY, known BLOB) WITHOUT ROWID"
_FIND: Final = "SELECT known FROM lasting WHERE resource = ?"
_KEEP: Final = "INSERT OR REPLACE INTO lasting VALUES (?, ?)"


class LoneMemory:
    """The memory of a process that is alone; `split` makes of first values what is kept of each.

    A resource is in memory as its first values or, once others came, as what is kept. It is written when there are too
    many: a resource has one row, of JSON.
    """

    def __init__(
        self, state: SharedState, split: Callable[[tuple[Lasting, ...], tuple[Any, ...], float], dict[Key, Kept]]
    ) -> None:
        self._state, self._split = state, split
        self._known: dict[Named, _First | dict[Key, Kept]] = {}
        self._unwritten: set[Named] = set()
        self._written, self._has_table = _Written(), False
        # By their identity, for the values of some are lists and have no hash; the list keeps them alive.
        self._numbers: dict[int, int] = {}
        self._numbered: list[tuple[Lasting, ...]] = []

    def of(self, resource: Named) -> dict[Key, Kept]:
        """Return what is known of a resource."""
        known = self._find(resource)
        if not isinstance(known, dict):
            known = self._split(*known) if known else {}
            self._remember(resource, known)
        return known

    def keep(self, resource: Named, key: Key, kept: Kept) -> bool:
        """Keep a value; return True, for there is no other process."""
        known = self.of(resource)
        known[key] = kept
        self._remember(resource, known)
        return True

    def is_first_or_same(
        self, resource: Named, keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float
    ) -> bool:
        """Return whether these values are the first of the resource, or the same as these; keep them if so."""
        known = self._known.get(resource)
        if known is None and self._has_table:
            known = self._find(resource)
        if not known:
            self._remember(resource, (keywords, values, since))
            return True
        return isinstance(known, tuple) and known[1] == values and known[0] == keywords

    def _find(self, resource: Named) -> _First | dict[Key, Kept] | None:
        known = self._known.get(resource)
        if known is None and resource in self._written:
            rows = self._state.execute(_FIND, (_to_bytes(resource),))
            if rows:
                known = self._from_bytes(rows[0][0])
                self._put(resource, known)
        return known

    def _remember(self, resource: Named, known: _First | dict[Key, Kept]) -> None:
        self._put(resource, known)
        self._unwritten.add(resource)

    def _put(self, resource: Named, known: _First | dict[Key, Kept]) -> None:
        if len(self._known) >= MAX_REMEMBERED and resource not in self._known:
            self._write()
        self._known[resource] = known

    def _write(self) -> None:
        """Write what is not written yet, and keep nothing in memory."""
        # Few memories ever write, and the self-test makes one for each fault.
        if not self._has_table:
            self._state.execute(_TABLE)
            self._has_table = True
        # In the order of the rows, in which SQLite writes them fastest.
        rows = sorted([(_to_bytes(name), self._known_as_bytes(self._known[name])) for name in self._unwritten])
        self._state.execute_all(_KEEP, rows)
        self._written.update(self._unwritten)
        self._unwritten.clear()
        self._known.clear()

    def _known_as_bytes(self, known: _First | dict[Key, Kept]) -> bytes:
        if isinstance(known, dict):
            return _to_bytes([[*key, *kept] for key, kept in known.items()])
        keywords, values, since = known
        return _to_bytes({"of": self._number_of(keywords), "values": values, "since": since})

    def _number_of(self, keywords: tuple[Lasting, ...]) -> int:
        """Return the number by which a text names the keywords."""
        if id(keywords) not in self._numbers:
            self._numbers[id(keywords)] = len(self._numbered)
            self._numbered.append(keywords)
        return self._numbers[id(keywords)]

    def _from_bytes(self, text: bytes) -> _First | dict[Key, Kept]:
        data = json.loads(text)
        if isinstance(data, list):
            return {(place, pointer): (value, shown, since) for place, pointer, value, shown, since in data}
        values = tuple([ABSENT if each == {} else each for each in data["values"]])
        return self._numbered[data["of"]], values, data["since"]


def _to_text(value: Any) -> str:
    return _to_bytes(value).decode()


def _to_bytes(value: Any) -> bytes:
    """Return a value as JSON; an object stands for what is absent, because no value here is one."""
    try:
        # A copy, because what orjson returns was cut to its size: thousands of such objects take thrice the memory.
        return bytes(memoryview(orjson.dumps(value, default=_absent)))
    except TypeError:  # A text holds half of a surrogate pair.
        return json.dumps(value, default=_absent).encode()


def _absent(value: object) -> dict[str, Any]:
    return {}


class _Written:
    """Tells which resources were surely never written, without a look into the file (a Bloom filter).

    Its 4 MB are taken for the first resource: most memories never write one.
    """

    _MASK: Final = (1 << 25) - 1
    _BYTES: Final = 1 << 22

    def __init__(self) -> None:
        self._bits = bytearray()

    def update(self, resources: Iterable[Named]) -> None:
        if not self._bits:
            self._bits = bytearray(self._BYTES)
        bits, mask = self._bits, self._MASK
        for number in map(hash, resources):
            one, two = number & mask, number >> 32 & mask
            bits[one >> 3] |= 1 << (one & 7)
            bits[two >> 3] |= 1 << (two & 7)

    def __contains__(self, resource: Named) -> bool:
        if not self._bits:
            return False
        number = hash(resource)
        one, two = number & self._MASK, number >> 32 & self._MASK
        return bool(self._bits[one >> 3] >> (one & 7) & 1 and self._bits[two >> 3] >> (two & 7) & 1)
