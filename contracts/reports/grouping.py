"""Group violations that are likely to have one cause, because a page that repeats itself hides everything else.

Only texts for people are grouped; the verdict, and every report for machines, holds each violation by itself.
"""

import json
from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

from contracts.judge import Violation
from contracts.verdict import Finding

MIN_GROUP: Final = 3
"""The smallest group: two violations fill no page, and may well have two causes."""

MIN_VALUES: Final = 5
"""The smallest group of violations that differ only by a value, or by a name that the document does not have."""

_AT_MANY_PLACES: Final = ("schema.", "header.", "overlay.immutable")
"""Rules, or the first part of their codes, that one mistake can break at many places of the same answers."""

_LISTED: Final = ("schema.const", "schema.enum", "union.tag-unknown")

_BY_VALUE: Final = (*_LISTED, "content-encoding.", "content-type.")
"""Rules, or the first part of their codes, of which any value that comes is a violation of its own."""

_BY_NAME: Final = ("json.duplicate-name", "schema.additionalProperties", "schema.false", "schema.propertyNames")
"""Rules of which any name that comes is a violation of its own."""

_MIXED_UP: Final = frozenset(
    {
        "overlay.alias",
        "overlay.equals",
        "overlay.final",
        "overlay.immutable",
        "overlay.unknown-resource",
        "status.known-resource",
    }
)
"""Rules that answers break which are those to other requests."""


def grouped(findings: Iterable[Finding]) -> tuple[tuple[Finding, ...], ...]:
    """Return the findings in groups, in the order of the first finding of each group.

    Where answers to requests in flight are mixed up, several workers see it in what each of them asks for: none of that
    is there when one of them asks alone.
    """
    every = tuple(findings)
    swapped = [each for each in every if each.violation.rule == "overlay.swapped"]
    seen_too = [each for each in every if swapped and each.violation.rule in _MIXED_UP and _is_gone(each)]
    left = [each for each in every if not (swapped and each in (*swapped, *seen_too))]
    by_cause: dict[Hashable, list[Finding]] = {}
    for number, (finding, differing) in enumerate(zip(left, _differing(left), strict=True)):
        by_cause.setdefault(differing or _cause(finding) or number, []).append(finding)
    groups = [group for same in by_cause.values() for group in ([same] if _is_group(same) else [[one] for one in same])]
    return tuple(sorted(map(tuple, [*groups, *([[*swapped, *seen_too]] if swapped else [])]), key=_first))


def told_by(group: Sequence[Finding]) -> Sequence[Finding]:
    """Return those of a group by which all of it is told: one, where answers were mixed up, as it names the cause."""
    return group[:1] if group[0].violation.rule == "overlay.swapped" else group


def rules_of(groups: Iterable[Sequence[Finding]]) -> tuple[str, ...]:
    """Return the rules that groups tell of, each once."""
    return tuple(dict.fromkeys(finding.violation.rule for group in groups for finding in told_by(group)))


def differ_by_value(group: Sequence[Finding]) -> bool:
    """Return whether the findings of a group differ only by values, or by names that the document does not have."""
    return len(group) > 1 and len(keys := {*_differing(group)}) == 1 and None not in keys


def _differing(findings: Sequence[Finding]) -> Sequence[Hashable]:
    """Return a value for each finding, equal for those that differ only by a value or a name; None if too few do.

    One that stands for others is one of them, wherever the others are.
    """
    beyond = {_alike(each)[:1] for each in findings if each.violation.is_of_others}
    keys = [alike[:1] if (alike := _alike(each))[:1] in beyond else alike for each in findings]
    times = Counter(keys)
    many = {key for key in keys if len(key) == 1 or (key[1] is not None and times[key] >= MIN_VALUES)}
    # A value in another case is likely to have its own cause.
    return [
        key if key in many and (len(key) == 1 or not in_another_case(each.violation)) else None
        for key, each in zip(keys, findings, strict=True)
    ]


def _alike(finding: Finding) -> tuple[Hashable, ...]:
    """Return what findings share of which one may stand for the others, and then, by the rule, place and branch."""
    violation = finding.violation
    shared = *violation.group, finding.waiver
    if violation.rule.startswith(_BY_VALUE):
        return shared, violation.branch, violation.shared_place
    if violation.rule.startswith(_BY_NAME):
        return shared, violation.branch, violation.shared_place.rpartition("/")[0]
    return shared, None


def _is_gone(finding: Finding) -> bool:
    return finding.recurrence is not None and finding.recurrence.times == 0


def _is_group(findings: list[Finding]) -> bool:
    """Return whether there are enough findings, or all are the same violation in several branches of a union."""
    violations = (finding.violation for finding in findings)
    places = {(violation.place, violation.expected, violation.actual) for violation in violations}
    return len(findings) >= MIN_GROUP or len(places) == 1


def _first(group: tuple[Finding, ...]) -> tuple[Violation, int]:
    return group[0].violation, group[0].waiver.number if group[0].waiver else 0


def _cause(finding: Finding) -> Hashable:
    """Return a value that is equal for findings that one mistake explains; None for one that stands alone."""
    violation = finding.violation
    place, variant, branch = violation.shared_place, violation.variant, violation.branch
    shared = (violation.rule, violation.status, finding.waiver)
    around = place.rpartition("/")[0]
    if violation.rule == "method.not-refused":
        return shared
    if violation.rule == "schema.type" and violation.actual == "null":
        # A serializer that writes null for absent properties does so wherever it can, in every branch.
        return (*shared, around, "null")
    if in_another_case(violation):
        return (*shared, around, "case")
    if violation.rule in _LISTED or not violation.rule.startswith(_AT_MANY_PLACES):
        return None
    return (*shared, around, variant, branch, finding.count, finding.resources)


def in_another_case(violation: Violation) -> bool:
    """Return whether the actual value differs from a listed one only by capital and small letters."""
    if violation.rule not in _LISTED or not violation.suggestion:
        return False
    actual = json.loads(violation.actual)
    return isinstance(actual, str) and actual.casefold() == violation.suggestion.casefold()
