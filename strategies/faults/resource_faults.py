"""Faults that depend on the resource: its status, and what the overlay promises of it.

Hides which status a resource may get, and the legal values that break `x-equals`, `x-immutable`, `x-final` and
`x-refuses-unknown`. A value taken from the answer of another resource keeps the schema.
"""

import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from contracts.http import THROTTLED, Failure, Response
from contracts.judge import compiled
from contracts.openapi import (
    Equals,
    Lasting,
    Operation,
    Resource,
    ResponseSpec,
    equals,
    from_pointer,
    lasting,
    refuses_unknown,
    resolve_pointer,
)
from strategies.answers import catalogue, covering_answers, granting, with_echo
from strategies.faults.message_faults import JSON_TYPE
from strategies.faults.mutations import NOTHING, AnswerContext, Fault, Mutation, fault, in_value
from strategies.values import put


def value_faults(operation: Operation, spec: ResponseSpec) -> Iterator[Fault]:
    """Yield the faults of values that repeat the request (`x-equals`) or last (`x-immutable`, `x-final`)."""
    for promised in equals(operation, spec):
        name, place = f"{spec.status}{promised.place}", "body" + promised.place
        for what, change in _ECHOES.items():
            broken = _echoed_otherwise(operation, spec, promised, change)
            yield fault("overlay.equals", f"{name} {what}", place, broken)
        of_another = _of_another(operation, spec, promised.place)
        yield fault("overlay.equals", f"{name} of another resource", place, of_another)
    for kept in lasting(operation, spec):
        rule = "overlay.immutable" if kept.values is None else "overlay.final"
        changed = _changed_later(operation, spec, kept)
        yield fault(rule, f"{spec.status}{kept.place}", "body" + kept.place, changed, is_later=True)


_ECHOES: Final[dict[str, Callable[[str], str]]] = {
    "in the other case": str.swapcase,
    "with a blank": lambda text: text + " ",
    "without its last character": lambda text: text[:-1],
    "with something behind": lambda text: text + "-other",
}


def _echoed_otherwise(
    operation: Operation, spec: ResponseSpec, promised: Equals, change: Callable[[str], str]
) -> Mutation:
    schema = promised.pointer.rpartition("/")[0]

    def changed(old: Any) -> Any:
        new = change(old) if isinstance(old, str) else old
        # A value that breaks the schema as well would be reported for its shape.
        return new if new != old and compiled(operation.document).is_valid(schema, new) else NOTHING

    return _changed_at(spec, promised.place, changed)


def _of_another(operation: Operation, spec: ResponseSpec, place: str) -> Mutation:
    """Return the mutation that takes the value at the place from the answer of another resource."""
    every = [_value_at(place, response) for response in catalogue(operation).values()]
    values = [value for value in every if value is not NOTHING]
    return _changed_at(spec, place, lambda old: next((value for value in values if value != old), NOTHING))


def _changed_at(spec: ResponseSpec, place: str, change: Callable[[Any], Any]) -> Mutation:
    """Return the mutation that changes the value at a place, unless the change is NOTHING."""
    path = from_pointer(place)

    def changed(value: Any) -> Any:
        try:
            new = change(resolve_pointer(value, path))
        except LookupError:
            return NOTHING
        return NOTHING if new is NOTHING else put(value, path, new)

    return in_value(spec, changed)


def _value_at(place: str, response: Response) -> Any:
    """Return the value at a place of an answer, or NOTHING if it has none."""
    try:
        return resolve_pointer(json.loads(response.body), from_pointer(place))
    except (LookupError, ValueError):
        return NOTHING


def _changed_later(operation: Operation, spec: ResponseSpec, kept: Lasting) -> Mutation:
    """Return the mutation that gives another legal value from the second read on."""
    another = _of_another(operation, spec, kept.place)

    def mutation(context: AnswerContext) -> Response | Failure | None:
        # Unless the first read shows a value that lasts, a later change breaks nothing.
        if not context.exists or not _shows(kept, context.response):
            return None
        changed = another(context)
        return changed if context.reads or changed is None else context.response

    return mutation


