"""JSON text, read strictly from bytes.

Source: RFC 8259. Python's own reader takes NaN, repeated names and halves of surrogate pairs in silence.
"""

from __future__ import annotations

import codecs
import json
import math
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from contracts.pointer import join

UNREADABLE: Final = object()
"""Stands for the value of a body that holds none."""

_STRAY_BYTE: Final = re.compile("[\udc80-\udcff]")
_SURROGATE_ESCAPE: Final = re.compile(rb"\\u[dD][89a-fA-F]")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing wrong with the text: a rule's code, where (a JSON pointer, or `@` and a byte offset), and what."""

    rule: str
    place: str
    detail: str


def parse(body: bytes) -> tuple[Any, tuple[Flaw, ...]]:
    """The value that the bytes hold, or UNREADABLE, and every flaw of the text; reads on past a flaw where it can."""
    flaws: list[Flaw] = []
    if body.startswith(codecs.BOM_UTF8):
        flaws.append(Flaw("json.byte-order-mark", "@0", "EF BB BF"))
    text, offset = _decode(body, flaws)
    marks = _Marks()
    try:
        value = _read(text, marks)
    except json.JSONDecodeError as error:
        flaws.append(Flaw("json.malformed", f"@{offset(_position(error))}", _reason(error)))
        return UNREADABLE, tuple(flaws)
    except RecursionError:
        return UNREADABLE, (*flaws, Flaw("json.depth", "@0", "nested too deeply to be read"))
    if marks.kept or _SURROGATE_ESCAPE.search(body):
        flaws += _located(value, marks)
    return value, tuple(flaws)


def _decode(body: bytes, flaws: list[Flaw]) -> tuple[str, Callable[[int], int]]:
    """The text behind any byte order mark, and what tells the byte at which a character of it stands."""
    guess = json.detect_encoding(body)
    if not guess.startswith("utf-8"):
        flaws.append(Flaw("json.encoding", "@0", f"{guess.upper()} text"))
        text = body.decode(guess, "replace")
        return text, lambda position: len(text[:position].encode(guess, "surrogatepass"))
    mark = len(codecs.BOM_UTF8) if guess == "utf-8-sig" else 0
    try:
        kept = text = body[mark:].decode()
    except UnicodeDecodeError as error:
        start = mark + error.start
        flaws.append(Flaw("json.encoding", f"@{start}", f"byte {body[start]:02X}"))
        # One character for each byte that is part of none, so that places can be told.
        kept = body[mark:].decode(errors="surrogateescape")
        text = _STRAY_BYTE.sub("\ufffd", kept)
    return text, lambda position: mark + len(kept[:position].encode("utf-8", "surrogateescape"))


def _position(error: json.JSONDecodeError) -> int:
    """Where the text stops being JSON: behind a comma that is one too many, at which Python 3.13 points itself."""
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
    """Which of the values being read were flawed, by identity, to be located once all are read."""

    repeated: dict[int, list[str]] = field(default_factory=dict)
    constants: dict[int, str] = field(default_factory=dict)
    # Keeps every marked value alive, so that no identity is given out twice.
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
        # Python reads no integer of more than 4,300 digits (a guard of its own); JSON sets no limit.
        return json.loads(
            text, object_pairs_hook=pairs, parse_constant=constant, parse_float=_finite, parse_int=_integer
        )


def _finite(digits: str) -> float:
    """The nearest number that Python's floats hold: what JSON writes is finite, however large."""
    made = float(digits)
    return made if math.isfinite(made) else math.copysign(sys.float_info.max, made)


def _integer(digits: str) -> float:
    try:
        return int(digits)
    except ValueError:
        return _finite(digits)


def _located(value: Any, marks: _Marks) -> Iterator[Flaw]:
    for place, item in walk(value):
        if isinstance(item, dict):
            for name in marks.repeated.get(id(item), ()):
                yield Flaw("json.duplicate-name", place, name)
            for name in item:
                yield from _half_pair(place, name)
        elif isinstance(item, str):
            yield from _half_pair(place, item)
        elif id(item) in marks.constants:
            yield Flaw("json.not-finite", place, marks.constants[id(item)])


def _half_pair(place: str, text: str) -> Iterator[Flaw]:
    half = next((char for char in text if "\ud800" <= char <= "\udfff"), None)
    if half is not None:
        yield Flaw("json.surrogate", place, f"\\u{ord(half):04x}")


def walk(value: Any) -> Iterator[tuple[str, Any]]:
    """Every value in a value, itself first, with its JSON pointer; in the text's order."""
    waiting: list[tuple[str, Any]] = [("", value)]
    while waiting:
        place, item = waiting.pop()
        yield place, item
        if isinstance(item, dict):
            waiting += [(place + join(name), item[name]) for name in reversed(item)]
        elif isinstance(item, list):
            waiting += [(place + join(index), item[index]) for index in reversed(range(len(item)))]


def text_of(value: Any, default: Callable[[Any], Any] = str) -> str:
    """A value as JSON text for people: readable characters, half pairs escaped, never an error."""
    try:
        text = json.dumps(value, ensure_ascii=False, default=default)
    except RecursionError:
        text = '"nested too deeply to be shown"'
    return text.encode(errors="backslashreplace").decode()
