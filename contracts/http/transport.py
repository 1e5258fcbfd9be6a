"""Send one prepared request over the one connection to the target, and return its outcome without the API key.

Hides requests' adapter and urllib3: the key is added here and nowhere earlier, and masked before anything is returned.
"""

import http.client
import io
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any, Final

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from contracts.http.api_key import strip_tracebacks
from contracts.http.authorization import Authorization, CredentialValue
from contracts.http.connection_turns import ConnectionTurns
from contracts.http.content_coding import CodingError, decoded
from contracts.http.exchange import Exchange, Failure, Response
from contracts.http.failures import failure_of
from contracts.http.response_capture import ByteCapture, Oversized, Watchdog

_CHUNK: Final = 256 * 1024

_FAILURES: Final = (
    http.client.HTTPException,
    CodingError,
    requests.RequestException,
    urllib3.exceptions.HTTPError,
    OSError,
)

Answer = requests.Response | requests.RequestException
"""An outcome in the classes of requests, for a library that uses the session as one of requests."""


class StaleConnection(Exception):
    """A kept connection that was closed before any byte of a response came; the text is the innermost exception's."""


class Transport:
    """Sends one request at a time, each once, and keeps the connection.

    `timeout` is in seconds from the connection to the last byte of the response, `max_body` in bytes with the content
    coding undone, `verify` is True or the path of a bundle of certificates, and `certificate` the client's own: its
    path, and that of its key if that stands elsewhere. `turns` is the file by which several
    processes agree to take turns.
    """

    def __init__(
        self,
        authorization: Authorization,
        timeout: float,
        max_body: int,
        verify: bool | str,
        certificate: tuple[str, str | None] | None = None,
        turns: Path | None = None,
    ) -> None:
        self._timeout, self._max_body, self._verify, self._certificate = timeout, max_body, verify, certificate
        self._authorization = authorization
        self._capture = ByteCapture(max_body)
        self._turns = ConnectionTurns(turns, timeout)
        self._watchdog = Watchdog(self._capture.shutdown, self._share_connection)
        self._known_connections = 0
        self._adapter = _TargetAdapter(authorization, self._capture)

    def attempt(self, request: requests.PreparedRequest) -> tuple[Response | Failure, Answer]:
        """Return the outcome of one attempt, as ours and as requests'.

        Raises StaleConnection if the request may be sent again at once, because no byte of a response came.
        """
        # A method that is not safe goes over a connection of its own: on a kept one that turns out to be closed a
        # request may be sent again, which such a method must not be (RFC 9110, section 9.2.2).
        if request.method != "GET" or self._turns.is_over(self._capture.opened):
            self._adapter.close()
        self._known_connections = self._capture.connections
        self._watchdog.start(self._timeout)
        try:
            outcome, answer = strip_tracebacks(partial(self._send_once, request))
        except StaleConnection:
            if not self._watchdog.timed_out:
                raise
        finally:
            self._watchdog.stop()
        if self._watchdog.timed_out:
            outcome = Failure("timeout", f"no complete answer in {self._timeout:g} s", self._message())
            answer = requests.Timeout(outcome.detail, request=request)
        return outcome, answer

    def use(self, credentials: Iterable[CredentialValue]) -> None:
        """Send other credentials from now on."""
        self._authorization = self._adapter.authorization = Authorization(credentials, self._authorization)

    def late_message(self) -> bytes:
        """Return the previous response and all bytes behind it, if some came since it was returned; else no bytes."""
        return self._message() if self._capture.drain() else b""

    def _share_connection(self, is_watched: bool, since: float) -> None:
        """Say that this process waits for a connection, or give up an idle one; called by the watchdog's thread."""
        if not is_watched:
            if self._turns.is_idle(since):
                # urllib3 looks whether a kept connection is still open before it sends over it.
                self._capture.shutdown()
        elif self._capture.connections != self._known_connections and self._capture.is_empty:
            self._turns.wait(since)

    def drop_connection(self) -> None:
        """Close the kept connection; the next request opens another."""
        self._adapter.close()

    def close(self) -> None:
        """Close the connection, and end the thread that watches it."""
        self._adapter.close()
        self._watchdog.close()

    def _send_once(self, request: requests.PreparedRequest) -> tuple[Response | Failure, Answer]:
        self._capture.begin()
        try:
            answer = self._send_or_stale(request)
            try:
                body = self._authorization.mask(_read_body(answer.raw, self._max_body))
                self._capture.check_end()
            except BaseException:
                answer.close()
                raise
        except _FAILURES as error:
            found = failure_of(error, self._timeout)
            failure = Failure(found.kind, self._authorization.text(found.detail), self._message())
            # The exception is a new one, because the frames of the old one hold the key.
            return failure, requests.ConnectionError(failure.detail, request=request)
        self._capture.drain()
        # White space around a value is no part of it (RFC 9110, section 5.5).
        fields = ((name, value.strip(" \t")) for name, value in answer.raw.headers.iteritems())
        return Response(answer.status_code, self._authorization.fields(fields), body, self._message()), answer

    def _send_or_stale(self, request: requests.PreparedRequest) -> requests.Response:
        """Send; raises StaleConnection if a kept connection was closed before any byte of a response came."""
        opened = self._capture.connections
        try:
            return self._adapter.send(
                request, stream=True, timeout=self._timeout, verify=self._verify, cert=self._certificate, proxies={}
            )
        except requests.ConnectionError as error:
            failure = failure_of(error)
            if self._capture.connections == opened and failure.kind == "reset" and not self._capture.message:
                raise StaleConnection(failure.detail) from None
            raise

    def _message(self) -> bytes:
        """Return the bytes that came, with asterisks in place of the key, because their number is judged."""
        return strip_tracebacks(lambda: self._authorization.overwrite(self._capture.message))


