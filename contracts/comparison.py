"""What has changed since the run that an earlier report tells of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.errors import ConfigurationError
from contracts.verdict import Finding, Verdict

FORMAT: Final = 1
"""Of report.json; goes up whenever a reader of the report would have to change."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Violations since the earlier report, each list in a stable order.

    Those of now are `new` or `still` there, waived then or not; those of then are `fixed` where the promise was put to
    the test again, and otherwise `unseen`: nobody knows. Of the latter two only what the report told is known.
    """

    new: tuple[Finding, ...]
    still: tuple[Finding, ...]
    fixed: tuple[str, ...]
    unseen: tuple[str, ...]


def read(path: Path) -> dict[str, Any]:
    """An earlier report.json; raises ConfigurationError, in one line, when it is none."""
    try:
        report = json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigurationError(f"--compare {path} cannot be read: {error.strerror}; name a report.json") from None
    except (ValueError, RecursionError):
        raise ConfigurationError(f"--compare {path} is no JSON; name a report.json of an earlier run") from None
    if not isinstance(report, dict) or report.get("format") != FORMAT:
        raise ConfigurationError(
            f"--compare {path} is no report of format {FORMAT}; name a report.json of this version"
        )
    return report


def compare(before: Mapping[str, Any], verdict: Verdict) -> Comparison:
    """What has changed since then."""
    then = {each["id"]: each for each in before["violations"]}
    known = {*then, *(each["id"] for each in before.get("waived", ()))}
    now = {each.violation.fingerprint: each for each in verdict.findings}
    # What is waived by now is borne, not fixed.
    there = {*now, *(each.violation.fingerprint for each in verdict.waived)}
    gone = [each for name, each in then.items() if name not in there]
    return Comparison(
        new=tuple(each for name, each in now.items() if name not in known),
        still=tuple(each for name, each in now.items() if name in known),
        fixed=_lines(each for each in gone if _tested(each, verdict)),
        unseen=_lines(each for each in gone if not _tested(each, verdict)),
    )


def _lines(told: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted(each["message"] for each in told))


def _tested(violation: Mapping[str, Any], verdict: Verdict) -> bool:
    """Whether an answer came that would have shown it: of its status, and of its branch of a union."""
    if not violation["status"] or violation["place"] == "status":
        return verdict.requests > 0
    branches = {feature.which for feature, seen in verdict.coverage.items() if feature.kind == "branch" and seen}
    return str(violation["status"]) in verdict.answers and (not violation["branch"] or violation["branch"] in branches)
