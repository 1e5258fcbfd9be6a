"""Send requests that only read, to one target, and hand every exchange to an observer.

Hides when a request is sent, sent again or refused. The same rules hold for `ask` and for a foreign library that uses
the `requests.Session` that a GuardedSession is. Redirects are not followed because the code that would follow them is
never reached; proxies, netrc and cookies of the environment play no part.
"""

import importlib.metadata
import itertools
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import urlsplit

import requests

from contracts.http.authorization import Authorization, CredentialValue
from contracts.http.content_coding import CODINGS
from contracts.http.exchange import NEGOTIATED, PROBED_METHODS, Exchange, Failure, Request, Response
from contracts.http.failures import REACHED, UNREACHABLE, problem_of
from contracts.http.rate_limit import RateLimit
from contracts.http.rejection import Access, Rejections, Renewals
from contracts.http.retries import PATIENCE, Silence, put_off, wants_retry
from contracts.http.session_options import SessionOptions, check_base_url
from contracts.http.transport import Answer, StaleConnection, Transport, with_body
from contracts.openapi import (
    ConfigurationError,
    ContractError,
    Inputs,
    Operation,
    Resource,
    TargetError,
    accept_field,
    operation_at,
)

MAX_SILENT: Final = 8
"""After this many requests in a row without an answer that can be read the target is asked no more."""

NO_INPUTS: Final = Inputs()

_ACCEPT: Final = "application/json"
"""What is asked for beyond the operations; each of these is asked for the media types that it documents."""
NAME: Final = "fine-tuning-job-contract"


def _user_agent() -> str:
    try:
        return f"{NAME}/{importlib.metadata.version(NAME)}"
    except importlib.metadata.PackageNotFoundError:
        return NAME


USER_AGENT: Final = _user_agent()
"""What requests say of their sender (RFC 9110, section 10.1.5)."""

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


class ForbiddenRequest(ContractError):
    """A request that must never leave the machine: by another method than GET, or to another host than the target."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One attempt: its outcome, as ours and as requests', the seconds to its last byte, and when it was sent."""

    outcome: Response | Failure
    answer: Answer
    seconds: float
    at: float


