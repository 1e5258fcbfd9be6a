"""Judge one exchange: the checks of a response in the light of its request, its framing and earlier attempts.

Hides which of several violations with one cause are reported. `judge` is pure and raises nothing for a bad response;
`parsed_response` checks a response by itself, `history` compares it with earlier ones.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from contracts.http import THROTTLED, Exchange, Failure, Request, Response, carries_no_key, framing_flaws, wants_retry
from contracts.judge.header_values import scalar
from contracts.judge.parsed_response import ParsedResponse, parse_response
from contracts.judge.violation import CHANGES, Violation
from contracts.openapi import (
    REFUSES_UNKNOWN,
    UNREADABLE,
    Equals,
    Operation,
    ResponseSpec,
    equals,
    from_pointer,
    pointer_steps,
    refuses_unknown,
    resolve_pointer,
    text_of,
    to_pointer,
)

_EXPLAINED_BY: Final = {
    # A status that is wrong for the resource is not reported as undocumented too.
    "status.undocumented": ("status.known-resource",),
    # A resource that is answered as another one was mistaken for it, not invented.
    "overlay.unknown-resource": ("overlay.alias", "overlay.equals"),
    "overlay.alias": ("overlay.equals",),
    # The values are right, of another resource.
    **dict.fromkeys(("overlay.equals", "overlay.immutable", "overlay.final"), ("overlay.swapped",)),
}
"""Rule to the rules whose violations explain its own."""

_FRAME_RULES: Final = ("framing.", "transport.", "content-encoding.")
_BODY_RULES: Final = ("body.", "content-type.", "json.")
_METHOD_NOT_ALLOWED: Final = 405
_NOT_FOUND: Final = (404, 410)
_CALLER_REJECTED: Final = (401, 403, 407)

# Violations are sorted as tuples: thousands of those compare faster than values of a class.
_ORDER: Final = attrgetter(*(field.name for field in fields(Violation)))


def judge(operation: Operation, exchange: Exchange) -> tuple[Violation, ...]:
    """Return every violation of the document and its overlays by one exchange, sorted; empty if it conforms.

    Of violations that share a cause only the most telling is returned.
    """
    request, outcome = exchange.request, exchange.outcome
    if isinstance(outcome, Failure):
        # Malformed framing of the part that came explains why the client could not read it.
        framed = {violation for violation in framing(outcome) if not violation.rule.startswith("transport.")}
        failed = Violation(f"transport.{outcome.kind}", 0, "transport", "", actual=text_of(outcome.detail))
        return tuple(sorted(framed)) or (failed,)
    if not request.is_read:
        return tuple(sorted({*undocumented_method(operation, request, outcome), *framing(outcome)}))
    parsed = parse_response(operation, outcome)
    found = {*parsed.violations, *framing(outcome), *flaky(operation, exchange)}
    for check in EXCHANGE_CHECKS:
        found.update(check(operation, request, parsed, outcome))
    return tuple(sorted(found - consequences(found), key=_ORDER))


def consequences(found: set[Violation]) -> set[Violation]:
    """Return the violations that another one of the set explains."""
    codes = {violation.rule for violation in found}
    # A value of the wrong type breaks its enum, format and overlay keywords too.
    mistyped = {violation.place for violation in found if violation.rule == "schema.type"}
    lacking = {violation.place.rpartition("/")[0] for violation in found if violation.rule == "schema.required"}
    misshapen = {violation.place for violation in found if violation.rule.startswith("schema.")}
    # A body behind malformed framing or an unasked coding is misread.
    misread = any(code.startswith(_FRAME_RULES) for code in codes)
    return {
        violation
        for violation in found
        if codes.intersection(_EXPLAINED_BY.get(violation.rule, ()))
        or (misread and violation.rule.startswith(_BODY_RULES))
        or (violation.place in mistyped and violation.rule.startswith("schema.") and violation.rule != "schema.type")
        or (violation.place in misshapen and violation.rule.startswith("overlay."))
        or (violation.rule in CHANGES and _is_gone(violation, mistyped, lacking))
    }


def _is_gone(change: Violation, mistyped: set[str], lacking: set[str]) -> bool:
    """Return whether a value is not there because an array stands in place of its object, or another kind of object."""
    is_absent = not change.actual and change.place.rpartition("/")[0] in lacking
    return is_absent or any(change.place.startswith(f"{place}/") for place in mistyped)


def flaky(operation: Operation, exchange: Exchange) -> Iterator[Violation]:
    """Yield a violation for each earlier attempt of the request that failed, if the last one succeeded.

    A request to slow down is no fault of the server's, nor is a kept connection that it closed (RFC 9112, section 9.5).
    Where every attempt failed, the last one is judged alone.
    """
    if isinstance(exchange.outcome, Failure) or wants_retry(exchange.outcome):
        return
    for attempt in exchange.previous_attempts:
        if isinstance(attempt, Failure):
            if attempt.kind != "closed":
                actual = text_of(attempt.detail)
                yield Violation("flaky.transport", 0, "transport", "", actual=actual, variant=attempt.kind)
        elif attempt.status != THROTTLED:
            pointer, status = operation.pointer + "/responses", str(attempt.status)
            yield Violation("flaky.status", attempt.status, "status", pointer, actual=status, variant=status)


def framing(outcome: Response | Failure) -> Iterator[Violation]:
    """Yield a violation for each flaw of the message as an HTTP/1.1 response, bytes behind its end included."""
    for flaw in framing_flaws(outcome.message):
        yield Violation(flaw.rule, 0, flaw.place, "", actual=text_of(flaw.detail), variant=flaw.kind)


def known_resource(
    operation: Operation, request: Request, parsed: ParsedResponse, response: Response
) -> Iterator[Violation]:
    """Yield a violation unless a resource known to exist is answered with success."""
    # A failure of the server that the document does not describe is reported as that alone.
    failed = response.status >= 500 and parsed.spec is None
    # To be asked to send fewer requests says nothing of the resource (RFC 6585, section 4).
    granted = operation.grants(response.status)
    if request.exists and not granted and not failed and response.status != THROTTLED:
        expected = text_of([spec.status for spec in operation.granted if spec.status != "default"] or ["2XX"])
        pointer, status = operation.pointer + "/responses", str(response.status)
        rule = "status.known-resource"
        yield Violation(rule, response.status, "status", pointer, expected, status, variant=status)


def unknown_resource(
    operation: Operation, request: Request, parsed: ParsedResponse, response: Response
) -> Iterator[Violation]:
    """Yield a violation if a resource known not to exist is answered with success and an overlay forbids that."""
    if request.exists is False and parsed.spec and response.ok and refuses_unknown(operation):
        expected = text_of([spec.status for spec in operation.responses if not spec.is_success] or ["4XX"])
        pointer, status = operation.pointer + to_pointer(REFUSES_UNKNOWN), str(response.status)
        yield Violation("overlay.unknown-resource", response.status, "status", pointer, expected, status)


def echo(operation: Operation, request: Request, parsed: ParsedResponse, response: Response) -> Iterator[Violation]:
    """Yield a violation for each value with `x-equals` that differs from the request's."""
    if parsed.spec is None or parsed.value is UNREADABLE:
        return
    for keyword, expected, actual in misquoted(operation, dict(request.parameters), parsed.spec, parsed.value):
        place, texts = "body" + keyword.place, (text_of(expected), text_of(actual))
        yield Violation("overlay.equals", response.status, place, keyword.pointer, *texts)


