"""Write an audit for machines: audit.json, .sarif and .md, GitLab's report, and the overlay that corrects the document.

Hides the names of the fields of audit.json (format 1), which `audit.schema.json` beside this file describes.
"""

import json
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, TextIO

import yaml

from contracts.audit import Audit, DocumentFinding, OverlayAction
from contracts.reports import code_quality
from contracts.reports.audit_text import render_markdown
from contracts.reports.files import ReportErrors, atomically
from contracts.reports.sarif import audit_log, relative
from contracts.rules import DOCUMENT_RULES

FORMAT: Final = 1

_WIDTH: Final = 100
"""The length of the lines of a comment."""


def write_audit(folder: Path, audit: Audit) -> ReportErrors:
    """Write the reports of an audit into the folder, which is made; return an error for each that was not written."""
    renderings: dict[str, Callable[[TextIO], object]] = {
        "audit.json": partial(render_json, audit),
        "audit.md": partial(render_markdown, audit),
        "audit.sarif": lambda file: json.dump(audit_log(audit), file, indent=2),
        "gl-code-quality-audit.json": lambda file: code_quality.render(audit_log(audit), file),
    }
    errors = ReportErrors()
    for name, render in renderings.items():
        with errors.guarded(f"{folder / name} was not written"):
            atomically(folder / name, render)
    return errors


def render_json(audit: Audit, file: TextIO) -> None:
    """Write the audit as JSON."""
    json.dump(audit_json(audit), file, indent=2, ensure_ascii=False)
    file.write("\n")


def audit_json(audit: Audit) -> dict[str, Any]:
    """Return the audit as JSON values."""
    document = audit.document
    return {
        "format": FORMAT,
        "exit_code": audit.exit_code,
        "document": {
            "title": document.title,
            "version": document.version,
            "file": relative(document.path),
            "sha256": document.sha256,
            "overlays": list(document.overlays),
            "operations": {"audited": len(document.operations), "described": document.described},
        },
        "findings": [_finding(audit, each) for each in audit.findings],
        "notes": [_finding(audit, each) for each in audit.notes],
    }


def _finding(audit: Audit, finding: DocumentFinding) -> dict[str, Any]:
    rule, shown = DOCUMENT_RULES[finding.rule], finding.shown
    origins = [(place, audit.origin(finding, place)) for place in finding.places]
    return {
        "rule": rule.code,
        "meaning": rule.meaning,
        "source": rule.source,
        "what": finding.what,
        "places": [{"pointer": at, "file": relative(origin.path), "line": origin.line} for at, origin in origins],
        "shown": None if shown is None else {"answer": shown.text, "passes": shown.passes, "why": shown.why},
        "correction": {"words": finding.correction.words, "actions": list(finding.correction.actions)},
    }


def write_corrections(path: Path, audits: Sequence[Audit]) -> int:
    """Write the Overlay that corrects a document, as far as actions can, and return the number of its actions.

    Each audit is of the document with the corrections of those before it. Raises OSError if the file is not written.
    """
    corrections = _corrections(audits)
    lines = (*_head(audits[0]), *_actions(corrections))
    if corrections:
        atomically(path, lambda file: file.writelines(f"{line}\n" for line in lines))
    return len(corrections)


def _corrections(audits: Iterable[Audit]) -> list[tuple[OverlayAction, DocumentFinding]]:
    """Return the actions of all audits with their findings; an action of an earlier audit is not repeated."""
    found: list[tuple[OverlayAction, DocumentFinding]] = []
    for audit in audits:
        known = [action for action, _ in found]
        found += [each for each in audit.corrections() if each[0] not in known]
    return found


def _head(audit: Audit) -> Iterator[str]:
    document = audit.document
    yield from _comment(f"Corrections of {document.path.name} (sha256 {document.sha256}), as an audit suggests them.")
    for finding in audit.uncorrected:
        places = ", ".join(finding.places)
        yield from _comment(f"Not corrected: {finding.rule} at {places}: {finding.what}; {finding.correction.words}.")
    yield "overlay: 1.1.0"
    info = {"title": f"Corrections of {document.title}", "version": document.version or "1"}
    yield from _yaml({"info": info})
    yield "actions:"


def _actions(corrections: Iterable[tuple[OverlayAction, DocumentFinding]]) -> Iterator[str]:
    last: DocumentFinding | None = None
    for action, finding in corrections:
        if finding is not last:
            yield from (
                f"  {line}" for line in _comment(f"{finding.rule}: {finding.what}; {finding.correction.words}.")
            )
        last = finding
        yield from (f"  {line}" for line in _yaml([{**action, "description": finding.what}]))


def _comment(text: str) -> list[str]:
    # A printable line: what a document names must not end the comment.
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return textwrap.wrap(words, _WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)


def _yaml(value: Any) -> list[str]:
    text: str = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return text.splitlines()
