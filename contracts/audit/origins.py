"""Find the file and line of a place in a document: its own, those of another file it refers to, or of an overlay."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from contracts.openapi import FILES, Document, from_pointer, line_of, pointer_lines, to_pointer, written_places


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a place is written: a file, and a line of it, counted from 1."""

    path: Path
    line: int


class Origins:
    """The origins of the places of one document, with its overlays."""

    def __init__(self, document: Document, overlays: Iterable[Path]) -> None:
        self._document = document
        self._written = [(path, written_places(path, document.written)) for path in overlays]
        self._lines = cache(pointer_lines)

    def of(self, place: str) -> Origin:
        """Return where a place is written or, if nothing is known of it, the closest place around it."""
        for overlay, written in reversed(self._written):
            if place in written:
                return self.in_file(overlay, written[place])
        steps = from_pointer(place)
        if steps[:1] == [FILES] and len(steps) > 1:
            return self.in_file(self._document.path.parent / steps[1], "#" + to_pointer(*steps[2:]))
        return self.in_file(self._document.path, place)

    def in_file(self, path: Path, pointer: str) -> Origin:
        """Return where a place of a file is written."""
        return Origin(path, line_of(self._lines(path), pointer))
