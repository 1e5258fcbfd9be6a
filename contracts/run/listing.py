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

_BODY: Final = "$response.body#"


@dataclass(frozen=True, slots=True)
class _Source:
    """Where the ids of an operation may stand: in the answer of another one, at places of a link or in a list."""

    listing: Operation
    detail: Operation
    places: tuple[str, ...] = ()
    """JSON pointers of the path parameters' values; none for a list, which the paths show."""


def found_in_lists(
    session: GuardedSession, document: Document, known: Mapping[Operation, tuple[Resource, ...]]
) -> tuple[dict[Operation, tuple[Resource, ...]], tuple[str, ...]]:
    """Return resources of operations of which none is known, each of which was there when asked for, and sentences.

    Every list is asked for once. An error that ends the session ends this alone.
    """
    found: dict[Operation, tuple[Resource, ...]] = {}
    notes: list[str] = []
    lists: dict[Operation, Any] = {}
    with suppress(ContractError):
        for source in _sources(document):
            if known.get(source.detail) or source.detail in found:
                continue
            if source.listing not in lists:
                lists[source.listing] = _body(session.ask(source.listing, {}))
            named = list(dict.fromkeys(_resources(source, lists[source.listing])))[:MAX_FOUND]
            there = tuple(each for each in named if _is_there(session.ask(source.detail, source.detail.bind(each))))
            if there:
                found[source.detail] = there
                notes.append(_sentence(source, len(there)))
    return found, tuple(notes)


def _sentence(source: _Source, count: int) -> str:
    ids = "1 id" if count == 1 else f"{count} ids"
    return f"{ids} of {source.detail} {'was' if count == 1 else 'were'} found in {source.listing}"


def _sources(document: Document) -> Iterator[_Source]:
    """Yield every source in the document: links first, for they are the owner's word."""
    listings = [operation for operation in document.operations if not operation.parameters]
    for listing in listings:
        yield from _linked(document, listing)
    for listing in listings:
        for detail in document.operations:
            if re.fullmatch(re.escape(listing.path.rstrip("/")) + r"/\{[^{}/]+\}/?", detail.path):
                yield _Source(listing, detail)


def _linked(document: Document, listing: Operation) -> Iterator[_Source]:
    for spec in listing.responses:
        for link in _links(document, spec.pointer) if spec.is_success else ():
            detail = _target(document, link)
            parameters = link.get("parameters")
            if detail is None or not detail.parameters or not isinstance(parameters, dict):
                continue
            expressions = [parameters.get(f"path.{each.name}", parameters.get(each.name)) for each in detail.parameters]
            if all(isinstance(each, str) and each.startswith(_BODY) for each in expressions):
                yield _Source(listing, detail, tuple(str(each).removeprefix(_BODY) for each in expressions))


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


def _body(exchange: Exchange) -> Any:
    outcome = exchange.outcome
    return parse_json(outcome.body)[0] if isinstance(outcome, Response) and outcome.ok else UNREADABLE


def _is_there(exchange: Exchange) -> bool:
    return isinstance(exchange.outcome, Response) and exchange.outcome.ok


def _resources(source: _Source, body: Any) -> Iterator[Resource]:
    """Yield the resources that a body names."""
    if source.places:
        with suppress(LookupError, ValueError, TypeError):
            texts = [_id_text(resolve_pointer(body, from_pointer(place))) for place in source.places]
            if all(texts):
                yield tuple(map(str, texts))
        return
    lists = [body] if isinstance(body, list) else [*body.values()] if isinstance(body, dict) else []
    lists = [each for each in lists if isinstance(each, list)]
    # Of several lists in one object it is not known which one holds the collection.
    for member in lists[0] if len(lists) == 1 else ():
        text = _id_of(member, source.detail.parameters[0].name, source.listing.path)
        if text:
            yield (text,)


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
