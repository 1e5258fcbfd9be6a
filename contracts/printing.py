"""Printing for commands whose reader may have had enough: `... | head`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable


def put(lines: Iterable[str]) -> None:
    """Print the lines; if nobody reads them to their end, that is no error (Python's `signal`, "Note on SIGPIPE")."""
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        # What is left to be written would raise once more when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
