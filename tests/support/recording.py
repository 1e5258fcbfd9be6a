"""A mock server that keeps what it was asked, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from contracts.http.exchange import Response
from strategies.mock.mocking import mock_server
from strategies.mock.server import Asked, Change
from tests.support.pinned import DOCUMENT

PROBES = 1
"""So many requests see, before a run, whether there is a server that answers at all."""


@dataclass
class Recorded:
    """Where the server is, the request targets and what they preferred, in the order they came."""

    url: str
    asked: list[tuple[str, str]] = field(default_factory=list)

    def take(self) -> list[tuple[str, str]]:
        """What was asked since the last time it was taken, the probes left out."""
        taken, self.asked[:] = self.asked[PROBES:], []
        return taken

    def counted(self) -> Counter[tuple[str, str]]:
        """The same without its order."""
        return Counter(self.take())


@contextmanager
def recording(*changes: Change) -> Iterator[Recorded]:
    """A server of the pinned document's answers, changed by the changes, that records."""
    recorded = Recorded("")

    def note(asked: Asked, response: Response) -> Response:
        prefers = next((value for name, value in asked.headers if name.lower() == "prefer"), "")
        recorded.asked.append((asked.target, prefers))
        return response

    with mock_server(DOCUMENT, changes=[note, *changes]) as server:
        recorded.url = server.url
        yield recorded
