"""Serve every answer that a document promises over real HTTP, or broken ones, until interrupted."""

import argparse
import threading
from contextlib import suppress
from pathlib import Path
from typing import Final

from contracts.broken_pipe import print_lines
from contracts.errors import ConfigurationError

EXAMPLES: Final = (
    ("contract mock", "serve the pinned document on port 4010"),
    ("contract mock --document api.yaml --port 0", "serve another document, on any free port"),
    ("contract mock --faults", "list the ways to break an answer, each by its name"),
    ('contract mock --fault "status.server-error 500:0.02"', "break one answer in fifty in this way"),
    ("contract mock --delay 0.08", "wait 80 ms before each answer"),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the server and of its faults."""
    add = parser.add_argument
    add("--port", type=int, default=4010, help="where to listen; 0 is any free port (default: %(default)s)")
    add("--document", type=Path, metavar="FILE", help="an OpenAPI 3.1 or 3.2 document (default: the pinned one)")
    add("--overlay", action="append", default=[], metavar="FILE|NAME", help="an OpenAPI Overlay file, or a known name")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:RATE]",
        help="break answers in this way, which --faults lists, each or with a probability; may be given several times",
    )
    add("--delay", type=float, default=0.0, metavar="SECONDS", help="wait before each answer (default: 0)")
    add("--faults", action="store_true", help="list the names of all faults, and end")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted, or list the faults; raise ContractError for options that cannot be followed."""
    from contracts.openapi import PINNED, load, overlay_files
    from strategies.answers import catalogue
    from strategies.faults import faults
    from strategies.mock import Change, breaking, mock_server, named_with_rate, slow

    if not 0 <= options.delay < threading.TIMEOUT_MAX:
        raise ConfigurationError(f"--delay {options.delay:g} is no time; give seconds from 0 on")
    overlays = overlay_files(options.overlay, pinned=not options.document)
    document = load(options.document or PINNED, overlays)
    if options.faults:
        print_lines(fault.name for operation in document.operations for fault in faults(operation))
        return 0
    rated = [named_with_rate(document, text) for text in options.fault]
    change = breaking(document, [fault for fault, _ in rated], {fault.name: rate for fault, rate in rated})
    changes: list[Change] = [change, slow(options.delay)] if options.delay else [change]
    with suppress(KeyboardInterrupt), mock_server(document, options.port, changes) as server:
        for operation in document.operations:
            known = catalogue(operation)
            names = ", ".join("/".join(resource) for resource in list(known)[:3])
            print(f"{server.url}  {operation}  knows {len(known)} resources: {names}, ...", flush=True)
        threading.Event().wait()
    return 0
