"""Find the difference between two ids that a careless server takes for one another.

Hides the reductions (case, blanks, encoding, normalisation, ...) under which such ids are equal.
"""

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


_REDUCTIONS: Final[tuple[tuple[str, Callable[[str], str]], ...]] = (
    ("blanks", _unblank),
    ("case", str.casefold),
    ("encoding", unquote),
    ("normalisation", _normal),
    ("accents", _plain),
    ("zeros", _unpadded),
)
"""Name of a difference, and the function that removes it from an id."""


def difference(one: Sequence[str], other: Sequence[str]) -> str:
    """Return the name of the difference between two similar resources; empty if they are equal or not similar.

    Both are the values of the path parameters, in the path's order. Similar resources differ in one value alone, and
    not by digits only: ids that are counted up look alike and are yet distinct.
    """
    differing = [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]]
    if len(differing) != 1:
        return ""
    ((left, right),) = differing
    for name, reduced in _REDUCTIONS:
        if reduced(left) == reduced(right) != "":
            return name
    short, long = sorted((left.casefold(), right.casefold()), key=len)
    if long.startswith(short) and not long.removeprefix(short).isdigit():
        return "suffix"
    if long.endswith(short) and not long.removesuffix(short).isdigit():
        return "prefix"
    return "separators" if _bare(left) == _bare(right) != "" else ""
