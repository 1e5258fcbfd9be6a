"""report.json: everything that a verdict holds, for machines; `report.schema.json` beside this file describes it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, TextIO

from contracts import latency
from contracts.comparison import FORMAT, Comparison
from contracts.discovery import Resource
from contracts.features import Feature
from contracts.ledger import Night
from contracts.requirements import Unmet
from contracts.source import line_of, lines
from contracts.tally import Sighting, Witness
from contracts.verdict import Finding, Verdict
from contracts.violation import RULES
from contracts.waivers import Waiver
from contracts.wording import curl, headline, violation_line

QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def render(verdict: Verdict, comparison: Comparison | None, trend: Sequence[Night], file: TextIO) -> None:
    """Write the report."""
    json.dump(report(verdict, comparison, trend), file, indent=2)
    file.write("\n")


def report(verdict: Verdict, comparison: Comparison | None = None, trend: Sequence[Night] = ()) -> dict[str, Any]:
    """The report as plain JSON values, in a stable order; `trend` is what a ledger knows of the latest runs."""
    run, document = verdict.run, verdict.run.document
    known = lines(document.path)
    seen = {feature: sighting for feature, sighting in verdict.coverage.items() if sighting}
    return {
        "format": FORMAT,
        "outcome": str(verdict.outcome),
        "exit_code": verdict.exit_code,
        "headline": headline(verdict),
        "run": {
            "target": run.target,
            "profile": run.profile,
            "seed": run.seed,
            "started": run.started.isoformat(),
            "seconds": round(run.seconds, 3),
            "incident": run.incident,
            "notes": list(run.notes),
        },
        "document": {
            "title": document.title,
            "version": document.version,
            "file": document.path.name,
            "sha256": document.sha256,
            "overlays": list(document.overlays),
            "notes": list(document.notes),
        },
        "requests": {"total": verdict.requests, "answers": dict(verdict.answers), "retries": dict(verdict.retries)},
        "latency": {path: _latency(counts) for path, counts in sorted(verdict.times.items())},
        "vanished": _resources(verdict.vanished),
        "passed_over": _resources(verdict.passed_over),
        "self_test": dict(verdict.faults),
        "probes": dict(verdict.probes),
        "coverage": {
            "promised": len(verdict.coverage),
            "seen": len(seen),
            "features": [_feature(feature, sighting) for feature, sighting in verdict.coverage.items()],
            "undeclared": [_feature(feature, sighting) for feature, sighting in verdict.undeclared.items()],
        },
        "required": [_unmet(each) for each in verdict.unmet],
        "violations": [_violation(each, verdict, line_of(known, each.violation.document)) for each in verdict.findings],
        "waived": [_violation(each, verdict, line_of(known, each.violation.document)) for each in verdict.waived],
        "stale_waivers": [_waiver(each) for each in verdict.stale],
        "differences": [
            {"message": words, "count": each.count, "witness": _witness(each.witness)}
            for words, each in verdict.differences.items()
        ],
        "comparison": comparison and _comparison(comparison),
        "trend": [{**asdict(night), "started": night.started.isoformat()} for night in trend],
    }


def _resources(found: tuple[tuple[str, Resource], ...]) -> list[dict[str, Any]]:
    return [{"operation": path, "resource": list(resource)} for path, resource in found]


def _latency(counts: Any) -> dict[str, Any]:
    told = {name: round(latency.quantile(counts, share), 6) for name, share in QUANTILES.items()}
    return {"answers": sum(counts.values()), **told}


def _feature(feature: Feature, sighting: Sighting | None) -> dict[str, Any]:
    first = {"at": sighting.first, "resource": list(sighting.resource)} if sighting else None
    return {**asdict(feature), "count": sighting.count if sighting else 0, "first": first}


def _violation(each: Finding, verdict: Verdict, line: int) -> dict[str, Any]:
    violation, rule = each.violation, RULES[each.violation.rule]
    told = {name: value for name, value in asdict(violation).items() if name != "document"}
    return {
        "id": violation.fingerprint,
        **told,
        "document": {"pointer": violation.document, "line": line},
        "meaning": rule.meaning,
        "source": rule.source,
        "message": violation_line(violation),
        "count": each.count,
        "resources": [list(values) for values in each.resources],
        "witness": _witness(each.witness),
        "sdk": each.sdk,
        "waiver": each.waiver and _waiver(each.waiver),
        "recurrence": each.recurrence and {"often": str(each.recurrence.often), **asdict(each.recurrence)},
        "curl": curl(each.witness, keyed=verdict.run.keyed, account=verdict.run.account),
    }


def _unmet(each: Unmet) -> dict[str, Any]:
    missing = [asdict(feature) for feature in each.missing]
    return {"requirement": each.requirement, "missing": missing, "words": each.words}


def _waiver(waiver: Waiver) -> dict[str, Any]:
    return {**asdict(waiver), "expires": waiver.expires.isoformat()}


def _witness(witness: Witness) -> dict[str, Any]:
    request = {
        "method": witness.method,
        "operation": witness.operation,
        "url": witness.url,
        "parameters": dict(witness.parameters),
        "headers": _pairs(witness.asked),
    }
    if not witness.status:
        return {"request": request, "response": None}
    response = {"status": witness.status, "headers": _pairs(witness.fields), **body_of(witness.body)}
    return {"request": request, "response": response}


def _pairs(fields: tuple[tuple[str, str], ...]) -> list[list[str]]:
    return [[name, value] for name, value in fields]


def body_of(body: bytes) -> dict[str, str]:
    """A body as JSON can hold it: as `body` where it is UTF-8, else as `body_base64`."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": base64.b64encode(body).decode()}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "new": [each.violation.fingerprint for each in comparison.new],
        "still": [each.violation.fingerprint for each in comparison.still],
        "fixed": list(comparison.fixed),
        "unseen": list(comparison.unseen),
    }
