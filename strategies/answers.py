"""Whole answers that keep every promise of an operation: drawn, covering, or as the resources of a mock server."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from contracts.document import Header, Operation, Promise
from contracts.exchange import NOTHING, Response
from contracts.keywords import equals
from contracts.pointer import split
from strategies.covering import covering_set
from strategies.leaves import JSON
from strategies.resources import resources
from strategies.walk import Walk

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

_JSON_TYPE: Final = re.compile(r"(application/json|[^/;]+/[^/;]+\+json)\s*(;.*)?", re.IGNORECASE)
# RFC 9110, section 5.5: visible ASCII, blanks only inside.
_FIELD_VALUE: Final = re.compile(r"[!-~]([ -~]*[!-~])?")


def answers(
    operation: Operation, status: int | str | None = None, parameters: Mapping[str, str] | None = None
) -> SearchStrategy[Response]:
    """Answers with one of the documented statuses, or with the one given (as the document spells it, or a code).

    What the overlay says to be equal to a path parameter is, for those given in `parameters`. Raises ValueError for a
    status that is not documented.
    """
    # A mock server needs the covering answers only, and starts without Hypothesis.
    from hypothesis import strategies as st

    promises = operation.promises if status is None else (_promise(operation, status),)
    every = [_drawn(operation, promise, parameters or NOTHING) for promise in promises]
    return st.sampled_from(range(len(every))).flatmap(every.__getitem__)


def covering_answers(
    operation: Operation, status: int | str, parameters: Mapping[str, str] | None = None
) -> tuple[Response, ...]:
    """An answer of this status for each value of the covering set, the same each time.

    Raises ValueError for a status that is not documented.
    """
    promise = _promise(operation, status)
    media_type, pointer = _content(promise)
    values = [_plain(promise)] if pointer is None else _values(operation.document, pointer)
    fields = [field for header in promise.headers if (field := _field(operation, header))]
    found = []
    for index, value in enumerate(values):
        # Every other answer has the optional header fields too.
        sent = [options[index % len(options)] for required, options in fields if required or index % 2]
        body = _echoed(operation, promise, value, parameters or NOTHING)
        found.append(_response(operation, promise, media_type, body, sent))
    return tuple(found)


@lru_cache(maxsize=64)
def catalogue(operation: Operation) -> Mapping[tuple[str, ...], Response]:
    """The resources that a mock server knows: path parameters, in the path's order, to the answer.

    There is one for each covering answer of the first status that succeeds (as far as the parameters' schemas allow so
    many names), under names that stay the same; an operation without parameters has one, under `()`. Empty where no
    status succeeds.
    """
    promise = granting(operation)
    if promise is None:
        return MappingProxyType({})
    plain = covering_answers(operation, promise.status)
    names = [parameter.name for parameter in operation.parameters]
    found = {}
    for values, response in zip(resources(operation, promise, len(plain)), plain, strict=False):
        found[values] = with_echo(operation, promise, response, dict(zip(names, values, strict=True)))
    return MappingProxyType(found)


def granting(operation: Operation) -> Promise | None:
    """What a resource that exists is answered with: the first success that is promised, else `default`."""
    promise = next((promise for promise in operation.promises if promise.succeeds), None)
    return promise or next((promise for promise in operation.promises if promise.status == "default"), None)


def check(operation: Operation) -> None:
    """Raises Unsatisfiable, with the place and the mend, where it is proved that nothing can be as is promised."""
    walk = Walk(operation.document)
    places = [parameter.schema for parameter in operation.parameters]
    for promise in operation.promises:
        places += [header.schema for header in promise.headers if header.schema]
        places += [pointer for pointer in promise.content.values() if pointer]
    for node in map(walk.node, places):
        if not walk.schemas.feasible(node):
            raise walk.schemas.refuse(node)


def json_schema(promise: Promise) -> str | None:
    """The schema of the JSON that the promise's answers are given in; None where they are not."""
    return _content(promise)[1]


BODILESS: Final = ("1XX", "204", "205", "304")
"""Statuses whose answers HTTP gives no body (RFC 9110, section 6.4.1)."""

_NO_BODY: Final = object()

_values: Final = lru_cache(maxsize=64)(covering_set)


