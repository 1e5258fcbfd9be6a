"""List what a single test of a value shows: a format, a bound of a number, text, array or object, an array's size.

Hides which keywords are bounds, and which values lie on one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

from contracts.openapi import ASSERTED, INTEGERS


def single_tests(schema: dict[str, Any]) -> Iterator[tuple[str, str, Callable[[Any], bool]]]:
    """Yield the kind and name of each feature that a single test of a value shows, with the test."""
    name = schema.get("format")
    if name in ASSERTED:
        yield "format", name, partial(_is_of_format, int if name in INTEGERS else str, ASSERTED[name])
    for keyword, test in _bounds(schema):
        yield "bound", f"{keyword} {schema[keyword]}", test
    if schema.get("items", False) is not False:
        if not schema.get("minItems"):
            yield "empty", "", lambda value: value == []
        if schema.get("maxItems") is None or schema["maxItems"] > 1:
            yield "several", "", lambda value: isinstance(value, list) and len(value) > 1


def _bounds(schema: dict[str, Any]) -> Iterator[tuple[str, Callable[[Any], bool]]]:
    """Yield each keyword of the schema that is a bound, with a test of whether a value lies on it."""
    for keyword in ("minimum", "maximum"):
        if keyword in schema:
            yield keyword, partial(_is_number, schema[keyword])
    for keyword, step in (("exclusiveMinimum", 1), ("exclusiveMaximum", -1)) if schema.get("type") == "integer" else ():
        if isinstance(schema.get(keyword), int):
            yield keyword, partial(_is_number, schema[keyword] + step)
    for noun, sized in _SIZED.items():
        for keyword in ("min" + noun, "max" + noun):
            if keyword in schema:
                yield keyword, partial(_is_of_size, sized, schema[keyword])


_SIZED: Final[dict[str, type[Any]]] = {"Length": str, "Items": list, "Properties": dict}


def _is_of_format(of_type: type, decide: Callable[[Any], bool], value: Any) -> bool:
    return isinstance(value, of_type) and not isinstance(value, bool) and decide(value)


def _is_number(bound: float, value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == bound


def _is_of_size(sized: type[Any], size: int, value: Any) -> bool:
    return isinstance(value, sized) and len(value) == size
