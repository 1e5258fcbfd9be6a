"""What a run comes to: one frozen value from which every report is made, and its exit code.

No words and no rendering are here; `wording` and the reports are functions of a Verdict.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from contracts.coverage import promised
from contracts.discovery import Resource
from contracts.document import Document
from contracts.evidence import Denied, denied
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.features import Feature
from contracts.tally import Difference, Seen, Sighting, Tally, Witness
from contracts.violation import Violation

EXIT_ERROR: Final = 4
"""Of a run that could not begin: an option, document or target that makes no sense."""


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
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """A distinct violation, how often and on which resources it was seen, and its smallest witness.

    `sdk` is what the API's official SDK does with the witness, in words; empty where that is not known.
    """

    violation: Violation
    witness: Witness
    count: int
    resources: tuple[Resource, ...]
    sdk: str = ""

    def exchange(self, document: Document) -> Exchange:
        """The witness as the exchange that it was."""
        seen, kind = self.witness, self.violation.rule.partition(".")[2]
        operation = next(each for each in document.operations if each.path == seen.operation)
        request = Request(seen.url, seen.parameters, None if seen.strange else True, seen.asked)
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
    coverage: Mapping[Feature, Sighting | None]
    undeclared: Mapping[Feature, Sighting]
    findings: tuple[Finding, ...]
    differences: Mapping[str, Difference]
    faults: Mapping[str, int]
    times: Mapping[str, Mapping[int, int]]
    vanished: tuple[tuple[str, Resource], ...]
    """Resources, behind the operation's path, that the target listed and then refused."""

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return sum(self.answers.values())

    @property
    def unseen(self) -> Iterator[Feature]:
        """What the document promises and no answer has shown."""
        return (feature for feature, sighting in self.coverage.items() if sighting is None)


def conclude(run: Run, tally: Tally, sdk: Callable[[Finding], str] = lambda finding: "") -> Verdict:
    """The verdict on all that a run has seen; `sdk` tells what the official SDK does with a finding's witness."""
    features = tally.features
    coverage = {feature: features.pop(feature, None) for each in run.document.operations for feature in promised(each)}
    turned_away = denied(tally.plain)
    found = tuple(each for each in tally.found if not (turned_away and turned_away.explains(each.violation)))
    return Verdict(
        run=run,
        outcome=_outcome(run, tally, broken=bool(found)),
        denied=turned_away,
        answers=dict(sorted(tally.answers.items())),
        coverage=coverage,
        undeclared=dict(sorted(features.items())),
        findings=tuple(_finding(each, sdk) for each in found),
        differences=dict(sorted(tally.differences.items())),
        faults=dict(tally.faults),
        times=tally.times,
        vanished=tuple(sorted(tally.vanished)),
    )


def _finding(each: Seen, sdk: Callable[[Finding], str]) -> Finding:
    finding = Finding(each.violation, each.witness, each.count, tuple(sorted(each.resources)))
    return replace(finding, sdk=sdk(finding))


def _outcome(run: Run, tally: Tally, *, broken: bool) -> Outcome:
    """Violations outweigh all; without one success of every operation, and to the end, there is no evidence."""
    if broken or tally.differences:
        return Outcome.VIOLATES
    enough = all(tally.granted[operation.path] for operation in run.document.operations)
    return Outcome.CONFORMS if enough and not run.incident else Outcome.INCONCLUSIVE
