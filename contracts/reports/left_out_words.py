"""Word what of a document is judged, and what is left out because it cannot be."""

import json
from collections.abc import Iterator
from typing import Any, Final

from contracts.openapi import Document, DocumentError, LeftOut, overlay_action

MAX_LEFT_OUT: Final = 8
"""The number of lines about what is left out; the reports hold all of it."""


def judged(document: Document) -> str:
    """Return how many operations of the document are judged; empty if all are."""
    count, skipped = len(document.operations), document.skipped
    if count == document.described and not skipped:
        return ""
    chosen = f", {skipped} more were not chosen" if skipped else ""
    return f"{count} of {document.described} operations{chosen}"


def left_out_lines(document: Document) -> Iterator[str]:
    """Yield everything that is left out, with the place, the reason and the fix."""
    for each in document.left_out:
        for error in each.reasons:
            yield f"{subject(each)}: {error.reason}"


def subject(left_out: LeftOut) -> str:
    """Return what is left out: the operation, or a part of it, of which the schema alone is not judged."""
    return f"GET {left_out.path} {left_out.part}".rstrip()


def listing(document: Document) -> Iterator[str]:
    """Yield every operation that is judged, then everything that is left out, with the Overlay action for each."""
    yield f"judged: {judged(document) or _all(document)}"
    yield from (f"  {operation}" for operation in document.operations)
    if document.left_out:
        yield "left out:"
    for each in document.left_out:
        for error in each.reasons:
            yield f"  {subject(each)}: {error.reason}"
            yield f"    overlay action: {json.dumps(overlay_action(error), ensure_ascii=False)}"


def _all(document: Document) -> str:
    return f"all {len(document.operations)} operations" if len(document.operations) > 1 else "the only operation"


def terminal_lines(document: Document) -> Iterator[str]:
    """Yield the lines of a verdict on what is judged and what is left out, if anything is."""
    if words := judged(document):
        yield f"judged      {words}"
    label = "left out"
    every = list(left_out_lines(document))
    for line in every[:MAX_LEFT_OUT]:
        yield f"{label:<12}{line}"
        label = ""
    if rest := len(every) - MAX_LEFT_OUT:
        yield from [f"            and {rest} more (--collect-only lists all, the reports of --report-dir too)"] * (
            rest > 0
        )


def to_json(document: Document) -> list[dict[str, Any]]:
    """Return what is left out as JSON values, with the Overlay action by which each would be judged."""
    return [
        {"operation": each.path, "part": each.part, "reasons": [_reason(error) for error in each.reasons]}
        for each in document.left_out
    ]


def _reason(error: DocumentError) -> dict[str, Any]:
    return {
        "pointer": error.pointer,
        "problem": error.problem,
        "fix": error.fix,
        "overlay_action": overlay_action(error),
    }
