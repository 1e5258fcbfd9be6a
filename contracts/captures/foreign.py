"""Take in the response of another library: of requests, httpx, urllib3, aiohttp, Schemathesis, and of test clients.

Hides what these libraries call status, header fields, body and request, which of them undo content codings, and which
of them keep the path as it was sent. It looks at what a response has and imports none of them: Starlette's and
FastAPI's test clients answer as httpx does, Flask's and Django's in their own ways. Sources: PEP 3333, "environ
Variables"; the ASGI specification 3.0, "HTTP Connection Scope".
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from http.cookies import BaseCookie
from typing import Any, Final
from urllib.parse import quote, urlsplit

from contracts.captures.capture import Capture, Pairs, is_status, without_accepted_coding
from contracts.http import CodingError, decoded
from contracts.options import MAX_BODY


def capture_of(response: Any, method: str = "", url: str = "", body: bytes | None = None) -> Capture:
    """Return a response as a capture; `method`, `url` and `body` are used where it does not say them itself.

    A tuple of status, header fields and body is a response too. A body that was not read yet is read, and stays there
    for the test to read. Raises TypeError, with the fix, for a body that has to be awaited, and for any other value,
    and ValueError for a number that is no status.
    """
    __tracebackhide__ = True
    if isinstance(response, tuple):
        if len(response) != 3:
            raise TypeError(f"a tuple of {len(response)} is no response; {_PARTS}")
        status, headers, content = response
    else:
        status = _first(response, "status_code", "status")
        headers = _headers(response)
        content = body if body is not None else _content(response)
    status, content = _status(response, status), _bytes(response, content)
    asked = _request(response)
    pairs = _texts(headers)
    text = _plain(content, pairs)
    pairs = without_accepted_coding(pairs, asked.accepted)
    named, seconds = (method or asked.method or "GET").upper(), _seconds(response)
    return Capture("the response", named, url or asked.url, status, pairs, text, seconds, mount=asked.mount)


_PARTS: Final = "give a tuple of three: the status (an int), the header fields, and the body's bytes or text"


def _status(response: Any, status: Any) -> int:
    """Return the status; raise TypeError if it is not an integer, and ValueError if it has not three digits."""
    __tracebackhide__ = True
    if isinstance(status, bool) or not isinstance(status, int):
        named = f"its status is {status!r}" if status is not None else "it has no status"
        raise TypeError(f"{type(response).__name__} is no response: {named}; {_PARTS}")
    if not is_status(status):
        raise ValueError(f"{status} is no status of HTTP, which has three digits; give the one that came")
    return int(status)


def _bytes(response: Any, content: Any) -> bytes:
    """Return the body as bytes; raise TypeError if it is neither bytes nor a string."""
    __tracebackhide__ = True
    if isinstance(content, str):
        return content.encode()
    if isinstance(content, (bytes, bytearray, memoryview)):
        return bytes(content)
    if content is None and not isinstance(response, tuple):
        raise TypeError(f"{type(response).__name__} is no response: it has no body; {_PARTS}")
    fix = 'b"" if nothing came' if content is None else "json.dumps(value) if they are gone"
    kind = "None" if content is None else type(content).__name__
    raise TypeError(f"{kind} is no body: give the bytes or the text that came, {fix}")


def _first(holder: Any, *names: str) -> Any:
    return next((value for name in names if (value := _get(holder, name)) is not None), None)


def _get(holder: Any, name: str) -> Any:
    """Return an attribute, None if there is none; httpx raises RuntimeError for what a response does not have yet."""
    with suppress(Exception):
        return getattr(holder, name, None)
    return None


# Header fields.


def _headers(response: Any) -> Any:
    """Return the header fields; those of requests come from urllib3, which keeps fields of one name apart."""
    headers = _get(_get(response, "raw"), "headers") or _get(response, "headers") or {}
    cookies = _get(response, "cookies")
    if not isinstance(cookies, BaseCookie):
        return headers
    pairs = _pairs(headers)
    # Django keeps cookies beside the other fields until they are sent.
    is_sent = any(str(name).lower() == "set-cookie" for name, _ in pairs)
    return pairs if is_sent else (*pairs, *(("Set-Cookie", each.OutputString()) for each in cookies.values()))


def _texts(headers: Any) -> Pairs:
    """Return the header fields as texts; raise TypeError, with the fix, for what holds no names and values."""
    __tracebackhide__ = True
    try:
        return tuple((str(name), str(value)) for name, value in _pairs(headers))
    except (TypeError, ValueError):
        kind = "None" if headers is None else type(headers).__name__
        fix = 'give a mapping, such as {"Content-Type": "application/json"}, or pairs of name and value'
        raise TypeError(f"{kind} holds no header fields: {fix}") from None


def _pairs(headers: Any) -> Pairs:
    if hasattr(headers, "multi_items"):  # httpx
        return tuple(headers.multi_items())
    fields = headers.items() if isinstance(headers, Mapping) or hasattr(headers, "items") else headers
    # Schemathesis has a list of values for each name.
    return tuple((name, each) for name, value in fields for each in (value if isinstance(value, list) else [value]))


# The body.


def _content(response: Any) -> Any:
    """Return the body's bytes: `content` of requests, httpx and Django, `data` of urllib3 and Flask.

    Raises TypeError for a body that only the test can read.
    """
    if _get(response, "streaming") is True:  # Django
        return _streamed(response)
    content = None if _was_taken(response) else _first(response, "content", "data")
    if isinstance(content, (bytes, bytearray)):
        return content
    read = _get(response, "read")
    if callable(read) and hasattr(response, "aread"):  # A response of httpx that was streamed and is not read yet.
        with suppress(Exception):
            content = read()
    if isinstance(content, (bytes, bytearray)):
        return content
    if callable(read) or callable(_get(response, "iter_content")):
        raise TypeError(
            f"the body of this {type(response).__name__} has to be read first, or was consumed; "
            "give it by body=, such as body=await response.read() of aiohttp or body=await response.aread() of httpx"
        )
    return content


def _was_taken(response: Any) -> bool:
    """Return whether the test read a part of a streamed body from its connection, or closed it, as `raw` allows.

    What requests and urllib3 give then is the rest of it, and no error.
    """
    stream = _get(response, "raw") or response
    if not hasattr(stream, "length_remaining") or _first(response, "_content", "_body") not in (None, False):
        return False  # It is none of theirs, or they have read it themselves.
    return bool(stream.tell() or (stream.closed and stream.length_remaining != 0))


def _streamed(response: Any) -> bytes:
    """Return the body of a response that Django streams, and put it back for the test to read."""
    if _get(response, "is_async"):
        raise TypeError(
            "the body of this response is streamed by an asynchronous iterator; "
            'give it by body=b"".join([part async for part in response])'
        )
    content = bytes(response.getvalue())
    response.streaming_content = [content]
    return content


_BEGINNINGS: Final = {"gzip": b"\x1f\x8b", "x-gzip": b"\x1f\x8b"}
"""How the bytes of a coding begin (RFC 1952, section 2.3.1); those of deflate are told by a checksum."""


def _plain(body: bytes, headers: Iterable[tuple[str, str]]) -> bytes:
    """Return the body with its content codings undone, if the library left that to its user, as test clients do."""
    field = ", ".join(value for name, value in headers if name.lower() == "content-encoding")
    last = field.rpartition(",")[2].strip().lower()
    # The two bytes before a stream of zlib are a multiple of 31 (RFC 1950, section 2.2).
    is_zlib = last == "deflate" and body[:1] == b"\x78" and int.from_bytes(body[:2]) % 31 == 0
    if not is_zlib and not (last in _BEGINNINGS and body.startswith(_BEGINNINGS[last])):
        return body
    try:
        return b"".join(decoded([body], field, MAX_BODY))
    except CodingError:
        return body  # The judge says that these bytes are not what they should be.


# The request.


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is known of a request; `accepted` is its Accept-Encoding, None if that is not known."""

    method: str = ""
    url: str = ""
    mount: str = ""
    accepted: str | None = None


