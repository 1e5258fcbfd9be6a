"""Say what the official SDK does with the witness of what breaks those who read answers."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from contracts.changes.change import Change, Classification
from contracts.changes.document_comparison import Compared
from contracts.http import Exchange, Request
from contracts.openapi import Document, Operation, official_client
from contracts.sdk import sdk_words


def with_sdk(compared: Compared) -> Iterator[Change]:
    """Yield the changes of a comparison, those that break readers with what the official SDK does."""
    for change in compared.changes:
        yield _with_sdk((compared.old, compared.new), change)


def _with_sdk(documents: Sequence[Document], change: Change) -> Change:
    witness = change.witness
    if change.classification != Classification.BREAKING or witness is None or witness.response is None:
        return change
    operation = next(filter(official_client, _operations(documents, change.operation)), None)
    if operation is None or not witness.refusals:
        return change
    values = operation.bind(("one",) * len(operation.parameters))
    request = Request("http://unasked.invalid" + operation.url_path(values), tuple(values.items()))
    return replace(change, sdk=sdk_words(witness.refusals[0], Exchange(operation, request, witness.response)))


def _operations(documents: Sequence[Document], path: str) -> list[Operation]:
    return [each for document in documents for each in document.operations if each.path == path]
