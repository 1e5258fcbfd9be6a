"""The verdict as a person reads it in a terminal, in three seconds; a violation takes three lines at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from contracts.comparison import Comparison
from contracts.discovery import Resource
from contracts.features import Feature
from contracts.grouping import grouped
from contracts.patience import TIMEOUTS
from contracts.tally import Sighting
from contracts.verdict import Finding, Outcome, Verdict
from contracts.wording import (
    borne,
    curl,
    expired,
    group_line,
    headline,
    missing,
    retries,
    spread,
    stale,
    violation_line,
    visible,
)


def lines(verdict: Verdict, comparison: Comparison | None = None) -> Iterator[str]:
    """The lines of a verdict: the outcome, what was asked, what was seen, and every distinct violation."""
    yield f"{verdict.outcome}  {headline(verdict)}"
    yield from _about(verdict)
    yield from _coverage(verdict)
    yield from _remarks(verdict)
    if comparison:
        yield f"compared    {_changes(comparison)}"
    yield from _required(verdict)
    yield from _waived(verdict)
    groups = grouped(verdict.findings)
    together = f", {len(groups)} when told by their likely cause" if len(groups) < len(verdict.findings) else ""
    yield f"violations  {len(verdict.findings) or 'none'}{together}"
    for number, group in enumerate(groups, 1):
        yield f"{number:>3}. {group_line(group)} [{spread(*group)}]"
        witness = min(each.witness for each in group)
        yield f"     {curl(witness, keyed=verdict.run.keyed, account=verdict.run.account)}"
        if known := " · ".join(dict.fromkeys(filter(None, map(_known, group)))):
            yield f"     {visible(known)}"


def _about(verdict: Verdict) -> Iterator[str]:
    run, document = verdict.run, verdict.run.document
    yield f"target      {run.target}"
    layers = f" + {', '.join(document.overlays)}" if document.overlays else ", no overlay"
    yield f"document    {document.title} {document.version} ({document.path.name}{layers})"
    yield f"            sha256 {document.sha256}"
    if run.seed:
        yield f"profile     {run.profile}; --hypothesis-seed {run.seed} repeats what was drawn"
    statuses = ", ".join(f"{name}: {count}" for name, count in verdict.answers.items()) or "none"
    yield f"requests    {verdict.requests} in {run.seconds:.1f} s ({statuses})"
    if verdict.retries:
        yield f"sent again  {retries(verdict)}"


def _remarks(verdict: Verdict) -> Iterator[str]:
    if verdict.faults:
        idle = f", {verdict.faults['idle']} more find nothing to break" if verdict.faults["idle"] else ""
        yield f"self-test   would have noticed {verdict.faults['caught']} of {verdict.faults['all']} faults{idle}"
    if verdict.probes:
        yield f"probed      {' · '.join(f'{answer}: {count}' for answer, count in verdict.probes.items())}"
    yield from _hint(verdict)
    if verdict.vanished:
        yield visible(f"vanished    listed, and refused when asked for: {_first(verdict.vanished)}")
    if verdict.passed_over:
        words = f"not read any more after {TIMEOUTS} requests in a row ran out of time"
        yield visible(f"passed over {_first(verdict.passed_over)}: {words}")
    for note in (*verdict.run.notes, *verdict.run.document.notes):
        yield f"note        {note}"
    for words, difference in verdict.differences.items():
        yield visible(f"harness     the validators differ ({difference.count}x): {words}")
        yield f"            {curl(difference.witness, keyed=verdict.run.keyed, account=verdict.run.account)}"


def _first(found: Sequence[tuple[str, Resource]]) -> str:
    names = ", ".join("/".join(resource) for _, resource in found[:3])
    return f"{names} and {len(found) - 3} more" if len(found) > 3 else names


def _waived(verdict: Verdict) -> Iterator[str]:
    label = "waived"
    for each in verdict.waived:
        assert each.waiver is not None
        yield f"{label:<12}{violation_line(each.violation)} [{spread(each)}]"
        yield f"            {borne(each.waiver)}"
        label = ""
    for waiver in verdict.stale:
        yield f"stale       {stale(waiver, verdict.run.started.date())}"


def _known(each: Finding) -> str:
    """What else is known of a violation that stands, on one line."""
    return " · ".join(filter(None, (expired(each), each.sdk)))


def _required(verdict: Verdict) -> Iterator[str]:
    if verdict.denied and not verdict.findings:
        return  # The headline has said it all.
    label, several = "required", len(verdict.run.document.operations) > 1
    for each in verdict.unmet:
        names = list(missing(each, several=several))
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        seen = "not seen " if each.missing else ""
        yield visible(f"{label:<12}{each.requirement}: {seen}{', '.join(names[:4])}{more}")
        label = ""


def _changes(comparison: Comparison) -> str:
    counts = {"new": comparison.new, "fixed": comparison.fixed, "still there": comparison.still}
    told = [f"{len(found)} {name}" for name, found in counts.items()]
    return ", ".join([*told, *([f"{len(comparison.unseen)} no longer seen"] if comparison.unseen else [])])


def _hint(verdict: Verdict) -> Iterator[str]:
    """What a single cause would explain, where every answer was the same refusal."""
    if verdict.denied and verdict.outcome is Outcome.VIOLATES:
        yield f"hint        {verdict.denied}"
    if [*verdict.answers] == ["404"]:
        yield "hint        every answer was 404: is the path in --base-url right, and do the ids exist?"


def _coverage(verdict: Verdict) -> Iterator[str]:
    label, operations = "seen", verdict.run.document.operations
    for operation in operations:
        features = [feature for feature in verdict.coverage if feature.operation == operation.path]
        several = f"{operation}: " if len(operations) > 1 else ""
        for place, group in _grouped(features).items():
            counts = " · ".join(f"{each.which} {_times(verdict.coverage[each])}" for each in group)
            yield f"{label:<12}{several}{place}: {counts}"
            label = ""
        optional = [feature for feature in features if feature.kind in ("present", "absent")]
        if optional:
            both = Counter(feature.place for feature in optional if verdict.coverage[feature])
            full = sum(1 for count in both.values() if count == 2)
            places = len({feature.place for feature in optional})
            yield f"{label:<12}{several}optional properties seen present and absent: {full} of {places}"
            label = ""
        rest = [feature for feature in features if feature.kind in _LISTLESS]
        if rest:
            count = sum(1 for feature in rest if verdict.coverage[feature])
            yield f"{label:<12}{several}pairs, sizes, bounds and formats seen: {count} of {len(rest)}"
            label = ""
    missing = [
        f"{feature.place} {feature.kind} {feature.which}".rstrip()
        for feature in verdict.unseen
        if feature.kind not in _LISTED
    ]
    if missing:
        yield f"not seen    {', '.join(missing[:4])}{f' and {len(missing) - 4} more' if len(missing) > 4 else ''}"


_LISTED: Final = ("status", "branch", "value", "alternative")
"""Kinds of features that are told one by one, with their counts."""

_LISTLESS: Final = ("pair", "empty", "several", "bound", "format")
"""Kinds of which only the number seen is told."""


def _times(sighting: Sighting | None) -> str:
    return str(sighting.count) if sighting else "never"


def _grouped(features: Iterable[Feature]) -> Mapping[str, list[Feature]]:
    groups: dict[str, list[Feature]] = {}
    for feature in features:
        if feature.kind in _LISTED:
            groups.setdefault(feature.place, []).append(feature)
    return groups
