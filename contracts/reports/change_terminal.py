"""Word a comparison of two documents for a terminal: the verdict, then every change with its proof."""

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
    for change, waiver in result.accepted.expired:
        if change in group:
            yield f"{_INDENT}waiver {waiver.number} of {waiver.owner} expired on {waiver.expires}"
            break
    if line := words.also_line(group):
        yield _INDENT + line
