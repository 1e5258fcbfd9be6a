"""Name resources: stable, distinct values of an operation's path parameters that their schemas allow.

Hides which values are readable, and which texts survive the way in a path segment.
"""

import json
import re
import uuid
from collections.abc import Iterator
from itertools import chain, islice
from typing import Final
from urllib.parse import quote

from contracts.openapi import Operation, Parameter, Resource, ResponseSpec, equals
from strategies.values import JSON, Fits, Node, Number, Scalar, Text, Walk, covering_set, matching_texts, walk_of

LONGEST: Final = 8_000
"""The greatest number of characters in a path segment that is sent."""

ENCODED: Final = 8_000
"""The same after percent-encoding: a server need not accept a longer line (RFC 9112, section 3)."""


def sendable(value: str) -> bool:
    """Return whether the value reaches a server as one path segment; HTTP clients remove `.` and `..`."""
    if value in ("", ".", "..") or len(value) > LONGEST or re.search("[\ud800-\udc7f\udd00-\udfff]", value):
        return False
    return len(quote(value, safe="", errors="surrogateescape")) <= ENCODED


def as_text(value: JSON) -> str:
    """Return a value of a path parameter as text; see `Parameter.write` for what the document says of its style."""
    if isinstance(value, list) and not any(isinstance(each, (list, dict)) for each in value):
        return ",".join(map(as_text, value))
    return json.dumps(value) if value is None or isinstance(value, (bool, list, dict)) else str(value)


def resources(operation: Operation, spec: ResponseSpec, wanted: int) -> list[Resource]:
    """Return `wanted` distinct resources, or as many as the parameters' schemas allow; the same each time.

    A parameter that the spec's answers repeat satisfies the schema of the repeating value too.
    """
    if not operation.parameters:
        return [()]
    walk = walk_of(operation.document)
    columns = [list(islice(_names(walk, operation, parameter, spec), wanted)) for parameter in operation.parameters]
    longest = max(len(column) for column in columns)
    if not all(columns):
        return []
    return [tuple(column[index % len(column)] for column in columns) for index in range(longest)]


def _names(walk: Walk, operation: Operation, parameter: Parameter, spec: ResponseSpec) -> Iterator[str]:
    """Yield distinct names that can be sent: readable ones first, then other values of the parameter's schema."""
    node, seen = _both(walk, operation, parameter, spec), set()
    fits = walk.schemas.fits(node)
    for value in _candidates(walk, node, operation, parameter, fits):
        name = parameter.write(value) if fits(value) else None
        if name is not None and sendable(name) and name not in seen:
            seen.add(name)
            yield name


def _both(walk: Walk, operation: Operation, parameter: Parameter, spec: ResponseSpec) -> Node:
    """Return the schemas of the parameter and of the values in the answer that repeat it."""
    own = walk.node(parameter.schema)
    repeating = (each.pointer for each in equals(operation, spec) if each.parameter == parameter.name)
    both = (*own, *(walk.schemas.at(pointer.rpartition("/")[0]) for pointer in repeating))
    return both if walk.schemas.feasible(both) else own


def _candidates(walk: Walk, node: Node, operation: Operation, parameter: Parameter, fits: Fits) -> Iterator[JSON]:
    yield from parameter.candidates
    found = walk.step(node)
    if isinstance(found, Scalar) and isinstance(found.leaf, Number):
        low, high = found.leaf.range()
        yield from range(max(low, 1) if high >= 1 else low, min(high, max(low, 1) + 9_999) + 1)
    stem, numbers = _stem(operation, parameter), range(1, 1_000)
    # If the first text of a kind does not fit, the others seldom do.
    yield from _while_first_fits((f"{stem}-{number:03}" for number in numbers), fits)
    yield from _while_first_fits((str(uuid.uuid5(uuid.NAMESPACE_URL, f"{stem}/{number}")) for number in numbers), fits)
    yield from _while_first_fits(map(str, numbers), fits)
    yield from covering_set(operation.document, parameter.schema)
    if isinstance(found, Scalar) and isinstance(found.leaf, Text) and found.leaf.patterns:
        # The search takes a tenth of a second for 20 texts, and seconds for 200, which are seldom needed.
        for count in (20, 200):
            yield from matching_texts(found.leaf, fits, count)


def _while_first_fits(texts: Iterator[str], fits: Fits) -> Iterator[str]:
    first = next(texts)
    return chain([first], texts) if fits(first) else iter(())


def _stem(operation: Operation, parameter: Parameter) -> str:
    """Return the last literal segment before the parameter in the singular, or else the parameter's own name."""
    before = operation.path.partition(f"{{{parameter.name}}}")[0]
    literal = [segment for segment in before.split("/") if segment and "{" not in segment]
    plural = re.sub("[^a-z0-9-]+", "-", (literal[-1] if literal else parameter.name).lower()).strip("-")
    if plural.endswith("ies"):
        return plural[:-3] + "y"
    return plural[:-1] if plural.endswith("s") and not plural.endswith("ss") else plural or "resource"
