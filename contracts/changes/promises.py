"""Compare what overlays promise of an operation: values that repeat the request, that last, and unknown resources.

Hides the exchanges by which such a promise is shown to be kept by one document's word and broken by the other's.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final

from contracts.changes.change import Change, Direction, Witness, classify
from contracts.changes.prover import Prover
from contracts.http import Exchange, Request, Response
from contracts.judge import History, Violation, judge
from contracts.openapi import (
    Document,
    Operation,
    ResponseSpec,
    equals,
    from_pointer,
    lasting,
    parse_media_type,
    refuses_unknown,
    resolve_pointer,
    text_of,
)

_ID: Final = "another"

SAMPLES: Final = 12
"""How many answers are tried after one another."""

Promise = tuple[str, str, str]
"""Name, place in the body, and what exactly is promised, in words."""


def promise_changes(prover: Prover, old: Operation, new: Operation) -> Iterator[Change]:
    """Yield each promise of an overlay that one document has."""
    ours, theirs = dict(_promises(old)), dict(_promises(new))
    for promise in dict.fromkeys((*ours, *theirs)):
        if (promise in ours) == (promise in theirs):
            continue
        gone = promise in ours
        name, place, words = promise
        keeper, free = (old, new) if gone else (new, old)
        witness = _witness(prover, keeper, free, promise, gone=gone)
        claim = True if witness else None
        kind = "promise-removed" if gone else "promise-added"
        meaning, may_break = classify(Direction.ANSWERS, kind, grows=gone and claim, shrinks=not gone and claim)
        pointer = (ours if gone else theirs)[promise]
        yield Change(
            kind, meaning, Direction.ANSWERS, old.path, f"body{place}" if name != "known" else "status",
            old=prover.spot(pointer, new=False) if gone else None, new=None if gone else prover.spot(pointer, new=True),
            before=text_of(words) if gone else "", after="" if gone else text_of(words), variant=words,
            witness=witness, reason="" if witness else "no exchange was found that shows it", may_break=may_break,
        )  # fmt: skip


@lru_cache(maxsize=4)
def _speaks_of_values(document: Document) -> bool:
    """Return whether any schema of the document has a promise: most have none, and operations reach many schemas."""
    for pointer in document.schemas:
        with suppress(LookupError):
            schema = document.schema(pointer)
            if isinstance(schema, dict) and any(keyword.startswith("x-") for keyword in schema):
                return True
    return False


def _promises(operation: Operation) -> Iterator[tuple[Promise, str]]:
    """Yield the promises with their places in the document."""
    if refuses_unknown(operation):
        yield ("known", "", "a resource that does not exist is not answered with success"), operation.pointer
    index = {parameter.name: number for number, parameter in enumerate(operation.parameters, 1)}
    for spec in operation.responses if _speaks_of_values(operation.document) else ():
        for each in equals(operation, spec):
            words = f"repeats parameter {index[each.parameter]} of the path"
            yield ("equals", each.place, words), each.pointer
        for keyword in lasting(operation, spec):
            words = (
                "never changes"
                if keyword.values is None
                else f"never changes once it is one of {text_of(list(keyword.values))}"
            )
            yield ("lasts", keyword.place, words), keyword.pointer


def _witness(prover: Prover, keeper: Operation, free: Operation, promise: Promise, *, gone: bool) -> Witness | None:
    """Return the last of a few exchanges that the one document forbids after the others, and the other allows."""
    name, place, _ = promise
    spec = next(iter(free.granted), None)
    answers = _answers(prover, free, spec) if spec else []
    resource = (_ID,) * len(free.parameters)
    for first in answers:
        for second in answers if name == "lasts" else [first]:
            exists = False if name == "known" else None
            broken = _judged(keeper, resource, exists, first, second) - _judged(free, resource, exists, first, second)
            refusals = tuple(each for each in sorted(broken) if name == "known" or each.place == f"body{place}")
            if refusals and not _judged(free, resource, exists, first, second):
                asked = f"a resource that does not exist, {_ID}" if name == "known" else f"the resource {_ID}"
                return Witness(gone, second, refusals, asked=asked, before=first if name == "lasts" else None)
    return None


def _answers(prover: Prover, operation: Operation, spec: ResponseSpec) -> list[Response]:
    for key, pointer in spec.content.items():
        parsed = parse_media_type(key)
        if pointer and parsed and parsed.is_json and spec.status.isdigit():
            fields = [("Content-Type", key), *prover.generator.header_fields(operation, spec.status)]
            values = prover.generator.values(operation.document, {"$ref": pointer}, SAMPLES)
            echoed = [_echoed(operation, spec, value) for value in values]
            return [Response(int(spec.status), tuple(fields), json.dumps(value).encode()) for value in echoed]
    return []


def _echoed(operation: Operation, spec: ResponseSpec, value: Any) -> Any:
    """Return the value with the id at the places where it has to repeat the request."""
    for keyword in equals(operation, spec):
        *above, name = from_pointer(keyword.place) or [""]
        with suppress(LookupError, ValueError):
            holder: Any = resolve_pointer(value, above)
            if isinstance(holder, dict) and name in holder:
                holder[name] = _ID
    return value


def _judged(
    operation: Operation, resource: tuple[str, ...], exists: bool | None, *responses: Response
) -> set[Violation]:
    parameters = operation.bind(resource)
    request = Request("http://unasked.invalid" + operation.url_path(parameters), tuple(parameters.items()), exists)
    history = History()
    found: set[Violation] = set()
    for number, response in enumerate(dict.fromkeys(responses)):
        exchange = Exchange(operation, request, response, at=float(number))
        found = {*judge(operation, exchange), *history.compare(exchange)}
    return found
