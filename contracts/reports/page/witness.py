"""Lay out a response's body in lines, with the violation marked."""

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.http import Response
from contracts.openapi import UNREADABLE, from_pointer, parse_json, text_of, to_pointer

LONGEST: Final = 400
"""The number of characters of one line that are shown."""

AROUND: Final = 200
"""The number of bytes that are shown before and after the place where a text is malformed."""

_OFFSET: Final = re.compile(r"@(\d+)$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, whether the violation is in it, and the number of lines that it stands for, if any."""

    text: str
    marked: bool = False
    left_out: int = 0

    @property
    def indent(self) -> str:
        """Return the blanks that the text begins with."""
        return self.text[: len(self.text) - len(self.text.lstrip(" "))]


@dataclass(frozen=True, slots=True)
class Broken:
    """A text that is malformed at a byte: the parts before it, there (empty at the end of the text), and after it."""

    offset: int
    before: str
    at: str
    after: str
    size: int


def lay_out(violation: Mapping[str, Any], max_lines: int) -> tuple[Line, ...] | Broken | None:
    """Return the body of a violation's witness in about `max_lines` lines; None if no response came.

    `violation` is an entry of report.json.
    """
    response = violation["witness"]["response"]
    if response is None:
        return None
    body = Response.from_json(response).body
    offset = _OFFSET.search(violation["place"])
    value = UNREADABLE if offset else parse_json(body)[0]
    if value is UNREADABLE:
        return _broken(body, int(offset[1]) if offset else 0)
    kind, _, pointer = violation["place"].partition("/")
    place = "/" + pointer if kind == "body" and pointer else ""
    marks_all = violation["place"] == "body"
    try:
        lines = [replace(line, text=_shortened(line.text)) for line in _value(value, "", "", "", place, marks_all)]
    except RecursionError:
        return _broken(body, 0)
    return tuple(_windowed(lines, max_lines))


def _broken(body: bytes, offset: int) -> Broken:
    # The malformed part may be a byte of a character, or a character of several bytes.
    width = next((n for n in (1, 2, 3, 4) if _is_text(body[offset : offset + n])), 1)
    before = body[max(0, offset - AROUND) : offset]
    after = body[offset + width : offset + width + AROUND]
    return Broken(offset, _shown(before), _shown(body[offset : offset + width]), _shown(after), len(body))


def _is_text(part: bytes) -> bool:
    try:
        return bool(part.decode())
    except UnicodeDecodeError:
        return False


def _shown(part: bytes) -> str:
    return part.decode("utf-8", "backslashreplace")


def _value(value: Any, lead: str, comma: str, place: str, target: str, marked: bool) -> Iterator[Line]:
    """Yield the value at a place as JSON text with an indentation of two; mark all lines of the value at the target.

    `lead` stands before the value on its first line: the indentation and, in an object, the name.
    """
    marked = marked or (bool(target) and place == target)
    if not (isinstance(value, (dict, list)) and (value or _lacks(value, place, target))):
        yield Line(lead + text_of(value) + comma, marked)
        return
    indent = lead[: len(lead) - len(lead.lstrip(" "))]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield Line(lead + opening, marked)
    items = (
        [(f"{text_of(name)}: ", name, item) for name, item in value.items()]
        if isinstance(value, dict)
        else [("", index, item) for index, item in enumerate(value)]
    )
    for number, (label, name, item) in enumerate(items, 1):
        behind = "," if number < len(items) else ""
        yield from _value(item, f"{indent}  {label}", behind, place + to_pointer(name), target, marked)
    if _lacks(value, place, target):
        yield Line(f"{indent}  {text_of(from_pointer(target)[-1])} is absent", marked=True)
    yield Line(indent + closing + comma, marked)


def _lacks(value: Any, place: str, target: str) -> bool:
    """Return whether the target is a property that the value, the object at a place, does not have."""
    above, slash, _ = target.rpartition("/")
    return bool(slash) and above == place and isinstance(value, dict) and from_pointer(target)[-1] not in value


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def _windowed(lines: list[Line], max_lines: int) -> Iterator[Line]:
    """Yield all lines if they are few, otherwise those at the beginning, around the first mark, and at the end."""
    if len(lines) <= max_lines:
        yield from lines
        return
    first = next((number for number, line in enumerate(lines) if line.marked), 0)
    third = max_lines // 3
    kept = {*range(3), *range(first - third, first + 2 * third), *range(len(lines) - 3, len(lines))}
    for is_kept, group in itertools.groupby(enumerate(lines), key=lambda numbered: numbered[0] in kept):
        numbered = list(group)
        yield from (line for _, line in numbered) if is_kept else (Line("", left_out=len(numbered)),)
