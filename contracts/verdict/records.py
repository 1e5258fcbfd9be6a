"""Record each distinct violation with its count and its smallest witness, and of many alike a bounded number.

Hides which of them are kept: where a server makes up values or names without end, each is a violation of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from contracts.http import Exchange
from contracts.judge import Violation
from contracts.openapi import Resource
from contracts.verdict.bounded import SmallestItems, SmallestKeys
from contracts.verdict.redaction import Redaction
from contracts.verdict.waivers import Waiver, WaiverMatch
from contracts.verdict.witness import Witness

MAX_VARIANTS: Final = 200
"""How many violations of one rule, status, pointer and waiver are recorded by themselves."""

MAX_RESOURCES: Final = 1000
"""On how many resources one violation is recorded by name: more are of no use to a reader, and of each variant."""


@dataclass(slots=True)
class ViolationRecord:
    """A violation, how often and on which resources it was seen, and its smallest witness.

    `waiver` is the waiver that covers every one of these exchanges, None if there is none; `fitting` are the waivers,
    expired ones too, that fit at least one of them.
    """

    witness: Witness
    violation: Violation
    count: int
    resources: SmallestItems[Resource]
    waiver: Waiver | None = None
    fitting: frozenset[Waiver] = frozenset()

    @classmethod
    def of(cls, witness: Witness, violation: Violation, resource: Resource, match: WaiverMatch) -> ViolationRecord:
        """Return the record of one exchange."""
        resources = SmallestItems(MAX_RESOURCES, (resource,))
        return cls(witness, violation, 1, resources, match.waiver, match.fitting)

    def merge(self, other: ViolationRecord) -> ViolationRecord:
        """Take in another record, and return this one."""
        if (other.witness, other.violation) < (self.witness, self.violation):
            self.witness, self.violation = other.witness, other.violation
        self.count += other.count
        self.resources.update(other.resources)
        self.fitting |= other.fitting
        return self

    def note(self, resource: Resource, match: WaiverMatch) -> None:
        """Count one more exchange, whose witness would not be smaller."""
        self.count += 1
        self.resources.add(resource)
        if not match.fitting <= self.fitting:
            self.fitting |= match.fitting

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values, for `from_json`."""
        return {
            "witness": self.witness.to_json(),
            "violation": asdict(self.violation),
            "count": self.count,
            "resources": [list(resource) for resource in self.resources],
            "more_resources": self.resources.is_cut,
            "waiver": self.waiver and self.waiver.to_json(),
            "fitting": [waiver.to_json() for waiver in sorted(self.fitting)],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ViolationRecord:
        """Return the record that `to_json` wrote."""
        return cls(
            Witness.from_json(data["witness"]),
            Violation(**data["violation"]),
            data["count"],
            SmallestItems(MAX_RESOURCES, map(tuple, data["resources"]), is_cut=data["more_resources"]),
            data["waiver"] and Waiver.from_json(data["waiver"]),
            frozenset(map(Waiver.from_json, data["fitting"])),
        )


_Group = tuple[str, int, str, Waiver | None]
"""Violations alike: a rule, a status, the pointer in the document, and the waiver that covers them."""

_Identity = tuple[str, ...]


class ViolationRecords:
    """The records of MAX_VARIANTS violations of each group by themselves, and of all others of the group as one.

    Those with the smallest identities are kept by themselves. The record of the others has the violation of its
    smallest witness, which says that it stands for others.
    """

    def __init__(self) -> None:
        self._groups: dict[_Group, SmallestKeys[_Identity, ViolationRecord]] = {}

    def note(
        self, exchange: Exchange, violations: Iterable[tuple[Violation, WaiverMatch]], redaction: Redaction
    ) -> None:
        """Take in the violations of one exchange, each with the waivers that match it; keep nothing redacted."""
        kept, resource = redaction.exchange(exchange), exchange.request.parameter_values
        for violation, match in violations:
            shown = redaction.violation(violation)
            known = self._group(shown, match.waiver).find(shown.identity)
            kind = shown.variant if shown.rule.startswith("flaky.") else None
            if known is not None and kind is None and known.witness.is_surely_smaller_than(kept):
                known.note(resource, match)
            else:
                self.add(ViolationRecord.of(Witness.of(kept, kind), shown, resource, match))

    def _group(self, violation: Violation, waiver: Waiver | None) -> SmallestKeys[_Identity, ViolationRecord]:
        name = violation.rule, violation.status, violation.pointer, waiver
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = SmallestKeys(MAX_VARIANTS, ViolationRecord.merge, _of_others)
        return group

    def add(self, record: ViolationRecord) -> None:
        """Take in a record, which must not be used any more."""
        group = self._group(record.violation, record.waiver)
        if record.violation.is_of_others:
            group.add_rest(record)
        else:
            group.add(record.violation.identity, record)

    def update(self, other: ViolationRecords) -> None:
        """Take in all records of the other one, which must not be used any more."""
        for record in other:
            self.add(record)

    def __iter__(self) -> Iterator[ViolationRecord]:
        """Yield every record; another thread may add records meanwhile."""
        # A list is made of a dictionary in one step.
        for group in list(self._groups.values()):
            yield from list(group.kept.values())
            if group.rest is not None:
                yield group.rest

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ViolationRecords) and self._groups == other._groups

    __hash__ = None  # type: ignore[assignment]


def _of_others(record: ViolationRecord) -> ViolationRecord:
    """Return the record as one of violations that are not told apart."""
    record.violation = record.violation.of_others()
    return record
