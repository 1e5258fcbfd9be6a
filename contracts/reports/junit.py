"""Write junit.xml: one test case for each promise that has a fault, for dashboards and merge requests.

Hides the outcome of a promise: failed, skipped because it is waived or was not seen, or passed. Source: the schema that
Jenkins and GitLab read, https://github.com/jenkinsci/xunit-plugin (junit-10.xsd).
"""

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TextIO

from contracts.judge import PlacePattern
from contracts.openapi import Operation
from contracts.reports.grouping import grouped, rules_of
from contracts.reports.messages import violation_line, visible
from contracts.reports.verdict_words import accepted_until
from contracts.rules import where_explained
from contracts.verdict import ChangesSince, Finding, Verdict

Promises = Mapping[str, Sequence[tuple[str, PlacePattern]]]
"""By the operation's path, every promise that has a fault: a rule's code, and the places where it is judged."""

_BRANCH: Final = re.compile(r"\[[^\]]*\]")


def render(verdict: Verdict, promises: Promises, file: TextIO, breaking: Sequence[str] = ()) -> None:
    """Write the report to the file, whose encoding is the declared one.

    `breaking` are in words the changes of the document since an earlier one that break clients.
    """
    root = ET.Element("testsuites")
    suite = ET.SubElement(root, "testsuite", name="contract")
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(verdict):
        ET.SubElement(properties, "property", name=name, value=visible(value))
    for operation in sorted(verdict.run.document.operations, key=str):
        suite.extend(_test_cases(operation, verdict, promises.get(operation.path, ())))
    if verdict.changes:
        suite.append(_case_of_changes(verdict.changes, breaking))
    if verdict.findings:
        ET.SubElement(suite, "system-out").text = where_explained(*rules_of(grouped(verdict.findings)))
    counts = {
        "tests": len(suite.findall("testcase")),
        "failures": len(suite.findall("testcase/failure")),
        "errors": 0,
        "skipped": len(suite.findall("testcase/skipped")),
    }
    for element in (root, suite):
        element.attrib.update({name: str(count) for name, count in counts.items()})
        element.set("time", f"{verdict.run.seconds:.3f}")
        # The schema has no time zone here; the time is UTC, as in every other report.
        element.set("timestamp", f"{verdict.run.started:%Y-%m-%dT%H:%M:%S}")
    ET.indent(root)
    ET.ElementTree(root).write(file, encoding="unicode", xml_declaration=True)


def _properties(verdict: Verdict) -> Iterator[tuple[str, str]]:
    run, document = verdict.run, verdict.run.document
    yield "outcome", str(verdict.outcome)
    yield "target", run.target
    yield "profile", run.profile
    yield "seed", run.seed
    yield "document", f"{document.title} {document.version}"
    yield "sha256", document.sha256


def _test_cases(
    operation: Operation, verdict: Verdict, promises: Sequence[tuple[str, PlacePattern]]
) -> Iterator[ET.Element]:
    """Yield the test cases of an operation by name; every name occurs once, for GitLab drops duplicates."""
    cases = {_name(rule, str(pattern)): (rule, str(pattern)) for rule, pattern in promises}
    standing: dict[str, list[Finding]] = defaultdict(list)
    waived: dict[str, list[Finding]] = defaultdict(list)
    for findings, by_name in ((verdict.findings, standing), (verdict.waived, waived)):
        for finding in findings:
            if finding.witness.operation == operation.path:
                promise = _promise(finding, promises)
                cases.setdefault(_name(*promise), promise)
                by_name[_name(*promise)].append(finding)
    observed = _observed(operation, verdict)
    for name, (rule, place) in sorted(cases.items()):
        element = ET.Element("testcase", classname=visible(str(operation)), name=name, time="0")
        if name in standing:
            lines = [violation_line(finding.violation) for finding in standing[name]]
            ET.SubElement(element, "failure", type=rule, message=lines[0]).text = "\n".join(lines)
        elif name in waived and (waiver := waived[name][0].waiver):
            _skip(element, f"waived {accepted_until(waiver)}")
        elif not _was_tested(rule, place, operation, verdict, observed):
            _skip(element, "not seen in any answer")
        yield element


def _case_of_changes(changes: ChangesSince, breaking: Sequence[str]) -> ET.Element:
    """Return the test case of a comparison with an earlier document."""
    name = visible(f"no change since {changes.since} breaks clients")
    element = ET.Element("testcase", classname="the document", name=name, time="0")
    if changes.breaking:
        count = f"{changes.breaking} breaking change{'s' * (changes.breaking != 1)}"
        ET.SubElement(element, "failure", type="changes", message=count).text = "\n".join(breaking)
    elif changes.undecided != 0:
        _skip(element, "it is not known of every change whether it breaks clients")
    return element


def _skip(element: ET.Element, reason: str) -> None:
    # Jenkins shows the attribute and GitLab the text.
    ET.SubElement(element, "skipped", message=reason).text = reason


def _name(rule: str, place: str) -> str:
    # Characters that XML 1.0 forbids (section 2.2) are all unprintable, so that `visible` escapes them.
    return visible(f"{rule} at {place}")


def _promise(finding: Finding, promises: Sequence[tuple[str, PlacePattern]]) -> tuple[str, str]:
    """Return the rule and place of the promise that the finding breaks, or its own place if no promise covers it."""
    violation = finding.violation
    covering = (pattern for rule, pattern in promises if rule == violation.rule and pattern.covers(violation.place))
    return violation.rule, str(next(covering, violation.shared_place))


def _was_tested(rule: str, place: str, operation: Operation, verdict: Verdict, observed: Mapping[str, bool]) -> bool:
    """Return whether a response came that could have broken the promise.

    A value was seen at the promise's place or, where the document leaves no choice to be seen, at the nearest place
    around it.
    """
    if rule.startswith("method."):
        return bool(verdict.probes)
    if verdict.all_rejected or operation.path not in verdict.times:
        return False
    place = place.removeprefix("body") if place.startswith("body/") else ""
    while place and place not in observed:
        place = place.rpartition("/")[0]
    return observed.get(place, True)


def _observed(operation: Operation, verdict: Verdict) -> dict[str, bool]:
    """Return whether a value was seen, by places of the body (a JSON pointer with `*` for any item)."""
    observed: dict[str, bool] = {}
    for feature, observation in verdict.coverage.items():
        if feature.operation == operation.path and feature.kind != "absent":
            _, slash, pointer = _BRANCH.sub("", feature.location).partition("/")
            place = slash + pointer
            observed[place] = observed.get(place, False) or observation is not None
    return observed
