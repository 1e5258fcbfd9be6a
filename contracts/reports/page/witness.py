"""An answer's body laid out in lines, with what is wrong in it marked."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.json_text import UNREADABLE, parse, text_of
from contracts.pointer import join, split

LONGEST: Final = 400
"""Characters of one line that are shown."""

AROUND: Final = 200
"""Bytes of a broken text that are shown before and after the place where it breaks."""

_OFFSET: Final = re.compile(r"@(\d+)$")


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its text, whether it is what is wrong, and how many lines are left out in its place, if any."""

    text: str
    marked: bool = False
    left_out: int = 0

    @property
    def indent(self) -> str:
        """The blanks that the text begins with."""
        return self.text[: len(self.text) - len(self.text.lstrip(" "))]


@dataclass(frozen=True, slots=True)
class Broken:
    """A text that is broken at a byte: what stands before it, there (nothing at the end), and after it."""

    offset: int
    before: str
    at: str
    after: str
    size: int


def lay_out(violation: Mapping[str, Any], most: int) -> tuple[Line, ...] | Broken | None:
    """The body of a violation's witness, as its report tells it, in `most` lines or so; None where there is none."""
    body = _bytes(violation["witness"]["response"])
    if body is None:
        return None
    offset = _OFFSET.search(violation["place"])
    value = UNREADABLE if offset else parse(body)[0]
    if value is UNREADABLE:
        return _broken(body, int(offset[1]) if offset else 0)
    kind, _, pointer = violation["place"].partition("/")
    place = "/" + pointer if kind == "body" and pointer else ""
    marks_all = violation["place"] == "body"
    try:
        found = [replace(each, text=_shortened(each.text)) for each in _lines(value, place, marks_all)]
    except RecursionError:
        return _broken(body, 0)
    return tuple(_windowed(found, most))


def _bytes(response: Mapping[str, Any] | None) -> bytes | None:
    if response is None:
        return None
    if "body" in response:
        return str(response["body"]).encode("utf-8", "surrogatepass")
    return base64.b64decode(response["body_base64"])


def _broken(body: bytes, offset: int) -> Broken:
    # What breaks may be one byte of a character, or a whole one of several bytes.
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


def _lines(value: Any, target: str, marked: bool) -> Iterator[Line]:
    """The value as JSON text with an indentation of two; all lines of the value at the target are marked."""
    yield from _value(value, "", "", "", target, marked)


def _value(value: Any, lead: str, comma: str, place: str, target: str, marked: bool) -> Iterator[Line]:
    """`lead` stands before the value on its first line: the indentation and, in an object, the name."""
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
        yield from _value(item, f"{indent}  {label}", behind, place + join(name), target, marked)
    if _lacks(value, place, target):
        yield Line(f"{indent}  {text_of(split(target)[-1])} is absent", marked=True)
    yield Line(indent + closing + comma, marked)


def _lacks(value: Any, place: str, target: str) -> bool:
    """Whether the target is a property that this object should have, or an array's item, and does not."""
    above, slash, _ = target.rpartition("/")
    return bool(slash) and above == place and isinstance(value, dict) and split(target)[-1] not in value


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text):,} characters)"


def _windowed(found: list[Line], most: int) -> Iterator[Line]:
    """All lines if they are few; otherwise those at the beginning, around the first mark, and at the end."""
    if len(found) <= most:
        yield from found
        return
    first = next((number for number, each in enumerate(found) if each.marked), 0)
    third = most // 3
    kept = {*range(3), *range(first - third, first + 2 * third), *range(len(found) - 3, len(found))}
    left_out = 0
    for number, each in enumerate(found):
        if number not in kept:
            left_out += 1
            continue
        if left_out:
            yield Line("", left_out=left_out)
            left_out = 0
        yield each
