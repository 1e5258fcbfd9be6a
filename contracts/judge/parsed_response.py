"""Parse one response, and find the violations that it has whatever was requested.

Hides media types, the choice of the body's schema, and the cache by which equal responses are parsed once. A check is
a generator that yields the violations of one rule or of a few that exclude each other; RESPONSE_CHECKS lists all.
"""

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from contracts.http import CODINGS, Response, coding_names
from contracts.judge.header_values import is_legal
from contracts.judge.validation import LARGE, compiled
from contracts.judge.violation import Violation
from contracts.openapi import UNREADABLE, Header, JsonFlaw, Operation, ResponseSpec, parse_json, text_of

# RFC 9110, sections 5.6.2 and 8.3.1.
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# The repetitions are possessive, so that matching takes linear time whatever the field holds.
_PARAMETER: Final = rf'[ \t]*+;[ \t]*+(?:{_TOKEN}=(?:{_TOKEN}|"(?:[^"\\]|\\.)*+"))?'
_MEDIA_TYPE: Final = re.compile(rf"({_TOKEN}/{_TOKEN})(?:{_PARAMETER})*[ \t]*")
_CHARSET: Final = re.compile(rf';[ \t]*charset=(?:({_TOKEN})|"((?:[^"\\]|\\.)*+)")', re.IGNORECASE)

# Header fields that the checks read beside those that the document declares.
_CHECKED_HEADERS: Final = frozenset({"content-encoding", "content-type"})


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class ParsedResponse:
    """A response as the document describes it, its parsed body, and its violations whatever was requested.

    `spec` is None for an undocumented status. `schema` is the JSON pointer of the body's schema: None if no JSON is
    documented, empty if any JSON is allowed. `value` is UNREADABLE if the body holds no JSON value.
    """

    spec: ResponseSpec | None
    schema: str | None
    value: Any
    violations: tuple[Violation, ...]


def parse_response(operation: Operation, response: Response) -> ParsedResponse:
    """Return the response, parsed and checked by itself; equal responses are parsed once."""
    headers = tuple(field for field in response.headers if field[0].lower() in _checked_headers(operation))
    if len(response.body) >= LARGE:
        return _parse_large(operation, response.status, headers, response.body)
    return _parse_small(operation, response.status, headers, response.body)


@functools.lru_cache(maxsize=16)
def _checked_headers(operation: Operation) -> frozenset[str]:
    return _CHECKED_HEADERS | {header.name.lower() for spec in operation.responses for header in spec.headers}


def _parse(operation: Operation, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> ParsedResponse:
    response = Response(status, headers, body)
    spec = operation.response_for(status)
    schema_at = _body_schema(spec, response)
    value, flaws = parse_json(body) if body and schema_at is not None else (UNREADABLE, ())
    subject = Subject(operation, response, spec, value, flaws, schema_at)
    violations = tuple(violation for check in RESPONSE_CHECKS for violation in check(subject))
    return ParsedResponse(spec, schema_at, value, violations)


_parse_small: Final = functools.lru_cache(maxsize=1024)(_parse)
# Several readers ask for the response of one exchange; of large bodies only that of the last exchange is kept.
_parse_large: Final = functools.lru_cache(maxsize=1)(_parse)


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The subject of the checks: a response with its parsed body. The fields are those of ParsedResponse."""

    operation: Operation
    response: Response
    spec: ResponseSpec | None
    value: Any
    flaws: tuple[JsonFlaw, ...]
    schema: str | None

    def violation(self, rule: str, place: str, pointer: str = "", **fields: str) -> Violation:
        """Return a violation of `rule` at `place` of this response; `pointer` is the document's."""
        return Violation(rule, self.response.status, place, pointer, **fields)


def _body_schema(spec: ResponseSpec | None, response: Response) -> str | None:
    """Return the place of the body's schema: that of its media type or, if that is undocumented, the only JSON schema.

    The place is empty if JSON is documented without a schema, None if no JSON is documented.
    """
    if spec is None:
        return None
    media_type = _media_type(response)
    documented = _documented(spec, media_type)
    if documented is not None and media_type is not None and not _is_json(media_type):
        # The body is not JSON, and a range such as `*/*` allows that.
        return None
    if documented is None:
        json_types = [name for name in spec.content if _is_json(name)]
        documented = json_types[0] if len(json_types) == 1 else None
    if documented is None or not _is_json(documented):
        return None
    return spec.content[documented] or ""


def _media_type(response: Response) -> str | None:
    found = _MEDIA_TYPE.fullmatch(response.header("content-type") or "")
    return found[1].lower() if found else None


def _documented(spec: ResponseSpec, media_type: str | None) -> str | None:
    """Return the documented media type or range that covers the response's (OpenAPI 3.1.0, "Response Object")."""
    if media_type is None:
        return None
    wanted = (media_type, media_type.split("/")[0] + "/*", "*/*")
    documented = {name.partition(";")[0].strip().lower(): name for name in spec.content}
    return next((documented[name] for name in wanted if name in documented), None)


def _is_json(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip().lower()
    return name in ("application/json", "application/*", "*/*") or name.endswith("+json")


def documented_status(subject: Subject) -> Iterator[Violation]:
    """Yield a violation unless the document describes the status."""
    if subject.spec is not None:
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
    elif (media_type := _media_type(subject.response)) is None:
        yield subject.violation("content-type.malformed", *at, expected=listed, actual=text_of(field))
    elif _documented(spec, media_type) is None:
        actual = text_of(field)
        yield subject.violation("content-type.undocumented", *at, expected=listed, actual=actual, variant=media_type)


def charset(subject: Subject) -> Iterator[Violation]:
    """Yield a violation if the Content-Type of JSON names a charset other than UTF-8.

    JSON defines no charset parameter, but a client that honours a wrong one misreads the body.
    """
    field = subject.response.header("content-type")
    if subject.spec is None or field is None:
        return
    found = _CHARSET.search(field)
    # A quoted pair stands for the character behind its backslash (RFC 9110, section 5.6.4).
    name = re.sub(r"\\(.)", r"\1", found[1] or found[2]) if found else ""
    if name and name.lower() not in ("utf-8", "utf8", "us-ascii") and _is_json(field):
        at, actual = ("header Content-Type", subject.spec.pointer + "/content"), text_of(name)
        yield subject.violation("content-type.charset", *at, expected='"utf-8"', actual=actual, variant=name.lower())


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
    claimed = _media_type(subject.response)
    if subject.spec is None or (subject.response.header("content-type") and not (claimed and _is_json(claimed))):
        # The wrong media type is reported alone; a body that is JSON all the same is still checked by its schema.
        return
    for flaw in subject.flaws:
        yield subject.violation(flaw.rule, "body" + flaw.place, subject.spec.pointer, actual=text_of(flaw.detail))


def schema(subject: Subject) -> Iterator[Violation]:
    """Yield the violations of the schema that the document gives for the status and media type."""
    if subject.value is not UNREADABLE and subject.schema:
        validation, response = compiled(subject.operation.document), subject.response
        size, status = len(response.body), response.status
        yield from validation.violations(subject.schema, subject.value, size=size, status=status)


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
