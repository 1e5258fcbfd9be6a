"""Faults of the message around a body: its header fields, its framing, and its transport.

Hides RFC 9110 and RFC 9112: which media types, fields, lengths and chunks are wrong.
"""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any, Final

from contracts.http import Failure, Response, undocumented_methods
from contracts.judge import compiled
from contracts.openapi import Operation, ResponseSpec, documented_key, parse_media_type
from strategies.answers import BODILESS, Content, contents
from strategies.faults.mutations import AnswerContext, Fault, Mutation, fault, in_field, is_described, set_field

JSON_TYPE: Final = ("Content-Type", "application/json")


def content_faults(operation: Operation, spec: ResponseSpec) -> Iterator[Fault]:
    """Yield the faults of Content-Type and Content-Encoding, and of a body where the document describes none."""
    if not spec.content:
        if spec.status not in BODILESS:
            yield fault("body.unexpected", spec.status, "body", partial(_with_body, spec))
        return
    fields = {
        "": "content-type.missing",
        "json": "content-type.malformed",
        "application/json; charset": "content-type.malformed",
        "text/html": "content-type.undocumented",
        "application/problem+json": "content-type.undocumented",
    }
    if spec.status in BODILESS:
        del fields[""]  # A response without a body needs no type.
    for field, rule in fields.items():
        sent = parse_media_type(field)
        if rule != "content-type.undocumented" or (sent and documented_key(spec.content, sent) is None):
            change = in_field(spec, "Content-Type", field or None)
            yield fault(rule, f"{spec.status} {field}", "header Content-Type", change)
    for content in contents(operation, spec):
        yield from _charset_faults(spec, content)
    yield fault("content-type.malformed", f"{spec.status} twice", "header Content-Type", partial(_typed_twice, spec))
    yield fault("content-encoding.unasked", spec.status, "header Content-Encoding", _encoded(spec))


def _charset_faults(spec: ResponseSpec, content: Content) -> Iterator[Fault]:
    """Yield the fault of a charset that the body is not in, of a content that is JSON or text."""
    media_type = content.media_type
    if content.key is None or media_type is None or not (media_type.is_json or media_type.is_text):
        return
    named = "".join(f"; {name}={value}" for name, value in media_type.parameters if name != "charset")
    field = f"{media_type.name}{named}; charset={'iso-8859-1' if media_type.is_json else 'zz-unheard-of'}"
    change = in_field(spec, "Content-Type", field, content)
    yield fault("content-type.charset", f"{spec.status} {field}", "header Content-Type", change)


def _with_body(spec: ResponseSpec, context: AnswerContext) -> Response | None:
    bare = is_described(context, spec) and not context.response.body
    return replace(context.response, body=b"{}") if bare else None


def _typed_twice(spec: ResponseSpec, context: AnswerContext) -> Response | None:
    response = context.response
    fields = [field for field in response.headers if field[0].lower() == "content-type"]
    named = is_described(context, spec) and fields
    return replace(response, headers=(*response.headers, *fields)) if named else None


def _encoded(spec: ResponseSpec) -> Mutation:
    encode = in_field(spec, "Content-Encoding", "x-broken")
    return lambda context: encode(context) if context.response.body else None


def header_faults(operation: Operation, spec: ResponseSpec) -> Iterator[Fault]:
    """Yield the faults of the header fields that the document describes for the spec's answers."""
    for header in spec.headers:
        name, place = f"{spec.status} {header.name}", f"header {header.name}"
        if header.required:
            yield fault("header.missing", name, place, in_field(spec, header.name, None))
        texts = _FIELD_VALUES if header.schema else ()
        bad = next((text for text in texts if not _is_legal(operation, str(header.schema), text)), None)
        if bad is not None:
            yield fault("header.schema", name, place, in_field(spec, header.name, bad))


_FIELD_VALUES: Final = ("zz-unheard-of", "", "-987654321", "0", "987654321", "0.5", "zz " * 400 + "zz")
"""Texts of header fields, of which most schemas rule out at least one."""


