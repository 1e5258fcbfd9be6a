"""Compare two tiny documents, and the changes in short."""

from __future__ import annotations

from typing import Any

from contracts.changes import Change, compare_documents
from contracts.judge import judge
from contracts.openapi import Document
from strategies import change_witnesses
from tests.support.tiny import document_of, exchange_of

REF = "#/components/schemas/"


def compared(old: Document, new: Document) -> tuple[Change, ...]:
    """The changes from one document to the other."""
    return compare_documents(old, new, change_witnesses, ({}, {})).changes


def changes(old: Any, new: Any, schemas: Any = None, new_schemas: Any = None) -> tuple[Change, ...]:
    """The changes from an answer with one schema to one with another."""
    return compared(document_of(old, schemas), document_of(new, schemas if new_schemas is None else new_schemas))


def told(found: tuple[Change, ...]) -> set[tuple[str, str, str]]:
    """Classification, kind and place of each change, annotations and other words aside."""
    silent = ("annotation", "rewritten")
    return {(str(each.classification), each.kind, each.place) for each in found if each.kind not in silent}


def assert_proved(old: Document, new: Document, found: tuple[Change, ...]) -> None:
    """Every answer of a witness is admitted by the one document and refused by the other, as the judge says."""
    for change in found:
        witness = change.witness
        if witness is None or witness.response is None or witness.before is not None:
            continue
        admitting, refusing = (new, old) if witness.by_new else (old, new)
        exists = False if "does not exist" in witness.asked else None
        both = [each.operations[0] for each in (admitting, refusing)]
        exchanges = [
            exchange_of(each, witness.response, *["another"] * len(each.parameters), exists=exists) for each in both
        ]
        assert judge(exchanges[0].operation, exchanges[0]) == ()
        assert set(witness.refusals) <= set(judge(exchanges[1].operation, exchanges[1]))


def thing(**properties: Any) -> dict[str, Any]:
    """The schema of objects with these properties."""
    return {"type": "object", "properties": properties}
