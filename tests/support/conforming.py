"""Servers that keep the contract in unusual ways: every one changes the answers of the mock."""

from __future__ import annotations

import asyncio
import email.utils
import gzip
import json
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from contracts.http.exchange import Response
from strategies.mock.answering import Asked, Change, Raw, Reply
from strategies.second_opinion import SecondOpinion
from tests.support.dates import LEGAL_DATES
from tests.support.pinned import DOCUMENT, KNOWN, OPERATION

UNKNOWN = [f"zz-unknown-{number}" for number in range(20)]
SECOND_OPINION = SecondOpinion(DOCUMENT)


def dates() -> list[str]:
    """Return the properties of a successful response that are dates."""
    _, schema = DOCUMENT.resolve(OPERATION.responses[0].content["application/json"] or "")
    return [name for name in schema["properties"] if schema["properties"][name].get("format") == "date-time"]


def number_of(asked: Asked) -> int:
    """Return a number of the resource, spread evenly over the known ones, and the same at every read."""
    name = asked.target.rpartition("/")[2]
    return KNOWN.index(name) if name in KNOWN else zlib.crc32(name.encode())


def with_value(response: Response, value: Any, **style: Any) -> Response:
    return Response(response.status, response.headers, json.dumps(value, **{"ensure_ascii": False, **style}).encode())


def with_field(response: Response, name: str, value: str) -> Response:
    others = tuple(field for field in response.headers if field[0].lower() != name.lower())
    return Response(response.status, (*others, (name, value)), response.body)


def on_the_wire(response: Response, *fields: tuple[str, str], version: str = "HTTP/1.1") -> bytes:
    """Return the head and the body as they are sent, with nothing added."""
    lines = [f"{version} {response.status} -", *(f"{name}: {value}" for name, value in (*response.headers, *fields))]
    return "\r\n".join([*lines, "", ""]).encode() + response.body


def length(response: Response) -> tuple[str, str]:
    return "Content-Length", str(len(response.body))


# What the body says.


def every_legal_date(asked: Asked, response: Response) -> Response:
    """A date in each form that RFC 3339 allows."""
    value = json.loads(response.body)
    for name in dates():
        if name in value:
            value[name] = LEGAL_DATES[number_of(asked) % len(LEGAL_DATES)]
    return with_value(response, value)


def unknown_properties(asked: Asked, response: Response) -> Response:
    """Undeclared properties, at every depth at which the schema leaves objects open."""
    return with_value(response, _extended(json.loads(response.body)))


def _extended(value: Any) -> Any:
    if isinstance(value, list):
        return [_extended(item) for item in value]
    if not isinstance(value, dict):
        return value
    inner = {name: _extended(item) for name, item in value.items()}
    return {**inner, "zz-new": {"deep": [1, None]}, "": "no name", "Ünï–🙂": 1e300, "__proto__": False}


def places_as_numbers(asked: Asked, response: Response) -> Response:
    """Places in the input that are indices, large ones and a float without a fraction among them."""
    return _refusal(response, [{"loc": ["body", 0, 2**53, -1, 7.0], "msg": "", "type": ""}])


def input_of_any_type(asked: Asked, response: Response) -> Response:
    """Refusals that repeat an input of any type, with any context."""
    values: tuple[Any, ...] = (None, True, 0, -1.5, 1e300, "", "text", [], [[1], None], {}, {"a": {"b": None}})
    items = [{"loc": [], "msg": "m", "type": "t", "input": value, "ctx": {"error": value}} for value in values]
    return _refusal(response, items)


def no_detail(asked: Asked, response: Response) -> Response:
    """Refusals without a detail."""
    return _refusal(response, [])


def _refusal(response: Response, detail: list[Any]) -> Response:
    return response if response.status != 422 else with_value(response, {"detail": detail})


def empty_refusal(asked: Asked, response: Response) -> Response:
    """A refusal that is an empty object."""
    return response if response.status != 422 else with_value(response, {})


