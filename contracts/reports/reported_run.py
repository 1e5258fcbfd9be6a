"""Read from a report.json what is needed to ask for its violations again.

Hides the names of the report's fields, and how little of a file that was cut, edited or made elsewhere is trusted: what
is read may be sent and printed.
"""

import datetime
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from contracts.http import PROBED_METHODS, Failure, Request, Response
from contracts.judge import Violation
from contracts.openapi import ConfigurationError, is_token, parse_json, walk_json
from contracts.reports.comparison import read_report
from contracts.reports.messages import violation_line
from contracts.reports.verdict_words import accepted_until
from contracts.rules import RULES
from contracts.verdict import MASK, Finding, RecheckResult, Redaction, ReportedRun, Waiver, Witness

_DAMAGE: Final = (AttributeError, LookupError, RecursionError, TypeError, ValueError)

_UNSENDABLE: Final = ("connection", "content-length", "host", "transfer-encoding")
"""Fields of the framing and the target, which no request takes from a report."""

_OF_EVERY_ANSWER: Final = ("status", "transport")
"""Places of violations that answers of every status may show."""

_OF_ANOTHER: Final = ("overlay.alias", "overlay.equals", "overlay.unknown-resource")
"""Rules that are broken by a success for what may not exist."""


def read_reported_run(path: Path) -> ReportedRun:
    """Return the run of a report.json; raise ConfigurationError, in one line with the fix, for any other file."""
    report = read_report(path, str(path))
    try:
        run, document = report["run"], report["document"]
        findings = tuple(_findings(path, report, "violations"))
        waived = tuple(_findings(path, report, "waived"))
        return ReportedRun(
            path=path,
            outcome=_text(report["outcome"]),
            target=_text(run["target"]),
            profile=_text(run["profile"]),
            started=datetime.datetime.fromisoformat(run["started"]),
            document=_text(document["file"]),
            sha256=_text(document["sha256"]),
            overlays=tuple(map(_text, document["overlays"])),
            findings=findings,
            waived=waived,
            redaction=Redaction.at(_redacted((*findings, *waived))),
            # Reports of earlier versions say nothing of changes.
            failed_by_changes=(report.get("changes") or {}).get("outcome") == "BREAKING",
        )
    except _DAMAGE:
        raise ConfigurationError(f"{path} is damaged: it lacks what every report holds; {_FIX}") from None


_FIX: Final = "name a report.json as --report-dir wrote it"


def _findings(path: Path, report: Mapping[str, Any], name: str) -> Iterator[Finding]:
    found: list[Finding] = []
    for number, entry in enumerate(report[name]):
        try:
            found.append(_finding(entry))
        except _DAMAGE:
            raise ConfigurationError(f"{path} is damaged, or of another version, at /{name}/{number}; {_FIX}") from None
    alike: Counter[tuple[str, int, str]] = Counter()
    for finding in found:
        alike[_promise(finding)] += finding.count
    for finding in found:
        of_promise = replace(finding, alike=alike[_promise(finding)])
        yield replace(of_promise, answers=_answers(report, of_promise))


def _promise(finding: Finding) -> tuple[str, int, str]:
    """Return what findings share that break one promise, by whatever value."""
    violation = finding.violation
    return violation.rule, violation.status, violation.pointer


def _answers(report: Mapping[str, Any], finding: Finding) -> int:
    """Return how many answers of the run could have shown a finding; 0 if the report does not say so."""
    violation, path = finding.violation, finding.witness.operation
    try:
        every = _number(report["latency"][path]["answers"])
        if violation.place in _OF_EVERY_ANSWER:
            outcomes = report["requests"]["answers"].items()
            return every + sum(_number(count) for outcome, count in outcomes if not outcome.isdigit())
        features = [each for each in report["coverage"]["features"] if each["operation"] == path]
        of_status = [_number(each["count"]) for each in features if _names(each, "status", str(violation.status))]
        of_branch = [
            _number(each["count"])
            for each in features
            if _names(each, "branch", violation.branch) and each["place"].startswith(f"{violation.status}/")
        ]
    except _DAMAGE:
        return 0
    # A branch of the same name may be one of another union.
    pools = [*of_status, *(of_branch if len(of_branch) == 1 else ())]
    return min((pool for pool in pools if pool >= finding.alike), default=every)


def _names(feature: Mapping[str, Any], kind: str, which: str) -> bool:
    return bool(feature["kind"] == kind and feature["which"] == which)


