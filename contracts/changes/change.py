"""One change between two documents as a value, and the four words for what it means to readers and senders.

Hides how a change is classified. A change of answers concerns those who read them, a change of requests those who send
them; what one of them may do more or less is the same question asked of values, see `classify`.
"""

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum

from contracts.http import Response
from contracts.judge import Violation
from contracts.rules import CHANGE_KINDS, OF_CHANGES


class Direction(StrEnum):
    """Whom a change concerns."""

    ANSWERS = "answers"
    REQUESTS = "requests"


class Classification(StrEnum):
    """What a change means for a client that was made for OLD."""

    BREAKING = "breaking"
    UNKNOWN = "unknown"
    WIDENING = "widening"
    NARROWING = "narrowing"
    EQUIVALENT = "equivalent"


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in one of the documents: a JSON pointer, and its line in the file, counted from 1."""

    pointer: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class Witness:
    """An answer, or the value of a parameter, that one document admits and the other refuses, judged by both.

    `by_new` says that NEW admits it. `refusals` are the violations by the other document. `before` is the answer to the
    request before, where only a second one shows the difference; `asked` says in words what was asked, if it matters.
    """

    by_new: bool
    response: Response | None
    refusals: tuple[Violation, ...]
    value: str = ""
    asked: str = ""
    before: Response | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """How many of the answers really seen show the change, of how many of its operation and status."""

    count: int
    of: int


@dataclass(frozen=True, slots=True)
class Change:
    """One change: whom it concerns, where it stands in answers or requests and in both documents, and what it means.

    `place` is written as a verdict's: `body/items/*/id`, `header ETag`, `status`; of requests `query limit`. `before`
    and `after` are JSON texts or words of what each document says there. `reason` says why it is not known,
    and `may_break` whether it may be a breaking one. `sdk` is what the official SDK does with the witness.
    """

    kind: str
    classification: Classification
    direction: Direction
    operation: str
    place: str
    status: str = ""
    media_type: str = ""
    branch: str = ""
    old: Spot | None = None
    new: Spot | None = None
    before: str = ""
    after: str = ""
    variant: str = ""
    witness: Witness | None = field(default=None, repr=False)
    reason: str = ""
    may_break: bool = False
    sdk: str = ""
    seen: Seen | None = None

    @property
    def code(self) -> str:
        """The code of the kind, as waivers and reports have it."""
        return OF_CHANGES + self.kind

    @property
    def fingerprint(self) -> str:
        """Return 16 hexadecimal digits that stay the same from run to run, also if lines of the documents move."""
        about = (self.kind, self.direction, self.operation, self.status, self.media_type, self.place, self.branch)
        return hashlib.sha256(json.dumps([*about, self.variant]).encode()).hexdigest()[:16]


def classify(
    direction: Direction, kind: str, *, grows: bool | None, shrinks: bool | None
) -> tuple[Classification, bool]:
    """Return what a change means, and whether it may break a client if that is not known.

    `grows` says whether NEW admits a value that OLD refuses, `shrinks` the reverse, None that neither is proved.
    """
    breaks, other = (grows, shrinks) if direction == Direction.ANSWERS else (shrinks, grows)
    gentle = Classification.NARROWING if direction == Direction.ANSWERS else Classification.WIDENING
    silent = direction == Direction.ANSWERS and CHANGE_KINDS[kind].silent
    if breaks:
        return (Classification.WIDENING if silent else Classification.BREAKING), False
    if breaks is None:
        return Classification.UNKNOWN, not silent
    if other is None:
        return Classification.UNKNOWN, False
    return (gentle if other else Classification.EQUIVALENT), False