def _plain(promise: Promise) -> JSON:
    """A body of which the document says nothing that can be judged: something where one is due."""
    return "sample" if promise.content and promise.status not in BODILESS else _NO_BODY


def _promise(operation: Operation, status: int | str) -> Promise:
    for promise in operation.promises:
        if promise.status == str(status):
            return promise
    found = operation.promise(int(status)) if str(status).isdigit() else None
    if found is None:
        known = ", ".join(promise.status for promise in operation.promises)
        raise ValueError(f"{operation} promises nothing for {status}; documented are {known}")
    return found


def _content(promise: Promise) -> tuple[str | None, str | None]:
    """The media type to answer in and its schema; JSON where there is a choice."""
    for media_type, pointer in promise.content.items():
        if pointer and promise.status not in BODILESS and _JSON_TYPE.fullmatch(_named(media_type)):
            return _named(media_type), pointer
    return next(map(_named, promise.content), None), None


def _named(media_type: str) -> str:
    """The media type or, for a range such as `*/*`, one that it covers: JSON if it may be."""
    kind, _, rest = media_type.partition("/")
    if not rest.startswith("*"):
        return media_type
    return "application/json" if kind in ("*", "application") else f"{kind}/plain"


def _status(operation: Operation, promise: Promise) -> int:
    if promise.status.isdigit():
        return int(promise.status)
    if promise.status == "default":
        taken = {other.status for other in operation.promises}
        codes = (404, 500) if any(other.succeeds for other in operation.promises) else (200,)
        return next((code for code in codes if str(code) not in taken and f"{code // 100}XX" not in taken), 599)
    # The first code of the class that is not promised otherwise.
    taken = {other.status for other in operation.promises}
    first = int(promise.status[0]) * 100
    return next(code for code in range(first, first + 100) if str(code) not in taken)


def _response(
    operation: Operation, promise: Promise, media_type: str | None, value: JSON, fields: list[tuple[str, str]]
) -> Response:
    typed = [("Content-Type", media_type)] if media_type else []
    body = b"" if value is _NO_BODY else json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return Response(_status(operation, promise), (*typed, *fields), body)


def _drawn(operation: Operation, promise: Promise, parameters: Mapping[str, str]) -> SearchStrategy[Response]:
    from hypothesis import strategies as st

    from strategies.from_schema import from_schema

    media_type, pointer = _content(promise)
    bodies = st.just(_plain(promise)) if pointer is None else from_schema(operation.document, pointer)
    fields = [
        st.sampled_from(options if required else [None, *options])
        for header in promise.headers
        if (field := _field(operation, header))
        for required, options in [field]
    ]
    return st.tuples(bodies, st.tuples(*fields)).map(
        lambda drawn: _response(
            operation,
            promise,
            media_type,
            _echoed(operation, promise, drawn[0], parameters),
            [field for field in drawn[1] if field],
        )
    )


def _field(operation: Operation, header: Header) -> tuple[bool, list[tuple[str, str]]] | None:
    """Whether the field is required, and the forms it may be sent in; None if it has none."""
    values = _values(operation.document, header.schema) if header.schema else ("sample",)
    texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
    options = [(header.name, text) for text in texts if _FIELD_VALUE.fullmatch(text)]
    return (header.required, options) if options else None


def with_echo(operation: Operation, promise: Promise, response: Response, parameters: Mapping[str, str]) -> Response:
    """The answer as it is to a request for these parameters, where it repeats them."""
    if not equals(operation, promise) or not response.body:
        return response
    value = _echoed(operation, promise, json.loads(response.body), parameters)
    return Response(response.status, response.headers, json.dumps(value, ensure_ascii=False).encode())


def _echoed(operation: Operation, promise: Promise, value: JSON, parameters: Mapping[str, str]) -> JSON:
    """The value with what `x-equals` asks for put in its place, where the place is there."""
    for promised in equals(operation, promise):
        if promised.parameter in parameters:
            value = _replaced(value, split(promised.place), parameters[promised.parameter])
    return value


def _replaced(value: JSON, path: list[str], text: str) -> JSON:
    if not path:
        return _alike(value, text)
    if not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _replaced(value[path[0]], path[1:], text)}


def _alike(value: JSON, text: str) -> JSON:
    """The text as the type of the value that it replaces, if it can be read so."""
    if isinstance(value, (int, float)) and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", text):
        return json.loads(text)
    return text
