"""Count ids that were refused before the operation, and name the class that explains the refusals of each kind.

Hides which of an id's classes is named: an id with a NUL and a slash says nothing of which of them was refused, but all
refused ids together do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass
from itertools import groupby
from typing import Any

from contracts.http import Response
from contracts.judge import ID_CLASSES, MADE_UP, Refusal
from contracts.openapi import Resource
from contracts.verdict.witness import Witness

RefusedId = tuple[str, Resource]
"""A resource behind its operation's path."""


@dataclass(slots=True)
class RefusalRecord:
    """A way in which ids of the same classes were refused, the ids, and the smallest exchange that shows it."""

    refusal: Refusal
    ids: set[RefusedId]
    witness: Witness

    def merge(self, other: RefusalRecord) -> None:
        """Take in another record of the same refusal."""
        self.ids |= other.ids
        self.witness = min(self.witness, other.witness)

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values, for `from_json`."""
        ids = [[path, list(resource)] for path, resource in sorted(self.ids)]
        return {"refusal": astuple(self.refusal), "ids": ids, "witness": self.witness.to_json()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> RefusalRecord:
        """Return the record that `to_json` wrote."""
        classes, *rest = data["refusal"]
        ids = {(path, tuple(resource)) for path, resource in data["ids"]}
        return cls(Refusal(tuple(classes), *rest), ids, Witness.from_json(data["witness"]))


@dataclass(frozen=True, slots=True)
class RefusedIds:
    """Ids of one class that were refused alike: by a status (or `closed`), with a media type, by a product.

    `count` is the number of different ids; media type and product are empty where the answer names none.
    """

    id_class: str
    answer: str
    media_type: str
    product: str
    count: int
    witness: Witness

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
            count = len(set().union(*(each.ids for each in named)))
            yield RefusedIds(name, *answer, count, min(each.witness for each in named))


def _answer(record: RefusalRecord) -> tuple[str, str, str]:
    return record.refusal.answer, record.refusal.media_type, record.refusal.product


def _sharing(name: str, records: Iterable[RefusalRecord]) -> int:
    return sum(len(each.ids) for each in records if name in each.refusal.classes)
