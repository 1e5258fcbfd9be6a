"""Ask other validators about every distinct answer. A difference from our judge is a finding about this harness.

These are Schemathesis's own checks, jsonschema_rs, and jsonschema with none of our keywords except for patterns.
Differences that are known and settled stand in `settled.yaml`. Hides Schemathesis: its schema, cases and failures.
"""

import copy
import functools
import json
import math
import re
import traceback
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, find, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy
from schemathesis import checks as theirs

from contracts.http import THROTTLED, Exchange, GuardedSession, Response
from contracts.judge import LARGE, ParsedResponse, Violation, compiled, is_bodiless, parse_response
from contracts.openapi import (
    UNREADABLE,
    Document,
    Operation,
    ResponseSpec,
    from_pointer,
    parse_media_type,
    resolve_pointer,
    walk_json,
)
from strategies.ids import path_values
from strategies.settled import settled
from strategies.values import Schemas, ecma_validator, is_readable, with_portable_patterns

_Answer = TypeVar("_Answer")

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
"""Schemathesis's check to the beginnings of the codes of our rules that it corresponds to."""


class SecondOpinion:
    """The opinions of other validators on one document's answers, and the cases that Schemathesis draws of it.

    `notes` say in words where the validators have no opinion, or Schemathesis draws nothing. `schema` is Schemathesis's
    view of the document; None if it cannot read it. What a validator raises is its own fault, and told as a difference.
    """

    def __init__(self, document: Document) -> None:
        contents = with_portable_patterns(document.contents)
        self._plain = functools.lru_cache(maxsize=64)(lambda schema: ecma_validator({**contents, "$ref": schema}))
        schemas, specs = Schemas(document), (spec for operation in document.operations for spec in operation.responses)
        self._unreadable = {spec: pattern for spec in specs if (pattern := _unreadable_pattern(schemas, spec))}
        self.notes = [
            f"no second opinion on {spec.pointer}: other validators cannot read the pattern {pattern}"
            for spec, pattern in self._unreadable.items()
        ]
        self.schema: Any
        self.schema, raised = _guarded(lambda: schemathesis.openapi.from_dict(_readable(document)))
        if raised:
            self.notes.append(f"Schemathesis cannot read the document: {raised}")
        else:
            # Without a codec it leaves the same characters out, and does not encode each one to find them.
            self.schema.config.generation.codec = None
        self.cases: Callable[[Operation], SearchStrategy[Any] | None] = functools.cache(self._cases)
        self._settled = settled()
        self._theirs = {each.theirs for each in self._settled if not (each.number or each.empty)}
        self._of_numbers = {each.theirs for each in self._settled if each.number}
        self._of_empty = {each.theirs for each in self._settled if each.empty}
        self._differences = functools.lru_cache(maxsize=1024)(lambda *answered: tuple(self._unsettled(*answered)))

    def operation(self, operation: Operation) -> Any:
        """Return Schemathesis's operation for one of ours."""
        return self.schema[operation.path]["GET"]

    def _cases(self, operation: Operation) -> SearchStrategy[Any] | None:
        """Return a strategy for Schemathesis's cases of an operation; None if it cannot make any.

        If Schemathesis cannot draw the path parameters, for instance because of a pattern, the cases have ours.
        """
        if self.schema is None:
            return None
        made, unmade = _guarded(lambda: self.operation(operation))
        if unmade:
            self.notes.append(f"Schemathesis has no cases of {operation} ({unmade})")
            return None
        ours: SearchStrategy[Any] = path_values(operation).map(lambda them: made.Case(path_parameters=_encoded(them)))
        strategy, undrawn = _guarded(made.as_strategy)
        if not undrawn:
            _, undrawn = _guarded(lambda: find(strategy, lambda case: True, settings=_ONE_DRAW))
        if undrawn:
            self.notes.append(f"Schemathesis draws no cases of {operation} ({undrawn})")
            return ours

        @st.composite
        def cases(draw: st.DrawFn) -> Any:
            try:
                return draw(strategy)
            except HypothesisException:
                raise
            except Exception:  # noqa: BLE001 - it is Schemathesis's own
                return draw(ours)

        return cases()

    def send(self, case: Any, session: GuardedSession) -> None:
        """Send one of Schemathesis's cases by the guarded session, which has every answer judged.

        A failure that came in place of an answer has been judged there; a case that cannot be sent is noted, once.
        """
        try:
            case.call(base_url=session.base_url, session=session)
        except requests.RequestException:
            pass
        except Exception as error:
            if any(frame.f_code is GuardedSession.send.__code__ for frame, _ in traceback.walk_tb(error.__traceback__)):
                raise
            note = f"Schemathesis cannot send one of its cases of {case.operation.label}: {_reason(error)}"
            self.notes += [note] if note not in self.notes else []

    def __call__(self, exchange: Exchange) -> tuple[str, ...]:
        """Return in words where a validator differs from our judge about an answer, except for settled differences."""
        if not isinstance(exchange.outcome, Response):
            return ()
        headers = tuple(field for field in exchange.outcome.headers if field[0].lower() not in _PASSING)
        answer = Response(exchange.outcome.status, headers, exchange.outcome.body)
        return self._differences(exchange.operation, answer)

    def _unsettled(self, operation: Operation, answer: Response) -> Iterator[str]:
        parsed = parse_response(operation, answer)
        at = f"{operation} {answer.status}"
        if parsed.schema and parsed.value is not UNREADABLE and parsed.spec not in self._unreadable:
            yield from self._of_validators(operation, parsed, parsed.schema, answer)
        if self.schema is None:
            return
        case, raised = _guarded(lambda: self._case(operation))
        if raised:
            yield f"Schemathesis raised {raised} of {at}"
            return
        response = _converted(answer, parsed.spec)
        for check, codes in CHECKS.items():
            # Whatever the document says, a server may ask for fewer requests (RFC 6585, section 4).
            throttled = check is theirs.status_code_conformance and answer.status == THROTTLED
            if throttled or self._is_silent(check, parsed, answer):
                continue
            ours = [violation for violation in parsed.violations if violation.rule.startswith(codes)]
            if check is theirs.status_code_conformance:
                ours += [violation for violation in parsed.violations if violation.rule == "status.server-error"]
            if ours and all(map(self._is_settled, ours)):
                continue
            titles, raised = _guarded(functools.partial(_failures, case, response, check))
            if raised:
                yield f"Schemathesis's check {check.__name__} raised {raised} of {at}"
            elif bool(found := self._standing(titles, ours, answer)) != bool(ours):
                words, rules = "; ".join(sorted(found)) or "nothing", _rules(ours)
                yield f"{check.__name__} reports {words}, the judge {rules} of {at}"

    def _case(self, operation: Operation) -> Any:
        return self.operation(operation).Case(path_parameters={each.name: "x" for each in operation.parameters})

    def _is_silent(self, check: Any, parsed: ParsedResponse, answer: Response) -> bool:
        """Return whether the opinion of one of Schemathesis's checks says nothing about the answer.

        It takes the first of several media types that cover the answer's, parameters aside; the judge takes the most
        specific one (OpenAPI 3.1.0, Response Object). The judge holds a body of an undocumented type against no schema,
        Schemathesis no text, none of a malformed type, and no JSON by another name than `application/...+json`, which
        RFC 6839 knows too.
        """
        sent = parse_media_type(answer.header("content-type") or "")
        keys = [known for key in parsed.spec.content if (known := parse_media_type(key))] if parsed.spec else []
        covering = [known for known in keys if sent and known.name in (sent.name, *sent.ranges)]
        if check is theirs.content_type_conformance:
            return bool(covering) and parsed.key is None
        if check is not theirs.response_schema_conformance:
            return False
        # Schemathesis would read the body that a bodiless answer never has.
        unread = (not answer.body and is_bodiless(answer.status)) or parsed.spec in self._unreadable
        unnamed = answer.header("content-type") is None
        its_json = unnamed if sent is None else sent.is_json and sent.name.startswith("application/")
        is_other = bool(keys) and (parsed.key is None or not its_json)
        return unread or len(covering) > 1 or is_other

    def _standing(self, found: Iterable[str], ours: Sequence[Violation], answer: Response) -> set[str]:
        """Return what another validator reports; settled differences are left out if the judge reports nothing."""
        if ours:
            return {*found}
        large = {*found} & self._of_numbers and _holds_large_number(answer.body)
        settled = self._theirs | (self._of_numbers if large else set()) | (set() if answer.body else self._of_empty)
        return {*found} - settled

    def _is_settled(self, violation: Violation) -> bool:
        return any(each.covers(violation) for each in self._settled)

    def _of_validators(
        self, operation: Operation, parsed: ParsedResponse, schema: str, answer: Response
    ) -> Iterator[str]:
        if any(each.rule == "json.depth" for each in parsed.violations):
            return  # The judge itself has no opinion on a text that is nested too deeply.
        ours = [each for each in parsed.violations if each.rule.startswith(("schema.", "union."))]
        rules, at = _rules(ours), f"{operation} {answer.status}"
        fast, raised = _guarded(lambda: compiled(operation.document).fast(schema, parsed.value))
        if raised:
            yield f"jsonschema_rs raised {raised} of {at}"
        elif fast is not None and fast is bool(ours):
            yield f"jsonschema_rs {'accepts' if fast else 'refuses'} the value, the judge reports {rules} of {at}"
        if len(answer.body) >= LARGE and zlib.crc32(answer.body) % SAMPLE:
            return
        if ours and all(map(self._is_settled, ours)):
            return
        keywords, raised = _guarded(lambda: {str(each.validator) for each in self._errors(schema, parsed.value)})
        if raised:
            yield f"jsonschema raised {raised} of {at}"
        elif bool(found := self._standing(keywords, ours, answer)) != bool(ours):
            yield f"jsonschema reports {', '.join(sorted(found)) or 'nothing'}, the judge {rules} of {at}"

    def _errors(self, schema: str, value: Any) -> Iterator[Any]:
        return self._plain(schema).iter_errors(value)