def _request(response: Any) -> _Asked:
    """Return the request that a response answers, as far as the response says it."""
    request = _get(response, "request")
    if isinstance(request, Mapping):  # Django
        return _of_scope(request) if "path" in request else _of_environment(request)
    environment = _get(request, "environ")
    if isinstance(environment, Mapping):  # Flask
        return _of_environment(environment)
    asked = request if request is not None else _get(response, "request_info") or response
    headers = _get(asked, "headers") if asked is not response else None
    accepted = None if headers is None else str(_get(headers, "get")("Accept-Encoding") or "")
    return _Asked(str(_first(asked, "method") or ""), str(_first(asked, "url") or ""), "", accepted)


def _of_environment(environment: Mapping[str, Any]) -> _Asked:
    """Return the request of a WSGI environment, in which every text is bytes read as Latin-1."""
    mount = _path(environment.get("SCRIPT_NAME", ""))
    raw = environment.get("REQUEST_URI")
    # PATH_INFO is decoded, so that an encoded slash looks as any other; Werkzeug keeps beside it what was asked for.
    path = urlsplit(_text(raw)).path if isinstance(raw, str) else _path(environment.get("PATH_INFO", ""))
    host = environment.get("HTTP_HOST") or environment.get("SERVER_NAME")
    server = f"{environment.get('wsgi.url_scheme', 'http')}://{host}" if host else ""
    query = _text(environment.get("QUERY_STRING", ""))
    url = f"{server}{mount}{path}" + (f"?{query}" if query else "")
    return _Asked(
        str(environment.get("REQUEST_METHOD", "")), url, mount, str(environment.get("HTTP_ACCEPT_ENCODING", ""))
    )


def _of_scope(scope: Mapping[str, Any]) -> _Asked:
    """Return the request of an ASGI scope, whose path is decoded."""
    path, query = quote(str(scope["path"]), safe=_SAFE), scope.get("query_string") or b""
    fields = {bytes(name).lower(): bytes(value) for name, value in scope.get("headers") or ()}
    url = path + (f"?{query.decode('latin-1') if isinstance(query, bytes) else query}" if query else "")
    accepted = fields.get(b"accept-encoding", b"").decode("latin-1")
    return _Asked(str(scope.get("method", "")), url, quote(str(scope.get("root_path", "")), safe=_SAFE), accepted)


_SAFE: Final = "/:@!$&'()*+,;=~"
"""The characters of a path that need no encoding (RFC 3986, section 3.3)."""


def _path(text: str) -> str:
    return quote(text.encode("latin-1", "replace"), safe=_SAFE)


def _text(text: str) -> str:
    """Return a text of a WSGI environment as it was written."""
    return text.encode("latin-1", "replace").decode("utf-8", "surrogateescape")


def _seconds(response: Any) -> float:
    elapsed = _get(response, "elapsed")  # requests and httpx
    return elapsed.total_seconds() if isinstance(elapsed, timedelta) else 0.0
