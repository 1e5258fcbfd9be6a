"""The table of faults: for every promise of a document, ways to break it and nothing else.

Faults are derived from the document by rules of their own for every keyword, so that the judge, which has to catch
them, has no part in making them. `self_test` compares the two. Hides the order and the naming of faults.
"""

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache, partial

from contracts.http import Failure, Response
from contracts.openapi import Operation, ResponseSpec
from strategies.answers import Content, contents
from strategies.faults.json_faults import json_faults
from strategies.faults.message_faults import content_faults, header_faults, method_faults, transport_faults
from strategies.faults.mutations import AnswerContext, Fault, Mutation, fault, in_value, in_words
from strategies.faults.refusal_faults import refusal_faults
from strategies.faults.resource_faults import status_faults, swap_faults, value_faults
from strategies.faults.schema_mutations import schema_mutations


@lru_cache(maxsize=16)
def faults(operation: Operation) -> tuple[Fault, ...]:
    """Return every fault of the operation in a stable order, every name once."""
    found: dict[str, Fault] = {}
    for each in _faults_of_reads(operation):
        found.setdefault(each.name, replace(each, mutation=partial(_of_reads, each.mutation)))
    for each in (*method_faults(operation), *swap_faults(operation)):
        found[each.name] = each
    return tuple(found.values())


def _of_reads(mutation: Mutation, context: AnswerContext) -> Response | Failure | None:
    return None if context.probes or context.together else mutation(context)


def _faults_of_reads(operation: Operation) -> Iterator[Fault]:
    for spec in operation.responses:
        for number, content in enumerate(contents(operation, spec)):
            # A fault is named by its status, and by its media type unless that is the first.
            label = f"{spec.status} {content.key}" if number else spec.status
            if content.is_json and content.schema is not None:
                yield from json_faults(operation, spec, content, label)
            if content.schema is not None:
                yield from _schema_faults(operation, spec, content, label)
        yield from content_faults(operation, spec)
        yield from header_faults(operation, spec)
        yield from value_faults(operation, spec)
    yield from status_faults(operation)
    yield from transport_faults()
    yield from refusal_faults(operation)


def _schema_faults(operation: Operation, spec: ResponseSpec, content: Content, label: str) -> Iterator[Fault]:
    mutated = in_value if content.is_json else in_words
    for each in schema_mutations(operation.document, str(content.schema)):
        # A text is always a string.
        if content.is_json or each.rule != "schema.type":
            change = mutated(spec, each.change, content)
            yield fault(each.rule, f"{label}{each.name}", "body" + each.place, change)
