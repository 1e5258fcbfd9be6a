"""Carry one connection of the mock server: strict HTTP/1.1 in, answers and raw bytes out, in their order.

Hides httptools, which reads a request's head, how answers are written as bytes, and how a connection ends. Whatever
waits (a delay, a silent server, a reader who is slow) waits without holding up the other connections.
"""

import asyncio
import email.utils
import http.client
import re
import time
from collections import deque
from collections.abc import AsyncIterable, Awaitable, Coroutine
from contextlib import suppress
from functools import lru_cache
from http import HTTPStatus
from typing import Final, NamedTuple, Protocol, cast

import httptools

from contracts.http import Response
from strategies.answers import problem
from strategies.mock.answering import SMALL, Asked, Raw, Reply

MAX_HEAD: Final = 64 * 1024
"""The longest head of a request, in bytes."""

MAX_FIELDS: Final = 100
"""How many header fields a request may have."""

LINGER: Final = 2.0
"""Seconds in which what a client still sends is read, after the last answer.

Closing while input is unread resets the connection, and loses the answer (RFC 9112, section 9.6).
"""

_HEAD_END: Final = b"\r\n\r\n"
_TOKEN: Final = re.compile(rb"[!#$%&'*+.^_`|~\w-]+ ", re.ASCII)
_FRAMING: Final = ("connection", "content-length", "date", "keep-alive", "transfer-encoding")
_WITHOUT_LENGTH: Final = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
_WITHOUT_BODY: Final = (*_WITHOUT_LENGTH, HTTPStatus.RESET_CONTENT)


class Host(Protocol):
    """What a connection needs of its server."""

    connections: "set[Connection]"

    def count(self, method: str) -> None:
        """Count a request."""

    def answer(self, asked: Asked) -> Reply:
        """Return what is sent back."""

    def log(self, asked: Asked | None, status: int) -> None:
        """Take note of what was sent back: its status, and 0 for raw bytes."""


class _Form(NamedTuple):
    """How an answer has to be written: `connection` is the value of that field, empty if it is left out."""

    is_head: bool = False
    connection: str = ""


_LAST: Final = "close"


