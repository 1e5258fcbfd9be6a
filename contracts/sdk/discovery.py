"""Discover resources that exist, by listing them through the official SDK.

Hides how pages are read and resources are picked. The SDK only builds the requests and parses the pages; the guarded
session sends every request.
"""

from __future__ import annotations

import itertools
import json
import operator
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from contracts.coverage import Feature, features_of, promised_features
from contracts.http import Failure, ForbiddenRequest, GuardedSession, Response
from contracts.judge import parse_response
from contracts.openapi import (
    ConfigurationError,
    ContractError,
    Document,
    Operation,
    Resource,
    ResponseSpec,
    TargetError,
    equals,
    from_pointer,
    official_client,
    resolve_pointer,
)
from contracts.sdk.outcome import client, method

if TYPE_CHECKING:
    import httpx

MAX_PAGES: Final = 20
"""The number of pages that are read at most."""

_CHOICES: Final = ("branch", "value", "alternative")
"""Kinds of features that count first when resources are picked."""

Listed = Mapping[Resource, frozenset[Feature]]
"""The features that each listed resource shows, in the list's order."""


def discover(session: GuardedSession, operation: Operation, wanted: int) -> tuple[Resource, ...]:
    """Return `wanted` resources of the target, or all that it lists, that together show the most features.

    Raise ContractError, in one line with the fix, if none can be found.
    """
    return pick(_listed(session, operation, wanted), wanted)


def pick(listed: Listed, wanted: int) -> tuple[Resource, ...]:
    """Return `wanted` of the listed resources, those that show the most new features first.

    Branches, values and alternatives count before pairs, and pairs before other features. Among equal resources the one
    whose features were picked least often comes first.
    """
    # The bits of the index reversed give the first, the middle and the quarters of the list, so that resources from all
    # over the list are tried first.
    bits, names = len(listed).bit_length(), list(listed)
    order = sorted(range(len(listed)), key=lambda index: int(f"{index:0{bits}b}"[::-1], 2))
    left = {names[index]: listed[names[index]] for index in order}
    times: Counter[Feature] = Counter()

    def gain(resource: Resource) -> tuple[int, int, int, int]:
        features = left[resource]
        fresh = Counter(feature.kind for feature in features if not times[feature])
        repeated = sum(times[feature] for feature in features if feature.kind in (*_CHOICES, "pair"))
        return sum(fresh[kind] for kind in _CHOICES), fresh["pair"], fresh.total(), -repeated

    picked: list[Resource] = []
    while left and len(picked) < wanted:
        best = max(left, key=gain)
        times.update(left.pop(best))
        picked.append(best)
    return tuple(picked)


def resource_of(operation: Operation, item: Any) -> tuple[Resource, frozenset[Feature]] | None:
    """Return the resource that an item of the list stands for, and the features that it shows as a response.

    The overlay says where a resource repeats its path parameters. Return None for an item that cannot be asked for.
    """
    spec, places = _success(operation), _places(operation)
    try:
        values = [resolve_pointer(item, from_pointer(places[parameter.name])) for parameter in operation.parameters]
    except (LookupError, ValueError):
        return None
    resource = tuple(value for value in values if isinstance(value, str) and _can_be_sent(value))
    if spec is None or len(resource) != len(operation.parameters):
        return None
    status = int(spec.status) if spec.status.isdigit() else 200
    fields = (("content-type", next(iter(spec.content))),)
    parsed = parse_response(operation, Response(status, fields, json.dumps(item).encode()))
    return resource, features_of(operation, parsed, status).promised


def _success(operation: Operation) -> ResponseSpec | None:
    return next((spec for spec in operation.responses if spec.is_success and spec.content), None)


def _places(operation: Operation) -> dict[str, str]:
    """Return the place in a resource that repeats a path parameter, by the parameter's name."""
    spec = _success(operation)
    return {rule.parameter: rule.place for rule in equals(operation, spec)} if spec else {}


def _can_be_sent(value: str) -> bool:
    try:
        return value.encode() not in (b"", b".", b"..")  # RFC 3986, section 5.2.4
    except UnicodeEncodeError:
        return False


