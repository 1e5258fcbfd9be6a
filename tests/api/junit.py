"""One test case for each promise in pytest's own `--junitxml`, so that a dashboard shows which promise broke.

The promises are those that there is a fault for: a rule, and the place in an answer that it judges.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from contracts.features import Feature
from contracts.verdict import Finding, Verdict
from contracts.wording import borne, violation_line
from strategies.faults import faults
from strategies.self_test import covers

Promise = tuple[str, str]
"""A rule's code, and a place with `*` for any item and `@` for any byte offset."""


def report_promises(config: pytest.Config, verdict: Verdict) -> None:
    """Tell the plugins that take reports of the promises, as if each had been a test; the terminal has the verdict."""
    told = [config.pluginmanager.get_plugin(name) for name in ("terminalreporter", "contract-verdict", "session")]
    tell = config.pluginmanager.subset_hook_caller("pytest_runtest_logreport", told)
    for (rule, place), (outcome, words) in outcomes(verdict).items():
        name = f"contract::{rule} at {place}"
        for when in ("call", "teardown"):
            call = when == "call"
            report = pytest.TestReport(
                nodeid=name,
                location=("contract", None, name),
                keywords={},
                outcome=outcome if call else "passed",  # type: ignore[arg-type]
                longrepr=_longrepr(outcome, words) if call else None,
                when="call" if call else "teardown",
            )
            tell(report=report)


def _longrepr(outcome: str, words: str) -> str | tuple[str, int, str] | None:
    return ("contract", 0, words) if outcome == "skipped" else words or None


def outcomes(verdict: Verdict) -> dict[Promise, tuple[str, str]]:
    """Every promise with pytest's word for how it fared (skipped: not seen), and what to say of it."""
    promises: dict[Promise, list[Finding]] = {
        (fault.rule, fault.place): [] for each in verdict.run.document.operations for fault in faults(each)
    }
    for finding in verdict.findings:
        promises.setdefault(_promise(finding, promises), []).append(finding)
    waived = {_promise(each, promises): each for each in reversed(verdict.waived)}
    for promise in waived:
        promises.setdefault(promise, [])
    return {each: _outcome(each, found, waived.get(each), verdict) for each, found in sorted(promises.items())}


def _promise(finding: Finding, promises: dict[Promise, list[Finding]]) -> Promise:
    rule, place = finding.violation.rule, finding.violation.place
    return next((each for each in promises if each[0] == rule and covers(each[1], place)), (rule, place))


def _outcome(promise: Promise, found: list[Finding], waived: Finding | None, verdict: Verdict) -> tuple[str, str]:
    if found:
        return "failed", "\n".join(violation_line(each.violation) for each in found)
    if waived and waived.waiver:
        return "skipped", f"waived {borne(waived.waiver)}"
    return ("passed", "") if _exercised(promise, verdict) else ("skipped", "not seen in any answer")


def _exercised(promise: Promise, verdict: Verdict) -> bool:
    """Whether a value was there to keep the promise: seen at the place or, where nothing is to be seen, around it."""
    rule, place = promise
    if rule.startswith("method."):
        return bool(verdict.probes)
    if not place.startswith("body/"):
        return verdict.requests > 0
    wanted = place.removeprefix("body")
    while wanted:
        at = [seen for name, feature, seen in _places(verdict) if name == wanted and feature.kind != "absent"]
        if at:
            return any(at)
        wanted = wanted.rpartition("/")[0]
    return verdict.requests > 0


def _places(verdict: Verdict) -> Iterator[tuple[str, Feature, bool]]:
    for feature, sighting in verdict.coverage.items():
        yield re.sub(r"\[[^\]]*\]", "", feature.place).lstrip("0123456789X"), feature, sighting is not None