def _is_legal(operation: Operation, schema: str, text: str) -> bool:
    """Return whether the text is legal in any reading: as a text, a number or a list (OpenAPI style `simple`)."""
    number = json.loads(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text
    readings: tuple[Any, ...] = (text, number, [text], [number]) if text else ("", [], {})
    return any(compiled(operation.document).is_valid(schema, value) for value in readings)


def method_faults(operation: Operation) -> Iterator[Fault]:
    """Yield the faults of answers to methods that the document does not have (RFC 9110, section 15.5.6)."""
    for method in undocumented_methods(operation):
        for status in (200, 404, 501):
            yield fault("method.not-refused", f"{method} {status}", "status", _accepting(method, status))
        documented = ", ".join(operation.methods)
        fields = {
            "absent": ("method.allow-missing", None),
            "empty": ("method.allow-wrong", ""),
            "in lower case": ("method.allow-wrong", documented.lower()),
            "that names it": ("method.allow-wrong", f"{documented}, {method}"),
        }
        for name, (rule, value) in fields.items():
            yield fault(rule, f"{method} {name}", "header Allow", _allowing(method, value))


def _accepting(method: str, status: int) -> Mutation:
    answer = Response(status, (JSON_TYPE,), b"{}")
    return lambda context: answer if context.method == method and context.exists else None


def _allowing(method: str, value: str | None) -> Mutation:
    return lambda context: set_field(context.response, "Allow", value) if context.method == method else None


def transport_faults() -> Iterator[Fault]:
    """Yield the faults of a message that cannot be read for certain (RFC 9112), and those in which no answer comes."""
    for name, (rule, change) in _MESSAGES.items():
        place = "message" if rule in ("framing.surplus", "framing.chunked") else "head"
        yield fault(rule, name, place, partial(_framed, change))
    for kind in ("reset", "cut", "not-http", "timeout", "oversized", "coding"):
        yield fault(f"transport.{kind}", "", "transport", _failing(kind))


def _failing(kind: str) -> Mutation:
    return lambda context: Failure(kind, "broken on purpose")


Framing = Callable[[bytes], tuple[bytes, bytes]]
"""Returns the last lines of a head, and what stands behind its empty line, given a body."""


def _framed(change: Framing, context: AnswerContext) -> Response | None:
    response = context.response
    if not response.body:
        return None
    fields = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
    head = f"HTTP/1.1 {response.status} Broken\r\n{fields}".encode("latin-1", "replace")
    lines, rest = change(response.body)
    return replace(response, message=head + lines + b"\r\n" + rest)


def _length(size: object) -> bytes:
    return f"Content-Length: {size}\r\n".encode()


_CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"


def _chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


_MESSAGES: Final[dict[str, tuple[str, Framing]]] = {
    "a line without a colon": ("framing.head", lambda body: (b"broken\r\n" + _length(len(body)), body)),
    "a blank before the colon": ("framing.head", lambda body: (b"X-Broken : 1\r\n" + _length(len(body)), body)),
    "a folded line": ("framing.head", lambda body: (b"X-Broken: 1\r\n 2\r\n" + _length(len(body)), body)),
    "two lengths": ("framing.length", lambda body: (_length(len(body)) + _length(len(body) + 9), body)),
    "a length and chunks": ("framing.length", lambda body: (_length(len(body)) + _CHUNKED, _chunk(body))),
    "a length that is no number": ("framing.length", lambda body: (_length("many"), body)),
    "another transfer coding": ("framing.transfer-coding", lambda body: (b"Transfer-Encoding: broken\r\n", body)),
    "something behind": ("framing.surplus", lambda body: (_length(len(body)), body + b"broken")),
    "something behind the last chunk": ("framing.surplus", lambda body: (_CHUNKED, _chunk(body) + b"broken")),
    "a chunk of another size": ("framing.chunked", lambda body: (_CHUNKED, _chunk(body).replace(b"\n", b"\n#", 1))),
}
"""Name to the rule, and how the message ends."""
