"""Parse one response, and find the violations that it has whatever was requested.

Hides media types, the choice of the body's schema, and the cache by which equal responses are parsed once. A check is
a generator that yields the violations of one rule or of a few that exclude each other; RESPONSE_CHECKS lists all.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from contracts.http import CODINGS, THROTTLED, Response, coding_names
from contracts.judge.header_values import is_legal
from contracts.judge.validation import LARGE, compiled
from contracts.judge.violation import Violation
from contracts.openapi import (
    UNREADABLE,
    Document,
    Header,
    JsonFlaw,
    MediaType,
    Operation,
    ResponseSpec,
    documented_key,
    parse_json,
    parse_media_type,
    sample_type,
    text_of,
)

# Header fields that the checks read beside those that the document declares.
_CHECKED_HEADERS: Final = frozenset({"content-encoding", "content-type"})


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ParsedResponse:
    """A response as the document describes it, its parsed body, and its violations whatever was requested.

    `spec` is None for an undocumented status. `key` is the documented media type or range that the response belongs to,
    None if there is none. `schema` is the JSON pointer of the schema that the body is held against: empty if any JSON
    is allowed, None if the body is neither JSON nor a text with a schema. `value` is UNREADABLE if the body holds none.
    """

    spec: ResponseSpec | None
    key: str | None
    schema: str | None
    value: Any
    violations: tuple[Violation, ...]


def parse_response(operation: Operation, response: Response, *, quick: bool = False) -> ParsedResponse:
    """Return the response, parsed and checked by itself; equal responses are parsed once.

    With `quick` jsonschema skips the parts of every body that jsonschema_rs finds valid, as else of large ones.
    """
    headers = tuple(field for field in response.headers if field[0].lower() in checked_headers(operation))
    parse = _parse_large if len(response.body) >= LARGE else _parse_small
    return parse(operation, response.status, headers, response.body, quick)


@functools.lru_cache(maxsize=1024)
def checked_headers(operation: Operation) -> frozenset[str]:
    """Return the names, in small letters, of the header fields that the checks of a response read."""
    return _CHECKED_HEADERS | {header.name.lower() for spec in operation.responses for header in spec.headers}


def _parse(
    operation: Operation, status: int, headers: tuple[tuple[str, str], ...], body: bytes, quick: bool
) -> ParsedResponse:
    response = Response(status, headers, body)
    spec = operation.response_for(status)
    claimed = parse_media_type(response.header("content-type") or "")
    key = _key(spec, claimed) if spec else None
    schema_at = _body_schema(operation.document, spec, key, claimed) if spec and key else None
    value, flaws = _read(body, claimed) if body and schema_at is not None else (UNREADABLE, ())
    subject = Subject(operation, response, spec, claimed, key, value, flaws, schema_at, quick)
    violations = tuple(violation for check in RESPONSE_CHECKS for violation in check(subject))
    return ParsedResponse(spec, key, schema_at, value, violations)


_parse_small: Final = functools.lru_cache(maxsize=1024)(_parse)
# Several readers ask for the response of one exchange; of large bodies only that of the last exchange is kept.
_parse_large: Final = functools.lru_cache(maxsize=1)(_parse)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The subject of the checks: a response with its parsed body. The fields are those of ParsedResponse.

    `claimed` is the media type that the response says it has, None if it names none.
    """

    operation: Operation
    response: Response
    spec: ResponseSpec | None
    claimed: MediaType | None
    key: str | None
    value: Any
    flaws: tuple[JsonFlaw, ...]
    schema: str | None
    quick: bool = False

    def violation(
        self, rule: str, place: str, pointer: str = "", expected: str = "", actual: str = "", variant: str = ""
    ) -> Violation:
        """Return a violation of `rule` at `place` of this response; `pointer` is the document's."""
        return Violation(rule, self.response.status, place, pointer, expected, actual, variant)


def _key(spec: ResponseSpec, claimed: MediaType | None) -> str | None:
    """Return the documented media type or range of a response; if it names no type, the only one if that is JSON."""
    if claimed is not None:
        return documented_key(spec.content, claimed)
    if len(spec.content) != 1:
        return None
    (only,) = spec.content
    sample = sample_type(spec.content, only)
    return only if sample and sample.is_json else None


