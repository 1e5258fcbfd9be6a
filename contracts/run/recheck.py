"""Ask for violations again: some time later, several times, and of a sibling of the resource."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.http import Exchange
from contracts.judge import CHANGES
from contracts.openapi import Document, Inputs, Operation, Resource, text_of
from contracts.run.observer import Observer
from contracts.verdict import Finding, RecheckResult, Redaction

RECHECK_ROUNDS: Final = 3
"""How often each violation is asked for again; each round asks for all of them.

Siblings stand between them, in such an order that nothing is asked for twice in a row.
"""

MAX_RECHECKED: Final = 50
"""How many violations are asked for again: the first ones."""

MAX_BURSTS: Final = 8
"""How often in one round resources are asked for at the same time: answers may be mixed up now and then."""


@dataclass(frozen=True, slots=True)
class Asks:
    """The ways to ask: for one resource, by its path parameters, further header fields and inputs, or for several."""

    one: Callable[[Operation, Mapping[str, str], Mapping[str, str], Inputs], Exchange]
    together: Callable[[Operation, Sequence[Resource]], Iterable[Exchange]] = lambda operation, resources: ()
    """Asks for them at the same time."""


def recheck(
    asks: Asks,
    document: Document,
    findings: Sequence[Finding],
    known: Callable[[Operation], Iterable[Resource]],
    redaction: Redaction = Redaction(),  # noqa: B008 - it is frozen
    *,
    strict_refusals: bool = False,
) -> dict[tuple[str, ...], RecheckResult]:
    """Return, by the violation's identity, how often it was there again; of the first MAX_RECHECKED findings of reads.

    A violation that depends on earlier answers (a value that changed, a final state that was left) is there again only
    if it happens again: the value before it has passed. Such a resource is read once more to begin with, so that a
    value which changes at every read counts as always; so is the resource as which another one is answered. Values
    that the redaction took out of the findings are not compared. What was asked for together is asked so again.
    """
    operations = {operation.path: operation for operation in document.operations}
    reads = [finding for finding in findings if finding.witness.request.is_read][:MAX_RECHECKED]
    siblings = {each: _sibling(each, known(operations[each.witness.operation])) for each in reads}
    shown: dict[Finding, Counter[Resource]] = {finding: Counter() for finding in reads}
    observer = Observer(strict_refusals=strict_refusals)

    def shows(finding: Finding, resource: Resource) -> bool:
        exchanges = _asked_again(asks, operations[finding.witness.operation], finding, resource)
        found = ({redaction.violation(each).identity for each in observer(exchange)} for exchange in exchanges)
        return any(finding.violation.identity in identities for identities in found)

    for finding in reads:
        for resource in _read_before(finding, known(operations[finding.witness.operation])):
            shows(finding, resource)
    for finding, resource in _spaced(siblings):
        shown[finding][resource] += shows(finding, resource)

    return {
        finding.violation.identity: RecheckResult(
            shown[finding][_own(finding)], RECHECK_ROUNDS, None if sibling is None else shown[finding][sibling] > 0
        )
        for finding, sibling in siblings.items()
    }


def _asked_again(asks: Asks, operation: Operation, finding: Finding, resource: Resource) -> Iterator[Exchange]:
    """Yield what comes of asking for a resource as the finding's was asked for."""
    request = finding.witness.request
    if not request.together:
        yield asks.one(operation, operation.bind(resource), dict(request.headers), request.inputs)
    for _ in range(MAX_BURSTS if request.together else 0):
        yield from asks.together(operation, (resource, *request.together))


def _read_before(finding: Finding, known: Iterable[Resource]) -> Iterator[Resource]:
    """Yield the resources to read before the rounds, for the violation to have something to be compared with."""
    if finding.violation.rule in CHANGES:
        yield _own(finding)
    elif finding.violation.rule == "overlay.alias":
        yield from (each for each in known if text_of("/".join(each)) == finding.violation.actual)


def _spaced(siblings: Mapping[Finding, Resource | None]) -> Iterator[tuple[Finding, Resource]]:
    last = None
    for _ in range(RECHECK_ROUNDS):
        for finding, sibling in siblings.items():
            pair = [each for each in (_own(finding), sibling) if each is not None]
            # The two differ, so that at least one of them is not the resource that was asked for last.
            for resource in reversed(pair) if pair[0] == last else pair:
                yield finding, resource
                last = resource


def _own(finding: Finding) -> Resource:
    return finding.witness.request.parameter_values


def _sibling(finding: Finding, known: Iterable[Resource]) -> Resource | None:
    """Return another resource: one that showed the violation too, else one that exists; None if there is none.

    Resources that were asked for together are asked for together again, with no other.
    """
    if finding.witness.request.together:
        return None
    return next((each for each in (*finding.resources, *known) if each != _own(finding)), None)
