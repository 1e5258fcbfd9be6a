"""FAULTS: for every promise of a document, ways to break it and nothing else.

They are derived from the document alone, by rules of their own for each keyword, so that what catches them (`judge`)
has no part in making them. `strategies.self_test` holds the two against each other.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Final

from contracts.document import Operation, Promise
from contracts.exchange import Failure, Response
from contracts.json_text import walk
from contracts.keywords import EQUALS, Equals, Lasting, equals, lasting, refuses_unknown
from contracts.methods import PROBED, undocumented
from contracts.pointer import find, join, split
from contracts.validation import compiled
from strategies.answers import BODILESS, catalogue, covering_answers, granting, json_schema, with_echo
from strategies.breakage import UNDECLARED, Breakage, breakages
from strategies.sites import places

JSON_TYPE: Final = ("Content-Type", "application/json")


@dataclass(frozen=True, slots=True)
class Turn:
    """One answer that is about to be given: to which resource, whether that exists, how often it was read before.

    Any other `method` than GET and HEAD is one that the document does not have for the path.
    """

    operation: Operation
    resource: tuple[str, ...]
    exists: bool
    reads: int
    response: Response
    method: str = "GET"

    @property
    def probes(self) -> bool:
        """Whether it is the answer to an undocumented method."""
        return self.method in PROBED


Sabotage = Callable[[Turn], Response | Failure | None]
"""The broken answer; None where this one has nothing to break."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A way to break one promise: the rule that is broken, where in the answer, and how.

    `name` is unique and stable: `schema.type 200/shelf[box]/goods array`. `place` has `*` for the index of an item and
    for a name that no document declares, and ends in `@` for any byte offset.
    """

    name: str
    rule: str
    place: str
    sabotage: Sabotage


@lru_cache(maxsize=16)
def faults(operation: Operation) -> tuple[Fault, ...]:
    """Every fault of the operation, in a stable order, each name once."""
    found: dict[str, Fault] = {}
    for fault in _all(operation):
        found.setdefault(fault.name, replace(fault, sabotage=partial(_of_reads, fault.sabotage)))
    for fault in _method_faults(operation):
        found[fault.name] = fault
    return tuple(found.values())


def _of_reads(sabotage: Sabotage, turn: Turn) -> Response | Failure | None:
    return None if turn.probes else sabotage(turn)


def _all(operation: Operation) -> Iterator[Fault]:
    for promise in operation.promises:
        schema = json_schema(promise)
        if schema is not None:
            yield from _text_faults(operation, promise)
            yield from _schema_faults(operation, promise, schema)
        if not promise.content and promise.status not in BODILESS:
            name = f"body.unexpected {promise.status}"
            yield Fault(name, "body.unexpected", "body", _with_body(promise))
        yield from _type_faults(promise)
        if promise.content:
            rule, place = "content-encoding.unasked", "header Content-Encoding"
            yield Fault(f"{rule} {promise.status}", rule, place, _coded(promise))
        yield from _header_faults(operation, promise)
        yield from _overlay_faults(operation, promise)
    yield from _status_faults(operation)
    yield from _framing_faults()
    yield from _transport_faults()


def _with_body(promise: Promise) -> Sabotage:
    def sabotage(turn: Turn) -> Response | None:
        if not _answers(turn, promise) or turn.response.body:
            return None
        return Response(turn.response.status, turn.response.headers, b"{}")

    return sabotage


def _answers(turn: Turn, promise: Promise) -> bool:
    """Whether the turn's answer is one of those promised."""
    return turn.operation.promise(turn.response.status) == promise


def _schema_faults(operation: Operation, promise: Promise, schema: str) -> Iterator[Fault]:
    for breakage in breakages(operation.document, schema):
        yield Fault(
            f"{breakage.rule} {promise.status}{breakage.name}",
            breakage.rule,
            "body" + breakage.place,
            _in_value(promise, partial(_first, breakage)),
        )