def _rules(violations: Iterable[Violation]) -> str:
    return ", ".join(sorted({violation.rule for violation in violations})) or "nothing"


def _guarded(ask: Callable[[], _Answer]) -> tuple[_Answer | Any, str]:
    """Return what a validator answers, and an empty text; if it raises, None and the error in words."""
    try:
        return ask(), ""
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # noqa: BLE001 - a panic of Rust is no Exception
        return None, _reason(error)


def _reason(error: BaseException) -> str:
    """Return the error's class and place; the words are left out unless they are about the document, not an answer."""
    if isinstance(error, (HypothesisException, *_OF_DOCUMENT)):
        first, *_ = re.split(r"\n|\. ", str(error).strip())
        return f"{type(error).__name__}: {first}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} (in {Path(frame.filename).name}, line {frame.lineno})"


_OF_DOCUMENT: Final = (schemathesis.errors.SchemathesisError, re.error, OverflowError, RecursionError)
"""Errors about a schema or a pattern, with nothing of an answer: Schemathesis's own, and those of Python's `re`."""

_ONE_DRAW: Final = settings(
    database=None,
    deadline=None,
    derandomize=True,
    max_examples=10,
    phases=(Phase.generate,),
    suppress_health_check=tuple(HealthCheck),
)


def _encoded(values: Mapping[str, str]) -> dict[str, str]:
    """Return path parameters as Schemathesis puts them into a URL: it encodes only values that it drew itself."""
    return {name: quote(value, safe="", errors="surrogateescape") for name, value in values.items()}


