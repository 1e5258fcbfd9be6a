"""Take from a document what a schema refers to, so that compiling one schema does not compile the whole document."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any, Final

from contracts.openapi import Document, from_pointer, resolve_pointer
from strategies.values.patterns import with_portable_patterns

_DEPTH: Final = 3
"""How many steps lead to one definition: `#/components/schemas/Name`, or one path item's `#/paths/NAME/get`."""

Steps = tuple[str, ...]


class Definitions:
    """The definitions of one document, in which patterns are portable (see `with_portable_patterns`)."""

    def __init__(self, document: Document) -> None:
        self._contents = document.contents
        self._portable = cache(self._made_portable)
        self._leads_to = cache(lambda steps: frozenset(self._referenced(resolve_pointer(self._contents, steps))))

    def needed_by(self, schema: Any) -> dict[str, Any]:
        """Return the part of the document that the schema's references need, at the places where they look for it."""
        found: dict[Steps, None] = {}
        waiting = list(self._referenced(schema))
        while waiting:
            steps = waiting.pop()
            if steps not in found:
                found[steps] = None
                waiting += self._leads_to(steps)
        made: dict[str, Any] = {}
        for steps in sorted(found, key=len):
            if any(steps[:length] in found for length in range(1, len(steps))):
                continue  # It stands in another one.
            holder = made
            for step in steps[:-1]:
                holder = holder.setdefault(step, {})
            holder[steps[-1]] = self._portable(steps)
        return made

    def _made_portable(self, steps: Steps) -> Any:
        return with_portable_patterns(resolve_pointer(self._contents, steps))

    def _referenced(self, value: Any) -> Iterator[Steps]:
        """Yield the definitions that a JSON value refers to directly."""
        waiting = [value]
        while waiting:
            match waiting.pop():
                case dict() as holder:
                    waiting += holder.values()
                    if isinstance(ref := holder.get("$ref"), str) and ref.startswith("#/"):
                        yield self._definition(from_pointer(ref))
                case list() as items:
                    waiting += items

    def _definition(self, path: list[str]) -> Steps:
        """Return the steps to the definition that a path leads into: at most `_DEPTH`, and none into an array."""
        holder: Any = self._contents
        for length, step in enumerate(path[:_DEPTH]):
            if not isinstance(holder, dict):
                return tuple(path[:length])
            holder = holder.get(step)
        return tuple(path[:_DEPTH])


@lru_cache(maxsize=16)
def definitions_of(document: Document) -> Definitions:
    """Return the document's definitions, made once."""
    return Definitions(document)
