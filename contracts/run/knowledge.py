"""Find out what is known before anything is judged: what is remembered, what the target lists, whether it answers."""

from __future__ import annotations

import datetime
import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.http import LET_IN, NOT_FOUND, Exchange, GuardedSession, Rejections, label_of, share_of
from contracts.openapi import Document, Operation, Resource, official_client
from contracts.run.handed_in import Found, Memory
from contracts.run.listing import found_in_lists
from contracts.run.settings import Settings
from contracts.sdk import discover


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What the process that leads finds out before anything is asked, and hands on to its workers."""

    started: datetime.datetime
    remembered: Found
    discovered: Found
    turn: int = 0
    """How many runs of a plan with a bound came before, each of which asked another part of it."""
    notes: tuple[str, ...] = ()
    """Sentences on where resources were found; the process that leads reports them."""

    def to_text(self) -> str:
        """Return it as JSON text: pytest-xdist carries no text that is not UTF-8, such as some ids."""
        by_path = ([[each.path, rows] for each, rows in found.items()] for found in (self.remembered, self.discovered))
        return json.dumps([self.started.isoformat(), self.turn, *by_path])

    @classmethod
    def from_text(cls, text: str, document: Document) -> Knowledge:
        """Read what `to_text` wrote."""
        operations = {operation.path: operation for operation in document.operations}
        started, turn, *both = json.loads(text)
        remembered, discovered = ({operations[path]: tuple(map(tuple, rows)) for path, rows in found} for found in both)
        return cls(datetime.datetime.fromisoformat(started), remembered, discovered, turn)


def recall(memories: Mapping[Operation, Memory], *, undecodable_ids: bool) -> Found:
    """Return the resources that are remembered; those whose bytes are not UTF-8 only with `undecodable_ids`."""
    return {
        operation: tuple(each for each in memory.recall() if undecodable_ids or _is_decodable(each))
        for operation, memory in memories.items()
    }


def _is_decodable(resource: Resource) -> bool:
    return not any("\udc80" <= char <= "\udcff" for char in "".join(resource))


def look(session: GuardedSession, settings: Settings) -> None:
    """Ask for one or two resources; raises TargetError, in one line with the fix, if the target does not answer."""
    operation = settings.document.operations[0]
    # An unused id first: this response is not judged, and reading a known resource here would hide its first answer
    # from the history. Then one that is known, for the target may fail at the unused one alone.
    resources = (("probe",) * len(operation.parameters), *settings.known[operation.path][:1])
    session.probe(operation, *map(operation.bind, resources))


def reveal_rejection(
    seen: Sequence[Exchange],
    rejections: Rejections,
    document: Document,
    known: Callable[[Operation], tuple[Resource, ...]],
    session: Callable[[], GuardedSession],
) -> None:
    """Ask until one request is let in, or it is clear that none is; raises CallerRejected then.

    `seen` are the answers so far. Workers begin at different ends: without this, a wrong key would cost hundreds of
    requests before they know.
    """
    some_exist = any(map(known, document.operations))
    # A promised 404 shows nothing, but is to be looked into where resources are known to exist.
    labels = [label_of(each) or (NOT_FOUND if some_exist else LET_IN) for each in seen]
    for exchange, label in zip(seen, labels, strict=True):
        if label == LET_IN:
            rejections.note(exchange)
    if labels and all(label[:3].isdigit() for label in labels):
        for operation, values in _revealing_requests(document, known):
            session().ask(operation, values)
            if rejections.one_was_accepted():
                break


def listed(session: GuardedSession, settings: Settings) -> tuple[Found, tuple[str, ...]]:
    """Return the resources that the target lists, and sentences on where they were found.

    With `--discover` the official SDK's own list is asked; of operations of which nothing is known then, the lists that
    the document shows.
    """
    discovered = _listed_by_sdk(session, settings) if settings.discover else {}
    named = {each: (*settings.known[each.path], *discovered.get(each, ())) for each in settings.document.operations}
    found, notes = found_in_lists(session, settings.document, named)
    unsure = (f"{each}: {_MADE_UP}" for each in settings.document.operations if session.makes_up(each))
    return {**discovered, **found}, (*notes, *unsure)


_MADE_UP: Final = (
    "a required parameter has a value made up by its schema, so that resources are not taken to exist; "
    "give it by --parameter NAME=VALUE or an example"
)


def _listed_by_sdk(session: GuardedSession, settings: Settings) -> Found:
    operations = settings.document.operations
    # Where no overlay names an SDK, the first operation says so.
    listing = [operation for operation in operations if official_client(operation)] or operations[:1]
    return {each: discover(session, each, settings.discover) for each in listing}


def _revealing_requests(
    document: Document, known: Callable[[Operation], tuple[Resource, ...]]
) -> Iterator[tuple[Operation, Mapping[str, str]]]:
    """Yield requests for known resources, else unused ids, of one operation after another: as many as are needed."""
    share = share_of(len(document.operations))
    for operation in document.operations:
        unused = [(f"probe-{number}",) * len(operation.parameters) for number in range(share)]
        for resource in itertools.islice(itertools.cycle(known(operation) or unused), share):
            yield operation, operation.bind(resource)
