"""Judge answers in bulk: those that are surely alike to one that was judged before are counted, and no more.

An answer is alike if no rule can tell it apart: the same operation, status and checked header fields; JSON text without
a flaw; a body that its schema admits, by jsonschema_rs; parameters repeated as promised; no lasting value changed; and
a trace (`contracts.coverage`) that was seen, so that it shows the same features. A law holds that the tally is the one
of answers that are each judged by itself.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from contracts.captures import Capture, Pairs
from contracts.coverage import Trace, tracer_of
from contracts.http import LET_IN, THROTTLED, Exchange, Response, are_plain, label_of
from contracts.judge import History, checked_headers, compiled, misquoted, parse_response, reader_of
from contracts.openapi import (
    UNREADABLE,
    Operation,
    Resource,
    ResponseSpec,
    equals,
    lasting,
    parse_flawless,
    parse_media_type,
)
from contracts.verdict import FeatureObservation, Redaction, Tally, latency_bucket

MAX_KINDS: Final = 1024
"""How many kinds of answers are known at most: header fields may differ without end."""

MAX_TRACES: Final = 4096
"""How many traces of one kind are known at most."""

MAX_BODIES: Final = 2048
"""How many bodies of one kind are known at most: who polls a resource gets the same one again and again."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""How many bytes the bodies that are known may have, of all kinds and traces together."""


@dataclass(slots=True)
class _Room:
    """How many more bytes of bodies may be kept."""

    left: int

    def take(self, size: int) -> bool:
        """Take the bytes, and return True, if there are as many."""
        if size > self.left:
            return False
        self.left -= size
        return True


@dataclass(slots=True)
class _Repeats:
    """How often answers alike to one were counted, how many requests for them were plain, and the first of them."""

    exchange: Exchange
    count: int = 0
    plain: int = 0
    first: tuple[float, Resource] = (math.inf, ())

    def reset(self) -> None:
        self.count = self.plain = 0
        self.first = math.inf, ()

    def note(self, at: float, resource: Resource) -> None:
        self.count += 1
        self.plain += are_plain(resource)
        if at <= self.first[0]:
            self.first = min(self.first, (at, resource))


_Body = tuple[Any, tuple[Any, ...], _Repeats]
"""What is found in a body: its value and its lasting values, and the repeats of what it is alike to."""


class _Kind:
    """Answers of one operation with the same status and checked header fields."""

    def __init__(self, operation: Operation, spec: ResponseSpec, schema: str, room: _Room, *, is_success: bool) -> None:
        self.operation, self.spec, self.schema = operation, spec, schema
        self._room = room
        self.lasting = lasting(operation, spec) if is_success else ()
        self._lasting_values = reader_of(tuple(keyword.place for keyword in self.lasting))
        echoes = equals(operation, spec)
        self._echoed = tuple(keyword.parameter for keyword in echoes)
        self._echoes = reader_of(tuple(keyword.place for keyword in echoes))
        self._opinion = partial(compiled(operation.document).opinion, schema) if schema else None
        self._tracer = tracer_of(operation.document, schema) if schema else None
        self._traces: dict[Trace, _Repeats] = {}
        self._bodies: dict[bytes, _Body] = {}
        self._met: set[int] = set()

    def read(self, body: bytes) -> _Body | None:
        """Return what is found in a body that is alike to a known one; None if it is alike to none."""
        found = self._bodies.get(body)
        if found is None:
            value = parse_flawless(body)
            if self._opinion and self._opinion(value) is not True:
                return None
            repeats = self._traces.get(self.trace(value))
            if repeats is None:
                return None
            found = value, self._lasting_values(value), repeats
            self._remember(body, found)
        return found

    def _remember(self, body: bytes, found: _Body) -> None:
        """Keep what was found in a body that comes for the second time: most never do."""
        number = hash(body)
        if number not in self._met:
            if len(self._met) >= MAX_BODIES:
                self._met.clear()
            self._met.add(number)
            return
        if len(self._bodies) >= MAX_BODIES or len(body) > self._room.left:
            self._room.left += sum(map(len, self._bodies))
            self._bodies.clear()
        if self._room.take(len(body)):
            self._bodies[body] = found

    def repeats(self, value: Any, parameters: Mapping[str, str]) -> bool:
        """Return whether a body repeats the parameters as promised."""
        for name, echoed in zip(self._echoed, self._echoes(value), strict=True):
            if echoed != parameters.get(name):
                # It is another one, or the same one in a form that only the rule itself can tell.
                return not any(misquoted(self.operation, parameters, self.spec, value))
        return True

    def trace(self, value: Any) -> Trace:
        return self._tracer.trace(value) if self._tracer else ()

    def learn(self, value: Any, exchange: Exchange, size: int) -> None:
        trace = self.trace(value)
        if trace not in self._traces and len(self._traces) < MAX_TRACES and self._room.take(size):
            self._traces[trace] = _Repeats(exchange)

    def counted(self) -> Iterator[_Repeats]:
        return (each for each in self._traces.values() if each.count)


