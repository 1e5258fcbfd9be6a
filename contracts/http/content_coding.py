"""Decode content codings strictly: a body has to be whole, with the right checksum and nothing behind its end.

Hides zlib. urllib3 is more lenient: of a body that breaks off it returns what it could decompress, and it ignores bytes
behind the end.
"""

import zlib
from collections.abc import Iterable, Iterator
from typing import Final

CODINGS: Final = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
"""The codings that are asked for (RFC 9110, section 8.4.1), with zlib's window size for each."""


class CodingError(Exception):
    """A body that is not encoded as its Content-Encoding says."""


def coding_names(field: str) -> list[str]:
    """Return the codings of a Content-Encoding field, in small letters and in the order they were applied.

    `identity` is left out: it changes nothing (RFC 9110, section 8.4.1).
    """
    names = [name.strip(" \t").lower() for name in field.split(",")]
    return [name for name in names if name not in ("", "identity")]


def decoded(parts: Iterable[bytes], field: str, most: int) -> Iterator[bytes]:
    """Return the parts of a body with its codings undone; if one of them is unknown, return the parts as they are.

    `field` is the value of Content-Encoding. The iterator raises CodingError, and its parts hold at most `most` + 1
    bytes each, so that the caller can stop before a small body has become a huge one.
    """
    codings = coding_names(field)
    if all(name in CODINGS for name in codings):
        for name in reversed(codings):
            parts = _decode(parts, name, most)
    return iter(parts)


def _decode(parts: Iterable[bytes], name: str, most: int) -> Iterator[bytes]:
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
