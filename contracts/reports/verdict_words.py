"""Word a verdict for people: a run in one sentence, and the remarks beside its violations.

Every text is one printable line, whatever a server sent.
"""

import datetime
from collections.abc import Collection, Iterator
from typing import Final

from contracts.coverage import CLASS_KINDS, ENOUGH_READS, Unmet
from contracts.reports.grouping import differ_by_value, told_by
from contracts.reports.left_out_words import judged
from contracts.reports.messages import short, visible
from contracts.reports.rejection_words import rejection_line
from contracts.verdict import (
    AGREEMENT,
    CHANGES,
    Finding,
    Outcome,
    RecheckResult,
    RefusedIds,
    Replay,
    Reproducibility,
    Verdict,
    Waiver,
)


def refused_line(refused: RefusedIds) -> str:
    """Return how many ids of which class were refused before the operation, by what, and where a redirect leads."""
    to = f" to {short(refused.location)}" if refused.location else ""
    answer = "the connection was closed" if refused.answer == "closed" else refused.answer + to
    kind = f" {refused.media_type}" if refused.media_type and not to else ""
    product = f" ({refused.product})" if refused.product else ""
    return visible(f"{_count(refused.count, 'id', more=refused.more)} with {refused.id_class}: {answer}{kind}{product}")


def retries(verdict: Verdict | Replay) -> str:
    """Return how often requests were sent again, and for which reasons."""
    reasons = [f"{_RETRIED.get(name, name)}: {count}" for name, count in verdict.retries.items()]
    return f"{_count(sum(verdict.retries.values()), 'time')} ({', '.join(reasons)})"


_RETRIED: Final = {"429": "put off by 429", "closed": "a kept connection was closed"}


def self_test(verdict: Verdict) -> str:
    """Return how many faults the judge would have noticed, in words; empty if none was tried."""
    counts = verdict.faults
    if not counts:
        return ""
    idle = f", {counts['idle']} more find nothing to break" if counts.get("idle") else ""
    left_out = counts.get("left_out", 0)
    sample = f", a sample of {counts['all'] + counts.get('idle', 0) + left_out:,}" if left_out else ""
    return f"would have noticed {counts['caught']} of {counts['all']} faults{sample}{idle}"


def rarity(verdict: Verdict) -> str:
    """Return how often the classes of answers were read; empty where the embedded mock answers, always alike."""
    classes = {
        feature: observation.count
        for feature, observation in verdict.coverage.items()
        if observation and feature.kind in CLASS_KINDS and feature.location.startswith("2")
    }
    if not classes or "://" not in verdict.run.target:
        return ""
    often = sum(count >= ENOUGH_READS for count in classes.values())
    words = f"{often} of {len(classes)} values and branches seen were read {ENOUGH_READS} times or more"
    if often == len(classes):
        return f"{words}: one bad answer in fifty of any of them would have shown"
    rarest = min(classes, key=lambda feature: classes[feature])
    return f"{words}; fewest: {rarest.which} ({classes[rarest]}x, {rarest.location})"


def headline(verdict: Verdict) -> str:
    """Return the result of a run in one sentence; the outcome's word stands before it in every report."""
    answers = _count(verdict.requests, "answer")
    partly = f"; judged {words}" if (words := judged(verdict.run.document)) else ""
    waived = f", except for {_distinct(verdict.waived, 'waived violation')}" if verdict.waived else ""
    match verdict.outcome:
        case Outcome.CONFORMS:
            return f"{answers} kept what the document promises{waived}{partly}"
        case Outcome.VIOLATES:
            return _violated(verdict, answers, waived) + partly
        case Outcome.INCONCLUSIVE:
            return _inconclusive(verdict, answers, waived) + partly


def _violated(verdict: Verdict, answers: str, waived: str) -> str:
    parts = [f"{_distinct(verdict.findings, 'distinct violation')} in {answers}"] if verdict.findings else []
    if verdict.changes and verdict.changes.breaking:
        parts.append(f"{_count(verdict.changes.breaking, 'breaking change')} since {visible(verdict.changes.since)}")
    if not parts:
        stale = "1 waiver covers" if len(verdict.stale) == 1 else f"{len(verdict.stale)} waivers cover"
        parts.append(f"{stale} nothing any more")
    if not verdict.findings:
        kept = "broke no promise" if verdict.unmet or verdict.run.incident else "kept what the document promises"
        parts.append(f"{answers} {kept}{waived}")
    return "; ".join([*parts, *filter(None, [verdict.run.incident])])


