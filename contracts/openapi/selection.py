"""Choose operations by patterns of their path or operationId.

Hides how a pattern matches, and the refusal of one that matches nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from contracts.errors import ConfigurationError, DocumentError
from contracts.openapi.document import Document


class OperationName(NamedTuple):
    """What a pattern is compared with: an operation's path, and its operationId or nothing."""

    path: str
    operation_id: str

    def matches(self, pattern: str) -> bool:
        """Return whether the pattern is the path or the operationId, or matches one as a shell's patterns match."""
        names = (self.path, f"GET {self.path}", self.operation_id)
        return any(name and (name == pattern or fnmatchcase(name, pattern)) for name in names)


@dataclass(frozen=True, slots=True)
class Selection:
    """The operations that match a pattern of `wanted`, or all if it is empty, but those that match one of `skipped`."""

    wanted: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()

    def takes(self, name: OperationName) -> bool:
        """Return whether the operation is chosen."""
        return (not self.wanted or any(map(name.matches, self.wanted))) and not any(map(name.matches, self.skipped))

    def check(self, names: Iterable[OperationName]) -> None:
        """Raise ConfigurationError, with the nearest names, for a pattern of none of these, or if none is chosen."""
        every = list(names)
        for option, patterns in (("--operation", self.wanted), ("--skip", self.skipped)):
            for pattern in patterns:
                if not any(name.matches(pattern) for name in every):
                    raise ConfigurationError(f"{option} {pattern} matches no operation; {_nearest(pattern, every)}")
        if every and not any(map(self.takes, every)):
            raise ConfigurationError("--skip leaves no operation; leave one of its patterns out")

    def checked(self, document: Document) -> Document:
        """Return the document; raise the reason if all that a pattern of `wanted` chose is left out."""
        judged = [OperationName(each.path, each.operation_id) for each in document.operations]
        for pattern in self.wanted:
            if not any(name.matches(pattern) for name in judged):
                lost = [each for each in document.left_out if OperationName(each.path, "").matches(pattern)]
                # An operation that cannot be read has no operationId any more.
                for error in (error for each in lost or document.left_out if not each.part for error in each.reasons):
                    fix = f"{error.fix} (it is all that --operation {pattern} chose)"
                    raise DocumentError(error.path, error.pointer, error.problem, fix)
        return document


EVERYTHING: Final = Selection()


def _nearest(pattern: str, names: Iterable[OperationName]) -> str:
    known = [each for name in names for each in name if each]
    close = get_close_matches(pattern, known, n=3, cutoff=0.3) or known[:3]
    return f"near are {', '.join(close)}"
