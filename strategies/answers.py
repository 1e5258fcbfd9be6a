"""Build whole answers that keep every promise of an operation: drawn, covering, or for the resources of a mock server.

Hides how a status class, a media type range, header fields and repeated path parameters become one response.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from contracts.http import NOTHING, Response
from contracts.judge import is_judged_text
from contracts.openapi import (
    Document,
    MediaType,
    Operation,
    Resource,
    ResponseSpec,
    documented_key,
    equals,
    from_pointer,
    lasting,
    parse_media_type,
    resolve_pointer,
    sample_type,
)
from strategies.ids import resources
from strategies.values import JSON, covering_set, from_schema, put

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

# A field value is visible ASCII, with blanks only inside (RFC 9110, section 5.5).
_ELEMENT: Final = re.compile(r"[^\s,=]([^,=]*[^\s,=])?")
_FIELD_VALUE: Final = re.compile(r"[!-~]([ -~]*[!-~])?")


def answers(
    operation: Operation, status: int | str | None = None, parameters: Mapping[str, str] | None = None
) -> SearchStrategy[Response]:
    """Return a strategy for answers with any documented status, or with the given one (a code, or as documented).

    Values that repeat a path parameter (`x-equals`) have its value from `parameters`, if it is there. Raises ValueError
    for a status that is not documented.
    """
    # A mock server needs the covering answers only, and starts without Hypothesis.
    from hypothesis import strategies as st

    specs = operation.responses if status is None else (_spec(operation, status),)
    every = [_drawn(operation, spec, parameters or NOTHING) for spec in specs]
    return st.sampled_from(range(len(every))).flatmap(every.__getitem__)


def covering_answers(
    operation: Operation, status: int | str, parameters: Mapping[str, str] | None = None
) -> tuple[Response, ...]:
    """Return an answer of this status for every value of the covering set, the same each time; see `answers`.

    Raises ValueError for a status that is not documented.
    """
    spec = _spec(operation, status)
    fields = tuple(_fields(operation, spec))
    found: list[Response] = []
    every = [(content, value) for content in contents(operation, spec) for value in _bodies(content)]
    for index, (content, value) in enumerate(every):
        # Every second answer has the optional header fields as well.
        sent = [options[index % len(options)] for required, options in fields if required or index % 2]
        body = _echoed(operation, spec, value, parameters or NOTHING)
        found.append(_response(operation, spec, content, body, sent))
    return tuple(found)


@lru_cache(maxsize=1024)
def catalogue(operation: Operation) -> Mapping[Resource, Response]:
    """Return the resources that a mock server knows, with their answers.

    There is one resource per covering answer of the first successful status, if the parameters' schemas allow as many
    names, and the names stay the same; an operation without parameters has one, `()`. Empty if no status is successful.
    """
    spec = granting(operation)
    if spec is None:
        return MappingProxyType({})
    plain = covering_answers(operation, spec.status)
    found = {}
    for values, response in zip(resources(operation, spec, len(plain)), plain, strict=False):
        found[values] = with_echo(operation, spec, response, operation.bind(values))
    return MappingProxyType(found)


def shown_in_turn(operation: Operation) -> tuple[Response, ...]:
    """Return the answers that a mock server gives one after another to requests of an operation without parameters.

    There is only one if a value of it has to last, and none if the operation has parameters or no success.
    """
    spec = granting(operation)
    if operation.parameters or spec is None:
        return ()
    every = covering_answers(operation, spec.status)
    return every[:1] if lasting(operation, spec) else every


def granting(operation: Operation) -> ResponseSpec | None:
    """Return the spec of the answer for a resource that exists, the first of `Operation.granted`; None without any."""
    return next(iter(operation.granted), None)


BODILESS: Final = ("1XX", "204", "205", "304")
"""Statuses whose answers have no body (RFC 9110, section 6.4.1)."""

_NO_BODY: Final = object()

_values: Final = lru_cache(maxsize=4096)(covering_set)


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """One way to answer a status: `key` is the documented media type or range, `media_type` the one that is sent.

    `schema` is the JSON pointer of the schema that the body is held against, None if there is none. Without a key the
    answer has no body; without a media type it names none.
    """

    document: Document
    key: str | None = None
    media_type: MediaType | None = None
    schema: str | None = None

    @property
    def is_json(self) -> bool:
        """Whether the body is JSON text."""
        return self.media_type is not None and self.media_type.is_json

    def covers(self, spec: ResponseSpec, response: Response) -> bool:
        """Return whether the response, which the spec describes, is of this content."""
        sent = parse_media_type(response.header("content-type") or "")
        return sent is not None and documented_key(spec.content, sent) == self.key


@lru_cache(maxsize=256)
def contents(operation: Operation, spec: ResponseSpec) -> tuple[Content, ...]:
    """Return every content of the spec's answers whose bodies can be judged, or its first one if none can be.

    JSON with a schema comes first.
    """
    found = []
    for key, pointer in spec.content.items():
        media_type = sample_type(spec.content, key)
        if media_type is not None:
            is_judged = media_type.is_json or bool(pointer and is_judged_text(operation.document, pointer, media_type))
            found.append((is_judged, Content(operation.document, key, media_type, pointer if is_judged else None)))
    if spec.status in BODILESS or not found:
        return (Content(operation.document, None, found[0][1].media_type if found else None),)
    judged = [content for is_judged, content in found if is_judged]
    return tuple(sorted(judged, key=lambda content: content.schema is None or not content.is_json)) or (found[0][1],)


def _bodies(content: Content) -> Sequence[JSON]:
    """Return the covering set of the content's bodies: JSON values, or texts."""
    if content.key is None or content.schema is None:
        return [_plain(content)]
    values = _values(content.document, content.schema)
    return values if content.is_json else [text for text in values if _is_sendable(text)] or [_NO_BODY]


