"""Keep a bounded part of what may come without end, so that the order in which it comes does not matter.

Hides what is kept: always the smallest. Whichever part of everything is added first, the smallest of the whole are
among the smallest of each part, so that what is left out once is never needed again.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

Item = TypeVar("Item", bound=Any)
Key = TypeVar("Key", bound=Any)
Value = TypeVar("Value")


class SmallestItems(Generic[Item]):
    """A set of the smallest `limit` of the items that were added."""

    __slots__ = ("_items", "_largest", "_left_out", "limit")

    def __init__(self, limit: int, items: Iterable[Item] = (), *, is_cut: bool = False) -> None:
        """Begin with the items; `is_cut` says that others were left out before."""
        self.limit = limit
        self._items: set[Item] = set()
        self._largest: Item | None = None
        self._left_out = is_cut
        for item in items:
            self.add(item)

    def add(self, item: Item) -> None:
        """Add an item."""
        if self._largest is not None and item > self._largest:
            self._left_out = True
            return
        self._items.add(item)
        # To sort them once for many items costs less than to find the place of each.
        if len(self._items) >= 2 * self.limit:
            self._cut()

    def _cut(self) -> None:
        if len(self._items) > self.limit:
            kept = sorted(self._items)[: self.limit]
            self._items, self._largest, self._left_out = set(kept), kept[-1], True

    def update(self, other: SmallestItems[Item]) -> None:
        """Add all that the other one has seen."""
        for item in other._items:
            self.add(item)
        self._left_out |= other._left_out

    @property
    def is_cut(self) -> bool:
        """Return whether there were more different items than are kept."""
        self._cut()
        return self._left_out

    def __iter__(self) -> Iterator[Item]:
        """Yield the items that are kept, sorted."""
        self._cut()
        return iter(sorted(self._items))

    def __len__(self) -> int:
        return min(len(self._items), self.limit)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SmallestItems) and [*self] == [*other] and self.is_cut == other.is_cut

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"SmallestItems({self.limit}, {[*self]}, is_cut={self.is_cut})"


class SmallestKeys(Generic[Key, Value]):
    """Values by the smallest `limit` of their keys, and one value that all others are merged into, `rest`.

    `merge` returns two values as one and may change the first; `as_rest` returns a value as it is merged into the rest.
    """

    __slots__ = ("_as_rest", "_keys", "_merge", "kept", "limit", "rest")

    def __init__(
        self,
        limit: int,
        merge: Callable[[Value, Value], Value],
        as_rest: Callable[[Value], Value] = lambda value: value,
    ) -> None:
        self.limit, self._merge, self._as_rest = limit, merge, as_rest
        self.kept: dict[Key, Value] = {}
        self.rest: Value | None = None
        self._keys: list[Key] = []

    def find(self, key: Key) -> Value | None:
        """Return the value that another one of the key would be merged into; None if there is none yet."""
        found = self.kept.get(key)
        return self.rest if found is None and self._is_beyond(key) else found

    def _is_beyond(self, key: Key) -> bool:
        return len(self._keys) >= self.limit and bool(key > self._keys[-1])

    def add(self, key: Key, value: Value) -> None:
        """Merge a value into that of its key."""
        if key in self.kept:
            self.kept[key] = self._merge(self.kept[key], value)
        elif self._is_beyond(key):
            self.add_rest(value)
        else:
            insort(self._keys, key)
            self.kept[key] = value
            if len(self._keys) > self.limit:
                self.add_rest(self.kept.pop(self._keys.pop()))

    def add_rest(self, value: Value) -> None:
        """Merge a value of which no key is known any more."""
        value = self._as_rest(value)
        self.rest = value if self.rest is None else self._merge(self.rest, value)

    def update(self, other: SmallestKeys[Key, Value]) -> None:
        """Add all that the other one has seen; it must not be used any more."""
        for key, value in other.kept.items():
            self.add(key, value)
        if other.rest is not None:
            self.add_rest(other.rest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SmallestKeys) and (self.kept, self.rest) == (other.kept, other.rest)

    __hash__ = None  # type: ignore[assignment]
