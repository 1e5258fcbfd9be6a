"""Draw from a schema by Hypothesis, which is imported only then."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from contracts.openapi import Document, matches_pattern
from strategies.values.node import inline
from strategies.values.scalars import JSON, Fits, Text
from strategies.values.walk import walk_of

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def from_schema(document: Document, pointer: str) -> SearchStrategy[JSON]:
    """Return a strategy for values of the schema at a JSON pointer of the document, as `json.loads` would give them.

    The branch of a union and the presence of each optional property are drawn evenly; a failing example shrinks to the
    first branch, the first value of an enum and to absent properties. Drawing from it raises DocumentError for an
    unknown keyword and Unsatisfiable for a schema that no value satisfies.
    """
    from strategies.values.hypothesis_values import drawn

    walk = walk_of(document)
    return drawn(walk, walk.node(pointer))


def drawn_values(document: Document, schema: JSON, count: int) -> tuple[JSON, ...]:
    """Return values that are drawn from a schema whose references are places of the document, the same each time.

    Empty if chance finds none; raises what `from_schema` raises.
    """
    from strategies.values.hypothesis_values import drawn, search

    walk = walk_of(document)
    return tuple(search(drawn(walk, (inline(schema),)), count))


def any_texts(shortest: int = 0, longest: int | None = None) -> SearchStrategy[str]:
    """Return a strategy for texts of these lengths, of any characters that UTF-8 has."""
    from strategies.values.hypothesis_values import texts

    return texts(shortest, longest)


def matching_texts(leaf: Text, fits: Fits, count: int) -> tuple[str, ...]:
    """Return up to `count` distinct texts of a leaf that fit, the shortest and the longest first, the same each time.

    Empty if the search, which is Hypothesis's, finds none.
    """
    found = tuple(filter(fits, _matching_alone(leaf, count)))
    return found or _search(leaf, fits, count)


@lru_cache(maxsize=1024)
def _matching_alone(leaf: Text, count: int) -> tuple[str, ...]:
    """Search for texts by the leaf's patterns alone: documents repeat a pattern at many places."""
    return _search(leaf, lambda text: all(matches_pattern(pattern, text) for pattern in leaf.patterns), count)


def _search(leaf: Text, fits: Fits, count: int) -> tuple[str, ...]:
    from strategies.values.hypothesis_values import search_texts

    return search_texts(leaf, fits, count)
