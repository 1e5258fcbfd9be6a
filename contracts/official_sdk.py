"""What the API's official SDK does with an answer, found by running it: in this process, over a transport that gives it
the very answer. Nothing leaves the machine, and no variable of the environment is read.

The SDK is what an overlay's `x-official-sdk` names; it is imported only when it is asked for.
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

from contracts.checks import read
from contracts.document import Operation
from contracts.errors import ConfigurationError
from contracts.exchange import Exchange, Failure, Response
from contracts.json_text import UNREADABLE, parse
from contracts.keywords import OfficialClient, official_client
from contracts.pointer import find, split
from contracts.violation import Violation

if TYPE_CHECKING:
    import httpx

_NOWHERE: Final = "http://official-sdk.invalid"
"""RFC 2606, section 2: no host has this name."""

_SHOWN: Final = 40
"""Characters of a tag value that are told."""

# Undone before an answer gets here; httpx would undo them again.
_UNDONE: Final = frozenset({"content-encoding", "content-length", "transfer-encoding"})


class Kind(StrEnum):
    """What becomes of a broken promise behind the SDK."""

    RAISES = "raises"
    WRONG_CLASS = "wrong class"
    PASSES_THROUGH = "passes through"
    UNAFFECTED = "unaffected"


@dataclass(frozen=True, slots=True)
class Reading:
    """What the SDK does with an answer that breaks a promise: the kind, and which exception, class or value."""

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


Answering = Callable[["httpx.Request"], Response | Failure]
"""What an SDK's request is answered with."""


def client(named: OfficialClient, base_url: str, answering: Answering, *, follow_redirects: bool = False) -> Any:
    """The SDK's client, all whose requests are answered by the function, so that it opens no connection of its own.

    Raises ConfigurationError when it cannot be had.
    """
    import httpx

    if not _is_installed(named.package):
        raise ConfigurationError(f"the official SDK is not installed; pip install '{named.install}'")
    made = getattr(importlib.import_module(named.package), named.client, None)
    if made is None:
        raise _misfit(named, named.client)
    transport = httpx.MockTransport(lambda request: _carried(answering(request)))
    http = httpx.Client(transport=transport, trust_env=False, follow_redirects=follow_redirects)
    with _no_environment():
        return made(base_url=base_url, max_retries=0, http_client=http, **dict(named.options))