def _first(breakage: Breakage, value: Any) -> Any:
    """The value with the breakage at the first place where there is something to break."""
    for path in places(value, breakage.steps):
        broken = breakage.change(_at(value, path))
        if broken is not _NOTHING:
            return _put(value, path, broken)
    return _NOTHING


_NOTHING: Final = Breakage.NOTHING


def _at(value: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def _put(value: Any, path: tuple[str | int, ...], new: Any) -> Any:
    if not path:
        return new
    copied = value.copy()
    copied[path[0]] = _put(value[path[0]], path[1:], new) if path[1:] else new
    return copied


def _in_value(promise: Promise, change: Callable[[Any], Any]) -> Sabotage:
    """A change of the JSON value in the answers of one status."""

    def sabotage(turn: Turn) -> Response | None:
        if not _answers(turn, promise) or not turn.response.body:
            return None
        changed = change(json.loads(turn.response.body))
        if changed is _NOTHING:
            return None
        body = json.dumps(changed, ensure_ascii=False).encode("utf-8", "surrogatepass")
        return Response(turn.response.status, turn.response.headers, body)

    return sabotage


def _in_text(promise: Promise, change: Callable[[bytes], bytes | None]) -> Sabotage:
    """A change of the bytes in the answers of one status."""

    def sabotage(turn: Turn) -> Response | None:
        if not _answers(turn, promise) or not turn.response.body:
            return None
        body = change(turn.response.body)
        return None if body is None else Response(turn.response.status, turn.response.headers, body)

    return sabotage


def _text_faults(operation: Operation, promise: Promise) -> Iterator[Fault]:
    """RFC 8259: ways in which a body is not, or not quite, the JSON text it should be."""
    for name, (rule, change) in TEXT.items():
        place = "body" if rule == "body.missing" else "body@"
        yield Fault(f"{rule} {promise.status} {name}", rule, place, _in_text(promise, change))
    start = covering_answers(operation, promise.status)[0].body[:1]
    for name, (rule, item) in ITEMS.items():
        # Of an object another member, of an array another item; in any other text there is no place for it.
        if start == b"{":
            member, place = json.dumps(UNDECLARED).encode() + b": " + item, join(UNDECLARED)
        elif start == b"[":
            member, place = item, "/*"
        else:
            continue
        told = "body" + (place if rule in _LOCATED else "@")
        yield Fault(f"{rule} {promise.status} {name}", rule, told, _in_text(promise, partial(_with_member, member)))
    if start in (b"{", b"["):
        place = "body" + ("" if start == b"{" else "/*")
        name = f"json.duplicate-name {promise.status} a name twice"
        yield Fault(name, "json.duplicate-name", place, _in_text(promise, _with_name_twice))
    name = f"json.encoding {promise.status} Latin-1"
    yield Fault(name, "json.encoding", "body@", _in_text(promise, partial(_in_latin_1, operation, promise)))


def _with_name_twice(body: bytes) -> bytes | None:
    """The text with the first member of its object, or first item, repeated, so that the value stays the same."""
    value = json.loads(body)
    rest = value[1:] if isinstance(value, list) else []
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict) or not first:
        return _with_member(b'{"a": 1, "a": 2}', body) if isinstance(value, list) else None
    member = json.dumps(dict([next(iter(first.items()))]), ensure_ascii=False)[1:-1]
    twice = json.dumps(first, ensure_ascii=False)[:-1] + f", {member}}}"
    if first is value:
        return twice.encode()
    return f"[{', '.join([twice, *(json.dumps(item, ensure_ascii=False) for item in rest)])}]".encode()


def _in_latin_1(operation: Operation, promise: Promise, body: bytes) -> bytes | None:
    """The text with a letter in Latin-1 where no promise of the value is broken by it."""
    value, schema = json.loads(body), str(json_schema(promise))
    for path, text in _lengthened(operation, promise, value):
        # What cannot be read as UTF-8 is judged as U+FFFD.
        if compiled(operation.document).is_valid(schema, _put(value, path, text + "\ufffd")):
            flawed = json.dumps(_put(value, path, text + "\udce9"), ensure_ascii=False)
            return flawed.encode("utf-8", "surrogateescape")
    return None


