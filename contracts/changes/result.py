"""What a comparison of two documents comes to: its changes, those that are accepted, and the exit code."""

import datetime
from dataclasses import dataclass

from contracts.changes.accepting import Accepted
from contracts.changes.change import Change, Classification
from contracts.changes.document_comparison import Compared
from contracts.changes.seen import SeenTotals
from contracts.changes.sources import Source
from contracts.verdict import ChangesSince


@dataclass(frozen=True, slots=True)
class DocumentDiff:
    """A comparison with its verdict. With `fail_on_any` every change counts that is not equivalent."""

    sources: tuple[Source, Source]
    compared: Compared
    accepted: Accepted
    day: datetime.date
    """On which waivers hold or have expired."""
    fail_on_any: bool = False
    seen: SeenTotals | None = None
    """What both documents say of captured answers, if there were any."""

    @property
    def standing(self) -> tuple[Change, ...]:
        """The changes that no waiver accepts."""
        return self.accepted.standing

    @property
    def counting(self) -> tuple[Change, ...]:
        """The standing changes that break clients, or may."""
        return tuple(each for each in self.standing if each.classification == Classification.BREAKING or each.may_break)

    @property
    def outcome(self) -> str:
        """BREAKING, UNKNOWN, COMPATIBLE or EQUIVALENT, by the most serious change that stands."""
        found = {each.classification for each in self.standing}
        if Classification.BREAKING in found:
            return "BREAKING"
        if any(each.may_break for each in self.standing):
            return "UNKNOWN"
        return "COMPATIBLE" if found - {Classification.EQUIVALENT} else "EQUIVALENT"

    @property
    def for_verdict(self) -> ChangesSince:
        """What of it decides the verdict of a run that compares."""
        breaking = sum(each.classification == Classification.BREAKING for each in self.standing)
        undecided = sum(each.may_break for each in self.standing)
        return ChangesSince(self.sources[0].name, breaking, undecided, self.accepted.stale)

    @property
    def exit_code(self) -> int:
        """1 if a change counts, 6 if it is not known whether one does, else 0."""
        if self.outcome == "BREAKING" or (self.fail_on_any and self.outcome != "EQUIVALENT"):
            return 1
        return 6 if self.outcome == "UNKNOWN" else 0
