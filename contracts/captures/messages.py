"""Read one answer from what `curl -i` prints, or from a body alone.

Hides what curl prints before the last answer: those with status 1xx, of a proxy, and of redirects that it followed.
"""

import re
from typing import Final

from contracts.captures.capture import Capture, Unread

_STATUS_LINE: Final = re.compile(rb"HTTP/[0-9.]+ ([0-9]{3})(?: [^\r\n]*)?\r?\n")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


def read_message(name: str, text: bytes, path: str) -> Capture | Unread:
    """Return the last answer in what `curl -i` printed for a request of the path."""
    status, fields = 0, b""
    while found := _STATUS_LINE.match(text):
        end = _HEAD_END.search(text, found.end() - 2)
        if end is None:
            return Unread(name, "the answer is cut within its header fields")
        status, fields, text = int(found[1]), text[found.end() : end.start()], text[end.end() :]
    lines = fields.decode("latin-1").splitlines()
    pairs = tuple(
        (key.strip(), value.strip()) for key, colon, value in (line.partition(":") for line in lines) if colon
    )
    return Capture(name, "GET", path, status, pairs, text)


def read_body(name: str, body: bytes, path: str, status: int, content_type: str) -> Capture:
    """Return the answer of a status and media type with this body."""
    return Capture(name, "GET", path, status, (("Content-Type", content_type),), body)
