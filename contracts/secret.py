"""The API key: read from one place, and shown nowhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from contracts.errors import ConfigurationError

_Result = TypeVar("_Result")

REDACTED: Final = "[the API key]"
"""What stands for the key wherever it would be seen."""


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


def unseen(function: Callable[[], _Result]) -> _Result:
    """The function's result; what it raises is raised without the frames that show what was in hand: the key, maybe."""
    try:
        return function()
    except BaseException as error:
        _forget(error)
        raise


def _forget(error: BaseException) -> None:
    """Take from an exception, and all behind it, the frames in which it passed: they hold the key."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            each.__traceback__ = None
            waiting += [each.__cause__, each.__context__]
