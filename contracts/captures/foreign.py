"""Take in the response of another library: of requests, httpx, urllib3, Schemathesis, and of test clients like these.

Hides what these libraries call status, header fields, body and request. It looks at what a response has and imports
none of them: Starlette's and FastAPI's test clients answer as httpx does, Flask's and Django's in their own ways.
"""

from collections.abc import Mapping
from typing import Any

from contracts.captures.capture import Capture, Pairs
from contracts.http import Response


def capture_of(response: Any, method: str = "", url: str = "", body: bytes | None = None) -> Capture:
    """Return a response as a capture; `method`, `url` and `body` are used where it does not say them itself.

    A tuple of status, header fields and body is a response too. Raises TypeError for any other value.
    """
    if isinstance(response, tuple) and len(response) == 3:
        status, headers, content = response
    else:
        status = _first(response, "status_code", "status")
        headers = _header_source(response)
        content = body if body is not None else _content(response)
    if not isinstance(status, int) or not isinstance(content, (bytes, bytearray, str)):
        raise TypeError(f"{type(response).__name__} is no response: it has no status and body; give a tuple of both")
    text = content.encode() if isinstance(content, str) else bytes(content)
    asked, where = _request(response)
    pairs = tuple((str(name), str(value)) for name, value in _pairs(headers))
    return Capture("the response", (method or asked or "GET").upper(), url or where, Response(status, pairs, text))


def _first(holder: Any, *names: str) -> Any:
    return next((value for name in names if (value := getattr(holder, name, None)) is not None), None)


def _header_source(response: Any) -> Any:
    """Return the header fields; those of requests come from urllib3, which keeps fields of one name apart."""
    raw = getattr(response, "raw", None)
    return getattr(raw, "headers", None) or getattr(response, "headers", None) or {}


def _pairs(headers: Any) -> Pairs:
    if hasattr(headers, "multi_items"):  # httpx
        return tuple(headers.multi_items())
    fields = headers.items() if isinstance(headers, Mapping) or hasattr(headers, "items") else headers
    # Schemathesis has a list of values for each name.
    return tuple((name, each) for name, value in fields for each in (value if isinstance(value, list) else [value]))


def _content(response: Any) -> Any:
    """Return the body's bytes: `content` of requests, httpx and Django, `data` of urllib3 and Flask."""
    content = getattr(response, "content", None)
    return content if isinstance(content, (bytes, bytearray)) else getattr(response, "data", None)


def _request(response: Any) -> tuple[str, str]:
    """Return the method and URL of the request that a response answers, as far as it says them."""
    request = getattr(response, "request", None)
    if isinstance(request, Mapping):  # Django
        query = request.get("QUERY_STRING")
        return str(request.get("REQUEST_METHOD", "")), str(request.get("PATH_INFO", "")) + (
            f"?{query}" if query else ""
        )
    method = _first(request, "method") or ""
    url = _first(request, "url") or getattr(response, "url", None) or ""
    return str(method), str(url)