def misquoted(
    operation: Operation, parameters: Mapping[str, str], spec: ResponseSpec, value: Any
) -> Iterator[tuple[Equals, str, Any]]:
    """Yield each promise of a body to repeat a parameter that it breaks, with what was requested and what came."""
    for keyword in equals(operation, spec):
        try:
            actual = resolve_pointer(value, pointer_steps(keyword.place))
        except (LookupError, ValueError):
            continue  # The rule schema.required judges an absent value.
        # Of a captured answer it may not be known what was asked for.
        expected = parameters.get(keyword.parameter)
        if expected is not None and not _repeats(actual, expected):
            yield keyword, expected, actual


def swapped(operation: Operation, request: Request, parsed: ParsedResponse, response: Response) -> Iterator[Violation]:
    """Yield a violation if a value with `x-equals` is that of another resource asked for at the same time."""
    if parsed.spec is None:
        return
    for keyword in equals(operation, parsed.spec):
        with suppress(LookupError, ValueError):
            actual = resolve_pointer(parsed.value, from_pointer(keyword.place))
            others = [operation.bind(each)[keyword.parameter] for each in request.together]
            if not _repeats(actual, dict(request.parameters)[keyword.parameter]) and any(
                _repeats(actual, other) for other in others
            ):
                yield as_another(operation, request, response, text_of(actual))
                return


def as_another(operation: Operation, request: Request, response: Response, other: str) -> Violation:
    """Return the violation of an answer that is another resource's; `other` is JSON text that names that one."""
    own = text_of("/".join(request.parameter_values))
    return Violation("overlay.swapped", response.status, "body", operation.pointer, own, other)


def _repeats(actual: Any, expected: str) -> bool:
    if isinstance(actual, str):
        return actual == expected
    value = scalar(expected)
    return bool(actual == value) and isinstance(actual, bool) == isinstance(value, bool)


EXCHANGE_CHECKS: Final[tuple[Callable[[Operation, Request, ParsedResponse, Response], Iterator[Violation]], ...]] = (
    known_resource,
    unknown_resource,
    echo,
    swapped,
)
"""The checks of a response in the light of its request."""


def undocumented_method(operation: Operation, request: Request, response: Response) -> Iterator[Violation]:
    """Yield a violation unless an undocumented method is refused with 405 and an Allow field of the documented ones."""
    method, status = request.method, response.status
    if status != _METHOD_NOT_ALLOWED:
        # An unknown resource has no methods, and a request without a key may be rejected before its method is read.
        excused = (() if request.exists else _NOT_FOUND) + (_CALLER_REJECTED if carries_no_key(method) else ())
        if status not in excused:
            pointer = operation.pointer
            yield Violation("method.not-refused", status, "status", pointer, "405", str(status), variant=method)
        return
    field, documented = response.header("allow"), ", ".join(operation.methods)
    if field is None:
        yield _of_allow("method.allow-missing", operation, documented, "", "")
        return
    allowed = {name.strip(" \t") for name in field.split(",")}
    if not allowed.issuperset(operation.methods):
        yield _of_allow("method.allow-wrong", operation, documented, text_of(field), "lacking")
    if method in allowed:
        without = f"{documented} without {method}"
        yield _of_allow("method.allow-wrong", operation, without, text_of(field), "refused")


def _of_allow(rule: str, operation: Operation, expected: str, actual: str, variant: str) -> Violation:
    return Violation(rule, _METHOD_NOT_ALLOWED, "header Allow", operation.pointer, text_of(expected), actual, variant)
