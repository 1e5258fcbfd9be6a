"""Choose the answer to a request: a pure function of the catalogues of some operations, without a socket."""

import re
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from typing import Final

from contracts.http import Response
from contracts.openapi import Operation, operation_at
from strategies.answers import METHODS, problem, refusal
from strategies.mock.preferences import Preference, preferences, with_applied

_ORIGIN: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)
_END_OF_PATH: Final = re.compile("[?#]")

SMALL: Final = 16 * 1024
"""The longest body, in bytes, of an answer of which what was made of it is remembered."""

LONGEST_KEPT: Final = 1024
"""The longest path, in characters, of which a finder remembers the operation."""


@lru_cache(maxsize=1024)
def _path_of(target: str) -> str:
    return _END_OF_PATH.split(target if target.startswith("/") else _ORIGIN.sub("", target, count=1), maxsplit=1)[0]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came: its method, its target, not decoded or normalised, and its header fields in order.

    `port` is the client's, which distinguishes the connections that are open at the same time.
    """

    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    port: int = 0

    @property
    def path(self) -> str:
        """The path of its target, without an origin before it and a query behind it."""
        return _path_of(self.target)

    @property
    def preferences(self) -> tuple[Preference, ...]:
        """Its preferences (RFC 7240)."""
        return preferences(self.headers)

    def header(self, name: str) -> str | None:
        """Return the first field of this name, which is in small letters; None if there is none."""
        return next((value for each, value in self.headers if each.lower() == name), None)


Answer = Callable[[Mapping[str, str]], Response]
"""Returns the answer for a resource, given its parameters by name as texts that UTF-8 can hold."""

SeededAnswer = Callable[[Mapping[str, str], int], Response]
"""The same of several answers, of which a seed chooses one: the first for 0, always the same for the same seed."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The answers of one operation.

    `resources` maps the values of the path parameters, in the path's order, to the answer. `otherwise` returns the
    answer for any other resource. `by_status` has what is answered if a request prefers a status, or a seed; `example`
    returns what is answered if it prefers an example, given a status and the example's name, and None without one.
    """

    resources: Mapping[tuple[str, ...], Response]
    otherwise: Answer
    by_status: Mapping[str, SeededAnswer]
    example: Callable[[str, str], Answer | None] = lambda status, name: None


Catalogues = Mapping[Operation, Catalogue]

Raw = Iterable[bytes] | AsyncIterable[bytes]
"""Bytes that are sent unchanged, piece by piece, in place of an answer; then the connection is closed."""

Reply = Response | Raw | Awaitable[Response | Raw]
"""An answer, bytes in place of one, or either of them when it has been waited for."""

Change = Callable[[Asked, Response], Reply]
"""Returns the answer or the bytes to send, given the request and the chosen answer.

It is a plain function where it does not wait; where it waits it is a coroutine function, so that others are answered.
"""

Finder = Callable[[str], tuple[Operation, dict[str, str]] | None]
"""Returns the operation of a path with its path parameters, decoded; None if no operation matches."""


def finder(operations: Iterable[Operation]) -> Finder:
    """Return what finds the operation of a path among these, and remembers some thousands of paths."""
    every = tuple(operations)
    remembered = lru_cache(maxsize=4096)(lambda path: operation_at(every, path))
    return lambda path: remembered(path) if len(path) <= LONGEST_KEPT else operation_at(every, path)


def answer(catalogues: Catalogues, asked: Asked, find: Finder | None = None) -> Response:
    """Return the conforming answer to a request; a request beyond the documents gets a problem (RFC 9457)."""
    found = (find or finder(catalogues))(asked.path)
    if found is None:
        return problem(HTTPStatus.NOT_FOUND, "no documented path matches")
    operation, parameters = found
    if asked.method not in METHODS and asked.method in operation.methods:
        return problem(HTTPStatus.NOT_IMPLEMENTED, f"{asked.method} is documented, but only reads are answered here")
    if asked.method not in METHODS:
        return refusal(operation, asked.method)
    return _answered(catalogues[operation], asked, parameters)


def _answered(catalogue: Catalogue, asked: Asked, parameters: Mapping[str, str]) -> Response:
    usual, preferred = catalogue.resources.get(tuple(parameters.values())), asked.preferences
    if usual is not None and not preferred:
        return usual
    values = {name: _text(value) for name, value in parameters.items()}
    usual = usual or catalogue.otherwise(values)
    wanted: dict[str, str] = {}
    for each in preferred:
        wanted.setdefault(each.name, each.value)  # The first of several counts (RFC 7240, section 2).
    return _preferred(catalogue, wanted, values, usual)


def _preferred(catalogue: Catalogue, wanted: Mapping[str, str], values: Mapping[str, str], usual: Response) -> Response:
    """Return the answer that the preferences choose, and say which of them were followed.

    A preference that the server does not understand or cannot follow is ignored (RFC 7240, section 2).
    """
    own, code = str(usual.status), wanted.get("code", "")
    status = code if code == own or code in catalogue.by_status else ""
    applied = [f"code={status}"] if status else []
    chosen = usual
    seed, named = _seed(wanted.get("seed", "")), wanted.get("example", "")
    tried = ([status] if status else [own, *catalogue.by_status]) if named else []
    if found := next(filter(None, (catalogue.example(each, named) for each in tried)), None):
        chosen, applied = found(values), [*applied, f'example="{named}"']
    elif seed is not None and (status or own) in catalogue.by_status:
        chosen, applied = catalogue.by_status[status or own](values, seed), [*applied, f"seed={seed}"]
    elif status and status != own:
        chosen = catalogue.by_status[status](values, 0)
    return with_applied(chosen, ", ".join(applied)) if applied else chosen


def _seed(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,18}", text) else None


def _text(value: str) -> str:
    """Return the text with U+FFFD in place of bytes that are not UTF-8, which it holds as `surrogateescape` does."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
