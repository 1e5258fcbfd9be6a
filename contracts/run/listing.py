"""Find ids of an operation in what another operation lists, where links or the paths show that it holds them.

Hides how a list is recognised in an answer, and which of its members is the id. Sources: OpenAPI 3.1.0, "Link Object"
and "Runtime Expressions".
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from contracts.http import Exchange, GuardedSession, Response
from contracts.openapi import (
    UNREADABLE,
    ContractError,
    Document,
    Operation,
    Resource,
    from_pointer,
    parse_json,
    resolve_pointer,
)

MAX_FOUND: Final = 10
"""How many ids of one operation are taken from lists; each is asked for once, to see that it is there."""

MAX_LISTS: Final = 3
"""How many lists of one operation are asked for that stand inside other resources."""

_BODY: Final = "$response.body#"
_PATH: Final = "$request.path."


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the ids of an operation may stand: in the answer of another one, at places of a link or in a list."""

    listing: Operation
    detail: Operation
    expressions: tuple[str, ...] = ()
    """Where the path parameters' values are, as a link says it; none for a list, which the paths show."""


Found = Mapping[Operation, tuple[Resource, ...]]


def found_in_lists(
    session: GuardedSession, document: Document, known: Found
) -> tuple[dict[Operation, tuple[Resource, ...]], tuple[str, ...]]:
    """Return resources of operations of which none is known, each of which was there when asked for, and sentences.

    Every list is asked for once, and so are up to `MAX_LISTS` lists inside other resources, which were known or found
    before. An error that ends the session ends this alone.
    """
    search = _Search(session, dict(known))
    notes: list[str] = []
    with suppress(ContractError):
        for source in _sources(document):
            if not search.known.get(source.detail) and (there := search.found_by(source)):
                search.known[source.detail] = search.found[source.detail] = there
                notes.append(_sentence(source, len(there)))
    return search.found, tuple(notes)


class _Search:
    """What was listed and found so far."""

    def __init__(self, session: GuardedSession, known: dict[Operation, tuple[Resource, ...]]) -> None:
        self.known = known
        self.found: dict[Operation, tuple[Resource, ...]] = {}
        self._session = session
        self._bodies: dict[tuple[Operation, Resource], Any] = {}

    def found_by(self, source: _Source) -> tuple[Resource, ...]:
        """Return the resources that a source names and that are there."""
        listing = source.listing
        holders = self.known.get(listing, ())[:MAX_LISTS] if listing.parameters else [()]
        named = [each for holder in holders for each in _resources(source, holder, self._body(listing, holder))]
        every = list(dict.fromkeys(named))[:MAX_FOUND]
        ask = self._session.ask
        return tuple(each for each in every if _is_there(ask(source.detail, source.detail.bind(each))))

    def _body(self, listing: Operation, holder: Resource) -> Any:
        if (listing, holder) not in self._bodies:
            outcome = self._session.ask(listing, listing.bind(holder)).outcome
            body = parse_json(outcome.body)[0] if isinstance(outcome, Response) and outcome.ok else UNREADABLE
            self._bodies[listing, holder] = body
        return self._bodies[listing, holder]


def _sentence(source: _Source, count: int) -> str:
    ids = "1 id" if count == 1 else f"{count} ids"
    return f"{ids} of {source.detail} {'was' if count == 1 else 'were'} found in {source.listing}"


def _sources(document: Document) -> Iterator[_Source]:
    """Yield every source in the document: links first, for they are the owner's word.

    Those of operations with fewer parameters come first, because other lists stand inside their resources.
    """
    by_depth = sorted(document.operations, key=lambda each: len(each.parameters))
    for depth in range(1, len(by_depth[-1].parameters) + 1):
        for listing in by_depth:
            yield from (each for each in _linked(document, listing) if len(each.detail.parameters) == depth)
        lists = {_shape(operation.path): operation for operation in by_depth if len(operation.parameters) == depth - 1}
        for detail in by_depth:
            collection = lists.get(_collection(detail.path) or "")
            if collection is not None and len(detail.parameters) == depth:
                yield _Source(collection, detail)


