"""Count what a run has seen: requests, violations, coverage and latencies, each distinct thing once.

Hides how observations are merged. A tally is a commutative monoid under `merge`: whichever worker saw what, and in
whatever order the tallies are merged, the verdict is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Any, Final, TypeVar

from contracts.coverage import Feature, ObservedFeatures, features_of
from contracts.http import LET_IN, THROTTLED, Exchange, Response, example_of, label_of
from contracts.judge import ParsedResponse, Refusal, Violation, parse_response
from contracts.openapi import UNREADABLE, Resource
from contracts.verdict.bounded import SmallestKeys
from contracts.verdict.latency import latency_bucket
from contracts.verdict.records import ViolationRecord, ViolationRecords
from contracts.verdict.redaction import Redaction
from contracts.verdict.refused import RefusalRecord, RefusalRecords
from contracts.verdict.waivers import WaiverMatch
from contracts.verdict.witness import Witness, outcome_name

MatchWaiver = Callable[[Violation, Resource], WaiverMatch]
"""Returns the waivers that match a violation on a resource."""

_Key = TypeVar("_Key")

MAX_KEPT: Final = 50_000
"""How many sets of features that were seen together are kept; more are counted feature by feature."""

MAX_UNDECLARED: Final = 1000
"""How many undeclared properties of an operation are kept by their place: a server may invent them without end."""

OTHER_PLACES: Final = "other places"
"""The location of the undeclared properties that are not kept by theirs; every other one begins with a status."""

MAX_DIFFERENCES: Final = 100
"""How many differences between the validators are kept by their words, which may hold values that came."""

OTHER_DIFFERENCES: Final = "in other words than these, too"
"""The words of the differences that are not kept by theirs."""

_COUNTERS: Final = ("answers", "plain_answers", "lost_access", "put_off", "successes", "retries", "faults", "probes")
_RESOURCES: Final = ("vanished", "skipped_hanging")


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
    undeclared: dict[str, SmallestKeys[Feature, FeatureObservation]] = field(default_factory=dict)
    """By the operation's path, the undeclared properties that were seen."""
    violations: ViolationRecords = field(default_factory=ViolationRecords)
    refusals: RefusalRecords = field(default_factory=RefusalRecords)
    """Ids that an intermediary may refuse, and that were refused before the operation."""
    differences: SmallestKeys[str, Difference] = field(
        default_factory=lambda: SmallestKeys(MAX_DIFFERENCES, Difference.merge)
    )
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
    """By the operation's path and the latency's bucket, of the responses whose time is known."""
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
        self.refusals.add(RefusalRecord.of(refusal, resource, Witness.of(redaction.exchange(exchange))))

    def note_violations(
        self, exchange: Exchange, violations: Iterable[Violation], match_waivers: MatchWaiver, redaction: Redaction
    ) -> None:
        """Take in violations of an exchange that is counted elsewhere."""
        resource = exchange.request.parameter_values
        # Waivers are matched with the values that came; what is kept is redacted.
        if found := [(violation, match_waivers(violation, resource)) for violation in violations]:
            self.violations.note(exchange, found, redaction)

    def _note_response(self, exchange: Exchange, response: Response, redaction: Redaction) -> frozenset[Feature]:
        operation = exchange.operation
        parsed = parse_response(operation, response)
        features = features_of(operation, parsed, response.status)
        observation = FeatureObservation(1, exchange.at, exchange.request.parameter_values)
        self._note_features(features, observation, redaction)
        times = self.times.setdefault(operation.path, Counter())
        if exchange.seconds:
            times[latency_bucket(exchange.seconds)] += 1
        if operation.grants(response.status) and _is_evidence(parsed):
            self.successes[operation.path] += 1
        return features.promised

    def _note_features(self, features: ObservedFeatures, observation: FeatureObservation, redaction: Redaction) -> None:
        self._observe(features.promised, observation)
        for feature in features.undeclared:
            if not redaction.hides(feature):
                self._observe_undeclared(feature, observation)

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
        self.times.setdefault(operation.path, Counter())
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
            self.differences.add(words, Difference(1, Witness.of(exchange)))

    def _observe(self, features: frozenset[Feature], observation: FeatureObservation) -> None:
        if features in self.observations or len(self.observations) < MAX_KEPT:
            _merge(self.observations, features, observation)
            return
        for feature in features:  # The document promises a bounded number of them.
            _merge(self.observations, frozenset((feature,)), observation)

    def _observe_undeclared(self, feature: Feature, observation: FeatureObservation) -> None:
        if feature.kind != "extra":  # There are few undocumented statuses.
            self._observe(frozenset((feature,)), observation)
            return
        known = self.undeclared.get(feature.operation)
        if known is None:
            known = self.undeclared[feature.operation] = SmallestKeys(MAX_UNDECLARED, FeatureObservation.merge)
        if feature.location == OTHER_PLACES:
            known.add_rest(observation)
        else:
            known.add(feature, observation)

    def merge(self, other: Tally) -> None:
        """Take in what another worker has seen; the other tally must not be used any more."""
        for name in (*_COUNTERS, *_RESOURCES):
            getattr(self, name).update(getattr(other, name))
        self.differences.update(other.differences)
        for label, example in other.examples.items():
            # Which of two is kept must not depend on the order of merging.
            self.examples[label] = min(filter(None, (example, self.examples.get(label))), default="")
        for features, observation in other.observations.items():
            self._observe(features, observation)
        for feature, observation in other._undeclared():
            self._observe_undeclared(feature, observation)
        for path, times in other.times.items():
            self.times.setdefault(path, Counter()).update(times)
        self.violations.update(other.violations)
        self.refusals.update(other.refusals)

    @property
    def requests(self) -> int:
        """Return how many requests were sent."""
        return self.answers.total()

    @property
    def operations(self) -> frozenset[str]:
        """Return the paths of the operations whose answers were seen, refusals of ids among them."""
        refused = (path for record in self.refusals for path, _ in record.ids)
        return frozenset((*self.times, *refused))

    @property
    def features(self) -> dict[Feature, FeatureObservation]:
        """Return the observation of every single feature that was seen."""
        found: dict[Feature, FeatureObservation] = {}
        for features, observation in self.observations.items():
            for feature in features:
                _merge(found, feature, observation)
        found.update(self._undeclared())
        return found

    def _undeclared(self) -> Iterator[tuple[Feature, FeatureObservation]]:
        """Yield the undeclared properties; those of other places are one."""
        for path, known in self.undeclared.items():
            yield from known.kept.items()
            if known.rest is not None:
                yield Feature(path, OTHER_PLACES, "extra"), known.rest

    @property
    def found(self) -> tuple[ViolationRecord, ...]:
        """Return every distinct violation that is recorded, in a stable order."""
        return tuple(sorted(self.violations, key=_order))

    @property
    def differing(self) -> dict[str, Difference]:
        """Return the differences between the validators by their words, sorted; those of other words are one."""
        known, rest = dict(sorted(self.differences.kept.items())), self.differences.rest
        return {**known, OTHER_DIFFERENCES: rest} if rest else known

    def to_json(self) -> dict[str, Any]:
        """Return the tally as JSON values, for `from_json` in another process."""
        return {
            **{name: dict(getattr(self, name)) for name in _COUNTERS},
            **{name: [[path, list(resource)] for path, resource in sorted(getattr(self, name))] for name in _RESOURCES},
            "features": [[*astuple(feature), *astuple(seen)] for feature, seen in sorted(self.features.items())],
            "violations": [record.to_json() for record in self.violations],
            "refusals": [record.to_json() for record in self.refusals],
            "differences": [[words, each.count, each.witness.to_json()] for words, each in self.differing.items()],
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
            tally.refusals.add(refused)
        for words, count, witness in data["differences"]:
            difference = Difference(count, Witness.from_json(witness))
            if words == OTHER_DIFFERENCES:
                tally.differences.add_rest(difference)
            else:
                tally.differences.add(words, difference)
        tally.examples = dict(data["examples"])
        tally.times = {path: Counter(dict(counts)) for path, counts in data["times"].items()}
        for *feature, count, first, resource in data["features"]:
            # Of a promised feature this does the same as to observe it alone.
            tally._observe_undeclared(Feature(*feature), FeatureObservation(count, first, tuple(resource)))
        for record in map(ViolationRecord.from_json, data["violations"]):
            tally.violations.add(record)
        return tally


def _merge(kept: dict[_Key, FeatureObservation], key: _Key, one: FeatureObservation) -> None:
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
