"""A fault as a value, and the changes of an answer that faults are made of.

Hides how the JSON text, the bytes and the header fields of an answer are changed in one spot. A mutation is a pure
function of an AnswerContext, so that the self-test and the mock server break answers in the same way.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from contracts.http import PROBED_METHODS, Failure, Response
from contracts.judge import PlacePattern
from contracts.openapi import Operation, Resource, ResponseSpec, parse_media_type
from strategies.answers import Content


@dataclass(frozen=True, slots=True)
class AnswerContext:
    """An answer that is about to be given, with the resource it is for.

    `exists` says whether the resource exists, `reads` how often it was read before. A `method` other than GET and HEAD
    is one that the document does not have for the path. `together` are resources that are asked for at the same time.
    """

    operation: Operation
    resource: Resource
    exists: bool
    reads: int
    response: Response
    method: str = "GET"
    together: tuple[Resource, ...] = ()

    @property
    def probes(self) -> bool:
        """Whether it is the answer to an undocumented method."""
        return self.method in PROBED_METHODS


Mutation = Callable[[AnswerContext], Response | Failure | None]
"""Returns the broken answer, or None if this answer has nothing to break."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to break one rule at one place of an answer, and nothing else.

    `name` is unique within an operation and stable: `schema.type 200/shelf[box]/goods array`.
    """

    name: str
    rule: str
    place: PlacePattern
    mutation: Mutation
    id_class: str = ""
    """The class of ids whose answers alone it breaks, if it is one that intermediaries may refuse."""
    is_later: bool = False
    """Whether it breaks later reads of a resource alone; any other fault makes the same of every read."""


def fault(rule: str, name: str, place: str, mutation: Mutation, *, is_later: bool = False) -> Fault:
    """Return the fault of a rule; `name` distinguishes it from the rule's other faults."""
    return Fault(f"{rule} {name}".rstrip(), rule, PlacePattern(place), mutation, is_later=is_later)


Change = Callable[[Any], Any]
"""Returns the changed value, or NOTHING if the value has nothing to break."""

NOTHING: Final[Any] = object()
"""Returned by a change of a value that has nothing to break."""


def is_described(context: AnswerContext, spec: ResponseSpec, content: Content | None = None) -> bool:
    """Return whether the answer is one of those that the spec describes, and of this content."""
    described = context.operation.response_for(context.response.status) == spec
    return described and (content is None or content.covers(spec, context.response))


def in_value(spec: ResponseSpec, change: Change, content: Content | None = None) -> Mutation:
    """Return the mutation that changes the JSON value of the spec's answers; see `in_text`."""

    def changed(body: bytes) -> bytes | None:
        value = change(json.loads(body))
        return None if value is NOTHING else json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass")

    mutation = in_text(spec, changed, content)
    return lambda context: mutation(context) if _is_json(context.response) else None


def in_words(spec: ResponseSpec, change: Change, content: Content) -> Mutation:
    """Return the mutation that changes the text of the spec's answers in one content that is no JSON."""

    def changed(body: bytes) -> bytes | None:
        text = change(body.decode())
        return text.encode() if isinstance(text, str) and text else None

    return in_text(spec, changed, content)


def in_text(spec: ResponseSpec, change: Callable[[bytes], bytes | None], content: Content | None = None) -> Mutation:
    """Return the mutation that changes the body's bytes of the spec's answers, or of those of one content."""

    def mutation(context: AnswerContext) -> Response | None:
        if not is_described(context, spec, content) or not context.response.body:
            return None
        body = change(context.response.body)
        return None if body is None else replace(context.response, body=body)

    return mutation


def in_field(spec: ResponseSpec, name: str, value: str | None, content: Content | None = None) -> Mutation:
    """Return the mutation that sets a header field of those answers, or removes it if the value is None."""
    return lambda context: set_field(context.response, name, value) if is_described(context, spec, content) else None


def _is_json(response: Response) -> bool:
    sent = parse_media_type(response.header("content-type") or "")
    return sent is not None and sent.is_json


def set_field(response: Response, name: str, value: str | None) -> Response:
    """Return the answer with one field of this name, or without any if the value is None."""
    others = tuple(field for field in response.headers if field[0].lower() != name.lower())
    return replace(response, headers=others if value is None else (*others, (name, value)))
