"""Whether a run was let in at all: answers that turn the caller away say nothing of the contract.

The rule, for whoever counts: of the requests that are `plain`, the answers' statuses are counted; if `denied` says so,
violations that it `explains` are not told, and if no others are left the verdict is INCONCLUSIVE, with that one line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from contracts.exchange import Request
from contracts.violation import Violation

DENIALS: Final = {
    "401": "is SGP_API_KEY set, and right?",
    "403": "may this key read these resources?",
    "407": "a proxy wants to know who asks",
    "429": "ask less, or later",
}
"""Statuses by which a server declines to answer this caller at all (RFC 9110, section 15.5; RFC 6585), and the mend."""

_PLAIN: Final = re.compile("[A-Za-z0-9._~-]{1,255}")
"""Unreserved characters (RFC 3986, section 2.3), so few that no proxy minds."""


@dataclass(frozen=True, slots=True)
class Denied:
    """A run that was turned away: the statuses of its answers, in their order."""

    statuses: tuple[str, ...]

    def __str__(self) -> str:
        mends = "; ".join(DENIALS[status] for status in self.statuses)
        return f"no evidence: whatever was asked for was answered {' or '.join(self.statuses)}; {mends}"

    def explains(self, violation: Violation) -> bool:
        """Whether the caller's being turned away is reason enough for it: its status is all that is wrong."""
        if violation.rule == "method.not-refused":
            return str(violation.status) in self.statuses
        return violation.rule in ("status.undocumented", "status.known-resource")


def plain(request: Request) -> bool:
    """Whether nothing but who asks keeps the request from the operation: one that the document has.

    Routers turn encoded slashes away, and proxies long URLs, before anybody looks at the key.
    """
    return request.reads and all(_PLAIN.fullmatch(value) for value in request.resource)


def denied(answers: Mapping[str, int]) -> Denied | None:
    """What turned every request away, of the counts of answers to plain ones, by status; None if one was let in."""
    statuses = sorted(status for status, count in answers.items() if count)
    return Denied(tuple(statuses)) if statuses and DENIALS.keys() >= set(statuses) else None
