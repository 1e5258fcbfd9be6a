"""Print although the reader of a pipe may have ended, or the terminal may have been closed.

Hides how such a stream is recognised and replaced.
"""

import os
import select
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TextIO


def print_lines(lines: Iterable[str]) -> None:
    """Print the lines; a reader that ends early is no error (Python's `signal`, "Note on SIGPIPE")."""
    try:
        print(*lines, sep="\n", flush=True)
    except BrokenPipeError:
        be_silent()


def terminal_is_gone() -> bool:
    """Return whether standard output has no reader any more."""
    return _is_gone(sys.stdout)


def be_silent() -> None:
    """Send standard streams without a reader to the null device.

    An error at exit would hide why the run ended, and change its exit code.
    """
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in filter(_is_gone, (sys.stdout, sys.stderr)):
        os.dup2(nowhere, stream.fileno())
        stream.flush()
    os.close(nowhere)


def _is_gone(stream: TextIO) -> bool:
    with suppress(OSError, ValueError):
        poll = select.poll()
        poll.register(stream.fileno(), select.POLLOUT)
        return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    return False
