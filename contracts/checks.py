"""Judging one answer: every promise is one small generator that yields what breaks it.

`judge` is pure and never raises for a bad answer. What depends on earlier answers is in `history`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import Any, Final

from contracts.coding import CODINGS, named
from contracts.document import Header, Operation, Promise
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.framing import flaws
from contracts.json_text import UNREADABLE, Flaw, parse, text_of
from contracts.keywords import REFUSES_UNKNOWN, equals, refuses_unknown
from contracts.methods import refusal
from contracts.pointer import find, join, split
from contracts.retries import THROTTLED, wants_retry
from contracts.validation import LARGE, compiled
from contracts.violation import Violation

# RFC 9110, sections 5.6.2 and 8.3.1.
_TOKEN: Final = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
# Possessive, so that no field, whatever it holds, takes longer than its length.
_PARAMETER: Final = rf'[ \t]*+;[ \t]*+(?:{_TOKEN}=(?:{_TOKEN}|"(?:[^"\\]|\\.)*+"))?'
_MEDIA_TYPE: Final = re.compile(rf"({_TOKEN}/{_TOKEN})(?:{_PARAMETER})*[ \t]*")

_CHARSET: Final = re.compile(rf';[ \t]*charset=(?:({_TOKEN})|"((?:[^"\\]|\\.)*+)")', re.IGNORECASE)

_SAID_BETTER: Final = {
    # A status that is wrong here is not undocumented as well.
    "status.undocumented": ("status.known-resource",),
    # What is answered as another resource was not made up, but mistaken.
    "overlay.unknown-resource": ("overlay.alias", "overlay.equals"),
    "overlay.alias": ("overlay.equals",),
}
"""Rule to those that say why it was broken."""

# Header fields that the judgement of an answer can rest on, beside those that the document declares.
_JUDGED: Final = frozenset({"content-encoding", "content-type"})


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Reading:
    """An answer, read: its promise, the value that its body holds (UNREADABLE if none), and what is wrong with it.

    `schema` is the place of the body's schema: None where nothing is promised, empty where any JSON is.
    """

    promise: Promise | None
    schema: str | None
    value: Any
    violations: tuple[Violation, ...]


def judge(operation: Operation, exchange: Exchange) -> tuple[Violation, ...]:
    """Everything that one answer breaks of what the document and its overlays promise, sorted; empty if nothing."""
    outcome = exchange.outcome
    if isinstance(outcome, Failure):
        # What HTTP forbids in the part that came is why nothing could be made of it.
        framed = {violation for violation in framing(outcome) if not violation.rule.startswith("transport.")}
        told = Violation(f"transport.{outcome.kind}", 0, "transport", "", actual=text_of(outcome.detail))
        return tuple(sorted(framed)) or (told,)
    if not exchange.request.reads:
        return tuple(sorted({*refusal(operation, exchange.request, outcome), *framing(outcome)}))
    reading = read(operation, outcome)
    asked = (
        violation for check in EXCHANGE_CHECKS for violation in check(operation, exchange.request, reading, outcome)
    )
    found = {*reading.violations, *asked, *framing(outcome), *flaky(operation, exchange)}
    return tuple(sorted(found - explained(found), key=_ORDER))


# The order of violations, as tuples: thousands of those compare faster than values of a class.
_ORDER: Final = attrgetter(*(field.name for field in fields(Violation)))


def flaky(operation: Operation, exchange: Exchange) -> Iterator[Violation]:
    """An answer comes when it is asked for, not only when it is asked for again.

    Being asked to ask less is no fault of the server's, nor is a kept connection that it has closed (RFC 9112, section
    9.5); and where no attempt succeeds, the last one is judged alone.
    """
    if isinstance(exchange.outcome, Failure) or wants_retry(exchange.outcome):
        return
    for came in exchange.earlier:
        if isinstance(came, Failure):
            if came.kind != "closed":
                yield Violation("flaky.transport", 0, "transport", "", actual=text_of(came.detail), cause=came.kind)
        elif came.status != THROTTLED:
            place, status = operation.pointer + "/responses", str(came.status)
            yield Violation("flaky.status", came.status, "status", place, actual=status, cause=status)


def explained(found: set[Violation]) -> set[Violation]:
    """Those that have the same cause as another, which says it better."""
    codes = {violation.rule for violation in found}
    # What is of another type is neither listed nor formatted, and repeats no parameter.
    mistyped = {violation.place for violation in found if violation.rule == "schema.type"}
    misshapen = {violation.place for violation in found if violation.rule.startswith("schema.")}
    # What is framed or coded wrongly is read wrongly, too.
    misread = any(code.startswith(_OF_THE_FRAME) for code in codes)
    return {
        violation
        for violation in found
        if codes.intersection(_SAID_BETTER.get(violation.rule, ()))
        or (misread and violation.rule.startswith(_OF_THE_BODY))
        or (violation.place in mistyped and violation.rule.startswith("schema.") and violation.rule != "schema.type")
        or (violation.place in misshapen and violation.rule.startswith("overlay."))
    }


_OF_THE_FRAME: Final = ("framing.", "transport.", "content-encoding.")
_OF_THE_BODY: Final = ("body.", "content-type.", "json.")


def framing(outcome: Response | Failure) -> Iterator[Violation]:
    """The answer is framed as HTTP/1.1 frames one, and nothing comes behind it."""
    for flaw in flaws(outcome.message):
        yield Violation(flaw.rule, 0, flaw.place, "", actual=text_of(flaw.detail), cause=flaw.kind)


def read(operation: Operation, response: Response) -> Reading:
    """The part of the judgement that the request has no part in; equal answers are read once."""
    headers = tuple(field for field in response.headers if field[0].lower() in _judged(operation))
    if len(response.body) >= LARGE:
        return _read_large(operation, response.status, headers, response.body)
    return _remembered(operation, response.status, headers, response.body)


@functools.lru_cache(maxsize=16)
def _judged(operation: Operation) -> frozenset[str]:
    return _JUDGED | {header.name.lower() for promise in operation.promises for header in promise.headers}


def _read(operation: Operation, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Reading:
    response = Response(status, headers, body)
    promise = operation.promise(status)
    schema_at = _body_schema(promise, response)
    value, flaws = parse(body) if body and schema_at is not None else (UNREADABLE, ())
    answer = _Answer(operation, response, promise, value, flaws, schema_at)
    return Reading(
        promise, schema_at, value, tuple(violation for check in ANSWER_CHECKS for violation in check(answer))
    )


_remembered: Final = functools.lru_cache(maxsize=1024)(_read)
# All that look at one exchange read it; of large bodies no more than that one is kept.
_read_large: Final = functools.lru_cache(maxsize=1)(_read)


@dataclass(frozen=True, slots=True, eq=False)
class _Answer:
    operation: Operation
    response: Response
    promise: Promise | None
    value: Any
    flaws: tuple[Flaw, ...]
    schema: str | None

    def broken(self, rule: str, place: str, document: str = "", **data: str) -> Violation:
        return Violation(rule, self.response.status, place, document, **data)


def _body_schema(promise: Promise | None, response: Response) -> str | None:
    """Where the schema of the body stands: that of its media type or, if it claims another one, the only one promised.

    Empty text for a promise of JSON without a schema, None where nothing is promised that can be judged.
    """
    if promise is None:
        return None
    media_type = _media_type(response)
    documented = _documented(promise, media_type)
    if documented is not None and media_type is not None and not _is_json(media_type):
        # Something else than JSON, under a range such as `*/*`.
        return None
    if documented is None:
        json_types = [name for name in promise.content if _is_json(name)]
        documented = json_types[0] if len(json_types) == 1 else None
    if documented is None or not _is_json(documented):
        return None
    return promise.content[documented] or ""


def _media_type(response: Response) -> str | None:
    field = response.header("content-type")
    found = None if field is None else _MEDIA_TYPE.fullmatch(field)
    return found[1].lower() if found else None


def _documented(promise: Promise, media_type: str | None) -> str | None:
    """The documented media type or range that covers the answer's (OpenAPI 3.1.0, "Response Object")."""
    if media_type is None:
        return None
    wanted = (media_type, media_type.split("/")[0] + "/*", "*/*")
    named = {name.partition(";")[0].strip().lower(): name for name in promise.content}
    return next((named[name] for name in wanted if name in named), None)