class _Refused(Exception):
    """A request that is answered with a problem, without being understood."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class Connection(asyncio.Protocol):
    """One client's connection: the requests on it are answered one after another."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._transport = cast("asyncio.Transport", None)
        self._parser = httptools.HttpRequestParser(self)
        self._head = b""  # The part of a head that has come.
        self._rest = b""  # What came while the client read too slowly.
        self._waiting: deque[tuple[Asked | None, Reply, _Form]] = deque()
        self._work: asyncio.Task[None] | None = None
        self._lingering: asyncio.TimerHandle | None = None
        self._is_last = self._has_ended = False
        self._writable = asyncio.Event()
        self._writable.set()
        self._begin()

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)
        self._port = int(transport.get_extra_info("peername", ("", 0))[1])
        self._host.connections.add(self)

    def data_received(self, data: bytes) -> None:
        """Read requests, and answer them; behind the last one everything is passed over."""
        while data and not self._is_last:
            if not self._writable.is_set():
                self._rest += data
                return
            try:
                data = self._read(data)
            except _Refused as refused:
                self._refuse(refused)

    def eof_received(self) -> bool:
        """Close the connection once everything that was asked for is answered; a client may close one half of it."""
        self._has_ended = True
        return bool(self._work)

    def pause_writing(self) -> None:
        """Answer no more until the client has read: its answers would fill the memory."""
        self._writable.clear()
        self._transport.pause_reading()

    def resume_writing(self) -> None:
        """Go on where the client has read."""
        self._writable.set()
        if not self._transport.is_closing():
            self._transport.resume_reading()
        data, self._rest = self._rest, b""
        self.data_received(data)

    def connection_lost(self, _: Exception | None) -> None:
        """Forget the client; a client that leaves is no error of the server."""
        self._host.connections.discard(self)
        self._is_last = True
        for waiting in (self._work, self._lingering):
            if waiting:
                waiting.cancel()
        for _asked, reply, _form in self._waiting:
            if isinstance(reply, Coroutine):
                reply.close()

    def abort(self) -> None:
        """Close the connection at once."""
        self._transport.abort()

    # What httptools calls.

    def on_url(self, url: bytes) -> None:
        """Take a part of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header field."""
        self._fields.append((name.decode("latin-1"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Note that the head is whole, and whether the connection is kept: the parser forgets it with the body."""
        self._is_whole, self._is_kept = True, self._parser.should_keep_alive()

    def on_message_complete(self) -> None:
        """Note that no body follows."""
        self._has_body = False

    # Requests.

    def _begin(self) -> None:
        """Prepare for the next request."""
        self._head, self._target = b"", b""
        self._fields: list[tuple[str, str]] = []
        self._is_whole, self._is_kept, self._has_body = False, False, True

    def _read(self, data: bytes) -> bytes:
        """Read as far as the head that begins or goes on here, and answer it; return what comes behind it."""
        start = max(0, len(self._head) - len(_HEAD_END) + 1)
        found = (self._head[start:] + data).find(_HEAD_END)
        end = len(data) if found < 0 else found + len(_HEAD_END) - (len(self._head) - start)
        piece, rest = data[:end], data[end:]
        self._head += piece
        _check_size(self._head)
        self._feed(piece)
        if self._is_whole:
            self._take()
            self._begin()
        elif found >= 0:
            self._begin()  # Empty lines before a request (RFC 9112, section 2.2).
        return rest

    def _feed(self, piece: bytes) -> None:
        try:
            self._parser.feed_data(piece)
        except httptools.HttpParserUpgrade:
            pass  # No upgrade is offered, and a client goes on without (RFC 9110, section 7.8).
        except httptools.HttpParserInvalidMethodError:
            if method := _TOKEN.match(self._head.lstrip(b"\r\n")):
                name = method[0].decode().strip()
                self._host.count(name)
                raise _Refused(HTTPStatus.NOT_IMPLEMENTED, f"the method {name} is not known here") from None
            raise _Refused(HTTPStatus.BAD_REQUEST, "this is no request of HTTP/1.1 (RFC 9112, section 3)") from None
        except httptools.HttpParserInvalidURLError:
            detail = "the request target is not percent-encoded (RFC 3986, section 2)"
            raise _Refused(HTTPStatus.BAD_REQUEST, detail) from None
        except httptools.HttpParserError as error:
            raise _Refused(HTTPStatus.BAD_REQUEST, f"{error} (RFC 9112)") from None

    def _take(self) -> None:
        """Answer the request whose head was read."""
        version, method = self._parser.get_http_version(), self._parser.get_method().decode()
        self._host.count(method)
        hosts = sum(name.lower() == "host" for name, _ in self._fields)
        if version not in ("1.0", "1.1"):
            raise _Refused(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "HTTP/1.1 and HTTP/1.0 are spoken here")
        if version == "1.1" and hosts != 1:
            raise _Refused(HTTPStatus.BAD_REQUEST, "exactly one Host field is needed (RFC 9112, section 3.2)")
        if len(self._fields) > MAX_FIELDS:
            raise _Refused(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, f"more than {MAX_FIELDS} header fields")
        # A body is not read, so that the connection cannot be used again. The final answer may come at once, and the
        # client need not send its body (RFC 9110, section 10.1.1).
        self._is_last = self._has_body or not self._is_kept
        kept = "" if version == "1.1" else "keep-alive"
        form = _Form(method == "HEAD", _LAST if self._is_last else kept)
        if self._parser.should_upgrade():
            self._parser = httptools.HttpRequestParser(self)
        asked = Asked(method, self._target.decode("latin-1"), tuple(self._fields), self._port)
        self._reply(asked, self._host.answer(asked), form)

    def _refuse(self, refused: _Refused) -> None:
        self._is_last = True
        self._reply(None, problem(refused.status, str(refused)), _Form(connection=_LAST))

    # Answers.

    def _reply(self, asked: Asked | None, reply: Reply, form: _Form) -> None:
        """Send an answer at once, or once it has come and those before it are sent."""
        if isinstance(reply, Response) and not self._work:
            self._send(asked, reply, form)
            return
        self._waiting.append((asked, reply, form))
        if not self._work:
            self._work = asyncio.get_running_loop().create_task(self._send_waiting())
            self._work.add_done_callback(self._report)

    def _report(self, work: "asyncio.Task[None]") -> None:
        """Report a fault of a change that was waited for, as the loop reports others, and end the connection."""
        if not work.cancelled() and (error := work.exception()):
            asyncio.get_running_loop().call_exception_handler({"message": "no answer was made", "exception": error})
            self._transport.abort()

    async def _send_waiting(self) -> None:
        while self._waiting and not self._transport.is_closing():
            await self._send_next()
        self._work = None
        if self._has_ended:
            self._transport.close()

    async def _send_next(self) -> None:
        asked, reply, form = self._waiting.popleft()
        given = await reply if isinstance(reply, Awaitable) else reply
        await self._writable.wait()
        if isinstance(given, Response):
            self._send(asked, given, form)
        else:
            self._host.log(asked, 0)
            await self._send_raw(given)

    def _send(self, asked: Asked | None, response: Response, form: _Form) -> None:
        # One call sends the answer: a second one would wait for the client's delayed acknowledgement.
        self._transport.write(b"".join(_message(response, form)))
        self._host.log(asked, response.status)
        if form.connection == _LAST:
            self._end()

    async def _send_raw(self, pieces: Raw) -> None:
        """Send the pieces as fast as the client reads, and end; the requests behind are not answered."""
        self._is_last = True
        if isinstance(pieces, AsyncIterable):
            async for piece in pieces:
                await self._send_piece(piece)
        else:
            for piece in pieces:
                await self._send_piece(piece)
        self._waiting.clear()
        self._end()

    async def _send_piece(self, piece: bytes) -> None:
        self._transport.write(piece)
        await asyncio.sleep(0)  # Others have their turn.
        await self._writable.wait()

    def _end(self) -> None:
        """Close our half of the connection, and the other half when the client has closed it, or does not."""
        with suppress(OSError):
            self._transport.write_eof()
        if self._has_ended:
            self._transport.close()
        else:
            self._lingering = asyncio.get_running_loop().call_later(LINGER, self._transport.close)


def _check_size(head: bytes) -> None:
    """Raise _Refused if what has come of a head is too long."""
    if len(head) > MAX_HEAD:
        is_line = head.find(b"\r\n", 2, MAX_HEAD) < 0
        status = HTTPStatus.REQUEST_URI_TOO_LONG if is_line else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        what = "the request line is" if is_line else "the header fields are"
        raise _Refused(status, f"{what} longer than {MAX_HEAD} bytes")


def _message(response: Response, form: _Form) -> tuple[bytes, bytes, bytes]:
    """Return an answer as it is sent, in three parts: what stands before the date, the date, and the rest."""
    encode = _encode if len(response.body) <= SMALL else _encode.__wrapped__
    before, behind = encode(response, form)
    return before, _date(int(time.time())), behind


@lru_cache(maxsize=1024)
def _encode(response: Response, form: _Form) -> tuple[bytes, bytes]:
    body = b"" if response.status in _WITHOUT_BODY else response.body
    fields = [(name, value) for name, value in response.headers if name.lower() not in _FRAMING]
    if response.status not in _WITHOUT_LENGTH:
        fields.append(("Content-Length", str(len(body))))
    if form.connection:
        fields.append(("Connection", form.connection))
    line = f"HTTP/1.1 {response.status} {http.client.responses.get(response.status, '')}\r\n"
    text = line + "".join(f"{name}: {value}\r\n" for name, value in fields) + "Date: "
    return text.encode("latin-1"), _HEAD_END + (b"" if form.is_head else body)


@lru_cache(maxsize=1)
def _date(second: int) -> bytes:
    return email.utils.formatdate(second, usegmt=True).encode()
