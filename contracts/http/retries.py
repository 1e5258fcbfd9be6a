"""Decide which outcomes are worth another attempt, and after how long a wait.

A request is sent again if no response came, and if the server says itself that it could not answer now: 429, 502, 503
and 504.
"""

import datetime
import email.utils
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contracts.http.exchange import Failure, Response

MAX_WAIT: Final = 60.0
"""Seconds to wait between all attempts at one request together; if a server asks for more, its answer stands."""

PATIENCE: Final = 60.0
"""Seconds to wait in all, in one process and whatever the retries, for a server that says when to come again."""

_PATIENT: Final = 5
"""How often such a server is asked again at most, for one request."""

BASE: Final = 0.5
"""The longest first wait, in seconds; every further one is twice as long."""

THROTTLED: Final = 429
"""The status by which a server asks for fewer requests (RFC 6585, section 4)."""

_UNAVAILABLE: Final = frozenset({502, 503, 504})
# On these Retry-After says when to ask again (RFC 9110, sections 10.2.3 and 15.6.4; RFC 6585, section 4).
_PUTS_OFF: Final = frozenset({THROTTLED, 503})

# Another attempt would get the same bytes, or the same certificate.
_LASTING: Final = frozenset({"coding", "oversized", "tls"})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often one request is sent again, at most; `chance` returns a number from 0 to 1 for the jitter."""

    most: int = 0
    chance: Callable[[], float] = random.random

    def pause(
        self, outcome: Response | Failure, tried: int, waited: float, now: float, patience: float = 0.0
    ) -> float | None:
        """Return the seconds to wait before the request is sent again; None if the outcome stands.

        `tried` is the number of attempts so far, `waited` the seconds waited between them, `now` the time in seconds
        since 1970. A 429 that says when to come again is waited for beyond `most`, as far as `patience` reaches.
        """
        pause = put_off(outcome, now)
        if tried > self.most:
            throttled = isinstance(outcome, Response) and outcome.status == THROTTLED and tried <= _PATIENT
            return pause if throttled and pause is not None and pause <= patience else None
        if not wants_retry(outcome):
            return None
        if pause is None:
            # Half of every wait is chance, so that several clients do not come back at the same moment.
            pause = BASE * 2 ** (tried - 1) * (0.5 + self.chance() / 2)
        return pause if waited + pause <= MAX_WAIT else None


def wants_retry(outcome: Response | Failure) -> bool:
    """Return whether the same request may well have another outcome a moment later."""
    if isinstance(outcome, Failure):
        return outcome.kind not in _LASTING
    return outcome.status == THROTTLED or outcome.status in _UNAVAILABLE


def put_off(outcome: Response | Failure, now: float) -> float | None:
    """Return the seconds after which the server wants to be asked again (Retry-After); None if it does not say."""
    if isinstance(outcome, Failure) or outcome.status not in _PUTS_OFF:
        return None
    field = (outcome.header("retry-after") or "").strip()
    if field.isascii() and field.isdigit():
        return float(field)
    at = _instant(field)
    if at is None:
        return None
    # By the server's own clock, if it sends the time: this machine's clock may differ.
    date = _instant(outcome.header("date") or "")
    return max(0.0, at - (now if date is None else date))


def _instant(text: str) -> float | None:
    """Return an HTTP-date, in any form (RFC 9110, section 5.6.7), as seconds since 1970; None for other text."""
    try:
        parsed = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    # One of the forms names no zone; all are in UTC.
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()


_LONG_URL: Final = 255
"""Characters of a URL beyond which a closed connection is an answer: a server may take shorter ones only."""

_UNREADABLE: Final = {
    "coding": "whose body does not decompress",
    "cut": "that break off",
    "oversized": "that are larger than the harness reads",
}


class Silence:
    """The requests in a row that got no answer, or none that can be read; `most` are enough."""

    def __init__(self, most: int) -> None:
        self._most, self._kinds = most, list[str]()

    def note(self, outcome: Response | Failure, url: str) -> None:
        """Count one outcome of a request for the URL; an answer begins anew."""
        if isinstance(outcome, Response):
            self._kinds.clear()
        elif outcome.kind != "reset" or len(url) <= _LONG_URL:
            self._kinds.append(outcome.kind)

    @property
    def is_long(self) -> bool:
        """Return whether the target is to be asked no more."""
        return len(self._kinds) >= self._most

    @property
    def words(self) -> str:
        """Return what the target did, in words; an answer that cannot be read is an answer."""
        kinds = {*self._kinds}
        if not kinds <= _UNREADABLE.keys():
            return f"gave no answer to {self._most} requests in a row"
        which = _UNREADABLE[kinds.pop()] if len(kinds) == 1 else "that cannot be read"
        return f"gave {self._most} answers in a row {which}"
