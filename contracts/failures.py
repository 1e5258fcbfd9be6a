"""Why no answer came, and what that says of the target."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import requests
import urllib3

from contracts.coding import CodingError
from contracts.exchange import Failure
from contracts.wire import Oversized

REACHED: Final = ("coding", "cut", "oversized")
"""Kinds of failure by which a target shows that it is there."""

UNREACHABLE: Final = ("refused", "tls", "unresolved")
"""Kinds of failure that are the same whatever is asked for."""


def failure_of(error: BaseException) -> Failure:
    """The kind of failure that an exception of requests, urllib3 or the sockets below them stands for."""
    chain = list(_chain(error))
    kind = next((kind for types, kind in _KINDS if any(isinstance(each, types) for each in chain)), "failed")
    root = chain[-1]
    if isinstance(root, (Oversized, CodingError)):
        return Failure(kind, str(root))
    return Failure(kind, f"{type(root).__name__}: {root}" if str(root) else type(root).__name__)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it was raised from, outermost first; urllib3 keeps some in `args` and `reason`."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        each = waiting.pop(0)
        if isinstance(each, BaseException) and id(each) not in seen:
            seen.add(id(each))
            yield each
            waiting += [*each.args, getattr(each, "reason", None), each.__cause__]


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
    "tls": ("does not pass the TLS check", "mend its certificate, or name its authority by --ca-bundle FILE"),
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
"""By kind of failure, what is wrong with a target of which nothing else comes, and the mend."""
