"""What earlier answers said of a resource: whether a later one still says it, or says it of another resource."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

from contracts.checks import Reading, read
from contracts.document import Operation
from contracts.exchange import Exchange, Response
from contracts.json_text import UNREADABLE, text_of
from contracts.keywords import REFUSES_UNKNOWN, Lasting, equals, lasting, refuses_unknown
from contracts.likeness import likeness
from contracts.pointer import find, join, split
from contracts.validation import LARGE
from contracts.violation import Violation

_ABSENT: Final = object()

CAPACITY: Final = 10_000
"""How many resources are remembered; the one not asked for the longest is forgotten first."""


class History:
    """Remembers what lasts of every resource answered with success, and tells what changed."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], dict[Lasting, Any]] = OrderedDict()
        self._told: OrderedDict[tuple[str, ...], tuple[Reading, int]] = OrderedDict()
        self._anyones: set[int] = set()

    def note(self, exchange: Exchange) -> Iterator[Violation]:
        """Yields what the answer says otherwise than an earlier one of the same resource; then remembers it."""
        response, operation = exchange.outcome, exchange.operation
        if not isinstance(response, Response) or not 200 <= response.status < 300:
            return
        reading = read(operation, response)
        promised = lasting(operation, reading.promise) if reading.promise else ()
        if not promised or reading.value is UNREADABLE:
            return
        known = self._of((operation.path, *exchange.request.resource))
        # A value that its schema forbids is told as that: it neither changed another nor is one to keep.
        misshapen = {violation.place for violation in reading.violations if violation.rule.startswith("schema.")}
        for each in promised:
            if "body" + each.place in misshapen:
                continue
            now = _at(reading.value, each.place)
            before = known.get(each, _ABSENT)
            # To Python, 1 is True.
            if before is not _ABSENT and (now != before or isinstance(now, bool) != isinstance(before, bool)):
                yield _changed(each, response.status, before, now)
            elif before is _ABSENT and _lasts(each, now):
                known[each] = now

    def mistaken(self, exchange: Exchange) -> Iterator[Violation]:
        """Yields if a resource that nobody named is answered as one known to exist that is all but named the same."""
        response, operation, request = exchange.outcome, exchange.operation, exchange.request
        if not isinstance(response, Response) or not 200 <= response.status < 300 or not refuses_unknown(operation):
            return
        reading, resource = read(operation, response), (operation.path, *request.resource)
        if len(response.body) >= LARGE or not _recognisable(operation, reading):
            return
        if request.exists:
            if resource not in self._told or self._told[resource][0] is not reading:
                _remember(self._told, resource, (reading, _said(operation, reading)))
            return
        said = _said(operation, reading)
        for other, (_, before) in self._told.items():
            if said != before or said in self._anyones or other[0] != operation.path:
                continue
            kind = likeness(resource[1:], other[1:])
            if not kind:
                # Whoever is answered so was mistaken for nobody.
                self._anyones.add(said)
            else:
                yield _alias(operation, response.status, "/".join(other[1:]), kind)
                return

    def _of(self, resource: tuple[str, ...]) -> dict[Lasting, Any]:
        known = self._known.get(resource, {})
        _remember(self._known, resource, known)
        return known


def _remember(memory: OrderedDict[tuple[str, ...], Any], resource: tuple[str, ...], what: Any) -> None:
    memory[resource] = what
    memory.move_to_end(resource)
    if len(memory) > CAPACITY:
        memory.popitem(last=False)


def _recognisable(operation: Operation, reading: Reading) -> bool:
    """Whether the answer holds what belongs to one resource alone, so that another would not say just the same."""
    if reading.promise is None or reading.value is UNREADABLE:
        return False
    kept = [each for each in lasting(operation, reading.promise) if each.values is None]
    return any(_lasts(each, _at(reading.value, each.place)) for each in kept)


def _said(operation: Operation, reading: Reading) -> int:
    """A hash of what is said of a resource, but for what repeats the request."""
    assert reading.promise is not None
    value = reading.value
    for promised in equals(operation, reading.promise):
        value = _without(value, split(promised.place))
    return hash(text_of(value))


def _without(value: Any, path: list[str]) -> Any:
    if not isinstance(value, dict) or not path or path[0] not in value:
        return value
    rest = {name: each for name, each in value.items() if name != path[0]}
    return {**rest, path[0]: _without(value[path[0]], path[1:])} if path[1:] else rest


def _alias(operation: Operation, status: int, other: str, kind: str) -> Violation:
    refusals = [promise.status for promise in operation.promises if not promise.succeeds]
    place = operation.pointer + join(REFUSES_UNKNOWN)
    return Violation("overlay.alias", status, "status", place, text_of(refusals), text_of(other), cause=kind)


def _at(value: Any, place: str) -> Any:
    try:
        return find(value, split(place))
    except (LookupError, ValueError):
        return _ABSENT


def _lasts(promised: Lasting, value: Any) -> bool:
    return value not in (_ABSENT, None) if promised.values is None else value in promised.values


def _changed(promised: Lasting, status: int, before: Any, now: Any) -> Violation:
    rule = "overlay.immutable" if promised.values is None else "overlay.final"
    actual = "" if now is _ABSENT else text_of(now)
    return Violation(rule, status, "body" + promised.place, promised.document, text_of(before), actual)
