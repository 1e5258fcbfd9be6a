"""Serve every answer that a document promises over real HTTP, or broken ones, until interrupted.

contract mock --port 4010 --document openapi.yaml
contract mock --fault "status.server-error 500" --rate 0.02
"""

import argparse
import threading
from contextlib import suppress
from pathlib import Path

from contracts.openapi import PINNED, ConfigurationError, load, overlay_files
from contracts.reports import print_lines
from strategies.answers import catalogue
from strategies.faults import faults
from strategies.mock import Change, breaking, mock_server, named, slow


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the server and of its faults."""
    parser.add_argument("--port", type=int, default=4010, help="default: %(default)s; 0 for any free one")
    parser.add_argument("--document", type=Path, help="an OpenAPI 3.1 document (default: the pinned one)")
    parser.add_argument("--overlay", action="append", default=[], help="an OpenAPI Overlay: file or known name")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME", help="break answers; repeatable")
    parser.add_argument("--rate", type=float, default=1.0, help="the probability of it (default: always)")
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    parser.add_argument("--faults", action="store_true", help="list the names of all faults and end")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted, or list the faults; raise ContractError for options that cannot be followed."""
    if not 0 <= options.rate <= 1:
        raise ConfigurationError(f"--rate {options.rate:g} is no probability; give a number from 0 to 1")
    if not 0 <= options.delay < threading.TIMEOUT_MAX:
        raise ConfigurationError(f"--delay {options.delay:g} is no time; give seconds from 0 on")
    overlays = overlay_files(options.overlay, pinned=not options.document)
    document = load(options.document or PINNED, overlays)
    if options.faults:
        print_lines(fault.name for operation in document.operations for fault in faults(operation))
        return 0
    change = breaking(document, [named(document, name) for name in options.fault], options.rate)
    changes: list[Change] = [change, slow(options.delay)] if options.delay else [change]
    with suppress(KeyboardInterrupt), mock_server(document, options.port, changes) as server:
        for operation in document.operations:
            known = catalogue(operation)
            names = ", ".join("/".join(resource) for resource in list(known)[:3])
            print(f"{server.url}  {operation}  knows {len(known)} resources: {names}, ...", flush=True)
        threading.Event().wait()
    return 0