def megabytes(asked: Asked, response: Response) -> Response:
    """An answer of a megabyte, in many items or in one long text."""
    if number_of(asked) % 20:
        return response
    if response.status == 422:
        return _refusal(response, [{"loc": ["body", n], "msg": "x" * 80, "type": "value_error"} for n in range(8_000)])
    return with_value(response, {**json.loads(response.body), "zz-log": "line\n" * 200_000})


# How it is written.


def pretty(asked: Asked, response: Response) -> Response:
    """Indented, with white space of every legal kind around and inside."""
    indented = with_value(response, json.loads(response.body), indent=4, separators=(" ,", "\t: "))
    return Response(response.status, response.headers, b" \t\r\n" + indented.body.replace(b"\n", b"\r\n") + b"\n\n")


def escaped(asked: Asked, response: Response) -> Response:
    """Everything beyond ASCII is escaped, by pairs of surrogates where it takes two, and slashes are too."""
    written = with_value(response, {**json.loads(response.body), "zz-name": "é木🙂/"}, ensure_ascii=True)
    return Response(response.status, response.headers, written.body.replace(b"/", b"\\/"))


def sorted_names(asked: Asked, response: Response) -> Response:
    """Members in another order, without a blank."""
    return with_value(response, json.loads(response.body), sort_keys=True, separators=(",", ":"))


# What the header fields say.


def charset(asked: Asked, response: Response) -> Response:
    """The charset is named, though JSON has none."""
    return with_field(response, "Content-Type", "application/json; charset=utf-8")


def quoted_charset(asked: Asked, response: Response) -> Response:
    """The charset is quoted, in capitals, without a blank before it."""
    return with_field(response, "Content-Type", 'application/json;Charset="UTF-8"')


def quoted_charset_in_small_letters(asked: Asked, response: Response) -> Response:
    """The charset is quoted, as some frameworks write it."""
    return with_field(response, "Content-Type", 'application/json;charset="utf-8"')


def capital_type(asked: Asked, response: Response) -> Response:
    """Media types are of either case."""
    return with_field(response, "CONTENT-TYPE", "Application/JSON")


def more_fields(asked: Asked, response: Response) -> Response:
    """Undeclared header fields, repeated and empty ones among them."""
    extra = (
        ("X-Request-Id", f"{number_of(asked)}"),
        ("Set-Cookie", "a=b; Path=/; HttpOnly"),
        ("Set-Cookie", "c=d"),
        ("Strict-Transport-Security", "max-age=63072000"),
        ("Link", '<https://example.com/next>; rel="next"'),
        ("Vary", "Accept, Accept-Encoding"),
        ("ETag", 'W/"1"'),
        ("X-Empty", ""),
        ("X-Long", "x" * 4_000),
    )
    return Response(response.status, (*response.headers, *extra), response.body)


def gzipped(asked: Asked, response: Response) -> Response:
    """Compressed, as the request allows."""
    coded = Response(response.status, response.headers, gzip.compress(response.body, mtime=0))
    return with_field(coded, "Content-Encoding", "gzip")


def deflated(asked: Asked, response: Response) -> Response:
    """Compressed in the other way that the request allows."""
    coded = Response(response.status, response.headers, zlib.compress(response.body))
    return with_field(coded, "Content-Encoding", "deflate")


# How it is carried.


def chunked(asked: Asked, response: Response) -> Iterator[bytes]:
    """In chunks of odd sizes, with an extension and a trailer (RFC 9112, section 7.1)."""
    head = Response(response.status, response.headers, b"")
    yield on_the_wire(head, ("Transfer-Encoding", "chunked"), ("Trailer", "X-Sum"))
    for start in range(0, len(response.body), 7_001):
        part = response.body[start : start + 7_001]
        yield b"%X;note=1\r\n%b\r\n" % (len(part), part)
    yield b"0\r\nX-Sum: 1\r\n\r\n"


def chunked_oddly(asked: Asked, response: Response) -> Iterator[bytes]:
    """In chunks whose sizes have leading zeros, with quoted extensions, two trailers, and the coding in capitals."""
    head = Response(response.status, response.headers, b"")
    yield on_the_wire(head, ("Transfer-Encoding", "CHUNKED"))
    for start in range(0, len(response.body), 1_501):
        part = response.body[start : start + 1_501]
        yield b'%05x ; note="a;\\"b" ; last\r\n%b\r\n' % (len(part), part)
    yield b"000;end\r\nX-Sum: 1\r\nServer-Timing: db;dur=5\r\n\r\n"


