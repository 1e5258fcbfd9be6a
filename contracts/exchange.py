"""One question and its answer, as values that know nothing of the library that carried them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from contracts.document import Operation

NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Request:
    """A request without a body: its URL as sent, the path parameters in it, and what is known of the resource.

    `exists` is True for a resource that is known to be there, False for one known not to be, None where nobody knows.
    `headers` are those that make this request differ from its neighbours; never the API key. Any other method than GET
    is one that the document does not have for the path.
    """

    url: str
    parameters: tuple[tuple[str, str], ...]
    exists: bool | None = None
    headers: tuple[tuple[str, str], ...] = ()
    method: str = "GET"

    @property
    def reads(self) -> bool:
        """Whether it asks for what the document promises."""
        return self.method == "GET"

    @property
    def resource(self) -> tuple[str, ...]:
        """The values of the path parameters, in the path's order."""
        return tuple(value for _, value in self.parameters)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer: status, header fields in the order they came, and the body's bytes, content coding undone.

    `message` is all of it as it came over the connection, with what came behind it; empty where nobody knows.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    message: bytes = field(default=b"", compare=False, repr=False)

    def header(self, name: str) -> str | None:
        """The field's value; several fields of one name are joined (RFC 9110, section 5.3). None if it is absent."""
        values = [value for field_name, value in self.headers if field_name.lower() == name]
        return ", ".join(values) if values else None


@dataclass(frozen=True, slots=True)
class Failure:
    """What came in place of an answer: a kind (`refused`, `reset`, `timeout`, ...) and the transport's own words.

    `closed` is a connection that was kept and is closed: before anything came, the request was sent again on another.
    `message` is what did come over the connection.
    """

    kind: str
    detail: str
    message: bytes = field(default=b"", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request of an operation and what came back.

    `seconds` is the time to the last byte, `at` when the request was sent (the last time, if it was sent again), in
    seconds since 1970. `earlier` is what came before to the same request, in order: each time it was sent again.
    """

    operation: Operation
    request: Request
    outcome: Response | Failure
    seconds: float = 0.0
    at: float = 0.0
    earlier: tuple[Response | Failure, ...] = ()
