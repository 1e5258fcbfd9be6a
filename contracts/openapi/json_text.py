"""Read JSON text strictly from bytes, and write values as JSON text for people.

Hides encodings and the search for the places of flaws. Source: RFC 8259. Python's own reader takes NaN, repeated names
and halves of surrogate pairs in silence.
"""

import codecs
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import jiter
import orjson

from contracts.openapi.pointer import to_pointer

UNREADABLE: Final = object()
"""Stands for the value of a body that holds no JSON value."""

_STRAY_BYTE: Final = re.compile("[\udc80-\udcff]")
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class JsonFlaw:
    """A flaw of the text: a rule's code, its place (a JSON pointer, or `@` and a byte offset), and a detail."""

    rule: str
    place: str
    detail: str


def parse_flawless(body: bytes) -> Any:
    """Return the value of a text without a flaw, fast; raises ValueError for others, of which `parse_json` says more.

    Others are texts with a flaw, and the few without one that are nested deeply or hold a number beyond a double's.
    """
    value = jiter.from_json(body, catch_duplicate_keys=True, cache_mode="keys")
    # The flaws that this reader lets pass are NaN, the infinities and numbers beyond a double's, which the other one
    # refuses; that one takes equal names, and integers of any length as doubles.
    orjson.loads(body)
    return value


def parse_json(body: bytes) -> tuple[Any, tuple[JsonFlaw, ...]]:
    """Return the value that the bytes hold, or UNREADABLE, and every flaw of the text; reading goes on past a flaw."""
    try:
        return parse_flawless(body), ()
    except (ValueError, RecursionError):
        return parse_any(body)


def parse_any(body: bytes) -> tuple[Any, tuple[JsonFlaw, ...]]:
    """Return what `parse_json` does, by a reader that takes every text."""
    flaws: list[JsonFlaw] = []
    if body.startswith(codecs.BOM_UTF8):
        flaws.append(JsonFlaw("json.byte-order-mark", "@0", "EF BB BF"))
    text, offset = _decode(body, flaws)
    marks = _Marks()
    try:
        value = _read(text, marks)
    except json.JSONDecodeError as error:
        flaws.append(JsonFlaw("json.malformed", f"@{offset(_position(error))}", _reason(error)))
        return UNREADABLE, tuple(flaws)
    except RecursionError:
        return UNREADABLE, (*flaws, JsonFlaw("json.depth", "@0", "nested too deeply to be read"))
    if marks.kept or _SURROGATE_ESCAPE.search(body):
        flaws += _located(value, marks)
    return value, tuple(flaws)


def _decode(body: bytes, flaws: list[JsonFlaw]) -> tuple[str, Callable[[int], int]]:
    """Return the text behind any byte order mark, and a function from an index in it to the byte offset."""
    guess = json.detect_encoding(body)
    if not guess.startswith("utf-8"):
        flaws.append(JsonFlaw("json.encoding", "@0", f"{guess.upper()} text"))
        text = body.decode(guess, "replace")
        return text, lambda position: len(text[:position].encode(guess, "surrogatepass"))
    mark = len(codecs.BOM_UTF8) if guess == "utf-8-sig" else 0
    try:
        kept = text = body[mark:].decode()
    except UnicodeDecodeError as error:
        start = mark + error.start
        flaws.append(JsonFlaw("json.encoding", f"@{start}", f"byte {body[start]:02X}"))
        # A byte that belongs to no character becomes one, so that indexes and offsets correspond.
        kept = body[mark:].decode(errors="surrogateescape")
        text = _STRAY_BYTE.sub("\ufffd", kept)
    return text, lambda position: mark + len(kept[:position].encode("utf-8", "surrogateescape"))


def _position(error: json.JSONDecodeError) -> int:
    """Return the index at which the text stops being JSON: behind a trailing comma, where Python 3.13 points at it."""
    if "trailing comma" not in error.msg:
        return error.pos
    return len(error.doc) - len(error.doc[error.pos + 1 :].lstrip())


def _reason(error: json.JSONDecodeError) -> str:
    if not error.doc.strip():
        return "nothing at all" if not error.doc else "white space only"
    at_end = error.pos >= len(error.doc.rstrip())
    return f"the end of the text ({error.msg})" if at_end else f"{error.msg}: {error.doc[error.pos : error.pos + 20]!r}"


@dataclass(slots=True)
class _Marks:
    """Records the flawed values by identity, so that they can be located once all are read."""

    repeated: dict[int, list[str]] = field(default_factory=dict)
    constants: dict[int, str] = field(default_factory=dict)
    # This list keeps every marked value alive, so that no identity is given to two values.
    kept: list[Any] = field(default_factory=list)


def _read(text: str, marks: _Marks) -> Any:
    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        made = dict(found)
        if len(made) != len(found):
            times = Counter(name for name, _ in found)
            marks.repeated[id(made)] = [name for name in made if times[name] > 1]
            marks.kept.append(made)
        return made

    def constant(name: str) -> float:
        made = float(name)
        marks.constants[id(made)] = name
        marks.kept.append(made)
        return made

    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=_finite)
    except json.JSONDecodeError:
        raise
    except ValueError:
        # Python refuses integers of more than 4,300 digits to bound its own cost; JSON sets no limit.
        return json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=_finite, parse_int=_integer
        )


def _finite(digits: str) -> float:
    """Return the nearest number that a float holds, because every number that JSON writes is finite."""
    made = float(digits)
    return made if math.isfinite(made) else math.copysign(sys.float_info.max, made)


def _integer(digits: str) -> float:
    try:
        return int(digits)
    except ValueError:
        return _finite(digits)


def _located(value: Any, marks: _Marks) -> Iterator[JsonFlaw]:
    for place, item in walk_json(value):
        if isinstance(item, dict):
            for name in marks.repeated.get(id(item), ()):
                yield JsonFlaw("json.duplicate-name", place, name)
            for name in item:
                yield from _half_pair(place, name)
        elif isinstance(item, str):
            yield from _half_pair(place, item)
        elif id(item) in marks.constants:
            yield JsonFlaw("json.not-finite", place, marks.constants[id(item)])


def _half_pair(place: str, text: str) -> Iterator[JsonFlaw]:
    half = next((char for char in text if "\ud800" <= char <= "\udfff"), None)
    if half is not None:
        yield JsonFlaw("json.surrogate", place, f"\\u{ord(half):04x}")


def walk_json(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every value in a value, itself first, with its JSON pointer, in the text's order."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        place, item = waiting.pop()
        yield place, item
        if isinstance(item, dict):
            waiting += [(place + to_pointer(name), item[name]) for name in reversed(item)]
        elif isinstance(item, list):
            waiting += [(place + to_pointer(index), item[index]) for index in reversed(range(len(item)))]


_READABLE: Final = json.JSONEncoder(ensure_ascii=False, default=str)


def text_of(value: Any) -> str:
    """Return a value as JSON text for people: characters are readable, half surrogate pairs escaped; raises nothing."""
    try:
        text = _READABLE.encode(value)
    except RecursionError:
        text = '"nested too deeply to be shown"'
    return text.encode(errors="backslashreplace").decode()
