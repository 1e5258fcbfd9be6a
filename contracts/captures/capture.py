"""One captured answer, and what of a capture could not be read, as values."""

from dataclasses import dataclass

from contracts.http import Response

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Capture:
    """An answer that something else asked for, with the request as far as it is known.

    `where` names its place for people, such as `calls.ndjson: line 7`. `url` is absolute, or a path with its query.
    `at` is when the request was sent, in seconds since 1970, and 0 where that is not known.
    """

    where: str
    method: str
    url: str
    response: Response
    seconds: float = 0.0
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class Unread:
    """Something captured that cannot be judged: where it is, and why, in words that fit behind `not judged: `."""

    where: str
    why: str