def interim(asked: Asked, response: Response) -> Raw:
    """After interim responses: early hints and processing (RFC 9110, section 15.2; RFC 8297)."""
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n"
    return [hints, b"HTTP/1.1 102 Processing\r\n\r\n", hints + on_the_wire(response, length(response))]


def chunked_and_gzipped(asked: Asked, response: Response) -> Raw:
    """Compressed first, then sent in chunks."""
    return chunked(asked, gzipped(asked, response))


def piecemeal(asked: Asked, response: Response) -> Raw:
    """In several writes, cut inside the head and inside a character."""
    sent = on_the_wire(response, length(response))
    half = len(sent) // 2
    return [sent[:9], sent[9:half], sent[half:-1], sent[-1:]]


async def packet_by_packet(asked: Asked, response: Response) -> AsyncIterator[bytes]:
    """In several packets, with a pause between them."""
    sent = on_the_wire(response, length(response))
    for cut in range(4):
        yield sent[cut * len(sent) // 4 : (cut + 1) * len(sent) // 4]
        await asyncio.sleep(0.002)


def closing(asked: Asked, response: Response) -> Raw:
    """Every connection carries one answer."""
    return [on_the_wire(response, length(response), ("Connection", "close"))]


def until_it_closes(asked: Asked, response: Response) -> Raw:
    """The body ends where the connection does (RFC 9112, section 6.3, rule 8)."""
    return [on_the_wire(response, ("Connection", "close"))]


def old(asked: Asked, response: Response) -> Raw:
    """HTTP/1.0, with a length."""
    return [on_the_wire(response, length(response), version="HTTP/1.0")]


def old_without_length(asked: Asked, response: Response) -> Raw:
    """HTTP/1.0, without one."""
    return [on_the_wire(response, version="HTTP/1.0")]


def lower_case_names(asked: Asked, response: Response) -> Raw:
    """Names of header fields in lower case, and no blank behind the colon."""
    fields = [f"{name.lower()}:{value}" for name, value in (*response.headers, length(response))]
    return ["\r\n".join([f"HTTP/1.1 {response.status} ", *fields, "", ""]).encode() + response.body]


def odd_names(asked: Asked, response: Response) -> Raw:
    """Names of header fields in capitals here and there, and white space around values."""
    fields = [f"{name.swapcase()}:\t {value} \t" for name, value in (*response.headers, length(response))]
    return ["\r\n".join([f"HTTP/1.1 {response.status} OK", *fields, "", ""]).encode() + response.body]


def skewed_clock(asked: Asked, response: Response) -> Raw:
    """A clock that is a minute ahead."""
    date = email.utils.formatdate(time.time() + 60, usegmt=True)
    return [on_the_wire(response, length(response), ("Date", date))]


async def late(asked: Asked, response: Response) -> Response:
    """Some answers take 80 ms."""
    if number_of(asked) % 20 == 0:
        await asyncio.sleep(0.08)
    return response


SERVERS: dict[str, Change] = {
    change.__name__: change
    for change in (
        every_legal_date,
        unknown_properties,
        places_as_numbers,
        input_of_any_type,
        no_detail,
        empty_refusal,
        megabytes,
        pretty,
        escaped,
        sorted_names,
        charset,
        quoted_charset,
        quoted_charset_in_small_letters,
        capital_type,
        more_fields,
        gzipped,
        deflated,
        chunked,
        chunked_oddly,
        chunked_and_gzipped,
        interim,
        piecemeal,
        packet_by_packet,
        closing,
        until_it_closes,
        old,
        old_without_length,
        lower_case_names,
        odd_names,
        skewed_clock,
        late,
    )
}


def different_for_every_resource(asked: Asked, response: Response) -> Reply:
    """Every resource is answered by another of these servers."""
    changes = list(SERVERS.values())
    return changes[number_of(asked) % len(changes)](asked, response)
