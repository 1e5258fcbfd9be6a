"""Schemas of a document as conjunctions: all the schemas that judge one value, taken apart into plain keywords.

A `Node` is a tuple of schemas that must all hold. `allOf`, `$ref` with its siblings, and the tag that a union's branch
is pinned to are then nothing special: each adds to the tuple. What a tuple cannot say (`not`, `if`, dependencies) is
folded away by the exact schema algebra of jsonschema_rs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import jsonschema
import jsonschema_rs

from contracts import dialect
from contracts.discriminator import Union
from contracts.document import Document
from contracts.errors import DocumentError
from contracts.formats import checker
from contracts.pointer import find, join, split

HARD: Final = frozenset(
    "dependentRequired dependentSchemas else if not then unevaluatedItems unevaluatedProperties".split()
)
"""Keywords that only the algebra can take apart."""

_BITS: Final = {"int32": 32, "int64": 64}


@dataclass(frozen=True, slots=True)
class Part:
    """One schema of a conjunction; compared by `key`. `pointer` is None for a schema that stands in no document."""

    key: str
    pointer: str | None = field(compare=False)
    schema: Any = field(compare=False)

    def without(self, *keywords: str) -> Part:
        """The same place, some of its keywords already seen to."""
        rest = {keyword: value for keyword, value in self.schema.items() if keyword not in keywords}
        return Part(f"{self.key} - {' '.join(keywords)}", self.pointer, rest)

    def child(self, *path: str | int) -> Part:
        """The schema at a path below this one."""
        schema = find(self.schema, [str(step) for step in path])
        return (
            made(schema)
            if self.pointer is None
            else Part(self.pointer + join(*path), self.pointer + join(*path), schema)
        )


Node = tuple[Part, ...]


def made(schema: Any) -> Part:
    """A schema that stands in no document; its `$ref`s are places of the document none the less."""
    return Part(json.dumps(schema, sort_keys=True), None, schema)


class Unsatisfiable(DocumentError):
    """A schema that no value satisfies."""


class Schemas:
    """The schemas of one document; everything asked of them is kept for the next time."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._silent = dialect.ANNOTATIONS | document.annotations
        self._flat: dict[Node, Node] = {}
        self._feasible: dict[Node, bool] = {}
        self._fits: dict[Node, Callable[[Any], bool]] = {}
        self._opaque: dict[str, bool] = {}
        self._reached: dict[str, frozenset[str]] = {}

    def at(self, pointer: str) -> Part:
        """The schema at a place of the document."""
        pointer = "#" + join(*split(pointer))
        return Part(pointer, pointer, self.document.schema(pointer))

    def refuse(self, node: Node) -> Unsatisfiable:
        """The error that says that no value satisfies the node, told at its first place in the document."""
        pointer = next((part.pointer for part in node if part.pointer), "")
        return Unsatisfiable(self.document.path, pointer, "is satisfied by no value", "mend the schema")

    def flat(self, node: Node) -> Node:
        """The node with `$ref` and `allOf` followed, annotations and schemas that say nothing left out."""
        if node not in self._flat:
            self._flat[node] = tuple(dict.fromkeys(flat for part in node for flat in self._flatten(part)))
        return self._flat[node]

    def _flatten(self, part: Part) -> Iterator[Part]:
        if part.schema is True or part.schema == {}:
            return
        if part.schema is False:
            yield made(False)
            return
        self._refuse_unknown(part)
        if {"unevaluatedProperties", "unevaluatedItems"} & part.schema.keys():
            # They look at what their neighbours saw, so the neighbours must stay.
            yield part
            return
        if "$ref" in part.schema:
            yield from self._flatten(self.at(part.schema["$ref"]))
        for index in range(len(part.schema.get("allOf", ()))):
            yield from self._flatten(part.child("allOf", index))
        silent = [keyword for keyword in part.schema if self._says_nothing(keyword)]
        rest = part.without("$ref", "allOf", *silent)
        if rest.schema:
            yield rest if len(rest.schema) < len(part.schema) else part

    def _says_nothing(self, keyword: str) -> bool:
        return keyword in self._silent or keyword.startswith("x-")

    def _refuse_unknown(self, part: Part) -> None:
        for keyword in part.schema:
            if keyword not in dialect.KNOWN and not self._says_nothing(keyword):
                place = (part.pointer or "") + join(keyword)
                mend = f"correct it, or rename it x-{keyword}"
                raise DocumentError(self.document.path, place, f"is an unknown keyword: {keyword}", mend)

    def feasible(self, node: Node) -> bool:
        """False where it is proved that no value satisfies the node."""
        node = self.flat(node)
        if node not in self._feasible:
            self._feasible[node] = (
                self._canonical(node)[0].satisfiability() != jsonschema_rs.canonical.Satisfiability.NO
            )
        return self._feasible[node]

    def folded(self, node: Node) -> Part:
        """One schema without HARD keywords that admits all the node admits, and as little else as can be said."""
        canonical, opaque = self._canonical(self.flat(node))
        schema = canonical.to_json_schema()
        if isinstance(schema, dict):
            schema = {keyword: value for keyword, value in schema.items() if keyword not in ("$defs", "$schema")}
        places = {f"#/$defs/{number}": pointer for number, pointer in enumerate(opaque)}
        return made(_soften(_restore(schema, places)))

    def fits(self, node: Node) -> Callable[[Any], bool]:
        """Whether a value satisfies the node by the word of both validators, formats asserted."""
        if node not in self._fits:
            schema: dict[str, Any] = {"allOf": [part.schema for part in node] or [True]}
            if '"$ref"' in json.dumps(schema):
                schema = {**self.document.contents, **schema}
            slow = jsonschema.Draft202012Validator(schema, format_checker=checker())
            fast = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)
            self._fits[node] = lambda value: fast.is_valid(value) and slow.is_valid(value)
        return self._fits[node]

    def recursive(self, pointer: str | None) -> bool:
        """Whether the schema at the place holds itself, at any depth."""
        return pointer is not None and pointer in self._reach(pointer)

    def _canonical(self, node: Node) -> tuple[jsonschema_rs.CanonicalSchema, list[str]]:
        opaque: list[str] = []
        parts = [self._inline(part.schema, part.pointer, opaque, pinned=True) for part in node]
        # A schema that refers to itself is left as a reference; this one admits everything that is no odd object.
        definitions = {str(n): {"properties": {"\0": {"$ref": f"#/$defs/{n}"}}} for n in range(len(opaque))}
        return jsonschema_rs.canonicalize(
            {"allOf": parts or [True], "$defs": definitions}, validate_formats=True
        ), opaque

    def _inline(self, schema: Any, pointer: str | None, opaque: list[str], pinned: bool) -> Any:
        """The schema without `$ref`s, but for the parts of the instance whose schema has to stay as it is."""
        if not isinstance(schema, dict):
            return schema
        if "$ref" in schema:
            target = self.at(schema["$ref"])
            rest = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
            both = [
                self._inline(target.schema, target.pointer, opaque, pinned),
                self._inline(rest, pointer, opaque, pinned),
            ]
            return {"allOf": both} if rest else both[0]
        done = {keyword: value for keyword, value in schema.items() if not self._says_nothing(keyword)}
        for path, child in dialect.children(schema):
            place = None if pointer is None else pointer + join(*path)
            _put(done, path, self._inline_child(child, place, path[0], opaque, pinned))
        union = self.document.unions.get(pointer or "")
        if pinned and union and union.keyword in done:
            done = _pinned(done, union)
        return _bounded(done)

    def _inline_child(self, child: Any, place: str | None, keyword: str, opaque: list[str], pinned: bool) -> Any:
        if keyword in dialect.IN_PLACE:
            return self._inline(child, place, opaque, pinned and keyword not in ("not", "if"))
        if isinstance(child, dict) and child.keys() == {"$ref"}:
            place = self.at(child["$ref"]).pointer
        if place is None or not self._must_stay(place):
            return self._inline(child, place, opaque, pinned)
        if place not in opaque:
            opaque.append(place)
        return {"$ref": f"#/$defs/{opaque.index(place)}"}

    def _must_stay(self, pointer: str) -> bool:
        if pointer not in self._opaque:
            reached = self._reach(pointer) | {pointer}
            self._opaque[pointer] = pointer in self._reach(pointer) or any(
                place in self.document.unions or place in self._reach(place) for place in reached
            )
        return self._opaque[pointer]

    def _reach(self, pointer: str) -> frozenset[str]:
        """Every place that the schema at the place leads to."""
        if pointer not in self._reached:
            found: set[str] = set()
            waiting = [pointer]
            while waiting:
                part = self.at(waiting.pop())
                for place in _leads(part):
                    if place not in found:
                        found.add(place)
                        waiting.append(place)
            self._reached[pointer] = frozenset(found)
        return self._reached[pointer]