def _shows(kept: Lasting, response: Response) -> bool:
    value = _value_at(kept.place, response)
    return value not in (NOTHING, None) if kept.values is None else value in kept.values


def status_faults(operation: Operation) -> Iterator[Fault]:
    """Yield the faults of the status: undocumented, a refusal of what exists, or success for what does not."""
    # Of an ordinary id no refusal is excused, by whatever status an intermediary may refuse other ids.
    statuses = (201, 302, 307, 400, 403, 404, 405, 414, 418, 431, 500, 503)
    for status in (each for each in statuses if operation.response_for(each) is None):
        if status >= 500:
            yield fault("status.server-error", str(status), "status", _status(status))
        elif status < 300:
            yield fault("status.undocumented", str(status), "status", _status(status))
        else:
            # If the resource exists, its refusal is reported rather than the undocumented status.
            yield fault("status.known-resource", str(status), "status", _status(status, exists=True))
            if operation.parameters:
                yield fault("status.undocumented", str(status), "status", _status(status, exists=False))
    for spec in operation.responses:
        # To be asked to send fewer requests says nothing of the resource.
        if spec not in operation.granted and spec.status != str(THROTTLED):
            yield fault("status.known-resource", spec.status, "status", _refused(operation, spec))
    if operation.parameters and refuses_unknown(operation):
        yield fault("overlay.unknown-resource", "", "status", partial(_granted, operation))
        if known := mistakable(operation):
            yield fault("overlay.alias", "", "status", partial(_mistaken, operation, known))


def swap_faults(operation: Operation) -> Iterator[Fault]:
    """Yield the fault of answers to requests in flight at the same time that are mixed up."""
    spec = granting(operation)
    if spec is not None and operation.parameters and equals(operation, spec):
        yield fault("overlay.swapped", "", "body", _swapped)


def _swapped(context: AnswerContext) -> Response | None:
    """Answer with what another resource gets that is asked for at the same time."""
    answers = catalogue(context.operation)
    return next((answers[each] for each in context.together if each in answers), None) if context.exists else None


def _status(status: int, *, exists: bool | None = None) -> Mutation:
    problem = Response(status, (JSON_TYPE,), b'{"detail": "broken on purpose"}')
    return lambda context: None if exists is not None and context.exists is not exists else problem


def _refused(operation: Operation, spec: ResponseSpec) -> Mutation:
    answer = covering_answers(operation, spec.status)[0]
    return lambda context: answer if context.exists else None


def _granted(operation: Operation, context: AnswerContext) -> Response | None:
    """Answer an unknown resource with success, as if it existed."""
    spec = next((spec for spec in operation.responses if spec.is_success), None)
    if context.exists or spec is None:
        return None
    return covering_answers(operation, spec.status, operation.bind(context.resource))[0]


def mistakable(operation: Operation) -> Resource:
    """Return a resource whose answer identifies it, whatever id it was asked for by; empty if there is none."""
    for resource, response in catalogue(operation).items():
        spec = operation.response_for(response.status)
        kept = [each for each in lasting(operation, spec) if each.values is None] if spec else []
        if any(_shows(each, response) for each in kept) and in_other_case(resource) != resource:
            return resource
    return ()


def in_other_case(resource: Resource) -> Resource:
    """Return the resource with the case of every letter of its last id swapped."""
    return (*resource[:-1], resource[-1].swapcase())


def _mistaken(operation: Operation, known: Resource, context: AnswerContext) -> Response | None:
    """Answer an id as the known resource whose id differs by case."""
    if context.exists or context.resource != in_other_case(known):
        return None
    response = catalogue(operation)[known]
    spec = operation.response_for(response.status)
    return with_echo(operation, spec, response, operation.bind(context.resource)) if spec else None
