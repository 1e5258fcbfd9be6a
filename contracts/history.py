"""What earlier answers said of a resource, and whether a later one still says it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

from contracts.checks import read
from contracts.exchange import Exchange, Response
from contracts.json_text import UNREADABLE, text_of
from contracts.keywords import Lasting, lasting
from contracts.pointer import find, split
from contracts.violation import Violation

_ABSENT: Final = object()

CAPACITY: Final = 10_000
"""How many resources are remembered; the one not asked for the longest is forgotten first."""


class History:
    """Remembers what lasts of every resource answered with success, and tells what changed."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, ...], dict[Lasting, Any]] = OrderedDict()

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
            if before is not _ABSENT and now != before:
                yield _changed(each, response.status, before, now)
            elif before is _ABSENT and _lasts(each, now):
                known[each] = now

    def _of(self, resource: tuple[str, ...]) -> dict[Lasting, Any]:
        known = self._known.setdefault(resource, {})
        self._known.move_to_end(resource)
        if len(self._known) > CAPACITY:
            self._known.popitem(last=False)
        return known


def _at(value: Any, place: str) -> Any:
    try:
        return find(value, split(place))
    except (LookupError, ValueError):
        return _ABSENT


def _lasts(promised: Lasting, value: Any) -> bool:
    if value is _ABSENT or value is None:
        return False
    return promised.values is None or value in promised.values


def _changed(promised: Lasting, status: int, before: Any, now: Any) -> Violation:
    rule = "overlay.immutable" if promised.values is None else "overlay.final"
    actual = "" if now is _ABSENT else text_of(now)
    return Violation(rule, status, "body" + promised.place, promised.document, text_of(before), actual)
