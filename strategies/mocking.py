"""A mock server of a whole document: every answer that it promises, from the covering sets, over real HTTP.

python -m strategies.mocking --port 4010 --document openapi.yaml
"""

from __future__ import annotations

import argparse
import threading
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from contracts.document import PINNED, Document, Operation, load
from contracts.errors import ConfigurationError, ContractError
from contracts.exchange import Response
from contracts.mock import Asked, Catalogue, Change, MockServer
from contracts.printing import put
from contracts.settings import overlay_files
from strategies.answers import catalogue, covering_answers
from strategies.faults import faults
from strategies.faulty import breaking, named


def mock_server(document: Document, port: int = 0, changes: Sequence[Change] = ()) -> MockServer:
    """A server that keeps every promise of the document; known resources are those of `catalogue(operation)`."""
    return MockServer({operation: _catalogue(operation) for operation in document.operations}, port, changes)


def _catalogue(operation: Operation) -> Catalogue:
    codes = [promise.status for promise in operation.promises if promise.status.isdigit()]
    by_status = {int(status): partial(_first, operation, status) for status in codes}
    return Catalogue(catalogue(operation), _otherwise(operation), by_status)


def _first(operation: Operation, status: str, values: Mapping[str, str]) -> Response:
    return covering_answers(operation, status, values)[0]


def _otherwise(operation: Operation) -> Callable[[Mapping[str, str]], Response]:
    """What any other resource is answered: a documented refusal or, where there is none, success."""
    statuses = [promise.status for promise in operation.promises]
    refusals = [status for status in statuses if status.startswith("4")]
    status = next(iter([*refusals, *(status for status in statuses if status == "default"), *statuses]))

    def otherwise(values: Mapping[str, str]) -> Response:
        answers = covering_answers(operation, status, values) if not refusals else plain
        # The same resource is always answered alike, and between them resources see every answer of the kind.
        return answers[zlib.crc32(repr(sorted(values.items())).encode()) % len(answers)]

    plain = covering_answers(operation, status)
    return otherwise


def slow(seconds: float) -> Change:
    """A change that leaves an answer as it is, so many seconds later."""

    def change(asked: Asked, response: Response) -> Response:
        time.sleep(seconds)
        return response

    return change


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m strategies.mocking", description="Serve what a document promises.")
    parser.add_argument("--port", type=int, default=4010, help="default: %(default)s; 0 for any free one")
    parser.add_argument("--document", type=Path, help="an OpenAPI 3.1 document (default: the pinned one)")
    parser.add_argument("--overlay", action="append", default=[], help="an OpenAPI Overlay 1.0: file or known name")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="break answers; repeatable")
    parser.add_argument("--rate", type=float, default=1.0, help="the probability of it (default: always)")
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    parser.add_argument("--faults", action="store_true", help="list the names of all faults and end")
    chosen = parser.parse_args()
    try:
        if not 0 <= chosen.rate <= 1:
            raise ConfigurationError(f"--rate {chosen.rate:g} is no probability; give a number from 0 to 1")
        if not 0 <= chosen.delay < threading.TIMEOUT_MAX:
            raise ConfigurationError(f"--delay {chosen.delay:g} is no time; give seconds from 0 on")
        overlays = overlay_files(chosen.overlay, pinned=not chosen.document)
        document = load(chosen.document or PINNED, overlays)
        if chosen.faults:
            put(fault.name for operation in document.operations for fault in faults(operation))
            return
        change = breaking(document, [named(document, name) for name in chosen.fault], chosen.rate)
        changes = [change, slow(chosen.delay)] if chosen.delay else [change]
        with mock_server(document, chosen.port, changes) as server:
            for operation in document.operations:
                names = ", ".join("/".join(resource) for resource in list(catalogue(operation))[:3])
                print(
                    f"{server.url}  {operation}  knows {len(catalogue(operation))} resources: {names}, ...", flush=True
                )
            threading.Event().wait()
    except ContractError as error:
        parser.exit(4, f"{error}\n")
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
