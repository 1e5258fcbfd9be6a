"""Write report.sarif, and audit.sarif: results that point at lines of the document, for code scanning.

Source: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TextIO
from urllib.parse import quote

from contracts.audit import Audit, DocumentFinding
from contracts.openapi import line_of, pointer_lines
from contracts.reports.messages import violation_line
from contracts.reports.verdict_words import accepted_until
from contracts.rules import DOCUMENT_RULES, RULES, explain, explanation_markdown
from contracts.verdict import Finding, Verdict

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(made: Mapping[str, Any], file: TextIO) -> None:
    """Write a log to the file."""
    json.dump(made, file, indent=2)
    file.write("\n")


def log(verdict: Verdict) -> dict[str, Any]:
    """Return the log as JSON values."""
    used = sorted({finding.violation.rule for finding in (*verdict.findings, *verdict.waived)})
    lines = pointer_lines(verdict.run.document.path)
    run = {
        "tool": _tool(used),
        "invocations": [
            {
                "executionSuccessful": not verdict.run.incident,
                "startTimeUtc": verdict.run.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "exitCode": verdict.exit_code,
            }
        ],
        "results": [
            *(_result(finding, verdict, used, lines) for finding in verdict.findings),
            *(_result(finding, verdict, used, lines) | _suppressed(finding) for finding in verdict.waived),
        ],
        "columnKind": "utf16CodeUnits",
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def audit_log(audit: Audit) -> dict[str, Any]:
    """Return the log of an audit as JSON values: a result for each place of each finding and note."""
    found = (*audit.findings, *audit.notes)
    used = sorted({finding.rule for finding in found})
    results = [_audit_result(audit, finding, place, used) for finding in found for place in finding.places]
    run = {"tool": _tool(used), "results": results, "columnKind": "utf16CodeUnits"}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _audit_result(audit: Audit, finding: DocumentFinding, place: str, used: list[str]) -> dict[str, Any]:
    origin = audit.origin(finding, place)
    fingerprint = hashlib.sha256(f"{finding.rule} {place}".encode()).hexdigest()[:16]
    return {
        "ruleId": finding.rule,
        "ruleIndex": used.index(finding.rule),
        "level": "note" if finding.is_note else "error",
        "message": {"text": f"{finding.what}; {finding.correction.words}"},
        "locations": [_location(origin.path, origin.line, place)],
        "partialFingerprints": {"finding/v1": fingerprint},
    }


def _tool(used: Iterable[str]) -> dict[str, Any]:
    name = "fine-tuning-job-contract"
    return {"driver": {"name": name, "version": version(name), "rules": list(map(descriptor, used))}}


def _location(path: Path, line: int, pointer: str) -> dict[str, Any]:
    return {
        "physicalLocation": {"artifactLocation": {"uri": quote(relative(path))}, "region": {"startLine": line}},
        "logicalLocations": [{"fullyQualifiedName": pointer or "#", "kind": "element"}],
    }


def descriptor(code: str) -> dict[str, Any]:
    """Return what SARIF says of a rule (section 3.49): its explanation, and where its source is published, if it is."""
    rule = (RULES | DOCUMENT_RULES)[code]
    return {
        "id": code,
        "shortDescription": {"text": rule.meaning},
        "help": {"text": _text(explain(code)), "markdown": _text(explanation_markdown(code))},
        **({"helpUri": rule.url} if rule.url else {}),
    }


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _result(finding: Finding, verdict: Verdict, used: list[str], lines: dict[str, int]) -> dict[str, Any]:
    violation = finding.violation
    line = line_of(lines, violation.pointer)
    return {
        "ruleId": violation.rule,
        "ruleIndex": used.index(violation.rule),
        "level": "error",
        "message": {"text": violation_line(violation)},
        "locations": [_location(verdict.run.document.path, line, violation.pointer)],
        "partialFingerprints": {"violation/v1": violation.fingerprint},
        "occurrenceCount": finding.count,
    }


def _suppressed(finding: Finding) -> dict[str, Any]:
    """Return the waiver as a suppression (SARIF, section 3.27.23), so that code scanning raises no alert."""
    assert finding.waiver is not None
    justification = accepted_until(finding.waiver)
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": justification}]}


def relative(path: Path) -> str:
    """Return the path relative to the working directory if the file lies below that, otherwise the file's name."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.name