class GuardedSession(requests.Session):
    """Sends GET requests to one target and nothing else; hands every exchange to `on_exchange`.

    `rate_limit` gives every request its turn, `rejections` knows when the target is to be asked no more, and `exists`
    returns whether a resource is known to exist, or None. An exchange is observed once more, with `is_late`, if bytes
    came behind its response before the next request.
    """

    def __init__(
        self,
        base_url: str,
        operations: Iterable[Operation],
        on_exchange: Callable[[Exchange], object],
        options: SessionOptions = SessionOptions(),  # noqa: B008 - it is frozen
        *,
        rate_limit: RateLimit | None = None,
        rejections: Rejections | None = None,
        exists: Callable[[Operation, Resource], bool | None] = lambda operation, resource: None,
    ) -> None:
        super().__init__()
        self.base_url = check_base_url(base_url)
        self._operations, self._options = tuple(operations), options
        self._on_exchange, self._exists = on_exchange, exists
        self._methods = frozenset({"GET", *(PROBED_METHODS if options.probes else ())})
        self._rate_limit, self._rejections = rate_limit or RateLimit(), rejections or Rejections()
        self._access = Access(by_key=any(each.credential.is_secret for each in options.credentials))
        self._renewals, self._patience = Renewals(), PATIENCE
        self._silence, self._put_off = Silence(MAX_SILENT), 0
        self._ended: ContractError | None = None
        self._last: Exchange | None = None
        self._check_exposure()
        self._transport = Transport(
            Authorization(self._credentials),
            options.timeout,
            options.max_body,
            options.ca_bundle or True,
            options.certificate,
            options.turns,
        )
        self._template = self._make_template()

    def _check_exposure(self) -> None:
        parts = urlsplit(self.base_url)
        exposed = parts.scheme == "http" and parts.hostname not in _LOOPBACK
        secret = any(each.credential.is_secret for each in self._options.credentials)
        if secret and exposed and not self._options.plain_http_key:
            problem = f"the API key is not sent to {parts.hostname} in clear text"
            raise ConfigurationError(f"{problem}; use https, or allow it by --allow-plain-http-key")

    def _make_template(self) -> requests.PreparedRequest:
        """Return the request that all others are copies of, with nothing of the environment in it."""
        self.trust_env = False
        # No adapter of requests is left, so that `send` below is the only way out.
        self.adapters.clear()
        self.headers["Accept"] = _ACCEPT
        # Compressed responses are to be seen too; the codings that requests asks for depend on the packages installed.
        self.headers["Accept-Encoding"] = ", ".join(name for name in CODINGS if not name.startswith("x-"))
        self.headers["User-Agent"] = USER_AGENT
        return self.prepare_request(requests.Request("GET", self.base_url))

    def ask(
        self,
        operation: Operation,
        values: Mapping[str, str],
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        inputs: Inputs | None = None,
    ) -> Exchange:
        """Ask for one resource; a failure in place of an answer is an exchange too.

        `inputs` is what the request carries in place of the operation's required parameters alone.
        Raises ForbiddenRequest for another method than those of the session, and other ContractErrors where the target
        is to be asked no more.
        """
        inputs = self._inputs(operation) if inputs is None else inputs
        prepared = self._prepared(operation, values, inputs)
        prepared.headers.update(headers or {})
        if method != "GET":
            prepared.method = method
            # The next request opens another connection, because the server may leave bytes of this one behind.
            prepared.headers["Connection"] = "close"
        return self._guard_run(prepared, operation, values, made_up=inputs.made_up)[0]

    def makes_up(self, operation: Operation) -> bool:
        """Return whether a value that the operation requires beside its path comes from its schema alone."""
        return self._inputs(operation).made_up

    def _inputs(self, operation: Operation) -> Inputs:
        return self._options.inputs.get(operation.path, NO_INPUTS)

    def _prepared(
        self, operation: Operation, values: Mapping[str, str], inputs: Inputs | None = None
    ) -> requests.PreparedRequest:
        prepared = self._template.copy()
        carried = self._inputs(operation) if inputs is None else inputs
        # The URL is set by hand, for requests would fold dot segments and decode characters encoded on purpose.
        prepared.url = self.base_url + operation.url_path(values) + (f"?{carried.query}" if carried.query else "")
        prepared.headers.update(carried.fields)
        return prepared

    def fetch(self, url: str) -> Response | Failure:
        """Get a URL of no operation, such as a list of resources: it is guarded alike, and not observed."""
        prepared = self._template.copy()
        prepared.url = url
        return self._with_retries(prepared, []).outcome

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request of requests, or of a library on top of it; raises a RequestException if no response comes."""
        path = (request.url or "")[len(self.base_url) :].split("?")[0]
        found = operation_at(self._operations, path)
        if found is None:
            raise ForbiddenRequest(f"{request.method} {request.url} is no operation of the document; nothing was sent")
        operation, values = found
        made_up = self._complete(request, operation)
        exchange, answer = self._guard_run(request, operation, values, made_up=made_up)
        if isinstance(answer, requests.RequestException):
            raise answer
        return with_body(answer, exchange)

    def _complete(self, request: requests.PreparedRequest, operation: Operation) -> bool:
        """Give a foreign request the values of required parameters; return whether it carries others too."""
        inputs = self._inputs(operation)
        if not operation.other_parameters:
            return False
        url, _, query = str(request.url).partition("?")
        rest = [pair for pair in query.split("&") if pair and not inputs.names_query(pair)]
        query = "&".join((*rest, *filter(None, [inputs.query])))
        request.url = f"{url}?{query}" if query else url
        request.headers.update(inputs.fields)
        fields = {name for name, _ in _parameter_fields(operation, request)}
        return inputs.made_up or bool(rest) or not fields <= dict(inputs.fields).keys()

    def _guard_run(
        self,
        request: requests.PreparedRequest,
        operation: Operation,
        values: Mapping[str, str],
        *,
        made_up: bool = False,
    ) -> tuple[Exchange, Answer]:
        """Carry out one request; an error that ended the session ends every later request too."""
        if self._ended:
            raise self._ended.with_traceback(None)
        try:
            return self._exchange(request, operation, values, made_up=made_up)
        except ForbiddenRequest:
            raise
        except ContractError as error:
            self._ended = error
            raise

    def _exchange(
        self,
        request: requests.PreparedRequest,
        operation: Operation,
        values: Mapping[str, str],
        *,
        made_up: bool = False,
    ) -> tuple[Exchange, Answer]:
        if request.headers.get("Accept") in (None, _ACCEPT):
            request.headers["Accept"] = accept_field(operation)
        preferred = tuple((name, str(value)) for name, value in request.headers.items() if name.lower() == "prefer")
        # A response that the Prefer header or a made-up filter chose does not show whether the resource exists.
        exists = None if preferred or made_up else self._exists(operation, tuple(values.values()))
        trace = ""
        if self._options.trace:
            # The version, the trace, this request in it, and that it is to be kept (W3C Trace Context, section 3.2).
            trace = request.headers["traceparent"] = f"00-{os.urandom(16).hex()}-{os.urandom(8).hex()}-01"
        negotiated = tuple((name, str(request.headers[name])) for name in NEGOTIATED if name in request.headers)
        carried = (*negotiated, *_parameter_fields(operation, request))
        url, method = str(request.url), str(request.method)
        asked = Request(url, tuple(values.items()), exists, preferred, method, (), made_up, trace, carried)
        self._rejections.check()
        earlier: list[Response | Failure] = []
        sent = self._with_retries(request, earlier)
        self._last = exchange = Exchange(operation, asked, sent.outcome, sent.seconds, sent.at, tuple(earlier))
        self._on_exchange(exchange)
        self._note_admission(exchange)
        return exchange, sent.answer

    def _note_admission(self, exchange: Exchange) -> None:
        """Count whether the caller was let in; raise AccessLost if it was until now, and is not any more."""
        self._rejections.note(exchange)
        self._access.note(exchange)
        if self._options.key_source and self._access.was_let_in:
            self._options.key_source.was_accepted = True
        if proof := self._access.doubt():
            self._access.settle(self._exchange(self._prepared(*proof), *proof)[0])

    def _with_retries(self, request: requests.PreparedRequest, earlier: list[Response | Failure]) -> _Attempt:
        """Return the last attempt; outcomes that were worth another attempt are added to `earlier`."""
        self._guard(request)
        waited, retries = 0.0, self._options.retries
        for attempt in itertools.count(1):
            self._check_target()
            sent = self._attempt(request, earlier)
            if self._renews_key(sent.outcome):
                sent = self._attempt(request, earlier)
                self._renewals.note(sent.outcome)
            outcome = sent.outcome
            pause = retries.pause(outcome, attempt, waited, time.time(), self._patience)
            # A method that is not safe is not sent twice (RFC 9110, section 9.2.2).
            if pause is None or self._silence.is_long or request.method != "GET":
                break
            earlier.append(outcome)
            waited += pause
            self._patience -= pause if attempt > retries.most else 0
            # Retry-After holds back all processes; a pause that this process chose holds back itself alone.
            (self._rate_limit.wait if put_off(outcome, time.time()) is None else self._rate_limit.hold)(pause)
        throttled = isinstance(outcome, Response) and wants_retry(outcome) and retries.most > 0
        self._put_off = self._put_off + 1 if throttled else 0
        return sent

    def _renews_key(self, outcome: Response | Failure) -> bool:
        """Get another key if the one that is sent has run out; raise TargetError if there is none."""
        source = self._options.key_source
        if source is None or not source.was_accepted or not self._renewals.are_due(outcome):
            return False
        try:
            source.renew()
        except ContractError as error:
            raise TargetError(self.base_url, f"does not take the key any more, and {error}", "try it by hand") from None
        self._transport.use(self._credentials)
        return True

    @property
    def _credentials(self) -> tuple[CredentialValue, ...]:
        source = self._options.key_source
        return source.current(self._options.credentials) if source else self._options.credentials

    def _check_target(self) -> None:
        if self._silence.is_long:
            raise TargetError(self.base_url, self._silence.words, "look into the server's log")
        if self._put_off >= MAX_SILENT:
            problem = f"put off {MAX_SILENT} requests in a row, however often they were sent again"
            raise TargetError(self.base_url, problem, "ask less by --rate-limit, or at another time")

    def _attempt(self, request: requests.PreparedRequest, earlier: list[Response | Failure]) -> _Attempt:
        """Make one attempt in its turn; repeat it if a kept connection was closed (RFC 9112, section 9.3.1).

        Each closed connection is added to `earlier`.
        """
        while True:
            self._rate_limit.take()
            self.report_late_bytes()
            at, started = time.time(), time.perf_counter()
            try:
                outcome, answer = self._transport.attempt(request)
            except StaleConnection as stale:
                earlier.append(Failure("closed", str(stale)))
                continue
            self._silence.note(outcome, str(request.url))
            return _Attempt(outcome, answer, time.perf_counter() - started, at)

    def report_late_bytes(self) -> None:
        """If the server sent bytes after the previous response ended, report that exchange again with them."""
        last, self._last = self._last, None
        if last and isinstance(last.outcome, Response) and (message := self._transport.late_message()):
            outcome = replace(last.outcome, message=message)
            self._on_exchange(replace(last, outcome=outcome, previous_attempts=(), is_late=True))

    def _guard(self, request: requests.PreparedRequest) -> None:
        if request.method not in self._methods or request.body:
            allowed = ", ".join(sorted(self._methods))
            raise ForbiddenRequest(f"{request.method} with or without a body is not sent; only {allowed} is")
        if not str(request.url).startswith(self.base_url + "/"):
            raise ForbiddenRequest(f"{request.url} is not at the target {self.base_url}; nothing was sent")

    def probe(self, operation: Operation, *resources: Mapping[str, str]) -> tuple[Response, ...]:
        """Return the responses to requests for the resources, up to the first that gets one.

        Raises TargetError, in one line with the fix, when none of them gets any. An answer that breaks off, or does not
        decompress, is an answer: the run reports it.
        """
        problem = None
        for values in resources:
            outcome = self.ask(operation, values).outcome
            if isinstance(outcome, Response) or outcome.kind in REACHED:
                return (outcome,) if isinstance(outcome, Response) else ()
            problem = problem or self.unreachable(outcome)
            if outcome.kind in UNREACHABLE:
                break
        if problem:
            raise problem
        return ()

    def unreachable(self, failure: Failure) -> TargetError:
        """Return the error, with the fix, for a target that gave no response to a request that needs one."""
        return TargetError(self.base_url, *problem_of(failure, over_tls=self.base_url.startswith("https:")))

    def drop_connection(self) -> None:
        """Close the kept connection; the next request opens another."""
        self._transport.drop_connection()

    def close(self) -> None:
        """Close the connection."""
        super().close()
        self._transport.close()


def _parameter_fields(operation: Operation, request: requests.PreparedRequest) -> tuple[tuple[str, str], ...]:
    """Return the request's header fields that parameters of the operation are sent in."""
    names = [each.name for each in operation.other_parameters if each.place == "header"]
    names += ["Cookie"] if any(each.place == "cookie" for each in operation.other_parameters) else []
    return tuple((name, str(request.headers[name])) for name in dict.fromkeys(names) if name in request.headers)
