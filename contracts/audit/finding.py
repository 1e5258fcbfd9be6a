"""What an audit finds, as values: a finding of a rule, the answer that shows it, and its correction."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OverlayAction = Mapping[str, Any]
"""An Action Object of an Overlay (Overlay 1.1.0, "Action Object"), without its description."""


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    """An answer that passes or fails because of a finding, in words or as JSON text, and why; it was judged."""

    text: str
    passes: bool
    why: str


Change = tuple[OverlayAction, ...]
"""Actions that belong together, in their order."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What to do about a finding, in words, and the changes that do it; without any, only the owner can decide it."""

    words: str
    changes: tuple[Change, ...] = ()

    @property
    def actions(self) -> tuple[OverlayAction, ...]:
        """The actions of all changes."""
        return tuple(action for change in self.changes for action in change)


@dataclass(frozen=True, slots=True)
class DocumentFinding:
    """A rule that the document breaks, in the same words at every one of `places` (JSON pointers).

    A note leaves the exit code alone. `shown` is proved at the first place. The places are the document's or, if there
    is an `overlay`, those of its file.
    """

    rule: str
    what: str
    places: tuple[str, ...]
    correction: Correction
    shown: ShownAnswer | None = None
    is_note: bool = False
    overlay: Path | None = None
