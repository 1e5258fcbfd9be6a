"""Compare a response with earlier ones: of the same resource, and of resources with similar ids.

Hides which parts of a response are kept, and the file by which the processes of a run share them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final, TypeVar
from weakref import WeakKeyDictionary

from contracts.http import Exchange, Response, SharedState
from contracts.judge.checks import as_another
from contracts.judge.id_similarity import difference
from contracts.judge.lasting_memory import ABSENT, Kept, Key, LastingMemory, LoneMemory, Named, SharedMemory
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
    pointer_steps,
    refuses_unknown,
    resolve_pointer,
    text_of,
    to_pointer,
)

MAX_REMEMBERED: Final = 4096
"""Of how many resources a process that is alone keeps the content that it would look up."""


class History(SharedState):
    """Remembers the lasting values of every resource answered with success, and finds those that changed.

    Processes that name the same file by `path` share their memory; see `SharedState`, whose errors every method raises.
    With `redacted` only a hash of a value is kept, and its text as that leaves it in a violation.
    """

    def __init__(self, path: Path | None = None, redacted: Callable[[Violation], Violation] | None = None) -> None:
        super().__init__(_TABLES, path)
        self._redacted = redacted
        self._memory: LastingMemory = SharedMemory(self) if path else LoneMemory(self, self._split)
        # A process that is alone need not look up what it wrote itself; by resource, of the latest ones.
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
        resource = (operation.path, *exchange.request.parameter_values)
        values = _lasting_values(parsed, keywords)
        for keyword, text, now in self._differing(resource, values, (exchange.at, exchange.at + exchange.seconds)):
            yield _changed(keyword, response.status, text, now)

    def agrees(self, resource: Named, keywords: tuple[Lasting, ...], values: tuple[Any, ...], span: Span) -> bool:
        """Return whether the lasting values of a valid success differ in nothing from earlier ones; remember them."""
        is_simple = self._redacted is None and _SIMPLE.issuperset(map(type, values))
        if is_simple and self._memory.is_first_or_same(resource, keywords, values, span[1]):
            return True
        return not any(self._differing(resource, _hashed(zip(keywords, values, strict=True)), span))

    def _differing(
        self, resource: Named, values: Iterable[tuple[Lasting, Any, str]], span: Span
    ) -> Iterator[tuple[Lasting, str, Any]]:
        """Yield each value that differs from the resource's earlier one, behind that one's text; remember new ones."""
        asked, answered = span
        known = self._memory.of(resource)
        for keyword, now, hashed in values:
            key = keyword.place, keyword.pointer
            if key not in known and _lasts(keyword, now):
                if self._memory.keep(resource, key, (hashed, self._text(keyword, now), answered)):
                    continue
                known = self._memory.of(resource)  # Another process was quicker.
            if key not in known:
                continue
            before, text, since = known[key]
            # Of two requests under way together either may have been answered first. An immutable value that is once
            # set never differs, whichever came first.
            later = asked >= since or (keyword.values is None and _lasts(keyword, now))
            if later and hashed != before:
                yield keyword, text, now

    def _text(self, keyword: Lasting, value: Any) -> str:
        """Return the text of a value as a later violation would show it."""
        text = text_of(value)
        return self._redacted(_changed(keyword, 0, text, ABSENT)).expected if self._redacted else text

    def _split(self, keywords: tuple[Lasting, ...], values: tuple[Any, ...], since: float) -> dict[Key, Kept]:
        """Return what is kept of each of a resource's first values. It is used only where nothing is redacted."""
        return {
            (keyword.place, keyword.pointer): (hashed, text_of(value), since)
            for keyword, value, hashed in _hashed(zip(keywords, values, strict=True))
            if _lasts(keyword, value)
        }

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

    def aliases(self, exchange: Exchange) -> Iterator[Violation]:
        """Yield `overlay.alias` if an id not known to exist gets the body of a known resource with a similar id.

        See `id_similarity`: the ids differ only by case, blanks, encoding and the like.
        """
        response, operation, request = exchange.outcome, exchange.operation, exchange.request
        # Where nothing is known to exist, which a process that is alone knows, there is nothing to be taken for.
        is_moot = not request.exists and self._contents is not None and not self._contents
        if is_moot or not isinstance(response, Response) or not response.ok or not refuses_unknown(operation):
            return
        parsed = parse_response(operation, response)
        if len(response.body) >= LARGE or not _recognisable(operation, parsed):
            return
        content, resource = _content(operation, parsed), _resource(operation, request.parameter_values)
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