def _unreadable_pattern(schemas: Schemas, spec: ResponseSpec) -> str:
    """Return a pattern of the spec's schemas that other validators cannot read in any form; empty if none."""
    places = {place for pointer in spec.content.values() if pointer for place in schemas.reach(pointer)}
    inside = [schema for place in sorted(places) if isinstance(schema := schemas.at(place).schema, dict)]
    patterns = [name for schema in inside for name in (schema.get("pattern"), *schema.get("patternProperties", ()))]
    return next((pattern for pattern in patterns if pattern and not is_readable(pattern)), "")


def _holds_large_number(text: bytes) -> bool:
    """Return whether Python's json module refuses one of the text's numbers, or takes it for infinite."""

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
"""jsonschema gets one large answer in this many, because it takes half a second for a megabyte."""


def _readable(document: Document) -> dict[str, Any]:
    """Return a copy of the document that Schemathesis can read.

    Patterns are portable, and neither a Content-Type nor a body of GET is described. If there are tuples, every
    answer's schema stands behind a reference: Schemathesis 4.32 rewrites `prefixItems` at the top of a schema into an
    older draft's keyword, and then refuses it, but leaves referenced schemas unchanged.
    """
    contents: dict[str, Any] = copy.deepcopy(dict(with_portable_patterns(document.contents)))
    for operation in document.operations:
        # A body of GET has no defined semantics (RFC 9110, section 9.3.1), and none is sent.
        asked: Any = resolve_pointer(contents, from_pointer(operation.pointer))
        asked.pop("requestBody", None)
    for described in [value["headers"] for _, value in walk_json(contents) if _has_headers(value)]:
        for name in [name for name in described if name.lower() == "content-type"]:
            del described[name]  # OpenAPI 3.1.0, "Response Object": it SHALL be ignored.
    if not any("prefixItems" in value for _, value in walk_json(contents) if isinstance(value, dict)):
        return contents
    schemas = contents.setdefault("components", {}).setdefault("schemas", {})
    specs = [spec for operation in document.operations for spec in operation.responses]
    places = [pointer for spec in specs for pointer in spec.content.values()]
    places += [header.schema for spec in specs for header in spec.headers]
    # Operations may share a response.
    for number, pointer in enumerate(dict.fromkeys(filter(None, places))):
        *way, last = from_pointer(pointer)
        holder: Any = resolve_pointer(contents, way)
        schemas[f"zz-answer-{number}"] = holder[last]
        holder[last] = {"allOf": [{"$ref": f"#/components/schemas/zz-answer-{number}"}]}
    return contents


