"""The bytes of an answer as they came, held against HTTP/1.1 (RFC 9112).

Client libraries forgive much of what this finds, each in its own way: what one reads as the answer, another reads as
something else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

SHOWN: Final = 40
"""How many of the offending bytes a flaw shows."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong: the rule, where (`head` or `message`), its kind, and the bytes that show it."""

    rule: str
    place: str
    kind: str
    detail: str = ""


# RFC 9112, sections 4 and 5; RFC 9110, sections 5.5 and 5.6.2.
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[0-9] ([0-9]{3}) [\t\x20-\x7e\x80-\xff]*")
_FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")
_CHUNK: Final = re.compile(rb"([0-9A-Fa-f]+)[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?\r\n")
_CHUNK_BEGUN: Final = re.compile(rb"([0-9A-Fa-f]+[ \t]*(;[\t\x20-\x7e\x80-\xff]*)?\r?)?")
_SWITCHING: Final = 101


@dataclass(frozen=True, slots=True)
class _Head:
    old: bool
    """Whether it is of HTTP/1.0."""
    status: int
    fields: tuple[tuple[bytes, bytes], ...]
    flaws: tuple[Flaw, ...]

    def all(self, name: bytes) -> list[bytes]:
        """Every element of the fields of that name."""
        values = [value for field, value in self.fields if field == name]
        return [element.strip(b" \t") for value in values for element in value.split(b",")]


def flaws(message: bytes) -> Iterator[Flaw]:
    """Everything that is wrong with one answer, interim ones before it included, and with what came behind it.

    A message that is incomplete has the flaw `transport.cut`; one without a status line has none.
    """
    unasked, begin, behind = message.partition(b"HTTP/1.")
    if unasked and begin:
        # It is of the answer before, on the same connection.
        yield Flaw("framing.surplus", "message", "", _shown(unasked))
        message = begin + behind
    while True:
        found = _head(message)
        if found is None:
            if begin:
                yield Flaw("transport.cut", "transport", "", "the empty line behind the head is missing")
            return
        head, rest = found
        yield from head.flaws
        if not 100 <= head.status < 200 or head.status == _SWITCHING:
            break
        message = rest
    lengths, codings = head.all(b"content-length"), [each.lower() for each in head.all(b"transfer-encoding")]
    yield from _contradictions(head, lengths, codings)
    if head.status in (_SWITCHING, 204, 304):
        declared = head.status != 304 and any(each.isdigit() and int(each) for each in lengths)
        if rest and not declared:
            yield Flaw("framing.body", "message", "body", _shown(rest))
    elif codings:
        yield from _chunked(rest) if codings == [b"chunked"] else ()
    elif lengths and lengths[0].isdigit() and len(set(lengths)) == 1:
        yield from _sized(rest, int(lengths[0]))


def _head(message: bytes) -> tuple[_Head, bytes] | None:
    """The status line and the fields up to the empty line, and what comes behind; None without either."""
    end = re.search(rb"\r?\n\r?\n", message)
    if end is None or not message.startswith(b"HTTP/"):
        return None
    lines = message[: end.end()].split(b"\n")[:-2]
    found = []
    if any(not line.endswith(b"\r") for line in [*lines, end[0][:-1]]):
        found.append(Flaw("framing.head", "head", "line-end", "LF without CR"))
    first, *rest = (line.removesuffix(b"\r") for line in lines)
    status = re.search(rb" (\d{3})(?!\d)", first)
    if not _STATUS_LINE.fullmatch(first):
        found.append(Flaw("framing.head", "head", "status-line", _shown(first)))
    fields = []
    for line in rest:
        field = _FIELD.fullmatch(line)
        if field is None:
            found.append(Flaw("framing.head", "head", _malady(line), _shown(line)))
        else:
            fields.append((field[1].lower(), field[2]))
    head = _Head(first.startswith(b"HTTP/1.0"), int(status[1]) if status else 0, tuple(fields), tuple(found))
    return head, message[end.end() :]


