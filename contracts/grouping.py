"""Which violations are told together because one cause is likely: a page that repeats itself hides what else it says.

Only the telling to people rests on this; a verdict, and every report for machines, holds each violation by itself.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from typing import Final

from contracts.verdict import Finding
from contracts.violation import Violation

FEWEST: Final = 3
"""Two are told apart: they fill no page, and may well have two causes."""

_AT_MANY_PLACES: Final = ("schema.", "header.", "overlay.immutable")
"""Rules, or the first part of their codes, that one mistake can break at many places of the same answers."""

_LISTED: Final = ("schema.const", "schema.enum", "union.tag-unknown")


def grouped(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], ...]:
    """The findings in their order, those that are told together behind the first of them."""
    groups: dict[Hashable, list[Finding]] = {}
    for number, each in enumerate(findings):
        groups.setdefault(_cause(each) or number, []).append(each)
    found = [[group] if _together(group) else [[each] for each in group] for group in groups.values()]
    return tuple(sorted((tuple(each) for parts in found for each in parts), key=_first))


def _together(group: list[Finding]) -> bool:
    """Whether there are enough, or the same is broken in several branches of a union."""
    places = {(each.violation.place, each.violation.expected, each.violation.actual) for each in group}
    return len(group) >= FEWEST or len(places) == 1


def _first(group: tuple[Finding, ...]) -> tuple[Violation, int]:
    return group[0].violation, group[0].waiver.number if group[0].waiver else 0


def _cause(finding: Finding) -> Hashable:
    """Equal where one mistake explains both; None where nothing else is told with it."""
    violation = finding.violation
    _, _, place, _, cause, branch = violation.identity
    shared = (violation.rule, violation.status, finding.waiver)
    around = place.rpartition("/")[0]
    if violation.rule == "method.not-refused":
        return shared
    if violation.rule == "schema.type" and violation.actual == "null":
        # A serializer that writes null for what is absent does so wherever it can, for every branch.
        return (*shared, around, "null")
    if in_another_case(violation):
        return (*shared, around, "case")
    if violation.rule in _LISTED or not violation.rule.startswith(_AT_MANY_PLACES):
        return None
    return (*shared, around, cause, branch, finding.count, finding.resources)


def in_another_case(violation: Violation) -> bool:
    """Whether a listed value came, but in capitals or small letters where it is listed otherwise."""
    if violation.rule not in _LISTED or not violation.nearest:
        return False
    actual = json.loads(violation.actual)
    return isinstance(actual, str) and actual.casefold() == violation.nearest.casefold()
