"""List at `/` what a mock server knows, and how to ask it for more."""

import json
from http import HTTPStatus
from typing import Any

from contracts.http import Response
from contracts.openapi import Document, operation_at
from strategies.answers import METHODS, problem, with_field
from strategies.faults import faults
from strategies.mock.answering import Asked, Change
from strategies.mock.examples import served
from strategies.mock.mocking import Known

FAULTS = "faults"
"""The query behind `/?` by which every fault is listed."""


def listing(document: Document, known: Known) -> Change:
    """Return the change that answers `GET /` with JSON, unless the document has that path itself."""
    is_documented = operation_at(document.operations, "/") is not None

    def change(asked: Asked, response: Response) -> Response:
        if is_documented or asked.path != "/":
            return response
        if asked.method not in METHODS:
            refused = problem(HTTPStatus.METHOD_NOT_ALLOWED, f"{asked.method} / is not answered")
            return with_field(refused, "Allow", ", ".join(METHODS))
        value = _faults(document) if asked.target.endswith("?" + FAULTS) else _known(document, known, asked)
        body = json.dumps(value, ensure_ascii=False, indent=1).encode()
        return Response(HTTPStatus.OK, (("Content-Type", "application/json"),), body)

    return change


def _faults(document: Document) -> dict[str, Any]:
    return {FAULTS: [fault.name for operation in document.operations for fault in faults(operation)]}


def _known(document: Document, known: Known, asked: Asked) -> dict[str, Any]:
    host = f"http://{asked.header('host') or '127.0.0.1'}"
    return {
        "document": f"{document.title} {document.version}",
        "operations": [
            {
                "operation": str(operation),
                "statuses": [spec.status for spec in operation.responses],
                "examples": [example.name for example in served(operation)],
                "urls": [host + operation.url_path(operation.bind(resource)) for resource in known(operation)],
            }
            for operation in document.operations
        ],
        "prefer": {
            "code=STATUS": "the answer of a documented status",
            "example=NAME": "a named example of the document",
            "seed=N": "another of the answers of that status, always the same for the same N",
            'fault="NAME"': "an answer that breaks one promise; with ; rate=0.1 one of ten of them",
        },
        FAULTS: f"{host}/?{FAULTS}",
    }
