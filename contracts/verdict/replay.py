"""Conclude a replay: what became of the violations of an earlier run when they were asked for again.

Hides how the rounds of one violation, and the results of all, decide. Words and formats are in `reports`.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from contracts.http import AllRejected
from contracts.judge import Violation
from contracts.openapi import Resource
from contracts.verdict.redaction import Redaction
from contracts.verdict.verdict import Finding, Outcome, RunFacts
from contracts.verdict.waivers import Waiver
from contracts.verdict.witness import Witness


@dataclass(frozen=True, slots=True)
class ReportedRun:
    """What a report.json says of its run, as far as its violations are to be asked for again."""

    path: Path
    """The file."""
    outcome: str
    target: str
    profile: str
    started: datetime.datetime
    document: str
    """The file name of the document that was judged by."""
    sha256: str
    overlays: tuple[str, ...]
    findings: tuple[Finding, ...]
    waived: tuple[Finding, ...]
    """Findings that a waiver covered, each with the waiver."""
    redaction: Redaction
    """The places whose values the report shows as redacted."""
    failed_by_changes: bool = False
    """Whether the document had changed in a way that breaks clients, which decided the outcome too."""

    @property
    def every(self) -> tuple[Finding, ...]:
        """Return all findings, those that a waiver covered last."""
        return (*self.findings, *self.waived)


class ReplayOutcome(StrEnum):
    """What became of one violation, in a word; the words of what is to be acted on come last."""

    FIXED = "FIXED"
    NOT_TESTED = "NOT TESTED"
    SOMETIMES = "SOMETIMES"
    STILL_THERE = "STILL THERE"


class Obstacle(StrEnum):
    """What keeps an answer, or a whole replay, from showing whether a violation is fixed."""

    GONE = "gone"
    """The resource, which existed, is refused as one that is not there."""
    REJECTED = "rejected"
    """The caller was rejected, or somebody else than the operation answered."""
    UNAVAILABLE = "unavailable"
    """A gateway answered that the service does not."""
    UNANSWERED = "unanswered"
    OTHER_STATUS = "other status"
    OTHER_BRANCH = "other branch"
    """The value claims another branch of the union than that which broke the promise."""
    UNREADABLE = "unreadable"
    """The body cannot be read, so that nothing in it can be judged."""
    ABSENT = "absent"
    """The object that held the value is not there."""
    UNSETTLED = "unsettled"
    """The value is none of those that must not change any more."""
    NO_COUNTERPART = "no counterpart"
    """The other resource, as which this one was answered, is not there."""
    NO_OPERATION = "no operation"
    """The operation is not judged: the document does not have it, or it is left out."""
    NOT_SENT = "not sent"
    """The method is sent to a disposable target alone."""
    TOO_RARE = "too rare"
    """It was seen so rarely that no number of answers within reason shows it gone; `detail` says how rarely."""
    STOPPED = "stopped"
    """The replay ended before."""


@dataclass(frozen=True, slots=True)
class Untested:
    """Why a violation was not tested; `detail` is what came in its place, such as a status."""

    obstacle: Obstacle
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """What one round shows of a violation: that it is there, that it is not there, or neither, and why."""

    shows: bool
    untested: Untested | None = None


def decide(looks: Sequence[Look], planned: int, *, elsewhere: bool) -> ReplayOutcome:
    """Return what became of a violation, by the rounds that were asked of those planned.

    It is fixed only if every planned round could be judged and none showed it. `elsewhere` says whether it was shown by
    another resource.
    """
    shown = sum(look.shows for look in looks)
    tested = shown + sum(not look.shows and look.untested is None for look in looks)
    if shown or elsewhere:
        return ReplayOutcome.STILL_THERE if shown == tested else ReplayOutcome.SOMETIMES
    return ReplayOutcome.FIXED if tested >= planned else ReplayOutcome.NOT_TESTED


@dataclass(frozen=True, slots=True)
class ReplayedFinding:
    """A finding of the earlier run and what became of it: `shown` in so many of the `tested` rounds.

    `resource` is the one that was asked for, another than the witness's if that is gone and the other showed the
    violation too. `elsewhere` are further resources that show it now.
    """

    finding: Finding
    outcome: ReplayOutcome
    resource: Resource
    shown: int = 0
    tested: int = 0
    untested: Untested | None = None
    elsewhere: tuple[Resource, ...] = ()
    now: Violation | None = None
    """The violation as it was shown last; it may be another one of the same rule at the same place."""
    came: str = ""
    """JSON text of the value that came last at the violation's place of the body; empty if there was none."""
    witness: Witness | None = None
    """The latest exchange that shows the violation, or else the latest one at all."""
    waiver: Waiver | None = None
    """The waiver by which the violation is accepted: it decides nothing."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of one replay; everything in it is in a stable order."""

    run: RunFacts
    reported: ReportedRun
    results: tuple[ReplayedFinding, ...]
    new: tuple[Finding, ...]
    """Violations that the answers show and the report does not have."""
    new_waived: tuple[Finding, ...]
    answers: Mapping[str, int]
    """Numbers of outcomes by status or kind of failure."""
    retries: Mapping[str, int]
    """How often a request was sent again, by the status or kind of failure that was the reason."""
    rejected: AllRejected | None
    """How the target rejected every request; None if it accepted one."""

    @property
    def requests(self) -> int:
        """Return how many requests were sent."""
        return sum(self.answers.values())

    @property
    def deciding(self) -> tuple[ReplayedFinding, ...]:
        """Return the results that decide the outcome: those of violations that no waiver accepts."""
        return tuple(each for each in self.results if not each.waiver)

    @property
    def outcome(self) -> Outcome:
        """Return the result in a word: CONFORMS only if all is fixed and nothing else is broken."""
        outcomes = {each.outcome for each in self.deciding}
        if self.new or outcomes & {ReplayOutcome.STILL_THERE, ReplayOutcome.SOMETIMES}:
            return Outcome.VIOLATES
        if ReplayOutcome.NOT_TESTED in outcomes or self.run.incident:
            return Outcome.INCONCLUSIVE
        return Outcome.CONFORMS
