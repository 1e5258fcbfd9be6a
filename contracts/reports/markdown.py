"""report.md: the verdict for the summary of a CI job."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TextIO

from contracts import latency
from contracts.comparison import Comparison
from contracts.verdict import Finding, Outcome, Verdict
from contracts.wording import borne, curl, expired, headline, retries, spread, stale, violation_line

_MARKS = {Outcome.CONFORMS: "✅", Outcome.VIOLATES: "❌", Outcome.INCONCLUSIVE: "❔"}


def render(verdict: Verdict, comparison: Comparison | None, file: TextIO) -> None:
    """Write the report."""
    file.writelines(line + "\n" for line in summary(verdict, comparison))


def summary(verdict: Verdict, comparison: Comparison | None = None) -> Iterator[str]:
    """The lines of the report."""
    run = verdict.run
    yield f"## {_MARKS[verdict.outcome]} {verdict.outcome}: {_plain(headline(verdict))}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, told in _facts(verdict):
        yield f"| {name} | {_plain(told)} |"
    if comparison:
        yield from _comparison(comparison)
    yield from _broken(verdict)
    yield from _required(verdict)
    for note in (*run.notes, *run.document.notes):
        yield from ("", f"> {_plain(note)}")


def _broken(verdict: Verdict) -> Iterator[str]:
    if verdict.findings:
        yield from ("", "### Violations", "")
        for number, each in enumerate(verdict.findings, 1):
            yield from _violation(number, each, verdict)
    if verdict.waived:
        yield from ("", "### Waived", "")
        for each in verdict.waived:
            told = f" {code(borne(each.waiver))}" if each.waiver else ""
            yield f"- {code(violation_line(each.violation))} ({spread(each)}){told}"
    if verdict.stale:
        yield from ("", "### Stale waivers", "")
        yield from (f"- {code(stale(waiver, verdict.run.started.date()))}" for waiver in verdict.stale)


def _required(verdict: Verdict) -> Iterator[str]:
    if verdict.unmet:
        yield from ("", "### Required and not seen", "")
        for each in verdict.unmet:
            yield f"- {code(each.requirement)}: {each.words or f'{len(each.missing)} promises'}"
    unseen = list(verdict.unseen)
    if unseen:
        yield from ("", f"<details><summary>Not seen: {len(unseen)} of {len(verdict.coverage)} promises</summary>", "")
        yield from (f"- {code(f'{one.place} {one.kind} {one.which}'.rstrip())}" for one in unseen)
        yield from ("", "</details>")


def _facts(verdict: Verdict) -> Iterator[tuple[str, str]]:
    run, document = verdict.run, verdict.run.document
    layers = f" + {', '.join(document.overlays)}" if document.overlays else ", no overlay"
    seed = f", seed {run.seed}" if run.seed else ""
    yield "target", run.target
    yield "document", f"{document.title} {document.version} ({document.path.name}{layers})"
    yield "sha256", document.sha256
    yield "run", f"{run.profile}{seed}, {run.started:%Y-%m-%d %H:%M} UTC, {run.seconds:.1f} s"
    yield "answers", ", ".join(f"{name}: {count}" for name, count in verdict.answers.items()) or "none"
    if verdict.retries:
        yield "sent again", retries(verdict)
    for path, counts in sorted(verdict.times.items()):
        told = ", ".join(f"p{share} {latency.quantile(counts, share / 100) * 1000:.1f} ms" for share in (50, 95, 99))
        yield "latency", told if len(verdict.times) == 1 else f"{path}: {told}"
    seen = sum(1 for each in verdict.coverage.values() if each)
    yield "seen", f"{seen} of {len(verdict.coverage)} promises"
    if verdict.probes:
        yield "probed", ", ".join(f"{answer}: {count}" for answer, count in verdict.probes.items())
    if verdict.faults:
        yield "self-test", f"would have noticed {verdict.faults['caught']} of {verdict.faults['all']} faults"


def _violation(number: int, each: Finding, verdict: Verdict) -> Iterator[str]:
    yield f"{number}. **{each.violation.rule}** {code(violation_line(each.violation))} ({spread(each)})"
    if each.waiver:
        yield f"   {code(expired(each))}"
    if each.sdk:
        yield f"   {_plain(each.sdk)}"
    command = code(curl(each.witness, keyed=verdict.run.keyed, account=verdict.run.account))
    yield from ("   <details><summary>repeat</summary>", "", f"   {command}", "", "   </details>")


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield from ("", "### Since the report before", "")
    for name, lines in (
        ("new", [violation_line(each.violation) for each in comparison.new]),
        ("fixed", comparison.fixed),
        ("no longer seen", comparison.unseen),
    ):
        yield f"- {len(lines)} {name}"
        yield from (f"  - {code(line)}" for line in lines)
    yield f"- {len(comparison.still)} still there"


def code(text: str) -> str:
    """The text as a code span, whatever it holds (CommonMark, section 6.1)."""
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def _plain(text: str) -> str:
    """The text without a meaning of its own in Markdown, on one line."""
    escaped = "".join("\\" + char if char in "\\`*_[]<>|#" else char for char in text)
    return " ".join(escaped.split())
