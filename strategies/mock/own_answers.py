"""Answer with a catalogue of the user's own: captured or written answers, each held against the contract first.

Hides where the answers stand (`contracts.captures` reads them), and which of their header fields are not repeated.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contracts.http import Exchange, Request, Response
from contracts.judge import Violation, judge
from contracts.openapi import ConfigurationError, Document, Operation, Resource
from strategies.answers import catalogue

if TYPE_CHECKING:
    from contracts.captures import Capture

NAMED: Final = 5
"""How many answers that break the contract, or that are left aside, are named."""

_NOT_REPEATED: Final = ("content-encoding", "set-cookie", "strict-transport-security")
"""Fields that a captured answer had for its own client: a coding that is undone, a session, a promise of TLS."""

_OF_A_CACHE: Final = 304


@dataclass(slots=True)
class OwnAnswers:
    """The answers of a catalogue by operation and resource, and in words what was left aside."""

    by_operation: dict[Operation, dict[Resource, Response]] = field(default_factory=dict)
    left_aside: Counter[str] = field(default_factory=Counter)

    def known(self, operation: Operation) -> Mapping[Resource, Response]:
        """Return the resources of a mock server: those of the catalogue first, then the generated ones."""
        own = self.by_operation.get(operation)
        return (
            {**own, **{each: catalogue(operation)[each] for each in catalogue(operation) if each not in own}}
            if own
            else catalogue(operation)
        )

    def notes(self) -> Iterator[str]:
        """Yield a line on what was left aside, if anything was."""
        if self.left_aside:
            named = [f"{each} ({count})" if count > 1 else each for each, count in self.left_aside.most_common(NAMED)]
            more = f", and {len(self.left_aside) - NAMED} more" if len(self.left_aside) > NAMED else ""
            yield f"left aside: {', '.join(named)}{more}"


def own_answers(document: Document, names: Sequence[str]) -> OwnAnswers:
    """Return the answers in these files and folders; the last one of a resource counts.

    Raises ConfigurationError, in one line, if one breaks the contract, or if there is none of an operation.
    """
    # The embedded mock, with which every run without a server begins, reads no captures.
    from contracts.captures import Given, OperationFinder, Unread, path_of, read_captures

    if absent := next((name for name in names if name != "-" and not Path(name).exists()), None):
        raise ConfigurationError(f"--catalogue {absent} is no file and no folder; name one that is there")
    own, finder, broken = OwnAnswers(), OperationFinder(document), []
    for each in read_captures(names, Given()):
        if isinstance(each, Unread):
            own.left_aside[f"{each.where}: {each.why}"] += 1
            continue
        found = finder.find(each.method, each.url, each.mount) if each.url else None
        if found is None or each.status == _OF_A_CACHE:
            own.left_aside[f"{each.method} {path_of(each.url)} is no answer of an operation"] += 1
            continue
        operation, values = found
        response = _repeatable(each.response)
        request = Request(each.url, tuple(values.items()))
        if violations := judge(operation, Exchange(operation, request, response)):
            broken.append(_broken(each, violations))
        own.by_operation.setdefault(operation, {})[tuple(values.values())] = response
    _refuse(broken, own, document)
    return own


def _repeatable(response: Response) -> Response:
    fields = (
        (name, value)
        for name, value in response.headers
        if name.lower() not in _NOT_REPEATED and not name.lower().startswith("access-control-")
    )
    return Response(response.status, tuple(fields), response.body)


def _broken(capture: "Capture", violations: Sequence[Violation]) -> str:
    from contracts.reports import violation_line

    more = f" and {len(violations) - 1} more" if len(violations) > 1 else ""
    return f"{capture.where} breaks {violation_line(violations[0])}{more}"


def _refuse(broken: Sequence[str], own: OwnAnswers, document: Document) -> None:
    if broken:
        more = f"; and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
        count = "1 answer" if len(broken) == 1 else f"{len(broken)} answers"
        told = "; ".join(broken[:NAMED])
        raise ConfigurationError(f"{count} of the catalogue: {told}{more}; correct them, or leave them out")
    if not own.by_operation:
        known = ", ".join(each.path for each in document.operations[:NAMED])
        reasons = "".join(f": {note}" for note in own.notes())
        raise ConfigurationError(f"the catalogue has no answer of an operation{reasons}; the document has {known}")
