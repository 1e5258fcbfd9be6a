"""Names for resources: stable, distinct values of an operation's path parameters that their schemas allow."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final
from urllib.parse import quote

from contracts.document import Operation, Parameter, Promise
from contracts.keywords import equals
from strategies.covering import covering_set
from strategies.leaves import JSON, Number, Text
from strategies.schemas import Node
from strategies.steps import Fits, Scalar
from strategies.walk import Walk

LONGEST: Final = 8_000
"""Up to so many characters a path segment is sent."""

ENCODED: Final = 8_000
"""Up to so many characters it has once percent-encoded: no longer line need be taken (RFC 9112, section 3)."""


def sendable(value: str) -> bool:
    """Whether a server can be sent the value as one path segment: `.` and `..` are folded away on the way."""
    if value in ("", ".", "..") or len(value) > LONGEST or re.search("[\ud800-\udc7f\udd00-\udfff]", value):
        return False
    return len(quote(value, safe="", errors="surrogateescape")) <= ENCODED


def as_text(value: JSON) -> str:
    """A parameter's value as it is written into a path (OpenAPI 3.1.0, style `simple`)."""
    if isinstance(value, bool) or value is None:
        return str(value).lower() if value is not None else "null"
    return str(value)


def resources(operation: Operation, promise: Promise, wanted: int) -> list[tuple[str, ...]]:
    """So many distinct tuples of path parameters, or as many as their schemas allow; the same each time."""
    if not operation.parameters:
        return [()]
    walk = Walk(operation.document)
    columns = [
        list(islice(_distinct(_names(walk, operation, parameter, promise)), wanted))
        for parameter in operation.parameters
    ]
    longest = max(len(column) for column in columns)
    if not all(columns):
        return []
    return [tuple(column[index % len(column)] for column in columns) for index in range(longest)]


def _distinct(values: Iterable[str]) -> Iterator[str]:
    seen = set()
    for value in values:
        if sendable(value) and value not in seen:
            seen.add(value)
            yield value


def _names(walk: Walk, operation: Operation, parameter: Parameter, promise: Promise) -> Iterator[str]:
    """Readable names first, then whatever the parameter's schema asks for."""
    node = _both(walk, operation, parameter, promise)
    fits = walk.schemas.fits(node)
    for value in _candidates(walk, node, operation, parameter, fits):
        if fits(value):
            yield as_text(value)


def _both(walk: Walk, operation: Operation, parameter: Parameter, promise: Promise) -> Node:
    """What judges the parameter, and the values in the answer that repeat it."""
    own = walk.node(parameter.schema)
    repeated = [
        part
        for promised in equals(operation, promise)
        if promised.parameter == parameter.name
        for part in walk.node(promised.document.rpartition("/")[0])
    ]
    both = (*own, *repeated)
    return both if walk.schemas.feasible(both) else own


def _candidates(walk: Walk, node: Node, operation: Operation, parameter: Parameter, fits: Fits) -> Iterator[JSON]:
    found = walk.step(node)
    if isinstance(found, Scalar) and isinstance(found.leaf, Number):
        low, high = found.leaf.range()
        yield from range(max(low, 1) if high >= 1 else low, min(high, max(low, 1) + 9_999) + 1)
    stem = _stem(operation, parameter)
    yield from (f"{stem}-{number:03}" for number in range(1, 1_000))
    yield from (str(uuid.uuid5(uuid.NAMESPACE_URL, f"{stem}/{number}")) for number in range(1, 1_000))
    yield from covering_set(operation.document, parameter.schema)
    yield from map(str, range(1, 1_000))
    if isinstance(found, Scalar) and isinstance(found.leaf, Text) and found.leaf.patterns:
        from strategies.drawing import matches

        yield from matches(found.leaf, fits, 200)


def _stem(operation: Operation, parameter: Parameter) -> str:
    """The last literal segment before the parameter, in the singular; the parameter's own name where there is none."""
    before = operation.path.partition(f"{{{parameter.name}}}")[0]
    literal = [segment for segment in before.split("/") if segment and "{" not in segment]
    plural = re.sub("[^a-z0-9-]+", "-", (literal[-1] if literal else parameter.name).lower()).strip("-")
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    return plural[:-1] if plural.endswith("s") and not plural.endswith("ss") else plural or "resource"
