"""Make the values by which two documents are told apart: what `contracts.changes` is handed in."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from contracts.openapi import Document, DocumentError, Operation
from strategies.answers import required_fields
from strategies.values import JSON, covering_node, drawn_values, inline, walk_of


def values(document: Document, schema: Any, limit: int) -> Sequence[JSON]:
    """Return some values of a schema whose references are places of the document; none if none is found."""
    with suppress(DocumentError, LookupError):
        return covering_node(walk_of(document), (inline(schema),), limit)
    return ()


def drawn(document: Document, schema: Any, count: int) -> Sequence[JSON]:
    """Return values of such a schema that Hypothesis draws, the same each time; none if there are none."""
    with suppress(DocumentError, LookupError):
        return drawn_values(document, schema, count)
    return ()


def header_fields(operation: Operation, status: str) -> Sequence[tuple[str, str]]:
    """Return the header fields that an answer of the documented status must have, without Content-Type."""
    return required_fields(operation, status)