def _lengthened(operation: Operation, promise: Promise, value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The strings that may hold one more letter, by their paths, and one that an object may hold beside them."""
    echoed = {promised.place for promised in equals(operation, promise)}
    for place, item in walk(value):
        if isinstance(item, str) and place not in echoed:
            yield tuple(_steps(value, split(place))), item
    if isinstance(value, dict):
        yield (UNDECLARED,), "caf"


def _steps(value: Any, parts: list[str]) -> Iterator[str | int]:
    """A pointer's parts as names and indexes."""
    for part in parts:
        step = int(part) if isinstance(value, list) else part
        yield step
        value = value[step]


_LOCATED: Final = ("json.not-finite", "json.surrogate")
"""Rules whose flaws are told by the place of a value; the others by a byte offset."""


def _with_member(member: bytes, body: bytes) -> bytes:
    """The text of an object or array with another member or item at its end."""
    return body[:-1] + (b"" if body in (b"{}", b"[]") else b", ") + member + body[-1:]


TEXT: Final[dict[str, tuple[str, Callable[[bytes], bytes | None]]]] = {
    "byte order mark": ("json.byte-order-mark", lambda body: codecs.BOM_UTF8 + body),
    "UTF-16": ("json.encoding", lambda body: body.decode().encode("utf-16")),
    "UTF-32": ("json.encoding", lambda body: body.decode().encode("utf-32")),
    "cut short": ("json.malformed", lambda body: None if body[-1:].isdigit() else body[:-1]),
    "something behind": ("json.malformed", lambda body: body + b" {}"),
    "something before": ("json.malformed", lambda body: b")]}',\n" + body),
    "a comma too many": ("json.malformed", lambda body: re.sub(rb"([]}]?)\Z", rb",\1", body, count=1)),
    "a comment": ("json.malformed", lambda body: body + b" // done"),
    "white space only": ("json.malformed", lambda body: b" "),
    "nothing": ("body.missing", lambda body: b""),
}
"""Name to the rule, and the change of a body."""

DEEP: Final = 100_000
"""How deep the nesting is that nobody reads (RFC 8259, section 9, leaves the limit to the reader)."""

ITEMS: Final[dict[str, tuple[str, bytes]]] = {
    "NaN": ("json.not-finite", b"NaN"),
    "Infinity": ("json.not-finite", b"Infinity"),
    "half a pair": ("json.surrogate", b'"\\ud800"'),
    "single quotes": ("json.malformed", b"'text'"),
    "too deep": ("json.depth", b"[" * DEEP + b"]" * DEEP),
}
"""Name to the rule, and what is put into an object or array."""


def _type_faults(promise: Promise) -> Iterator[Fault]:
    documented = [name.partition(";")[0].strip().lower() for name in promise.content]
    fields = {
        "": "content-type.missing",
        "json": "content-type.malformed",
        "application/json; charset": "content-type.malformed",
        "text/html": "content-type.undocumented",
        "application/problem+json": "content-type.undocumented",
        **{f"{name}; charset=iso-8859-1": "content-type.charset" for name in documented if _TEXT.fullmatch(name)},
    }
    if promise.status in BODILESS:
        del fields[""]  # Without a body there need be no type.
    for field, rule in fields.items() if documented else ():
        covering = {field, field.partition("/")[0] + "/*", "*/*"}
        if rule == "content-type.undocumented" and covering & set(documented):
            continue
        name = f"{rule} {promise.status} {field}".rstrip()
        yield Fault(name, rule, "header Content-Type", _with_field(promise, "Content-Type", field or None))


_TEXT: Final = re.compile(r"application/json|[^/]+/[^/]+\+json")


def _coded(promise: Promise) -> Sabotage:
    field = _with_field(promise, "Content-Encoding", "x-broken")
    return lambda turn: field(turn) if turn.response.body else None


def _header_faults(operation: Operation, promise: Promise) -> Iterator[Fault]:
    for header in promise.headers:
        if header.required:
            name = f"header.missing {promise.status} {header.name}"
            yield Fault(name, "header.missing", f"header {header.name}", _with_field(promise, header.name, None))
        bad = next((text for text in _FIELDS if header.schema and not _reads(operation, header.schema, text)), None)
        if bad is not None:
            name = f"header.schema {promise.status} {header.name}"
            yield Fault(name, "header.schema", f"header {header.name}", _with_field(promise, header.name, bad))


_FIELDS: Final = ("zz-unheard-of", "", "-987654321", "0", "987654321", "0.5", "zz " * 400 + "zz")
"""Texts of header fields, of which most schemas rule out at least one."""


def _reads(operation: Operation, schema: str, text: str) -> bool:
    """Whether the text is a legal field in any reading: as a text, a number or a list (OpenAPI style `simple`)."""
    number = json.loads(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text
    return any(compiled(operation.document).is_valid(schema, value) for value in (text, number, [text], [number]))


def _with_field(promise: Promise, name: str, value: str | None) -> Sabotage:
    def sabotage(turn: Turn) -> Response | None:
        if not _answers(turn, promise):
            return None
        others = tuple(field for field in turn.response.headers if field[0].lower() != name.lower())
        fields = others if value is None else (*others, (name, value))
        return Response(turn.response.status, fields, turn.response.body)

    return sabotage


def _overlay_faults(operation: Operation, promise: Promise) -> Iterator[Fault]:
    for promised in equals(operation, promise):
        for name, change in _ECHOES.items():
            yield Fault(
                f"overlay.equals {promise.status}{promised.place} {name}",
                "overlay.equals",
                "body" + promised.place,
                _echoed_otherwise(operation, promise, promised, change),
            )
        name = f"overlay.equals {promise.status}{promised.place} of another resource"
        yield Fault(name, "overlay.equals", "body" + promised.place, _of_another(operation, promise, promised.place))
    for kept in lasting(operation, promise):
        rule = "overlay.immutable" if kept.values is None else "overlay.final"
        name = f"{rule} {promise.status}{kept.place}"
        yield Fault(name, rule, "body" + kept.place, _changed_later(operation, promise, kept))


_ECHOES: Final[dict[str, Callable[[str], str]]] = {
    "in the other case": str.swapcase,
    "with a blank": lambda text: text + " ",
    "without its last character": lambda text: text[:-1],
    "with something behind": lambda text: text + "-other",
}


def _echoed_otherwise(
    operation: Operation, promise: Promise, promised: Equals, change: Callable[[str], str]
) -> Sabotage:
    schema = promised.document.removesuffix(join(EQUALS))

    def broken(value: Any) -> Any:
        try:
            old = find(value, split(promised.place))
        except LookupError:
            return _NOTHING
        # The new value has to be one that the schema allows, or its shape would be what is told.
        if not isinstance(old, str) or change(old) == old or not allowed(change(old)):
            return _NOTHING
        return _put(value, tuple(split(promised.place)), change(old))

    def allowed(value: str) -> bool:
        return compiled(operation.document).is_valid(schema, value)

    return _in_value(promise, broken)


def _of_another(operation: Operation, promise: Promise, place: str) -> Sabotage:
    """The value that stands at the place in the answer of another resource."""

    def broken(value: Any) -> Any:
        try:
            old = find(value, split(place))
        except LookupError:
            return _NOTHING
        new = next((other for other in _others(operation, place) if other != old), _NOTHING)
        return _NOTHING if new is _NOTHING else _put(value, tuple(split(place)), new)

    return _in_value(promise, broken)


def _others(operation: Operation, place: str) -> Iterator[Any]:
    for response in catalogue(operation).values():
        with suppress(LookupError):
            yield find(json.loads(response.body), split(place))


def _changed_later(operation: Operation, promise: Promise, kept: Lasting) -> Sabotage:
    """From the second read on another legal value, taken from the answer of another resource."""
    another = _of_another(operation, promise, kept.place)

    def sabotage(turn: Turn) -> Response | Failure | None:
        # The first read has to show a value that lasts, or there is nothing to change.
        if not turn.exists or not _shows(kept, turn.response):
            return None
        changed = another(turn)
        return changed if turn.reads or changed is None else turn.response

    return sabotage


def _shows(kept: Lasting, response: Response) -> bool:
    try:
        value = find(json.loads(response.body), split(kept.place))
    except (LookupError, ValueError):
        return False
    return value is not None if kept.values is None else value in kept.values


def _status_faults(operation: Operation) -> Iterator[Fault]:
    undocumented = [status for status in (201, 302, 404, 418, 500, 503) if operation.promise(status) is None]
    for status in undocumented:
        if status >= 500:
            yield Fault(f"status.server-error {status}", "status.server-error", "status", _status(status))
        elif status < 300:
            yield Fault(f"status.undocumented {status}", "status.undocumented", "status", _status(status))
        else:
            # Of a resource that exists, a refusal is told as that.
            known, rule = "status.known-resource", "status.undocumented"
            yield Fault(f"{known} {status}", known, "status", _status(status, exists=True))
            if operation.parameters:
                yield Fault(f"{rule} {status}", rule, "status", _status(status, exists=False))
    for promise in operation.promises:
        if not promise.succeeds and not (promise.status == "default" and granting(operation) == promise):
            name = f"status.known-resource {promise.status}"
            yield Fault(name, "status.known-resource", "status", _refused(operation, promise))
    if operation.parameters and refuses_unknown(operation):
        yield Fault("overlay.unknown-resource", "overlay.unknown-resource", "status", _granted(operation))
        if mistakable(operation):
            yield Fault("overlay.alias", "overlay.alias", "status", _mistaken(operation))


def _status(status: int, *, exists: bool | None = None) -> Sabotage:
    problem = Response(status, (JSON_TYPE,), b'{"detail": "broken on purpose"}')
    return lambda turn: None if exists is not None and turn.exists is not exists else problem


def _refused(operation: Operation, promise: Promise) -> Sabotage:
    answer = covering_answers(operation, promise.status)[0]
    return lambda turn: answer if turn.exists else None


def _granted(operation: Operation) -> Sabotage:
    """An id that nobody gave out is answered with a job, as if it were that job's."""
    promise = next((promise for promise in operation.promises if promise.succeeds), None)
    names = [parameter.name for parameter in operation.parameters]

    def sabotage(turn: Turn) -> Response | None:
        if turn.exists or promise is None:
            return None
        return covering_answers(operation, promise.status, dict(zip(names, turn.resource, strict=True)))[0]

    return sabotage


def mistakable(operation: Operation) -> tuple[str, ...]:
    """A resource that its answer alone makes known, whatever it is asked for as; nothing if there is none."""
    for resource, response in catalogue(operation).items():
        promise = operation.promise(response.status)
        kept = [each for each in lasting(operation, promise) if each.values is None] if promise else []
        if any(_shows(each, response) for each in kept) and in_other_case(resource) != resource:
            return resource
    return ()


def in_other_case(resource: tuple[str, ...]) -> tuple[str, ...]:
    """The resource, its last id in upper case where it was in lower case, and the other way round."""
    *others, last = resource
    return (*others, last.swapcase())


def _mistaken(operation: Operation) -> Sabotage:
    """An id is answered as the resource whose id differs by case."""
    known = mistakable(operation)

    def sabotage(turn: Turn) -> Response | None:
        if turn.exists or turn.resource != in_other_case(known):
            return None
        response = catalogue(operation)[known]
        promise = operation.promise(response.status)
        names = [parameter.name for parameter in operation.parameters]
        asked = dict(zip(names, turn.resource, strict=True))
        return with_echo(operation, promise, response, asked) if promise else None

    return sabotage


def _method_faults(operation: Operation) -> Iterator[Fault]:
    for method in undocumented(operation):
        for status in (200, 404, 501):
            rule = "method.not-refused"
            yield Fault(f"{rule} {method} {status}", rule, "status", _taken(method, status))
        documented = ", ".join(operation.methods)
        fields = {
            "absent": ("method.allow-missing", None),
            "empty": ("method.allow-wrong", ""),
            "in lower case": ("method.allow-wrong", documented.lower()),
            "that names it": ("method.allow-wrong", f"{documented}, {method}"),
        }
        for name, (rule, field) in fields.items():
            yield Fault(f"{rule} {method} {name}", rule, "header Allow", _allowing(method, field))


def _taken(method: str, status: int) -> Sabotage:
    answer = Response(status, (JSON_TYPE,), b"{}")
    return lambda turn: answer if turn.method == method and turn.exists else None


def _allowing(method: str, field: str | None) -> Sabotage:
    def sabotage(turn: Turn) -> Response | None:
        if turn.method != method:
            return None
        others = tuple(each for each in turn.response.headers if each[0].lower() != "allow")
        fields = others if field is None else (*others, ("Allow", field))
        return Response(turn.response.status, fields, turn.response.body)

    return sabotage


def _framing_faults() -> Iterator[Fault]:
    """RFC 9112: ways in which an answer is carried that leave open what it is."""
    for name, (rule, place, change) in FRAMES.items():
        yield Fault(f"{rule} {name}", rule, place, _framed(change))


def _framed(change: Callable[[bytes, bytes], bytes]) -> Sabotage:
    def sabotage(turn: Turn) -> Response | None:
        response = turn.response
        if not response.body:
            return None
        fields = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
        head = f"HTTP/1.1 {response.status} Broken\r\n{fields}".encode("latin-1", "replace")
        return replace(response, message=change(head, response.body))

    return sabotage


def _length(size: object) -> bytes:
    return f"Content-Length: {size}\r\n".encode()


_CHUNKED: Final = b"Transfer-Encoding: chunked\r\n"


def _as_chunk(body: bytes) -> bytes:
    return b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)


FRAMES: Final[dict[str, tuple[str, str, Callable[[bytes, bytes], bytes]]]] = {
    "a line without a colon": (
        "framing.head",
        "head",
        lambda head, body: head + b"broken\r\n" + _length(len(body)) + b"\r\n" + body,
    ),
    "a blank before the colon": (
        "framing.head",
        "head",
        lambda head, body: head + b"X-Broken : 1\r\n" + _length(len(body)) + b"\r\n" + body,
    ),
    "a folded line": (
        "framing.head",
        "head",
        lambda head, body: head + b"X-Broken: 1\r\n 2\r\n" + _length(len(body)) + b"\r\n" + body,
    ),
    "two lengths": (
        "framing.length",
        "head",
        lambda head, body: head + _length(len(body)) + _length(len(body) + 9) + b"\r\n" + body,
    ),
    "a length and chunks": (
        "framing.length",
        "head",
        lambda head, body: head + _length(len(body)) + _CHUNKED + b"\r\n" + _as_chunk(body),
    ),
    "a length that is no number": (
        "framing.length",
        "head",
        lambda head, body: head + _length("many") + b"\r\n" + body,
    ),
    "another transfer coding": (
        "framing.transfer-coding",
        "head",
        lambda head, body: head + b"Transfer-Encoding: broken\r\n\r\n" + body,
    ),
    "something behind": (
        "framing.surplus",
        "message",
        lambda head, body: head + _length(len(body)) + b"\r\n" + body + b"broken",
    ),
    "something behind the last chunk": (
        "framing.surplus",
        "message",
        lambda head, body: head + _CHUNKED + b"\r\n" + _as_chunk(body) + b"broken",
    ),
    "a chunk of another size": (
        "framing.chunked",
        "message",
        lambda head, body: head + _CHUNKED + b"\r\n" + _as_chunk(body).replace(b"\r\n", b"\r\n#", 1),
    ),
}
"""Name to the rule, the place, and the message of a head (without its empty line) and a body."""


def _transport_faults() -> Iterator[Fault]:
    for kind in ("reset", "cut", "not-http", "timeout", "oversized", "coding"):
        rule = f"transport.{kind}"
        yield Fault(rule, rule, "transport", _failing(kind))


def _failing(kind: str) -> Sabotage:
    return lambda turn: Failure(kind, "broken on purpose")
