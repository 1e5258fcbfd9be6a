"""What a run has seen so far: requests, violations and coverage, each distinct thing once.

A tally is a commutative monoid under `merge`, so that the workers of a run, in any order, make one verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, astuple, dataclass, field
from enum import StrEnum
from typing import Any, Final

from contracts.checks import judge, read
from contracts.coverage import Feature, promised, seen
from contracts.document import Document
from contracts.exchange import Exchange, Failure, Response
from contracts.history import History
from contracts.violation import Violation

KEPT: Final = 10
"""How many of the resources that a violation was seen on are kept, the smallest first."""


class Outcome(StrEnum):
    """What a run comes to."""

    CONFORMS = "CONFORMS"
    VIOLATES = "VIOLATES"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True, order=True)
class Witness:
    """The exchange that shows a violation; of several the smallest is told, one of a resource that exists first.

    `size` is that of the URL and the answer's body together, in bytes.
    """

    strange: bool
    size: int
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A violation, how often it was seen, on which resources (at most KEPT), and its smallest witness."""

    witness: Witness
    violation: Violation
    count: int
    resources: tuple[tuple[str, ...], ...]

    def merge(self, other: Seen) -> Seen:
        """Both sightings as one."""
        smaller = min((self, other), key=lambda each: (each.witness, each.violation))
        resources = sorted({*self.resources, *other.resources})[:KEPT]
        return Seen(smaller.witness, smaller.violation, self.count + other.count, tuple(resources))


@dataclass(slots=True)
class Tally:
    """Counts of statuses and failures, of features seen, of promised successes by the operation's path, of the
    self-test's faults (`all` there are, and `caught`), and the violations by their identity.
    """

    answers: Counter[str] = field(default_factory=Counter)
    features: Counter[Feature] = field(default_factory=Counter)
    violations: dict[tuple[str, ...], Seen] = field(default_factory=dict)
    differences: Counter[str] = field(default_factory=Counter)
    granted: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)

    def note(self, exchange: Exchange, violations: Iterable[Violation]) -> None:
        """Take in one exchange and what was found wrong with it."""
        outcome = exchange.outcome
        if isinstance(outcome, Response):
            reading = read(exchange.operation, outcome)
            self.answers[str(outcome.status)] += 1
            self.features.update(seen(exchange.operation, reading))
            if reading.promise is not None and 200 <= outcome.status < 300:
                self.granted[exchange.operation.path] += 1
        else:
            self.answers[outcome.kind] += 1
        if found := tuple(violations):
            witness = _witness(exchange)
            for violation in found:
                self._add(violation.identity, Seen(witness, violation, 1, (exchange.request.resource,)))

    def _add(self, identity: tuple[str, ...], sighting: Seen) -> None:
        known = self.violations.get(identity)
        self.violations[identity] = known.merge(sighting) if known else sighting

    def merge(self, other: Tally) -> None:
        """Take in what another worker has seen."""
        self.answers.update(other.answers)
        self.features.update(other.features)
        self.differences.update(other.differences)
        self.faults.update(other.faults)
        self.granted.update(other.granted)
        for identity, sighting in other.violations.items():
            self._add(identity, sighting)

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self.answers.total()

    @property
    def found(self) -> tuple[Seen, ...]:
        """Every distinct violation, in a stable order."""
        return tuple(sorted(self.violations.values(), key=lambda each: each.violation))

    def unseen(self, document: Document) -> Iterator[Feature]:
        """What the document promises and no answer has shown."""
        for operation in document.operations:
            yield from (feature for feature in promised(operation) if feature not in self.features)

    def outcome(self, document: Document) -> Outcome:
        """Violations outweigh all; without one success of every operation there is no evidence."""
        if self.violations or self.differences:
            return Outcome.VIOLATES
        enough = all(self.granted[operation.path] for operation in document.operations)
        return Outcome.CONFORMS if enough else Outcome.INCONCLUSIVE

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back, for the way between processes."""
        return {
            "answers": dict(self.answers),
            "features": [[*astuple(feature), count] for feature, count in self.features.items()],
            "violations": [asdict(each) for each in self.violations.values()],
            "differences": dict(self.differences),
            "faults": dict(self.faults),
            "granted": dict(self.granted),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        """The inverse of `to_json`."""
        counters = [Counter(data[name]) for name in ("differences", "granted", "faults")]
        tally = cls(Counter(data["answers"]), Counter(), {}, *counters)
        tally.features.update({Feature(*row[:-1]): row[-1] for row in data["features"]})
        for each in data["violations"]:
            witness = each["witness"]
            headers = tuple((name, value) for name, value in witness["headers"])
            violation = Violation(**each["violation"])
            resources = tuple(tuple(values) for values in each["resources"])
            sighting = Seen(Witness(**{**witness, "headers": headers}), violation, each["count"], resources)
            tally.violations[violation.identity] = sighting
        return tally


def _witness(exchange: Exchange) -> Witness:
    outcome = exchange.outcome
    body = b"" if isinstance(outcome, Failure) else outcome.body
    text = body.decode("utf-8", "backslashreplace")
    request = exchange.request
    return Witness(not request.exists, len(request.url) + len(body), request.url, request.headers, text)


class Judge:
    """Judges every exchange of one worker, in the light of those before, and keeps the tally.

    `second_opinion` tells, in words, where another validator differs about an answer.
    """

    def __init__(self, second_opinion: Callable[[Exchange], Iterable[str]] = lambda exchange: ()) -> None:
        self.tally = Tally()
        self._history = History()
        self._second_opinion = second_opinion

    def __call__(self, exchange: Exchange) -> tuple[Violation, ...]:
        """What is wrong with the exchange; noted in the tally."""
        violations = (*judge(exchange.operation, exchange), *self._history.note(exchange))
        self.tally.note(exchange, violations)
        self.tally.differences.update(self._second_opinion(exchange))
        return violations

    def take(self) -> Tally:
        """The tally since the last time it was taken."""
        taken, self.tally = self.tally, Tally()
        return taken