class AlikeAnswers:
    """Counts the answers that are alike to known ones; `history` is what is known of earlier answers."""

    def __init__(self, history: History, redaction: Redaction) -> None:
        self._history, self._redaction = history, redaction
        self._kinds: dict[tuple[Operation, int, Pairs], _Kind] = {}
        self._times: defaultdict[str, Counter[int]] = defaultdict(Counter)
        self._room = _Room(MAX_BYTES)

    def count(self, operation: Operation, parameters: Mapping[str, str], capture: Capture, *, comparable: bool) -> bool:
        """Count the answer and return True if it is alike to one that was learned.

        Its lasting values are compared with earlier ones of the resource if it is `comparable` with them.
        """
        kind = self._kinds.get((operation, capture.status, _checked(operation, capture.headers)))
        try:
            found = kind.read(capture.body) if kind else None
        except (ValueError, RecursionError):
            return False
        if kind is None or found is None:
            return False
        value, lasting_values, repeats = found
        if not kind.repeats(value, parameters):
            return False
        resource, at, seconds = tuple(parameters.values()), capture.at, capture.seconds
        if kind.lasting and comparable:
            name, span = (operation.path, *resource), (at, at + seconds)
            if not self._history.agrees(name, kind.lasting, lasting_values, span):
                return False
        repeats.note(at, resource)
        if seconds:
            self._times[operation.path][latency_bucket(seconds)] += 1
        return True

    def learn(self, exchange: Exchange) -> None:
        """Take an exchange in which no rule was broken as one that others may be alike to."""
        operation, response = exchange.operation, exchange.outcome
        if not isinstance(response, Response) or response.status == THROTTLED:
            return
        parsed = parse_response(operation, response)
        if parsed.spec is None or parsed.schema is None or parsed.value is UNREADABLE:
            return
        claimed = parse_media_type(response.header("content-type") or "")
        plainly = replace(exchange, request=replace(exchange.request, parameters=()))
        # A text is no JSON, and of every rejection it is to be known what it says of itself.
        if (claimed and not claimed.is_json) or label_of(plainly) not in (LET_IN, None):
            return
        key = operation, response.status, _checked(operation, response.headers)
        kind = self._kinds.get(key)
        if kind is None:
            if len(self._kinds) >= MAX_KINDS:
                return
            kind = self._kinds[key] = _Kind(operation, parsed.spec, parsed.schema, self._room, is_success=response.ok)
        kind.learn(parsed.value, exchange, len(response.body))

    def take(self) -> Tally:
        """Return what the answers showed that were counted since the last time."""
        tally = Tally()
        for each in (repeats for kind in self._kinds.values() for repeats in kind.counted()):
            observation = FeatureObservation(each.count, *each.first)
            tally.note_alike(each.exchange, observation, each.plain, self._redaction)
            each.reset()
        for path, counts in self._times.items():
            tally.times[path] = counts
        self._times.clear()
        return tally


def _checked(operation: Operation, headers: Pairs) -> Pairs:
    names = checked_headers(operation)
    return tuple([pair for pair in headers if pair[0].lower() in names])
