"""The way out: a session that can only GET from its target, and shows every exchange to an observer.

Whatever is sent through it (`ask`, or a foreign library through the `requests.Session` it is) is held to the same
rules. Redirects are not followed because the code that would follow them is never reached; proxies, netrc and
cookies of the environment play no part.
"""

from __future__ import annotations

import io
import itertools
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, Final
from urllib.parse import urlsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from contracts.admission import Admission
from contracts.coding import CODINGS, CodingError, decoded
from contracts.deadline import Watchdog
from contracts.document import Operation, operation_at
from contracts.errors import ConfigurationError, ContractError, TargetError
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.failures import PROBLEMS, REACHED, UNREACHABLE, failure_of
from contracts.mask import Mask
from contracts.methods import keyless
from contracts.pace import Pace
from contracts.retries import Retries, put_off, wants_retry
from contracts.secret import check_api_key, unseen
from contracts.wire import Oversized, Tap

KEY_HEADER: Final = "x-api-key"
ACCOUNT_HEADER: Final = "x-selected-account-id"
"""As the official SDK sends the account."""

TIMEOUT: Final = 5.0
"""Seconds for one whole answer, from the connection to the last byte."""

MAX_BODY: Final = 64 * 1024 * 1024
"""Bytes of a body, content coding undone, after which it is read no further."""

GONE: Final = 8
"""After so many requests in a row without any answer the target counts as gone, and is asked no more."""

_CHUNK: Final = 256 * 1024
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})

Observer = Callable[[Exchange], object]


class ForbiddenRequest(ContractError):
    """A request that must never leave the machine: another method than GET, or another host than the target."""


def check_base_url(text: str) -> str:
    """The URL that operations' paths are put behind, without a trailing slash; raises ConfigurationError.

    A password in it is never repeated.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigurationError("--base-url is no URL; write it as https://host:port/path") from None
    if "@" in (parts.netloc or text):
        raise ConfigurationError("--base-url carries credentials; take them out and set SGP_API_KEY instead")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        problem = "has no scheme" if "://" not in text else "is no http or https URL"
        raise ConfigurationError(f"--base-url {text!r} {problem}; write it as https://host:port/path")
    if parts.query or parts.fragment or any(char.isspace() or not char.isprintable() for char in text):
        raise ConfigurationError(f"--base-url {text!r} has more than scheme, host, port and path; leave the rest out")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{f':{port}' if port is not None else ''}{parts.path.rstrip('/')}"


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What came back, the same as requests has it, the seconds to its last byte, and when it was asked for."""

    outcome: Response | Failure
    answer: requests.Response | requests.RequestException
    seconds: float
    at: float
    lost: tuple[Failure, ...] = ()
    """What it was sent again for at once: connections that were closed before anything was answered."""


