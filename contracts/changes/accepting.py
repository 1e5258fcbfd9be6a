"""Accept changes until a date by waivers, the same file format by which violations are accepted.

Hides how a change is shown to a waiver: as a violation of the rule `change.KIND`, whose value is the text of NEW or, of
what is gone, that of OLD, and whose place in the document is NEW's, else OLD's.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.changes.change import KINDS, PREFIX, Change, Classification
from contracts.judge import Violation
from contracts.verdict import WaivableRules, Waiver, Waivers, load_waivers

_PLACES: Final = ("body", "status", "header", "path", "query", "cookie", "request")
OF_CHANGES: Final = WaivableRules([PREFIX + kind for kind in KINDS], _PLACES, "docs/diff.md lists the kinds of changes")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The changes that stand, those that a waiver accepts, and the waivers that do nothing any more.

    `expired` are the standing changes that a waiver accepted until its day.
    """

    standing: tuple[Change, ...]
    waived: tuple[tuple[Change, Waiver], ...] = ()
    expired: tuple[tuple[Change, Waiver], ...] = ()
    stale: tuple[Waiver, ...] = ()


def load_change_waivers(path: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a file; raise ConfigurationError, in one line with the fix, for one that is wrong."""
    return load_waivers(path, OF_CHANGES)


def accept(changes: Iterable[Change], given: Iterable[Waiver], day: datetime.date) -> Accepted:
    """Return what becomes of the changes by these waivers on the day; equivalent changes need none."""
    waivers = Waivers(given, day)
    standing, waived, expired = [], [], []
    fitting: set[Waiver] = set()
    for change in changes:
        found = None
        if change.classification != Classification.EQUIVALENT:
            found = waivers.match(_violation(change), ())
            fitting |= found.fitting
        if found and found.waiver:
            waived.append((change, found.waiver))
            continue
        standing.append(change)
        if found and (last := waivers.longest(found.fitting)):
            expired.append((change, last))
    return Accepted(tuple(standing), tuple(waived), tuple(expired), waivers.stale(fitting))


def _violation(change: Change) -> Violation:
    spot = change.new or change.old
    status = int(change.status) if change.status.isdigit() else 0
    pointer = spot.pointer if spot else ""
    return Violation(change.code, status, change.place, pointer, change.before, change.after or change.before,
                     branch=change.branch)  # fmt: skip
