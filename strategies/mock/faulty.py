"""Break a mock server's answers over real HTTP, always or rarely.

`Prefer: fault="NAME"` breaks the answer to one request (RFC 7240), with `; rate=0.02` with that probability; the faults
that `breaking` is given break all answers, or any with a probability. Hides the bytes of a failed transport.
"""

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, repeat
from typing import Final
from urllib.request import parse_http_list

from contracts.http import PROBED_METHODS, Failure, Response
from contracts.openapi import ConfigurationError, Document, Resource, operation_at
from strategies.answers import catalogue
from strategies.faults import AnswerContext, Fault, faults
from strategies.mock.server import Asked, Change, Raw

SILENCE = 30.0
"""Seconds that a silent server keeps a connection open, unless the client closes it."""


OVERLAP: Final = 0.02
"""Seconds for which an answer waits for other requests, where answers are to be mixed up."""


def named(document: Document, name: str) -> Fault:
    """Return the fault of this name; raise ConfigurationError, with the nearest names, for an unknown one."""
    from difflib import get_close_matches

    known = {fault.name: fault for operation in document.operations for fault in faults(operation)}
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.3)
        hint = f"near are {', '.join(map(repr, near))}" if near else "none is near"
        raise ConfigurationError(f"no fault is named {name!r} ({hint}); --faults lists them all")
    return known[name]


def breaking(document: Document, always: Sequence[Fault] = (), rate: float = 1.0, seed: int = 0) -> Change:
    """Return a change for a mock server of the document.

    With probability `rate`, the first of the `always` faults that finds something to break in an answer breaks it. A
    fault that a request prefers by `fault="NAME"` is tried before them. `seed` makes the chance repeatable.
    """
    chance, reads, lock = random.Random(seed), Counter[tuple[str, ...]](), threading.Lock()
    flying = _Flying() if any(each.rule == "overlay.swapped" for each in always) else None
    known = {fault.name: fault for operation in document.operations for fault in faults(operation)}

    def change(asked: Asked, response: Response) -> Response | Raw:
        found = operation_at(document.operations, asked.target.partition("?")[0])
        if found is None:
            return response
        operation, resource = found[0], tuple(found[1].values())
        key, exists = (operation.path, *resource), resource in catalogue(operation)
        together = flying.others(resource) if flying else ()
        with lock:
            reads[key] += asked.method not in PROBED_METHODS
            context = AnswerContext(
                operation, resource, exists, max(0, reads[key] - 1), response, asked.method, together
            )
            hit = chance.random() < rate
            wanted = [name for name, share in _preferred(asked) if share == 1 or chance.random() < share]
        preferred = [known[name] for name in wanted if name in known]
        for fault in (*preferred, *(always if hit else ())):
            broken = fault.mutation(context)
            if broken is not None:
                if isinstance(broken, Failure):
                    return _raw(broken, response)
                return [broken.message] if broken.message else broken
        return response

    return change


class _Flying:
    """The resources that are asked for at the same time; every answer waits for others to come."""

    def __init__(self) -> None:
        self._seen: list[Resource] = []
        self._lock = threading.Lock()

    def others(self, resource: Resource) -> tuple[Resource, ...]:
        """Return the other resources that were asked for while this one was."""
        with self._lock:
            start = len(self._seen)
            self._seen.append(resource)
        time.sleep(OVERLAP)
        with self._lock:
            return tuple(each for each in self._seen[start + 1 :] if each != resource)


# RFC 7240, section 2. Most names have to be quoted, because they hold blanks, semicolons and commas.
_PREFERENCE: Final = re.compile(
    r"""fault[ \t]*=[ \t]*("[^"]*"|[^;"]+?)[ \t]*(?:;[ \t]*rate[ \t]*=[ \t]*"?([0-9.]+)"?[ \t]*)?""", re.IGNORECASE
)


def _preferred(asked: Asked) -> Iterator[tuple[str, float]]:
    """Yield the faults that a request prefers, with their probability; a malformed preference is ignored."""
    for name, field in asked.headers:
        for preference in parse_http_list(field) if name.lower() == "prefer" else ():
            found = _PREFERENCE.fullmatch(preference.strip())
            with suppress(ValueError):
                if found:
                    yield found[1].strip('"'), float(found[2] or 1)


def _raw(failure: Failure, response: Response) -> Raw:
    """Return the bytes, or none, that a client takes for this failure."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    answers: dict[str, Raw] = {
        "cut": [head + b"Content-Length: %d\r\n\r\n" % (len(response.body) + 9), response.body],
        "not-http": [b"220 mail.example.org ESMTP\r\n"],
        "coding": [head + b"Content-Encoding: gzip\r\nContent-Length: 5\r\n\r\n", b"plain"],
        "oversized": chain([head + b"\r\n"], repeat(b" " * 65536)),
        "timeout": _silent(),
    }
    return answers.get(failure.kind, ())


def _silent() -> Iterator[bytes]:
    threading.Event().wait(SILENCE)
    yield from ()