def _inconclusive(verdict: Verdict, answers: str, waived: str) -> str:
    incident = verdict.run.incident
    if verdict.all_rejected:
        line = visible(rejection_line(verdict.all_rejected, verdict.run))
        return f"{line} ({incident})" if incident else line
    if incident:
        return f"{incident}; {answers} so far broke no promise{waived}"
    if not verdict.requests:
        return "nothing was judged" if verdict.run.was_captured else "nothing was asked"
    if any(unmet.requirement == "answer" for unmet in verdict.unmet):
        return f"{answers} broke no promise{waived}; the server asked for fewer requests"
    if any(unmet.requirement == "success" for unmet in verdict.unmet):
        return f"{answers} broke no promise{waived}; too few were a success to tell"
    if all(unmet.requirement == AGREEMENT for unmet in verdict.unmet):
        return f"{answers} broke no promise{waived}; the validators differ"
    if all(unmet.requirement == CHANGES for unmet in verdict.unmet):
        return f"{answers} broke no promise{waived}; {visible(verdict.unmet[0].words)}"
    return f"{answers} broke no promise{waived}; not all was seen that is required"


def _count(number: int, noun: str, *, more: bool = False) -> str:
    return f"{number}{' or more' if more else ''} {noun}{'' if number == 1 and not more else 's'}"


def _distinct(findings: Collection[Finding], noun: str) -> str:
    return _count(len(findings), noun, more=are_more(findings))


def are_more(findings: Collection[Finding]) -> bool:
    """Return whether there are more distinct violations than these, because one of them stands for others."""
    return any(finding.violation.is_of_others for finding in findings)


def spread(*group: Finding) -> str:
    """Return how often a violation, or each of a group, was seen, on how many resources, and whether it came again.

    Violations that differ by their value alone are counted together.
    """
    counts = sorted({finding.count for finding in group})
    times = f"{counts[0]}x" if len(counts) == 1 else f"{counts[0]}x to {counts[-1]}x"
    several = f"{len(group)} violations, " if len(group) > 1 else ""
    if differ_by_value(group):
        times, several = f"{sum(finding.count for finding in group)}x", ""
    again = dict.fromkeys(_again(finding.recurrence) for finding in told_by(group) if finding.recurrence)
    if "always" in again:  # It holds for the group if a sibling shows one of its violations.
        again.pop(_ALONE, None)
    return ", ".join([f"{several}{times} on {_resources(group)}", *again])


def _resources(group: Collection[Finding]) -> str:
    """Return on how many different resources the violations of a group were seen, as far as they are counted."""
    resources = {resource for finding in group for resource in finding.resources}
    return _count(len(resources), "resource", more=any(finding.more_resources for finding in group))


def accepted_until(waiver: Waiver) -> str:
    """Return until when a waived violation is accepted, by whom and why."""
    return _one_line(f"until {waiver.expires} by {waiver.owner}: {waiver.reason}")


def expired(finding: Finding) -> str:
    """Return which waiver of a standing violation expired, and when; empty if it had none."""
    waiver = finding.waiver
    return f"waiver {waiver.number} of {_one_line(waiver.owner)} expired on {waiver.expires}" if waiver else ""


def stale(waiver: Waiver, started: datetime.date) -> str:
    """Return that the waiver covers no violation of the run that started on this day, and whether it had expired."""
    over = "" if waiver.holds(started) else f" and expired on {waiver.expires}"
    return _one_line(f"waiver {waiver.number} of {waiver.owner} covers nothing any more{over}; take it out: {waiver}")


def _one_line(text: str) -> str:
    return visible(" ".join(text.split()))


def missing(unmet: Unmet, *, several: bool) -> Iterator[str]:
    """Yield everything that a requirement misses; with its operation, if the document has `several`."""
    if unmet.words:
        yield unmet.words
    for feature in unmet.missing:
        operation = f" ({feature.operation})" if several else ""
        yield f"{feature.location} {feature.which or feature.kind}{operation}"


def recheck_words(recurrence: RecheckResult) -> str:
    """Return what came when a violation was asked for again: `3 times: it was gone; the sibling never showed it`."""
    words = {
        Reproducibility.ALWAYS: "it was there each time",
        Reproducibility.SOMETIMES: f"it was there {_count(recurrence.times, 'time')}",
        Reproducibility.GONE: "it was gone",
    }
    siblings = {True: "; a sibling showed it too", False: "; the sibling never showed it", None: ""}
    asked = f"{_count(recurrence.of, 'time')}: {words[recurrence.reproducibility]}"
    return asked + siblings[recurrence.sibling]


_ALONE: Final = "always, not on a sibling"


def _again(recurrence: RecheckResult) -> str:
    """Return the result of asking again, in words."""
    match recurrence.reproducibility:
        case Reproducibility.ALWAYS:
            return "always" if recurrence.sibling is not False else _ALONE
        case Reproducibility.SOMETIMES:
            return f"sometimes: {recurrence.times} of {recurrence.of} times again"
        case Reproducibility.GONE:
            return "gone when asked for again"
