"""JSON pointers (RFC 6901), plain for places in an answer and as URI fragments for places in a document."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import unquote


def join(*parts: str | int) -> str:
    """`("a", 0, "x/y")` to `/a/0/x~1y`; no parts to the empty pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def split(pointer: str) -> list[str]:
    """The inverse of `join`, all parts as text; takes a URI fragment (`#/a%20b`) too."""
    if pointer.startswith("#"):
        pointer = unquote(pointer[1:])
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


def find(value: object, parts: Iterable[str]) -> object:
    """What stands at the place; raises LookupError where nothing does."""
    for part in parts:
        if isinstance(value, dict):
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit():
            value = value[int(part)]
        else:
            raise LookupError(part)
    return value
