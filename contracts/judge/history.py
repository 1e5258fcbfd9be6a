"""Compare a response with earlier ones: of the same resource, and of resources with similar ids.

Hides which parts of a response are kept, and the file by which the processes of a run share them.
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from contracts.http import Exchange, Response, SharedState
from contracts.judge.checks import as_another
from contracts.judge.id_similarity import difference
from contracts.judge.parsed_response import ParsedResponse, parse_response
from contracts.judge.validation import LARGE
from contracts.judge.violation import Violation
from contracts.openapi import (
    REFUSES_UNKNOWN,
    UNREADABLE,
    Lasting,
    Operation,
    Resource,
    equals,
    from_pointer,
    identity,
    lasting,
    refuses_unknown,
    resolve_pointer,
    text_of,
    to_pointer,
)

_ABSENT: Final = object()

MAX_REMEMBERED: Final = 4096
"""Of how many resources a process that is alone keeps what it would look up."""


class History(SharedState):
    """Remembers the lasting values of every resource answered with success, and finds those that changed.

    Processes that name the same file by `path` share their memory; see `SharedState`, whose errors every method raises.
    Of a value only a hash is kept, and its text as `redacted` leaves it in a violation.
    """

    def __init__(
        self, path: Path | None = None, redacted: Callable[[Violation], Violation] = lambda violation: violation
    ) -> None:
        super().__init__(_TABLES, path)
        self._redacted = redacted
        # A process that is alone need not look up what it wrote itself; by resource, of the latest ones.
        self._known: dict[str, dict[tuple[str, str], tuple[str, str, float]]] | None = None if path else {}
        self._contents: dict[str, str] | None = None if path else {}

    def compare(self, exchange: Exchange) -> Iterator[Violation]:
        """Yield every violation that only earlier exchanges show; remember this one."""
        changed = tuple(self.changes(exchange))
        other = self._taken_from(exchange) if changed and exchange.request.together else None
        if other and isinstance(exchange.outcome, Response):
            yield as_another(exchange.operation, exchange.request, exchange.outcome, text_of("/".join(other)))
            return
        yield from changed
        yield from self.aliases(exchange)

    def changes(self, exchange: Exchange) -> Iterator[Violation]:
        """Yield each value that differs from an earlier response of the same resource; remember the new ones."""
        response, operation = exchange.outcome, exchange.operation
        if not isinstance(response, Response) or not response.ok:
            return
        parsed = parse_response(operation, response)
        keywords = lasting(operation, parsed.spec) if parsed.spec else ()
        if not keywords or parsed.value is UNREADABLE:
            return
        resource = _resource(exchange)
        known = self._lasting(resource)
        for keyword, now, hashed in _lasting_values(parsed, keywords):
            key = keyword.place, keyword.pointer
            if key not in known and _lasts(keyword, now):
                # The text is kept as a later violation would show it.
                text = self._redacted(_changed(keyword, response.status, text_of(now), _ABSENT)).expected
                row = (resource, *key, hashed, text, exchange.at + exchange.seconds)
                if self.execute(_KEEP, row):
                    known[key] = row[3:]
                    continue
                known = self._lasting(resource)  # Another process was quicker.
            if key not in known:
                continue
            before, text, since = known[key]
            # Of two requests under way together either may have been answered first. An immutable value that is once
            # set never differs, whichever came first.
            later = exchange.at >= since or (keyword.values is None and _lasts(keyword, now))
            if later and hashed != before:
                yield _changed(keyword, response.status, text, now)

    def _taken_from(self, exchange: Exchange) -> Resource | None:
        """Return the resource, of those asked for at the same time, whose content was answered; None if none's was."""
        operation, response = exchange.operation, exchange.outcome
        assert isinstance(response, Response)
        parsed = parse_response(operation, response)
        if len(response.body) >= LARGE or not _recognisable(operation, parsed):
            return None
        alike = {name for (name,) in self.execute(_ALIKE, (_content(operation, parsed),))}
        together = exchange.request.together
        return next((other for other in together if json.dumps([operation.path, *other]) in alike), None)

    def _lasting(self, resource: str) -> dict[tuple[str, str], tuple[str, str, float]]:
        """Return by place and pointer the hash of a value, its text, and the time from which it is known."""
        if self._known is not None and (known := self._known.get(resource)) is not None:
            return known
        rows = self.execute(_LASTING, (resource,))
        found = {(place, pointer): (value, text, since) for place, pointer, value, text, since in rows}
        if self._known is not None:
            _remember(self._known, resource, found)
        return found

    def aliases(self, exchange: Exchange) -> Iterator[Violation]:
        """Yield `overlay.alias` if an id not known to exist gets the body of a known resource with a similar id.

        See `id_similarity`: the ids differ only by case, blanks, encoding and the like.
        """
        response, operation, request = exchange.outcome, exchange.operation, exchange.request
        if not isinstance(response, Response) or not response.ok or not refuses_unknown(operation):
            return
        parsed = parse_response(operation, response)
        if len(response.body) >= LARGE or not _recognisable(operation, parsed):
            return
        content, resource = _content(operation, parsed), _resource(exchange)
        if content is None or (
            request.exists and self._contents is not None and self._contents.get(resource) == content
        ):
            return
        alike = {name for (name,) in self.execute(_ALIKE, (content,))}
        if request.exists:
            if resource not in alike:
                self.execute(_SET_CONTENT, (resource, content))
            if self._contents is not None:
                _remember(self._contents, resource, content)
            return
        if self.execute(_IS_COMMON, (content,)):
            return
        kinds = {
            tuple(other): difference(request.parameter_values, other)
            # The resource itself may have been requested in another way.
            for path, *other in map(json.loads, sorted(alike - {resource}))
            if path == operation.path
        }
        if not all(kinds.values()):
            # The server answers unlike ids with the same content, so that it identifies no resource.
            self.execute(_SET_COMMON, (content,))
            return
        for other, kind in list(kinds.items())[:1]:
            yield _alias(operation, response.status, "/".join(other), kind)


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS lasting (
    resource TEXT, place TEXT, pointer TEXT, value TEXT, shown TEXT, since REAL,
    PRIMARY KEY (resource, place, pointer)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS contents (resource TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resources ON contents (content);
CREATE TABLE IF NOT EXISTS common (content TEXT PRIMARY KEY) WITHOUT ROWID;
"""

_LASTING: Final = "SELECT place, pointer, value, shown, since FROM lasting WHERE resource = ?"
_KEEP: Final = "INSERT OR IGNORE INTO lasting VALUES (?, ?, ?, ?, ?, ?) RETURNING 1"
_ALIKE: Final = "SELECT resource FROM contents WHERE content = ?"
_SET_CONTENT: Final = "INSERT OR REPLACE INTO contents VALUES (?, ?)"
_IS_COMMON: Final = "SELECT 1 FROM common WHERE content = ?"
_SET_COMMON: Final = "INSERT OR IGNORE INTO common VALUES (?)"


# Equal responses share one ParsedResponse, so that what is made of it lives as long as it does.
_CONTENTS: Final[WeakKeyDictionary[ParsedResponse, str | None]] = WeakKeyDictionary()
_LASTING_VALUES: Final[WeakKeyDictionary[ParsedResponse, tuple[tuple[Lasting, Any, str], ...]]] = WeakKeyDictionary()


def _lasting_values(parsed: ParsedResponse, keywords: tuple[Lasting, ...]) -> tuple[tuple[Lasting, Any, str], ...]:
    """Return each keyword with the value at its place and that value's hash."""
    known = _LASTING_VALUES.get(parsed)
    if known is None:
        # A value that its schema forbids is reported as that: it is neither a change nor worth keeping.
        misshapen = {violation.place for violation in parsed.violations if violation.rule.startswith("schema.")}
        found = ((keyword, _at(parsed.value, keyword.place)) for keyword in keywords)
        hashed = ((keyword, value, _hash(value)) for keyword, value in found if "body" + keyword.place not in misshapen)
        known = tuple((keyword, value, text) for keyword, value, text in hashed if text is not None)
        _LASTING_VALUES[parsed] = known
    return known


_Value = TypeVar("_Value")


def _remember(kept: dict[str, _Value], resource: str, value: _Value) -> None:
    """Keep a value of the resource; the oldest is dropped once there are too many."""
    if resource not in kept and len(kept) >= MAX_REMEMBERED:
        del kept[next(iter(kept))]
    kept[resource] = value


def _resource(exchange: Exchange) -> str:
    """Return the operation and the resource as text that SQLite can hold, whatever the id."""
    return json.dumps([exchange.operation.path, *exchange.request.parameter_values])


def _recognisable(operation: Operation, parsed: ParsedResponse) -> bool:
    """Return whether the response holds an immutable value, so that another resource's would hardly be equal."""
    if parsed.spec is None or parsed.value is UNREADABLE:
        return False
    keywords = [keyword for keyword in lasting(operation, parsed.spec) if keyword.values is None]
    return any(_lasts(keyword, _at(parsed.value, keyword.place)) for keyword in keywords)


def _content(operation: Operation, parsed: ParsedResponse) -> str | None:
    """Return a hash of the body without the values that repeat the request; None if it cannot be hashed."""
    if parsed not in _CONTENTS:
        _CONTENTS[parsed] = _hash_content(operation, parsed)
    return _CONTENTS[parsed]


def _hash_content(operation: Operation, parsed: ParsedResponse) -> str | None:
    assert parsed.spec is not None
    value = parsed.value
    for keyword in equals(operation, parsed.spec):
        value = _without(value, from_pointer(keyword.place))
    return _hash(value)


def _without(value: Any, path: list[str]) -> Any:
    if not isinstance(value, dict) or not path or path[0] not in value:
        return value
    rest = {name: item for name, item in value.items() if name != path[0]}
    return {**rest, path[0]: _without(value[path[0]], path[1:])} if path[1:] else rest


def _alias(operation: Operation, status: int, other: str, kind: str) -> Violation:
    refusals = [spec.status for spec in operation.responses if not spec.is_success]
    pointer = operation.pointer + to_pointer(REFUSES_UNKNOWN)
    return Violation("overlay.alias", status, "status", pointer, text_of(refusals), text_of(other), variant=kind)


def _at(value: Any, place: str) -> Any:
    try:
        return resolve_pointer(value, from_pointer(place))
    except (LookupError, ValueError):
        return _ABSENT


def _lasts(keyword: Lasting, value: Any) -> bool:
    return value not in (_ABSENT, None) if keyword.values is None else value in keyword.values


def _hash(value: Any) -> str | None:
    """Return the same text for equal values alone; None for a value that is nested too deeply to be compared."""
    if value is _ABSENT:
        return ""
    try:
        return hashlib.sha256(identity(value).encode()).hexdigest()
    except RecursionError:
        return None


def _changed(keyword: Lasting, status: int, before: str, now: Any) -> Violation:
    rule = "overlay.immutable" if keyword.values is None else "overlay.final"
    actual = "" if now is _ABSENT else text_of(now)
    return Violation(rule, status, "body" + keyword.place, keyword.pointer, before, actual)
