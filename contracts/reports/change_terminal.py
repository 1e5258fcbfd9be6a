"""Word a comparison of two documents for a terminal: the verdict, then every change with its proof.

As a part of a run's verdict it takes a few lines.
"""

from collections.abc import Iterator
from typing import Final

from contracts.changes import Change, Classification, DocumentDiff
from contracts.reports import change_words as words
from contracts.reports.messages import clipped
from contracts.reports.verdict_words import accepted_until, stale


def change_lines(result: DocumentDiff) -> Iterator[str]:
    """Yield the lines of a comparison; none is longer than MAX_LINE characters."""
    yield from map(clipped, _lines(result))


def _lines(result: DocumentDiff) -> Iterator[str]:
    yield f"{result.outcome}  {words.headline(result.standing, result.compared.operations)}"
    for label, source, document in zip(
        ("old", "new"), result.sources, (result.compared.old, result.compared.new), strict=True
    ):
        layers = f" + {', '.join(document.overlays)}" if document.overlays else ""
        yield f"{label:<12}{document.title} {document.version} ({source.name}{layers})"
    if result.seen:
        yield f"seen        {words.seen_line(result.seen)}"
    label = "not compared"
    for each in result.compared.not_compared:
        yield f"{label} {each}"
    plain = [each for each in result.standing if each.classification == Classification.EQUIVALENT]
    if plain:
        yield f"equivalent  {words.equivalent_line(plain)}"
    for change, waiver in result.accepted.waived:
        yield f"waived      {change.classification}  {words.change_line(change)} ({accepted_until(waiver)})"
    for waiver in result.accepted.stale:
        yield f"stale       {stale(waiver, result.day)}"
    number = 0
    for direction, who in words.READERS.items():
        told = [each for each in result.standing if each.direction == direction and each not in plain]
        if told:
            yield f"for {who}"
        for group in words.grouped(told):
            number += 1
            yield from _group(number, group, result)


_INDENT: Final = " " * 5


def _group(number: int, group: tuple[Change, ...], result: DocumentDiff) -> Iterator[str]:
    first = group[0]
    yield f"{number:>3}. {first.classification}  {words.change_line(first)}"
    if line := words.spots_line(first, (result.sources[0].name, result.sources[1].name)):
        yield _INDENT + line
    yield from (_INDENT + line for line in words.proof_lines(first))
    if line := words.expired_line(group, result):
        yield _INDENT + line
    if line := words.also_line(group):
        yield _INDENT + line


MAX_CHANGES: Final = 8
"""The number of groups of changes that a run's verdict shows; report.json holds every change."""

_MARGIN: Final = " " * 12


def part_of_run(result: DocumentDiff) -> Iterator[str]:
    """Yield what a run's verdict says of the changes since OLD.

    Those that break clients, or may, are shown with the lines of both documents, what the official SDK does and how
    many answers of the run show them; the others are counted.
    """
    yield f"changes     {words.since_line(result)}"
    groups = words.grouped(result.counting)
    for group in groups[:MAX_CHANGES]:
        yield f"{_MARGIN}{group[0].classification}  {words.change_line(group[0])}"
        if line := " · ".join(words.remarks(group, result)):
            yield f"{_MARGIN}  {line}"
    if rest := len(groups[MAX_CHANGES:]):
        yield f"{_MARGIN}and {rest} more (report.json, which --report-dir writes, has all)"
    for change, waiver in result.accepted.waived[:MAX_CHANGES]:
        line = f"{change.classification}  {words.change_line(change)} ({accepted_until(waiver)})"
        yield f"{_MARGIN}waived    {line}"
    for each in result.compared.not_compared[:MAX_CHANGES]:
        yield f"{_MARGIN}not compared  {each}"
    for what, several in (("waived", result.accepted.waived), ("not compared", result.compared.not_compared)):
        if rest := len(several[MAX_CHANGES:]):
            yield f"{_MARGIN}and {rest} more {what}"
