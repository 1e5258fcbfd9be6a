"""What a run has seen so far: requests, violations, coverage and times, each distinct thing once.

A tally is a commutative monoid under `merge`, so that the workers of a run, in any order, make one verdict.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, field
from types import MappingProxyType
from typing import Any, Final

from contracts import latency
from contracts.checks import Reading, explained, judge, read
from contracts.coverage import seen
from contracts.discovery import Resource, Vanished
from contracts.document import Operation
from contracts.evidence import plain
from contracts.exchange import Exchange, Failure, Response
from contracts.features import Feature
from contracts.history import History
from contracts.json_text import UNREADABLE
from contracts.patience import Patience
from contracts.redaction import Redaction
from contracts.violation import Violation
from contracts.waivers import Cover

Waiving = Callable[[Violation, Resource], Cover]
"""What waivers make of a violation on a resource."""

KEPT: Final = 50_000
"""How many different sightings are kept: a server may make up new properties for ever."""


@dataclass(frozen=True, slots=True, order=True)
class Witness:
    """The exchange that shows a violation; of several the smallest is told, one of a resource that exists first.

    `size` is that of the URL and the answer's body together, in bytes, `operation` the path. `status` is 0 where no
    answer came; `asked` are the header fields by which the request differed from its neighbours, `fields` the answer's.
    """

    strange: bool
    size: int
    url: str
    operation: str
    parameters: tuple[tuple[str, str], ...]
    asked: tuple[tuple[str, str], ...]
    status: int
    fields: tuple[tuple[str, str], ...]
    body: bytes
    method: str = "GET"

    @property
    def text(self) -> str:
        """The body as it can be shown, whatever its bytes."""
        return self.body.decode("utf-8", "backslashreplace")


@dataclass(slots=True)
class Seen:
    """A violation, how often it was seen, on which resources, and its smallest witness.

    `waiver` is the number of the waiver that covers all these sightings, 0 if none does; `fitting` are those of the
    waivers, expired ones too, that fit one of them.
    """

    witness: Witness
    violation: Violation
    count: int
    resources: set[Resource]
    waiver: int = 0
    fitting: frozenset[int] = frozenset()

    @property
    def key(self) -> tuple[str, ...]:
        """Equal for sightings that are told as one."""
        return (*self.violation.identity, str(self.waiver))

    def merge(self, other: Seen) -> None:
        """Take in another sighting of the same."""
        smaller = min((self, other), key=lambda each: (each.witness, each.violation))
        self.witness, self.violation = smaller.witness, smaller.violation
        self.count += other.count
        self.resources |= other.resources
        self.fitting |= other.fitting


@dataclass(frozen=True, slots=True)
class Difference:
    """How often the validators differed in one way, and the smallest exchange that shows it."""

    count: int
    witness: Witness

    def merge(self, other: Difference) -> Difference:
        """Both as one."""
        return Difference(self.count + other.count, min(self.witness, other.witness))


@dataclass(frozen=True, slots=True)
class Sighting:
    """How often a feature was seen, when first (seconds since 1970), and on which resource then."""

    count: int
    first: float
    resource: Resource

    def merge(self, other: Sighting) -> Sighting:
        """Both as one."""
        first, resource = min((self.first, self.resource), (other.first, other.resource))
        return Sighting(self.count + other.count, first, resource)


_COUNTERS: Final = ("answers", "plain", "granted", "retries", "faults", "probes")
_RESOURCES: Final = ("vanished", "passed_over")


@dataclass(slots=True)
class Tally:
    """Counts of statuses and failures, of those that came to plain requests, by the operation's path of promised
    successes that could be read, of the self-test's faults (`all` there are, and `caught`), of answers to undocumented
    methods (`POST 405`); times by the operation's path and bucket; violations by their identity; differences between
    the validators, by the words that tell them; and resources, behind the operation's path, that were listed and are
    gone (`vanished`), or were not read as often as others because they keep whoever asks waiting (`passed_over`).

    `shown` are sightings by the features that were seen together: equal answers show the same.
    """

    answers: Counter[str] = field(default_factory=Counter)
    plain: Counter[str] = field(default_factory=Counter)
    shown: dict[frozenset[Feature], Sighting] = field(default_factory=dict)
    violations: dict[tuple[str, ...], Seen] = field(default_factory=dict)
    differences: dict[str, Difference] = field(default_factory=dict)
    granted: Counter[str] = field(default_factory=Counter)
    retries: Counter[str] = field(default_factory=Counter)
    """How often a request was sent again, by the status or failure that it was sent again for."""
    faults: Counter[str] = field(default_factory=Counter)
    probes: Counter[str] = field(default_factory=Counter)
    times: dict[str, Counter[int]] = field(default_factory=dict)
    vanished: set[tuple[str, Resource]] = field(default_factory=set)
    passed_over: set[tuple[str, Resource]] = field(default_factory=set)

    def note(
        self,
        exchange: Exchange,
        violations: Iterable[Violation],
        waiver: Waiving = lambda violation, resource: Cover(),
        redaction: Redaction = Redaction(),  # noqa: B008 - it is frozen
    ) -> None:
        """Take in one exchange, what was found wrong with it, and which waiver covers that.

        What the redaction takes out is not kept.
        """
        outcome, operation, resource = exchange.outcome, exchange.operation, exchange.request.resource
        kind = _name(outcome)
        if not exchange.request.reads:
            self.probes[f"{exchange.request.method} {kind}"] += 1
        elif isinstance(outcome, Response):
            reading = read(operation, outcome)
            shown, sighting = seen(operation, reading, outcome.status), Sighting(1, exchange.at, resource)
            self._show(shown.promised, sighting)
            for feature in shown.undeclared:
                if redaction.hides(feature):
                    continue
                self._show(frozenset((feature,)), sighting)
            self.times.setdefault(operation.path, Counter())[latency.bucket(exchange.seconds)] += 1
            if 200 <= outcome.status < 300 and _shows(reading):
                self.granted[operation.path] += 1
        self.count(exchange)
        if plain(exchange.request):
            self.plain[kind] += 1
        if found := tuple(violations):
            kept = redaction.exchange(exchange)
            for violation in found:
                cover, told = waiver(violation, resource), redaction.violation(violation)
                witness = _witness(kept, told)
                self._add(Seen(witness, told, 1, {resource}, cover.waiver, cover.fitting))

    def count(self, exchange: Exchange) -> None:
        """Count an exchange, and how often its request was sent again; nothing else of it."""
        self.answers[_name(exchange.outcome)] += 1
        self.retries.update(map(_name, exchange.earlier))

    def differ(self, exchange: Exchange, words: Iterable[str]) -> None:
        """Take in where the validators differ about an answer."""
        for each in words:
            self._differ(each, Difference(1, _witness(exchange)))

    def _differ(self, words: str, difference: Difference) -> None:
        known = self.differences.get(words)
        self.differences[words] = known.merge(difference) if known else difference

    def _show(self, features: frozenset[Feature], sighting: Sighting) -> None:
        known = self.shown.get(features)
        if known or len(self.shown) < KEPT:
            self.shown[features] = known.merge(sighting) if known else sighting

    def _add(self, sighting: Seen) -> None:
        known = self.violations.get(sighting.key)
        if known:
            known.merge(sighting)
        else:
            self.violations[sighting.key] = sighting

    def merge(self, other: Tally) -> None:
        """Take in what another worker has seen; the other is not to be used any more."""
        for name in _COUNTERS:
            getattr(self, name).update(getattr(other, name))
        for name in _RESOURCES:
            getattr(self, name).update(getattr(other, name))
        for words, difference in other.differences.items():
            self._differ(words, difference)
        for features, sighting in other.shown.items():
            self._show(features, sighting)
        for path, times in other.times.items():
            self.times.setdefault(path, Counter()).update(times)
        for each in other.violations.values():
            self._add(each)

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return self.answers.total()

    @property
    def features(self) -> dict[Feature, Sighting]:
        """Every feature that was seen, one by one."""
        found: dict[Feature, Sighting] = {}
        for features, sighting in self.shown.items():
            for feature in features:
                known = found.get(feature)
                found[feature] = known.merge(sighting) if known else sighting
        return found

    @property
    def found(self) -> tuple[Seen, ...]:
        """Every distinct violation, in a stable order."""
        return tuple(sorted(self.violations.values(), key=lambda each: (each.violation, each.waiver)))

    def to_json(self) -> dict[str, Any]:
        """Plain values that `from_json` reads back, for the way between processes."""
        return {
            **{name: dict(getattr(self, name)) for name in _COUNTERS},
            "features": [
                [*astuple(feature), *astuple(sighting)] for feature, sighting in sorted(self.features.items())
            ],
            "violations": [_plain(each) for each in self.violations.values()],
            "differences": [
                [words, each.count, _plain_witness(each.witness)] for words, each in sorted(self.differences.items())
            ],
            **{name: [[path, list(each)] for path, each in sorted(getattr(self, name))] for name in _RESOURCES},
            "times": {
                path: {str(number): count for number, count in times.items()} for path, times in self.times.items()
            },
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        """The inverse of `to_json`, but that features are told one by one."""
        tally = cls()
        for name in _COUNTERS:
            getattr(tally, name).update(data[name])
        for name in _RESOURCES:
            getattr(tally, name).update((path, tuple(resource)) for path, resource in data[name])
        for words, count, witness in data["differences"]:
            tally._differ(words, Difference(count, _read_witness(witness)))
        for path, row in data["times"].items():
            tally.times[path] = Counter({int(number): count for number, count in row.items()})
        for *feature, count, first, resource in data["features"]:
            tally._show(frozenset((Feature(*feature),)), Sighting(count, first, tuple(resource)))
        for each in data["violations"]:
            tally._add(_sighted(each))
        return tally


def _shows(reading: Reading) -> bool:
    """Whether the answer could be looked at; one that could not is no evidence, whatever is waived."""
    if reading.promise is None or not reading.promise.content:
        return reading.promise is not None
    return reading.schema is not None and reading.value is not UNREADABLE


def _name(outcome: Response | Failure) -> str:
    """What an outcome is counted as."""
    return str(outcome.status) if isinstance(outcome, Response) else outcome.kind


def _plain(each: Seen) -> dict[str, Any]:
    resources = [list(values) for values in sorted(each.resources)]
    violation, witness = asdict(each.violation), _plain_witness(each.witness)
    plain = {"witness": witness, "violation": violation, "count": each.count, "resources": resources}
    return {**plain, "waiver": each.waiver, "fitting": sorted(each.fitting)}


def _plain_witness(witness: Witness) -> dict[str, Any]:
    return {**asdict(witness), "body": witness.body.decode("latin-1")}


def _sighted(each: Mapping[str, Any]) -> Seen:
    violation, resources = Violation(**each["violation"]), {tuple(row) for row in each["resources"]}
    cover = each["waiver"], frozenset(each["fitting"])
    return Seen(_read_witness(each["witness"]), violation, each["count"], resources, *cover)


def _read_witness(raw: Mapping[str, Any]) -> Witness:
    pairs = {name: tuple((key, value) for key, value in raw[name]) for name in ("parameters", "asked", "fields")}
    return Witness(**{**raw, **pairs, "body": raw["body"].encode("latin-1")})


def _witness(exchange: Exchange, violation: Violation | None = None) -> Witness:
    request, came = exchange.request, exchange.outcome
    if violation and violation.rule.startswith("flaky."):
        came = next(each for each in exchange.earlier if _name(each) == violation.cause)
    answer = Response(0, (), b"") if isinstance(came, Failure) else came
    return Witness(
        strange=not request.exists,
        size=len(request.url) + len(answer.body),
        url=request.url,
        operation=exchange.operation.path,
        parameters=request.parameters,
        asked=request.headers,
        status=answer.status,
        fields=answer.headers,
        body=answer.body,
        method=request.method,
    )


class Judge:
    """Judges every exchange of one worker, in the light of those before, and keeps the tally.

    `second_opinion` tells, in words, where another validator differs about an answer. Of resources that were
    `discovered`, by operation, one that is refused may have vanished. What `redaction` takes out is judged, not kept.
    `history` is what is known of answers that came before; other workers may add to it.
    """

    def __init__(
        self,
        second_opinion: Callable[[Exchange], Iterable[str]] = lambda exchange: (),
        discovered: Mapping[Operation, Iterable[Resource]] = MappingProxyType({}),
        waiver: Waiving = lambda violation, resource: Cover(),
        redaction: Redaction = Redaction(),  # noqa: B008 - it is frozen
        history: History | None = None,
    ) -> None:
        self.tally = Tally()
        self._waiver, self._redaction = waiver, redaction
        self._vanished = Vanished(discovered)
        self._patience = Patience()
        self._history = history or History(redacted=redaction.violation)
        self._second_opinion = second_opinion

    def __call__(self, exchange: Exchange) -> tuple[Violation, ...]:
        """What is wrong with the exchange; noted in the tally."""
        if not exchange.request.reads:
            violations = judge(exchange.operation, exchange)
            self.tally.note(exchange, violations, self._waiver)
            return violations
        self._patience.note(exchange)
        exchange = self._vanished.judged(exchange)
        found = {*judge(exchange.operation, exchange), *self._vanished.note(exchange)}
        try:
            found |= {*self._history.note(exchange), *self._history.mistaken(exchange)}
        finally:  # What is wrong with the answer alone is told, whether or not there is room to remember it.
            violations = tuple(sorted(found - explained(found)))
            self.tally.note(exchange, violations, self._waiver, self._redaction)
        if differences := tuple(self._second_opinion(exchange)):
            self.tally.differ(self._redaction.exchange(exchange), differences)
        return violations

    def passes_over(self, operation: Operation, resource: Resource) -> bool:
        """Whether to read a resource once more would take time and tell nothing new; the tally notes that it was so."""
        lost = self._patience.is_lost(operation.path, resource)
        if lost:
            self.tally.passed_over.add((operation.path, resource))
        return lost

    def take(self) -> Tally:
        """The tally since the last time it was taken."""
        taken, self.tally = self.tally, Tally()
        taken.vanished = set(self._vanished.resources)
        return taken
