"""Ask for violations again: some time later, several times, and of a sibling of the resource.

Hides in which order, how often and with which readings before it is asked. A run asks so at its end for what it has
found, and `contract replay` for what an earlier run has found.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.http import Exchange, Request
from contracts.judge import CHANGES, Violation
from contracts.openapi import Document, Operation, Resource, text_of
from contracts.run.observer import Observer
from contracts.verdict import Finding, RecheckResult, Redaction, Reproducibility

RECHECK_ROUNDS: Final = 3
"""How often each violation is asked for again; each round asks for all of them.

Siblings stand between them, in such an order that nothing is asked for twice in a row.
"""

RARE_ROUNDS: Final = 12
"""How often a violation is asked for, at least, that was not there each time it was asked for again.

One that is there in one of three answers is missed by all of them in less than one of a hundred cases.
"""

MAX_ROUNDS: Final = 300
"""How often a violation is asked for at most, however rarely it was seen."""

MISSED: Final = 0.01
"""The share of cases in which a violation that is as frequent as before may be missed."""

MAX_RECHECKED: Final = 50
"""How many violations are asked for again at the end of a run: the first ones."""

MAX_BURSTS: Final = 8
"""How often in one round resources are asked for at the same time: answers may be mixed up now and then."""


@dataclass(frozen=True, slots=True)
class Asks:
    """The ways to ask: for one resource, as a request asked for one before, or for several at the same time."""

    one: Callable[[Operation, Resource, Request], Exchange]
    together: Callable[[Operation, Sequence[Resource]], Iterable[Exchange]] = lambda operation, resources: ()


@dataclass(eq=False, slots=True)
class Round:
    """One time that a finding was asked for again; `number` counts from 1, and 0 is a reading before the rounds."""

    finding: Finding
    resource: Resource
    number: int
    shows: bool = False
    """Whether an answer showed the violation. Bytes that come late may still show it during the next round."""

    @property
    def is_own(self) -> bool:
        """Return whether the finding's own resource was asked for, and no sibling."""
        return self.number > 0 and self.resource == own_resource(self.finding)


OnAnswer = Callable[[Round, Exchange, tuple[Violation, ...]], object]
"""Takes in an exchange of a round, with all its violations."""


class Recheck:
    """Asks for findings again, and notes in which rounds their violations are there.

    A violation that depends on earlier answers (a value that changed, a final state that was left) is there again only
    if it happens again: the value before it has passed. Such a resource is read once more to begin with, so that a
    value which changes at every read counts as always; so is the resource as which another one is answered. Values
    that the redaction took out of the findings are not compared. What was asked for together is asked so again.
    Requests by other methods than GET come last, are sent once each, and to no sibling.

    What is asked for more than RARE_ROUNDS times is asked for only as long as `goes_on` says, by finding and resource,
    that another answer would tell more.
    """

    def __init__(
        self,
        document: Document,
        findings: Iterable[Finding],
        known: Callable[[Operation], Iterable[Resource]],
        observer: Observer,
        redaction: Redaction = Redaction(),  # noqa: B008 - it is frozen
        on_answer: OnAnswer = lambda round_, exchange, violations: None,
        goes_on: Callable[[Finding, Resource], bool] = lambda finding, resource: True,
    ) -> None:
        """Prepare for findings of the document's operations; `known` returns the resources that exist."""
        self._operations = {operation.path: operation for operation in document.operations}
        self._findings = tuple(findings)
        self._known, self._observer, self._redaction, self._on_answer = known, observer, redaction, on_answer
        self._goes_on = goes_on
        self._last: Round | None = None

    def rounds(self, asks: Asks) -> Iterator[Round]:
        """Ask; yield each round when its answers are there."""
        reads = [each for each in self._findings if each.witness.request.is_read]
        siblings = {each: _sibling(each, self._known(self._operation(each))) for each in reads}
        for finding in reads:
            for resource in _read_before(finding, self._known(self._operation(finding))):
                yield self._ask(asks, Round(finding, resource, 0))
        for number, finding, resource in self._spaced(siblings):
            yield self._ask(asks, Round(finding, resource, number))
        for finding in self._findings:
            if not finding.witness.request.is_read:
                yield self._ask(asks, Round(finding, own_resource(finding), 1))

    def _spaced(self, siblings: Mapping[Finding, Resource | None]) -> Iterator[tuple[int, Finding, Resource]]:
        last, planned = None, [(planned_rounds(finding), finding, sibling) for finding, sibling in siblings.items()]
        for number in range(1, max((rounds for rounds, *_ in planned), default=0) + 1):
            for rounds, finding, sibling in planned:
                if number > rounds:
                    continue
                pair = [each for each in (own_resource(finding), sibling) if each is not None]
                if number > RARE_ROUNDS:
                    pair = [each for each in pair if self._goes_on(finding, each)]
                # The two differ, so that at least one of them is not the resource that was asked for last.
                for resource in reversed(pair) if pair[:1] == [last] else pair:
                    yield number, finding, resource
                    last = resource

    def _operation(self, finding: Finding) -> Operation:
        return self._operations[finding.witness.operation]

    def _ask(self, asks: Asks, round_: Round) -> Round:
        for exchanges in _asked_again(asks, self._operation(round_.finding), round_.finding, round_.resource):
            for exchange in exchanges:
                self._last = round_
                self._note(round_, exchange)
            if round_.shows:
                break
        return round_

    def observe_late(self, exchange: Exchange) -> None:
        """Judge bytes that came behind the latest answer; they belong to its round."""
        if self._last:
            self._note(self._last, exchange)

    def _note(self, round_: Round, exchange: Exchange) -> None:
        found = self._observer(exchange)
        known = round_.finding.violation
        round_.shows |= any(known.is_shown_by(self._redaction.violation(each)) for each in found)
        self._on_answer(round_, exchange, found)


