"""Read the answers that a report.json of ours shows: the witnesses of its violations and of refused ids."""

import json
from collections.abc import Iterator
from typing import Any

from contracts.captures.capture import Capture, Unread
from contracts.http import Response


def read_report_answers(name: str, text: bytes) -> Iterator[Capture | Unread]:
    """Yield the witnesses of a report, each once."""
    try:
        report = json.loads(text)
        holders = [*report["violations"], *report["waived"], *report.get("refused", ())]
        witnesses = {json.dumps(each["witness"], sort_keys=True): each["witness"] for each in holders}
    except (LookupError, TypeError, ValueError, RecursionError):
        yield Unread(name, "the report is cut or damaged")
        return
    for number, witness in enumerate(witnesses.values(), 1):
        yield _read(f"{name}: answer {number}", witness)


def _read(where: str, witness: Any) -> Capture | Unread:
    try:
        if witness["response"] is None:
            return Unread(where, "no answer was captured")
        request = witness["request"]
        answer = Response.from_json(witness["response"])
        return Capture(where, request["method"], request["url"], answer.status, answer.headers, answer.body)
    except (LookupError, TypeError, ValueError, AttributeError):
        return Unread(where, "it is no witness of a report")
