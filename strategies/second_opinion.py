"""Other validators on every distinct answer, and where they differ from ours: a finding about this harness.

Asked are Schemathesis's own checks, jsonschema_rs, and jsonschema as it comes, with none of our keywords. Differences
that are known and settled stand in `settled.yaml`.
"""

from __future__ import annotations

import copy
import functools
import json
import math
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final

import jsonschema
import requests
import schemathesis
import yaml
from schemathesis import checks as theirs

from contracts.checks import Reading, is_bodiless, read
from contracts.document import Document, Operation
from contracts.exchange import Exchange, Response
from contracts.formats import checker
from contracts.json_text import UNREADABLE, walk
from contracts.pointer import find, split
from contracts.validation import LARGE, compiled
from contracts.violation import Violation

CHECKS: Final = {
    theirs.status_code_conformance: ("status.",),
    theirs.content_type_conformance: ("content-type.",),
    theirs.response_headers_conformance: ("header.",),
    theirs.response_schema_conformance: (
        "schema.",
        "union.",
        "json.",
        "body.missing",
        "content-type.missing",
        "content-type.malformed",
    ),
}
"""Their check to the beginnings of our rules' codes that say the same."""


@dataclass(frozen=True, slots=True)
class Settled:
    """A difference that is known, and why we differ.

    Either a rule of ours that we alone tell (`expected` and `actual`: patterns of these, if only some are meant), or in
    `theirs` what another validator alone tells: the title of a failure of Schemathesis, or jsonschema's keyword; with
    `number` only where the text holds a number that is too large for Python's json module.
    """

    why: str
    source: str
    rule: str = ""
    expected: str = ""
    actual: str = ""
    theirs: str = ""
    number: bool = False

    def covers(self, violation: Violation) -> bool:
        """Whether this violation is one that we alone tell, on purpose."""
        told = (self.expected, violation.expected), (self.actual, violation.actual)
        return violation.rule == self.rule and all(re.search(pattern, text) for pattern, text in told)


def settled() -> tuple[Settled, ...]:
    """The settled differences, as data."""
    raw = yaml.safe_load(files("strategies").joinpath("settled.yaml").read_text("utf-8"))
    return tuple(Settled(**each) for each in raw)


class SecondOpinion:
    """Schemathesis's view of one document's answers."""

    def __init__(self, document: Document) -> None:
        self.schema = schemathesis.openapi.from_dict(_readable(document))
        self._plain = functools.lru_cache(maxsize=64)(functools.partial(_as_it_comes, document))
        known = settled()
        self._settled = [each for each in known if each.rule]
        self._theirs = {each.theirs for each in known if not each.number}
        self._of_numbers = {each.theirs for each in known if each.number}
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
        if reading.schema and reading.value is not UNREADABLE:
            yield from self._of_validators(operation, reading, reading.schema, answer)
        case = self.operation(operation).Case(path_parameters={each.name: "x" for each in operation.parameters})
        response = _converted(answer)
        for check, codes in CHECKS.items():
            if check is theirs.response_schema_conformance and not answer.body and is_bodiless(answer.status):
                continue  # It reads the body that such an answer never has.
            ours = [violation for violation in reading.violations if violation.rule.startswith(codes)]
            if check is theirs.status_code_conformance:
                ours += [violation for violation in reading.violations if violation.rule == "status.server-error"]
            if ours and all(any(each.covers(violation) for each in self._settled) for violation in ours):
                continue
            try:
                titles = {*_failures(case, response, check)} - self._theirs
            except schemathesis.errors.SchemathesisError as error:
                reason = str(error).partition("\n")[0]
                yield f"{check.__name__} cannot judge {operation} {answer.status}: {type(error).__name__}: {reason}"
                continue
            if titles & self._of_numbers and not ours and _holds_large_number(answer.body):
                titles -= self._of_numbers
            if bool(titles) != bool(ours):
                words = "; ".join(sorted(titles))
                told = ", ".join(violation.rule for violation in ours) or "nothing"
                yield f"{check.__name__} tells {words or 'nothing'}; we tell {told} of {operation} {answer.status}"

    def _of_validators(self, operation: Operation, reading: Reading, schema: str, answer: Response) -> Iterator[str]:
        if any(each.rule == "json.depth" for each in reading.violations):
            return  # Of what is nested too deeply to be judged there is no first opinion.
        ours = [each for each in reading.violations if each.rule.startswith(("schema.", "union."))]
        told = ", ".join(sorted({each.rule for each in ours})) or "nothing"
        fast = compiled(operation.document).opinion(schema, reading.value)
        if fast is not None and fast is bool(ours):
            yield f"jsonschema_rs {'accepts' if fast else 'refuses'}; we tell {told} of {operation} {answer.status}"
        if len(answer.body) >= LARGE and zlib.crc32(answer.body) % SAMPLE:
            return
        if ours and all(any(each.covers(violation) for each in self._settled) for violation in ours):
            return
        keywords = {str(error.validator) for error in self._plain(schema).iter_errors(reading.value)}
        if bool(keywords - self._theirs) != bool(ours):
            words = ", ".join(sorted(keywords)) or "nothing"
            yield f"jsonschema tells {words}; we tell {told} of {operation} {answer.status}"


def _as_it_comes(document: Document, schema: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({**document.contents, "$ref": schema}, format_checker=checker())


def _holds_large_number(text: bytes) -> bool:
    """Whether Python's json module refuses one of the text's numbers, or takes it for infinite."""

    def finite(number: str) -> float:
        if math.isinf(float(number)):
            raise OverflowError
        return float(number)

    try:
        json.loads(text, parse_float=finite)
    except (ValueError, OverflowError):
        return True
    except RecursionError:
        pass
    return False


SAMPLE: Final = 16
"""Of so many large answers one is given to jsonschema as it comes, which takes half a second for a megabyte."""


def _readable(document: Document) -> dict[str, Any]:
    """The document with every answer's schema behind a reference, if tuples are among them.

    Schemathesis 4.32 rewrites `prefixItems` at the top of an answer's schema into an older draft's keyword, and then
    refuses it; what it is referred to is left as it is.
    """
    contents = copy.deepcopy(dict(document.contents))
    if not any("prefixItems" in value for _, value in walk(contents) if isinstance(value, dict)):
        return contents
    schemas = contents.setdefault("components", {}).setdefault("schemas", {})
    for number, pointer in enumerate(_schemas_of_answers(document)):
        *way, last = split(pointer)
        holder: Any = find(contents, way)
        schemas[f"zz-answer-{number}"] = holder[last]
        holder[last] = {"allOf": [{"$ref": f"#/components/schemas/zz-answer-{number}"}]}
    return contents


def _schemas_of_answers(document: Document) -> Iterator[str]:
    promises = (promise for operation in document.operations for promise in operation.promises)
    # A response may be shared by operations.
    yield from dict.fromkeys(pointer for promise in promises for pointer in promise.content.values() if pointer)


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
