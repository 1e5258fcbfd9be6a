"""Faults of JSON text (RFC 8259): bodies that are no JSON, or JSON that readers disagree about.

Hides where a flaw fits into a body so that the value still satisfies its schema.
"""

import codecs
import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from contracts.judge import compiled
from contracts.openapi import Operation, ResponseSpec, equals, from_pointer, to_pointer, walk_json
from strategies.answers import Content, covering_answers
from strategies.faults.mutation_search import UNDECLARED
from strategies.faults.mutations import Fault, Mutation, fault, in_text
from strategies.values import put


def json_faults(operation: Operation, spec: ResponseSpec, content: Content, label: str) -> Iterator[Fault]:
    """Yield the faults of the JSON text in the spec's answers of one content; `label` begins their names."""

    def text(change: Callable[[bytes], bytes | None]) -> Mutation:
        return in_text(spec, change, content)

    for name, (rule, change) in _TEXTS.items():
        place = "body" if rule == "body.missing" else "body@"
        yield fault(rule, f"{label} {name}", place, text(change))
    starts = {answer.body[:1] for answer in covering_answers(operation, spec.status) if content.covers(spec, answer)}
    # An object takes another member and an array another item, while other texts, such as null, have room for neither.
    start = next((each for each in (b"{", b"[") if each in starts), b"")
    for name, (rule, item) in _ITEMS.items() if start else ():
        member = json.dumps(UNDECLARED).encode() + b": " + item if start == b"{" else item
        place = to_pointer(UNDECLARED) if start == b"{" else "/*"
        flaw_place = "body" + (place if rule in _PLACED_BY_POINTER else "@")
        yield fault(rule, f"{label} {name}", flaw_place, text(partial(_with_member, start, member)))
    if start:
        place = "body" + ("" if start == b"{" else "/*")
        yield fault("json.duplicate-name", f"{label} a name twice", place, text(partial(_with_name_twice, start)))
    latin = partial(_in_latin_1, operation, spec, str(content.schema))
    yield fault("json.encoding", f"{label} Latin-1", "body@", text(latin))


def _with_member(start: bytes, member: bytes, body: bytes) -> bytes | None:
    """Return the text of an object or array with another member or item at its end; None if it begins otherwise."""
    if body[:1] != start:
        return None
    return body[:-1] + (b"" if body in (b"{}", b"[]") else b", ") + member + body[-1:]


def _with_name_twice(start: bytes, body: bytes) -> bytes | None:
    """Return the text with the first member of its object, or first item, repeated; its value stays the same.

    It is None if the text begins otherwise.
    """
    if body[:1] != start:
        return None
    value = json.loads(body)
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict) or not first:
        return _with_member(start, b'{"a": 1, "a": 2}', body) if isinstance(value, list) else None
    text = json.dumps(first, ensure_ascii=False)
    member = json.dumps(dict([next(iter(first.items()))]), ensure_ascii=False)[1:-1]
    return json.dumps(value, ensure_ascii=False).replace(text, f"{text[:-1]}, {member}}}", 1).encode()


def _in_latin_1(operation: Operation, spec: ResponseSpec, schema: str, body: bytes) -> bytes | None:
    """Return the text with a letter in Latin-1, put where the value stays valid; None if there is no such place."""
    value = json.loads(body)
    for path, text in _extendable_texts(operation, spec, value):
        # The judge reads bytes that are not UTF-8 as U+FFFD.
        if compiled(operation.document).is_valid(schema, put(value, path, text + "\ufffd")):
            flawed = json.dumps(put(value, path, text + "\udce9"), ensure_ascii=False)
            return flawed.encode("utf-8", "surrogateescape")
    return None


def _extendable_texts(operation: Operation, spec: ResponseSpec, value: Any) -> Iterator[tuple[list[str], str]]:
    """Yield the strings that may take one more letter, with their paths, and one that an object may hold besides."""
    echoed = {promised.place for promised in equals(operation, spec)}
    for place, item in walk_json(value):
        if isinstance(item, str) and place not in echoed:
            yield from_pointer(place), item
    if isinstance(value, dict):
        yield [UNDECLARED], "caf"


_PLACED_BY_POINTER: Final = ("json.not-finite", "json.surrogate")
"""Rules whose place is that of a value; the place of the others is a byte offset."""

_TEXTS: Final[dict[str, tuple[str, Callable[[bytes], bytes | None]]]] = {
    "byte order mark": ("json.byte-order-mark", lambda body: codecs.BOM_UTF8 + body),
    "UTF-16": ("json.encoding", lambda body: body.decode().encode("utf-16")),
    "UTF-32": ("json.encoding", lambda body: body.decode().encode("utf-32")),
    "cut short": ("json.malformed", lambda body: None if body[-1:].isdigit() else body[:-1]),
    "something behind": ("json.malformed", lambda body: body + b" {}"),
    "something before": ("json.malformed", lambda body: b")]}',\n" + body),
    "a comma too many": ("json.malformed", lambda body: re.sub(rb"([]}]?)\Z", rb",\1", body, count=1)),
    "a comment": ("json.malformed", lambda body: body + b" // done"),
    "white space only": ("json.malformed", lambda body: b" "),
    "nothing": ("body.missing", lambda body: b""),
}
"""Name to the rule, and the change of a body."""

_TOO_DEEP: Final = 100_000
"""A depth of nesting that no reader takes (RFC 8259, section 9, leaves the limit to the reader)."""

_ITEMS: Final[dict[str, tuple[str, bytes]]] = {
    "NaN": ("json.not-finite", b"NaN"),
    "Infinity": ("json.not-finite", b"Infinity"),
    "half a pair": ("json.surrogate", b'"\\ud800"'),
    "single quotes": ("json.malformed", b"'text'"),
    "too deep": ("json.depth", b"[" * _TOO_DEEP + b"]" * _TOO_DEEP),
}
"""Name to the rule, and the member or item that is added to an object or array."""
