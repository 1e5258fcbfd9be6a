"""Break a mock server's answers over real HTTP, always or rarely.

`Prefer: fault="NAME"` breaks the answer to one request (RFC 7240), with `; rate=0.02` with that probability; the faults
that `breaking` is given break any answers, each with a probability of its own. Hides the bytes of a failed transport.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from itertools import chain, repeat
from types import MappingProxyType
from typing import Final

from contracts.http import PROBED_METHODS, Failure, Response
from contracts.openapi import ConfigurationError, Document, Resource
from strategies.answers import catalogue
from strategies.faults import AnswerContext, Fault, faults
from strategies.mock.answering import Asked, Change, Raw, Reply, finder
from strategies.mock.mocking import Known
from strategies.mock.preferences import Preference, with_applied

NO_RATES: Final[Mapping[str, float]] = MappingProxyType({})

SILENCE: Final = 30.0
"""Seconds that a silent server keeps a connection open, unless the client closes it."""


OVERLAP: Final = 0.02
"""Seconds for which an answer waits for other requests, where answers are to be mixed up."""


@lru_cache(maxsize=4)
def _by_name(document: Document) -> Mapping[str, Fault]:
    return {fault.name: fault for operation in document.operations for fault in faults(operation)}


def named(document: Document, name: str) -> Fault:
    """Return the fault of this name; raise ConfigurationError, with the nearest names, for an unknown one."""
    from difflib import get_close_matches

    known = _by_name(document)
    if name not in known:
        near = get_close_matches(name, known, n=3, cutoff=0.3)
        hint = f"near are {', '.join(map(repr, near))}" if near else "none is near"
        raise ConfigurationError(f"no fault is named {name!r} ({hint}); --faults lists them all")
    return known[name]


def named_with_rate(document: Document, text: str) -> tuple[Fault, float]:
    """Return the fault that `NAME` or `NAME:RATE` names, and its rate, which is 1 where none is given.

    A name may hold colons itself. Raises ConfigurationError for an unknown name, and for a rate that is no probability.
    """
    name, colon, end = text.rpartition(":")
    if text in _by_name(document) or not colon:
        return named(document, text), 1.0
    try:
        rate = float(end)
    except ValueError:
        return named(document, text), 1.0
    if not 0 <= rate <= 1:
        raise ConfigurationError(f"the rate of --fault {text!r} is no probability; give a number from 0 to 1")
    return named(document, name), rate


def breaking(
    document: Document,
    always: Sequence[Fault] = (),
    rates: Mapping[str, float] = NO_RATES,
    seed: int = 0,
    known: Known = catalogue,
) -> Change:
    """Return a change for a mock server of the document that knows the resources of `known(operation)`.

    The first of the faults that finds something to break in an answer breaks it; a fault that is named in `rates` does
    so with that probability only. A fault that a request prefers by `fault="NAME"` is tried before them. `seed` makes
    the chance repeatable.
    """
    chance, reads = random.Random(seed), Counter[tuple[str, Resource]]()
    flying = _Flying() if any(each.rule == "overlay.swapped" for each in always) else None
    find = finder(document.operations)

    def change(asked: Asked, response: Response) -> Reply:
        found = find(asked.path)
        if found is None:
            return response
        operation, resource = found[0], tuple(found[1].values())
        exists = resource in known(operation)
        before = reads[operation.path, resource] if exists else 0
        if exists and asked.method not in PROBED_METHODS:
            reads[operation.path, resource] += 1
        wanted = asked.preferences
        preferred = tuple(_preferred(wanted, document, chance)) if wanted else ()
        chosen = (*preferred, *(each for each in always if _hits(rates.get(each.name, 1), chance)))
        if not chosen and not flying:
            return response
        context = AnswerContext(operation, resource, exists, before, response, asked.method)
        return (flying.broken if flying else _broken)(context, chosen, len(preferred))

    return change


def _hits(rate: float, chance: random.Random) -> bool:
    return rate == 1 or chance.random() < rate


def _preferred(wanted: Iterable[Preference], document: Document, chance: random.Random) -> Iterator[Fault]:
    """Yield the faults that a request prefers, and whose probability hits; a malformed preference is ignored."""
    for each in wanted:
        with suppress(ValueError):
            if each.name == "fault" and each.value in _by_name(document) and _hits(each.rate, chance):
                yield _by_name(document)[each.value]


def _broken(context: AnswerContext, chosen: Sequence[Fault], preferred: int = 0) -> Response | Raw:
    """Return what the first of the faults that can break the answer makes of it, or else the answer.

    So many of the first faults were preferred by the request, which is told of them where it gets an answer at all.
    """
    for number, fault in enumerate(chosen):
        broken = fault.mutation(context)
        if isinstance(broken, Failure):
            return _raw(broken, context.response)
        if broken is not None and broken.message:
            return [broken.message]
        if broken is not None:
            return with_applied(broken, f'fault="{fault.name}"') if number < preferred else broken
    return context.response


class _Flying:
    """The requests under way; every answer waits for others to come."""

    def __init__(self) -> None:
        self._waiting: list[list[Resource]] = []

    async def broken(self, context: AnswerContext, chosen: Sequence[Fault], preferred: int) -> Response | Raw:
        """Return the broken answer to a request, given the resources that were asked for while it waited."""
        for others in self._waiting:
            others.append(context.resource)
        came: list[Resource] = []
        self._waiting.append(came)
        try:
            await asyncio.sleep(OVERLAP)
        finally:
            self._waiting[:] = [each for each in self._waiting if each is not came]
        together = tuple(each for each in came if each != context.resource)
        return _broken(replace(context, together=together), chosen, preferred)


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


async def _silent() -> AsyncIterator[bytes]:
    await asyncio.sleep(SILENCE)
    yield b""