def _body_schema(document: Document, spec: ResponseSpec, key: str, claimed: MediaType | None) -> str | None:
    """Return the `schema` of ParsedResponse, given the key of the response."""
    pointer = spec.content[key]
    if claimed is None or claimed.is_json:
        return pointer or ""
    return pointer if pointer and is_judged_text(document, pointer, claimed) else None


def is_judged_text(document: Document, pointer: str, media_type: MediaType) -> bool:
    """Return whether bodies of the media type are held as text against the schema: `text/*`, and a schema of strings.

    A stream of events is left out, because its schema is that of one event's data.
    """
    if not media_type.is_text or media_type.name == "text/event-stream":
        return False
    schema = document.resolve(pointer)[1]
    if not isinstance(schema, dict):
        return False
    listed: Any = [schema["const"]] if "const" in schema else schema.get("enum")
    return schema.get("type") == "string" or (bool(listed) and all(isinstance(value, str) for value in listed))


def judged_schemas(operation: Operation, spec: ResponseSpec) -> tuple[str, ...]:
    """Return the JSON pointers of the schemas that bodies of the spec's responses can be held against."""
    found = []
    for key, pointer in spec.content.items():
        sample = sample_type(spec.content, key)
        if pointer and sample and (sample.is_json or is_judged_text(operation.document, pointer, sample)):
            found.append(pointer)
    return tuple(found)


def unread_types(document: Document) -> tuple[str, ...]:
    """Return the media types of the document's successes whose bodies are not read, because they are neither."""
    found: dict[str, None] = {}
    for operation in document.operations:
        for spec in (spec for spec in operation.responses if spec.is_success):
            samples = {key: sample_type(spec.content, key) for key in spec.content}
            judged = judged_schemas(operation, spec)
            unread = (
                key for key, each in samples.items() if spec.content[key] not in judged and each and not each.is_json
            )
            found.update(dict.fromkeys(unread))
    return tuple(found)


def _read(body: bytes, claimed: MediaType | None) -> tuple[Any, tuple[JsonFlaw, ...]]:
    """Return the JSON value or the text of a body, and the flaws of JSON."""
    if claimed is None or claimed.is_json:
        return parse_json(body)
    return _decoded(body, claimed), ()


def _decoded(body: bytes, claimed: MediaType) -> Any:
    """Return the text, or UNREADABLE if it is not in the charset that it claims; without a claim any bytes are text."""
    for charset in (claimed.charset,) if claimed.charset else ("utf-8", "latin-1"):
        with suppress(Exception):  # Some of Python's codecs raise errors and warnings of their own.
            return body.decode(charset)
    return UNREADABLE


def documented_status(subject: Subject) -> Iterator[Violation]:
    """Yield a violation unless the document describes the status, or the server asks for fewer requests."""
    if subject.spec is not None or subject.response.status == THROTTLED:
        return
    rule = "status.server-error" if subject.response.status >= 500 else "status.undocumented"
    listed = text_of([spec.status for spec in subject.operation.responses])
    status, pointer = str(subject.response.status), subject.operation.pointer + "/responses"
    yield subject.violation(rule, "status", pointer, expected=listed, actual=status, variant=status)


def content_type(subject: Subject) -> Iterator[Violation]:
    """Yield a violation unless the Content-Type names a documented media type."""
    spec, field = subject.spec, subject.response.header("content-type")
    if spec is None or not spec.content:
        return
    at = "header Content-Type", spec.pointer + "/content"
    listed = text_of([*spec.content])
    if field is None:
        if subject.response.body:
            yield subject.violation("content-type.missing", *at, expected=listed)
    elif (claimed := subject.claimed) is None:
        # Several fields of one name are one list (RFC 9110, section 5.3), which a media type is not.
        times = sum(name.lower() == "content-type" for name, _ in subject.response.headers)
        variant = str(times) if times > 1 else ""
        yield subject.violation("content-type.malformed", *at, expected=listed, actual=text_of(field), variant=variant)
    elif subject.key is None:
        actual = text_of(field)
        yield subject.violation("content-type.undocumented", *at, expected=listed, actual=actual, variant=claimed.name)


