"""Classify why no response came, and say what to do about it.

Hides how requests, urllib3 and the socket below them nest their exceptions.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import requests
import urllib3

from contracts.http.content_coding import CodingError
from contracts.http.exchange import Failure
from contracts.http.response_capture import Oversized

REACHED: Final = ("coding", "cut", "oversized")
"""Kinds of failure that show that the target answers."""

UNREACHABLE: Final = ("refused", "tls", "unresolved")
"""Kinds of failure that do not depend on the resource asked for."""


def failure_of(error: BaseException) -> Failure:
    """Return the failure that an exception of requests, urllib3 or the socket below them stands for.

    Its detail is the innermost exception's own words. The kind is `failed` for an exception of no known type.
    """
    chain = list(_chain(error))
    kind = next((kind for types, kind in _KINDS if any(isinstance(link, types) for link in chain)), "failed")
    root = chain[-1]
    if isinstance(root, (Oversized, CodingError)):
        return Failure(kind, str(root))
    return Failure(kind, f"{type(root).__name__}: {root}" if str(root) else type(root).__name__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and those it was raised from, outermost first; urllib3 keeps some in `args` and `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if isinstance(link, BaseException) and id(link) not in seen:
            seen.add(id(link))
            yield link
            waiting += [*link.args, getattr(link, "reason", None), link.__cause__]


# The first row that fits counts: some of these exceptions are subclasses of later ones.
_KINDS: Final[tuple[tuple[tuple[type[BaseException], ...], str], ...]] = (
    ((Oversized,), "oversized"),
    ((ssl.SSLError, requests.exceptions.SSLError), "tls"),
    ((socket.gaierror, urllib3.exceptions.LocationParseError), "unresolved"),
    ((ConnectionRefusedError,), "refused"),
    ((urllib3.exceptions.IncompleteRead, http.client.IncompleteRead, urllib3.exceptions.InvalidChunkLength), "cut"),
    ((CodingError,), "coding"),
    ((TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError), "timeout"),
    ((ConnectionResetError, BrokenPipeError, ConnectionAbortedError), "reset"),
    ((http.client.HTTPException, urllib3.exceptions.HTTPError), "not-http"),
)

PROBLEMS: Final[dict[str, tuple[str, str]]] = {
    "tls": ("does not pass the TLS check", "fix its certificate, or name its authority by --ca-bundle FILE"),
    "unresolved": ("has a host that no name server knows", "correct --base-url"),
    "refused": ("refuses connections", "start the server, or correct --base-url"),
    "timeout": ("does not answer in time", "start the server, or give it longer by --timeout SECONDS"),
    "reset": ("closes the connection without an answer", "look into the server's log; is it https rather than http?"),
    "not-http": ("answers something that is not HTTP", "correct the port in --base-url"),
    "cut": ("breaks off in the middle of its answer", "look into the server's log"),
    "coding": ("sends a body that does not decompress", "look into the server's log"),
    "oversized": ("sends more than the harness reads", "raise --max-body"),
    "failed": ("cannot be reached", "correct --base-url"),
}
"""The problem and the fix, by kind of failure, for a target that gives no response."""
