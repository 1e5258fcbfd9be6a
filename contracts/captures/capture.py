"""One captured answer, and what of a capture could not be read, as values."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from contracts.http import CODINGS, Response, coding_names

Pairs = tuple[tuple[str, str], ...]


class Capture(NamedTuple):
    """An answer that something else asked for, with the request as far as it is known.

    `where` names its place for people, such as `calls.ndjson: line 7`. `url` is absolute, or a path with its query.
    `at` is when the request was sent, in seconds since 1970, and 0 where that is not known. `mount` is the path at
    which the application that answered is mounted, where that is known: the document may not have it.
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

    @property
    def response(self) -> Response:
        """The answer as the judge takes it."""
        return Response(self.status, self.headers, self.body)


@dataclass(frozen=True, slots=True)
class Unread:
    """Something captured that cannot be judged: where it is, and why, in words that fit behind `not judged: `."""

    where: str
    why: str


_CODING: Final = "content-encoding"


def without_accepted_coding(headers: Pairs, accepted: str | None) -> Pairs:
    """Return the header fields without a Content-Encoding that we could not undo and the client asked for by itself.

    `accepted` is the Accept-Encoding of the request, None if it is not known. The judge takes a coding that our own
    sessions do not ask for as a violation, which it is not for a browser that asked for `br` (RFC 9110, 12.5.3).
    """
    field = ", ".join(value for name, value in headers if name.lower() == _CODING)
    foreign = {name for name in coding_names(field) if name not in CODINGS}
    asked = {each.partition(";")[0].strip().lower() for each in (accepted or "").split(",")}
    if foreign and (accepted is None or "*" in asked or foreign <= asked):
        return tuple(each for each in headers if each[0].lower() != _CODING)
    return headers
