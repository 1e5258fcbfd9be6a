"""A violation of a rule as a value, and the places where one may be found. `contracts.rules` has the rules."""

import functools
import hashlib
import json
import re
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True, order=True)
class Violation:
    """One violation of a rule by a response.

    `rule` is the code of a Rule. `place` is the part of the response (`status`, `head`, `header NAME`, `body` and a
    JSON pointer behind it, `message`, `transport`), `pointer` the JSON pointer of the violated part of the document.
    `expected` and `actual` are JSON texts.
    `variant` distinguishes violations of one rule at one place that have different causes, such as two unknown enum
    values. `branch` is the tag value that the instance claims, `suggestion` the legal value closest to the actual one.

    With `is_of_others` it stands for all violations of the rule, the status and the pointer that are not recorded by
    themselves, because there are too many: place, branch and values are those of one of them.
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
    is_of_others: bool = False

    @property
    def identity(self) -> tuple[str, ...]:
        """Return a key that violations with one cause share, whatever values they were seen with."""
        if self.is_of_others:
            # No violation has an empty place.
            return (self.rule, str(self.status), "", self.pointer, "", "")
        return (self.rule, str(self.status), self.shared_place, self.pointer, self.variant, self.branch)

    @property
    def shared_place(self) -> str:
        """Return the place with a star for each index of an array and each byte offset."""
        return _any_item(self.place)

    @property
    def group(self) -> tuple[str, int, str]:
        """Return the rule, the status and the pointer: what a violation shares with those that it may stand for."""
        return self.rule, self.status, self.pointer

    def is_shown_by(self, found: "Violation") -> bool:
        """Return whether the other violation is this one, or one of those that it stands for."""
        return found.group == self.group if self.is_of_others else found.identity == self.identity

    def of_others(self) -> "Violation":
        """Return the violation as one that stands for others too."""
        return replace(self, variant="", suggestion="", is_of_others=True)

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


@functools.lru_cache(maxsize=4096)
def _any_item(place: str) -> str:
    parts = re.sub(r"@\d+$", "@*", place).split("/")
    return "/".join("*" if part.isdigit() else part for part in parts)


CHANGES: Final = frozenset({"overlay.final", "overlay.immutable"})
"""Rules that compare a response with an earlier one, whose value is the expected one."""
