"""Read answers as one JSON object, path to answer: `{"/jobs/7": {"id": "7"}}`.

A member is the body of a 200, or an answer with `status` and maybe `headers`, and `json`, `body` or `body_base64`, as a
line of exchanges has them. Hides how the two are told apart.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from contracts.captures.capture import Capture, Unread
from contracts.captures.lines import read_exchange
from contracts.openapi import parse_json

BEGINNING: Final = re.compile(rb'\s*\{\s*"/')
"""How such a file begins."""

_PARTS: Final = frozenset({"status", "headers", "json", "body", "body_base64"})


def read_by_path(name: str, text: bytes) -> Iterator[Capture | Unread]:
    """Yield the answer of every path; a text that is no strict JSON is reported, and passed over."""
    value, flaws = parse_json(text)
    if flaws:
        yield Unread(name, f"it is no strict JSON: {flaws[0].detail} at {flaws[0].place}")
        return
    for path, member in value.items():
        answer = member if _is_whole(member) else {"status": 200, "json": member}
        typed = [("Content-Type", "application/json")] if "json" in answer and "headers" not in answer else []
        yield read_exchange(f"{name}: {path}", {"headers": typed, **answer, "path": path})


def _is_whole(member: Any) -> bool:
    """Return whether the member is an answer: a body has, beside an integer called status, other members as well."""
    if not isinstance(member, dict) or not _PARTS.issuperset(member):
        return False
    status = member.get("status")
    return isinstance(status, int) and not isinstance(status, bool)
