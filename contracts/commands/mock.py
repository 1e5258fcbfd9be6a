"""Serve every answer that a document promises over real HTTP, your own or broken ones, until interrupted.

A request chooses by `Prefer: code=422`, `Prefer: seed=3`, `Prefer: example=NAME` and `Prefer: fault="NAME"; rate=0.1`,
or by several of them. GET / lists what the server knows. Pages of any origin may read the answers (CORS).
"""

import argparse
import re
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from contracts.broken_pipe import print_lines
from contracts.errors import ConfigurationError

if TYPE_CHECKING:
    from strategies.mock import Asked

EXAMPLES: Final = (
    ("contract mock", "serve the pinned document on port 4010"),
    ("contract mock --document api.yaml --port 0", "serve another document, on any free port"),
    ("contract mock --catalogue answers.json", 'serve {"/jobs/7": {...}} of your own, or any capture'),
    ("contract mock --life 30", "let each job become final 30 s after it was first asked for"),
    ('contract mock --fault "transport.cut:0.02" --delay 0.1-0.5', "break one answer in fifty, and be slow"),
)

_SECONDS: Final = r"(\d{1,9}(?:\.\d*)?|\.\d+)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the server, of its answers and of its faults."""
    add = parser.add_argument
    add("--port", type=int, default=4010, help="where to listen; 0 is any free port (default: %(default)s)")
    add("--document", type=Path, metavar="FILE", help="an OpenAPI 3.1 or 3.2 document (default: the pinned one)")
    add("--overlay", action="append", default=[], metavar="FILE|NAME", help="an OpenAPI Overlay file, or a known name")
    add(
        "--catalogue",
        action="append",
        default=[],
        metavar="FILE|FOLDER",
        help="answer with these captures, or JSON of path to answer, before the generated ones; each must conform",
    )
    add("--life", default="", metavar="SECONDS", help="let states change until they are final, as the overlay says")
    add(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:RATE]",
        help="break answers in this way, which --faults lists, each or with a probability; may be given several times",
    )
    add("--delay", default="0", metavar="SECONDS[-SECONDS]", help="wait before each answer (default: %(default)s)")
    add("--faults", action="store_true", help="list the names of all faults, and end")
    add("--log", action="store_true", help="print a line for each request")


def run(options: argparse.Namespace) -> int:
    """Serve until interrupted, or list the faults; raise ContractError for options that cannot be followed."""
    least, most = _delay(options.delay)
    life = _life(options.life)
    from contracts.openapi import PINNED, load, overlay_files
    from strategies.answers import catalogue
    from strategies.faults import faults
    from strategies.mock import (
        Change,
        Known,
        breaking,
        cross_origin,
        greeting,
        listing,
        living,
        log_nothing,
        mock_server,
        named_with_rate,
        own_answers,
        slow,
    )

    document = load(options.document or PINNED, overlay_files(options.overlay, pinned=not options.document))
    if options.faults:
        print_lines(fault.name for operation in document.operations for fault in faults(operation))
        return 0
    rated = [named_with_rate(document, text) for text in options.fault]
    faulty, rates = [fault for fault, _ in rated], {fault.name: rate for fault, rate in rated}
    own = own_answers(document, options.catalogue) if options.catalogue else None
    known: Known = cache(own.known) if own else catalogue
    known = cache(living(document, known, life)) if life else known
    changes: list[Change] = [breaking(document, faulty, rates, known=known), listing(document, known), cross_origin]
    changes += [slow(least, most)] if most else []
    _allow_many_connections()
    log = _log if options.log else log_nothing
    with suppress(KeyboardInterrupt), mock_server(document, options.port, changes, known, log) as server:
        print_lines([*greeting(server.url, document, known), *(own.notes() if own else ())])
        threading.Event().wait()
    return 0


def _life(text: str) -> float:
    """Return the seconds that a life takes; 0 if none is to be played."""
    if text and (not re.fullmatch(_SECONDS, text) or not float(text)):
        raise ConfigurationError(f"--life {text!r} is no time; give seconds, more than 0")
    return float(text or 0)


def _delay(text: str) -> tuple[float, float]:
    """Return the least and the greatest number of seconds before an answer."""
    found = re.fullmatch(f"{_SECONDS}(?:-{_SECONDS})?", text)
    least, most = (float(found[1]), float(found[2] or found[1])) if found else (1, 0)
    if least > most:
        raise ConfigurationError(f"--delay {text!r} is no time; give seconds from 0 on, or a range such as 0.1-0.5")
    return least, most


def _allow_many_connections() -> None:
    """Raise this process's own limit of open files, which is 1024 or less on many machines."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(most, 65536) if most > 0 else 65536, most))


def _log(asked: "Asked | None", status: int) -> None:
    """Print a line for a request, without its query, which may hold a key."""
    what = f"{asked.method} {asked.path}" if asked else "not understood"
    print(what, status or "(raw bytes)", flush=True)
