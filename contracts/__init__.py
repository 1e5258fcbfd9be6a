"""What an API promises in its OpenAPI document, and how one answer is judged against it.

Imports no pytest, no Hypothesis and no Schemathesis: anything may import it.
"""

from contracts.checks import judge
from contracts.document import Document, Operation, load
from contracts.errors import DocumentError
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.violation import Violation

__all__ = [
    "Document",
    "DocumentError",
    "Exchange",
    "Failure",
    "Operation",
    "Request",
    "Response",
    "Violation",
    "judge",
    "load",
]
