"""Read exchanges as newline-delimited JSON, one a line, as `exchange.schema.json` beside this file describes them.

Hides the forms that a line may take: headers as an object or as pairs, a body as text, base64 or a JSON value.
"""

import base64
import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import IO, Any, Final

import orjson

from contracts.captures.capture import (
    CODING,
    Capture,
    Pairs,
    Unread,
    UnreadableError,
    check_status,
    check_times,
    check_url,
    without_accepted_coding,
)

LONGEST: Final = 64 * 1024 * 1024
"""The longest line that is read, in bytes; a longer one is passed over."""


def read_lines(name: str, file: IO[bytes]) -> Iterator[Capture | Unread]:
    """Yield the exchange of every line; a line that holds none is reported by its number, and passed over."""
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        if len(line) == LONGEST and line[-1:] != b"\n":
            while (rest := file.readline(LONGEST)) and rest[-1:] != b"\n":
                pass
            yield Unread(f"{name}: line {number}", f"it is longer than {LONGEST // 2**20} MB")
        elif not line.isspace():
            yield read_line(name, number, line)


def read_line(name: str, number: int, line: bytes) -> Capture | Unread:
    """Return the exchange of one line."""
    try:
        raw = _read(line)
    except (ValueError, RecursionError):
        raw = None
    return read_exchange(f"{name}: line {number}", raw)


def read_exchange(where: str, raw: Any) -> Capture | Unread:
    """Return the exchange that a JSON value describes."""
    try:
        status, url = check_status(raw["status"]), check_url(raw.get("url") or raw["path"])
        headers, body = _fields(raw.get("headers", {})), _body(raw)
        seconds, at = float(raw.get("seconds", 0)), float(raw.get("at", 0))
        check_times(seconds, at)
        return Capture(where, str(raw.get("method", "GET")).upper(), url, status, headers, body, seconds, at)
    except UnreadableError as error:
        return Unread(where, str(error))
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError):
        return Unread(where, NO_EXCHANGE)


NO_EXCHANGE: Final = "it is no exchange: a JSON object with status, url or path, headers and body"


def _read(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except ValueError:
        return json.loads(line)  # It may hold halves of surrogate pairs, as a body of a broken server does.


def _fields(headers: Any) -> Pairs:
    if isinstance(headers, dict) and _are_usual(tuple(headers)) and _TEXT.issuperset(map(type, headers.values())):
        return tuple(headers.items())
    found: list[tuple[str, str]] = []
    try:
        for name, value in headers.items() if isinstance(headers, Mapping) else headers:
            found += [(str(name), str(each)) for each in (value if isinstance(value, list) else [value])]
    except (TypeError, ValueError):
        raise UnreadableError("its headers are neither an object nor pairs") from None
    # What the client asked for is not known, and the body is text again.
    return without_accepted_coding(tuple([pair for pair in found if pair[0][:1] != ":"]), None)


_TEXT: Final = frozenset({str})


@lru_cache(maxsize=1024)
def _are_usual(names: tuple[str, ...]) -> bool:
    """Return whether none is an HTTP/2 pseudo header or tells of a coding: most answers of a service have the same."""
    return not any(name[:1] == ":" or name.lower() == CODING for name in names)


def _body(raw: Mapping[str, Any]) -> bytes:
    if "json" in raw:
        return json.dumps(raw["json"], ensure_ascii=False).encode("utf-8", "surrogatepass")
    if "body_base64" in raw:
        try:
            return base64.b64decode(raw["body_base64"], validate=True)
        except (TypeError, ValueError):
            raise UnreadableError("its body is no base64") from None
    body = raw.get("body", "")
    if not isinstance(body, str):
        raise UnreadableError("its body is no text; a JSON value stands in `json`")
    return body.encode("utf-8", "surrogatepass")