def recheckable(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that are asked for again at the end of a run: the first MAX_RECHECKED of reads."""
    return tuple(finding for finding in findings if finding.witness.request.is_read)[:MAX_RECHECKED]


def results(rounds: Iterable[Round]) -> dict[tuple[str, ...], RecheckResult]:
    """Return, by the violation's identity, how often it was there again; of rounds that are all over."""
    shown: dict[Finding, Counter[bool]] = defaultdict(Counter)
    siblings: dict[Finding, bool] = {}
    for each in rounds:
        if each.is_own:
            shown[each.finding][each.shows] += 1
        elif each.number:
            siblings[each.finding] = siblings.get(each.finding, False) or each.shows
    return {
        finding.violation.identity: RecheckResult(counts[True], counts.total(), siblings.get(finding))
        for finding, counts in shown.items()
    }


def planned_rounds(finding: Finding) -> int:
    """Return how often a finding is asked for: more often if an earlier recheck did not find it each time."""
    return min(needed_rounds(finding), MAX_ROUNDS)


def needed_rounds(finding: Finding) -> int:
    """Return how often a finding would have to be asked for, not to be missed if it is as frequent as it was."""
    if not finding.witness.request.is_read:
        return 1
    before = finding.recurrence
    if before is None or before.reproducibility is Reproducibility.ALWAYS:
        return RECHECK_ROUNDS
    share = _share(finding, before)
    return max(RARE_ROUNDS, math.ceil(math.log(MISSED) / math.log1p(-share))) if 0 < share < 1 else RARE_ROUNDS


def _share(finding: Finding, before: RecheckResult) -> float:
    """Return the share of answers that showed a finding; 0 if it is not known of its own resource's."""
    # What is asked for together is asked for several times in each round.
    if not 0 < finding.alike < finding.answers or finding.witness.request.together:
        return 0.0
    share = finding.alike / finding.answers
    if before.times <= 0:
        return share
    # If the resource showed it, when asked again, more often than chance allows, the answers of others say nothing.
    by_chance = sum(
        math.comb(before.of, times) * share**times * (1 - share) ** (before.of - times)
        for times in range(before.times, min(before.of, RARE_ROUNDS) + 1)
    )
    return share if by_chance >= MISSED else 0.0


def own_resource(finding: Finding) -> Resource:
    """Return the resource of the finding's witness."""
    return finding.witness.request.parameter_values


def _asked_again(asks: Asks, operation: Operation, finding: Finding, resource: Resource) -> Iterator[list[Exchange]]:
    """Yield what comes of asking for a resource as the finding's was asked for: once, or up to MAX_BURSTS times."""
    request = finding.witness.request
    if not request.together:
        yield [asks.one(operation, resource, request)]
    for _ in range(MAX_BURSTS if request.together else 0):
        yield list(asks.together(operation, (resource, *request.together)))


def _read_before(finding: Finding, known: Iterable[Resource]) -> Iterator[Resource]:
    """Yield the resources to read before the rounds, for the violation to have something to be compared with."""
    if finding.violation.rule in CHANGES:
        yield own_resource(finding)
    elif finding.violation.rule in ("overlay.alias", "overlay.equals"):
        exist = tuple(known)
        if own_resource(finding) not in exist:
            yield from (each for each in exist if text_of("/".join(each)) == finding.violation.actual)


def _sibling(finding: Finding, known: Iterable[Resource]) -> Resource | None:
    """Return another resource: one that showed the violation too, else one that exists; None if there is none.

    Resources that were asked for together are asked for together again, with no other.
    """
    if finding.witness.request.together:
        return None
    return next((each for each in (*finding.resources, *known) if each != own_resource(finding)), None)
