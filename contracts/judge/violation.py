"""A violation of a rule as a value, and the places where one may be found. `contracts.rules` has the rules."""

import hashlib
import json
import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One violation of a rule by a response.

    `rule` is the code of a Rule. `place` is the part of the response (`status`, `head`, `header NAME`, `body` and a
    JSON pointer behind it, `message`, `transport`), `pointer` the JSON pointer of the violated part of the document.
    `expected` and `actual` are JSON texts.
    `variant` distinguishes violations of one rule at one place that have different causes, such as two unknown enum
    values. `branch` is the tag value that the instance claims, `suggestion` the legal value closest to the actual one.
    """

    rule: str
    status: int
    place: str
    pointer: str
    expected: str = ""
    actual: str = ""
    variant: str = ""
    branch: str = ""
    suggestion: str = ""

    @property
    def identity(self) -> tuple[str, ...]:
        """Return a key that violations with one cause share, whatever values they were seen with."""
        return (self.rule, str(self.status), _any_item(self.place), self.pointer, self.variant, self.branch)

    @property
    def fingerprint(self) -> str:
        """Return the identity as 16 hexadecimal digits, the same in every run."""
        return hashlib.sha256(json.dumps(self.identity).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, order=True)
class PlacePattern:
    """The places at which a fault may be found: `*` stands for any step, `@` at the end for any byte offset."""

    text: str

    def covers(self, place: str) -> bool:
        """Return whether a violation's place is one of them."""
        return self.text.count("/") == place.count("/") and self.leads_to(place)

    def leads_to(self, place: str) -> bool:
        """Return whether a violation's place is one of them, or contains one of them."""
        ours, theirs = self.text.split("/"), re.sub(r"@\d+$", "@", place).split("/")
        return len(theirs) <= len(ours) and all(one in ("*", other) for one, other in zip(ours, theirs, strict=False))

    def __str__(self) -> str:
        return self.text


def _any_item(place: str) -> str:
    """Return the place with a star for each index of an array and each byte offset."""
    parts = re.sub(r"@\d+$", "@*", place).split("/")
    return "/".join("*" if part.isdigit() else part for part in parts)


CHANGES: Final = frozenset({"overlay.final", "overlay.immutable"})
"""Rules that compare a response with an earlier one, whose value is the expected one."""