class _TargetAdapter(HTTPAdapter):
    """Adds the API key at the last moment, so that no request that can be seen, kept or printed ever holds it."""

    def __init__(self, authorization: Authorization, capture: ByteCapture) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self.authorization, self._capture = authorization, capture
        self._pool: Any = None

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Send with the credentials, which are in the request only for as long as urllib3 needs them."""
        before = self.authorization.add_to(request)
        try:
            answer = super().send(request, *args, **kwargs)
        finally:
            self.authorization.take_from(request, *before)
        answer.url = before[0]
        return answer

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Return the pool, whose connections read through the capture."""
        # All requests go to one host with one set of authorities; to find the pool each time is a tenth of their cost.
        if self._pool is None:
            self._pool = super().get_connection_with_tls_context(*args, **kwargs)
            # urllib3 2.8 makes its connections by this attribute (`connectionpool.py`, `_new_conn`).
            self._pool.ConnectionCls = self._capture.connection_class(self._pool.ConnectionCls)
        return self._pool

    def close(self) -> None:
        """Close the kept connection, which urllib3 leaves to the garbage collector; the next request opens another."""
        super().close()
        if self._pool:
            self._pool.close()
            self._pool = None


def _read_body(raw: urllib3.HTTPResponse, most: int) -> bytes:
    """Return the whole body, content coding undone; raises Oversized for more than `most` bytes, and CodingError."""
    parts, size = [], 0
    came = iter(lambda: raw.read1(_CHUNK, decode_content=False), b"")
    for part in decoded(came, raw.headers.get("content-encoding", ""), most):
        parts.append(part)
        size += len(part)
        if size > most:
            raise Oversized(f"more than {most} bytes")
    return b"".join(parts)


def with_body(answer: requests.Response, exchange: Exchange) -> requests.Response:
    """Return the response of requests without the API key, and with a body that can be read again."""
    assert isinstance(exchange.outcome, Response)
    # These fields describe the body as it was sent; a reader would compare them with the decoded one.
    dropped = ("content-encoding", "content-length", "transfer-encoding")
    headers = urllib3.HTTPHeaderDict([field for field in exchange.outcome.headers if field[0].lower() not in dropped])
    answer.headers = CaseInsensitiveDict(urllib3.HTTPHeaderDict(exchange.outcome.headers))
    answer.reason = ""
    answer.raw = urllib3.HTTPResponse(
        io.BytesIO(exchange.outcome.body),
        headers=headers,
        status=answer.raw.status,
        version=answer.raw.version,
        reason="",
        preload_content=False,
    )
    return answer
