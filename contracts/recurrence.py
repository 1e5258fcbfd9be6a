"""Whether a violation is there when it is asked for again: some time later, several times, and of a sibling."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from contracts.discovery import Resource
from contracts.document import Document, Operation
from contracts.exchange import Exchange
from contracts.tally import Judge
from contracts.verdict import Finding, Recurrence
from contracts.violation import Violation

ROUNDS: Final = 3
"""How often each violation is asked for again; in each round all of them, so that none is asked for twice in a row."""

MOST: Final = 50
"""So many violations are asked for again, the first of them."""


Ask = Callable[[Operation, Mapping[str, str], Mapping[str, str]], Exchange]


def recurrences(
    ask: Ask, document: Document, findings: Sequence[Finding], known: Callable[[Operation], Iterable[Resource]]
) -> dict[tuple[str, ...], Recurrence]:
    """By the violation's identity, how it fared when it was asked for again; of the first MOST findings of reads.

    What depends on earlier answers (a value that changed, a final state that was left) is there again only if it
    happens again: what it changed from has passed.
    """
    findings = [finding for finding in findings if finding.witness.method == "GET"]
    judge, times, siblings = Judge(), dict.fromkeys(_chosen(findings), 0), {}
    operations = {operation.path: operation for operation in document.operations}

    def shows(violation: Violation, operation: Operation, values: Mapping[str, str], asked: Mapping[str, str]) -> bool:
        told = judge(ask(operation, values, asked))
        return violation.identity in {each.identity for each in told}

    for number in range(ROUNDS):
        for finding in findings[:MOST]:
            seen, operation = finding.witness, operations[finding.witness.operation]
            again = shows(finding.violation, operation, dict(seen.parameters), dict(seen.asked))
            times[finding.violation.identity] += again
            sibling = _sibling(finding, known(operation)) if number == 0 else None
            if sibling is not None:
                names = [parameter.name for parameter in operation.parameters]
                values = dict(zip(names, sibling, strict=True))
                siblings[finding.violation.identity] = shows(finding.violation, operation, values, dict(seen.asked))
    return {each: Recurrence(count, ROUNDS, siblings.get(each)) for each, count in times.items()}


def _chosen(findings: Sequence[Finding]) -> list[tuple[str, ...]]:
    return [finding.violation.identity for finding in findings[:MOST]]


def _sibling(finding: Finding, known: Iterable[Resource]) -> Resource | None:
    """Another resource: one on which the violation was seen too, else one that exists."""
    own = tuple(value for _, value in finding.witness.parameters)
    return next((each for each in (*finding.resources, *known) if each != own), None)