def _is_json(media_type: str) -> bool:
    name = media_type.partition(";")[0].strip().lower()
    return name in ("application/json", "application/*", "*/*") or name.endswith("+json")


def documented_status(answer: _Answer) -> Iterator[Violation]:
    """The document says what this status is answered with."""
    if answer.promise is not None:
        return
    place = answer.operation.pointer + "/responses"
    listed = text_of([promise.status for promise in answer.operation.promises])
    status = answer.response.status
    rule = "status.server-error" if status >= 500 else "status.undocumented"
    yield answer.broken(rule, "status", place, expected=listed, actual=str(status), cause=str(status))


def content_type(answer: _Answer) -> Iterator[Violation]:
    """A body says what it is, in a media type that the document promises."""
    promise, field = answer.promise, answer.response.header("content-type")
    if promise is None or not promise.content:
        return
    place, where, listed = promise.pointer + "/content", "header Content-Type", text_of([*promise.content])
    if field is None:
        if answer.response.body:
            yield answer.broken("content-type.missing", where, place, expected=listed)
    elif (media_type := _media_type(answer.response)) is None:
        yield answer.broken("content-type.malformed", where, place, expected=listed, actual=text_of(field))
    elif _documented(promise, media_type) is None:
        actual = text_of(field)
        yield answer.broken("content-type.undocumented", where, place, expected=listed, actual=actual, cause=media_type)


