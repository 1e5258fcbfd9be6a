"""Answer with the named examples of a document, where they keep its contract.

Hides where they stand (OpenAPI 3.1.0 and 3.2.0, "Media Type Object" and "Example Object") and how one becomes a whole
answer.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from contracts.http import Exchange, Request, Response
from contracts.judge import Violation, judge
from contracts.openapi import Operation, ResponseSpec, sample_type, to_pointer
from strategies.answers import status_of


@dataclass(frozen=True, slots=True)
class Example:
    """A named example of the document as an answer, and the violations for which it is not served."""

    name: str
    spec: ResponseSpec
    response: Response
    violations: tuple[Violation, ...]


@lru_cache(maxsize=256)
def named_examples(operation: Operation) -> tuple[Example, ...]:
    """Return every named example of the operation's answers, in the document's order, judged."""
    return tuple(example for spec in operation.responses for example in _of_spec(operation, spec))


def served(operation: Operation) -> tuple[Example, ...]:
    """Return the examples that keep the contract."""
    return tuple(example for example in named_examples(operation) if not example.violations)


def _of_spec(operation: Operation, spec: ResponseSpec) -> Iterator[Example]:
    document = operation.document
    at, _ = document.resolve(spec.pointer)
    for key in spec.content:
        media_type = sample_type(spec.content, key)
        content_at, content = document.resolve(at + to_pointer("content", key))
        named = content.get("examples") if isinstance(content, dict) else None
        for name in named if media_type and isinstance(named, dict) else ():
            _, example = document.resolve(content_at + to_pointer("examples", name))
            body = _body(example, is_json=bool(media_type and media_type.is_json))
            if body is not None:
                fields = (("Content-Type", key if "*" not in key else str(media_type and media_type.name)),)
                response = Response(status_of(operation, spec), fields, body)
                # What was asked for is not known, so that a value that repeats it is not compared.
                exchange = Exchange(operation, Request(operation.path, ()), response)
                yield Example(str(name), spec, response, judge(operation, exchange))


def _body(example: Mapping[str, Any], *, is_json: bool) -> bytes | None:
    """Return the example's bytes; None if they stand elsewhere (`externalValue`)."""
    if isinstance(example.get("serializedValue"), str):
        return str(example["serializedValue"]).encode()
    value = example.get("dataValue", example.get("value"))
    if value is None and not {"dataValue", "value"} & {*example}:
        return None
    return json.dumps(value, ensure_ascii=False).encode() if is_json else str(value).encode()
