"""One captured answer, and what of a capture could not be read, as values."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from contracts.http import CODINGS, Response, coding_names

Pairs = tuple[tuple[str, str], ...]


class Capture(NamedTuple):
    """An answer that something else asked for, with the request as far as it is known.

    `where` names its place for people, such as `calls.ndjson: line 7`. `url` is absolute, or a path with its query.
    `at` is when the request was sent, in seconds since 1970, and 0 where that is not known. `mount` is the path at
    which the application that answered is mounted, where that is known: the document may not have it. `negotiated` are
    the fields of the request by which the representation was chosen, as far as they are known.
    """

    where: str
    method: str
    url: str
    status: int
    headers: Pairs
    body: bytes
    seconds: float = 0.0
    at: float = 0.0
    mount: str = ""
    negotiated: Pairs = ()

    @property
    def response(self) -> Response:
        """The answer as the judge takes it."""
        return Response(self.status, self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Unread:
    """Something captured that cannot be judged: where it is, and why, in words that fit behind `not judged: `."""

    where: str
    why: str


class UnreadableError(ValueError):
    """A part of a capture that cannot be read: which and why, in words that fit into `Unread`."""


_LONGEST: Final = 1e9
_LATEST: Final = 253402300799.0
"""The last second of the year 9999, in seconds since 1970."""


def check_times(seconds: float, at: float) -> None:
    """Raise UnreadableError for a duration or a time that is none: NaN, infinite, negative or of no calendar."""
    if not 0 <= seconds <= _LONGEST:
        raise UnreadableError(f"it took {seconds:g} seconds, which is no time")
    if not 0 <= at <= _LATEST:
        raise UnreadableError(f"it was sent {at:g} seconds after 1970, which is no time")


def check_status(status: object) -> int:
    """Return the status; raise UnreadableError for one that no answer of HTTP can have."""
    if isinstance(status, bool) or not isinstance(status, int) or not is_status(status):
        raise UnreadableError(f"its status {status!r} is none of HTTP"[:80])
    return status


def is_status(number: int) -> bool:
    """Return whether the number has three digits, as every status does (RFC 9110, section 15)."""
    return 100 <= number <= 999


def check_url(url: object) -> str:
    """Return the URL or path; raise UnreadableError if it is not a string, or holds half of a surrogate pair."""
    if not isinstance(url, str):
        raise UnreadableError("its URL is no text")
    if not url.isascii() and _HALVES.search(url):
        raise UnreadableError("its URL holds half of a surrogate pair")
    return url


_HALVES: Final = re.compile("[\ud800-\udfff]")

CODING: Final = "content-encoding"


def without_accepted_coding(headers: Pairs, accepted: str | None) -> Pairs:
    """Return the header fields without a Content-Encoding that we could not undo and the client asked for by itself.

    `accepted` is the Accept-Encoding of the request, None if it is not known. The judge takes a coding that our own
    sessions do not ask for as a violation, which it is not for a browser that asked for `br` (RFC 9110, 12.5.3).
    """
    field = ", ".join(value for name, value in headers if name.lower() == CODING)
    foreign = {name for name in coding_names(field) if name not in CODINGS}
    asked = {each.partition(";")[0].strip().lower() for each in (accepted or "").split(",")}
    if foreign and (accepted is None or "*" in asked or foreign <= asked):
        return tuple(each for each in headers if each[0].lower() != CODING)
    return headers
