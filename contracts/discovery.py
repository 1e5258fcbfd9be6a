"""Resources that exist, found by listing them through the official SDK; and which of them were gone when asked for.

The SDK only words the requests and reads the pages. What is sent, the guarded session sends.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from contracts.checks import known_resource, read
from contracts.coverage import promised, seen
from contracts.document import Operation, Promise
from contracts.errors import ConfigurationError, ContractError, TargetError
from contracts.exchange import Exchange, Failure, Response
from contracts.features import Feature
from contracts.keywords import equals, official_client
from contracts.official_sdk import client, method
from contracts.pointer import find, split
from contracts.session import ForbiddenRequest, GuardedSession
from contracts.violation import Violation

if TYPE_CHECKING:
    import httpx

PAGES: Final = 20
"""So many pages are read at most."""

_TELLING: Final = ("branch", "value", "alternative")
"""Kinds of features that are told one by one."""

Resource = tuple[str, ...]
Shown = Mapping[Resource, frozenset[Feature]]


def discover(session: GuardedSession, operation: Operation, wanted: int) -> tuple[Resource, ...]:
    """So many resources of the target, or as many as it lists, that between them show the most of the contract.

    Raises ContractError, in one line with the mend, when none can be found.
    """
    return pick(_listed(session, operation, wanted), wanted)


def pick(listed: Shown, wanted: int) -> tuple[Resource, ...]:
    """So many of the listed resources, the ones that show most first: every branch and listed value, each pair of them,
    and what else there is to be seen; then what was picked least so far, from all over the list.
    """
    # Bits of the position reversed: the first, the middle, the quarters. Between equals the earlier one is picked.
    bits, names = len(listed).bit_length(), list(listed)
    order = sorted(range(len(listed)), key=lambda index: int(f"{index:0{bits}b}"[::-1], 2))
    left = {names[index]: listed[names[index]] for index in order}
    times: Counter[Feature] = Counter()

    def gain(resource: Resource) -> tuple[int, int, int, int]:
        features = left[resource]
        fresh = Counter(feature.kind for feature in features if not times[feature])
        worn = sum(times[feature] for feature in features if feature.kind in (*_TELLING, "pair"))
        return sum(fresh[kind] for kind in _TELLING), fresh["pair"], fresh.total(), -worn

    picked: list[Resource] = []
    while left and len(picked) < wanted:
        best = max(left, key=gain)
        times.update(left.pop(best))
        picked.append(best)
    return tuple(picked)


def _telling(features: Iterable[Feature]) -> frozenset[Feature]:
    return frozenset(feature for feature in features if feature.kind in _TELLING)


def shown(operation: Operation, item: Any) -> tuple[Resource, frozenset[Feature]] | None:
    """Which resource a listed value is, by what the overlay says it repeats of the path, and what it shows when it is
    read as the operation's answer; None when it cannot be asked for.
    """
    promise, places = _success(operation), _places(operation)
    try:
        values = [find(item, split(places[parameter.name])) for parameter in operation.parameters]
    except (LookupError, ValueError):
        return None
    resource = tuple(value for value in values if isinstance(value, str) and _can_be_sent(value))
    if promise is None or len(resource) != len(operation.parameters):
        return None
    status = int(promise.status) if promise.status.isdigit() else 200
    fields = (("content-type", next(iter(promise.content))),)
    reading = read(operation, Response(status, fields, json.dumps(item).encode()))
    return resource, seen(operation, reading, status).promised


def _success(operation: Operation) -> Promise | None:
    return next((promise for promise in operation.promises if promise.succeeds and promise.content), None)


def _places(operation: Operation) -> dict[str, str]:
    """Path parameter to where a resource holds its value."""
    promise = _success(operation)
    return {each.parameter: each.place for each in equals(operation, promise)} if promise else {}


def _can_be_sent(value: str) -> bool:
    try:
        return value.encode() not in (b"", b".", b"..")  # RFC 3986, section 5.2.4
    except UnicodeEncodeError:
        return False


def _listed(session: GuardedSession, operation: Operation, wanted: int) -> Shown:
    """The resources that the target lists: enough of them to show all that can be, or so many pages of them."""
    found: dict[Resource, frozenset[Feature]] = {}
    promise = _success(operation)
    status = promise.status if promise else ""
    unseen = {each for each in _telling(promised(operation)) if each.place.startswith(status)}
    count, last, fresh = 0, 1, True
    for page, item in _items(session, operation):
        if page != last:
            # A server that knows no pages gives the first one for ever.
            if not fresh or (not unseen and len(found) >= wanted):
                break
            last, fresh = page, False
        count += 1
        known = shown(operation, item)
        if known and known[0] not in found:
            fresh = True
            found[known[0]] = known[1]
            unseen -= known[1]
    if not found:
        nothing = f"nothing with an id that can be asked for ({count} looked at)" if count else "no resource"
        raise TargetError(session.base_url, f"lists {nothing}", "name some that exist by --job-ids FILE")
    return found


def _items(session: GuardedSession, operation: Operation) -> Iterator[tuple[int, Any]]:
    """Page number and value, as JSON, of everything listed; raises ContractError for a list that cannot be had."""
    named = official_client(operation)
    if named is None or not named.list:
        raise _unsaid(f"how {operation} lists its resources; add x-official-sdk")
    if {each.name for each in operation.parameters} - {*_places(operation)}:
        raise _unsaid(f"where {operation} answers its path parameters; add x-equals")
    pages = _Pages(session)
    listing = method(client(named, session.base_url, pages.turn), named, named.list)
    try:
        for item in listing():
            yield pages.count, item.to_dict(mode="json", warnings=False) if hasattr(item, "to_dict") else item
    except Exception as error:  # noqa: BLE001 - an SDK raises what it likes
        if not pages.full:
            raise pages.told(error) from None


def _unsaid(what: str) -> ConfigurationError:
    return ConfigurationError(f"--discover: no overlay says {what}, or name resources by --job-ids FILE")


class _Pages:
    """Sends what the SDK would send, and knows how that went."""

    def __init__(self, session: GuardedSession) -> None:
        self._session = session
        self._last: Response | Failure | ContractError | None = None
        self.count = 0
        self.full = False
        """Whether the SDK wanted more pages than it got."""

    def turn(self, request: httpx.Request) -> Response | Failure:
        """Fetch one page; only the URL of what the SDK asks is sent, no header field of it."""
        self.full = self.count >= PAGES
        if self.full:
            return Failure("refused", "so many pages are enough")
        self.count += 1
        try:
            if request.method != "GET":
                raise ForbiddenRequest(f"the official SDK lists by {request.method}; only GET is sent")
            self._last = self._session.fetch(str(request.url))
        except ContractError as error:
            self._last = error
            raise
        return self._last

    def told(self, error: Exception) -> ContractError:
        """Why there is no list, with the mend."""
        last, url = self._last, self._session.base_url
        if isinstance(last, ContractError):
            return last
        if isinstance(last, Failure):
            return self._session.unreachable(last)
        if isinstance(last, Response) and last.status >= 300:
            mend = _MENDS.get(last.status, "look into the server's log, or name resources by --job-ids FILE")
            return TargetError(url, f"answers the list of its resources with {last.status}", mend)
        problem = f"lists its resources in a way that the official SDK does not read ({type(error).__name__})"
        return TargetError(url, problem, "name them by --job-ids FILE")


_MENDS: Final = {
    401: "set SGP_API_KEY to a key that it knows",
    403: "set SGP_API_KEY to a key that may list them, or name resources by --job-ids FILE",
    404: "correct the path in --base-url, or name resources by --job-ids FILE",
    429: "ask less often",
}


class Vanished:
    """Tells resources that were discovered and are gone by now from resources that are wrongly refused.

    A refusal that may mean that the resource is gone (404, 410, or one that the document promises) is judged as of a
    resource of which nobody knows, and held: if a later read succeeds, the resource was there all along.
    """

    def __init__(self, discovered: Mapping[Operation, Iterable[Resource]]) -> None:
        self._discovered = {operation: frozenset(resources) for operation, resources in discovered.items()}
        self._refused: dict[tuple[str, Resource], Exchange] = {}

    def judged(self, exchange: Exchange) -> Exchange:
        """The exchange as it is to be judged: of a resource that may be gone it is not known that it exists."""
        gone = self._is_discovered(exchange) and _refuses(exchange)
        return replace(exchange, request=replace(exchange.request, exists=None)) if gone else exchange

    def note(self, exchange: Exchange) -> Iterator[Violation]:
        """Yields `status.known-resource` once a resource that was refused turns out to be there after all."""
        if not self._is_discovered(exchange):
            return
        key = (exchange.operation.path, exchange.request.resource)
        if _refuses(exchange):
            self._refused.setdefault(key, exchange)
        elif _succeeds(exchange) and key in self._refused:
            refused = self._refused.pop(key)
            assert isinstance(refused.outcome, Response)
            request = replace(refused.request, exists=True)
            reading = read(refused.operation, refused.outcome)
            yield from known_resource(refused.operation, request, reading, refused.outcome)

    @property
    def resources(self) -> tuple[tuple[str, Resource], ...]:
        """The operation's path and the resource, of all that are gone as far as was seen; sorted."""
        return tuple(sorted(self._refused))

    def _is_discovered(self, exchange: Exchange) -> bool:
        # Whoever prefers another answer than the usual one learns nothing of what exists.
        request = exchange.request
        return not request.headers and request.resource in self._discovered.get(exchange.operation, ())


_ABOUT_THE_CALLER: Final = frozenset({401, 403, 407, 408, 429})
"""Refusals that say nothing of the resource (RFC 9110, section 15.5; RFC 6585, section 4)."""


def _refuses(exchange: Exchange) -> bool:
    """Whether the answer may mean that there is no such resource."""
    if not isinstance(exchange.outcome, Response):
        return False
    status = exchange.outcome.status
    promised_too = 400 <= status < 500 and exchange.operation.promise(status) is not None
    return status in (404, 410) or (promised_too and status not in _ABOUT_THE_CALLER)


def _succeeds(exchange: Exchange) -> bool:
    return isinstance(exchange.outcome, Response) and 200 <= exchange.outcome.status < 300
