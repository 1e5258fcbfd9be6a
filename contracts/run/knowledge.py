"""Find out what is known before anything is judged: what is remembered, what the target lists, whether it answers."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from contracts.http import MIN_REJECTIONS, REJECTIONS, GuardedSession
from contracts.openapi import Document, Operation, Resource, official_client
from contracts.run.handed_in import Found, Memory
from contracts.run.settings import Settings
from contracts.sdk import discover


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the process that leads finds out before anything is asked, and hands on to its workers."""

    started: datetime.datetime
    remembered: Found
    discovered: Found

    def to_text(self) -> str:
        """Return it as JSON text: pytest-xdist carries no text that is not UTF-8, such as some ids."""
        by_path = ([[each.path, rows] for each, rows in found.items()] for found in (self.remembered, self.discovered))
        return json.dumps([self.started.isoformat(), *by_path])

    @classmethod
    def from_text(cls, text: str, document: Document) -> Knowledge:
        """Read what `to_text` wrote."""
        operations = {operation.path: operation for operation in document.operations}
        started, *both = json.loads(text)
        remembered, discovered = ({operations[path]: tuple(map(tuple, rows)) for path, rows in found} for found in both)
        return cls(datetime.datetime.fromisoformat(started), remembered, discovered)


def recall(memories: Mapping[Operation, Memory], *, undecodable_ids: bool) -> Found:
    """Return the resources that are remembered; those whose bytes are not UTF-8 only with `undecodable_ids`."""
    return {
        operation: tuple(each for each in memory.recall() if undecodable_ids or _is_decodable(each))
        for operation, memory in memories.items()
    }


def _is_decodable(resource: Resource) -> bool:
    return not any("\udc80" <= char <= "\udcff" for char in "".join(resource))


def rejects_caller(session: GuardedSession, settings: Settings) -> bool:
    """Return whether the target answers as one that rejects its caller; raises TargetError if it does not answer."""
    operation = settings.document.operations[0]
    # An unused id first: this response is not judged, and reading a known resource here would hide its first answer
    # from the history. Then one that is known, for the target may fail at the unused one alone.
    resources = (("probe",) * len(operation.parameters), *settings.known[operation.path][:1])
    found = session.probe(operation, *map(operation.bind, resources))
    return any(str(response.status) in REJECTIONS for response in found)


def listed(session: GuardedSession, settings: Settings) -> Found:
    """Return the resources that the target lists, as the official SDK asks for them."""
    operations = settings.document.operations
    # Where no overlay names an SDK, the first operation says so.
    listing = [operation for operation in operations if official_client(operation)] or operations[:1]
    return {each: discover(session, each, settings.discover) for each in listing}


def revealing_requests(
    document: Document, known: Callable[[Operation], tuple[Resource, ...]]
) -> Iterator[tuple[Operation, Mapping[str, str]]]:
    """Yield requests until it is clear whether the target rejects its caller: for known resources, else for unused ids.

    Workers begin at different ends: without these, a wrong key would cost hundreds of requests before they know.
    """
    for operation in document.operations:
        unused = [(f"probe-{number}",) * len(operation.parameters) for number in range(MIN_REJECTIONS)]
        for resource in known(operation)[:MIN_REJECTIONS] or unused:
            yield operation, operation.bind(resource)