def _plain(content: Content) -> JSON:
    """Return a body for content without a schema; `_NO_BODY` if the answer has none."""
    return "sample" if content.key is not None else _NO_BODY


def _is_sendable(text: JSON) -> bool:
    """Return whether the text can be a body: it is not empty, and UTF-8 can hold it."""
    return isinstance(text, str) and text != "" and not any("\ud800" <= char <= "\udfff" for char in text)


def _spec(operation: Operation, status: int | str) -> ResponseSpec:
    for spec in operation.responses:
        if spec.status == str(status):
            return spec
    found = operation.response_for(int(status)) if str(status).isdigit() else None
    if found is None:
        known = ", ".join(spec.status for spec in operation.responses)
        raise ValueError(f"{operation} has no response for {status}; documented are {known}")
    return found


def status_of(operation: Operation, spec: ResponseSpec) -> int:
    """Return the status code of the spec's answers: its own, or one that stands for its class or for `default`."""
    if spec.status.isdigit():
        return int(spec.status)
    taken = {other.status for other in operation.responses}
    if spec.status == "default":
        codes = (404, 500) if any(other.is_success for other in operation.responses) else (200,)
        return next((code for code in codes if str(code) not in taken and f"{code // 100}XX" not in taken), 599)
    # The first code of the class that has no response of its own.
    first = int(spec.status[0]) * 100
    return next(code for code in range(first, first + 100) if str(code) not in taken)


def _response(
    operation: Operation, spec: ResponseSpec, content: Content, value: JSON, fields: list[tuple[str, str]]
) -> Response:
    typed = [("Content-Type", _content_type(content, value))] if content.media_type else []
    return Response(status_of(operation, spec), (*typed, *fields), _encoded(content, value))


def _encoded(content: Content, value: JSON) -> bytes:
    if value is _NO_BODY:
        return b""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode() if content.is_json else str(value).encode()


def _content_type(content: Content, value: JSON) -> str:
    """Return the field for a body: as it is documented, or the type that stands for a range."""
    key, media_type = content.key or "", content.media_type
    assert media_type is not None
    known = parse_media_type(key)
    named = key if known == media_type else media_type.name
    # A reader without this word may take other letters than those of ASCII for Latin-1.
    unnamed = media_type.is_text and not media_type.charset and not str(value).isascii()
    return named + "; charset=utf-8" * unnamed


