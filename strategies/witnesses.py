"""Find values that show what is wrong with a document, for an audit: values that several schemas admit at once.

Hides the covering sets and the schema algebra that find them, or prove that there are none.
"""

import json
from collections.abc import Sequence
from typing import Any, Final

from contracts.openapi import Document, DocumentError
from strategies.values import covering_node, inline, walk_of

MAX_VALUES: Final = 4
"""The size of a covering set that a witness is taken from."""


def values(document: Document, places: Sequence[str], also: Any = True) -> tuple[Any, ...]:
    """Return a few values, the shortest first, that satisfy the schemas at all these places and another schema beside.

    Empty if there is no such value, or none was found. The values are candidates: the caller judges them.
    """
    walk = walk_of(document)
    node = (inline(also), *(walk.schemas.at(place) for place in places))
    try:
        found = covering_node(walk, node, MAX_VALUES) if walk.schemas.feasible(node) else ()
    except DocumentError:
        return ()
    return tuple(sorted(found, key=lambda value: len(json.dumps(value))))


def is_impossible(document: Document, places: Sequence[str], also: Any = True) -> bool:
    """Return whether it is proved that no value satisfies the schemas at all these places and another one beside."""
    walk = walk_of(document)
    try:
        return not walk.schemas.feasible((inline(also), *(walk.schemas.at(place) for place in places)))
    except DocumentError:
        return False
