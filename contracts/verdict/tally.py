"""Count what a run has seen: requests, violations, coverage and latencies, each distinct thing once.

Hides how observations are merged. A tally is a commutative monoid under `merge`: whichever worker saw what, and in
whatever order the tallies are merged, the verdict is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from typing import Any, Final, TypeVar

from contracts.coverage import Feature, ObservedFeatures, features_of
from contracts.http import LET_IN, THROTTLED, Exchange, Response, example_of, label_of
from contracts.judge import ParsedResponse, Refusal, Violation, parse_response
from contracts.openapi import UNREADABLE, Resource
from contracts.verdict.latency import latency_bucket
from contracts.verdict.redaction import Redaction
from contracts.verdict.refused import RefusalRecord
from contracts.verdict.waivers import Waiver, WaiverMatch
from contracts.verdict.witness import Witness, outcome_name

MatchWaiver = Callable[[Violation, Resource], WaiverMatch]
"""Returns the waivers that match a violation on a resource."""

_Key = TypeVar("_Key")
_Counted = TypeVar("_Counted", "Difference", "FeatureObservation")

MAX_KEPT: Final = 50_000
"""How many different observations of features are kept: a server may invent new properties without end."""

_COUNTERS: Final = ("answers", "plain_answers", "lost_access", "put_off", "successes", "retries", "faults", "probes")
_RESOURCES: Final = ("vanished", "skipped_hanging")


@dataclass(slots=True)
class ViolationRecord:
    """A violation, how often and on which resources it was seen, and its smallest witness.

    `waiver` is the waiver that covers every one of these exchanges, None if there is none; `fitting` are the waivers,
    expired ones too, that fit at least one of them.
    """

    witness: Witness
    violation: Violation
    count: int
    resources: set[Resource]
    waiver: Waiver | None = None
    fitting: frozenset[Waiver] = frozenset()

    @property
    def key(self) -> tuple[object, ...]:
        """Return a value that is equal for records to be merged into one."""
        return self.violation.identity, self.waiver

    def merge(self, other: ViolationRecord) -> None:
        """Take in another record of the same key."""
        smaller = min((self, other), key=lambda record: (record.witness, record.violation))
        self.witness, self.violation = smaller.witness, smaller.violation
        self.count += other.count
        self.resources |= other.resources
        self.fitting |= other.fitting

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON values, for `from_json`."""
        return {
            "witness": self.witness.to_json(),
            "violation": asdict(self.violation),
            "count": self.count,
            "resources": [list(resource) for resource in sorted(self.resources)],
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
            set(map(tuple, data["resources"])),
            data["waiver"] and Waiver.from_json(data["waiver"]),
            frozenset(map(Waiver.from_json, data["fitting"])),
        )


@dataclass(frozen=True, slots=True)
class Difference:
    """How often the validators differed in one way, and the smallest exchange that shows it."""

    count: int
    witness: Witness

    def merge(self, other: Difference) -> Difference:
        """Return both as one."""
        return Difference(self.count + other.count, min(self.witness, other.witness))


@dataclass(frozen=True, slots=True)
class FeatureObservation:
    """How often a feature was seen, when first (seconds since 1970), and on which resource that was."""

    count: int
    first: float
    resource: Resource

    def merge(self, other: FeatureObservation) -> FeatureObservation:
        """Return both as one."""
        first, resource = min((self.first, self.resource), (other.first, other.resource))
        return FeatureObservation(self.count + other.count, first, resource)


