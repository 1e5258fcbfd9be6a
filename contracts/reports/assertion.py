"""Hold one response of any library against a document, in a test of one's own."""

from functools import cache
from typing import Any

from contracts.captures import OperationFinder, capture_of
from contracts.http import Exchange, Request
from contracts.judge import judge
from contracts.openapi import PINNED, PINNED_OVERLAY, ConfigurationError, Document, load
from contracts.reports.messages import violation_line


def assert_conforms(
    response: Any,
    document: Document | None = None,
    *,
    method: str = "",
    path: str = "",
    body: bytes | None = None,
    server: str = "",
) -> None:
    """Raise AssertionError, in the words of a verdict, if a response breaks what the document promises.

    It takes a response of requests, httpx, urllib3, of the test clients of Starlette, FastAPI, Flask and Django, and a
    tuple of status, header fields and body. `method` and `path` are what was asked for, where the response does not say
    it; `body` its bytes, where they are to be awaited first, as with aiohttp. `server` is what stands before the
    document's paths. Without a document it is the pinned one, with its overlay. Raises ConfigurationError if the
    document has no such operation.
    """
    document = document or _pinned()
    capture = capture_of(response, method, path, body)
    found = OperationFinder(document, server).find(capture.method, capture.url)
    if found is None:
        known = ", ".join(str(each) for each in document.operations[:5])
        problem = f"{capture.method} {capture.url or '(path not known)'} is no operation of {document.path.name}"
        raise ConfigurationError(f"{problem}, which has {known}; name what was asked for by method= and path=")
    operation, values = found
    exchange = Exchange(operation, Request(capture.url, tuple(values.items())), capture.response)
    if violations := judge(operation, exchange):
        raise AssertionError(
            "\n".join([f"the answer to {operation} breaks its contract:", *map(violation_line, violations)])
        )


@cache
def _pinned() -> Document:
    return load(PINNED, (PINNED_OVERLAY,))