def _carried(answer: Response | Failure) -> httpx.Response:
    """The answer as httpx has it; raises what httpx raises where none came."""
    import httpx

    if isinstance(answer, Failure):
        raise getattr(httpx, _FAILURES.get(answer.kind, "ConnectError"))(answer.detail)
    fields = [
        (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
        for name, value in answer.headers
        if name.lower() not in _UNDONE
    ]
    return httpx.Response(answer.status, headers=fields, content=answer.body)


_FAILURES: Final = {
    "timeout": "ReadTimeout",
    "reset": "ReadError",
    "cut": "RemoteProtocolError",
    "not-http": "RemoteProtocolError",
    "coding": "DecodingError",
}
"""Kind of a Failure to the exception by which httpx tells of it; ConnectError where there was no connection."""


def method(made: Any, named: OfficialClient, path: str) -> Callable[..., Any]:
    """The client's method at the dotted path; raises ConfigurationError when it has none."""
    try:
        found: Callable[..., Any] = operator.attrgetter(path)(made)
    except AttributeError:
        raise _misfit(named, path) from None
    return found


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except ModuleNotFoundError:  # Of a package in a package that is not there.
        return False


def _misfit(named: OfficialClient, what: str) -> ConfigurationError:
    return ConfigurationError(
        f"{named.package} has no {what}; correct x-official-sdk, or pip install '{named.install}'"
    )


class _Unshown(dict[str, str]):
    """Variables that no traceback shows: an API key may be among them."""

    def __repr__(self) -> str:
        return "{...}"


@contextlib.contextmanager
def _no_environment() -> Iterator[None]:
    """Nothing is set while a client is made: it would take keys, headers and URLs from where nobody asked it to."""
    kept = _Unshown(os.environ)
    os.environ.clear()
    try:
        yield
    finally:
        os.environ.update(kept)


@functools.lru_cache(maxsize=16)
def load(operation: Operation) -> OfficialSdk | None:
    """The operation's SDK, ready to read; None when the document names none, or it is not installed.

    Importing it takes a second: to be called when there is something to read. Raises ConfigurationError when what is
    installed is not what the overlay describes.
    """
    named = official_client(operation)
    return OfficialSdk(operation, named) if named is not None and _is_installed(named.package) else None


def told(violation: Violation, exchange: Exchange) -> str:
    """What the SDK makes of the answer, in words; empty where there is none, or another than the overlay describes."""
    try:
        sdk = load(exchange.operation)
    except ConfigurationError:
        return ""
    return str(sdk.reading(violation, exchange)) if sdk else ""


class OfficialSdk:
    """One operation's SDK; made by `load`."""

    def __init__(self, operation: Operation, named: OfficialClient) -> None:
        self._operation = operation
        self._credentials = frozenset(value for _, value in named.options)
        self._tags = frozenset(union.tag for union in operation.document.unions.values())
        self._answer: Response | Failure = Failure("failed", "")
        self._asked: list[httpx.Request] = []
        # As it does by itself; where that leads is never asked here.
        made = client(named, _NOWHERE, self._give, follow_redirects=True)
        self._retrieve = method(made, named, named.retrieve)
        self._class = typing.get_type_hints(self._retrieve).get("return", object)

    def reading(self, violation: Violation, exchange: Exchange) -> Reading:
        """What the SDK makes of the exchange's answer where it breaks the promise; never raises for a bad answer."""
        answer = exchange.outcome
        if isinstance(answer, Failure) and answer.kind == "oversized":
            return Reading(Kind.UNAFFECTED, "the limit is the harness's own")
        came = self._run(exchange, answer)
        if not self._asked:
            return Reading(Kind.UNAFFECTED, f"it never asks for such an id ({type(came.raised).__name__})")
        if len(self._asked) > 1:
            return Reading(Kind.PASSES_THROUGH, self._redirected(exchange))
        if isinstance(answer, Response) and self._ignores(violation, exchange, answer, came):
            same = f"raises {type(came.raised).__name__}" if came.raised else "hands out the same"
            return Reading(Kind.UNAFFECTED, f"it {same} anyway")
        if came.raised:
            return Reading(Kind.RAISES, type(came.raised).__name__)
        return self._handed_out(violation, answer, came.value)

    def _run(self, exchange: Exchange, answer: Response | Failure) -> _Came:
        self._answer = answer
        self._asked.clear()
        try:
            # Whoever runs the harness may have made errors of warnings.
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return _Came(self._retrieve(*exchange.request.resource), None)
        except Exception as error:  # noqa: BLE001 - whatever it raises is what is told
            return _Came(None, error)

    def _give(self, request: httpx.Request) -> Response | Failure:
        self._asked.append(request)
        return self._answer if len(self._asked) == 1 else Failure("refused", "where a redirect leads is not asked")

    def _ignores(self, violation: Violation, exchange: Exchange, answer: Response, came: _Came) -> bool:
        """Whether the SDK does the same with the answer once the breach is mended, however that is done."""
        try:
            mended = tuple(_mends(self._operation, violation, answer))
            return bool(mended) and all(came.same(self._run(exchange, each)) for each in mended)
        except RecursionError:  # Of values nested almost too deeply to be read.
            return False

    def _redirected(self, exchange: Exchange) -> str:
        first, second = self._asked[:2]
        away = second.url.host not in (first.url.host, urlsplit(exchange.request.url).hostname)
        keyed = self._credentials & {*second.headers.values()}
        return "follows the redirect" + (" to another host, credentials and all" if away and keyed else "")

    def _handed_out(self, violation: Violation, answer: Response | Failure, value: Any) -> Reading:
        if isinstance(self._class, type) and not isinstance(value, self._class):
            return Reading(Kind.WRONG_CLASS, f"{type(value).__name__} where {self._class.__name__} is due")
        sent = parse(answer.body)[0] if isinstance(answer, Response) else UNREADABLE
        handed = value
        for step in (*split(violation.place), None):
            if wrong := self._misread(handed, sent):
                return Reading(Kind.WRONG_CLASS, wrong)
            if step is not None:
                handed, sent = _member(handed, step), _member(sent, step)
        called = "None" if handed is None else type(handed).__name__
        return Reading(Kind.PASSES_THROUGH, f"hands it on as {called}")

    def _misread(self, handed: Any, sent: Any) -> str:
        """The class that a tagged value was read as, where its tag does not claim that class; else empty."""
        for tag in sorted(self._tags) if isinstance(sent, dict) else ():
            allowed = _tags_of(type(handed), tag)
            if allowed and sent.get(tag) not in allowed:
                told = json.dumps(sent[tag])[:_SHOWN] if tag in sent else "absent"
                return f"the {' or '.join(map(str, allowed))} class where {tag} is {told}"
        return ""


@dataclass(frozen=True, slots=True)
class _Came:
    """What a call of the SDK came to."""

    value: Any
    raised: Exception | None

    def same(self, other: _Came) -> bool:
        if self.raised or other.raised:
            return type(self.raised) is type(other.raised)
        return type(self.value) is type(other.value) and bool(self.value == other.value)


def _mends(operation: Operation, violation: Violation, answer: Response) -> Iterator[Response]:
    """The answer without the breach, in every way that it may have been meant; nothing where that is not known."""
    promise = operation.promise(answer.status)
    family, _, rule = violation.rule.partition(".")
    typed = replace(answer, headers=(("content-type", next(iter(promise.content), "")),)) if promise else answer
    if family == "status" or promise is None:
        return
    if answer.status >= 400:
        yield replace(typed, body=b"{}")
    elif family in ("content-type", "header"):
        yield typed
    elif rule in ("byte-order-mark", "encoding") and (value := parse(answer.body)[0]) is not UNREADABLE:
        yield replace(answer, body=json.dumps(value).encode())
    elif rule == "duplicate-name":
        for keep in (dict, _first):
            with contextlib.suppress(ValueError):
                yield replace(answer, body=json.dumps(json.loads(answer.body, object_pairs_hook=keep)).encode())
    elif family == "schema" and violation.actual == "null":
        yield from _without(operation, violation, answer)


def _first(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _without(operation: Operation, violation: Violation, answer: Response) -> Iterator[Response]:
    """The answer without the member that is null, if it may be absent."""
    *above, name = split(violation.place) or [""]
    value: Any = parse(answer.body)[0]
    try:
        holder: Any = find(value, above)
        del holder[name]
    except (LookupError, TypeError, ValueError):
        return
    mended = replace(answer, body=json.dumps(value).encode())
    if violation.place not in {each.place for each in read(operation, mended).violations}:
        yield mended


def _member(value: Any, name: str) -> Any:
    """The member of an object that the SDK made, or of plain JSON; None where it has none."""
    if isinstance(value, dict):
        return value.get(name)
    if isinstance(value, list):
        return value[int(name)] if name.isdigit() and int(name) < len(value) else None
    fields = getattr(type(value), "model_fields", {})
    attribute = next((each for each, field in fields.items() if (field.alias or each) == name), name)
    return getattr(value, attribute, None)


def _tags_of(made: type[Any], tag: str) -> tuple[Any, ...]:
    """The values of the tag that the class declares."""
    fields = getattr(made, "model_fields", {})
    field = next((field for name, field in fields.items() if (field.alias or name) == tag), None)
    return tuple(_literals(field.annotation)) if field else ()


def _literals(annotation: Any) -> Iterator[Any]:
    if typing.get_origin(annotation) is typing.Literal:
        yield from typing.get_args(annotation)
        return
    for each in typing.get_args(annotation):
        yield from _literals(each)