class GuardedSession(requests.Session):
    """Sends GET requests to one target and nothing else; shows every exchange to `observer`."""

    methods: ClassVar[frozenset[str]] = frozenset({"GET"})
    """What is sent. Only a session made for probing has others; see `probing`."""

    def __init__(
        self,
        base_url: str,
        operations: Iterable[Operation],
        observer: Observer,
        *,
        api_key: str | None = None,
        account: str | None = None,
        plain_http_key: bool = False,
        pace: Pace | None = None,
        admission: Admission | None = None,
        retries: Retries = Retries(),  # noqa: B008 - it is frozen
        timeout: float = TIMEOUT,
        max_body: int = MAX_BODY,
        ca_bundle: str | None = None,
        exists: Callable[[Operation, tuple[str, ...]], bool | None] = lambda operation, resource: None,
    ) -> None:
        super().__init__()
        self.base_url = check_base_url(base_url)
        parts = urlsplit(self.base_url)
        if api_key and parts.scheme == "http" and parts.hostname not in _LOOPBACK and not plain_http_key:
            problem = f"the API key is not sent to {parts.hostname} in clear text"
            raise ConfigurationError(f"{problem}; use https, or allow it by --allow-plain-http-key")
        self.trust_env = False
        self.verify = ca_bundle or True
        self.headers["Accept"] = "application/json"
        # So that compressed answers are seen too; what requests would ask for depends on what is installed.
        self.headers["Accept-Encoding"] = ", ".join(name for name in CODINGS if not name.startswith("x-"))
        if account:
            self.headers[ACCOUNT_HEADER] = account
        self.adapters.clear()
        self._watchdog = Watchdog()
        self._tap = Tap(max_body)
        key = check_api_key(api_key) if api_key else None
        self._mask = Mask(key)
        self.mount(f"{parts.scheme}://{parts.netloc}/", _TargetAdapter(key, self._watchdog, self._tap))
        self._silent = self._put_off = 0
        self._ended: ContractError | None = None
        self._admission = admission or Admission()
        self._pace, self._retries = pace or Pace(), retries
        self._last: Exchange | None = None
        self._operations = tuple(operations)
        self._observer, self._exists = observer, exists
        self._timeout, self._max_body = timeout, max_body
        self._template = self.prepare_request(requests.Request("GET", self.base_url))

    def ask(
        self, operation: Operation, values: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Exchange:
        """Ask for one resource and show the exchange to the observer; what fails is an exchange with a Failure."""
        prepared = self._template.copy()
        # Set by hand: requests would fold dot segments and decode what was encoded on purpose.
        prepared.url = self.base_url + operation.url_path(values)
        prepared.headers.update(headers or {})
        return self._carry(prepared, operation, values)[0]

    def fetch(self, url: str) -> Response | Failure:
        """Get what is no operation of the document, such as a list of resources: guarded alike, shown to nobody."""
        prepared = self._template.copy()
        prepared.url = url
        return self._answered(prepared, []).outcome

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """The way that requests and all that builds on it sends; raises what requests raises when no answer comes."""
        path = (request.url or "")[len(self.base_url) :].split("?")[0]
        found = operation_at(self._operations, path)
        if found is None:
            raise ForbiddenRequest(f"{request.method} {request.url} is no operation of the document; nothing was sent")
        operation, values = found
        exchange, answer = self._carry(request, operation, values)
        if isinstance(answer, requests.RequestException):
            raise answer
        return _rewound(answer, exchange)

    def _carry(
        self, request: requests.PreparedRequest, operation: Operation, values: Mapping[str, str]
    ) -> tuple[Exchange, requests.Response | requests.RequestException]:
        """Carries out one request; what has once ended the session ends all that is asked of it later."""
        if self._ended:
            raise self._ended.with_traceback(None)
        try:
            return self._exchanged(request, operation, values)
        except ForbiddenRequest:
            raise
        except ContractError as error:
            self._ended = error
            raise

    def _exchanged(
        self, request: requests.PreparedRequest, operation: Operation, values: Mapping[str, str]
    ) -> tuple[Exchange, requests.Response | requests.RequestException]:
        preferred = tuple((name, str(value)) for name, value in request.headers.items() if name.lower() == "prefer")
        # Whoever prefers another answer than the usual one learns nothing of what exists.
        exists = None if preferred else self._exists(operation, tuple(values.values()))
        asked = Request(str(request.url), tuple(values.items()), exists, preferred, str(request.method))
        self._admission.check()
        earlier: list[Response | Failure] = []
        sent = self._answered(request, earlier)
        self._last = exchange = Exchange(operation, asked, sent.outcome, sent.seconds, sent.at, tuple(earlier))
        self._observer(exchange)
        self._admission.note(exchange)
        return exchange, sent.answer

    def _answered(self, request: requests.PreparedRequest, earlier: list[Response | Failure]) -> _Attempt:
        """The last attempt; what earlier ones came to, which was worth asking again for, is added to `earlier`."""
        self._guard(request)
        waited = 0.0
        for attempt in itertools.count(1):
            self._check_patience()
            sent = self._sent(request)
            earlier += sent.lost
            outcome = sent.outcome
            pause = self._retries.pause(outcome, attempt, waited, time.time())
            # What is not safe is not sent twice (RFC 9110, section 9.2.2).
            if pause is None or self._silent >= GONE or request.method != "GET":
                break
            earlier.append(outcome)
            waited += pause
            # Who says when to come again says so to all who ask; a pause of our own is this process's alone.
            (self._pace.wait if put_off(outcome, time.time()) is None else self._pace.hold)(pause)
        throttled = isinstance(outcome, Response) and wants_retry(outcome) and self._retries.most > 0
        self._put_off = self._put_off + 1 if throttled else 0
        return sent

    def _check_patience(self) -> None:
        if self._silent >= GONE:
            raise TargetError(
                self.base_url, f"gave no answer to {GONE} requests in a row", "look into the server's log"
            )
        if self._put_off >= GONE:
            problem = f"put off {GONE} requests in a row, however often they were sent again"
            raise TargetError(self.base_url, problem, "ask less by --rate-limit, or at another time")

    def _sent(self, request: requests.PreparedRequest) -> _Attempt:
        """One attempt in its turn; once more if an idle connection was closed (RFC 9112, section 9.3.1)."""
        lost: list[Failure] = []
        while True:
            self._pace.take()
            self._look_behind()
            at, started = time.time(), time.perf_counter()
            self._watchdog.watch(started + self._timeout)
            try:
                outcome, answer = unseen(partial(self._transmit, request))
            except _Stale as stale:
                if not self._watchdog.bit:
                    lost.append(Failure("closed", str(stale)))
                    continue
            finally:
                self._watchdog.rest()
            if self._watchdog.bit:
                outcome = Failure("timeout", f"no complete answer in {self._timeout:g} s", self._message())
                answer = requests.Timeout(outcome.detail, request=request)
            self._silent = self._silent + 1 if isinstance(outcome, Failure) else 0
            return _Attempt(outcome, answer, time.perf_counter() - started, at, tuple(lost))

    def _look_behind(self) -> None:
        """Shows the answer before once more if, since it ended, something came behind it."""
        if self._last and isinstance(self._last.outcome, Response) and self._tap.drain():
            outcome = replace(self._last.outcome, message=self._message())
            self._observer(replace(self._last, outcome=outcome, earlier=()))
        self._last = None

    def _guard(self, request: requests.PreparedRequest) -> None:
        if request.method not in self.methods or request.body:
            allowed = ", ".join(sorted(self.methods))
            raise ForbiddenRequest(f"{request.method} with or without a body is not sent; only {allowed} is")
        if not str(request.url).startswith(self.base_url + "/"):
            raise ForbiddenRequest(f"{request.url} is not at the target {self.base_url}; nothing was sent")

    def _transmit(
        self, request: requests.PreparedRequest
    ) -> tuple[Response | Failure, requests.Response | requests.RequestException]:
        adapter = self.get_adapter(str(request.url))
        self._tap.begin()
        try:
            answer = self._on_live_connection(adapter, request)
            try:
                body = self._mask(_read(answer.raw, self._max_body))
            except BaseException:
                answer.close()
                raise
        except (Oversized, CodingError, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            found = failure_of(error)
            failure = Failure(found.kind, self._mask.text(found.detail), self._message())
            # Made anew: below the old one are frames that hold the key.
            return failure, requests.ConnectionError(failure.detail, request=request)
        self._tap.drain()
        # White space around a value is no part of it (RFC 9110, section 5.5).
        came = ((name, value.strip(" \t")) for name, value in answer.raw.headers.iteritems())
        return Response(answer.status_code, self._mask.fields(came), body, self._message()), answer

    def _message(self) -> bytes:
        """What came, without the key, and none of it moved: how much it is is judged."""
        return unseen(lambda: self._mask.blot(self._tap.message))

    def _on_live_connection(self, adapter: _TargetAdapter, request: requests.PreparedRequest) -> requests.Response:
        """Sends; raises _Stale if an idle connection turned out to be closed before any of it was answered."""
        opened = adapter.connections
        try:
            return adapter.send(request, stream=True, timeout=self._timeout, verify=self.verify, proxies={})
        except requests.ConnectionError as error:
            failure = failure_of(error)
            if adapter.connections == opened and failure.kind == "reset" and not self._tap.message:
                raise _Stale(failure.detail) from None
            raise

    def get_adapter(self, url: str) -> _TargetAdapter:
        """The adapter of the target; raises ForbiddenRequest for any other host."""
        try:
            adapter = super().get_adapter(url)
        except requests.exceptions.InvalidSchema:
            raise ForbiddenRequest(f"{url} is not at the target {self.base_url}; nothing was sent") from None
        assert isinstance(adapter, _TargetAdapter)
        return adapter

    def probe(self, operation: Operation, *resources: Mapping[str, str]) -> None:
        """Raises TargetError, in one line with the mend, when the target answers for none of the resources.

        An answer that breaks off, or does not decompress, is one: it is for the run to tell.
        """
        problems = []
        for values in resources:
            outcome = self.ask(operation, values).outcome
            if isinstance(outcome, Response) or outcome.kind in REACHED:
                return
            problems.append(self.unreachable(outcome))
            if outcome.kind in UNREACHABLE:
                break
        if problems:
            raise problems[0]

    def unreachable(self, failure: Failure) -> TargetError:
        """The error that tells of no answer where one is needed, with the mend."""
        return TargetError(self.base_url, *PROBLEMS[failure.kind])


class _TargetAdapter(HTTPAdapter):
    """Adds the API key at the last moment: no request that anyone can see, keep or print ever holds it."""

    def __init__(self, api_key: str | None, watchdog: Watchdog, tap: Tap) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self.__api_key = api_key
        self._watchdog, self._tap = watchdog, tap
        self._pool: Any = None

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        if self.__api_key is None or keyless(str(request.method)):
            return super().send(request, *args, **kwargs)
        request.headers[KEY_HEADER] = self.__api_key
        try:
            return super().send(request, *args, **kwargs)
        finally:
            del request.headers[KEY_HEADER]

    @property
    def connections(self) -> int:
        """How many connections have been opened so far."""
        return int(self._pool.num_connections) if self._pool else 0

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if pool is not self._pool:
            pool.ConnectionCls = self._tap.on(self._watchdog.leash(pool.ConnectionCls))
            self._pool = pool
        return pool

    def close(self) -> None:
        """Closes the connection too: urllib3 leaves that to the garbage collector."""
        super().close()
        self._watchdog.close()
        if self._pool:
            self._pool.close()


class _Stale(Exception):
    """A kept connection that was closed before anything was answered; its text is the transport's own words."""


def _read(raw: urllib3.HTTPResponse, most: int) -> bytes:
    """All of the body, content coding undone."""
    parts, size = [], 0
    came = iter(lambda: raw.read1(_CHUNK, decode_content=False), b"")
    for part in decoded(came, raw.headers.get("content-encoding", ""), most):
        parts.append(part)
        size += len(part)
        if size > most:
            raise Oversized(f"more than {most} bytes")
    return b"".join(parts)


def _rewound(answer: requests.Response, exchange: Exchange) -> requests.Response:
    """The answer with its body, which has been read, there to be read again; without the key, if it held that."""
    assert isinstance(exchange.outcome, Response)
    headers = urllib3.HTTPHeaderDict()
    for name, value in exchange.outcome.headers:
        # These tell of the body as it was sent, and would be held against the one that was read.
        if name.lower() not in ("content-encoding", "content-length", "transfer-encoding"):
            headers.add(name, value)
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
