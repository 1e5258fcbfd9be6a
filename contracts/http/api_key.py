"""Read the API key, and keep it out of tracebacks, logs and every `repr`."""

from __future__ import annotations

from collections.abc import Callable
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


@dataclass(frozen=True, slots=True)
class ApiKey:
    """The key, and the header that carries it."""

    header: str
    secret: Secret


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
