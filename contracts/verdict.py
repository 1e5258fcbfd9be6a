"""What a run comes to: one frozen value from which every report is made, and its exit code.

No words and no rendering are here; `wording` and the reports are functions of a Verdict.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from contracts import requirements
from contracts.coverage import promised
from contracts.discovery import Resource
from contracts.document import Document
from contracts.evidence import Denied, denied
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.features import Feature
from contracts.redaction import MASK
from contracts.requirements import Requirement, Unmet
from contracts.tally import Difference, Seen, Sighting, Tally, Witness
from contracts.violation import Violation
from contracts.waivers import Waiver, Waivers

EXIT_ERROR: Final = 4
"""Of a run that could not begin: an option, document or target that makes no sense."""


FAILED_OTHERWISE: Final = "a test failed for another reason than an answer (see above)"


class Outcome(StrEnum):
    """What a run comes to."""

    CONFORMS = "CONFORMS"
    VIOLATES = "VIOLATES"
    INCONCLUSIVE = "INCONCLUSIVE"

    @property
    def exit_code(self) -> int:
        """The exit code that tells a machine."""
        return {Outcome.CONFORMS: 0, Outcome.VIOLATES: 1, Outcome.INCONCLUSIVE: 6}[self]


@dataclass(frozen=True, slots=True)
class Run:
    """What a verdict is about, beside what was seen.

    `target` is a URL or says which mock it was. `seed` is what `--hypothesis-seed` repeats the run by, empty where the
    inputs are the same each time. `keyed` tells that an API key was sent, never which.
    """

    target: str
    document: Document
    profile: str
    started: datetime.datetime
    seconds: float
    seed: str = ""
    keyed: bool = False
    incident: str = ""
    """What kept the run from asking everything, or from being judged by its answers alone."""
    account: bool = False
    """Whether an account was named with every request; never which."""
    notes: tuple[str, ...] = ()
    partial: bool = False
    """Whether only a part of everything was to be asked: one shard, or tests that were chosen."""


class Often(StrEnum):
    """How often a violation was there again."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often a violation was there `of` so many times, and whether a sibling showed it (None: there was none)."""

    times: int
    of: int
    sibling: bool | None

    @property
    def often(self) -> Often:
        """In a word."""
        if self.times == self.of:
            return Often.ALWAYS
        return Often.SOMETIMES if self.times else Often.GONE


