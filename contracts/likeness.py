"""Two ids that a careless server takes for one: in what they differ."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import unquote


def _unblank(text: str) -> str:
    return "".join(char for char in text if char.isprintable() and not char.isspace())


def _normal(text: str) -> str:
    return unicodedata.normalize("NFKC", text)


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _bare(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _unpadded(text: str) -> str:
    return re.sub(r"(?<!\d)0+(?=\d)", "", text)


_SAME: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("blanks", _unblank),
    ("case", str.casefold),
    ("encoding", unquote),
    ("normalisation", _normal),
    ("accents", _plain),
    ("zeros", _unpadded),
)
"""In what two ids differ, and what is left of each without it."""


def likeness(one: Sequence[str], other: Sequence[str]) -> str:
    """In what two resources differ that are easily taken for one another; empty if they are the same or just differ.

    One path parameter alone differs, and not by digits only: ids that are counted up are alike and yet distinct.
    """
    differing = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    if len(differing) != 1:
        return ""
    ((left, right),) = differing
    for kind, reduced in _SAME:
        if reduced(left) == reduced(right) != "":
            return kind
    short, long = sorted((left.casefold(), right.casefold()), key=len)
    if long.startswith(short) and not long.removeprefix(short).isdigit():
        return "suffix"
    if long.endswith(short) and not long.removesuffix(short).isdigit():
        return "prefix"
    return "separators" if _bare(left) == _bare(right) != "" else ""
