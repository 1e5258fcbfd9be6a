"""Schemathesis's own checks on every distinct answer, and where they differ from ours.

A difference is a finding about this harness. Those that are known and settled stand in `settled.yaml`.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import requests
import schemathesis
import yaml
from schemathesis import checks as theirs

from contracts.checks import Reading, read
from contracts.document import Document, Operation
from contracts.exchange import Exchange, Response
from contracts.violation import Violation

CHECKS: Final = {
    theirs.status_code_conformance: ("status.",),
    theirs.content_type_conformance: ("content-type.",),
    theirs.response_headers_conformance: ("header.",),
    theirs.response_schema_conformance: ("schema.", "union.", "json.", "body.missing", "content-type.malformed"),
}
"""Their check to the beginnings of our rules' codes that say the same."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A difference that is known, and why we differ.

    Either a rule of ours that we alone tell (`actual`: a part of the value, if only some are meant), or in `theirs` the
    title of a failure that Schemathesis alone tells.
    """

    rule: str
    actual: str
    theirs: str
    why: str
    source: str

    def covers(self, violation: Violation) -> bool:
        """Whether this violation is one that we alone tell, on purpose."""
        return violation.rule == self.rule and self.actual in violation.actual


def settled() -> tuple[Settled, ...]:
    """The settled differences, as data."""
    raw = yaml.safe_load(files("strategies").joinpath("settled.yaml").read_text("utf-8"))
    return tuple(Settled(**{"rule": "", "actual": "", "theirs": "", **each}) for each in raw)


class SecondOpinion:
    """Schemathesis's view of one document's answers."""

    def __init__(self, document: Document) -> None:
        self.schema = schemathesis.openapi.from_dict(copy.deepcopy(dict(document.contents)))
        self._settled = [each for each in settled() if each.rule]
        self._theirs = {each.theirs for each in settled()}
        self._differences = functools.lru_cache(maxsize=1024)(self._compare)

    def operation(self, operation: Operation) -> Any:
        """Schemathesis's operation for one of ours."""
        return self.schema[operation.path]["GET"]

    def __call__(self, exchange: Exchange) -> tuple[str, ...]:
        """Where Schemathesis differs from us about an answer, in words; nothing where the difference is settled."""
        if not isinstance(exchange.outcome, Response):
            return ()
        headers = tuple(field for field in exchange.outcome.headers if field[0].lower() not in _PASSING)
        answer = Response(exchange.outcome.status, headers, exchange.outcome.body)
        return self._differences(exchange.operation, answer)

    def _compare(self, operation: Operation, answer: Response) -> tuple[str, ...]:
        reading = read(operation, answer)
        return tuple(self._each(operation, answer, reading))

    def _each(self, operation: Operation, answer: Response, reading: Reading) -> Iterator[str]:
        case = self.operation(operation).Case(path_parameters={each.name: "x" for each in operation.parameters})
        response = _converted(answer)
        for check, codes in CHECKS.items():
            ours = [violation for violation in reading.violations if violation.rule.startswith(codes)]
            if check is theirs.status_code_conformance:
                ours += [violation for violation in reading.violations if violation.rule == "status.server-error"]
            if ours and all(any(each.covers(violation) for each in self._settled) for violation in ours):
                continue
            titles = [title for title in _failures(case, response, check) if title not in self._theirs]
            if bool(titles) != bool(ours):
                words = "; ".join(titles)
                told = ", ".join(violation.rule for violation in ours) or "nothing"
                yield f"{check.__name__} tells {words or 'nothing'}; we tell {told} of {operation} {answer.status}"


# Header fields that differ from answer to answer and that no promise rests on.
_PASSING: Final = frozenset({"date", "server", "age", "x-request-id", "set-cookie"})


def _converted(answer: Response) -> schemathesis.Response:
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower(), []).append(value)
    request = requests.Request("GET", "http://localhost/").prepare()
    return schemathesis.Response(answer.status, headers, answer.body, request, 0.0, True)


def _failures(case: Any, response: schemathesis.Response, check: Any) -> list[str]:
    try:
        case.validate_response(response, checks=[check])
    except BaseExceptionGroup as group:  # Schemathesis raises every failure in a group of its own.
        return [str(getattr(failure, "title", failure)) for failure in group.exceptions]
    return []
