"""What an API promises in its OpenAPI document, and how one answer is judged against it.

Imports no pytest, no Hypothesis and no Schemathesis: anything may import it.
"""

from contracts.assertion import assert_conforms
from contracts.http import Exchange, Failure, Request, Response
from contracts.judge import Violation, judge
from contracts.openapi import Document, DocumentError, Operation, load

__all__ = [
    "Document",
    "DocumentError",
    "Exchange",
    "Failure",
    "Operation",
    "Request",
    "Response",
    "Violation",
    "assert_conforms",
    "judge",
    "load",
]
