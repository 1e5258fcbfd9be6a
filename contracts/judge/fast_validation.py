"""A document's schemas, compiled by jsonschema_rs to say in microseconds whether a value is valid.

Hides what has to be written in other words for it: the tag rule, the widths of integers, patterns, which our engine
judges. Each schema is compiled when it is first asked for: all of a document whose schemas hold each other take
gigabytes.
"""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final
from urllib.parse import quote

import jsonschema_rs

from contracts.openapi import (
    INTEGERS,
    STRICTER,
    STRICTER_FORMATS,
    Branch,
    Document,
    Union,
    from_pointer,
    is_plain,
    matches_pattern,
    resolve_pointer,
    to_pointer,
)

_BASE: Final = "urn:document"


class FastValidators:
    """The validators of jsonschema_rs for the schemas of one document, by JSON pointer."""

    def __init__(self, document: Document) -> None:
        """Write out what jsonschema_rs judges otherwise or not at all.

        Patterns become formats of ours. No format can stand in for a pattern of property names: there is no validator
        for any schema if one of those is not read alike by every engine.
        """
        self._document = document
        contents = _schemas_alone(document)
        nodes = {pointer: node for pointer, node in nodes_of(contents) if pointer in document.schemas}
        named = (name for node in nodes.values() for name in node.get("patternProperties", ()))
        self._known = frozenset(nodes) if all(map(is_plain, named)) else frozenset()
        self._formats: dict[str, Callable[[Any], bool]] = dict(STRICTER_FORMATS)
        for pointer, schemas in self._additions(nodes).items():
            nodes[pointer]["allOf"] = [*nodes[pointer].get("allOf", ()), *schemas]
        self._registry = jsonschema_rs.Registry([(_BASE, contents)], draft=jsonschema_rs.Draft202012)
        self.of = functools.cache(self._of)
        """Returns the validator of the schema at a pointer; None if there is none."""

    def _additions(self, nodes: dict[str, Any]) -> dict[str, list[Any]]:
        """Return the schemas that are added to those at each pointer; take patterns out of these."""
        added: dict[str, list[Any]] = {pointer: [_tag_rule(union)] for pointer, union in self._document.unions.items()}
        for pointer, node in nodes.items():
            if stricter := STRICTER.get(str(node.get("format"))):
                added.setdefault(pointer, []).append(stricter)
            if limits := INTEGERS.get(str(node.get("format"))):
                width = {"if": {"type": "integer"}, "then": {"minimum": limits[0], "maximum": limits[1]}}
                added.setdefault(pointer, []).append(width)
            if (pattern := node.pop("pattern", None)) is not None:
                self._formats[f"pattern {pattern}"] = functools.partial(_is_matched, pattern)
                added.setdefault(pointer, []).append({"format": f"pattern {pattern}"})
        return added

    def _of(self, pointer: str) -> jsonschema_rs.Validator | None:
        if pointer not in self._known:
            return None
        target = self._document.resolve(pointer)[0]
        if target != pointer:
            return self.of(target)
        with suppress(ValueError):  # It is no schema that jsonschema_rs reads.
            return jsonschema_rs.Draft202012Validator(
                {"$ref": _BASE + _fragment(pointer)},
                formats=self._formats,
                validate_formats=True,
                registry=self._registry,
            )
        return None


def nodes_of(contents: Any) -> Iterator[tuple[str, Any]]:
    """Yield every object of the document with its place, because an error names its schema only by identity."""
    waiting: list[tuple[str, Any]] = [("#", contents)]
    while waiting:
        pointer, node = waiting.pop()
        if isinstance(node, dict):
            yield pointer, node
            waiting += [(pointer + to_pointer(name), item) for name, item in node.items()]
        elif isinstance(node, list):
            waiting += [(pointer + to_pointer(index), item) for index, item in enumerate(node)]


def _schemas_alone(document: Document) -> dict[str, Any]:
    """Return a copy of the document without all that no answer is judged by: jsonschema_rs compiles every schema in it.

    Every schema keeps its JSON pointer, for an array outside schemas becomes an object by index.
    """
    kept: dict[str, Any] = {}
    roots: set[tuple[str, ...]] = set()
    for path in sorted(tuple(from_pointer(pointer)) for pointer in document.schemas):
        if any(path[:length] in roots for length in range(len(path))):
            continue  # It stands inside another one.
        with suppress(LookupError):  # Schemas that were left out are no longer in the contents.
            schema = copy.deepcopy(resolve_pointer(document.contents, path))
            roots.add(path)
            holder = kept
            for step in path[:-1]:
                holder = holder.setdefault(step, {})
            holder[path[-1]] = schema
    return kept


def _is_matched(pattern: str, value: Any) -> bool:
    return not isinstance(value, str) or matches_pattern(pattern, value)


def _reference(branch: Branch) -> dict[str, Any]:
    return {"$ref": _fragment(branch.target)}


def _fragment(pointer: str) -> str:
    # A URI fragment has no braces, but a path has (RFC 6901, section 6).
    return "#" + quote(pointer[1:])


def _tag_rule(union: Union) -> dict[str, Any]:
    claims = [
        {"if": {"properties": {union.tag: {"enum": list(branch.tags)}}}, "then": _reference(branch)}
        for branch in union.tagged
    ]
    tagged = {"required": [union.tag], "properties": {union.tag: {"enum": list(union.tags)}}, "allOf": claims}
    untagged = {"anyOf": [_reference(branch) for branch in union.untagged]} if union.untagged else False
    return {"if": {"type": "object"}, "then": tagged, "else": untagged}