def _listed(session: GuardedSession, operation: Operation, wanted: int) -> Listed:
    """Return the resources that the target lists, as far as they are needed to show every choice of a success."""
    found: dict[Resource, frozenset[Feature]] = {}
    spec = _success(operation)
    status = spec.status if spec else ""
    choices = (feature for feature in promised_features(operation) if feature.kind in _CHOICES)
    unseen = {feature for feature in choices if feature.location.startswith(status)}
    count = 0
    for _, page in itertools.groupby(_items(session, operation), key=operator.itemgetter(0)):
        before = len(found)
        for _, item in page:
            count += 1
            if known := resource_of(operation, item):
                found.setdefault(*known)
        unseen = unseen.difference(*found.values())
        # A server without pages would return the first page again and again.
        if len(found) == before or (not unseen and len(found) >= wanted):
            break
    if not found:
        nothing = f"nothing with an id that can be asked for ({count} looked at)" if count else "no resource"
        raise TargetError(session.base_url, f"lists {nothing}", "name some that exist by --job-ids FILE")
    return found


def _items(session: GuardedSession, operation: Operation) -> Iterator[tuple[int, Any]]:
    """Yield page number and JSON value of every item of the list; raise ContractError if it cannot be read."""
    named = official_client(operation)
    if named is None or not named.list:
        raise _undescribed(f"how {operation} lists its resources; add x-official-sdk")
    if {parameter.name for parameter in operation.parameters} - {*_places(operation)}:
        raise _undescribed(f"where {operation} answers its path parameters; add x-equals")
    pages = _Pages(session, operation.document)
    listing = method(client(named, session.base_url, pages.fetch), named, named.list)
    try:
        for item in listing():
            yield pages.count, item.to_dict(mode="json", warnings=False) if hasattr(item, "to_dict") else item
    except Exception as error:  # noqa: BLE001 - an SDK may raise any exception
        if not pages.full:
            raise pages.explain(error) from None


def _undescribed(lack: str) -> ConfigurationError:
    return ConfigurationError(f"--discover: no overlay says {lack}, or name resources by --job-ids FILE")


class _Pages:
    """Sends the requests of the SDK, and explains why there is no list."""

    def __init__(self, session: GuardedSession, document: Document) -> None:
        self._session, self._document = session, document
        self._last: Response | Failure | ContractError | None = None
        self.count = 0
        self.full = False
        """Whether the SDK wanted more pages than it got."""

    def fetch(self, request: httpx.Request) -> Response | Failure:
        """Return one page; only the URL of the SDK's request is sent, none of its header fields."""
        self.full = self.count >= MAX_PAGES
        if self.full:
            return Failure("refused", f"no more than {MAX_PAGES} pages are read")
        self.count += 1
        try:
            if request.method != "GET":
                raise ForbiddenRequest(f"the official SDK lists by {request.method}; only GET is sent")
            self._last = self._session.fetch(str(request.url))
        except ContractError as error:
            self._last = error
            raise
        return self._last

    def explain(self, error: Exception) -> ContractError:
        """Return the reason why there is no list, with the fix; the SDK raised `error`."""
        last, url = self._last, self._session.base_url
        if isinstance(last, ContractError):
            return last
        if isinstance(last, Failure):
            return self._session.unreachable(last)
        if isinstance(last, Response) and last.status >= 300:
            return TargetError(url, f"answers the list of its resources with {last.status}", self._fix(last.status))
        problem = f"lists its resources in a way that the official SDK does not read ({type(error).__name__})"
        return TargetError(url, problem, "name them by --job-ids FILE")

    def _fix(self, status: int) -> str:
        set_key = f"set {key.environment} to" if (key := self._document.api_key) else "use"
        fixes = {
            401: f"{set_key} a key that it knows",
            403: f"{set_key} a key that may list them, or name resources by --job-ids FILE",
            404: "correct the path in --base-url, or name resources by --job-ids FILE",
            429: "ask less often",
        }
        return fixes.get(status, "look into the server's log, or name resources by --job-ids FILE")
