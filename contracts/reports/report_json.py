"""Write report.json: everything that a verdict holds, for machines.

Hides the names of its fields (format 1), which `report.schema.json` beside this file describes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, astuple
from typing import TYPE_CHECKING, Any, Final, TextIO

from contracts.coverage import Feature, Unmet
from contracts.http import Response
from contracts.openapi import Document, Resource, line_of, pointer_lines
from contracts.reports import left_out_words
from contracts.reports.comparison import FORMAT, Comparison
from contracts.reports.curl import curl
from contracts.reports.messages import reference, violation_line
from contracts.reports.replay_words import replay_headline, replay_words
from contracts.reports.verdict_words import headline, refused_line
from contracts.rules import RULES
from contracts.verdict import (
    Difference,
    FeatureObservation,
    Finding,
    RefusedIds,
    Replay,
    ReplayedFinding,
    RunFacts,
    RunSummary,
    Verdict,
    Witness,
    latency_quantile,
)

if TYPE_CHECKING:
    from contracts.changes import DocumentDiff

REPLAY_FORMAT: Final = "replay 1"
"""The version of replay.json; unlike a report's it is a text, so that neither is taken for the other."""

QUANTILES: Final = {"p50": 0.5, "p95": 0.95, "p99": 0.99}


def render(
    verdict: Verdict,
    comparison: Comparison | None,
    trend: Sequence[RunSummary],
    file: TextIO,
    changes: DocumentDiff | None = None,
) -> None:
    """Write the report."""
    json.dump(report(verdict, comparison, trend, changes), file, indent=2)
    file.write("\n")


def report(
    verdict: Verdict,
    comparison: Comparison | None = None,
    trend: Sequence[RunSummary] = (),
    changes: DocumentDiff | None = None,
) -> dict[str, Any]:
    """Return the report as JSON values, in a stable order.

    `trend` are the latest runs of a ledger, oldest first; `changes` those of the document since an earlier one.
    """
    lines = pointer_lines(verdict.run.document.path)
    return {
        "format": FORMAT,
        "outcome": str(verdict.outcome),
        "exit_code": verdict.exit_code,
        "headline": headline(verdict),
        "run": _run(verdict.run),
        "document": _document(verdict.run.document),
        "requests": _requests(verdict),
        "latency": {path: _latency(counts) for path, counts in sorted(verdict.times.items()) if counts},
        "vanished": _resources(verdict.vanished),
        "passed_over": _resources(verdict.skipped_hanging),
        "refused": [_refused(refused, verdict.run) for refused in verdict.refused],
        "self_test": dict(verdict.faults),
        "probes": dict(verdict.probes),
        "coverage": {
            "promised": len(verdict.coverage),
            "seen": sum(observation is not None for observation in verdict.coverage.values()),
            "features": [_feature(*each) for each in verdict.coverage.items()],
            "undeclared": [_feature(*each) for each in verdict.undeclared.items()],
        },
        "required": [_unmet(unmet) for unmet in verdict.unmet],
        "violations": [_violation(finding, verdict.run, lines) for finding in verdict.findings],
        "waived": [_violation(finding, verdict.run, lines) for finding in verdict.waived],
        "stale_waivers": [waiver.to_json() for waiver in verdict.stale],
        "differences": [_difference(*each) for each in verdict.differences.items()],
        "changes": _changes(changes),
        "comparison": comparison and _comparison(comparison),
        "trend": [{**asdict(summary), "started": summary.started.isoformat()} for summary in trend],
    }


def _difference(words: str, difference: Difference) -> dict[str, Any]:
    return {"message": words, "count": difference.count, "witness": _witness(difference.witness)}


def _changes(changes: DocumentDiff | None) -> dict[str, Any] | None:
    if changes is None:
        return None
    from contracts.reports import change_json

    return change_json.part_of_run(changes)


def render_replay(replay: Replay, file: TextIO) -> None:
    """Write replay.json: what became of each violation of an earlier report, which `replay.schema.json` describes."""
    json.dump(replay_report(replay), file, indent=2)
    file.write("\n")


def replay_report(replay: Replay) -> dict[str, Any]:
    """Return the contents of replay.json as JSON values, in a stable order."""
    reported, lines = replay.reported, pointer_lines(replay.run.document.path)
    return {
        "format": REPLAY_FORMAT,
        "outcome": str(replay.outcome),
        "exit_code": replay.outcome.exit_code,
        "headline": replay_headline(replay),
        "report": {
            **{name: getattr(reported, name) for name in ("target", "document", "sha256")},
            "file": reported.path.name,
            "started": reported.started.isoformat(),
        },
        "run": _run(replay.run),
        "document": _document(replay.run.document),
        "requests": _requests(replay),
        "violations": [_replayed(each, replay.run) for each in replay.results],
        "new": [_violation(finding, replay.run, lines) for finding in replay.new],
        "new_waived": [_violation(finding, replay.run, lines) for finding in replay.new_waived],
    }


