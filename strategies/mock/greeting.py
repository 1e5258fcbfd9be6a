"""Say at the start where a mock server is, what it knows and does not serve, and how to ask it."""

import shlex
from collections.abc import Iterator
from typing import Final

from contracts.openapi import Document, Operation
from strategies.faults import faults
from strategies.mock.examples import named_examples
from strategies.mock.listing import FAULTS
from strategies.mock.mocking import Known

LISTED: Final = 10
"""How many operations, and examples that are not served, are named."""


def greeting(url: str, document: Document, known: Known) -> Iterator[str]:
    """Yield the lines: the URL first, then a line for each operation, requests to copy, and what is not served."""
    yield f"{url}  {document.title} {document.version}; GET / lists what it knows"
    for operation in document.operations[:LISTED]:
        yield f"  {operation}  {_resources(operation, known)}"
    if len(document.operations) > LISTED:
        yield f"  and {len(document.operations) - LISTED} operations more"
    for operation in document.operations[:1]:
        resource = next(iter(known(operation)), None)
        target = url + (operation.url_path(operation.bind(resource)) if resource is not None else operation.path)
        statuses = [spec.status for spec in operation.responses if spec.status.isdigit()] or ["200"]
        prefer = shlex.quote(f'Prefer: fault="{faults(operation)[0].name}"')
        yield f"  curl -si {shlex.quote(target)}"
        yield f"  curl -si -H 'Prefer: code={statuses[-1]}' {shlex.quote(target)}"
        yield f"  curl -si -H {prefer} {shlex.quote(target)}  (more: --faults, or {url}/?{FAULTS})"
    yield from _examples_left_out(document)


def _resources(operation: Operation, known: Known) -> str:
    resources = known(operation)
    names = ", ".join("/".join(resource) for resource in list(resources)[:3] if resource)
    more = ", ..." if len(resources) > 3 else ""
    return f"knows {len(resources)} resources: {names}{more}" if names else "(without a parameter)"


def _examples_left_out(document: Document) -> Iterator[str]:
    from contracts.reports import violation_line  # The embedded mock says nothing at its start.

    broken = [
        f"  note: the example {example.name!r} of {operation} is not served: {violation_line(example.violations[0])}"
        for operation in document.operations
        for example in named_examples(operation)
        if example.violations
    ]
    yield from broken[:LISTED]
    if len(broken) > LISTED:
        yield f"  note: {len(broken) - LISTED} more examples are not served"
