"""Read the API key, keep it out of tracebacks, logs and every `repr`, and mask it in whatever form it is sent back.

Hides the forms: percent-encoded, escaped for JSON or HTML, in UTF-16 or UTF-32, in base64 or hexadecimal digits, and
any of these written within another.
"""

import base64
import bisect
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from contracts.openapi import ConfigurationError

_Result = TypeVar("_Result")

REDACTED: Final = "[the API key]"
"""The text that stands for the key wherever it would be seen."""


class Secret(str):
    """A text that no traceback, log or `repr` of its holder shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(REDACTED)


def check_api_key(text: str, source: str) -> Secret:
    """Return the key as a header field can carry it, without white space around it.

    Raises ConfigurationError, which names the `source` and never the key, for a text that no header can carry.
    """
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ConfigurationError(f"{source} holds no key that can be sent; give it one line of printable ASCII")
    return Secret(key)


def read_api_key(path: Path) -> Secret:
    """Return the key that a file holds alone; raises ConfigurationError, in one line, where there is none.

    The file's permissions are not checked: containers are given secrets as files that all may read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        problem = f"--api-key-file {path} cannot be read: {error.strerror}"
        raise ConfigurationError(f"{problem}; name a file that holds the key alone") from None
    return check_api_key(text, f"--api-key-file {path}")


def strip_tracebacks(function: Callable[[], _Result]) -> _Result:
    """Return the function's result; an exception of it loses the frames that it passed, for they may show the key."""
    try:
        return function()
    except BaseException as error:
        seen: set[int] = set()
        waiting: list[BaseException | None] = [error]
        while waiting:
            link = waiting.pop()
            if link is not None and id(link) not in seen:
                seen.add(id(link))
                link.__traceback__ = None
                waiting += [link.__cause__, link.__context__]
        raise


_MIN_BASE64: Final = 12
"""The shortest key, in characters, that is searched for in base64: of a shorter one too little is left there."""

_MIN_PART: Final = 8
"""The shortest part of a key, in characters, that is masked, and six in ten of it: the rest may have been cut off."""

_MAX_DEPTH: Final = 4
"""The number of escapes within one another that are undone."""


class Mask:
    """Masks one key; without a key it changes nothing."""

    def __init__(self, key: str | None) -> None:
        key = Secret(key or "")
        self._plain = key.encode().lower()
        self._least = min(len(key), max(_MIN_PART, -(-len(key) * 6 // 10)))
        # Every part of that length holds these bytes, so that one search finds them all.
        self._core = self._plain[len(key) - self._least : self._least]
        self._coded = [self._plain.hex().encode()] if len(key) >= _MIN_PART else []
        if len(key) >= _MIN_BASE64:
            self._coded += [coded.lower() for coded in _base64_of(key.encode())]
        self._escapes = [_URL, _JSON, _HTML, _WIDE, *([_FORM] if " " in key else [])]
        # A key may itself look like a header line; this separator then stands between its name and its value.
        self._colon = ": " if key.partition(":")[2].startswith(" ") else ":"

    def __call__(self, data: bytes) -> bytes:
        """Return the data with REDACTED in place of the key, or of most of it, in capitals or not."""
        return self._replace(data, lambda size: REDACTED.encode())

    def overwrite(self, data: bytes) -> bytes:
        """Return the data with as many asterisks in place of the key, so that nothing else in it is moved."""
        return self._replace(data, lambda size: b"*" * size)

    def text(self, text: str) -> str:
        """Return the text without the key."""
        return self(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")

    def fields(self, fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return header fields without the key, which may be in a name, or a whole line with its name and value."""
        found = tuple(fields)
        together = "\n".join(f"{name}{self._colon}{value}" for name, value in found)
        return found if self.text(together) == together else tuple(self._field(*field) for field in found)

    def _field(self, name: str, value: str) -> tuple[str, str]:
        found = self.text(name), self.text(value)
        whole = self.text(f"{name}{self._colon}{value}") == self._colon.join(found)
        return found if whole else (REDACTED, REDACTED)

    def _replace(self, data: bytes, instead: Callable[[int], bytes]) -> bytes:
        if not self._plain:
            return data
        spans: list[list[int]] = []
        for start, stop in sorted(self._ranges(data)):
            if spans and start <= spans[-1][1]:
                spans[-1][1] = max(spans[-1][1], stop)
            else:
                spans.append([start, stop])
        parts, end = [], 0
        for start, stop in spans:
            parts += [data[end:start], instead(stop - start)]
            end = stop
        return b"".join([*parts, data[end:]])

    def _ranges(self, data: bytes) -> Iterator[tuple[int, int]]:
        """Yield where the key is in the data, as start and end, in every way to read the data."""
        known = {hash(data)}
        waiting: deque[tuple[bytes, tuple[_Escape, ...]]] = deque([(data, ())])
        while waiting:
            read, undone = waiting.popleft()
            if found := list(self._find(read.lower())):
                origin = _origin_of(data, undone)
                yield from ((origin(start), origin(stop)) for start, stop in found)
            for escape in self._escapes if len(undone) < _MAX_DEPTH else ():
                if escape.sign in read and hash(unescaped := escape.undo(read)) not in known:
                    known.add(hash(unescaped))
                    waiting.append((unescaped, (*undone, escape)))

    def _find(self, text: bytes) -> Iterator[tuple[int, int]]:
        for coded in self._coded:
            for start in _find_all(text, coded):
                yield start, start + len(coded)
        for at in _find_all(text, self._core):
            start, stop, first, last = at, at + len(self._core), len(self._plain) - self._least, self._least
            while first and start and text[start - 1] == self._plain[first - 1]:
                start, first = start - 1, first - 1
            while last < len(self._plain) and text[stop : stop + 1] == self._plain[last : last + 1]:
                stop, last = stop + 1, last + 1
            if stop - start >= self._least:
                yield start, stop


def _find_all(text: bytes, part: bytes) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


@dataclass(frozen=True, slots=True)
class _Escape:
    """A way to write characters: the byte by which it is recognised at once, and the pattern of one character."""

    sign: bytes
    pattern: re.Pattern[bytes]

    def undo(self, data: bytes) -> bytes:
        """Return the data with this escape undone."""
        return self.pattern.sub(_character, data)

    def marks(self, data: bytes) -> tuple[list[int], list[int]]:
        """Return positions in the data with the escape undone, and the same positions in the data.

        They are the ends of the parts that were not escaped.
        """
        read, written = [0], [0]
        for found in self.pattern.finditer(data):
            at = read[-1] + found.start() - written[-1]
            read += [at, at + len(_character(found))]
            written += [found.start(), found.end()]
        return read, written


def _character(found: re.Match[bytes]) -> bytes:
    """Return the character that is written there; the pattern's group says in which way."""
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
"""UTF-16 and UTF-32 write a character of ASCII with zero bytes around it."""

_FORM: Final = _Escape(b"+", re.compile(rb"(?P<blank>\+)"))


def _origin_of(data: bytes, undone: Iterable[_Escape]) -> Callable[[int], int]:
    """Return a function from a position in the data with the escapes undone to the position in the data."""
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
    """Return base64 texts, one of which is in the base64 of any data that contains `plain`.

    Base64 encodes groups of three bytes, so that the text depends on the position in a group at which `plain` begins.
    """
    found = set()
    for before in range(3):
        # Groups that hold bytes of the data around the text are left out.
        core = plain[-before % 3 :]
        core = core[: len(core) - len(core) % 3]
        found |= {base64.b64encode(core), base64.urlsafe_b64encode(core)}
    return found
