"""Audit a document: every rule, one after another, and their findings grouped.

Hides the order of the rules and how findings that say the same become one. A rule that cannot look at a part of the
document finds nothing there; no rule raises for a bad document.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Final

from contracts.audit import operations, schemas, unions
from contracts.audit.finding import Change, DocumentFinding, OverlayAction
from contracts.audit.origins import Origin, Origins
from contracts.audit.subject import Samples, Subject
from contracts.openapi import Document
from contracts.rules import DOCUMENT_RULES

CHECKS: Final[tuple[Callable[[Subject], Iterator[DocumentFinding]], ...]] = (
    unions.ambiguous,
    unions.indistinct,
    unions.tag_not_required,
    unions.tag_undeclared,
    unions.mapping_not_string,
    unions.mapping_dangling,
    unions.discriminator_ignored,
    schemas.unsatisfiable,
    schemas.body_admits_everything,
    schemas.admits_everything,
    schemas.requires_nothing,
    schemas.defaults,
    schemas.examples,
    schemas.openapi_30,
    schemas.asserts_nothing,
    schemas.undeclared_properties,
    operations.errors_undocumented,
    operations.invalid_input_unprovoked,
    operations.security_contradicted,
    operations.unjudged,
    operations.overlay_idle,
)
"""One function for each rule, or for two that look at the same."""


def _turn(change: Change) -> tuple[bool, int, int]:
    """Return when to apply a change: what removes comes later, and of that the deepest and the last item first.

    So no change takes away, or moves, the target of one behind it.
    """
    removes = any("remove" in action for action in change)
    target = max((str(action["target"]) for action in change), key=lambda path: path.count("["))
    index = re.search(r"\[(\d+)\]$", target)
    return removes, -target.count("[") * removes, -int(index[1]) if index else 0


@dataclass(frozen=True, eq=False)
class Audit:
    """The findings of an audit: faults of the document, and `notes` on vague parts, each in the order of the rules."""

    document: Document
    overlays: tuple[Path, ...]
    findings: tuple[DocumentFinding, ...]
    notes: tuple[DocumentFinding, ...]

    @property
    def exit_code(self) -> int:
        """1 if anything is wrong, else 0."""
        return int(bool(self.findings))

    @property
    def uncorrected(self) -> tuple[DocumentFinding, ...]:
        """The findings, notes aside, that no action corrects."""
        return tuple(each for each in self.findings if not each.correction.changes)

    def corrections(self) -> tuple[tuple[OverlayAction, DocumentFinding], ...]:
        """Return every action that corrects something, in the order to apply them, each with the finding it is for."""
        found: list[tuple[Change, DocumentFinding]] = []
        for finding in (*self.findings, *self.notes):
            known = [change for change, _ in found]
            found += [(change, finding) for change in finding.correction.changes if change not in known]
        # Of changes to one schema that of the later rule comes first: the earlier rules' rename keywords.
        turns = sorted(range(len(found)), key=lambda index: (*_turn(found[index][0]), -index))
        return tuple((action, found[index][1]) for index in turns for action in found[index][0])

    def origin(self, finding: DocumentFinding, place: str) -> Origin:
        """Return the file and line of one of a finding's places."""
        return self._origins.in_file(finding.overlay, place) if finding.overlay else self._origins.of(place)

    @cached_property
    def _origins(self) -> Origins:
        return Origins(self.document, self.overlays)


def audit(document: Document, samples: Samples, overlays: Iterable[Path] = (), *, closed: bool = False) -> Audit:
    """Return the faults and vague parts of a document that was read with these overlays.

    With `closed` undeclared properties are wrong. Raises DocumentError for an overlay that cannot be read any more.
    """
    subject = Subject(document, samples, overlays, closed=closed)
    found = _grouped(finding for check in CHECKS for finding in check(subject))
    wrong = tuple(finding for finding in found if not finding.is_note)
    return Audit(document, subject.overlays, wrong, tuple(finding for finding in found if finding.is_note))


def _grouped(findings: Iterable[DocumentFinding]) -> list[DocumentFinding]:
    """Return findings of one rule in the same words as one, with all places and actions, in the order of the rules."""
    groups: dict[tuple[str, str], DocumentFinding] = {}
    for finding in findings:
        known = groups.setdefault((finding.rule, finding.what), finding)
        if known is not finding:
            changes = [each for each in finding.correction.changes if each not in known.correction.changes]
            correction = replace(known.correction, changes=(*known.correction.changes, *changes))
            places = tuple(dict.fromkeys((*known.places, *finding.places)))
            groups[finding.rule, finding.what] = replace(known, places=places, correction=correction)
    order = list(DOCUMENT_RULES)
    return sorted(groups.values(), key=lambda finding: order.index(finding.rule))
