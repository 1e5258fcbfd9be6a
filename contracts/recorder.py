"""Every exchange of a run, kept on disk as it happens: memory stays flat, and a crash loses nothing.

Each process appends to a file of its own, one JSON text a line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from contracts.exchange import Exchange, Failure, Response

EXCHANGES: Final = ".exchanges"
"""The folder, inside that of the reports, in which exchanges are kept while a run lasts."""

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange: when it began (seconds since 1970), how long it took, what was asked, and what came.

    `failure` is the kind of what came in place of an answer, whose status is 0 then.
    """

    at: float
    seconds: float
    operation: str
    url: str
    asked: Pairs
    status: int
    fields: Pairs
    body: bytes
    failure: str
    method: str = "GET"


class Recorder:
    """Appends exchanges to a file; the folder is made. Raises OSError where that cannot be."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: TextIO = (folder / f"{name}.jsonl").open("a", encoding="utf-8", buffering=1)

    def __call__(self, exchange: Exchange) -> None:
        """Keep one exchange; where there is no room for it, neither it nor any that follows is kept."""
        if self._file.closed:
            return
        try:
            self._file.write(json.dumps(_plain(exchange)) + "\n")
        except OSError:
            # The run goes on; who reads what was kept sees how much that is.
            self.close()

    def close(self) -> None:
        """Write what is still to be written."""
        with suppress(OSError):
            self._file.close()


def _plain(exchange: Exchange) -> dict[str, Any]:
    request, came = exchange.request, exchange.outcome
    answer = Response(0, (), b"") if isinstance(came, Failure) else came
    kept = Recorded(
        at=exchange.at,
        seconds=exchange.seconds,
        operation=exchange.operation.path,
        url=request.url,
        asked=request.headers,
        status=answer.status,
        fields=answer.headers,
        body=answer.body,
        failure=came.kind if isinstance(came, Failure) else "",
        method=request.method,
    )
    return {**asdict(kept), "body": answer.body.decode("latin-1")}


def recorded(folder: Path) -> Iterator[Recorded]:
    """Every exchange that was kept in the folder, file by file; a line that a crash cut short is left out."""
    for file in sorted(folder.glob("*.jsonl")):
        with file.open(encoding="utf-8") as lines:
            for line in lines:
                try:
                    raw = json.loads(line)
                except ValueError:
                    continue
                pairs = {name: tuple((key, value) for key, value in raw[name]) for name in ("asked", "fields")}
                yield Recorded(**{**raw, **pairs, "body": raw["body"].encode("latin-1")})
