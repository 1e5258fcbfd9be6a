"""Whether a violation is there when it is asked for again: some time later, several times, and of a sibling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from contracts.discovery import Resource
from contracts.document import Document, Operation
from contracts.exchange import Exchange
from contracts.json_text import text_of
from contracts.redaction import Redaction
from contracts.tally import Judge
from contracts.verdict import Finding, Recurrence
from contracts.violation import CHANGES

ROUNDS: Final = 3
"""How often each violation is asked for again, in each round all of them.

Between them stand siblings, in such an order that nothing is asked for twice in a row.
"""

MOST: Final = 50
"""So many violations are asked for again, the first of them."""

Ask = Callable[[Operation, Mapping[str, str], Mapping[str, str]], Exchange]


def recurrences(
    ask: Ask,
    document: Document,
    findings: Sequence[Finding],
    known: Callable[[Operation], Iterable[Resource]],
    redaction: Redaction = Redaction(),  # noqa: B008 - it is frozen
) -> dict[tuple[str, ...], Recurrence]:
    """By the violation's identity, how it fared when it was asked for again; of the first MOST findings of reads.

    What depends on earlier answers (a value that changed, a final state that was left) is there again only if it
    happens again: what it changed from has passed. It is read once more, to begin with, so that a value which changes
    at every read is there always; so is the resource that another is answered as. What the redaction took out of the
    findings is not looked at.
    """
    findings = [finding for finding in findings if finding.witness.method == "GET"]
    judge = Judge()
    operations = {operation.path: operation for operation in document.operations}
    chosen = {finding: _sibling(finding, known(operations[finding.witness.operation])) for finding in findings[:MOST]}
    shown: dict[Finding, Counter[Resource]] = {finding: Counter() for finding in chosen}

    def shows(finding: Finding, resource: Resource) -> bool:
        operation = operations[finding.witness.operation]
        names = [parameter.name for parameter in operation.parameters]
        told = judge(ask(operation, dict(zip(names, resource, strict=True)), dict(finding.witness.asked)))
        return finding.violation.identity in {redaction.violation(each).identity for each in told}

    for finding in chosen:
        if finding.violation.rule in CHANGES:
            shows(finding, _own(finding))
        elif finding.violation.rule == "overlay.alias":
            for resource in known(operations[finding.witness.operation]):
                if text_of("/".join(resource)) == finding.violation.actual:
                    shows(finding, resource)
    for finding, resource in _spaced(chosen):
        shown[finding][resource] += shows(finding, resource)

    def fared(finding: Finding, sibling: Resource | None) -> Recurrence:
        also = None if sibling is None else shown[finding][sibling] > 0
        return Recurrence(shown[finding][_own(finding)], ROUNDS, also)

    return {finding.violation.identity: fared(finding, sibling) for finding, sibling in chosen.items()}


def _spaced(chosen: Mapping[Finding, Resource | None]) -> Iterator[tuple[Finding, Resource]]:
    last = None
    for _ in range(ROUNDS):
        for finding, sibling in chosen.items():
            pair = [each for each in (_own(finding), sibling) if each is not None]
            # Two different ones: at least one of them is not the last that was asked for.
            for resource in reversed(pair) if pair[0] == last else pair:
                yield finding, resource
                last = resource


def _own(finding: Finding) -> Resource:
    return tuple(value for _, value in finding.witness.parameters)


def _sibling(finding: Finding, known: Iterable[Resource]) -> Resource | None:
    """Another resource: one on which the violation was seen too, else one that exists."""
    return next((each for each in (*finding.resources, *known) if each != _own(finding)), None)
