"""Find out how the API's official SDK reacts to a response, by running it in this process.

Hides the transport that hands the response to the SDK: nothing leaves the machine, and no environment variable is read.
An overlay's `x-official-sdk` names the SDK, which is imported only when it is needed.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import importlib.util
import json
import operator
import os
import typing
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from contracts.http import Exchange, Failure, Response
from contracts.judge import Violation, parse_response
from contracts.openapi import (
    UNREADABLE,
    ConfigurationError,
    OfficialClient,
    Operation,
    from_pointer,
    official_client,
    parse_json,
    resolve_pointer,
)

if TYPE_CHECKING:
    import httpx

_NOWHERE: Final = "http://official-sdk.invalid"
"""A base URL that no host has (RFC 2606, section 2)."""

_SHOWN: Final = 40
"""The number of characters of a tag value that are shown."""

# The body is decoded already, and httpx would decode it again by these fields.
_DECODED: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Kind(StrEnum):
    """The effect that a broken promise has on the code that calls the SDK."""

    RAISES = "raises"
    WRONG_CLASS = "wrong class"
    PASSES_THROUGH = "passes through"
    UNAFFECTED = "unaffected"


@dataclass(frozen=True, slots=True)
class SdkOutcome:
    """The SDK's reaction to a response that breaks a promise: the kind, and the exception, class or value."""

    kind: Kind
    detail: str

    def __str__(self) -> str:
        return f"SDK: {_WORDS[self.kind].format(self.detail)}"


_WORDS: Final = {
    Kind.RAISES: "raises {}",
    Kind.WRONG_CLASS: "reads it as {}, in silence",
    Kind.PASSES_THROUGH: "{}, in silence",
    Kind.UNAFFECTED: "unaffected: {}",
}


Answer = Callable[["httpx.Request"], Response | Failure]
"""Returns the outcome of a request of the SDK."""


def client(named: OfficialClient, base_url: str, answer: Answer, *, follow_redirects: bool = False) -> Any:
    """Return the SDK's client; the function answers all its requests, so that it opens no connection.

    Raise ConfigurationError if the SDK is not installed, or has no such client.
    """
    from unittest import mock

    import httpx

    if not _is_installed(named.package):
        raise ConfigurationError(f"the official SDK is not installed; pip install '{named.install}'")
    client_class = getattr(importlib.import_module(named.package), named.client, None)
    if client_class is None:
        raise _misfit(named, named.client)
    transport = httpx.MockTransport(lambda request: _to_httpx(answer(request)))
    http = httpx.Client(transport=transport, trust_env=False, follow_redirects=follow_redirects)
    # The client would otherwise read keys, headers and URLs from the environment.
    with mock.patch.dict(os.environ, clear=True):
        return client_class(base_url=base_url, max_retries=0, http_client=http, **dict(named.options))


def _to_httpx(outcome: Response | Failure) -> httpx.Response:
    """Return the response as a value of httpx; raise the exception of httpx for a failure."""
    import httpx

    if isinstance(outcome, Failure):
        raise getattr(httpx, _FAILURES.get(outcome.kind, "ConnectError"))(outcome.detail)
    fields = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in outcome.headers
        if name.lower() not in _DECODED
    ]
    return httpx.Response(outcome.status, headers=fields, content=outcome.body)


_FAILURES: Final = {
    "timeout": "ReadTimeout",
    "reset": "ReadError",
    "cut": "RemoteProtocolError",
    "not-http": "RemoteProtocolError",
    "coding": "DecodingError",
}
"""Kind of a Failure to the exception that httpx raises for it; ConnectError stands for all others."""


def method(made: Any, named: OfficialClient, path: str) -> Callable[..., Any]:
    """Return the method of a client at the dotted path; raise ConfigurationError if it has none."""
    try:
        found: Callable[..., Any] = operator.attrgetter(path)(made)
    except AttributeError:
        raise _misfit(named, path) from None
    return found


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # The package that should contain it is not installed.
        return False


def _misfit(named: OfficialClient, name: str) -> ConfigurationError:
    return ConfigurationError(
        f"{named.package} has no {name}; correct x-official-sdk, or pip install '{named.install}'"
    )


