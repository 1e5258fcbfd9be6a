"""Write diff.md: a comparison of two documents as Markdown, for the summary of a CI job or a pull request.

As a part of a run's report it stands one heading lower.
"""

from collections.abc import Iterator
from typing import Final, TextIO

from contracts.changes import Change, Classification, DocumentDiff
from contracts.reports import change_words as words
from contracts.reports.markdown import code, plain
from contracts.reports.messages import clipped
from contracts.reports.verdict_words import accepted_until, stale

_WIDTH: Final = 210
_MARKS: Final = {"BREAKING": "❌", "UNKNOWN": "❔", "COMPATIBLE": "✅", "EQUIVALENT": "✅"}


def render(result: DocumentDiff, file: TextIO) -> None:
    """Write the report to the file."""
    file.writelines(line + "\n" for line in summary(result))


def summary(result: DocumentDiff) -> Iterator[str]:
    """Yield the lines of the report, without line ends."""
    yield f"## {_MARKS[result.outcome]} {result.outcome}: {words.headline(result.standing, result.compared.operations)}"
    yield from ("", f"{code(result.sources[0].name)} → {code(result.sources[1].name)}")
    if result.seen:
        yield from ("", f"Seen: {words.seen_line(result.seen)}.")
    yield from _sections(result, "###")


def part_of_run(result: DocumentDiff) -> Iterator[str]:
    """Yield the lines of a run's report on the changes since OLD."""
    yield from ("", f"### Changes {plain(words.since_line(result))}")
    yield from _sections(result, "####")


def _sections(result: DocumentDiff, heading: str) -> Iterator[str]:
    for direction, who in words.READERS.items():
        told = [each for each in result.standing if each.direction == direction and not _is_equivalent(each)]
        if told:
            yield from ("", f"{heading} For {who}", "")
            for group in words.grouped(told):
                yield from _group(group, result)
    if plain := [each for each in result.standing if _is_equivalent(each)]:
        yield from ("", f"{heading} Equivalent", "", f"- {_short(words.equivalent_line(plain))}")
    if result.accepted.waived:
        yield from ("", f"{heading} Waived", "")
        for change, waiver in result.accepted.waived:
            yield f"- {_short(words.change_line(change))}"
            yield f"  {_short(accepted_until(waiver))}"
    if result.accepted.stale:
        yield from ("", f"{heading} Stale waivers", "")
        yield from (f"- {_short(stale(waiver, result.day))}" for waiver in result.accepted.stale)
    if result.compared.not_compared:
        yield from ("", f"{heading} Not compared", "")
        yield from (f"- {_short(each)}" for each in result.compared.not_compared)


def _is_equivalent(change: Change) -> bool:
    return change.classification == Classification.EQUIVALENT


def _group(group: tuple[Change, ...], result: DocumentDiff) -> Iterator[str]:
    first = group[0]
    yield f"- **{first.classification}** {_short(words.change_line(first))}"
    files = result.sources[0].name, result.sources[1].name
    lines = [words.spots_line(first, files), *words.proof_lines(first), words.also_line(group)]
    yield from (f"  - {_short(line)}" for line in lines if line)


def _short(text: str) -> str:
    return code(clipped(text, _WIDTH))
