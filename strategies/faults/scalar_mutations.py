"""Break the keywords of one text or number, and those that any value may have: type, enum and const.

Hides which values come close to a legal one: another case, a blank, one unit beyond a bound, what servers tend to send
in place of a date-time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from strategies.faults.mutation_search import (
    SAMPLES,
    Breaks,
    SchemaMutation,
    changed_or_built,
    mutation,
    replaced,
    sound,
)
from strategies.faults.schema_locations import Site, is_of
from strategies.values import Walk, of_length


def _type(walk: Walk, site: Site, types: Any) -> Iterator[SchemaMutation]:
    if site.conditional:
        return  # A value of another type would be another alternative's, or fail the condition.
    allowed = [types] if isinstance(types, str) else types
    for kind, sample in SAMPLES.items():
        if not any(is_of(sample, name) for name in allowed):
            yield mutation(site, "type", kind, replaced(sample))


def _enum(walk: Walk, site: Site, listed: list[Any]) -> Iterator[SchemaMutation]:
    texts = [value for value in listed if isinstance(value, str)]
    for what, candidate in (
        ("unheard of", "zz-unheard-of"),
        *((name, change(text)) for text in texts[:1] for name, change in _NEAR.items()),
        ("empty", ""),
        ("a number", 987654321),
    ):
        for value in sound(walk, site, ("enum",), [candidate]):
            yield mutation(site, "enum", what, replaced(value))


_NEAR: Final[dict[str, Callable[[str], str]]] = {
    "in the other case": str.swapcase,
    "with a blank": lambda text: text + " ",
    "cut": lambda text: text[:-1],
}


def _const(walk: Walk, site: Site, value: Any) -> Iterator[SchemaMutation]:
    candidates = ["zz-unheard-of", 987654321, 0.5, None, not value if isinstance(value, bool) else True, [], {}]
    yield changed_or_built(walk, site, "const", "another", lambda value: candidates)


def _format(walk: Walk, site: Site, name: str) -> Iterator[SchemaMutation]:
    for what, candidate in FORMAT_FLAWS.get(name, {"another text": "\n not of this format \n"}).items():
        for value in sound(walk, site, ("format",), [candidate]):
            yield mutation(site, "format", what, replaced(value))


FORMAT_FLAWS: Final[dict[str, dict[str, Any]]] = {
    # RFC 3339, section 5.6, against the forms that servers tend to send instead.
    "date-time": {
        "without offset": "2024-02-29T12:30:45",
        "a date": "2024-02-29",
        "a space for T": "2024-02-29 12:30:45Z",
        "no such day": "2023-02-29T12:30:45Z",
        "hour 24": "2024-02-29T24:00:00Z",
        "no seconds": "2024-02-29T12:30Z",
        "an offset without colon": "2024-02-29T12:30:45+0000",
        "an offset of hours": "2024-02-29T12:30:45+00",
        "a comma": "2024-02-29T12:30:45,5Z",
        "no digit behind the point": "2024-02-29T12:30:45.Z",
        "second 60 at noon": "2024-02-29T12:00:60Z",
        "a line break": "2024-02-29T12:30:45Z\n",
        "basic format": "20240229T123045Z",
        "seconds since 1970": "1709209845",
        "words": "Thu, 29 Feb 2024 12:30:45 GMT",
        "empty": "",
    },
    "int32": {"33 bits": 2**31, "negative, 33 bits": -(2**31) - 1},
    "int64": {"65 bits": 2**63, "negative, 65 bits": -(2**63) - 1},
}
"""Format to values that are not of it, by what is wrong with them."""


def _bound(keyword: str, step: float) -> Breaks:
    """Return the function that takes a number just beyond a bound, in the direction of `step`."""

    def breaks(walk: Walk, site: Site, bound: float) -> Iterator[SchemaMutation]:
        multiple = site.schema.get("multipleOf", 1)
        candidates = (bound, bound + step * multiple, bound + step / 2, bound + step, bound + step * 10**6)
        yield changed_or_built(walk, site, keyword, "beyond", lambda value: candidates)

    return breaks


def _multiple_of(walk: Walk, site: Site, step: float) -> Iterator[SchemaMutation]:
    def changed(value: Any) -> Iterator[Any]:
        if is_of(value, "number"):
            yield from (value + step / 2, value + 1, value - 1, value + step / 3)

    yield changed_or_built(walk, site, "multipleOf", "between", changed)


def _length(shift: int) -> Breaks:
    """Return the function that makes a text one character too long (`shift` 1) or too short (-1)."""

    def breaks(walk: Walk, site: Site, bound: int) -> Iterator[SchemaMutation]:
        keyword = "maxLength" if shift > 0 else "minLength"
        length = bound + shift
        if length < 0:
            return

        def changed(value: Any) -> Iterator[str]:
            yield from (of_length(text, length, length) for text in (value, "a", "A", "0") if isinstance(text, str))

        yield changed_or_built(walk, site, keyword, "beyond", changed)

    return breaks


def _pattern(walk: Walk, site: Site, pattern: str) -> Iterator[SchemaMutation]:
    def changed(value: Any) -> Iterator[str]:
        if isinstance(value, str):
            yield from (
                value + "\n",
                value.swapcase(),
                "!" + value[1:],
                value + "!",
                "!" * len(value),
                "\n",
                "",
                "a",
                "0",
            )

    yield changed_or_built(walk, site, "pattern", "no match", changed)


SCALAR_KEYWORDS: Final[dict[str, Breaks]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "format": _format,
    "minimum": _bound("minimum", -1),
    "exclusiveMinimum": _bound("exclusiveMinimum", -1),
    "maximum": _bound("maximum", 1),
    "exclusiveMaximum": _bound("exclusiveMaximum", 1),
    "multipleOf": _multiple_of,
    "minLength": _length(-1),
    "maxLength": _length(1),
    "pattern": _pattern,
}
"""Keyword to the function that breaks it."""
