"""Write report.md: the verdict as Markdown, for the summary of a CI job."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Final, TextIO

from contracts.reports.comparison import Comparison
from contracts.reports.curl import curl_lines, request_line
from contracts.reports.grouping import grouped, rules_of, told_by
from contracts.reports.left_out_words import to_json
from contracts.reports.messages import clipped, group_line, reference, violation_line
from contracts.reports.terminal import MAX_GROUPS
from contracts.reports.verdict_words import (
    accepted_until,
    expired,
    headline,
    rarity,
    refused_line,
    retries,
    self_test,
    spread,
    stale,
)
from contracts.rules import where_explained
from contracts.verdict import Finding, Outcome, Verdict, latency_quantile

_WIDTH: Final = 210
"""The number of characters of one text: what stands around it fits on its line too (see MAX_LINE)."""

MAX_LISTED: Final = 8
"""The number of lines about what is required and was not seen, and about refused ids; report.json holds all."""

_MARKS = {Outcome.CONFORMS: "✅", Outcome.VIOLATES: "❌", Outcome.INCONCLUSIVE: "❔"}


def render(verdict: Verdict, comparison: Comparison | None, file: TextIO, changes: Iterable[str] = ()) -> None:
    """Write the report to the file."""
    file.writelines(line + "\n" for line in summary(verdict, comparison, changes))


def summary(verdict: Verdict, comparison: Comparison | None = None, changes: Iterable[str] = ()) -> Iterator[str]:
    """Yield the lines of the report, without line ends; `changes` are those on the document since an earlier one."""
    run = verdict.run
    yield f"## {_MARKS[verdict.outcome]} {verdict.outcome}: {plain(headline(verdict))}"
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    for name, fact in _facts(verdict):
        yield f"| {name} | {plain(fact)} |"
    if comparison:
        yield from _comparison(comparison)
    yield from changes
    yield from _broken(verdict)
    yield from _required(verdict)
    yield from _left_out(verdict)
    if verdict.refused:
        yield from ("", "### Refused before the operation: no violation", "")
        yield from (f"- {_short(refused_line(refused))}" for refused in verdict.refused[:MAX_LISTED])
        yield from _beyond(verdict.refused, MAX_LISTED)
    for note in (*run.notes, *run.document.notes):
        yield from ("", f"> {plain(note)}")


def _left_out(verdict: Verdict) -> Iterator[str]:
    if not verdict.run.document.left_out:
        return
    yield from ("", "### Left out, because it cannot be judged", "")
    for each in to_json(verdict.run.document):
        for reason in each["reasons"]:
            name = f"GET {each['operation']} {each['part']}".rstrip()
            line = f"{name}: {reason['pointer']} {reason['problem']}; {reason['fix']}"
            yield f"- {_short(line)}"
            yield f"  Overlay action: {_short(json.dumps(reason['overlay_action'], ensure_ascii=False))}"


def _broken(verdict: Verdict) -> Iterator[str]:
    if verdict.findings:
        yield from ("", "### Violations", "")
        groups = grouped(verdict.findings)
        for number, group in enumerate(groups[:MAX_GROUPS], 1):
            yield from _violations(number, group, verdict)
        yield from _beyond(groups, MAX_GROUPS)
        yield from ("", f"{where_explained(*rules_of(groups))}.")
    if verdict.waived:
        yield from ("", "### Waived", "")
        groups = grouped(verdict.waived)
        for group in groups[:MAX_GROUPS]:
            yield f"- {_short(group_line(group))} ({spread(*group)})"
            if waiver := group[0].waiver:
                yield f"  {_short(accepted_until(waiver))}"
        yield from _beyond(groups, MAX_GROUPS)
    if verdict.stale:
        yield from ("", "### Stale waivers", "")
        yield from (f"- {_short(stale(waiver, verdict.run.started.date()))}" for waiver in verdict.stale)


def _required(verdict: Verdict) -> Iterator[str]:
    if verdict.unmet:
        yield from ("", "### Required and not seen", "")
        for unmet in verdict.unmet[:MAX_LISTED]:
            yield f"- {_short(unmet.requirement)}: {unmet.words or f'{len(unmet.missing)} promises'}"
        yield from _beyond(verdict.unmet, MAX_LISTED)
    unseen = list(verdict.unseen)
    if unseen:
        yield from ("", f"<details><summary>Not seen: {len(unseen)} of {len(verdict.coverage)} promises</summary>", "")
        yield from (f"- {_short(f'{one.location} {one.kind} {one.which}'.rstrip())}" for one in unseen)
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
    for path, counts in sorted((path, counts) for path, counts in verdict.times.items() if counts):
        quantiles = (f"p{share} {latency_quantile(counts, share / 100) * 1000:.1f} ms" for share in (50, 95, 99))
        fact = ", ".join(quantiles)
        yield "latency", fact if len(verdict.times) == 1 else f"{path}: {fact}"
    seen = sum(observation is not None for observation in verdict.coverage.values())
    yield "seen", f"{seen} of {len(verdict.coverage)} promises"
    if verdict.probes:
        yield "probed", ", ".join(f"{answer}: {count}" for answer, count in verdict.probes.items())
    if words := self_test(verdict):
        yield "self-test", words
    if words := rarity(verdict):
        yield "rarity", words


def _beyond(listed: Sequence[object], most: int) -> Iterator[str]:
    """Yield how many of what is listed are not shown."""
    if rest := len(listed[most:]):
        yield f"- and {rest} more (report.json has all)"


def _violations(number: int, group: Sequence[Finding], verdict: Verdict) -> Iterator[str]:
    yield f"{number}. **{group[0].violation.rule}** {_short(group_line(group))} ({spread(*group)})"
    witness = min(finding.witness for finding in told_by(group))
    yield from dict.fromkeys(f"   {_short(expired(finding))}" for finding in told_by(group) if finding.waiver)
    yield from dict.fromkeys(f"   {plain(finding.sdk)}" for finding in told_by(group) if finding.sdk)
    if named := reference(witness):
        yield f"   request {_short(named)}"
    commands = curl_lines(witness, verdict.run)
    if not commands:
        yield f"   asked for: {code(request_line(witness))}"
        return
    block = [code(*commands)] if len(commands) == 1 else ["```bash", *commands, "```"]
    yield from ("   <details><summary>repeat</summary>", "", *(f"   {line}" for line in block), "", "   </details>")


def _comparison(comparison: Comparison) -> Iterator[str]:
    yield from ("", "### Since the report before", "")
    for name, lines in (
        ("new", [violation_line(finding.violation) for finding in comparison.new]),
        ("fixed", comparison.fixed),
        ("no longer seen", comparison.unseen),
    ):
        yield f"- {len(lines)} {name}"
        yield from (f"  - {_short(line)}" for line in lines[:MAX_GROUPS])
        yield from (f"  {line}" for line in _beyond(lines, MAX_GROUPS))
    yield f"- {len(comparison.still)} still there"


def _short(text: str) -> str:
    return code(clipped(text, _WIDTH))


def code(text: str) -> str:
    """Return the text as a code span, whatever characters it holds (CommonMark, section 6.1)."""
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}" if "`" in text else f"`{text}`"


def plain(text: str) -> str:
    """Return the text on one line, with its characters escaped that have a meaning in Markdown."""
    escaped = "".join("\\" + char if char in "\\`*_[]<>|#" else char for char in text)
    line = " ".join(escaped.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1].rstrip("\\") + "…"
