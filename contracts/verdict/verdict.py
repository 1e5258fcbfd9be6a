"""Conclude a run: one frozen Verdict, from which every report and the exit code are made.

Hides how violations, waivers, requirements and rejections decide the outcome. Words and formats are in `reports`.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from contracts.coverage import Feature, Requirement, Unmet, promised_features, unmet_requirements
from contracts.http import NOT_FOUND, THROTTLED, AllRejected, Response, all_rejected
from contracts.judge import Violation
from contracts.openapi import Credential, Document, Resource
from contracts.verdict.records import ViolationRecord
from contracts.verdict.redaction import MASK
from contracts.verdict.refused import RefusedIds, refused_ids
from contracts.verdict.tally import Difference, FeatureObservation, Tally
from contracts.verdict.waivers import Waiver, Waivers
from contracts.verdict.witness import Witness

FAILED_OTHERWISE: Final = "a test failed for another reason than an answer (see above)"
"""The incident of a run in which a test failed although no response broke a promise."""


PUT_OFF_FIX: Final = "ask more slowly by --rate-limit 10/s, or again by --retries 2"
"""What to do about requests that were put off to the last."""

CAPTURED_PUT_OFF_FIX: Final = "capture answers to a client that asks more slowly"
"""What to do about them where the answers were captured elsewhere."""

AGREEMENT: Final = "validators agree"
"""The requirement of a strict run that no other validator differs from the judge."""


CHANGES: Final = "changes decided"
"""The requirement of a run that compares documents that each change is known to break clients or not to."""


class Outcome(StrEnum):
    """The result of a run in a word: violations outweigh everything, and a run that saw too little is no evidence."""

    CONFORMS = "CONFORMS"
    VIOLATES = "VIOLATES"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> int:
        """Return the exit code of a run with this outcome."""
        return {Outcome.CONFORMS: 0, Outcome.VIOLATES: 1, Outcome.INCONCLUSIVE: 6}[self]


@dataclass(frozen=True, slots=True)
class RunFacts:
    """The facts of a run, apart from what it has seen."""

    target: str
    """The base URL, or words for the embedded mock server."""
    document: Document
    profile: str
    started: datetime.datetime
    seconds: float
    seed: str = ""
    """The value by which `--hypothesis-seed` repeats the run; empty if every run of the profile is the same."""
    sent: tuple[Credential, ...] = ()
    """The API key and other credentials that were sent; their values are never kept."""
    incident: str = ""
    """The reason, in words, why the run did not ask everything or failed by more than its answers; or empty."""
    notes: tuple[str, ...] = ()
    partial: bool = False
    """Whether the run was to ask only a part of everything: one shard, or selected tests."""
    server_option: str = "--base-url"
    """The option by which the user names the server."""
    was_captured: bool = False
    """Whether the answers were captured elsewhere, so that nothing was sent."""


class Reproducibility(StrEnum):
    """How often a violation was reproduced, in a word."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class RecheckResult:
    """The requests, `times` out of `of`, that reproduced a violation.

    `sibling` says whether another resource showed the violation too; it is None if there was no other resource.
    """

    times: int
    of: int
    sibling: bool | None

    @property
    def reproducibility(self) -> Reproducibility:
        """Return the result in a word."""
        if self.times == self.of:
            return Reproducibility.ALWAYS
        return Reproducibility.SOMETIMES if self.times else Reproducibility.GONE


@dataclass(frozen=True, slots=True)
class Finding:
    """A distinct violation, how often and on which resources it was seen, and its smallest witness."""

    violation: Violation
    witness: Witness
    count: int
    resources: tuple[Resource, ...]
    more_resources: bool = False
    """Whether it was seen on more resources than these."""
    sdk: str = ""
    """The reaction of the API's official SDK to the witness, in words; empty if it is not known."""
    waiver: Waiver | None = None
    """The waiver that covers the violation; of a standing violation the waiver that covered it until it expired."""
    recurrence: RecheckResult | None = None
    """The result of asking again; None if the witness was not asked for again."""
    answers: int = 0
    """How many answers could have shown the violation, as far as an earlier report says so; 0 if it is not known."""
    alike: int = 0
    """How often an earlier report says that the same promise was broken, by this value or by others."""