def _finding(entry: Mapping[str, Any]) -> Finding:
    violation = _violation(entry)
    waiver, again = entry["waiver"], entry["recurrence"]
    finding = Finding(
        violation,
        _witness(entry["witness"], violation),
        int(entry["count"]),
        tuple(_resource(each) for each in entry["resources"]),
        entry.get("more_resources") is True,
        waiver=_waiver(waiver) if waiver else None,
        recurrence=RecheckResult(int(again["times"]), int(again["of"]), None) if again else None,
    )
    # Words are made of it later, where no error is expected.
    violation_line(violation)
    if finding.waiver:
        accepted_until(finding.waiver)
    return finding


def _waiver(entry: Mapping[str, Any]) -> Waiver:
    waiver = Waiver.from_json(entry)
    for name, value in asdict(waiver).items():
        if name != "expires":
            (_number if name in ("number", "status") else _text)(value)
    return waiver


def _violation(entry: Mapping[str, Any]) -> Violation:
    violation = Violation(
        rule=RULES[entry["rule"]].code,
        status=_number(entry["status"]),
        place=_text(entry["place"]),
        pointer=_text(entry["document"]["pointer"]),
        expected=_text(entry["expected"]),
        actual=_text(entry["actual"]),
        variant=_text(entry["cause"]),
        branch=_text(entry["branch"]),
        suggestion=_text(entry["nearest"]),
        # Reports of earlier versions list all violations one by one.
        is_of_others=entry.get("others") is True,
    )
    if violation.fingerprint != entry["id"]:
        raise ValueError(entry["id"])
    return violation


def _witness(entry: Mapping[str, Any], violation: Violation) -> Witness:
    asked, response = entry["request"], entry["response"]
    outcome = Response.from_json(response) if response else Failure(_kind(violation), "")
    if isinstance(outcome, Response):
        _number(outcome.status)
        "".join(_text(text) for field in outcome.headers for text in field)
    succeeded = isinstance(outcome, Response) and outcome.ok and violation.rule not in _OF_ANOTHER
    # Reports of earlier versions do not say whether the resource was known to exist.
    inferred = True if succeeded or violation.rule == "status.known-resource" else None
    request = Request.from_json({"negotiated": (), **asked, "exists": asked.get("exists", inferred)})
    return Witness(_text(asked["operation"]), _checked(request), outcome)


def _kind(violation: Violation) -> str:
    """Return the kind of failure that came in place of a response."""
    return violation.variant if violation.rule.startswith("flaky.") else violation.rule.partition(".")[2]


def _checked(request: Request) -> Request:
    """Return the request; raise ValueError if it could not have been sent by us, or does more than to ask."""
    _resource(request.parameter_values)
    for other in request.together:
        _resource(other)
    if request.method not in ("GET", *PROBED_METHODS):
        raise ValueError(request.method)
    if not re.fullmatch("[!-~]*", request.url.partition("?")[2]) or not urlsplit(request.url).path:
        raise ValueError(request.url)
    for name, value in (*request.headers, *request.negotiated):
        if not is_token(name) or name.lower() in _UNSENDABLE or not re.fullmatch("[\t -~\x80-\xff]*", value):
            raise ValueError(name)
    if any(name.lower() != "prefer" for name, _ in request.headers):
        raise ValueError(request.headers)
    return request


def _resource(values: Iterable[str]) -> tuple[str, ...]:
    """Return the resource; raise ValueError for values that no URL can hold."""
    found = tuple(map(_text, values))
    "".join(found).encode(errors="surrogateescape")
    return found


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value


def _redacted(findings: Iterable[Finding]) -> Iterator[str]:
    """Yield the places of bodies whose values the report shows as redacted, as --redact names them."""
    for finding in findings:
        violation, outcome = finding.violation, finding.witness.outcome
        pointers = []
        if MASK in (violation.variant, _value(violation.actual)) and violation.place.startswith("body/"):
            pointers.append(violation.place.removeprefix("body"))
        if isinstance(outcome, Response) and MASK.encode() in outcome.body:
            pointers += [pointer for pointer, value in walk_json(parse_json(outcome.body)[0]) if value == MASK]
        yield from (re.sub(r"/[0-9]+(?=/|$)", "/*", pointer) for pointer in pointers)


def _value(text: str) -> Any:
    return json.loads(text) if text else None