def charset(subject: Subject) -> Iterator[Violation]:
    """Yield a violation if the Content-Type of JSON names a charset other than UTF-8, or a text is not in its charset.

    JSON defines no charset parameter, but a client that honours a wrong one misreads the body.
    """
    claimed = subject.claimed
    if subject.spec is None or claimed is None or not claimed.charset:
        return
    wrong = claimed.is_json and claimed.charset.lower() not in ("utf-8", "utf8", "us-ascii")
    if wrong or (claimed.is_text and _decoded(subject.response.body, claimed) is UNREADABLE):
        at, name = ("header Content-Type", subject.spec.pointer + "/content"), claimed.charset
        expected = '"utf-8"' if wrong else text_of("the charset of the text")
        yield subject.violation(
            "content-type.charset", *at, expected=expected, actual=text_of(name), variant=name.lower()
        )


def content_encoding(subject: Subject) -> Iterator[Violation]:
    """Yield a violation if the body has a content coding that the request did not accept."""
    field = subject.response.header("content-encoding") or ""
    unasked = [name for name in coding_names(field) if name not in CODINGS]
    if unasked:
        where, listed, actual = "header Content-Encoding", text_of([*CODINGS]), text_of(field)
        yield subject.violation("content-encoding.unasked", where, expected=listed, actual=actual, variant=unasked[0])


def body_presence(subject: Subject) -> Iterator[Violation]:
    """Yield a violation if a body is undocumented, or a documented one is missing."""
    if subject.spec is None:
        return
    pointer, body = subject.spec.pointer, subject.response.body
    if not subject.spec.content and body:
        yield subject.violation("body.unexpected", "body", pointer, actual=text_of(f"{len(body)} bytes"))
    if subject.spec.content and not body and not is_bodiless(subject.response.status):
        yield subject.violation("body.missing", "body", pointer + "/content", expected=text_of([*subject.spec.content]))


def is_bodiless(status: int) -> bool:
    """Return whether responses of the status have no body, whatever a document says (RFC 9110, section 6.4.1)."""
    return status < 200 or status in (204, 205, 304)


def headers(subject: Subject) -> Iterator[Violation]:
    """Yield a violation for each declared response header that is required and missing, or breaks its schema."""
    for header in subject.spec.headers if subject.spec else ():
        text = subject.response.header(header.name.lower())
        if text is not None:
            yield from _header(subject, header, text)
        elif header.required:
            yield subject.violation("header.missing", f"header {header.name}", header.pointer)


def _header(subject: Subject, header: Header, text: str) -> Iterator[Violation]:
    if header.schema is None:
        return
    if not is_legal(subject.operation.document, header, text):
        expected = text_of(subject.operation.document.resolve(header.schema)[1])
        where = f"header {header.name}"
        yield subject.violation("header.schema", where, header.schema, expected=expected, actual=text_of(text))


def json_text(subject: Subject) -> Iterator[Violation]:
    """Yield a violation for each flaw of the JSON text: encoding, duplicate names, infinite numbers (RFC 8259)."""
    # A field that is no media type is reported alone; a body that is JSON all the same is checked by its schema.
    is_other = subject.response.header("content-type") and not (subject.claimed and subject.claimed.is_json)
    if subject.spec is None or is_other:
        return
    for flaw in subject.flaws:
        yield subject.violation(flaw.rule, "body" + flaw.place, subject.spec.pointer, actual=text_of(flaw.detail))


def schema(subject: Subject) -> Iterator[Violation]:
    """Yield the violations of the schema that the document gives for the status and media type."""
    if subject.value is not UNREADABLE and subject.schema:
        validation, response = compiled(subject.operation.document), subject.response
        size = max(len(response.body), LARGE) if subject.quick else len(response.body)
        yield from validation.violations(subject.schema, subject.value, size=size, status=response.status)


RESPONSE_CHECKS: Final[tuple[Callable[[Subject], Iterator[Violation]], ...]] = (
    documented_status,
    content_type,
    charset,
    content_encoding,
    body_presence,
    headers,
    json_text,
    schema,
)
"""The checks of a response by itself."""
