"""Take the schemas of a document apart into conjunctions (`node`): all the schemas that judge one value.

`allOf`, `$ref` with its siblings, and the tag that a union's branch is pinned to each add to the conjunction. Keywords
that none expresses (`not`, `if`, dependencies) are folded away by the exact schema algebra of jsonschema_rs. Hides that
algebra, references and both validators.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import jsonschema_rs

from contracts.openapi import (
    ANNOTATIONS,
    IN_PLACE,
    INTEGERS,
    KNOWN,
    Document,
    DocumentError,
    Union,
    from_pointer,
    subschemas,
    to_pointer,
)
from strategies.values.definitions import definitions_of
from strategies.values.node import HARD, Node, Part, inline, pin
from strategies.values.patterns import ecma_validator, with_portable_patterns
from strategies.values.reach import Reach
from strategies.values.satisfiability import PlainSatisfiability


class Unsatisfiable(DocumentError):
    """No value satisfies a schema, or none was found that does."""


class Schemas:
    """The schemas of one document. Results about a node are kept for the next time.

    `flat(node)` is the node with `$ref` and `allOf` followed, without annotations and schemas that assert nothing.
    `plain` decides on satisfiability by keywords alone.
    `recursive(pointer)` is whether the schema at a JSON pointer holds itself, at any depth.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        self._silent = ANNOTATIONS | document.annotations
        self.flat: Callable[[Node], Node] = cache(self._flat)
        self._fits_flat = cache(self._fits)
        self.plain = PlainSatisfiability(document, self.flat, self.fits, cache(self.by_algebra))
        self._satisfiable = cache(self._is_satisfiable)
        self._validator = cache(lambda node: ecma_validator(self._whole(node)))
        self._reach = Reach(lambda pointer: _next_places(self.at(pointer)), lambda pointer: pointer in document.unions)
        self.recursive: Callable[[str], bool] = self._reach.is_recursive

    def at(self, pointer: str) -> Part:
        """Return the schema at a JSON pointer of the document; raise LookupError if there is none."""
        pointer = "#" + to_pointer(*from_pointer(pointer))
        return Part(pointer, pointer, self.document.schema(pointer))

    def refuse(
        self, node: Node, problem: str = "is satisfied by no value", fix: str = "fix the schema", removes: str = ""
    ) -> Unsatisfiable:
        """Return the error that the node has no value, at the node's first place in the document.

        Without what stands at the place `removes` there would be one.
        """
        pointer = next((part.pointer for part in node if part.pointer), "")
        return Unsatisfiable(self.document.path, pointer, problem, fix, removes=removes)

    def _flat(self, node: Node) -> Node:
        return tuple(dict.fromkeys(flat for part in node for flat in self._flatten(part)))

    def _flatten(self, part: Part) -> Iterator[Part]:
        if part.schema is True or part.schema == {}:
            return
        if part.schema is False:
            yield inline(False)
            return
        self._refuse_unknown(part)
        if {"unevaluatedProperties", "unevaluatedItems"} & part.schema.keys():
            # These keywords depend on the results of their neighbours, so the neighbours must stay.
            yield part
            return
        if "$ref" in part.schema:
            yield from self._flatten(self.at(part.schema["$ref"]))
        for index in range(len(part.schema.get("allOf", ()))):
            yield from self._flatten(part.child("allOf", index))
        silent = [keyword for keyword in part.schema if self._asserts_nothing(keyword)]
        rest = part.without("$ref", "allOf", *silent)
        if rest.schema:
            yield rest if len(rest.schema) < len(part.schema) else part

    def _asserts_nothing(self, keyword: str) -> bool:
        return keyword in self._silent or keyword.startswith("x-")

    def _refuse_unknown(self, part: Part) -> None:
        for keyword in part.schema:
            if keyword not in KNOWN and not self._asserts_nothing(keyword):
                place = (part.pointer or "") + to_pointer(keyword)
                fix = f"correct it, or rename it x-{keyword}"
                raise DocumentError(self.document.path, place, f"is an unknown keyword: {keyword}", fix)

    def fits(self, node: Node) -> Callable[[Any], bool]:
        """Return the test whether a value satisfies the node by both validators, formats asserted."""
        return self._fits_flat(self.flat(node))

    def feasible(self, node: Node) -> bool:
        """Return False if it is proved that no value satisfies the node."""
        return self._satisfiable(self.flat(node))

    def _is_satisfiable(self, flat: Node) -> bool:
        plain = self.plain.of(flat)
        return self.by_algebra(flat) is not False if plain is None else plain

    def by_algebra(self, flat: Node) -> bool | None:
        """Return whether a value satisfies a flat node by the algebra; None if it does not know."""
        try:
            return _VERDICTS[self._canonical(flat)[0].satisfiability()]
        except jsonschema_rs.canonical.InvalidPattern:
            return None  # A pattern beyond the algebra, such as one with too many repetitions, proves nothing.

    def folded(self, node: Node) -> Part:
        """Return one schema without HARD keywords that admits every value of the node and few others."""
        try:
            canonical, opaque = self._canonical(self.flat(node))
        except jsonschema_rs.canonical.InvalidPattern:
            return inline(_soften({"allOf": [part.schema for part in self.flat(node)]}))
        schema = canonical.to_json_schema()
        if isinstance(schema, dict):
            schema = {keyword: value for keyword, value in schema.items() if keyword not in ("$defs", "$schema")}
        places = {f"#/$defs/{number}": pointer for number, pointer in enumerate(opaque)}
        return inline(_soften(_restore(schema, places)))

    def _fits(self, node: Node) -> Callable[[Any], bool]:
        schema = self._whole(node)
        slow = ecma_validator(schema)
        try:
            fast = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
        except jsonschema_rs.ValidationError:
            return slow.is_valid  # Rust's engine refuses some patterns in any form, for instance for their size.
        return lambda value: fast.is_valid(value) and slow.is_valid(value)

    def broken_keywords(self, node: Node, value: Any) -> set[str | None]:
        """Return the keywords that a value breaks by the word of jsonschema, None standing for a `false` schema."""
        errors = self._validator(node).iter_errors(value)
        return {error.validator if isinstance(error.validator, str) else None for error in errors}

    def _whole(self, node: Node) -> dict[str, Any]:
        """Return the node as one schema in which references resolve and patterns are portable."""
        schema: dict[str, Any] = with_portable_patterns({"allOf": [part.schema for part in node] or [True]})
        return {**definitions_of(self.document).needed_by(schema), **schema}

    def _canonical(self, node: Node) -> tuple[jsonschema_rs.CanonicalSchema, list[str]]:
        opaque: list[str] = []
        parts = [self._inline(part.schema, part.pointer, opaque, pinned=True) for part in node]
        # A schema that refers to itself stays a reference, to a definition that admits nearly everything.
        definitions = {str(n): {"properties": {"\0": {"$ref": f"#/$defs/{n}"}}} for n in range(len(opaque))}
        whole = {"allOf": parts or [True], "$defs": definitions}
        return jsonschema_rs.canonicalize(with_portable_patterns(whole), validate_formats=True), opaque

    def _inline(self, schema: Any, pointer: str | None, opaque: list[str], pinned: bool) -> Any:
        """Return the schema with its `$ref`s replaced, except where the schema of a part has to stay opaque."""
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            target = self.at(schema["$ref"])
            rest = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
            followed = self._inline(target.schema, target.pointer, opaque, pinned)
            beside = self._inline(rest, pointer, opaque, pinned)
            # The target stands inside, so that what it evaluates counts for `unevaluated...` beside it.
            return {**beside, "allOf": [followed, *beside.get("allOf", ())]} if rest else followed
        done = {keyword: value for keyword, value in schema.items() if not self._asserts_nothing(keyword)}
        for path, child in subschemas(schema):
            place = None if pointer is None else pointer + to_pointer(*path)
            done = put(done, path, self._inline_child(child, place, path[0], opaque, pinned))
        union = self.document.unions.get(pointer or "")
        if pinned and union and union.keyword in done:
            done = _pinned(done, union)
        return _bounded(done)

    def _inline_child(self, child: Any, place: str | None, keyword: str, opaque: list[str], pinned: bool) -> Any:
        if keyword in IN_PLACE:
            return self._inline(child, place, opaque, pinned and keyword not in ("not", "if"))
        if isinstance(child, dict) and child.keys() == {"$ref"}:
            place = self.at(child["$ref"]).pointer
        if place is None or not self._reach.leads_to_marked(place):
            return self._inline(child, place, opaque, pinned)
        if place not in opaque:
            opaque.append(place)
        return {"$ref": f"#/$defs/{opaque.index(place)}"}

    def reach(self, pointer: str) -> set[str]:
        """Return the JSON pointers of a schema and of all schemas inside it, references followed."""
        found = {pointer}
        waiting = [pointer]
        while waiting:
            new = set(_next_places(self.at(waiting.pop()))) - found
            found |= new
            waiting += new
        return found