def _has_headers(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("headers"), dict)


# Header fields that differ from answer to answer and that no check reads.
_PASSING: Final = frozenset({"date", "server", "age", "x-request-id", "set-cookie"})


def _converted(answer: Response, spec: ResponseSpec | None) -> schemathesis.Response:
    """Return the answer as Schemathesis has it; of a header that the document describes its fields are one list.

    Schemathesis reads the first field of a name alone, and white space around a comma as a part of the elements.
    """
    headers: dict[str, list[str]] = {}
    for name, value in answer.headers:
        headers.setdefault(name.lower(), []).append(value)
    for name in {header.name.lower() for header in spec.headers} & headers.keys() if spec else ():
        parts = [part.strip(" \t") for part in ",".join(headers[name]).split(",")]
        headers[name] = [",".join(filter(None, parts))] if len(parts) > 1 else parts
    request = requests.Request("GET", "http://localhost/").prepare()
    return schemathesis.Response(answer.status, headers, answer.body, request, 0.0, True)


def _failures(case: Any, response: schemathesis.Response, check: Any) -> list[str]:
    try:
        case.validate_response(response, checks=[check])
    except BaseExceptionGroup as group:  # Schemathesis raises its failures in a group.
        if errors := [each for each in group.exceptions if not isinstance(each, AssertionError)]:
            raise errors[0] from None
        return [str(getattr(failure, "title", failure)) for failure in group.exceptions]
    return []
