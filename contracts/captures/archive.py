"""Read HTTP Archives (HAR 1.2) of browsers, proxies and our own, entry by entry, however long.

Hides what browsers leave out and add: bodies that are missing, pseudo headers of HTTP/2, answers from a cache.
Source: https://w3c.github.io/web-performance/specs/HAR/Overview.html
"""

import base64
import binascii
import datetime
from collections.abc import Iterator, Mapping
from typing import IO, Any

import ijson

from contracts.captures.capture import (
    Capture,
    Pairs,
    Unread,
    UnreadableError,
    check_status,
    check_times,
    check_url,
    without_accepted_coding,
)
from contracts.http import NEGOTIATED


def read_archive(name: str, file: IO[bytes]) -> Iterator[Capture | Unread]:
    """Yield the entries of an archive; one that is cut or damaged ends with what says so."""
    number = 0
    try:
        for number, entry in enumerate(ijson.items(file, "log.entries.item", use_float=True), 1):
            yield _read(f"{name}: entry {number}", entry)
        if not number:
            yield Unread(name, "the archive holds no answer")
    except ijson.JSONError:
        yield Unread(name, f"the archive is cut or damaged after entry {number}")


def _read(where: str, entry: Any) -> Capture | Unread:
    try:
        request, answer = entry["request"], entry["response"]
        status = int(answer["status"])
        if not status:
            return Unread(where, "no answer was captured")
        check_status(status)
        body = _body(answer.get("content") or {}, answer)
        if isinstance(body, str):
            return Unread(where, body)
        sent = _fields(request.get("headers") or ())
        accepted = dict(reversed([(name.lower(), value) for name, value in sent]))
        headers = _fields(answer.get("headers") or ())
        # The archive holds the body as the browser showed it, in whatever coding it had asked for.
        headers = without_accepted_coding(headers, accepted.get("accept-encoding", "") if accepted else None)
        at, seconds = _instant(entry.get("startedDateTime")), max(0.0, float(entry.get("time") or 0) / 1000)
        check_times(seconds, at)
        method, url = str(request["method"]).upper(), check_url(request["url"])
        negotiated = tuple(pair for pair in sent if pair[0].title() in NEGOTIATED)
        return Capture(where, method, url, status, headers, body, seconds, at, negotiated=negotiated)
    except UnreadableError as error:
        return Unread(where, str(error))
    except (LookupError, TypeError, ValueError, AttributeError):
        return Unread(where, "it is no entry of an archive")


def _body(content: Mapping[str, Any], answer: Mapping[str, Any]) -> bytes | str:
    """Return the body, or why there is none: browsers leave bodies out that they do not keep."""
    text = content.get("text")
    if text is None:
        size = max(int(content.get("size") or 0), int(answer.get("bodySize") or 0))
        return "its body was left out of the archive" if size > 0 else b""
    if content.get("encoding") != "base64":
        return str(text).encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return "its body is no base64"


def _fields(headers: Any) -> Pairs:
    """Return the header fields without the pseudo fields of HTTP/2, whose names begin with a colon (RFC 9113, 8.3)."""
    every = ((str(each["name"]), str(each["value"])) for each in headers)
    return tuple((name, value) for name, value in every if not name.startswith(":"))


def _instant(text: Any) -> float:
    try:
        return max(0.0, datetime.datetime.fromisoformat(str(text)).timestamp())
    except (ValueError, OverflowError):
        return 0.0