@dataclass(frozen=True, slots=True)
class Finding:
    """A distinct violation, how often and on which resources it was seen, and its smallest witness.

    `sdk` is what the API's official SDK does with the witness, in words; empty where that is not known. `waiver` is the
    waiver that covers it or, of one that stands, a waiver that covered it until it expired.
    """

    violation: Violation
    witness: Witness
    count: int
    resources: tuple[Resource, ...]
    sdk: str = ""
    waiver: Waiver | None = None
    recurrence: Recurrence | None = None
    """How it fared when it was asked for again; None if it was not."""

    def exchange(self, document: Document) -> Exchange:
        """The witness as the exchange that it was."""
        seen, kind = self.witness, self.violation.rule.partition(".")[2]
        operation = next(each for each in document.operations if each.path == seen.operation)
        request = Request(seen.url, seen.parameters, None if seen.strange else True, seen.asked, seen.method)
        outcome = Response(seen.status, seen.fields, seen.body) if seen.status else Failure(kind, self.violation.actual)
        return Exchange(operation, request, outcome)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One run's result. Everything in it is in a stable order.

    `denied` tells that the run was turned away; what that explains is among no findings. `answers` counts by status or
    failure, `times` by the operation's path and latency bucket. `coverage` holds every promise that an answer can show,
    in the document's order, with None where none did; `undeclared` what was seen and is not promised. `faults` counts
    those of the self-test: `all`, `caught`, `idle`.
    """

    run: Run
    outcome: Outcome
    denied: Denied | None
    answers: Mapping[str, int]
    retries: Mapping[str, int]
    """How often a request was sent again, by the status or failure that it was sent again for."""
    coverage: Mapping[Feature, Sighting | None]
    undeclared: Mapping[Feature, Sighting]
    findings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    stale: tuple[Waiver, ...]
    """Waivers that fit nothing of what was found, where enough was asked to tell."""
    unmet: tuple[Unmet, ...]
    """What had to be seen and was not."""
    differences: Mapping[str, Difference]
    faults: Mapping[str, int]
    probes: Mapping[str, int]
    """How often a method that the document does not have was answered how: `POST 405`; empty where none was sent."""
    times: Mapping[str, Mapping[int, int]]
    vanished: tuple[tuple[str, Resource], ...]
    """Resources, behind the operation's path, that the target listed and then refused."""
    passed_over: tuple[tuple[str, Resource], ...]
    """Resources that were not read as often as others: request after request for them ran out of time."""

    @property
    def exit_code(self) -> int:
        """The exit code that tells a machine: the outcome's, but for a test that failed for a reason of its own."""
        return Outcome.VIOLATES.exit_code if FAILED_OTHERWISE in self.run.incident else self.outcome.exit_code

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(self.answers.values())

    def cut_short(self, incident: str) -> Verdict:
        """The same, when something has come between that leaves what was seen true, but not all that there was."""
        outcome = Outcome.INCONCLUSIVE if self.outcome is Outcome.CONFORMS else self.outcome
        return replace(self, outcome=outcome, run=replace(self.run, incident=self.run.incident or incident))

    @property
    def unseen(self) -> Iterator[Feature]:
        """What the document promises and no answer has shown."""
        return (feature for feature, sighting in self.coverage.items() if sighting is None)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is judged by, beside the contract.

    `strict`: a waiver that covers nothing fails the run. `last` is when a ledger has seen each feature last.
    """

    waivers: Waivers = field(default_factory=lambda: Waivers((), datetime.date.min))
    requirements: tuple[Requirement, ...] = ()
    strict: bool = False
    last: Mapping[Feature, datetime.datetime] = field(default_factory=lambda: MappingProxyType({}))


def conclude(
    run: Run, tally: Tally, terms: Terms = Terms(), sdk: Callable[[Finding], str] = lambda finding: ""
) -> Verdict:
    """The verdict on all that a run has seen; `sdk` tells what the official SDK does with a finding's witness."""
    features = tally.features
    coverage = {feature: features.pop(feature, None) for each in run.document.operations for feature in promised(each)}
    turned_away = denied(tally.plain)
    found = [each for each in tally.found if not (turned_away and turned_away.explains(each.violation))]
    standing = tuple(_finding(each, terms.waivers, sdk) for each in found if not each.waiver)
    silent = tuple(_without_success(run, tally))
    # A waiver is stale only if what it covers would have been seen again.
    whole = not (run.incident or run.partial or turned_away or silent)
    stale = terms.waivers.stale(number for each in found for number in each.fitting) if whole else ()
    unmet = (*silent, *_unmet(run, tally, terms, coverage))
    failed = bool(standing or tally.differences or (terms.strict and stale))
    return Verdict(
        run=run,
        outcome=_outcome(run, failed=failed, unmet=bool(unmet)),
        denied=turned_away,
        answers=dict(sorted(tally.answers.items())),
        retries=dict(sorted(tally.retries.items())),
        coverage=coverage,
        undeclared=dict(sorted(features.items())),
        findings=standing,
        waived=tuple(_finding(each, terms.waivers, sdk) for each in found if each.waiver),
        stale=stale,
        unmet=unmet,
        differences=dict(sorted(tally.differences.items())),
        faults=dict(tally.faults),
        probes=dict(sorted(tally.probes.items())),
        times=tally.times,
        vanished=tuple(sorted(tally.vanished)),
        passed_over=tuple(sorted(tally.passed_over)),
    )


def _finding(each: Seen, waivers: Waivers, sdk: Callable[[Finding], str]) -> Finding:
    resources = tuple(sorted(each.resources))
    # The one that covers it, where one does, is the one that holds longest.
    finding = Finding(each.violation, each.witness, each.count, resources, waiver=waivers.longest(each.fitting))
    # Of an answer that was not kept as it came nobody can say any more how it is read.
    is_whole = MASK.encode() not in each.witness.body
    return replace(finding, sdk=sdk(finding)) if is_whole and each.witness.method == "GET" else finding


def _without_success(run: Run, tally: Tally) -> Iterator[Unmet]:
    """Without one success of an operation nothing is known of it."""
    for operation in run.document.operations:
        if not tally.granted[operation.path]:
            yield Unmet("success", words=f"no success of {operation} that could be read")


def _unmet(run: Run, tally: Tally, terms: Terms, coverage: Mapping[Feature, Sighting | None]) -> tuple[Unmet, ...]:
    answers = sum(count for kind, count in tally.answers.items() if kind.isdigit())
    return requirements.unmet(terms.requirements, coverage, answers, terms.last, run.started)


def _outcome(run: Run, *, failed: bool, unmet: bool) -> Outcome:
    """Violations outweigh all; a run that has not seen enough, or not to its end, is no evidence."""
    if failed:
        return Outcome.VIOLATES
    return Outcome.INCONCLUSIVE if unmet or run.incident else Outcome.CONFORMS
