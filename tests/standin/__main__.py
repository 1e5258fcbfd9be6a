"""Serves the stand-in until it is terminated: `python -m tests.standin --port 0` prints its URL, then serves."""

from __future__ import annotations

import argparse
import os
import socket
import tempfile
from pathlib import Path

import uvicorn

from tests.standin.app import Conditions, service
from tests.standin.database import KEYS, job_ids
from tests.standin.defects import DEFECTS


def main() -> None:
    """Serve, or list what is there to be asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.standin", description=__doc__)
    add = parser.add_argument
    add("--port", type=int, default=8000, help="default: %(default)s; 0 for any free one")
    add("--database", type=Path, help="a SQLite file to be made (default: a temporary one)")
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="before each answer")
    add("--flaky", type=int, default=0, metavar="N", help="every Nth request is answered 503 with Retry-After")
    add("--throttle", type=int, default=0, metavar="N", help="more than N requests a second are answered 429")
    add("--retry-after", type=int, default=1, metavar="SECONDS", help="what a 503 asks for (default: %(default)s)")
    add("--omit-nulls", action="store_true", help="leave out what has no value, as the document promises")
    add("--defect", action="append", choices=DEFECTS, help="repeatable (or STANDIN_DEFECTS: NAME,NAME)")
    add("--list-ids", metavar="KEY", choices=KEYS, help=f"print the job ids of a key and end; one of {', '.join(KEYS)}")
    chosen = parser.parse_args()
    if chosen.list_ids:
        print(*job_ids(KEYS[chosen.list_ids]), sep="\n")
        return
    named = os.environ.get("STANDIN_DEFECTS", "").replace(",", " ").split()
    if unknown := {*named} - {*DEFECTS}:
        parser.error(f"STANDIN_DEFECTS names no defect: {', '.join(sorted(unknown))}; choose of {', '.join(DEFECTS)}")
    defects = tuple(dict.fromkeys([*(chosen.defect or ()), *named]))
    conditions = Conditions(
        chosen.latency, chosen.flaky, chosen.throttle, chosen.retry_after, chosen.omit_nulls, defects
    )
    with tempfile.TemporaryDirectory() as folder:
        app = service(chosen.database or Path(folder, "jobs.sqlite"), conditions)
        listener = listening(chosen.port)
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1)
        uvicorn.Server(config).run(sockets=[listener])


def listening(port: int) -> socket.socket:
    """A socket that takes connections at once, so that nobody has to wait until the service is up to connect."""
    # asyncio turns TCP_NODELAY on only where the protocol is named; without it an answer takes 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


if __name__ == "__main__":
    main()