@functools.lru_cache(maxsize=16)
def load(operation: Operation) -> OfficialSdk | None:
    """Return the operation's SDK; None if the document names none, or it is not installed.

    Importing an SDK takes a second, so call this only for a response to read. Raise ConfigurationError if the installed
    package is not the one that the overlay describes.
    """
    named = official_client(operation)
    return OfficialSdk(operation, named) if named is not None and _is_installed(named.package) else None


def sdk_words(violation: Violation, exchange: Exchange) -> str:
    """Return the SDK's reaction in words; empty if no SDK, or another than the overlay describes, is installed."""
    try:
        sdk = load(exchange.operation)
    except ConfigurationError:
        return ""
    return str(sdk.react(violation, exchange)) if sdk else ""


class OfficialSdk:
    """The SDK of one operation; `load` makes it."""

    def __init__(self, operation: Operation, named: OfficialClient) -> None:
        self._operation = operation
        self._credentials = frozenset(value for _, value in named.options)
        self._tags = frozenset(union.tag for union in operation.document.unions.values())
        self._outcome: Response | Failure = Failure("failed", "")
        self._requests: list[httpx.Request] = []
        # The SDK follows redirects by default; `_answer` keeps it from reaching another place.
        made = client(named, _NOWHERE, self._answer, follow_redirects=True)
        self._retrieve = method(made, named, named.retrieve)
        self._class = typing.get_type_hints(self._retrieve).get("return", object)

    def react(self, violation: Violation, exchange: Exchange) -> SdkOutcome:
        """Return the SDK's reaction to the exchange's outcome, which breaks the promise; raise no error for it."""
        outcome = exchange.outcome
        if isinstance(outcome, Failure) and outcome.kind == "oversized":
            return SdkOutcome(Kind.UNAFFECTED, "the limit is the harness's own")
        result = self._call(exchange, outcome)
        if not self._requests:
            return SdkOutcome(Kind.UNAFFECTED, f"it never asks for such an id ({type(result.raised).__name__})")
        if len(self._requests) > 1:
            return SdkOutcome(Kind.PASSES_THROUGH, self._redirected(exchange))
        if isinstance(outcome, Response) and self._ignores(violation, exchange, outcome, result):
            same = f"raises {type(result.raised).__name__}" if result.raised else "hands out the same"
            return SdkOutcome(Kind.UNAFFECTED, f"it {same} anyway")
        if result.raised:
            return SdkOutcome(Kind.RAISES, type(result.raised).__name__)
        return self._handed_out(violation, outcome, result.value)

    def _call(self, exchange: Exchange, outcome: Response | Failure) -> _Result:
        self._outcome = outcome
        self._requests.clear()
        try:
            # The harness may be run with warnings turned into errors, which are no reaction of the SDK.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _Result(self._retrieve(*exchange.request.parameter_values), None)
        except Exception as error:  # noqa: BLE001 - any exception is the reaction that is reported
            return _Result(None, error)

    def _answer(self, request: httpx.Request) -> Response | Failure:
        self._requests.append(request)
        return self._outcome if len(self._requests) == 1 else Failure("refused", "no redirect is followed")

    def _ignores(self, violation: Violation, exchange: Exchange, response: Response, result: _Result) -> bool:
        """Return whether the SDK has the same result for the response without the violation, however it is repaired."""
        try:
            repaired = tuple(_repairs(self._operation, violation, response))
            return bool(repaired) and all(result.is_same(self._call(exchange, each)) for each in repaired)
        except RecursionError:  # The values are nested almost too deeply to be read.
            return False

    def _redirected(self, exchange: Exchange) -> str:
        first, second = self._requests[:2]
        away = second.url.host not in (first.url.host, urlsplit(exchange.request.url).hostname)
        keyed = self._credentials & {*second.headers.values()}
        return "follows the redirect" + (" to another host, credentials and all" if away and keyed else "")

    def _handed_out(self, violation: Violation, outcome: Response | Failure, value: Any) -> SdkOutcome:
        if isinstance(self._class, type) and not isinstance(value, self._class):
            return SdkOutcome(Kind.WRONG_CLASS, f"{type(value).__name__} where {self._class.__name__} is due")
        sent = parse_json(outcome.body)[0] if isinstance(outcome, Response) else UNREADABLE
        handed = value
        for step in (*from_pointer(violation.place), None):
            if wrong := self._misread(handed, sent):
                return SdkOutcome(Kind.WRONG_CLASS, wrong)
            if step is not None:
                handed, sent = _member(handed, step), _member(sent, step)
        called = "None" if handed is None else type(handed).__name__
        return SdkOutcome(Kind.PASSES_THROUGH, f"hands it on as {called}")

    def _misread(self, handed: Any, sent: Any) -> str:
        """Return the class, in words, that a tagged value was read as if its tag claims another; otherwise empty."""
        for tag in sorted(self._tags) if isinstance(sent, dict) else ():
            allowed = _tags_of(type(handed), tag)
            if allowed and sent.get(tag) not in allowed:
                shown = json.dumps(sent[tag])[:_SHOWN] if tag in sent else "absent"
                return f"the {' or '.join(map(str, allowed))} class where {tag} is {shown}"
        return ""


