"""Methods that a document does not have for a path, and how a server refuses them.

Sources: RFC 9110, sections 10.2.1 (Allow) and 15.5.6 (405 Method Not Allowed).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from contracts.document import Operation
from contracts.exchange import Request, Response
from contracts.json_text import text_of
from contracts.violation import Violation

PROBED: Final = ("TRACE", "POST", "PATCH", "PUT", "DELETE")
"""What is asked for where the document does not have it, in this order: the last may leave nothing to ask for.

HEAD is not among them: whoever answers GET answers it as well (RFC 9110, section 9.1). Nor is OPTIONS, which asks what
is allowed (section 9.3.7): gateways answer both, and neither can do harm.
"""

_REFUSED: Final = 405
_GONE: Final = (404, 410)
_WHO_ASKS: Final = (401, 403, 407)


def undocumented(operation: Operation) -> tuple[str, ...]:
    """Those of `PROBED` that the document does not have for the operation's path."""
    return tuple(method for method in PROBED if method not in operation.methods)


def keyless(method: str) -> bool:
    """Whether no key goes with it: what TRACE is sent, it sends back (RFC 9110, section 9.3.8)."""
    return method == "TRACE"


def refusal(operation: Operation, request: Request, response: Response) -> Iterator[Violation]:
    """An undocumented method is refused with 405, and the answer says what is allowed instead."""
    method, status = request.method, response.status
    if status != _REFUSED:
        nobody_knows = (status in _GONE and not request.exists) or (status in _WHO_ASKS and keyless(method))
        if not nobody_knows:
            place = operation.pointer
            yield Violation("method.not-refused", status, "status", place, "405", str(status), cause=method)
        return
    field, documented = response.header("allow"), ", ".join(operation.methods)
    if field is None:
        yield _of_allow("method.allow-missing", operation, documented, "", "")
        return
    allowed = {each.strip(" \t") for each in field.split(",")}
    if not allowed.issuperset(operation.methods):
        yield _of_allow("method.allow-wrong", operation, documented, text_of(field), "lacking")
    if method in allowed:
        without = f"{documented} without {method}"
        yield _of_allow("method.allow-wrong", operation, without, text_of(field), "refused")


def _of_allow(rule: str, operation: Operation, expected: str, actual: str, cause: str) -> Violation:
    return Violation(rule, _REFUSED, "header Allow", operation.pointer, text_of(expected), actual, cause)
