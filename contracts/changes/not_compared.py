"""Name the differences between documents that are not compared: other methods, request bodies, how to get tokens.

Hides what of a document is left aside: descriptions and the like, the names of components, and extensions. A part that
differs is named and not classified.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from contracts.openapi import (
    ANNOTATIONS,
    TEMPLATE,
    Document,
    Operation,
    follow_references,
    from_pointer,
    resolve_pointer,
    text_of,
    to_pointer,
)

NAMED: Final = 5
"""How many operations a line names."""

_METHODS: Final = ("post", "put", "patch", "delete", "head", "options", "trace", "query")
_BESIDE: Final = ANNOTATIONS - {"discriminator", "definitions", "readOnly", "writeOnly", "default"} | {
    "summary",
    "tags",
    "operationId",
}
_OF_NAMES: Final = ("properties", "patternProperties", "$defs", "dependentSchemas", "schemas")
"""Keywords whose members have names of one's own, which are no keywords."""


def not_compared(old: Document, new: Document, both: Iterable[tuple[Operation, Operation]]) -> Iterator[str]:
    """Yield a line for each sort of what differs; `both` are the operations that both documents have."""
    ours, theirs = _Written(old), _Written(new)
    for one, other in both:
        at = to_pointer("requestBody")
        if ours.text(one.pointer + at) != theirs.text(other.pointer + at):
            yield f"the request body of {one}"
    operations = _other_operations(old), _other_operations(new)
    differing = [
        name
        for name in dict.fromkeys((*operations[0], *operations[1]))
        if ours.text(operations[0].get(name, "")) != theirs.text(operations[1].get(name, ""))
    ]
    if differing:
        more = f" and {len(differing) - NAMED} more" if len(differing) > NAMED else ""
        yield f"{', '.join(differing[:NAMED])}{more}: only operations of GET are compared"
    if ours.text("#/webhooks") != theirs.text("#/webhooks"):
        yield "webhooks"
    yield from _ways_to_tokens(ours, theirs)


def _other_operations(document: Document) -> dict[str, str]:
    """Return the operations of other methods than GET by their names, with their pointers."""
    found = {}
    paths = document.written.get("paths")
    for path in paths if isinstance(paths, dict) else ():
        try:
            at, item = follow_references(document.written, "#" + to_pointer("paths", path))
        except (LookupError, ValueError):
            continue
        for method in _METHODS:
            if isinstance(item, dict) and method in item:
                # Clients see no names of path parameters.
                found[f"{method.upper()} {TEMPLATE.sub('{}', path)}"] = at + to_pointer(method)
    return found


def _ways_to_tokens(ours: "_Written", theirs: "_Written") -> Iterator[str]:
    """Yield the security schemes of one name by which clients get tokens in another way."""
    for name in ours.names("#/components/securitySchemes"):
        at = "#" + to_pointer("components", "securitySchemes", name)
        parts = [at + to_pointer(part) for part in ("flows", "openIdConnectUrl")]
        is_in_both = name in theirs.names("#/components/securitySchemes")
        if is_in_both and any(ours.text(part) != theirs.text(part) for part in parts):
            yield f"where and how clients get tokens of the security scheme {name}"


class _Written:
    """The parts of one document as texts, which are equal if two documents say the same."""

    def __init__(self, document: Document) -> None:
        self._contents = document.written
        self._part = cache(self._part_at)

    def names(self, pointer: str) -> tuple[str, ...]:
        """Return the names of the members of a place."""
        found = self._at(pointer)
        return tuple(found) if isinstance(found, dict) else ()

    def text(self, pointer: str) -> tuple[tuple[str, tuple[int, ...]], ...]:
        """Return what stands at a place and all that it refers to, numbered as it is met; nothing for no place."""
        met = {pointer: 0}
        parts = []
        # The loop appends to this list each part that is referred to, and reaches it later.
        for each in (queue := [pointer]):
            said, references = self._part(each)
            numbers = []
            for reference in references:
                if reference not in met:
                    met[reference] = len(met)
                    queue.append(reference)
                numbers.append(met[reference])
            parts.append((said, tuple(numbers)))
        return tuple(parts)

    def _part_at(self, pointer: str) -> tuple[str, tuple[str, ...]]:
        references: list[str] = []
        found = self._at(pointer)
        return ("" if found is None else text_of(_stripped(found, references)), tuple(references))

    def _at(self, pointer: str) -> Any:
        if not pointer:
            return None
        try:
            return resolve_pointer(self._contents, from_pointer(pointer))
        except (LookupError, ValueError):
            return None


def _stripped(value: Any, references: list[str], *, is_of_names: bool = False) -> Any:
    """Return the value without what asserts nothing, and without its references, which are added to the list."""
    if isinstance(value, list):
        return [_stripped(each, references) for each in value]
    if not isinstance(value, Mapping):
        return value
    made: dict[str, Any] = {}
    for name in sorted(value, key=str):
        kept, inner = str(name), value[name]
        if kept == "$ref" and isinstance(inner, str) and inner.startswith("#"):
            references.append(inner)
            made[kept] = ""
        elif is_of_names or not (kept in _BESIDE or kept.startswith("x-")):
            made[kept] = _stripped(inner, references, is_of_names=not is_of_names and kept in _OF_NAMES)
    return made
