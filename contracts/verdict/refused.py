"""Count ids that were refused before the operation, and name the class that explains the refusals of each kind.

Hides which of an id's classes is named: an id with a NUL and a slash says nothing of which of them was refused, but all
refused ids together do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, replace
from itertools import groupby
from typing import Any, Final

from contracts.http import Response
from contracts.judge import ID_CLASSES, MADE_UP, Refusal
from contracts.openapi import Resource
from contracts.verdict.bounded import SmallestItems, SmallestKeys
from contracts.verdict.witness import Witness

RefusedId = tuple[str, Resource]
"""A resource behind its operation's path."""

MAX_IDS: Final = 10_000
"""How many ids that were refused alike are kept."""

MAX_WAYS: Final = 100
"""How many media types and products are told apart by which ids of the same classes are refused with one status."""


@dataclass(slots=True)
class RefusalRecord:
    """A way in which ids of the same classes were refused, the ids, and the smallest exchange that shows it."""

    refusal: Refusal
    ids: SmallestItems[RefusedId]
    witness: Witness

    @classmethod
    def of(cls, refusal: Refusal, refused: RefusedId, witness: Witness) -> RefusalRecord:
        """Return the record of one exchange."""
        return cls(refusal, SmallestItems(MAX_IDS, (refused,)), witness)

    def merge(self, other: RefusalRecord) -> RefusalRecord:
        """Take in another record of the same refusal, and return this one."""
        self.ids.update(other.ids)
        self.witness = min(self.witness, other.witness)
        return self

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values, for `from_json`."""
        ids = [[path, list(resource)] for path, resource in self.ids]
        is_cut = self.ids.is_cut
        return {"refusal": astuple(self.refusal), "ids": ids, "is_cut": is_cut, "witness": self.witness.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RefusalRecord:
        """Return the record that `to_json` wrote."""
        classes, *rest = data["refusal"]
        ids = SmallestItems(MAX_IDS, ((path, tuple(resource)) for path, resource in data["ids"]), is_cut=data["is_cut"])
        return cls(Refusal(tuple(classes), *rest), ids, Witness.from_json(data["witness"]))


class RefusalRecords:
    """The records of refusals; of each classes and status those of MAX_WAYS media types and products by themselves.

    Those that come first by name are kept by themselves. The record of the others names the product VARIOUS.
    """

    def __init__(self) -> None:
        self._groups: dict[tuple[tuple[str, ...], str], SmallestKeys[Refusal, RefusalRecord]] = {}

    def add(self, record: RefusalRecord) -> None:
        """Take in a record, which must not be used any more."""
        refusal = record.refusal
        name = refusal.classes, refusal.answer
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = SmallestKeys(MAX_WAYS, RefusalRecord.merge, _of_others)
        if refusal.product == VARIOUS:
            group.add_rest(record)
        else:
            group.add(refusal, record)

    def update(self, other: RefusalRecords) -> None:
        """Take in all records of the other one, which must not be used any more."""
        for record in other:
            self.add(record)

    def __iter__(self) -> Iterator[RefusalRecord]:
        """Yield every record, in a stable order."""
        for _, group in sorted(self._groups.items()):
            yield from (record for _, record in sorted(group.kept.items()))
            if group.rest is not None:
                yield group.rest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RefusalRecords) and self._groups == other._groups

    __hash__ = None  # type: ignore[assignment]


VARIOUS: Final = "various products, of various media types"
"""Stands for the product where there are too many; no product that is kept has a comma (see `Refusal`)."""


def _of_others(record: RefusalRecord) -> RefusalRecord:
    record.refusal = replace(record.refusal, media_type="", product=VARIOUS)
    return record


@dataclass(frozen=True, slots=True)
class RefusedIds:
    """Ids of one class that were refused alike: by a status (or `closed`), with a media type, by a product.

    `count` is the number of different ids, or the least that it can be if there are `more`; media type and product are
    empty where the answer names none.
    """

    id_class: str
    answer: str
    media_type: str
    product: str
    count: int
    witness: Witness
    more: bool = False

    @property
    def location(self) -> str:
        """Return where the witness's answer leads; empty if it is no redirect."""
        outcome = self.witness.outcome
        is_redirect = isinstance(outcome, Response) and 300 <= outcome.status < 400
        return (outcome.header("location") or "") if is_redirect and isinstance(outcome, Response) else ""


_NAMES = (*(each.words for each in ID_CLASSES), MADE_UP)


def refused_ids(records: Iterable[RefusalRecord]) -> Iterator[RefusedIds]:
    """Yield the refusals, by answer and then by the class that the most of the ids share, each id once."""
    for answer, alike in groupby(sorted(records, key=lambda each: (_answer(each), each.refusal)), _answer):
        left = list(alike)
        while left:
            name = max(_NAMES, key=lambda words: _sharing(words, left))
            named = [each for each in left if name in each.refusal.classes]
            left = [each for each in left if name not in each.refusal.classes]
            count, more = len(set().union(*(each.ids for each in named))), any(each.ids.is_cut for each in named)
            yield RefusedIds(name, *answer, count, min(each.witness for each in named), more)


def _answer(record: RefusalRecord) -> tuple[str, str, str]:
    return record.refusal.answer, record.refusal.media_type, record.refusal.product


def _sharing(name: str, records: Iterable[RefusalRecord]) -> int:
    return sum(len(each.ids) for each in records if name in each.refusal.classes)