@dataclass(slots=True)
class Tally:
    """Everything that a run, or a part of it, has seen; the fields say by what each thing is counted."""

    answers: Counter[str] = field(default_factory=Counter)
    """By status or by kind of failure."""
    plain_answers: Counter[str] = field(default_factory=Counter)
    """Answers to plain requests by their label (see `label_of`)."""
    examples: dict[str, str] = field(default_factory=dict)
    """By the label of a rejection, what one of them says of itself (see `example_of`)."""
    lost_access: Counter[str] = field(default_factory=Counter)
    """By the label of a rejection, how many processes were let in until it set in."""
    put_off: Counter[str] = field(default_factory=Counter)
    """By the operation's path, the requests that were answered 429 to the last."""
    observations: dict[frozenset[Feature], FeatureObservation] = field(default_factory=dict)
    """By the features that were seen together: equal responses show the same features."""
    violations: dict[tuple[object, ...], ViolationRecord] = field(default_factory=dict)
    """By the record's key."""
    refusals: dict[Refusal, RefusalRecord] = field(default_factory=dict)
    """Ids that an intermediary may refuse, and that were refused before the operation."""
    differences: dict[str, Difference] = field(default_factory=dict)
    """Between the validators, by the words that describe the difference."""
    successes: Counter[str] = field(default_factory=Counter)
    """By the operation's path, the documented responses for resources that exist, as far as they could be judged."""
    retries: Counter[str] = field(default_factory=Counter)
    """By the status or kind of failure that a request was sent again for."""
    faults: Counter[str] = field(default_factory=Counter)
    """Of the self-test: how many there are (`all`), were `caught`, and found nothing to break (`idle`)."""
    probes: Counter[str] = field(default_factory=Counter)
    """By an undocumented method and its response: `POST 405`."""
    times: dict[str, Counter[int]] = field(default_factory=dict)
    """By the operation's path and the latency's bucket."""
    vanished: set[tuple[str, Resource]] = field(default_factory=set)
    """Resources, behind the operation's path, that the target listed and then refused."""
    skipped_hanging: set[tuple[str, Resource]] = field(default_factory=set)
    """Resources, behind the operation's path, that were read less often because requests for them ran out of time."""

    def note(
        self,
        exchange: Exchange,
        violations: Iterable[Violation],
        match_waivers: MatchWaiver = lambda violation, resource: WaiverMatch(),
        redaction: Redaction = Redaction(),  # noqa: B008 - it is frozen
    ) -> frozenset[Feature]:
        """Take in one exchange, the violations found in it, and the waivers that match them; keep nothing redacted.

        Returns the features that the document promises and the answer showed.
        """
        shown: frozenset[Feature] = frozenset()
        self.count(exchange)
        self._note_admission(exchange, redaction)
        if not exchange.request.is_read:
            self.probes[f"{exchange.request.method} {outcome_name(exchange.outcome)}"] += 1
        elif isinstance(exchange.outcome, Response):
            shown = self._note_response(exchange, exchange.outcome, redaction)
        self.note_violations(exchange, violations, match_waivers, redaction)
        return shown

    def _note_admission(self, exchange: Exchange, redaction: Redaction) -> None:
        if (label := label_of(exchange)) is not None:
            self.plain_answers[label] += 1
            if label != LET_IN and label not in self.examples:
                self.examples[label] = example_of(redaction.exchange(exchange))
        # A request that prefers an answer, as the mock's may, was not put off.
        if isinstance(exchange.outcome, Response) and exchange.outcome.status == THROTTLED:
            self.put_off[exchange.operation.path] += not exchange.request.headers

    def note_refusal(self, exchange: Exchange, refusal: Refusal, redaction: Redaction) -> None:
        """Take in an exchange that shows nothing of the operation, because its id was refused before it."""
        self.count(exchange)
        resource = exchange.operation.path, exchange.request.parameter_values
        self._add_refusal(RefusalRecord(refusal, {resource}, Witness.of(redaction.exchange(exchange))))

    def note_violations(
        self, exchange: Exchange, violations: Iterable[Violation], match_waivers: MatchWaiver, redaction: Redaction
    ) -> None:
        """Take in violations of an exchange that is counted elsewhere."""
        if found := tuple(violations):
            kept, resource = redaction.exchange(exchange), exchange.request.parameter_values
            for violation in found:
                # Waivers are matched with the values that came; what is kept is redacted.
                match, shown = match_waivers(violation, resource), redaction.violation(violation)
                witness = Witness.of(kept, shown.variant if shown.rule.startswith("flaky.") else None)
                self._add(ViolationRecord(witness, shown, 1, {resource}, match.waiver, match.fitting))

    def _note_response(self, exchange: Exchange, response: Response, redaction: Redaction) -> frozenset[Feature]:
        operation = exchange.operation
        parsed = parse_response(operation, response)
        features = features_of(operation, parsed, response.status)
        observation = FeatureObservation(1, exchange.at, exchange.request.parameter_values)
        self._note_features(features, observation, redaction)
        self.times.setdefault(operation.path, Counter())[latency_bucket(exchange.seconds)] += 1
        if operation.grants(response.status) and _is_evidence(parsed):
            self.successes[operation.path] += 1
        return features.promised

    def _note_features(self, features: ObservedFeatures, observation: FeatureObservation, redaction: Redaction) -> None:
        self._observe(features.promised, observation)
        for feature in features.undeclared:
            if not redaction.hides(feature):
                self._observe(frozenset((feature,)), observation)

    def note_alike(self, exchange: Exchange, observation: FeatureObservation, plain: int, redaction: Redaction) -> None:
        """Take in further answers that are alike to one that was noted: without a violation, and of the same features.

        `exchange` is the one that was noted, `observation` tells of the further ones, of which `plain` were requested
        by plain requests. How long they took is not in it.
        """
        operation, response = exchange.operation, exchange.outcome
        assert isinstance(response, Response)
        parsed = parse_response(operation, response)
        self._note_features(features_of(operation, parsed, response.status), observation, redaction)
        self.answers[outcome_name(response)] += observation.count
        plainly = replace(exchange, request=replace(exchange.request, parameters=()))
        if plain and (label := label_of(plainly)) is not None:
            self.plain_answers[label] += plain
        if operation.grants(response.status):
            self.successes[operation.path] += observation.count

    def count(self, exchange: Exchange) -> None:
        """Count an exchange and the retries of its request, and nothing else of it."""
        self.answers[outcome_name(exchange.outcome)] += 1
        self.retries.update(map(outcome_name, exchange.previous_attempts))

    def differ(self, exchange: Exchange, differences: Iterable[str]) -> None:
        """Take in how the validators differ about a response, each difference in words."""
        for words in differences:
            _merge(self.differences, words, Difference(1, Witness.of(exchange)))

    def _observe(self, features: frozenset[Feature], observation: FeatureObservation) -> None:
        if features in self.observations or len(self.observations) < MAX_KEPT:
            _merge(self.observations, features, observation)

    def _add(self, record: ViolationRecord) -> None:
        known = self.violations.setdefault(record.key, record)
        if known is not record:
            known.merge(record)

    def _add_refusal(self, record: RefusalRecord) -> None:
        known = self.refusals.setdefault(record.refusal, record)
        if known is not record:
            known.merge(record)

    def merge(self, other: Tally) -> None:
        """Take in what another worker has seen; the other tally must not be used any more."""
        for name in (*_COUNTERS, *_RESOURCES):
            getattr(self, name).update(getattr(other, name))
        for words, difference in other.differences.items():
            _merge(self.differences, words, difference)
        for label, example in other.examples.items():
            # Which of two is kept must not depend on the order of merging.
            self.examples[label] = min(filter(None, (example, self.examples.get(label))), default="")
        for features, observation in other.observations.items():
            self._observe(features, observation)
        for path, times in other.times.items():
            self.times.setdefault(path, Counter()).update(times)
        for record in other.violations.values():
            self._add(record)
        for refused in other.refusals.values():
            self._add_refusal(refused)

    @property
    def requests(self) -> int:
        """Return how many requests were sent."""
        return self.answers.total()

    @property
    def operations(self) -> frozenset[str]:
        """Return the paths of the operations whose answers were seen, refusals of ids among them."""
        refused = (path for record in self.refusals.values() for path, _ in record.ids)
        return frozenset((*self.times, *refused))

    @property
    def features(self) -> dict[Feature, FeatureObservation]:
        """Return the observation of every single feature that was seen."""
        found: dict[Feature, FeatureObservation] = {}
        for features, observation in self.observations.items():
            for feature in features:
                _merge(found, feature, observation)
        return found

    @property
    def found(self) -> tuple[ViolationRecord, ...]:
        """Return every distinct violation, in a stable order."""
        return tuple(sorted(self.violations.values(), key=_order))

    def to_json(self) -> dict[str, Any]:
        """Return the tally as JSON values, for `from_json` in another process."""
        return {
            **{name: dict(getattr(self, name)) for name in _COUNTERS},
            **{name: [[path, list(resource)] for path, resource in sorted(getattr(self, name))] for name in _RESOURCES},
            "features": [[*astuple(feature), *astuple(seen)] for feature, seen in sorted(self.features.items())],
            "violations": [record.to_json() for record in self.violations.values()],
            "refusals": [record.to_json() for _, record in sorted(self.refusals.items())],
            "differences": [
                [words, each.count, each.witness.to_json()] for words, each in sorted(self.differences.items())
            ],
            "examples": self.examples,
            "times": {path: list(counts.items()) for path, counts in self.times.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Tally:
        """Return the tally that `to_json` wrote, except that features are no longer known to have been seen together.

        Raise LookupError, TypeError or ValueError for other values.
        """
        tally = cls()
        for name in _COUNTERS:
            getattr(tally, name).update(data[name])
        for name in _RESOURCES:
            getattr(tally, name).update((path, tuple(resource)) for path, resource in data[name])
        for refused in map(RefusalRecord.from_json, data["refusals"]):
            tally._add_refusal(refused)
        for words, count, witness in data["differences"]:
            _merge(tally.differences, words, Difference(count, Witness.from_json(witness)))
        tally.examples = dict(data["examples"])
        tally.times = {path: Counter(dict(counts)) for path, counts in data["times"].items()}
        for *feature, count, first, resource in data["features"]:
            tally._observe(frozenset((Feature(*feature),)), FeatureObservation(count, first, tuple(resource)))
        for record in map(ViolationRecord.from_json, data["violations"]):
            tally._add(record)
        return tally


def _merge(kept: dict[_Key, _Counted], key: _Key, one: _Counted) -> None:
    known = kept.get(key)
    kept[key] = known.merge(one) if known else one


def _order(record: ViolationRecord) -> tuple[Violation, int]:
    return record.violation, record.waiver.number if record.waiver else 0


def _is_evidence(parsed: ParsedResponse) -> bool:
    """Return whether the response could be judged; one that could not is no evidence, whatever is waived."""
    if parsed.spec is None or not parsed.spec.content:
        return parsed.spec is not None
    if parsed.schema is not None:
        return parsed.value is not UNREADABLE
    # What is neither JSON nor a text with a schema is judged by its status, header fields and presence alone.
    unread = ("body.missing", "content-type.charset")
    return parsed.key is not None and all(each.rule not in unread for each in parsed.violations)
