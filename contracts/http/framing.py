"""Compare the bytes of a response with the grammar of HTTP/1.1 (RFC 9112).

Client libraries forgive many of these flaws, each library in its own way, so that two of them may read different
responses from the same bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

SHOWN: Final = 40
"""The number of offending bytes that a flaw shows."""


@dataclass(frozen=True, slots=True)
class FramingFlaw:
    """One flaw: the broken rule, the place (`head`, `message` or `transport`), the kind, and bytes that show it."""

    rule: str
    place: str
    kind: str
    detail: str = ""


# RFC 9112, sections 4 and 5; RFC 9110, sections 5.5 and 5.6.2.
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3}) [\t\x20-\x7e\x80-\xff]*")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_CHUNK_BEGUN: Final = re.compile(rb"([0-9A-Fa-f]+[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?\r?)?")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")
_SWITCHING: Final = 101


@dataclass(frozen=True, slots=True)
class _Head:
    is_http_1_0: bool
    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    flaws: tuple[FramingFlaw, ...]

    def all(self, name: bytes) -> list[bytes]:
        """Return the elements of all fields of a name, which is in small letters (RFC 9110, section 5.6.1)."""
        values = [value for field, value in self.fields if field == name]
        return [element.strip(b" \t") for value in values for element in value.split(b",")]


def framing_flaws(message: bytes) -> Iterator[FramingFlaw]:
    """Yield the flaws of one response, of the interim ones before it, and of the bytes that came behind it.

    A message that is incomplete has the flaw `transport.cut`; one without a status line has none.
    """
    surplus, begin, rest = message.partition(b"HTTP/1.")
    if surplus and begin:
        # These bytes belong to the response before, on the same connection.
        yield FramingFlaw("framing.surplus", "message", "", _excerpt(surplus))
        message = begin + rest
    while True:
        found = _head(message)
        if found is None:
            if begin:
                yield FramingFlaw("transport.cut", "transport", "", "the empty line behind the head is missing")
            return
        head, rest = found
        yield from head.flaws
        if not 100 <= head.status < 200 or head.status == _SWITCHING:
            break
        message = rest
    lengths, codings = head.all(b"content-length"), [name.lower() for name in head.all(b"transfer-encoding")]
    yield from _contradictions(head, lengths, codings)
    if head.status in (_SWITCHING, 204, 304):
        # A 304 may state the length that a 200 would have had (RFC 9110, section 8.6); of the others `_contradictions`
        # has reported the length already.
        declared = head.status != 304 and any(length.isdigit() and int(length) for length in lengths)
        if rest and not declared:
            yield FramingFlaw("framing.body", "message", "body", _excerpt(rest))
    elif codings:
        yield from _chunked(rest) if codings == [b"chunked"] else ()
    elif lengths and lengths[0].isdigit() and len(set(lengths)) == 1:
        yield from _sized(rest, int(lengths[0]))


def _head(message: bytes) -> tuple[_Head, bytes] | None:
    """Return the status line and the fields, and the bytes behind the empty line; None if there is no such head."""
    end = _HEAD_END.search(message)
    if end is None or not message.startswith(b"HTTP/"):
        return None
    return _parsed_head(message[: end.end()], end[0]), message[end.end() :]


def _parse_head(data: bytes, end: bytes) -> _Head:
    """Return the status line and the fields of a head that ends so."""
    lines = data.split(b"\n")[:-2]
    found = []
    if any(not line.endswith(b"\r") for line in [*lines, end[:-1]]):
        found.append(FramingFlaw("framing.head", "head", "line-end", "LF without CR"))
    first, *rest = (line.removesuffix(b"\r") for line in lines)
    status = re.search(rb" (\d{3})(?!\d)", first)
    if not _STATUS_LINE.fullmatch(first):
        found.append(FramingFlaw("framing.head", "head", "status-line", _excerpt(first)))
    fields = []
    for line in rest:
        field = _FIELD.fullmatch(line)
        if field is None:
            found.append(FramingFlaw("framing.head", "head", _flaw_of_field(line), _excerpt(line)))
        else:
            fields.append((field[1].lower(), field[2]))
    return _Head(first.startswith(b"HTTP/1.0"), int(status[1]) if status else 0, tuple(fields), tuple(found))


_parsed_head: Final = lru_cache(maxsize=64)(_parse_head)
"""The same; many answers of a server have one head."""


def _flaw_of_field(line: bytes) -> str:
    """Return why a line is no field line (RFC 9112, sections 5.1, 5.2 and 2.2; RFC 9110, section 5.5)."""
    if line[:1] in (b" ", b"\t"):
        return "folded"
    name, colon, _ = line.partition(b":")
    if not colon:
        return "no-colon"
    if name.rstrip(b" \t") != name:
        return "blank-before-colon"
    return "control" if _FIELD.fullmatch(name + b":") else "name"


def _contradictions(head: _Head, lengths: list[bytes], codings: list[bytes]) -> Iterator[FramingFlaw]:
    """Yield the flaws of fields that give the body two lengths, or no valid one (RFC 9112, sections 6.1 to 6.3)."""
    field = ", ".join(length.decode("latin-1") for length in lengths)
    if codings and lengths:
        yield FramingFlaw("framing.length", "head", "both", f"Content-Length: {field} beside Transfer-Encoding")
    elif any(not length.isdigit() for length in lengths):
        yield FramingFlaw("framing.length", "head", "malformed", f"Content-Length: {field}")
    elif len({int(length) for length in lengths}) > 1:
        yield FramingFlaw("framing.length", "head", "differing", f"Content-Length: {field}")
    elif len(lengths) > 1:
        # A client may take equal lengths for one (RFC 9110, section 8.6), but no server may send them (section 5.3).
        yield FramingFlaw("framing.length", "head", "repeated", f"Content-Length: {field}")
    elif head.status in (_SWITCHING, 204) and any(int(length) for length in lengths):
        yield FramingFlaw("framing.body", "head", "length", f"Content-Length: {field}")
    coded = b", ".join(codings).decode("latin-1")
    # No TE field was sent, so that no other coding was asked for (RFC 9112, section 7.4).
    if codings and (head.is_http_1_0 or codings != [b"chunked"] or head.status in (_SWITCHING, 204)):
        kind = "old" if head.is_http_1_0 else "unknown" if codings != [b"chunked"] else "bodiless"
        yield FramingFlaw("framing.transfer-coding", "head", kind, f"Transfer-Encoding: {coded}")


def _sized(rest: bytes, size: int) -> Iterator[FramingFlaw]:
    if len(rest) < size:
        yield FramingFlaw("transport.cut", "transport", "", f"{len(rest)} of {size} bytes")
    elif len(rest) > size:
        yield FramingFlaw("framing.surplus", "message", "", _excerpt(rest[size:]))


def _chunked(rest: bytes) -> Iterator[FramingFlaw]:
    """Yield the first flaw of a chunked body: chunks of the stated size, one of size 0, trailers and an empty line.

    Source: RFC 9112, section 7.1.
    """
    at = 0
    while True:
        line = _CHUNK.match(rest, at)
        if line is None:
            if _CHUNK_BEGUN.fullmatch(rest, at):
                yield FramingFlaw("transport.cut", "transport", "", "the last chunk is missing")
            else:
                yield FramingFlaw("framing.chunked", "message", "size", _excerpt(rest[at:]))
            return
        size, at = int(line[1], 16), line.end()
        if size == 0:
            break
        if len(rest) < at + size + 2:
            yield FramingFlaw("transport.cut", "transport", "", f"{len(rest) - at} of {size} bytes of a chunk")
            return
        at += size
        if rest[at : at + 2] != b"\r\n":
            yield FramingFlaw("framing.chunked", "message", "end", _excerpt(rest[at:]))
            return
        at += 2
    yield from _trailer(rest[at:])


def _trailer(rest: bytes) -> Iterator[FramingFlaw]:
    while not rest.startswith(b"\r\n"):
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            yield FramingFlaw("transport.cut", "transport", "", "the empty line behind the last chunk is missing")
            return
        if not _FIELD.fullmatch(line):
            yield FramingFlaw("framing.chunked", "message", "trailer", _excerpt(line))
            return
    if rest[2:]:
        yield FramingFlaw("framing.surplus", "message", "", _excerpt(rest[2:]))


def _excerpt(data: bytes) -> str:
    text = data[:SHOWN].decode(errors="backslashreplace")
    return text if len(data) <= SHOWN else f"{text}… ({len(data)} bytes)"
