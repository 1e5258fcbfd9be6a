"""The API key: read from one place, shown nowhere, and found in whatever form a server sends it back."""

from __future__ import annotations

import base64
import re
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
        self._written = re.compile(rb"\x00{0,3}".join(map(_any_form, key)))
        self._coded = re.compile(b"|".join(_base64_of(self._plain))) if len(key) >= _LONG else None

    def __call__(self, data: bytes) -> bytes:
        """The data without the key: as it is, percent-encoded, escaped for JSON or HTML, in UTF-16 or base64."""
        data = data.replace(self._plain, self._mark)
        if any(mark in data for mark in _FORMS):
            data = self._written.sub(self._mark, data)
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


def _any_form(char: str) -> bytes:
    code = ord(char)
    forms = (
        re.escape(char),
        rf"\\{re.escape(char)}",
        f"%(?i:{code:02x})",
        rf"\\u(?i:{code:04x})",
        rf"\\x(?i:{code:02x})",
        f"&#0*{code};",
        f"&#(?i:x0*{code:x});",
        *(f"&{name};" for name in _NAMED.get(char, ())),
    )
    return f"(?:{'|'.join(forms)})".encode()


_NAMED: Final = {"&": ("amp",), "<": ("lt",), ">": ("gt",), '"': ("quot",), "'": ("apos",)}


def _base64_of(plain: bytes) -> set[bytes]:
    """What the base64 of anything that holds the text holds too: three ways to stand on the groups of three bytes."""
    found = set()
    for before in range(3):
        # The groups that the text shares with its neighbours are left out.
        core = plain[-before % 3 :]
        core = core[: len(core) - len(core) % 3]
        for coded in (base64.b64encode(core), base64.urlsafe_b64encode(core)):
            found.add(re.escape(coded))
    return found