def _drawn(operation: Operation, spec: ResponseSpec, parameters: Mapping[str, str]) -> SearchStrategy[Response]:
    from hypothesis import strategies as st

    fields = [
        st.sampled_from(options if required else [None, *options]) for required, options in _fields(operation, spec)
    ]

    def response(drawn: tuple[Content, JSON, tuple[tuple[str, str] | None, ...]]) -> Response:
        content, value, sent = drawn
        body = _echoed(operation, spec, value, parameters)
        return _response(operation, spec, content, body, [field for field in sent if field])

    def bodies(content: Content) -> SearchStrategy[tuple[Content, JSON]]:
        if content.schema is None:
            return st.just((content, _plain(content)))
        values = from_schema(content.document, content.schema)
        values = values if content.is_json else values.filter(_is_sendable)
        return values.map(lambda value: (content, value))

    every = [bodies(content) for content in contents(operation, spec)]
    drawn = st.sampled_from(range(len(every))).flatmap(every.__getitem__) if len(every) > 1 else every[0]
    return st.tuples(drawn, st.tuples(*fields)).map(lambda each: response((*each[0], each[1])))


def _fields(operation: Operation, spec: ResponseSpec) -> Iterator[tuple[bool, list[tuple[str, str]]]]:
    """Yield of every header field that can be sent whether it is required, and the forms that it may be sent in."""
    for header in spec.headers:
        values = _values(operation.document, header.schema) if header.schema else ("sample",)
        texts = [text for value in values if (text := _simple(value, explode=header.explode)) is not None]
        if options := [(header.name, text) for text in texts if _FIELD_VALUE.fullmatch(text)]:
            yield header.required, options


def required_fields(operation: Operation, status: str) -> tuple[tuple[str, str], ...]:
    """Return the header fields that an answer of the documented status must have, Content-Type aside."""
    return tuple(options[0] for required, options in _fields(operation, _spec(operation, status)) if required)


def _simple(value: JSON, *, explode: bool) -> str | None:
    """Return the value as a header field has it (OpenAPI 3.1.0, style `simple`); None if it cannot be written so."""
    if not isinstance(value, (list, dict)):
        return value if isinstance(value, str) else json.dumps(value)
    parts = value if isinstance(value, list) else [part for member in value.items() for part in member]
    texts = [_simple(part, explode=explode) for part in parts if not isinstance(part, (list, dict))]
    # A comma, an equals sign or white space around an element would be read as what separates elements.
    if len(texts) < len(parts) or not all(text and _ELEMENT.fullmatch(text) for text in texts):
        return None
    if isinstance(value, list) or not explode:
        return ",".join(map(str, texts))
    return ",".join(f"{name}={text}" for name, text in zip(texts[::2], texts[1::2], strict=True))


def with_echo(operation: Operation, spec: ResponseSpec, response: Response, parameters: Mapping[str, str]) -> Response:
    """Return the answer as it is given to a request with these parameters, which it may repeat."""
    sent = parse_media_type(response.header("content-type") or "")
    if not equals(operation, spec) or not response.body or not (sent and sent.is_json):
        return response
    value = _echoed(operation, spec, json.loads(response.body), parameters)
    return Response(response.status, response.headers, json.dumps(value, ensure_ascii=False).encode())


def _echoed(operation: Operation, spec: ResponseSpec, value: JSON, parameters: Mapping[str, str]) -> JSON:
    """Return the value with the parameters at the places of `x-equals` that it has."""
    for promised in equals(operation, spec):
        path = from_pointer(promised.place)
        with suppress(LookupError, ValueError):
            if promised.parameter in parameters:
                value = put(value, path, _alike(resolve_pointer(value, path), parameters[promised.parameter]))
    return value


def _alike(value: JSON, text: str) -> JSON:
    """Return the text in the type of the value that it replaces, if it can be read so."""
    if isinstance(value, (int, float)) and re.fullmatch(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?", text):
        return json.loads(text)
    return text


METHODS: Final = ("GET", "HEAD")
"""The methods that a mock server answers on a documented path."""


def refusal(operation: Operation, method: str) -> Response:
    """Return the answer to a method that the document does not have for the path (RFC 9110, section 15.5.6)."""
    refused = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{method} is not documented here")
    return with_field(refused, "Allow", ", ".join(dict.fromkeys((*METHODS, *operation.methods))))


def problem(status: HTTPStatus, detail: str) -> Response:
    """Return the answer that describes a problem (RFC 9457, section 3)."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
    return Response(status.value, (("Content-Type", "application/problem+json"),), json.dumps(body).encode())


def with_field(response: Response, name: str, value: str) -> Response:
    """Return the answer with one more header field."""
    return Response(response.status, (*response.headers, (name, value)), response.body)
