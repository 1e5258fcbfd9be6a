"""What a comparison of two documents comes to: its changes, those that are accepted, and the exit code."""

from dataclasses import dataclass

from contracts.changes.change import Change, Classification
from contracts.changes.compare import Compared
from contracts.changes.sources import Source


@dataclass(frozen=True, slots=True)
class DocumentDiff:
    """A comparison with its verdict. `fail_on_any` counts every change that is not equivalent."""

    sources: tuple[Source, Source]
    compared: Compared
    standing: tuple[Change, ...]
    """The changes that no waiver accepts."""
    fail_on_any: bool = False

    @property
    def outcome(self) -> str:
        """BREAKING, UNKNOWN, COMPATIBLE or EQUIVALENT, by the most serious change."""
        found = {each.classification for each in self.standing}
        if Classification.BREAKING in found:
            return "BREAKING"
        if any(each.may_break for each in self.standing):
            return "UNKNOWN"
        return "COMPATIBLE" if found - {Classification.EQUIVALENT} else "EQUIVALENT"

    @property
    def exit_code(self) -> int:
        """1 if a change counts, 6 if it is not known whether one does, else 0."""
        if self.outcome == "BREAKING" or (self.fail_on_any and self.outcome != "EQUIVALENT"):
            return 1
        return 6 if self.outcome == "UNKNOWN" else 0