def _shape(path: str) -> str:
    """Return a path without the names of its parameters."""
    return re.sub(r"\{[^{}]*\}", "{}", path).rstrip("/")


def _collection(path: str) -> str | None:
    """Return the shape of the path that stands before the last parameter; None if that is no whole segment."""
    before, parameter, behind = _shape(path).rpartition("/{}")
    return before if parameter and behind[:1] in ("", "/") else None


def _linked(document: Document, listing: Operation) -> Iterator[_Source]:
    for spec in listing.responses:
        for link in _links(document, spec.pointer) if spec.is_success else ():
            detail = _target(document, link)
            parameters = link.get("parameters")
            if detail is None or detail is listing or not detail.parameters or not isinstance(parameters, dict):
                continue
            given = [parameters.get(f"path.{each.name}", parameters.get(each.name)) for each in detail.parameters]
            expressions = tuple(each for each in given if isinstance(each, str) and each.startswith((_BODY, _PATH)))
            if len(expressions) == len(given):
                yield _Source(listing, detail, expressions)


def _links(document: Document, pointer: str) -> Iterator[dict[str, Any]]:
    """Yield the links of a response; one that leads nowhere is none."""
    with suppress(LookupError, ValueError, AttributeError, TypeError):
        at, raw = document.resolve(pointer)
        for name in raw.get("links", {}):
            link = document.resolve(f"{at}/links/{name.replace('~', '~0').replace('/', '~1')}")[1]
            if isinstance(link, dict):
                yield link


def _target(document: Document, link: Mapping[str, Any]) -> Operation | None:
    """Return the operation that a link leads to; None if it is none of this document's reads."""
    for operation in document.operations:
        identifier = document.schema(operation.pointer).get("operationId")
        if identifier is not None and identifier == link.get("operationId"):
            return operation
        reference = link.get("operationRef")
        if isinstance(reference, str) and unquote(reference) == unquote(operation.pointer):
            return operation
    return None


def _is_there(exchange: Exchange) -> bool:
    return isinstance(exchange.outcome, Response) and exchange.outcome.ok


def _resources(source: _Source, holder: Resource, body: Any) -> Iterator[Resource]:
    """Yield the resources that a body names, which stands inside another resource if that is not empty."""
    if source.expressions:
        values = source.listing.bind(holder)
        with suppress(LookupError, ValueError, TypeError):
            texts = [_evaluated(each, values, body) for each in source.expressions]
            if all(texts):
                yield tuple(map(str, texts))
        return
    lists = [body] if isinstance(body, list) else [*body.values()] if isinstance(body, dict) else []
    lists = [each for each in lists if isinstance(each, list)]
    # Of several lists in one object it is not known which one holds the collection.
    for member in lists[0] if len(lists) == 1 else ():
        if text := _id_of(member, source.detail.parameters[-1].name, source.listing.path):
            yield (*holder, text)


def _evaluated(expression: str, values: Mapping[str, str], body: Any) -> str | None:
    """Return the id that a runtime expression means; raise LookupError, ValueError or TypeError if it means nothing."""
    if expression.startswith(_PATH):
        return values[expression.removeprefix(_PATH)]
    return _id_text(resolve_pointer(body, from_pointer(expression.removeprefix(_BODY))))


def _id_of(member: Any, parameter: str, path: str) -> str | None:
    if not isinstance(member, dict):
        return _id_text(member)
    by_name = {_plain(str(name)): value for name, value in member.items()}
    stem = path.rstrip("/").rpartition("/")[2].removesuffix("s")
    names = (parameter, f"{stem}id", "id")
    return next((text for name in names if (text := _id_text(by_name.get(_plain(name))))), None)


def _plain(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())


def _id_text(value: Any) -> str | None:
    """Return the id that a value is; None if it is none that can be asked for."""
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    text = str(value)
    is_sendable = text not in ("", ".", "..") and not any("\ud800" <= char <= "\udfff" for char in text)
    return text if is_sendable else None
