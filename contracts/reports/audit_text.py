"""Word an audit for people: in the terminal and in Markdown.

Hides how much of a finding with many places is shown.
"""

from collections.abc import Iterator, Sequence
from typing import Final, TextIO

from contracts.audit import Audit, DocumentFinding, ShownAnswer
from contracts.reports.markdown import code, plain
from contracts.reports.messages import clipped, visible
from contracts.reports.sarif import relative
from contracts.rules import DOCUMENT_RULES

MAX_PLACES: Final = 4
"""How many places of one finding the terminal names."""


def audit_headline(audit: Audit) -> str:
    """Return the audit in one sentence."""
    found, notes = len(audit.findings), len(audit.notes)
    what = f"{found} {'finding' if found == 1 else 'findings'}" if found else "nothing wrong"
    beside = f", {notes} {'note' if notes == 1 else 'notes'}" if notes else ""
    return f"AUDIT       {what}{beside} in {_judged(audit)}"


def audit_lines(audit: Audit) -> Iterator[str]:
    """Yield the lines for a terminal: the headline, then each finding and each note."""
    document = audit.document
    yield audit_headline(audit)
    overlays = "".join(f" + {name}" for name in document.overlays)
    yield f"document    {document.title} {document.version} ({relative(document.path)}{overlays})"
    for label, found in (("findings", audit.findings), ("notes", audit.notes)):
        yield f"{label:<12}{f'{len(found)}' if found else 'none'}"
        for number, finding in enumerate(found, 1):
            yield from (clipped(visible(line)) for line in _block(audit, number, finding))
    if audit.findings:
        corrected = len(audit.findings) - len(audit.uncorrected)
        yield f"corrected   {corrected} of {len(audit.findings)} findings by an overlay, which --fix FILE writes"


def _block(audit: Audit, number: int, finding: DocumentFinding) -> Iterator[str]:
    first, *others = (_place(audit, finding, place) for place in finding.places[: MAX_PLACES + 1])
    yield f"  {number}. {finding.rule} at {first}"
    yield f"     {finding.what}"
    if count := len(finding.places) - 1:
        yield f"     and at {count} more {'place' if count == 1 else 'places'}:"
        yield from (f"       {place}" for place in others[: MAX_PLACES - 1])
        if count > MAX_PLACES - 1:
            yield f"       ... ({count - MAX_PLACES + 1} more; the reports of --report-dir list all)"
    if finding.shown:
        yield f"     {_verb(finding.shown):<12}{finding.shown.text}: {finding.shown.why}"
    yield f"     correction  {finding.correction.words}"
    yield f"     source      {DOCUMENT_RULES[finding.rule].source}"


def _place(audit: Audit, finding: DocumentFinding, place: str) -> str:
    origin = audit.origin(finding, place)
    return f"{place} ({relative(origin.path)}:{origin.line})"


def _verb(shown: ShownAnswer) -> str:
    return "passes" if shown.passes else "fails"


def _judged(audit: Audit) -> str:
    document = audit.document
    count = len(document.operations)
    whole = f"{count} of {document.described}" if count != document.described else f"{count}"
    return f"{whole} {'operation' if whole == '1' else 'operations'}"


def render_markdown(audit: Audit, file: TextIO) -> None:
    """Write the audit as Markdown."""
    file.writelines(f"{line}\n" for line in audit_markdown(audit))


def audit_markdown(audit: Audit) -> Iterator[str]:
    """Yield the lines of the audit as Markdown, every place included."""
    document = audit.document
    overlays = "".join(f" + {name}" for name in document.overlays)
    yield from (f"## Audit of {plain(document.title)} {plain(document.version)}", "")
    yield f"{code(document.path.name + overlays)}, sha256 {code(document.sha256)}:"
    yield f"{plain(audit_headline(audit).removeprefix('AUDIT').strip())}."
    for title, found in (("Findings", audit.findings), ("Notes, which change no exit code", audit.notes)):
        yield from ("", f"### {title}", "")
        yield from [] if found else ["None."]
        for number, finding in enumerate(found, 1):
            yield from _item(audit, number, finding)


def _item(audit: Audit, number: int, finding: DocumentFinding) -> Iterator[str]:
    yield f"{number}. **{finding.rule}**: {plain(finding.what)}"
    yield f"   - where: {', '.join(_places(audit, finding))}"
    if finding.shown:
        shown = finding.shown
        yield f"   - {_verb(shown)}: {code(shown.text)}: {plain(shown.why)}"
    yield f"   - correction: {plain(finding.correction.words)}"
    yield f"   - source: {DOCUMENT_RULES[finding.rule].source}"


def _places(audit: Audit, finding: DocumentFinding) -> Sequence[str]:
    origins = [(place, audit.origin(finding, place)) for place in finding.places]
    return [f"{code(place)} ({origin.path.name}, line {origin.line})" for place, origin in origins]
