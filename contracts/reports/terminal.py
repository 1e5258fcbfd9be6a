"""Word the verdict for a terminal, to be read in three seconds; a violation takes three lines at most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from contracts.coverage import Feature
from contracts.http import TIMEOUTS
from contracts.openapi import Document, Resource
from contracts.reports import left_out_words, messages, verdict_words
from contracts.reports.comparison import Comparison
from contracts.reports.curl import request_lines
from contracts.reports.grouping import grouped, rules_of, told_by
from contracts.reports.rejection_words import rejection_line
from contracts.rules import where_explained
from contracts.verdict import FeatureObservation, Finding, Outcome, Replay, Verdict

if TYPE_CHECKING:
    from contracts.changes import DocumentDiff


def terminal_lines(
    verdict: Verdict, comparison: Comparison | None = None, changes: DocumentDiff | None = None
) -> Iterator[str]:
    """Yield the lines of a verdict: outcome, facts of the run, coverage, remarks and every distinct violation.

    `changes` are those of the document since an earlier one. No line is longer than MAX_LINE characters.
    """
    yield from map(messages.clipped, _lines(verdict, comparison, changes))


def listing(document: Document) -> Iterator[str]:
    """Yield the operations that are judged and all that is left out, one a line, and the Overlay actions for it."""
    yield from map(messages.visible, left_out_words.listing(document))


def _lines(verdict: Verdict, comparison: Comparison | None, changes: DocumentDiff | None) -> Iterator[str]:
    yield f"{verdict.outcome}  {verdict_words.headline(verdict)}"
    yield from about(verdict)
    yield from _coverage(verdict)
    yield from _remarks(verdict)
    if comparison:
        yield f"compared    {_changes(comparison)}"
    yield from _required(verdict)
    yield from _waived(verdict)
    if changes:
        from contracts.reports import change_terminal

        yield from change_terminal.part_of_run(changes)
    groups = grouped(verdict.findings)
    together = f", {len(groups)} when grouped by likely cause" if len(groups) < len(verdict.findings) else ""
    more = " or more" if verdict_words.are_more(verdict.findings) else ""
    yield f"violations  {len(verdict.findings) or 'none'}{more}{together}"
    for number, group in enumerate(groups[:MAX_GROUPS], 1):
        yield f"{number:>3}. {_with_spread(group, label_width=5)}"
        witness = min(finding.witness for finding in told_by(group))
        yield from (f"     {command}" for command in request_lines(witness, verdict.run))
        found = (messages.reference(witness), *map(_known, told_by(group)))
        if known := " · ".join(dict.fromkeys(filter(None, found))):
            yield f"     {messages.visible(known)}"
    yield from _beyond(groups)
    if groups:
        yield f"explained   {where_explained(*rules_of(groups))}"


def _with_spread(group: Sequence[Finding], label_width: int) -> str:
    """Return the line of a group with its spread, which a long line does not push out."""
    spread = f" [{verdict_words.spread(*group)}]"
    return messages.clipped(messages.group_line(group), messages.MAX_LINE - label_width - len(spread)) + spread


MAX_GROUPS: Final = 50
"""The number of groups of violations that are shown; report.json holds every violation."""


def _beyond(groups: Sequence[Sequence[Finding]]) -> Iterator[str]:
    """Yield how many groups are not shown."""
    if rest := len(groups[MAX_GROUPS:]):
        yield f"            and {rest} more (report.json, which --report-dir writes, has all)"


def about(verdict: Verdict | Replay) -> Iterator[str]:
    """Yield the facts of a run or a replay: target, document, requests."""
    run, document = verdict.run, verdict.run.document
    yield f"target      {run.target}"
    layers = f" + {', '.join(document.overlays)}" if document.overlays else ", no overlay"
    yield f"document    {document.title} {document.version} ({document.path.name}{layers})"
    yield f"            sha256 {document.sha256}"
    yield from map(messages.visible, left_out_words.terminal_lines(document))
    if run.seed:
        yield f"profile     {run.profile}; --hypothesis-seed {run.seed} repeats what was drawn"
    statuses = ", ".join(f"{name}: {count}" for name, count in verdict.answers.items()) or "none"
    counted = f"answers     {verdict.requests} judged" if run.was_captured else f"requests    {verdict.requests}"
    yield f"{counted} in {run.seconds:.1f} s ({statuses})"
    if verdict.retries:
        yield f"sent again  {verdict_words.retries(verdict)}"


def _remarks(verdict: Verdict) -> Iterator[str]:
    if words := verdict_words.self_test(verdict):
        yield f"self-test   {words}"
    if words := verdict_words.rarity(verdict):
        yield f"rarity      {words}"
    if verdict.probes:
        yield f"probed      {' · '.join(f'{answer}: {count}' for answer, count in verdict.probes.items())}"
    yield from _hint(verdict)
    if verdict.vanished:
        yield messages.visible(f"vanished    listed, and refused when asked for: {_first(verdict.vanished)}")
    if verdict.skipped_hanging:
        words = f"not read any more after {TIMEOUTS} requests in a row ran out of time"
        yield messages.visible(f"passed over {_first(verdict.skipped_hanging)}: {words}")
    yield from _refused(verdict)
    for note in (*verdict.run.notes, *verdict.run.document.notes):
        yield f"note        {note}"
    for words, difference in list(verdict.differences.items())[:MAX_DIFFERENCES]:
        yield messages.visible(f"harness     the validators differ ({difference.count}x): {words}")
        yield from (f"            {command}" for command in request_lines(difference.witness, verdict.run))
    if len(verdict.differences) > MAX_DIFFERENCES:
        yield f"            and {len(verdict.differences) - MAX_DIFFERENCES} more (report.json has all)"


MAX_DIFFERENCES: Final = 20
"""The number of differences between the validators that are shown; report.json holds all."""

MAX_REFUSED: Final = 8
"""The number of lines about refused ids; report.json holds all."""


def _refused(verdict: Verdict) -> Iterator[str]:
    label = "refused"
    for refused in verdict.refused[:MAX_REFUSED]:
        yield f"{label:<12}{verdict_words.refused_line(refused)}"
        label = ""
    if rest := verdict.refused[MAX_REFUSED:]:
        or_more = " or more" if any(refused.more for refused in rest) else ""
        yield f"            and {sum(refused.count for refused in rest)}{or_more} other ids, in {len(rest)} other ways"


def _first(resources: Sequence[tuple[str, Resource]]) -> str:
    names = ", ".join("/".join(resource) for _, resource in resources[:3])
    return f"{names} and {len(resources) - 3} more" if len(resources) > 3 else names


def _waived(verdict: Verdict) -> Iterator[str]:
    label = "waived"
    groups = grouped(verdict.waived)
    for group in groups[:MAX_GROUPS]:
        yield f"{label:<12}{_with_spread(group, label_width=12)}"
        if waiver := group[0].waiver:
            yield f"            {verdict_words.accepted_until(waiver)}"
        label = ""
    yield from _beyond(groups)
    for waiver in verdict.stale:
        yield f"stale       {verdict_words.stale(waiver, verdict.run.started.date())}"


def _known(finding: Finding) -> str:
    """Return everything else that is known of a standing violation, on one line."""
    return " · ".join(filter(None, (verdict_words.expired(finding), finding.sdk)))


MAX_REQUIRED: Final = 8
"""The number of lines about what is required and was not seen; report.json holds all."""


def _required(verdict: Verdict) -> Iterator[str]:
    if verdict.all_rejected and not verdict.findings:
        return  # The headline says it already.
    label, several = "required", len(verdict.run.document.operations) > 1
    for unmet in verdict.unmet[:MAX_REQUIRED]:
        names = list(verdict_words.missing(unmet, several=several))
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        seen = "not seen " if unmet.missing else ""
        yield messages.visible(f"{label:<12}{unmet.requirement}: {seen}{', '.join(names[:4])}{more}")
        label = ""
    if rest := len(verdict.unmet[MAX_REQUIRED:]):
        yield f"            and {rest} more (the reports of --report-dir have them)"


def _changes(comparison: Comparison) -> str:
    lists = {"new": comparison.new, "fixed": comparison.fixed, "still there": comparison.still}
    counts = [f"{len(violations)} {name}" for name, violations in lists.items()]
    return ", ".join([*counts, *([f"{len(comparison.unseen)} no longer seen"] if comparison.unseen else [])])


def _hint(verdict: Verdict) -> Iterator[str]:
    """Yield the likely cause if every response was the same refusal."""
    if verdict.all_rejected and verdict.outcome is Outcome.VIOLATES:
        yield f"hint        {messages.visible(rejection_line(verdict.all_rejected, verdict.run))}"
    if not verdict.all_rejected and [*verdict.answers] == ["404"]:
        words = f"is the path in {verdict.run.server_option} right, and do the ids exist?"
        yield f"hint        every answer was 404: {words}"


MAX_SEEN: Final = 8
"""The number of lines about what was seen, and what was not; the reports hold all of it."""


def _coverage(verdict: Verdict) -> Iterator[str]:
    operations, lines = verdict.run.document.operations, []
    for operation in operations:
        several = f"{operation}: " if len(operations) > 1 else ""
        features = [feature for feature in verdict.coverage if feature.operation == operation.path]
        lines += [(lacks, several + line) for lacks, line in _seen(features, verdict)]
    unseen = [
        f"{feature.location} {feature.kind} {feature.which}".rstrip()
        for feature in verdict.unseen
        if feature.kind not in _LISTED
    ]
    room = MAX_SEEN - bool(unseen)
    if len(lines) > room:
        lines.sort(key=lambda line: not line[0])  # What is missing comes first, in the document's order.
        rest, lines = lines[room - 1 :], lines[: room - 1]
        lacking = sum(lacks for lacks, _ in rest)
        more = f"{lacking} of them with something missing" if lacking else "all complete"
        lines.append((False, f"and {len(rest)} lines more, {more} (the reports of --report-dir have them)"))
    for label, (_, line) in zip(("seen", *[""] * len(lines)), lines, strict=False):
        yield f"{label:<12}{line}"
    if unseen:
        yield f"not seen    {', '.join(unseen[:4])}{f' and {len(unseen) - 4} more' if len(unseen) > 4 else ''}"


def _seen(features: list[Feature], verdict: Verdict) -> Iterator[tuple[bool, str]]:
    """Yield what was seen of one operation's features, and whether a part is missing, line by line.

    Choices have their counts, unless there are too many of them; the other kinds have a share.
    """
    places: dict[str, list[Feature]] = {}
    for feature in features:
        if feature.kind in _LISTED:
            places.setdefault(feature.location, []).append(feature)
    for place, choices in places.items():
        never = [each.which for each in choices if verdict.coverage[each] is None]
        counts = " · ".join(f"{each.which} {_times(verdict.coverage[each])}" for each in choices)
        if len(counts) > _WIDEST:
            names = f"; never {messages.few(never)}" if never else ""
            counts = f"{len(choices) - len(never)} of {len(choices)}{names}"
        yield bool(never), f"{place}: {counts}"
    sides = [feature for feature in features if feature.kind in ("present", "absent")]
    if sides:
        seen = Counter(feature.location for feature in sides if verdict.coverage[feature])
        both, places_of_sides = sum(count == 2 for count in seen.values()), {side.location for side in sides}
        words = f"optional properties seen present and absent: {both} of {len(places_of_sides)}"
        yield both < len(places_of_sides), words
    others = [feature for feature in features if feature.kind in _COUNTED]
    if others:
        count = sum(verdict.coverage[feature] is not None for feature in others)
        yield count < len(others), f"pairs, sizes, bounds and formats seen: {count} of {len(others)}"


_WIDEST: Final = 200
"""The number of characters that the counts of one place may take."""

_LISTED: Final = ("status", "branch", "value", "alternative")
"""Kinds of features that are listed by name, with their counts."""

_COUNTED: Final = ("pair", "empty", "several", "bound", "format")
"""Kinds of features of which only the number seen is printed."""


def _times(observation: FeatureObservation | None) -> str:
    return str(observation.count) if observation else "never"