@dataclass(frozen=True, slots=True)
class ChangesSince:
    """What changed between an earlier document and the one judged by, as far as it decides a verdict.

    `since` is the earlier document as the user named it. `breaking` is the number of changes that break clients and
    `undecided` of those that may, without what a waiver accepts; it is None if nothing could be compared.
    """

    since: str
    breaking: int = 0
    undecided: int | None = 0
    stale: tuple[Waiver, ...] = ()
    """Waivers of changes that fit none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one run; everything in it is in a stable order."""

    run: RunFacts
    outcome: Outcome
    all_rejected: AllRejected | None
    """The statuses by which the target rejected every request, None if it accepted one.

    Violations that the rejection explains are not among the findings.
    """
    answers: Mapping[str, int]
    """Numbers of outcomes by status or kind of failure."""
    retries: Mapping[str, int]
    """How often a request was sent again, by the status or kind of failure that was the reason."""
    coverage: Mapping[Feature, FeatureObservation | None]
    """Every feature that the document promises, in its order; None for one that no response showed."""
    undeclared: Mapping[Feature, FeatureObservation]
    """Features that were seen and are not promised."""
    findings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    stale: tuple[Waiver, ...]
    """Waivers that fit no violation, if the run asked enough to tell, or no change of a document that is compared."""
    refused: tuple[RefusedIds, ...]
    """Ids that were refused before the operation; a note, for an API's owner cannot change it."""
    unmet: tuple[Unmet, ...]
    """Requirements for features or responses that were not seen."""
    differences: Mapping[str, Difference]
    """Differences between the validators, by their description."""
    faults: Mapping[str, int]
    """Faults of the self-test: how many there are (`all`), were `caught`, and found nothing to break (`idle`)."""
    probes: Mapping[str, int]
    """Numbers of responses by undocumented method and status: `POST 405`; empty if none was sent."""
    times: Mapping[str, Mapping[int, int]]
    """Numbers of responses by the operation's path and the bucket of their latency."""
    vanished: tuple[tuple[str, Resource], ...]
    """Resources, behind the operation's path, that the target listed and then refused."""
    skipped_hanging: tuple[tuple[str, Resource], ...]
    """Resources, behind the operation's path, that were read less often because requests for them ran out of time."""
    changes: ChangesSince | None = None
    """What changed since an earlier document; None if the run does not ask that."""

    @property
    def exit_code(self) -> int:
        """Return the outcome's exit code, or that of VIOLATES if a test failed for another reason than an answer."""
        return Outcome.VIOLATES.exit_code if FAILED_OTHERWISE in self.run.incident else self.outcome.exit_code

    @property
    def requests(self) -> int:
        """Return how many requests were sent."""
        return sum(self.answers.values())

    def cut_short(self, incident: str) -> Verdict:
        """Return the verdict of the run if an incident ended it early: what was seen holds, but not CONFORMS."""
        outcome = Outcome.INCONCLUSIVE if self.outcome is Outcome.CONFORMS else self.outcome
        return replace(self, outcome=outcome, run=replace(self.run, incident=self.run.incident or incident))

    @property
    def unseen(self) -> Iterator[Feature]:
        """Yield the features that the document promises and no response has shown."""
        return (feature for feature, observation in self.coverage.items() if observation is None)


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One earlier run, as a ledger keeps it.

    Latencies are in seconds and over all its responses whose time is known, None if there are none.
    """

    started: datetime.datetime
    profile: str
    outcome: str
    answers: int
    violations: int
    seen: int
    promised: int
    flaky: float
    """The share of responses, from 0 to 1, that came only when the request was sent again."""
    p50: float | None
    p95: float | None
    p99: float | None


@dataclass(frozen=True, slots=True)
class AcceptanceCriteria:
    """The terms, beside the document, that decide whether a run is accepted."""

    waivers: Waivers = field(default_factory=lambda: Waivers((), datetime.date.min))
    requirements: tuple[Requirement, ...] = ()
    strict: bool = False
    """Whether a stale waiver fails the run, and a difference of the validators leaves it INCONCLUSIVE."""
    last: Mapping[Feature, datetime.datetime] = field(default_factory=lambda: MappingProxyType({}))
    """The start of the latest run in the ledger that saw each feature."""
    changes: ChangesSince | None = None


def conclude(
    run: RunFacts,
    tally: Tally,
    criteria: AcceptanceCriteria = AcceptanceCriteria(),
    sdk: Callable[[Finding], str] = lambda finding: "",
) -> Verdict:
    """Return the verdict on a tally; `sdk` returns the official SDK's reaction to a finding's witness, in words."""
    features = tally.features
    promised = (feature for operation in run.document.operations for feature in promised_features(operation))
    coverage = {feature: features.pop(feature, None) for feature in promised}
    rejected = all_rejected(tally.plain_answers, tally.examples)
    records = _unexplained(tally, rejected)
    standing = tuple(_finding(record, criteria.waivers, sdk) for record in records if not record.waiver)
    no_success = tuple(_without_success(run, tally))
    # A waiver is stale only if the violations that it covers would have been seen again.
    is_whole = not (run.incident or run.partial or rejected or no_success)
    stale = (*(_stale(records, criteria.waivers) if is_whole else ()), *(criteria.changes or ChangesSince("")).stale)
    unmet = (*no_success, *_unmet(run, tally, criteria, coverage))
    failed = standing or (criteria.changes and criteria.changes.breaking) or (criteria.strict and stale)
    return Verdict(
        run=run,
        outcome=Outcome.VIOLATES if failed else Outcome.INCONCLUSIVE if unmet or run.incident else Outcome.CONFORMS,
        all_rejected=rejected,
        answers=dict(sorted(tally.answers.items())),
        retries=dict(sorted(tally.retries.items())),
        coverage=coverage,
        undeclared=dict(sorted(features.items())),
        findings=standing,
        waived=tuple(_finding(record, criteria.waivers, sdk) for record in records if record.waiver),
        stale=stale,
        refused=_refused(tally, rejected),
        unmet=unmet,
        differences=tally.differing,
        faults=dict(tally.faults),
        probes=dict(sorted(tally.probes.items())),
        times=tally.times,
        vanished=tuple(sorted(tally.vanished)),
        skipped_hanging=tuple(sorted(tally.skipped_hanging)),
        changes=criteria.changes,
    )


def _stale(records: Iterable[ViolationRecord], waivers: Waivers) -> tuple[Waiver, ...]:
    return waivers.stale(waiver for record in records for waiver in record.fitting)


def _unmet(
    run: RunFacts, tally: Tally, criteria: AcceptanceCriteria, coverage: Mapping[Feature, FeatureObservation | None]
) -> Iterator[Unmet]:
    """Yield every requirement that is not met, beside that of a success."""
    answered = sum(count for kind, count in tally.answers.items() if kind.isdigit())
    yield from _put_off(run, tally)
    yield from unmet_requirements(criteria.requirements, coverage, answered, criteria.last, run.started)
    if criteria.strict and tally.differing:
        yield Unmet(AGREEMENT, words="they differ, see below; the verdict is the judge's")
    if criteria.changes and criteria.changes.undecided != 0:
        yield Unmet(CHANGES, words=_undecided(criteria.changes))


def _undecided(changes: ChangesSince) -> str:
    if changes.undecided is None:
        return f"what changed since {changes.since} is not known, see below"
    counted = "1 change" if changes.undecided == 1 else f"{changes.undecided} changes"
    return f"it is not known whether {counted} since {changes.since} may break clients"


def _refused(tally: Tally, rejected: AllRejected | None) -> tuple[RefusedIds, ...]:
    """Return the ids that were refused before the operation.

    A status that rejects every request, or that ordinary ids get too, says nothing of these ids.
    """
    found = (record.violation for record in tally.violations)
    ordinary = {str(violation.status) for violation in found if violation.rule == "status.undocumented"}
    statuses = ordinary | set(rejected.statuses if rejected else ())
    return tuple(each for each in refused_ids(tally.refusals) if each.answer not in statuses)


def explained_by(rejected: AllRejected, violation: Violation) -> bool:
    """Return whether the rejection of the caller explains the violation: only its status is wrong.

    Of a redirect, a page or a 404 that is not the operation's nothing else is expected to be right either.
    """
    if violation.rule == "method.not-refused":
        return str(violation.status) in rejected.statuses
    elsewhere = {each.status for each in rejected.rejections if each.leads_elsewhere or str(each.status) == NOT_FOUND}
    if violation.status in elsewhere and violation.rule.startswith(_OF_THE_OPERATION):
        return True
    return violation.rule in ("status.undocumented", "status.known-resource")


def _unexplained(tally: Tally, rejected: AllRejected | None) -> list[ViolationRecord]:
    """Return the violations that neither the rejection of every request explains nor a key that ran out."""
    lost = all_rejected(tally.lost_access)
    return [
        record
        for record in tally.found
        if not (rejected and explained_by(rejected, record.violation))
        and not (lost and explained_by(lost, record.violation) and str(record.violation.status) in lost.statuses)
    ]


_OF_THE_OPERATION: Final = ("body.", "content-type.", "header.", "json.", "overlay.", "schema.", "union.")
"""The beginnings of rules that are broken by whatever is not the operation's own answer."""