def is_settled(exchange: Exchange, violation: Violation) -> bool:
    """Return whether the response shows, at the place of a value that changed, one that must not change any more."""
    response, operation = exchange.outcome, exchange.operation
    if not isinstance(response, Response):
        return False
    parsed = parse_response(operation, response)
    keywords = lasting(operation, parsed.spec) if parsed.spec and parsed.value is not UNREADABLE else ()
    return any(
        "body" + keyword.place == violation.place and _lasts(keyword, value_at(parsed.value, keyword.place))
        for keyword in keywords
        if keyword.pointer == violation.pointer
    )


Span = tuple[float, float]
"""When a request was sent and when its answer had come, in seconds since 1970."""


_TABLES: Final = """
CREATE TABLE IF NOT EXISTS contents (resource TEXT PRIMARY KEY, content TEXT) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS resources ON contents (content);
CREATE TABLE IF NOT EXISTS common (content TEXT PRIMARY KEY) WITHOUT ROWID;
"""

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
        found = ((keyword, value_at(parsed.value, keyword.place)) for keyword in keywords)
        known = _hashed((keyword, value) for keyword, value in found if "body" + keyword.place not in misshapen)
        _LASTING_VALUES[parsed] = known
    return known


def _hashed(values: Iterable[tuple[Lasting, Any]]) -> tuple[tuple[Lasting, Any, str], ...]:
    """Return the values that can be hashed, each with its hash."""
    hashed = ((keyword, value, _hash(value)) for keyword, value in values)
    return tuple((keyword, value, text) for keyword, value, text in hashed if text is not None)


_Value = TypeVar("_Value")


def _remember(kept: dict[str, _Value], resource: str, value: _Value) -> None:
    """Keep a value of the resource; the oldest is dropped once there are too many."""
    if resource not in kept and len(kept) >= MAX_REMEMBERED:
        del kept[next(iter(kept))]
    kept[resource] = value


def _resource(operation: Operation, resource: Resource) -> str:
    """Return the operation and the resource as text that SQLite can hold, whatever the id."""
    return json.dumps([operation.path, *resource])


def _recognisable(operation: Operation, parsed: ParsedResponse) -> bool:
    """Return whether the response holds an immutable value, so that another resource's would hardly be equal."""
    if parsed.spec is None or parsed.value is UNREADABLE:
        return False
    keywords = [keyword for keyword in lasting(operation, parsed.spec) if keyword.values is None]
    return any(_lasts(keyword, value_at(parsed.value, keyword.place)) for keyword in keywords)


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


def value_at(value: Any, place: str) -> Any:
    """Return the part of a value at a place (a JSON pointer); ABSENT if it has none."""
    try:
        return resolve_pointer(value, pointer_steps(place))
    except (LookupError, ValueError):
        return ABSENT


def reader_of(places: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    """Return a function of a value that returns what `value_at` does for each of the places."""
    steps = [pointer_steps(place) for place in places]
    if not all(len(each) == 1 for each in steps):
        return lambda value: tuple([value_at(value, place) for place in places])
    names, absent = tuple(name for (name,) in steps), (ABSENT,) * len(steps)

    def read(value: Any) -> tuple[Any, ...]:
        if isinstance(value, dict):
            return tuple(map(value.get, names, absent))
        return tuple([value_at(value, place) for place in places])

    return read


_SIMPLE: Final = frozenset({str, type(None), type(ABSENT)})
"""The types of values that are equal by JSON Schema if they are by Python: 1 is not True."""


def _lasts(keyword: Lasting, value: Any) -> bool:
    return value not in (ABSENT, None) if keyword.values is None else value in keyword.values


def _hash(value: Any) -> str | None:
    """Return the same text for equal values alone; None for a value that is nested too deeply to be compared."""
    if value is ABSENT:
        return ""
    if isinstance(value, str):
        # What `identity` returns for any other value does not begin with a quotation mark.
        return hashlib.sha256(f'"{value}'.encode("utf-8", "surrogatepass")).hexdigest()
    try:
        return hashlib.sha256(identity(value).encode()).hexdigest()
    except RecursionError:
        return None


def _changed(keyword: Lasting, status: int, before: str, now: Any) -> Violation:
    rule = "overlay.immutable" if keyword.values is None else "overlay.final"
    actual = "" if now is ABSENT else text_of(now)
    return Violation(rule, status, "body" + keyword.place, keyword.pointer, before, actual)
