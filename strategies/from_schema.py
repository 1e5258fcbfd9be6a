"""Schema to strategy: every value that is drawn keeps the schema's promises by the word of two validators."""

from __future__ import annotations

from typing import TYPE_CHECKING

from contracts.document import Document
from strategies.leaves import JSON
from strategies.walk import Walk

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy


def from_schema(document: Document, pointer: str) -> SearchStrategy[JSON]:
    """Values of the schema at a place of the document, as `json.loads` would give them.

    The branch of a union and the presence of each optional property are drawn evenly; a failing example shrinks to the
    first branch, the first value of an enum and to absent properties. Raises, when drawn from, DocumentError for an
    unknown keyword and Unsatisfiable for a schema that no value satisfies.
    """
    # A mock server builds its answers from `covering` and starts without Hypothesis.
    from strategies.drawing import drawn

    walk = Walk(document)
    return drawn(walk, walk.node(pointer))
