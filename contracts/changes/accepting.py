"""Accept changes until a date by waivers, the same file format by which violations are accepted.

Hides how a change is shown to a waiver: as a violation of the rule `change.KIND`, whose value is the text of NEW or, of
what is gone, that of OLD, and whose place in the document is NEW's, else OLD's.
"""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from contracts.changes.change import Change, Classification
from contracts.judge import Violation
from contracts.verdict import Waiver, Waivers


@dataclass(frozen=True, slots=True)
class Accepted:
    """The changes that stand, those that a waiver accepts, and the waivers that do nothing any more.

    `expired` are the standing changes that a waiver accepted until its day.
    """

    standing: tuple[Change, ...]
    waived: tuple[tuple[Change, Waiver], ...] = ()
    expired: tuple[tuple[Change, Waiver], ...] = ()
    stale: tuple[Waiver, ...] = ()


def accept(changes: Iterable[Change], given: Iterable[Waiver], day: datetime.date) -> Accepted:
    """Return what becomes of the changes by these waivers on the day; equivalent changes need none.

    Waivers of violations, which the same file may hold, are left aside.
    """
    waivers = Waivers((each for each in given if each.is_of_changes), day)
    standing, waived, expired = [], [], []
    fitting: set[Waiver] = set()
    for change in changes:
        found = None
        if change.classification != Classification.EQUIVALENT:
            found = waivers.match(_violation(change), (), change.operation)
            fitting |= found.fitting
        if found and found.waiver:
            waived.append((change, found.waiver))
            continue
        standing.append(change)
        if found and (last := waivers.longest(found.fitting)):
            expired.append((change, last))
    return Accepted(tuple(standing), tuple(waived), tuple(expired), waivers.stale(fitting))


def waiver_entry(change: Change) -> dict[str, Any]:
    """Return what a waiver says that accepts the change, without the reason, the owner and the day."""
    shown = _violation(change)
    narrower = {"operation": change.operation, "status": shown.status, "branch": change.branch, "value": shown.actual}
    return {"rule": shown.rule, "place": shown.place, **{name: value for name, value in narrower.items() if value}}


def _violation(change: Change) -> Violation:
    spot = change.new or change.old
    status = int(change.status) if change.status.isdigit() else 0
    pointer = spot.pointer if spot else ""
    return Violation(change.code, status, change.place, pointer, change.before, change.after or change.before,
                     branch=change.branch)  # fmt: skip
