"""Hold one response of any library against a document, in a test of one's own.

The words come from `contracts.reports`, which takes as long to load as everything else here: they are loaded for the
first answer that breaks a promise.
"""

from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

from contracts.captures import Capture, OperationFinder, capture_of, without_secrets
from contracts.http import Exchange, Request
from contracts.judge import Violation, excuse, judge
from contracts.openapi import PINNED, PINNED_OVERLAY, ConfigurationError, Document, Operation, load


def assert_conforms(
    response: Any,
    document: Document | Path | str | None = None,
    *,
    method: str = "",
    path: str = "",
    body: bytes | None = None,
    server: str = "",
) -> None:
    """Raise AssertionError, in the words of a verdict, if a response breaks what the document promises.

    It takes a response of requests, httpx, urllib3, aiohttp, of the test clients of Starlette, FastAPI, Flask and
    Django, and a tuple of status, header fields and body. `method` and `path` are what was asked for, where the
    response does not say it; `body` its bytes, where they have to be awaited, as with aiohttp. `server` is what stands
    before the document's paths. The document may be given by its path. Without one it is the pinned one, with its
    overlay. As in a run, the refusal of an id that intermediaries may refuse is no violation. Raises ConfigurationError
    if the document has no such operation, DocumentError if it cannot be judged, TypeError for a value that is not a
    response or a document, and ValueError for a number that is no status.
    """
    __tracebackhide__ = True  # pytest shows the line of the test.
    capture = capture_of(response, method, path, body)
    document = _document(document)
    operation, values = asked_of(document, OperationFinder(document, server), capture)
    exchange = Exchange(operation, Request(capture.url, tuple(values.items())), capture.response)
    _, standing = excuse(exchange, judge(operation, exchange))
    if standing:
        raise broken_promises(operation, capture, sorted(standing))


def _document(given: Document | Path | str | None) -> Document:
    """Return the document; a file is read once, and again after it has changed."""
    __tracebackhide__ = True
    if isinstance(given, Document):
        return given
    if given is None:
        return _pinned()
    if not isinstance(given, (Path, str)):
        raise TypeError(f"{type(given).__name__} is no document: give what contracts.load returns, or a file's path")
    file = Path(given).absolute()
    return _read(file, file.stat().st_mtime_ns if file.is_file() else 0)


@cache
def _pinned() -> Document:
    return load(PINNED, (PINNED_OVERLAY,))


@lru_cache(maxsize=16)
def _read(file: Path, modified: int) -> Document:
    """Read the file; `modified` is there to keep its contents at one time apart from those at another."""
    return load(file)


def asked_of(document: Document, finder: OperationFinder, capture: Capture) -> tuple[Operation, Mapping[str, str]]:
    """Return the operation that a response answers, with its path parameters, decoded.

    Raises ConfigurationError, in one line with the fix, if the document has no such operation.
    """
    __tracebackhide__ = True
    found = finder.find(capture.method, capture.url, capture.mount)
    if found:
        return found
    asked = f"{capture.method} {without_secrets(capture.url, document) or '(path not known)'}"
    if capture.method != "GET":
        raise ConfigurationError(f"{asked} cannot be judged: only answers to GET are; leave the others out")
    operations = document.operations
    named = ", ".join(map(str, operations[:_NAMED]))
    more = f" and {len(operations) - _NAMED} more" if len(operations) > _NAMED else ""
    count = sum(not each.part for each in document.left_out)
    left_out = f" ({count} more cannot be judged: contract verify --collect-only lists them)" if count else ""
    raise ConfigurationError(
        f"{document.path.name} has no operation for {asked}; it has {named}{more}{left_out}; "
        "name what was asked for by path=, and what stands before the document's paths as the server"
    )


_NAMED: Final = 5
"""The number of a document's operations that an error names."""

_LISTED: Final = 20
"""The number of violations of one answer that an error lists."""


def broken_promises(operation: Operation, capture: Capture, violations: Sequence[Violation]) -> AssertionError:
    """Return the error of a response that breaks promises: which request it was, and a line for each violation."""
    from contracts.reports import violation_line, visible

    document = operation.document
    asked = visible(f"{capture.method} {without_secrets(capture.url, document)}")
    lines = [violation_line(each) for each in violations[:_LISTED]]
    rest = [f"and {len(violations) - _LISTED} more"] if len(violations) > _LISTED else []
    heading = f"the answer to {asked} breaks what {document.path.name} promises of {operation}:"
    return AssertionError("\n".join([heading, *(f"  {line}" for line in (*lines, *rest))]))
