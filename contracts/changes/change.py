"""One change between two documents as a value, and the four words for what it means to readers and senders.

Hides how a change is classified. A change of answers concerns those who read them, a change of requests those who send
them; what one of them may do more or less is the same question asked of values, see `classify`.
"""

import hashlib
import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from contracts.http import Response
from contracts.judge import Violation


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


@dataclass(frozen=True, slots=True, order=True)
class Kind:
    """A kind of change: its code, which is never renamed, and its meaning in one line.

    With `silent`, NEW admits more only where it describes nothing any more, or where HTTP tells clients what to do.
    """

    code: str
    meaning: str
    silent: bool = False


_KINDS: Final = (
    Kind("operation-added", "a path can be read that could not be", silent=True),
    Kind("operation-removed", "a path can no longer be read"),
    Kind("status-added", "a status may come that was not described"),
    Kind("error-added", "a status may come that was not described, of a class that clients know", silent=True),
    Kind("status-removed", "a status is no longer described"),
    Kind("media-type-added", "a body may be of another media type, for those who accept it", silent=True),
    Kind("media-type-replaced", "a body is of another media type, and none that was described is left"),
    Kind("media-type-removed", "a media type is no longer described"),
    Kind("body-added", "a body may come where none was described", silent=True),
    Kind("body-removed", "no body comes any more"),
    Kind("header-added", "a header field is described that was not"),
    Kind("header-removed", "a header field that need not come is no longer described", silent=True),
    Kind("header-required", "a header field always comes"),
    Kind("header-optional", "a header field need not come any more"),
    Kind("parameter-added", "a parameter is taken that was not, and need not be sent", silent=True),
    Kind("parameter-removed", "a parameter is no longer taken"),
    Kind("parameter-required", "a parameter must be sent"),
    Kind("parameter-optional", "a parameter need not be sent any more"),
    Kind("parameter-style", "a parameter is written in another way"),
    Kind("promise-added", "an overlay promises more"),
    Kind("promise-removed", "an overlay's promise is gone"),
    Kind("required", "a property is always there"),
    Kind("optional", "a property need not be there any more"),
    Kind("property-added", "a property is described that was not"),
    Kind("property-removed", "a property that need not be there is no longer described", silent=True),
    Kind("named-properties", "what properties of certain names may hold is different"),
    Kind("opened", "properties that are not described are allowed"),
    Kind("closed", "properties that are not described are ruled out"),
    Kind("type", "the value is of other types"),
    Kind("values", "the value is one of a list, or no longer"),
    Kind("value-added", "the value may be another one of the list"),
    Kind("value-removed", "the value is no longer one of the list"),
    Kind("range", "the number has other limits"),
    Kind("multiple", "the number is a multiple of something else"),
    Kind("length", "the text has other lengths"),
    Kind("pattern", "the text matches another pattern"),
    Kind("format", "the text or number has another format"),
    Kind("item-count", "the array has other lengths"),
    Kind("unique-items", "items may be repeated, or not any more"),
    Kind("contains", "the array contains other items"),
    Kind("property-count", "the object has another number of properties"),
    Kind("property-names", "properties have other names"),
    Kind("dependent", "a property depends on others in another way"),
    Kind("not", "other values are ruled out"),
    Kind("condition", "a condition on the value is different"),
    Kind("alternatives", "the value is one of other alternatives"),
    Kind("alternative-added", "the value may be another alternative"),
    Kind("alternative-removed", "the value is no longer an alternative"),
    Kind("branch-added", "the union has another branch, which its tag names"),
    Kind("branch-removed", "a branch of the union is gone"),
    Kind("tag-added", "another value of the tag names a branch"),
    Kind("tag-removed", "a value of the tag names no branch any more"),
    Kind("tag-value", "a branch is named by another value of the tag"),
    Kind("tag-name", "another property tells the branches apart"),
    Kind("tags", "a tag tells the branches apart, or no longer"),
    Kind("mapping-moved", "a value of the tag names another branch than it did"),
    Kind("schema", "the value is described otherwise"),
    Kind("renamed", "a component or path parameter has another name"),
    Kind("annotation", "what a document says beside its promises is different"),
    Kind("rewritten", "the same is said in other words"),
)

KINDS: Final = {kind.code: kind for kind in _KINDS}
"""Every kind of change by its code; in waivers and reports the code has the prefix PREFIX."""

PREFIX: Final = "change."


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
        return PREFIX + self.kind

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
    silent = direction == Direction.ANSWERS and KINDS[kind].silent
    if breaks:
        return (Classification.WIDENING if silent else Classification.BREAKING), False
    if breaks is None:
        return Classification.UNKNOWN, not silent
    if other is None:
        return Classification.UNKNOWN, False
    return (gentle if other else Classification.EQUIVALENT), False
