"""report.sarif: violations as results that point at lines of the document, for code scanning.

Source: SARIF 2.1.0, https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, TextIO

from contracts.source import line_of, lines
from contracts.verdict import Finding, Verdict
from contracts.violation import RULES
from contracts.wording import borne, violation_line

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def render(verdict: Verdict, file: TextIO) -> None:
    """Write the report."""
    json.dump(log(verdict), file, indent=2)
    file.write("\n")


def log(verdict: Verdict) -> dict[str, Any]:
    """The log as plain JSON values."""
    used = sorted({each.violation.rule for each in (*verdict.findings, *verdict.waived)})
    known = lines(verdict.run.document.path)
    driver = {
        "name": "fine-tuning-job-contract",
        "version": version("fine-tuning-job-contract"),
        "rules": [
            {"id": code, "shortDescription": {"text": RULES[code].meaning}, "help": {"text": RULES[code].source}}
            for code in used
        ],
    }
    run = {
        "tool": {"driver": driver},
        "invocations": [
            {"executionSuccessful": not verdict.run.incident, "startTimeUtc": _utc(verdict), "exitCode": _code(verdict)}
        ],
        "results": [
            *(_result(each, verdict, used, known) for each in verdict.findings),
            *(_result(each, verdict, used, known) | _suppressed(each) for each in verdict.waived),
        ],
        "columnKind": "utf16CodeUnits",
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _utc(verdict: Verdict) -> str:
    return verdict.run.started.strftime("%Y-%m-%dT%H:%M:%SZ")


def _code(verdict: Verdict) -> int:
    return verdict.exit_code


def _result(each: Finding, verdict: Verdict, used: list[str], known: dict[str, int]) -> dict[str, Any]:
    violation = each.violation
    region = {"startLine": line_of(known, violation.document)}
    artifact = {"uri": relative(verdict.run.document.path)}
    return {
        "ruleId": violation.rule,
        "ruleIndex": used.index(violation.rule),
        "level": "error",
        "message": {"text": violation_line(violation)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": artifact, "region": region},
                "logicalLocations": [{"fullyQualifiedName": violation.document or "#", "kind": "element"}],
            }
        ],
        "partialFingerprints": {"violation/v1": violation.fingerprint},
        "occurrenceCount": each.count,
    }


def _suppressed(each: Finding) -> dict[str, Any]:
    """What a waiver is in SARIF (section 3.27.23), so that code scanning does not raise it."""
    assert each.waiver is not None
    return {"suppressions": [{"kind": "external", "status": "accepted", "justification": borne(each.waiver)}]}


def relative(path: Path) -> str:
    """The file as a URI relative to the folder that the run was started in, where it lies below that."""
    try:
        return path.resolve().relative_to(Path.cwd()).as_posix()
    except ValueError:
        return path.name