def charset(answer: _Answer) -> Iterator[Violation]:
    """JSON is UTF-8; a charset is not defined for it and, where it is named all the same, is UTF-8 too."""
    field = answer.response.header("content-type")
    if answer.promise is None or field is None:
        return
    found = _CHARSET.search(field)
    # A quoted pair is the character that it quotes (RFC 9110, section 5.6.4).
    charset = re.sub(r"\\(.)", r"\1", found[1] or found[2]) if found else ""
    if charset and charset.lower() not in ("utf-8", "utf8", "us-ascii") and _is_json(field):
        place = answer.promise.pointer + "/content"
        cause = charset.lower()
        yield answer.broken(
            "content-type.charset",
            "header Content-Type",
            place,
            expected='"utf-8"',
            actual=text_of(charset),
            cause=cause,
        )


def content_encoding(answer: _Answer) -> Iterator[Violation]:
    """The body is coded only as was asked for."""
    field = answer.response.header("content-encoding") or ""
    unasked = [name for name in named(field) if name not in CODINGS]
    if unasked:
        listed, where = text_of([*CODINGS]), "header Content-Encoding"
        yield answer.broken("content-encoding.unasked", where, expected=listed, actual=text_of(field), cause=unasked[0])


def body_presence(answer: _Answer) -> Iterator[Violation]:
    """A body comes exactly where one is promised."""
    if answer.promise is None:
        return
    if not answer.promise.content and answer.response.body:
        size = f"{len(answer.response.body)} bytes"
        yield answer.broken("body.unexpected", "body", answer.promise.pointer, actual=text_of(size))
    if answer.promise.content and not answer.response.body and not is_bodiless(answer.response.status):
        listed = text_of([*answer.promise.content])
        yield answer.broken("body.missing", "body", answer.promise.pointer + "/content", expected=listed)


def is_bodiless(status: int) -> bool:
    """Whether no answer of the status has a body, whatever a document says (RFC 9110, section 6.4.1)."""
    return status < 200 or status in (204, 205, 304)


def headers(answer: _Answer) -> Iterator[Violation]:
    """The response headers that the document declares are there and fit their schemas."""
    for header in answer.promise.headers if answer.promise else ():
        text = answer.response.header(header.name.lower())
        if text is not None:
            yield from _header(answer, header, text)
        elif header.required:
            yield answer.broken("header.missing", f"header {header.name}", header.pointer)


