"""Write diff.json: everything that a comparison of two documents holds, for machines.

Hides the names of its fields (format 1), which `diff.schema.json` beside this file describes.
"""

import json
from dataclasses import asdict
from typing import Any, Final, TextIO

from contracts.changes import Change, DocumentDiff, Spot, Witness
from contracts.openapi import Document
from contracts.reports import left_out_words
from contracts.reports.change_words import change_line, headline, kind_meaning
from contracts.reports.messages import violation_line

FORMAT: Final = 1


def render(result: DocumentDiff, file: TextIO) -> None:
    """Write the report."""
    json.dump(report(result), file, indent=2)
    file.write("\n")


def report(result: DocumentDiff) -> dict[str, Any]:
    """Return the report as JSON values, in a stable order."""
    return {
        "format": FORMAT,
        **part_of_run(result),
        "exit_code": result.exit_code,
        "fail_on": "any" if result.fail_on_any else "breaking",
        "seen": result.seen and asdict(result.seen),
        "stale_waivers": [waiver.to_json() for waiver in result.accepted.stale],
    }


def part_of_run(result: DocumentDiff) -> dict[str, Any]:
    """Return what report.json of a run says of the changes since OLD; stale waivers and exit code are the run's."""
    compared, accepted = result.compared, result.accepted
    return {
        "outcome": result.outcome,
        "headline": headline(result.standing, compared.operations),
        "old": _side(result.sources[0].name, compared.old),
        "new": _side(result.sources[1].name, compared.new),
        "operations": compared.operations,
        "not_compared": list(compared.not_compared),
        "changes": [_change(each) for each in accepted.standing],
        "waived": [{**_change(each), "waiver": waiver.to_json()} for each, waiver in accepted.waived],
    }


def _side(name: str, document: Document) -> dict[str, Any]:
    return {
        "name": name,
        "title": document.title,
        "version": document.version,
        "sha256": document.sha256,
        "overlays": list(document.overlays),
        "left_out": left_out_words.to_json(document),
    }


def _change(change: Change) -> dict[str, Any]:
    texts = ("operation", "status", "media_type", "place", "branch", "before", "after", "reason", "sdk")
    return {
        "id": change.fingerprint,
        "rule": change.code,
        "classification": str(change.classification),
        "concerns": str(change.direction),
        **{name: getattr(change, name) for name in texts},
        "may_break": change.may_break,
        "old": _spot(change.old),
        "new": _spot(change.new),
        "meaning": kind_meaning(change),
        "message": change_line(change),
        "witness": change.witness and _witness(change.witness),
        "seen": change.seen and {"count": change.seen.count, "of": change.seen.of},
    }


def _spot(spot: Spot | None) -> dict[str, Any] | None:
    return {"pointer": spot.pointer, "line": spot.line} if spot else None


def _witness(witness: Witness) -> dict[str, Any]:
    return {
        "admitted_by": "new" if witness.by_new else "old",
        "response": witness.response and witness.response.to_json(),
        "before": witness.before and witness.before.to_json(),
        "value": witness.value,
        "asked": witness.asked,
        "refusals": [
            {"rule": each.rule, "place": each.place, "pointer": each.pointer, "message": violation_line(each)}
            for each in witness.refusals
        ],
    }
