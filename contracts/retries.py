"""Which outcomes are worth asking again for, and after how long a wait.

Asked again is where nothing came, and where the server says itself that it could not answer now: 429, 502, 503, 504.
"""

from __future__ import annotations

import datetime
import email.utils
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from contracts.exchange import Failure, Response

PATIENCE: Final = 60.0
"""Seconds that are waited for one answer in all; where a server asks for more, its answer stands."""

BASE: Final = 0.5
"""Seconds of the first wait at most; each further one is twice as long."""

THROTTLED: Final = 429
"""The status by which a server asks to be asked less (RFC 6585, section 4)."""

_UNAVAILABLE: Final = frozenset({502, 503, 504})
_PUTS_OFF: Final = frozenset({THROTTLED, 503})
"""Statuses on which Retry-After says when to come again (RFC 9110, sections 10.2.3 and 15.6.4; RFC 6585)."""

# What another attempt changes nothing about: the answer itself, or who answers.
_LASTING: Final = frozenset({"coding", "oversized", "tls"})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often one request is sent again, at most; `chance` gives a number from 0 to 1 for the jitter."""

    most: int = 0
    chance: Callable[[], float] = random.random

    def pause(self, outcome: Response | Failure, tried: int, waited: float, now: float) -> float | None:
        """The seconds to wait before the request is sent again; None where the outcome stands.

        `tried` is how often it was sent already, `waited` how long was waited for it, `now` in seconds since 1970.
        """
        if tried > self.most or not wants_retry(outcome):
            return None
        told = put_off(outcome, now)
        # Exponential, and never in step with others: half of each wait is chance.
        pause = BASE * 2 ** (tried - 1) * (0.5 + self.chance() / 2) if told is None else told
        return pause if waited + pause <= PATIENCE else None


def wants_retry(outcome: Response | Failure) -> bool:
    """Whether the same request may well be answered otherwise a moment later."""
    if isinstance(outcome, Failure):
        return outcome.kind not in _LASTING
    return outcome.status == THROTTLED or outcome.status in _UNAVAILABLE


def put_off(outcome: Response | Failure, now: float) -> float | None:
    """The seconds after which the server wants to be asked again; None where it does not say."""
    if isinstance(outcome, Failure) or outcome.status not in _PUTS_OFF:
        return None
    field = (outcome.header("retry-after") or "").strip()
    if field.isascii() and field.isdigit():
        return float(field)
    at = _instant(field)
    if at is None:
        return None
    # By the server's own clock, where it tells the time: ours may be another.
    told = _instant(outcome.header("date") or "")
    return max(0.0, at - (now if told is None else told))


def _instant(text: str) -> float | None:
    """An HTTP-date, in any of its forms, as seconds since 1970 (RFC 9110, section 5.6.7)."""
    try:
        parsed = email.utils.parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    # One of the forms names no zone; all are in UTC.
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.UTC)).timestamp()