def _header(answer: _Answer, header: Header, text: str) -> Iterator[Violation]:
    if header.schema is None:
        return
    # A header field has no type of its own: it fits if any reading of its text does (style: simple).
    validation = compiled(answer.operation.document)
    parts = [part.strip(" \t") for part in text.split(",")]
    readings = [text, scalar(text), parts, [scalar(part) for part in parts]]
    if not any(validation.is_valid(header.schema, value) for value in readings):
        expected = text_of(answer.operation.document.resolve(header.schema)[1])
        where = f"header {header.name}"
        yield answer.broken("header.schema", where, header.schema, expected=expected, actual=text_of(text))


def scalar(text: str) -> Any:
    """The number, boolean or null that the text reads as, else the text."""
    value, _ = parse(text.encode(errors="surrogatepass"))
    return text if value is UNREADABLE or isinstance(value, (str, list, dict)) else value


def json_text(answer: _Answer) -> Iterator[Violation]:
    """The body is JSON text in UTF-8, each name once, every number finite (RFC 8259)."""
    claimed = _media_type(answer.response)
    if answer.promise is None or (answer.response.header("content-type") and not (claimed and _is_json(claimed))):
        # Told once, as the wrong media type, unless the body is JSON all the same and can be judged further.
        return
    for flaw in answer.flaws:
        yield answer.broken(flaw.rule, "body" + flaw.place, answer.promise.pointer, actual=text_of(flaw.detail))


def schema(answer: _Answer) -> Iterator[Violation]:
    """The value fits the schema that the document gives the status and media type."""
    if answer.value is not UNREADABLE and answer.schema:
        response = answer.response
        yield from compiled(answer.operation.document).violations(
            answer.schema, answer.value, size=len(response.body), status=response.status
        )


ANSWER_CHECKS: Final[tuple[Callable[[_Answer], Iterator[Violation]], ...]] = (
    documented_status,
    content_type,
    charset,
    content_encoding,
    body_presence,
    headers,
    json_text,
    schema,
)
"""Promises that an answer keeps or breaks whatever was asked."""


def known_resource(operation: Operation, request: Request, reading: Reading, response: Response) -> Iterator[Violation]:
    """What is known to exist is answered with success."""
    # A failure that is documented is no violation by itself, but no success either.
    failed = response.status >= 500 and reading.promise is None
    if request.exists and not 200 <= response.status < 300 and not failed:
        listed = [promise.status for promise in operation.promises if promise.succeeds] or ["2XX"]
        status = response.status
        yield Violation(
            "status.known-resource",
            status,
            "status",
            operation.pointer + "/responses",
            text_of(listed),
            str(status),
            cause=str(status),
        )


def unknown_resource(
    operation: Operation, request: Request, reading: Reading, response: Response
) -> Iterator[Violation]:
    """What is known not to exist is refused, where an overlay says so."""
    if request.exists is False and reading.promise and 200 <= response.status < 300 and refuses_unknown(operation):
        refusals = [promise.status for promise in operation.promises if not promise.succeeds] or ["4XX"]
        place = operation.pointer + join(REFUSES_UNKNOWN)
        status = str(response.status)
        yield Violation("overlay.unknown-resource", response.status, "status", place, text_of(refusals), status)


def echo(operation: Operation, request: Request, reading: Reading, response: Response) -> Iterator[Violation]:
    """The values of `x-equals` are those of the request."""
    if reading.promise is None or reading.value is UNREADABLE:
        return
    parameters = dict(request.parameters)
    for promised in equals(operation, reading.promise):
        try:
            actual = find(reading.value, split(promised.place))
        except (LookupError, ValueError):
            continue  # An absent value is for `required` to judge.
        wanted = parameters[promised.parameter]
        if not _repeats(actual, wanted):
            yield Violation(
                "overlay.equals",
                response.status,
                "body" + promised.place,
                promised.document,
                text_of(wanted),
                text_of(actual),
            )


def _repeats(actual: Any, wanted: str) -> bool:
    if isinstance(actual, str):
        return actual == wanted
    value = scalar(wanted)
    return bool(actual == value) and isinstance(actual, bool) == isinstance(value, bool)


EXCHANGE_CHECKS: Final[tuple[Callable[[Operation, Request, Reading, Response], Iterator[Violation]], ...]] = (
    known_resource,
    unknown_resource,
    echo,
)
"""Promises that an answer keeps or breaks in the light of its request."""
