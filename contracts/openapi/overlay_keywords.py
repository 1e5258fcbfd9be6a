"""Read the `x-` keywords by which an overlay states what a document leaves out.

Hides where they stand and what they may hold. On any schema, at any depth:

`x-equals: $request.path.NAME`  the value repeats a path parameter (OpenAPI 3.1.0, "Runtime Expressions")
`x-immutable: true`             once set, the value is the same in every later read of the resource
`x-final: [VALUE, ...]`         once one of these, the value never changes again

On an operation:

`x-refuses-unknown: true`       a resource that does not exist is never answered with success
`x-official-sdk: {...}`         the client library that most callers read the response through (see OfficialClient)

At the top of the document (see `closing`):

`x-closed: true`                objects of responses hold the properties that their schemas declare, and no others

On a security scheme of type apiKey or, with the scheme bearer or basic, http (see `Document.credentials`):

`x-environment: NAME`           the environment variable that holds its value
`x-secret: false`               the value is no secret, as that of an account; without it, the value is an API key
"""

import functools
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from contracts.errors import DocumentError
from contracts.openapi.document import Document, Operation, ResponseSpec
from contracts.openapi.pointer import to_pointer

EQUALS: Final = "x-equals"
IMMUTABLE: Final = "x-immutable"
FINAL: Final = "x-final"
REFUSES_UNKNOWN: Final = "x-refuses-unknown"
OFFICIAL_SDK: Final = "x-official-sdk"
_PATH: Final = "$request.path."


@dataclass(frozen=True, slots=True)
class Equals:
    """The value at `place` in the body repeats the path parameter; `pointer` is the keyword's place in the document."""

    place: str
    pointer: str
    parameter: str


@dataclass(frozen=True, slots=True)
class Lasting:
    """The value at `place` in the body never changes: once it is set (`values` None), or once it is one of `values`."""

    place: str
    pointer: str
    values: tuple[Any, ...] | None


@dataclass(frozen=True, slots=True)
class OfficialClient:
    """A Python SDK built on httpx: the requirement to install, the package, and the client class in it.

    `retrieve` is the client's method that requests one resource, `list` the one that lists them (empty: none), both as
    dotted paths of attributes. `options` are arguments that the client requires beside a base URL; it never uses them.
    """

    install: str
    package: str
    client: str
    retrieve: str
    list: str = ""
    options: tuple[tuple[str, str], ...] = ()


@functools.lru_cache(maxsize=4096)
def equals(operation: Operation, spec: ResponseSpec) -> tuple[Equals, ...]:
    """Return the values of a response that repeat its request; raise DocumentError for an unknown expression."""
    return tuple(_equals(operation, spec))


def _equals(operation: Operation, spec: ResponseSpec) -> Iterator[Equals]:
    for place, pointer, expression in _keyword(operation, spec, EQUALS):
        name = str(expression).removeprefix(_PATH)
        names = {parameter.name for parameter in operation.parameters}
        if not str(expression).startswith(_PATH) or name not in names:
            fix = f"write {_PATH} and the name of a path parameter"
            problem = f"is no value of the request: {expression}"
            raise DocumentError(operation.document.path, pointer, problem, fix)
        yield Equals(place, pointer, name)


@functools.lru_cache(maxsize=4096)
def lasting(operation: Operation, spec: ResponseSpec) -> tuple[Lasting, ...]:
    """Return the values of a response that do not change between two reads of one resource."""
    return tuple(_lasting(operation, spec))


def _lasting(operation: Operation, spec: ResponseSpec) -> Iterator[Lasting]:
    for place, pointer, value in _keyword(operation, spec, IMMUTABLE):
        if value is True:
            yield Lasting(place, pointer, None)
    for place, pointer, value in _keyword(operation, spec, FINAL):
        yield Lasting(place, pointer, tuple(value) if isinstance(value, list) else (value,))


def refuses_unknown(operation: Operation) -> bool:
    """Return whether a resource that does not exist is never answered with success."""
    node = operation.document.schema(operation.pointer)
    return isinstance(node, dict) and node.get(REFUSES_UNKNOWN) is True


def official_client(operation: Operation) -> OfficialClient | None:
    """Return the SDK that the operation is called through, if any; raise DocumentError if it is not fully described."""
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
    fix = "name install, package, client and retrieve, and maybe list and options"
    pointer = operation.pointer + to_pointer(OFFICIAL_SDK)
    raise DocumentError(operation.document.path, pointer, "does not describe an SDK", fix)


def check_overlay_keywords(operation: Operation) -> None:
    """Raise DocumentError for a keyword of an overlay that is not understood."""
    official_client(operation)
    for spec in operation.responses:
        equals(operation, spec)


def _keyword(operation: Operation, spec: ResponseSpec, keyword: str) -> Iterator[tuple[str, str, Any]]:
    """Yield place in the body, place in the document and value of each use of the keyword.

    References, `allOf` and properties are followed; arrays and alternatives are not, because no place in them is
    certain. The depth ends at 16 names, for schemas that contain themselves.
    """
    if not _is_used(operation.document, keyword):
        return
    for schema in filter(None, spec.content.values()):
        leading = _leading_to(operation.document, schema, keyword)
        waiting = [("", schema)]
        seen = set()
        while waiting:
            place, pointer = waiting.pop()
            at, node = operation.document.resolve(pointer)
            if at not in leading or (place, at) in seen or place.count("/") > 16:
                continue
            seen.add((place, at))
            if keyword in node:
                yield place, at + to_pointer(keyword), node[keyword]
            waiting += [(place + step, part) for step, part in _parts(at, node)]


@functools.lru_cache(maxsize=64)
def _is_used(document: Document, keyword: str) -> bool:
    """Return whether any schema of the document has the keyword."""
    for pointer in document.schemas:
        with suppress(LookupError):  # Schemas that were left out are no longer in the contents.
            schema = document.schema(pointer)
            if isinstance(schema, dict) and keyword in schema:
                return True
    return False


def _leading_to(document: Document, schema: str, keyword: str) -> set[str]:
    """Return the places in the document of the schemas that use the keyword, or have a part that leads to a use.

    A schema with two parts that are itself has 65,536 places in a body, which are a waste if none of them is meant.
    """
    holders: defaultdict[str, list[str]] = defaultdict(list)
    seen, using = set(), []
    waiting = [(schema, "")]
    while waiting:
        pointer, holder = waiting.pop()
        at, node = document.resolve(pointer)
        holders[at].append(holder)
        if at in seen or not isinstance(node, dict):
            continue
        seen.add(at)
        using += [at] if keyword in node else []
        waiting += [(part, at) for _, part in _parts(at, node)]
    leading: set[str] = set()
    while using:
        at = using.pop()
        if at not in leading:
            leading.add(at)
            using += holders[at]
    return leading


def _parts(at: str, node: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the parts of a schema that hold for one place of its values: the step to that place, and the part."""
    yield from (("", at + to_pointer("allOf", index)) for index in range(len(node.get("allOf", ()))))
    yield from ((to_pointer(name), at + to_pointer("properties", name)) for name in node.get("properties", {}))
    if "$ref" in node:
        yield "", node["$ref"]