def _finding(record: ViolationRecord, waivers: Waivers, sdk: Callable[[Finding], str]) -> Finding:
    witness, seen = record.witness, record.resources
    # A waiver that covers the violation is among those that fit, and is the one that is valid longest.
    waiver = waivers.longest(record.fitting)
    finding = Finding(record.violation, witness, record.count, tuple(seen), seen.is_cut, waiver=waiver)
    # The SDK's reaction to a redacted body would not be its reaction to the response that came.
    is_redacted = isinstance(witness.outcome, Response) and MASK.encode() in witness.outcome.body
    return replace(finding, sdk=sdk(finding)) if witness.request.is_read and not is_redacted else finding


def _put_off(run: RunFacts, tally: Tally) -> Iterator[Unmet]:
    """Yield an unmet requirement for every operation of which requests were put off to the last."""
    for path, count in sorted(tally.put_off.items()):
        if count:
            asked = f"{count} requests of GET {path} were" if count > 1 else f"a request of GET {path} was"
            fix = CAPTURED_PUT_OFF_FIX if run.was_captured else PUT_OFF_FIX
            yield Unmet("answer", words=f"{asked} answered {THROTTLED}; {fix}")


def _without_success(run: RunFacts, tally: Tally) -> Iterator[Unmet]:
    """Yield an unmet requirement for every operation without a successful response: nothing is known of it."""
    for operation in run.document.operations:
        if not tally.successes[operation.path]:
            yield Unmet("success", words=f"no success of {operation} that could be read")