@dataclass(frozen=True, slots=True)
class _Result:
    """The value that a call of the SDK returned, or the exception that it raised."""

    value: Any
    raised: Exception | None

    def is_same(self, other: _Result) -> bool:
        if self.raised or other.raised:
            return type(self.raised) is type(other.raised)
        return type(self.value) is type(other.value) and bool(self.value == other.value)


def _repairs(operation: Operation, violation: Violation, response: Response) -> Iterator[Response]:
    """Yield the response without the violation, in every way that may have been meant; nothing if none is known."""
    spec = operation.response_for(response.status)
    family, _, rule = violation.rule.partition(".")
    typed = replace(response, headers=(("content-type", next(iter(spec.content), "")),)) if spec else response
    if family == "status" or spec is None:
        return
    if response.status >= 400:
        yield replace(typed, body=b"{}")
    elif family in ("content-type", "header"):
        yield typed
    elif rule in ("byte-order-mark", "encoding") and (value := parse_json(response.body)[0]) is not UNREADABLE:
        yield replace(response, body=json.dumps(value).encode())
    elif rule == "duplicate-name":
        for keep in (dict, lambda pairs: dict(reversed(pairs))):
            with contextlib.suppress(ValueError):
                yield replace(response, body=json.dumps(json.loads(response.body, object_pairs_hook=keep)).encode())
    elif family == "schema" and violation.actual == "null":
        yield from _without_null(operation, violation, response)


def _without_null(operation: Operation, violation: Violation, response: Response) -> Iterator[Response]:
    """Yield the response without the member that is null, if the member may be absent."""
    *above, name = from_pointer(violation.place) or [""]
    value: Any = parse_json(response.body)[0]
    try:
        holder: Any = resolve_pointer(value, above)
        del holder[name]
    except (LookupError, TypeError, ValueError):
        return
    repaired = replace(response, body=json.dumps(value).encode())
    if violation.place not in {each.place for each in parse_response(operation, repaired).violations}:
        yield repaired


def _member(value: Any, name: str) -> Any:
    """Return the member of an object of the SDK, or of a JSON value; None if there is none."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list):
        return value[int(name)] if name.isdigit() and int(name) < len(value) else None
    return getattr(value, _field_of(type(value), name)[0], None)


def _tags_of(made: type[Any], tag: str) -> tuple[Any, ...]:
    """Return the values of the tag that the class declares."""
    _, field = _field_of(made, tag)
    return tuple(_literals(field.annotation)) if field else ()


def _field_of(made: type[Any], name: str) -> tuple[str, Any]:
    """Return the attribute of an SDK's class that holds the member of this name, with its field, None if undeclared."""
    fields = getattr(made, "model_fields", {})
    return next(((each, field) for each, field in fields.items() if (field.alias or each) == name), (name, None))


def _literals(annotation: Any) -> Iterator[Any]:
    if typing.get_origin(annotation) is typing.Literal:
        yield from typing.get_args(annotation)
        return
    for each in typing.get_args(annotation):
        yield from _literals(each)
