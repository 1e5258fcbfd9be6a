"""What an API promises in its OpenAPI document, and how one answer is judged against it.

Imports no pytest, no Hypothesis and no Schemathesis: anything may import it.
"""

from contracts.http import Exchange, Failure, Request, Response
from contracts.judge import Violation, judge
from contracts.openapi import Document, DocumentError, Operation, load
from contracts.reports import assert_conforms

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