def _malady(line: bytes) -> str:
    """The kind of a field line that is none (RFC 9112, sections 5.1, 5.2 and 2.2; RFC 9110, section 5.5)."""
    if line[:1] in (b" ", b"\t"):
        return "folded"
    name, colon, _ = line.partition(b":")
    if not colon:
        return "no-colon"
    if name.rstrip(b" \t") != name:
        return "blank-before-colon"
    return "control" if _FIELD.fullmatch(name + b":") else "name"


def _contradictions(head: _Head, lengths: list[bytes], codings: list[bytes]) -> Iterator[Flaw]:
    """Two answers to how long the body is, or none that can be understood (RFC 9112, sections 6.1 to 6.3)."""
    told = ", ".join(each.decode("latin-1") for each in lengths)
    if codings and lengths:
        yield Flaw("framing.length", "head", "both", f"Content-Length: {told} beside Transfer-Encoding")
    elif any(not each.isdigit() for each in lengths):
        yield Flaw("framing.length", "head", "malformed", f"Content-Length: {told}")
    elif len({int(each) for each in lengths}) > 1:
        yield Flaw("framing.length", "head", "differing", f"Content-Length: {told}")
    elif len(lengths) > 1:
        # Who reads it may make one of the same ones (RFC 9110, section 8.6); nobody may send them (section 5.3).
        yield Flaw("framing.length", "head", "repeated", f"Content-Length: {told}")
    elif head.status in (_SWITCHING, 204) and any(int(each) for each in lengths):
        yield Flaw("framing.body", "head", "length", f"Content-Length: {told}")
    coded = b", ".join(codings).decode("latin-1")
    # No TE field was sent, so that no other coding was asked for (RFC 9112, section 7.4).
    if codings and (head.old or codings != [b"chunked"] or head.status in (_SWITCHING, 204)):
        kind = "old" if head.old else "unknown" if codings != [b"chunked"] else "bodiless"
        yield Flaw("framing.transfer-coding", "head", kind, f"Transfer-Encoding: {coded}")


def _sized(rest: bytes, size: int) -> Iterator[Flaw]:
    if len(rest) < size:
        yield Flaw("transport.cut", "transport", "", f"{len(rest)} of {size} bytes")
    elif len(rest) > size:
        yield Flaw("framing.surplus", "message", "", _shown(rest[size:]))


def _chunked(rest: bytes) -> Iterator[Flaw]:
    """RFC 9112, section 7.1: chunks, each of the size it tells, the last of none, then trailers and an empty line."""
    at = 0
    while True:
        line = _CHUNK.match(rest, at)
        if line is None:
            if _CHUNK_BEGUN.fullmatch(rest, at):
                yield Flaw("transport.cut", "transport", "", "the last chunk is missing")
            else:
                yield Flaw("framing.chunked", "message", "size", _shown(rest[at:]))
            return
        size, at = int(line[1], 16), line.end()
        if size == 0:
            break
        if len(rest) < at + size + 2:
            yield Flaw("transport.cut", "transport", "", f"{len(rest) - at} of {size} bytes of a chunk")
            return
        at += size
        if rest[at : at + 2] != b"\r\n":
            yield Flaw("framing.chunked", "message", "end", _shown(rest[at:]))
            return
        at += 2
    yield from _trailer(rest[at:])


def _trailer(rest: bytes) -> Iterator[Flaw]:
    while not rest.startswith(b"\r\n"):
        line, end, rest = rest.partition(b"\r\n")
        if not end:
            yield Flaw("transport.cut", "transport", "", "the empty line behind the last chunk is missing")
            return
        if not _FIELD.fullmatch(line):
            yield Flaw("framing.chunked", "message", "trailer", _shown(line))
            return
    if rest[2:]:
        yield Flaw("framing.surplus", "message", "", _shown(rest[2:]))


def _shown(data: bytes) -> str:
    text = data[:SHOWN].decode(errors="backslashreplace")
    return text if len(data) <= SHOWN else f"{text}… ({len(data)} bytes)"
