"""Compare a verdict with the report of an earlier run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.coverage import Feature
from contracts.openapi import ConfigurationError
from contracts.verdict import Finding, Verdict

FORMAT: Final = 1
"""The version of report.json, raised whenever a program that reads the report would have to change."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The differences between the verdict and an earlier report, each list in a stable order.

    Violations of the verdict are `new`, or `still` there if they stood or were waived in the report. Violations that
    only the report has are `fixed` if the run tested the promise again, and otherwise `unseen`; both are messages.
    """

    new: tuple[Finding, ...]
    still: tuple[Finding, ...]
    fixed: tuple[str, ...]
    unseen: tuple[str, ...]


def read_report(path: Path, named: str) -> dict[str, Any]:
    """Return the contents of an earlier report.json.

    Raise ConfigurationError, in one line that names the file as `named`, for any other file.
    """
    try:
        report = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"{named} cannot be read: {error.strerror}; name a report.json") from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"{named} is no JSON, or cut; name a report.json of an earlier run") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise ConfigurationError(f"{named} is no report of format {FORMAT}; name a report.json of this version")
    return report


def reported_features(path: Path, named: str) -> dict[Feature, int]:
    """Return how often a run saw each feature, by its report.json; raises what `read_report` does."""
    coverage = read_report(path, named).get("coverage")
    if not isinstance(coverage, dict):
        raise ConfigurationError(f"{named} is no report of a run; name a report.json")
    names = ("operation", "place", "kind", "which")
    return {Feature(*(each[name] for name in names)): each["count"] for each in coverage["features"]}


def compare(before: Mapping[str, Any], verdict: Verdict) -> Comparison:
    """Return the differences; `before` are the contents of an earlier report.json."""
    earlier = {violation["id"]: violation for violation in before["violations"]}
    known = {*earlier, *(violation["id"] for violation in before.get("waived", ()))}
    standing = {finding.violation.fingerprint: finding for finding in verdict.findings}
    # A violation that is waived by now is accepted, not fixed.
    present = {*standing, *(finding.violation.fingerprint for finding in verdict.waived)}
    gone = [violation for name, violation in earlier.items() if name not in present]
    # What is not recorded by itself any more may be there among others.
    beyond = {each.violation.group for each in (*verdict.findings, *verdict.waived) if each.violation.is_of_others}
    fixed: list[Mapping[str, Any]] = []
    unseen: list[Mapping[str, Any]] = []
    for violation in gone:
        is_known = _tested(violation, verdict) and not (beyond and _group(violation) in beyond)
        (fixed if is_known else unseen).append(violation)
    return Comparison(
        new=tuple(finding for name, finding in standing.items() if name not in known),
        still=tuple(finding for name, finding in standing.items() if name in known),
        fixed=_messages(fixed),
        unseen=_messages(unseen),
    )


def _group(violation: Mapping[str, Any]) -> tuple[str, int, str]:
    return violation["rule"], violation["status"], violation["document"]["pointer"]


def _messages(violations: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted(violation["message"] for violation in violations))


def _tested(violation: Mapping[str, Any], verdict: Verdict) -> bool:
    """Return whether a response came that would have shown the violation: of its status and its branch of a union."""
    if not violation["status"] or violation["place"] == "status":
        return verdict.requests > 0
    branches = {feature.which for feature, seen in verdict.coverage.items() if feature.kind == "branch" and seen}
    return str(violation["status"]) in verdict.answers and (not violation["branch"] or violation["branch"] in branches)