_VERDICTS: Final = {
    jsonschema_rs.canonical.Satisfiability.YES: True,
    jsonschema_rs.canonical.Satisfiability.NO: False,
    jsonschema_rs.canonical.Satisfiability.UNKNOWN: None,
}


def _pinned(schema: dict[str, Any], union: Union) -> dict[str, Any]:
    branches = list(schema.pop(union.keyword))
    for branch in union.tagged:
        index = int(branch.pointer.rsplit("/", 1)[-1])
        branches[index] = {"allOf": [branches[index], pin(union.tag, branch.tags)]}
    return {**schema, "allOf": [*schema.get("allOf", ()), {"anyOf": branches}]}


def _next_places(part: Part) -> Iterator[str]:
    for path, _ in subschemas(part.schema):
        yield f"{part.pointer}{to_pointer(*path)}"
    if isinstance(part.schema, dict) and "$ref" in part.schema:
        yield "#" + to_pointer(*from_pointer(part.schema["$ref"]))


def put(value: Any, path: Sequence[str | int], new: Any) -> Any:
    """Return a copy of the value with another part at a path of names and indexes, or at that of a JSON pointer."""
    if not path:
        return new
    copied = value.copy()
    step = int(path[0]) if isinstance(value, list) else path[0]
    copied[step] = put(value[step], path[1:], new) if path[1:] else new
    return copied


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """Replace the width of an integer, which the algebra does not know, by bounds."""
    limits = INTEGERS.get(schema.get("format", ""))
    if limits is None:
        return schema
    rest = {keyword: value for keyword, value in schema.items() if keyword != "format"}
    return {"allOf": [rest, {"minimum": limits[0], "maximum": limits[1]}]}


def _restore(schema: Any, places: Mapping[str, str]) -> Any:
    if isinstance(schema, list):
        return [_restore(item, places) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        schema = {**schema, "$ref": places[schema["$ref"]]}
    return {key: _restore(value, places) for key, value in schema.items()}


def _soften(schema: Any) -> Any:
    """Return the schema without HARD keywords that are left; the validators filter by them."""
    if not isinstance(schema, dict):
        return schema
    if schema == {"not": {}}:
        return False
    kept = {keyword: value for keyword, value in schema.items() if keyword not in HARD}
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in kept:
            kept[keyword] = [_soften(item) for item in kept[keyword]]
    return kept
