"""The `x-` keywords by which an overlay says what a document does not: found on any schema, at any depth.

`x-equals: $request.path.NAME`  the value repeats a path parameter (OpenAPI 3.1.0, "Runtime Expressions")
`x-immutable: true`             once set, the value is the same in every later read of the resource
`x-final: [VALUE, ...]`         once one of these, the value never changes again

and on an operation

`x-refuses-unknown: true`       a resource that does not exist is never answered with success
`x-official-sdk: {...}`         the client library that most callers read the answer through (see OfficialClient)
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from contracts.document import Operation, Promise
from contracts.errors import DocumentError
from contracts.pointer import join

EQUALS: Final = "x-equals"
IMMUTABLE: Final = "x-immutable"
FINAL: Final = "x-final"
REFUSES_UNKNOWN: Final = "x-refuses-unknown"
OFFICIAL_SDK: Final = "x-official-sdk"
_PATH: Final = "$request.path."


@dataclass(frozen=True, slots=True)
class Equals:
    """The value at `place` in the answer repeats a path parameter; `document` is where that is said."""

    place: str
    document: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Lasting:
    """The value at `place` lasts over reads: whatever it is (`values` None) or once it is one of `values`."""

    place: str
    document: str
    values: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class OfficialClient:
    """A Python SDK built on httpx: what to install, the package and in it the client class.

    `retrieve` is the client's method that asks for one resource, `list` the one that lists them (empty: none), each
    the dotted path of attributes. `options` are what the client wants beside a base URL, and are not used.
    """

    install: str
    package: str
    client: str
    retrieve: str
    list: str = ""
    options: tuple[tuple[str, str], ...] = ()


@functools.lru_cache(maxsize=64)
def equals(operation: Operation, promise: Promise) -> tuple[Equals, ...]:
    """What an answer repeats of its request; raises DocumentError for an expression that is not understood."""
    return tuple(_equals(operation, promise))


def _equals(operation: Operation, promise: Promise) -> Iterator[Equals]:
    for place, pointer, expression in _keyword(operation, promise, EQUALS):
        name = str(expression).removeprefix(_PATH)
        if not str(expression).startswith(_PATH) or name not in {each.name for each in operation.parameters}:
            mend = f"write {_PATH} and the name of a path parameter"
            problem = f"is no value of the request: {expression}"
            raise DocumentError(operation.document.path, pointer, problem, mend)
        yield Equals(place, pointer, name)


@functools.lru_cache(maxsize=64)
def lasting(operation: Operation, promise: Promise) -> tuple[Lasting, ...]:
    """What does not change between two reads of one resource."""
    return tuple(_lasting(operation, promise))


def _lasting(operation: Operation, promise: Promise) -> Iterator[Lasting]:
    for place, pointer, value in _keyword(operation, promise, IMMUTABLE):
        if value is True:
            yield Lasting(place, pointer, None)
    for place, pointer, value in _keyword(operation, promise, FINAL):
        yield Lasting(place, pointer, tuple(value) if isinstance(value, list) else (value,))


def refuses_unknown(operation: Operation) -> bool:
    """Whether a resource that does not exist is never answered with success."""
    node = operation.document.schema(operation.pointer)
    return isinstance(node, dict) and node.get(REFUSES_UNKNOWN) is True


def official_client(operation: Operation) -> OfficialClient | None:
    """The SDK that the operation is called through; raises DocumentError where it is not described in full."""
    raw = operation.document.schema(operation.pointer).get(OFFICIAL_SDK)
    if raw is None:
        return None
    try:
        options = tuple((str(name), str(value)) for name, value in raw.get("options", {}).items())
        named = {name: value for name, value in raw.items() if name != "options"}
        if all(isinstance(value, str) for value in named.values()):
            return OfficialClient(**named, options=options)
    except (AttributeError, TypeError):
        pass
    mend = "name install, package, client and retrieve, and maybe list and options"
    pointer = operation.pointer + join(OFFICIAL_SDK)
    raise DocumentError(operation.document.path, pointer, "does not describe an SDK", mend)


def check(operation: Operation) -> None:
    """Raises DocumentError where an overlay says what is not understood."""
    official_client(operation)
    for promise in operation.promises:
        equals(operation, promise)
        lasting(operation, promise)


def _keyword(operation: Operation, promise: Promise, keyword: str) -> Iterator[tuple[str, str, Any]]:
    """Place in the answer, place in the document and value of each use of the keyword.

    Looks through references, `allOf` and properties; not into arrays and alternatives, where no place is certain, nor
    deeper than 16 names, where a schema holds itself.
    """
    for schema in promise.content.values():
        waiting = [("", schema)] if schema else []
        seen = set()
        while waiting:
            place, pointer = waiting.pop()
            at, node = operation.document.resolve(pointer)
            if (place, at) in seen or not isinstance(node, dict) or place.count("/") > 16:
                continue
            seen.add((place, at))
            if keyword in node:
                yield place, at + join(keyword), node[keyword]
            waiting += [(place, at + join("allOf", index)) for index in range(len(node.get("allOf", ())))]
            waiting += [(place + join(name), at + join("properties", name)) for name in node.get("properties", {})]
            waiting += [(place, node["$ref"])] if "$ref" in node else []
