"""Read the answers in what `curl -i` prints, or a body alone.

Hides what curl prints before an answer: those with status 1xx, of a proxy, and of redirects that it followed.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Final

from contracts.captures.capture import CODING, Capture, Pairs, Unread

_HEAD: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})(?: [^\r\n]*)?\r?\n((?:[!-9;-~]+:[^\r\n]*\r?\n)*)\r?\n")
"""An answer's head. It stands in no JSON, whose texts have no line ends."""


def read_messages(name: str, text: bytes, path: str) -> Iterator[Capture | Unread]:
    """Yield the answers in what `curl -i` printed for requests of the path, which it printed one behind the other."""
    heads = [*_HEAD.finditer(text)]
    if not heads or heads[0].start():
        yield Unread(name, "the answer is cut within its header fields")
        return
    ends = [*(head.start() for head in heads[1:]), len(text)]
    answers = [(int(head[1]), _pairs(head[2]), text[head.end() : end]) for head, end in zip(heads, ends, strict=True)]
    # What another answer follows may be a step on the way to that one.
    final = [each for each in answers[:-1] if not (each[0] < 200 or 300 <= each[0] < 400 or _is_tunnel(each))]
    for number, (status, pairs, body) in enumerate([*final, answers[-1]], 1):
        where = f"{name}: answer {number}" if final else name
        plain = _plain(pairs, body)
        yield Unread(where, plain) if isinstance(plain, str) else Capture(where, "GET", path, status, pairs, plain)


def _is_tunnel(answer: tuple[int, Pairs, bytes]) -> bool:
    """Return whether a proxy says by the answer that it has connected (RFC 9110, section 9.3.6)."""
    status, pairs, body = answer
    return status // 100 == 2 and not body and not any(name.lower() == "content-type" for name, _ in pairs)


def _pairs(fields: bytes) -> Pairs:
    lines = fields.decode("latin-1").splitlines()
    return tuple((key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines))


def _plain(pairs: Pairs, body: bytes) -> bytes | str:
    """Return the body with its coding undone, which curl does only with --compressed; or why it cannot be."""
    coding = next((value.strip().lower() for name, value in pairs if name.lower() == CODING), "")
    if coding in ("gzip", "x-gzip") and body[:2] == b"\x1f\x8b":
        try:
            return zlib.decompress(body, wbits=31)
        except zlib.error:
            return "its body is compressed, and cut or damaged"
    if coding and not body.isascii() and body[:1] not in (b"{", b"["):
        return f"its body is compressed by {coding}; give curl --compressed as well"
    return body


def read_body(name: str, body: bytes, path: str, status: int, content_type: str) -> Capture:
    """Return the answer of a status and media type with this body."""
    return Capture(name, "GET", path, status, (("Content-Type", content_type),), body)
