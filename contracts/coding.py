"""Content codings undone to the letter: whole, of the length and checksum they tell, and nothing behind them.

urllib3 hands out what it could decompress of a body that broke off, and passes over what stands behind one.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

CODINGS: Final = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""The codings that are asked for (RFC 9110, section 8.4.1), with zlib's word for each."""


class CodingError(Exception):
    """A body that is not what its Content-Encoding says."""


def named(field: str) -> list[str]:
    """The codings of a Content-Encoding, in the order they were applied; `identity` is none."""
    names = [name.strip(" \t").lower() for name in field.split(",")]
    return [name for name in names if name not in ("", "identity")]


def decoded(parts: Iterable[bytes], field: str, most: int) -> Iterator[bytes]:
    """The parts of a body with its codings undone, those unknown left as they are.

    Raises CodingError; stops soon after `most` bytes.
    """
    codings = named(field)
    if all(name in CODINGS for name in codings):
        for name in reversed(codings):
            parts = _undone(parts, name, most)
    return iter(parts)


def _undone(parts: Iterable[bytes], name: str, most: int) -> Iterator[bytes]:
    stream, began, ended = zlib.decompressobj(CODINGS[name]), False, False
    for part in parts:
        left, began = part, began or bool(part)
        while left:
            if ended:
                # A gzip body may have several members (RFC 1952, section 2.2); a deflate body is one stream.
                if not name.endswith("gzip"):
                    raise CodingError(f"{len(left)} bytes behind the end of {name}")
                stream = zlib.decompressobj(CODINGS[name])
            try:
                yield stream.decompress(left, most + 1)
            except zlib.error as error:
                raise CodingError(f"no {name}: {error}") from None
            ended = stream.eof
            left = stream.unused_data if ended else stream.unconsumed_tail
    if began and not ended:
        raise CodingError(f"{name} breaks off before its end")
