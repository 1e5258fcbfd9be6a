"""Play the life of a resource over time: its state goes from the first value to a final one, all else stays.

The overlay says which states are final (`x-final`). The document lists the others, and the order in which it lists them
is taken for that of the story, because nothing else tells it.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

from contracts.http import Exchange, Request, Response
from contracts.judge import judge
from contracts.openapi import (
    ConfigurationError,
    Document,
    Lasting,
    Operation,
    Resource,
    ResponseSpec,
    from_pointer,
    lasting,
    resolve_pointer,
)
from strategies.mock.mocking import Known
from strategies.values import Values, put, walk_of

Clock = Callable[[], float]


def states(operation: Operation, spec: ResponseSpec) -> Iterator[tuple[Lasting, tuple[Any, ...]]]:
    """Yield each value of the spec's answers that has final states, with all of its states in the document's order."""
    walk = walk_of(operation.document)
    for kept in lasting(operation, spec):
        step = walk.step(walk.node(kept.pointer.rpartition("/")[0])) if kept.values is not None else None
        if isinstance(step, Values):
            yield kept, step.values


def has_life(operation: Operation) -> bool:
    """Return whether an answer of the operation has a state that becomes final."""
    return bool(operation.parameters) and any(True for spec in operation.granted for _ in states(operation, spec))


def living(document: Document, known: Known, seconds: float) -> Known:
    """Return what a mock server knows if its resources live; raise ConfigurationError if nothing becomes final."""
    if not any(map(has_life, document.operations)):
        problem = f"--life finds no state that becomes final in {document.path.name} and its overlays"
        raise ConfigurationError(f"{problem}; an --overlay names the final values of an enum by x-final: [VALUE, ...]")
    return lambda each: Living(each, known(each), seconds) if has_life(each) else known(each)


class Living(Mapping[Resource, Response]):
    """Resources whose answers change while time passes: from the first request for one on, for `seconds`.

    The states that are not final share that time. A state in which the answer would break the contract is left out.
    """

    def __init__(
        self,
        operation: Operation,
        resources: Mapping[Resource, Response],
        seconds: float,
        clock: Clock = time.monotonic,
    ) -> None:
        self._resources, self._seconds, self._clock = resources, seconds, clock
        self._story: Final = lru_cache(maxsize=None)(lambda resource: story(operation, resource, resources[resource]))
        self._begun: dict[Resource, float] = {}

    def __getitem__(self, resource: Resource) -> Response:
        told, now = self._story(resource), self._clock()
        elapsed = now - self._begun.setdefault(resource, now)
        return told[min(len(told) - 1, int(elapsed / self._seconds * (len(told) - 1)))]

    def __contains__(self, resource: object) -> bool:
        return resource in self._resources

    def __iter__(self) -> Iterator[Resource]:
        return iter(self._resources)

    def __len__(self) -> int:
        return len(self._resources)


def story(operation: Operation, resource: Resource, response: Response) -> tuple[Response, ...]:
    """Return the answers of a resource's life in their order, each of which conforms; the last one is final.

    If the answer has no state that could change, it is the whole story.
    """
    spec = operation.response_for(response.status)
    tracks = list(_tracks(operation, spec, response)) if spec and response.ok else []
    length = max((len(steps) for _, steps in tracks), default=0)
    told = []
    for number in range(length):
        value = json.loads(response.body)
        for path, steps in tracks:
            value = put(value, path, steps[number * len(steps) // length])
        body = json.dumps(value, ensure_ascii=False).encode()
        told.append(Response(response.status, response.headers, body))
    request = Request(operation.path, tuple(operation.bind(resource).items()), exists=True)
    return tuple(each for each in told if not judge(operation, Exchange(operation, request, each))) or (response,)


def _tracks(operation: Operation, spec: ResponseSpec, response: Response) -> Iterator[tuple[list[str], list[Any]]]:
    """Yield the place of each state in an answer, with the values that it goes through."""
    for kept, values in states(operation, spec):
        path, finals = from_pointer(kept.place), [value for value in values if value in (kept.values or ())]
        try:
            own = resolve_pointer(json.loads(response.body), path)
        except (LookupError, ValueError):
            continue
        if finals and path:
            yield path, [*(value for value in values if value not in finals), own if own in finals else finals[0]]
