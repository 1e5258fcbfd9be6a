"""The API key in whatever form a server sends it back, found and taken out."""

from __future__ import annotations

import base64
import bisect
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from contracts.secret import REDACTED, Secret

_LONG: Final = 12
"""Characters from which on a key is looked for in base64 too: a shorter one has too little there to be known by."""

_TELLING: Final = 8
"""Characters of a key in a row that are masked at least, and six in ten of it: the rest may have been cut off."""

_DEPTH: Final = 4
"""To so many levels what is written within what is written is read."""


class Mask:
    """Puts REDACTED in place of one key; of none, it changes nothing."""

    def __init__(self, key: str | None) -> None:
        key = Secret(key or "")
        self._plain = key.encode().lower()
        self._least = min(len(key), max(_TELLING, -(-len(key) * 6 // 10)))
        # What every part that long holds.
        self._core = self._plain[len(key) - self._least : self._least]
        self._coded = [self._plain.hex().encode()] if len(key) >= _TELLING else []
        if len(key) >= _LONG:
            self._coded += [each.lower() for each in _base64_of(key.encode())]
        self._escapes = [_URL, _JSON, _HTML, _WIDE, *([_FORM] if " " in key else [])]
        # What is between name and value in a header line that is the key itself.
        self._colon = ": " if key.partition(":")[2].startswith(" ") else ":"

    def __call__(self, data: bytes) -> bytes:
        """The data without the key, or most of it, in capitals or not.

        As it is, percent-encoded, escaped for JSON or HTML, in UTF-16 or UTF-32, in base64 or hexadecimal digits, and
        any of these written within another to four levels.
        """
        return self._put(data, lambda size: REDACTED.encode())

    def blot(self, data: bytes) -> bytes:
        """The data with as many asterisks in place of the key, so that nothing else in it is moved."""
        return self._put(data, lambda size: b"*" * size)

    def text(self, text: str) -> str:
        """The text without the key."""
        return self(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def fields(self, fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Header fields without the key, which may stand in a name, or in a line of its own as name and value."""
        found = tuple(fields)
        together = "\n".join(f"{name}{self._colon}{value}" for name, value in found)
        return found if self.text(together) == together else tuple(self._field(*field) for field in found)

    def _field(self, name: str, value: str) -> tuple[str, str]:
        found = self.text(name), self.text(value)
        whole = self.text(f"{name}{self._colon}{value}") == self._colon.join(found)
        return found if whole else (REDACTED, REDACTED)

    def _put(self, data: bytes, instead: Callable[[int], bytes]) -> bytes:
        if not self._plain:
            return data
        parts, end = [], 0
        for start, stop in _joined(self._places(data)):
            parts += [data[end:start], instead(stop - start)]
            end = stop
        return b"".join([*parts, data[end:]]) if parts else data

    def _places(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Where in the data the key stands, in every way to read it."""
        known = {hash(data)}
        waiting: deque[tuple[bytes, tuple[_Escape, ...]]] = deque([(data, ())])
        while waiting:
            read, undone = waiting.popleft()
            if found := list(self._found(read.lower())):
                origin = _way_back(data, undone)
                yield from ((origin(start), origin(stop)) for start, stop in found)
            for escape in self._escapes if len(undone) < _DEPTH else ():
                if escape.sign in read and hash(reading := escape.undo(read)) not in known:
                    known.add(hash(reading))
                    waiting.append((reading, (*undone, escape)))

    def _found(self, text: bytes) -> Iterator[tuple[int, int]]:
        for coded in self._coded:
            for start in _finds(text, coded):
                yield start, start + len(coded)
        for at in _finds(text, self._core):
            start, stop, first, last = at, at + len(self._core), len(self._plain) - self._least, self._least
            while first and start and text[start - 1] == self._plain[first - 1]:
                start, first = start - 1, first - 1
            while last < len(self._plain) and text[stop : stop + 1] == self._plain[last : last + 1]:
                stop, last = stop + 1, last + 1
            if stop - start >= self._least:
                yield start, stop


def _finds(text: bytes, part: bytes) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _joined(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Those that overlap or touch as one, in their order."""
    start = stop = -1
    for each in sorted(places):
        if each[0] > stop:
            if stop >= 0:
                yield start, stop
            start = each[0]
        stop = max(stop, each[1])
    if stop >= 0:
        yield start, stop


@dataclass(frozen=True, slots=True)
class _Escape:
    """A way to write characters otherwise than as themselves: what each begins with, and what each looks like."""

    sign: bytes
    pattern: re.Pattern[bytes]

    def undo(self, data: bytes) -> bytes:
        """The data as it reads."""
        return self.pattern.sub(_character, data)

    def marks(self, data: bytes) -> tuple[list[int], list[int]]:
        """Places in the data as it reads, and in the data, that belong together: the ends of what was not escaped."""
        read, written = [0], [0]
        for found in self.pattern.finditer(data):
            at = read[-1] + found.start() - written[-1]
            read += [at, at + len(_character(found))]
            written += [found.start(), found.end()]
        return read, written


def _character(found: re.Match[bytes]) -> bytes:
    """What is written there; the pattern's group says how."""
    written = found[found.lastgroup or 0]
    match found.lastgroup:
        case "hexadecimal":
            return bytes((int(written, 16),))
        case "decimal":
            return bytes((int(written),)) if int(written) < 0x80 else found[0]
        case "name":
            return _NAMED[written.lower()]
        case "blank":
            return b" "
        case "itself":
            return written
    return b""


_NAMED: Final = {b"amp": b"&", b"lt": b"<", b"gt": b">", b"quot": b'"', b"apos": b"'"}

_HEXADECIMAL: Final = rb"(?P<hexadecimal>[0-7][0-9A-Fa-f])"

_URL: Final = _Escape(b"%", re.compile(rb"%(?:[uU]00)?" + _HEXADECIMAL))
_JSON: Final = _Escape(b"\\", re.compile(rb"\\(?:(?:u00|x)" + _HEXADECIMAL + rb"|(?P<itself>[^0-9A-Za-z]))"))
_HTML: Final = _Escape(
    b"&",
    re.compile(rb"&(?:#[xX]0*" + _HEXADECIMAL + rb"|#0*(?P<decimal>[0-9]{2,3})|(?P<name>(?i:amp|lt|gt|quot|apos)));?"),
)
_WIDE: Final = _Escape(b"\0", re.compile(rb"\0+"))
"""What UTF-16 and UTF-32 put around characters of ASCII."""

_FORM: Final = _Escape(b"+", re.compile(rb"(?P<blank>\+)"))


def _way_back(data: bytes, undone: Iterable[_Escape]) -> Callable[[int], int]:
    """From a place in the data, as it reads once the escapes are undone, to where that was written."""
    steps = []
    for escape in undone:
        steps.append(escape.marks(data))
        data = escape.undo(data)

    def origin(at: int) -> int:
        for read, written in reversed(steps):
            last = bisect.bisect_right(read, at) - 1
            at = written[last] + at - read[last]
        return at

    return origin


def _base64_of(plain: bytes) -> set[bytes]:
    """What the base64 of anything that holds the text holds too: three ways to stand on the groups of three bytes."""
    found = set()
    for before in range(3):
        # The groups that the text shares with its neighbours are left out.
        core = plain[-before % 3 :]
        core = core[: len(core) - len(core) % 3]
        for coded in (base64.b64encode(core), base64.urlsafe_b64encode(core)):
            found.add(coded)
    return found
