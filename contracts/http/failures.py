"""Name the failure that came in place of a response, and say in words how to fix it.

Hides how requests, urllib3 and the socket below them nest their exceptions, and which words of OpenSSL's mean what.
"""

import http.client
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Final

import requests
import urllib3

from contracts.http.content_coding import CodingError
from contracts.http.exchange import Failure
from contracts.http.response_capture import Oversized, Unclosed

REACHED: Final = ("coding", "cut", "oversized")
"""Kinds of failure that show that the target answers."""

UNREACHABLE: Final = ("refused", "tls", "unresolved")
"""Kinds of failure that do not depend on the resource asked for."""


def failure_of(error: BaseException, seconds: float | None = None) -> Failure:
    """Return the failure that an exception of requests, urllib3 or the socket below them stands for.

    Its detail says in words what came in place of an answer; `seconds` is the time that one was waited for. The kind is
    `failed` for an exception of no known type.
    """
    chain = list(_chain(error))
    kind = next((kind for types, kind in _KINDS if any(isinstance(link, types) for link in chain)), "failed")
    return Failure(kind, _words(chain[-1], seconds))


def _words(root: BaseException, seconds: float | None) -> str:
    """Return what came in place of an answer: words that go on after "got"."""
    if isinstance(root, (Oversized, Unclosed, CodingError)):
        return str(root)
    if isinstance(root, (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)):
        # The same words as where the watchdog of the transport comes first.
        return "no complete answer in time" if seconds is None else f"no complete answer in {seconds:g} s"
    if isinstance(root, http.client.IncompleteRead):
        came = root.partial if isinstance(root.partial, int) else len(root.partial)
        number = "1 byte" if came == 1 else f"{came} bytes"
        more = f"{number} of the body, and {root.expected} more were announced"
        return more if root.expected else "a body that broke off before its end"
    if found := next((words for kind, words in _PLAIN_WORDS if isinstance(root, kind)), None):
        return found
    if isinstance(root, http.client.BadStatusLine):
        line = str(root).strip()
        return f"a first line that is no status line: {line}" if line else "a blank first line"
    if isinstance(root, OSError) and root.strerror and not isinstance(root, ssl.SSLError):
        return root.strerror
    return f"{type(root).__name__}: {root}" if str(root) else type(root).__name__


_PLAIN_WORDS: Final = (
    (http.client.RemoteDisconnected, "the end of the connection"),
    (ConnectionResetError, "a reset of the connection"),
    ((BrokenPipeError, ConnectionAbortedError), "the end of the connection while the request was sent"),
    (ConnectionRefusedError, "a refusal of the connection"),
)
"""A type of exceptions whose own words say no more, and what that is in words; the first row that fits counts."""


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


def problem_of(failure: Failure, *, over_tls: bool) -> tuple[str, str]:
    """Return the problem of a target that gives no response, with the fix, in words."""
    if failure.kind == "tls":
        found = next((words for pattern, *words in _TLS if re.search(pattern, failure.detail, re.IGNORECASE)), None)
        problem, fix = found or ("does not pass the TLS check ({})", "fix its certificate")
        return problem.format(_REASON.sub("", failure.detail)), fix
    if failure.kind == "reset" and over_tls:
        return "ends the connection without an answer once TLS is set up", _CLIENT_CERTIFICATE
    if _HTTP2.match(failure.message):
        return "speaks HTTP/2 only", _HTTP1
    return _PROBLEMS[failure.kind]


_HTTP1: Final = "name a port that speaks HTTP/1.1"
_CLIENT_CERTIFICATE: Final = "if it wants a client certificate, give one by --client-cert FILE; else see its log"

_HTTP2: Final = re.compile(rb"(?s)(?:...\x04[\x00\x01]|...\x07\x00)\x00\x00\x00\x00")
"""The head of an HTTP/2 frame of the types SETTINGS and GOAWAY on stream 0 (RFC 9113, sections 4.1, 6.5 and 6.8)."""

_REASON: Final = re.compile(r"^\w+: (?:\[[^\]]*\] )?|certificate verify failed: |\.? ?\(_ssl\.c:[0-9]+\)$")
"""What stands around the reason in the text of an exception of Python's `ssl`."""

_NO_TLS: Final = "wrong.version.number|http.request|unknown.protocol|packet.length.too.long|record.layer.failure"

_TLS: Final = (
    (
        "self.signed certificate in certificate chain|unable to (get|verify)",
        "has a certificate of an authority that is not trusted here ({})",
        "name the authority by --ca-bundle FILE",
    ),
    (
        "self.signed certificate",
        "has a certificate that is signed by itself ({})",
        "name it by --ca-bundle FILE if it is to be trusted",
    ),
    (
        "mismatch|not valid for|doesn't match",
        "has a certificate of another host ({})",
        "correct the host in --base-url, or the certificate",
    ),
    ("has expired", "has a certificate that has expired", "renew the server's certificate"),
    ("not yet valid", "has a certificate that is not valid yet", "correct the clock here, or the certificate"),
    (
        "certificate.required|alert.(bad|no|unknown|unsupported|expired).certificate|alert.unknown.ca|handshake.failure",
        "wants a client certificate, or does not accept the one given ({})",
        "give one that it accepts by --client-cert FILE and --client-key FILE",
    ),
    ("no.application.protocol", "speaks HTTP/2 only", _HTTP1),
    (_NO_TLS, "speaks no TLS", "is it http rather than https?"),
    ("unsupported.protocol|protocol.version", "speaks no version of TLS that is safe ({})", "update the server's TLS"),
    ("eof", "ends the connection in the TLS handshake", _CLIENT_CERTIFICATE),
)
"""A pattern in the words of OpenSSL or Python, the problem and the fix; the first row that fits counts."""

_PROBLEMS: Final[dict[str, tuple[str, str]]] = {
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
"""Kind of failure to the problem and the fix."""