def _replayed(result: ReplayedFinding, run: RunFacts) -> dict[str, Any]:
    violation, request = result.finding.violation, result.finding.witness.request
    return {
        "id": violation.fingerprint,
        "rule": violation.rule,
        "place": violation.place,
        "operation": result.finding.witness.operation,
        "method": request.method,
        "resource": list(result.resource),
        "message": violation_line(violation),
        "result": str(result.outcome),
        "shown": result.shown,
        "tested": result.tested,
        "elsewhere": [list(resource) for resource in result.elsewhere],
        "obstacle": result.untested and str(result.untested.obstacle),
        "words": replay_words(result),
        "now": result.now and violation_line(result.now),
        "waiver": result.waiver and result.waiver.to_json(),
        "witness": result.witness and _witness(result.witness),
        "curl": curl(result.witness, run) if result.witness else "",
    }


def _requests(verdict: Verdict | Replay) -> dict[str, Any]:
    return {"total": verdict.requests, "answers": dict(verdict.answers), "retries": dict(verdict.retries)}


def _run(run: RunFacts) -> dict[str, Any]:
    texts = {name: getattr(run, name) for name in ("target", "profile", "seed", "incident")}
    return {**texts, "started": run.started.isoformat(), "seconds": round(run.seconds, 3), "notes": list(run.notes)}


def _document(document: Document) -> dict[str, Any]:
    texts = {name: getattr(document, name) for name in ("title", "version", "sha256")}
    return {
        **texts,
        "file": document.path.name,
        "overlays": list(document.overlays),
        "notes": list(document.notes),
        "operations": {
            "judged": len(document.operations),
            "described": document.described,
            "not_chosen": document.skipped,
        },
        "left_out": left_out_words.to_json(document),
    }


def _resources(resources: Iterable[tuple[str, Resource]]) -> list[dict[str, Any]]:
    return [{"operation": path, "resource": list(resource)} for path, resource in resources]


def _latency(counts: Mapping[int, int]) -> dict[str, Any]:
    quantiles = {name: round(latency_quantile(counts, share), 6) for name, share in QUANTILES.items()}
    return {"answers": sum(counts.values()), **quantiles}


def _feature(feature: Feature, observation: FeatureObservation | None) -> dict[str, Any]:
    first = {"at": observation.first, "resource": list(observation.resource)} if observation else None
    return {**_named(feature), "count": observation.count if observation else 0, "first": first}


def _named(feature: Feature) -> dict[str, str]:
    # The report's names of these fields are older than the code's, and programs that read reports depend on them.
    return dict(zip(("operation", "place", "kind", "which"), astuple(feature), strict=True))


def _violation(finding: Finding, run: RunFacts, lines: Mapping[str, int]) -> dict[str, Any]:
    violation, rule, recurrence = finding.violation, RULES[finding.violation.rule], finding.recurrence
    return {
        **{name: getattr(violation, name) for name in ("rule", "status", "place", "expected", "actual", "branch")},
        "id": violation.fingerprint,
        "document": {"pointer": violation.pointer, "line": line_of(lines, violation.pointer)},
        "cause": violation.variant,
        "nearest": violation.suggestion,
        "others": violation.is_of_others,
        "meaning": rule.meaning,
        "source": rule.source,
        "message": violation_line(violation),
        "count": finding.count,
        "resources": [list(resource) for resource in finding.resources],
        "more_resources": finding.more_resources,
        "witness": _witness(finding.witness),
        "sdk": finding.sdk,
        "waiver": finding.waiver and finding.waiver.to_json(),
        "recurrence": recurrence and {"often": str(recurrence.reproducibility), **asdict(recurrence)},
        "curl": curl(finding.witness, run) or None,
        "request_id": reference(finding.witness),
    }


def _refused(refused: RefusedIds, run: RunFacts) -> dict[str, Any]:
    return {
        **{name: getattr(refused, name) for name in ("id_class", "answer", "media_type", "product", "location")},
        "count": refused.count,
        "more": refused.more,
        "message": refused_line(refused),
        "witness": _witness(refused.witness),
        "curl": curl(refused.witness, run) or None,
    }


def _unmet(unmet: Unmet) -> dict[str, Any]:
    return {**asdict(unmet), "missing": list(map(_named, unmet.missing))}


def _witness(witness: Witness) -> dict[str, Any]:
    request, outcome = witness.request.to_json(), witness.outcome
    del request["trace"]  # It is in `request_id`.
    response = outcome.to_json() if isinstance(outcome, Response) else None
    return {"request": {"operation": witness.operation, **request}, "response": response}


def _comparison(comparison: Comparison) -> dict[str, Any]:
    return {
        "new": [finding.violation.fingerprint for finding in comparison.new],
        "still": [finding.violation.fingerprint for finding in comparison.still],
        "fixed": list(comparison.fixed),
        "unseen": list(comparison.unseen),
    }