def pin(tag: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """The schema of objects whose tag is present and one of these."""
    return {"type": "object", "required": [tag], "properties": {tag: {"enum": list(tags)}}}


def _pinned(schema: dict[str, Any], union: Union) -> dict[str, Any]:
    branches = list(schema.pop(union.keyword))
    for branch in union.tagged:
        index = int(branch.pointer.rsplit("/", 1)[-1])
        branches[index] = {"allOf": [branches[index], pin(union.tag, branch.tags)]}
    return {**schema, "allOf": [*schema.get("allOf", ()), {"anyOf": branches}]}


def _leads(part: Part) -> Iterator[str]:
    for path, _ in dialect.children(part.schema):
        yield f"{part.pointer}{join(*path)}"
    if isinstance(part.schema, dict) and "$ref" in part.schema:
        yield "#" + join(*split(part.schema["$ref"]))


def _put(schema: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    keyword = path[0]
    if len(path) == 1:
        schema[keyword] = value
        return
    # A copy: what was there belongs to the document.
    holder = schema[keyword] = schema[keyword].copy()
    holder[int(path[1]) if isinstance(holder, list) else path[1]] = value


def _bounded(schema: dict[str, Any]) -> dict[str, Any]:
    """The algebra knows no widths of integers; bounds say the same."""
    bits = _BITS.get(schema.get("format", ""))
    if bits is None:
        return schema
    rest = {keyword: value for keyword, value in schema.items() if keyword != "format"}
    return {"allOf": [rest, {"minimum": -(2 ** (bits - 1)), "maximum": 2 ** (bits - 1) - 1}]}


def _restore(schema: Any, places: Mapping[str, str]) -> Any:
    if isinstance(schema, list):
        return [_restore(item, places) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        schema = {**schema, "$ref": places[schema["$ref"]]}
    return {key: _restore(value, places) for key, value in schema.items()}


def _soften(schema: Any) -> Any:
    """Without what is left of HARD keywords: they are for the validators to filter by."""
    if not isinstance(schema, dict):
        return schema
    if schema == {"not": {}}:
        return False
    kept = {keyword: value for keyword, value in schema.items() if keyword not in HARD}
    for keyword in ("allOf", "anyOf", "oneOf"):
        if keyword in kept:
            kept[keyword] = [_soften(item) for item in kept[keyword]]
    return kept
