"""The API key: read from one place, shown nowhere, and found in whatever form a server sends it back."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from contracts.errors import ConfigurationError

REDACTED: Final = "[the API key]"
"""What stands for the key wherever it would be seen."""

_FORMS: Final = (b"%", b"\\", b"&", b"\0")
"""What shows that a character may be written otherwise than as itself: in a URL, in JSON, in HTML, in UTF-16."""

_LONG: Final = 12
"""Characters from which on a key is looked for in base64 too: a shorter one has too little there to be known by."""


class Secret(str):
    """A text that no traceback, log or `repr` of what holds it shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(REDACTED)


def check_api_key(text: str, source: str = "SGP_API_KEY") -> Secret:
    """The key as it can stand in a header field, without white space around it; raises ConfigurationError.

    The key itself is never repeated.
    """
    key = text.strip()
    if not key or not key.isascii() or not key.isprintable():
        raise ConfigurationError(f"{source} holds no key that can be sent; give it one line of printable ASCII")
    return Secret(key)


def read_api_key(path: Path) -> Secret:
    """The key that stands in the file, alone; raises ConfigurationError, in one line, when there is none.

    Whoever else may read the file is not looked at: containers are given secrets as files that all may read.
    """
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        text = ""
    except OSError as error:
        problem = f"--api-key-file {path} cannot be read: {error.strerror}"
        raise ConfigurationError(f"{problem}; name a file that holds the key alone") from None
    return check_api_key(text, f"--api-key-file {path}")


class Mask:
    """Puts REDACTED in place of one key, in bytes and texts."""

    def __init__(self, key: str) -> None:
        self._plain = Secret(key).encode()
        self._mark = REDACTED.encode()
        # Backslashes in a row are one part: nobody can tell which of those in an answer escapes which.
        self._written = re.compile(_WIDE.join(map(_any_form, re.findall(r"\\+|[^\\]", key))).encode())
        self._coded = re.compile(b"|".join(_base64_of(self._plain))) if len(key) >= _LONG else None

    def __call__(self, data: bytes) -> bytes:
        """The data without the key: as it is, percent-encoded, escaped for JSON or HTML, in UTF-16 or UTF-32, base64.

        What is quoted within what is quoted is found to three levels.
        """
        if any(mark in data for mark in _FORMS):
            data = self._written.sub(self._mark, data)
        else:
            data = data.replace(self._plain, self._mark)
        return self._coded.sub(self._mark, data) if self._coded else data

    def blot(self, data: bytes) -> bytes:
        """The data with as many asterisks in place of the key, so that nothing else in it is moved."""
        if self._plain in data or any(mark in data for mark in _FORMS):
            data = self._written.sub(_asterisks, data)
        return self._coded.sub(_asterisks, data) if self._coded else data

    def text(self, text: str) -> str:
        """The text without the key."""
        return self(text.encode("utf-8", "surrogatepass")).decode("utf-8", "surrogatepass")


def _asterisks(found: re.Match[bytes]) -> bytes:
    return b"*" * len(found[0])


_WIDE: Final = r"\x00{0,3}"
"""What stands between two characters of ASCII in UTF-16 and UTF-32."""

_NAMED: Final = {"&": "amp", "<": "lt", ">": "gt", '"': "quot", "'": "apos"}


def _any_form(part: str) -> str:
    """One character of a key, or several backslashes, however they are written."""
    # For good (`+`): what is not found is not looked for again in every other way to share the backslashes out.
    as_it_is = _some("\\", len(part), 8 * len(part) + 8) + "+" if part[0] == "\\" else _ESCAPES + re.escape(part)
    coded = (_WIDE.join([form] * len(part)) for form in _coded(part[0]))
    return f"(?:{as_it_is}|(?i:{'|'.join(coded)}))"


def _coded(char: str) -> Iterator[str]:
    """The character by its number or name, as URLs, JSON, Python and HTML write it."""
    code = ord(char)
    yield f"%{_WIDE}{_some('25', 0, 3)}{_wide(f'{code:02x}')}"
    yield f"{_ESCAPES}{_wide(f'u{code:04x}')}"
    yield f"{_ESCAPES}{_wide(f'x{code:02x}')}"
    ampersand = f"&{_WIDE}{_some('amp;', 0, 3)}"
    yield f"{ampersand}{_wide('#')}{_WIDE}{_some('0', 0, 6)}{_wide(f'{code};')}"
    yield f"{ampersand}{_wide('#x')}{_WIDE}{_some('0', 0, 6)}{_wide(f'{code:x};')}"
    if char in _NAMED:
        yield ampersand + _wide(f"{_NAMED[char]};")


def _wide(text: str) -> str:
    return _WIDE.join(map(re.escape, text))


def _some(text: str, least: int, most: int) -> str:
    return f"(?:{_wide(text)}{_WIDE}){{{least},{most}}}"


_ESCAPES: Final = _some("\\", 0, 8) + "+"


def _base64_of(plain: bytes) -> set[bytes]:
    """What the base64 of anything that holds the text holds too: three ways to stand on the groups of three bytes."""
    found = set()
    for before in range(3):
        # The groups that the text shares with its neighbours are left out.
        core = plain[-before % 3 :]
        core = core[: len(core) - len(core) % 3]
        for coded in (base64.b64encode(core), base64.urlsafe_b64encode(core)):
            found.add(_wide(coded.decode()).encode())
    return found
