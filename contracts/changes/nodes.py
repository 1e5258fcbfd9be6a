"""Read the schemas of one document as conjunctions, so that two documents can be compared keyword by keyword.

Hides `$ref`, `allOf`, annotations, and the text that two schemas share if they say the same in other words: names of
components, the order of members and what is inlined do not show in it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, Final

from contracts.openapi import (
    ANNOTATIONS,
    HINTS,
    INTEGERS,
    KNOWN,
    Document,
    Union,
    from_pointer,
    identity,
    subschemas,
    to_pointer,
)

LARGEST: Final = 2_000
"""Of how many schemas one is made at most that is handed to the algebra."""

DEEPEST: Final = 100
"""How deep these may be nested."""

_SETS: Final = frozenset({"enum", "required", "type"})
"""Keywords whose arrays are sets: their order means nothing."""


class NotInlined(Exception):
    """A schema that cannot be written without references; the text says why, as `the schema holds itself`."""


@dataclass(frozen=True, slots=True)
class Part:
    """The schema at a JSON pointer of the document, without some of its keywords."""

    pointer: str
    without: frozenset[str] = frozenset()


Node = tuple[Part, ...]
"""The schemas that judge one value, all of which must hold; without any, every value is allowed."""


class Side:
    """One of the two documents."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._speaking = KNOWN - ANNOTATIONS - document.annotations - {"$defs"}
        self.flat = cache(self._flat)
        self.keywords = cache(self._keywords)
        self.written = cache(self._written)

    def _flat(self, node: Node) -> Node:
        """Return the node with every `$ref` and `allOf` followed, without schemas that assert nothing."""
        return tuple(dict.fromkeys(inner for part in node for inner in self._flatten(part)))

    def _flatten(self, part: Part) -> Iterator[Part]:
        schema = self.document.schema(part.pointer)
        if not isinstance(schema, dict):
            yield from () if schema is True else (part,)
            return
        if {"unevaluatedProperties", "unevaluatedItems"} & schema.keys():
            yield part  # These depend on what stands beside them, behind `$ref` and `allOf` too.
            return
        if "$ref" in schema and "$ref" not in part.without:
            yield from self._flatten(Part("#" + to_pointer(*from_pointer(schema["$ref"]))))
        for index in range(len(schema.get("allOf", ())) if "allOf" not in part.without else 0):
            yield from self._flatten(Part(part.pointer + to_pointer("allOf", index)))
        rest = Part(part.pointer, part.without | {"$ref", "allOf"})
        if self.keywords(rest):
            yield rest

    def _keywords(self, part: Part) -> Mapping[str, Any]:
        """Return what the part asserts, by keyword; a schema that is false has the keyword `not` alone."""
        schema = self.document.schema(part.pointer)
        if not isinstance(schema, dict):
            return {} if schema is True else {"not": {}}
        return {
            keyword: value
            for keyword, value in schema.items()
            if keyword in self._speaking and keyword not in part.without and not _is_hint(keyword, value)
        }

    def union(self, part: Part) -> Union | None:
        """Return the tagged union that the part is, if it is one."""
        union = self.document.unions.get(part.pointer)
        return union if union and union.keyword not in part.without else None

    def schema_of(self, node: Node) -> dict[str, Any]:
        """Return the node as one schema, whose references are places of the document."""
        return {"allOf": [self._standing(part) for part in node]} if node else {}

    def _standing(self, part: Part) -> Any:
        schema = self.document.schema(part.pointer)
        if not isinstance(schema, dict) or not part.without & schema.keys():
            return {"$ref": part.pointer}
        return {keyword: value for keyword, value in schema.items() if keyword not in part.without}

    def _written(self, node: Node) -> str:
        """Return a text that two nodes share, also of two documents, only if they admit the same values.

        Components are numbered in the order in which they are met, so that their names do not show.
        """
        met: dict[str, int] = {}
        texts = [json.dumps(self._plain(part, met), sort_keys=True) for part in node]
        done = 0
        while done < len(met):
            target = list(islice(met, done, None))
            done = len(met)
            texts += [json.dumps(self._plain(Part(each), met), sort_keys=True) for each in target]
        return "&".join(texts)

    def _plain(self, part: Part, met: dict[str, int]) -> Any:
        schema = self.document.schema(part.pointer)
        if not isinstance(schema, dict):
            return schema
        kept = self._keywords(part)
        inner = {path: Part(part.pointer + to_pointer(*path)) for path, _ in subschemas(kept)}
        made = {keyword: self._plain_keyword(keyword, kept[keyword], inner, met) for keyword in sorted(kept)}
        if union := self.union(part):
            made["discriminator"] = [union.tag, *(list(branch.tags) for branch in union.tagged)]
        return made

    def _plain_keyword(
        self, keyword: str, value: Any, inner: Mapping[tuple[str, ...], Part], met: dict[str, int]
    ) -> Any:
        own = {path: at for path, at in inner.items() if path[0] == keyword}
        if keyword == "$ref":
            return met.setdefault("#" + to_pointer(*from_pointer(value)), len(met))
        if not own:
            return sorted(map(identity, value)) if keyword in _SETS and isinstance(value, list) else value
        if isinstance(value, dict) and (keyword,) not in own:
            return {path[1]: self._plain(at, met) for path, at in sorted(own.items())}
        every = [self._plain(at, met) for at in own.values()]
        return every if isinstance(value, list) else every[0]

    def inlined(self, node: Node) -> dict[str, Any]:
        """Return the node as a schema without references, in which tags select branches; raises NotInlined."""
        return {"allOf": [_Inlining(self).schema(part, ()) for part in node]} if node else {}

    def bounded(self, keyword: str, value: Any) -> dict[str, Any]:
        """Return one keyword as a schema: the width of an integer, which the algebra does not know, as bounds."""
        limits = INTEGERS.get(str(value)) if keyword == "format" else None
        if limits is None:
            return {keyword: value}
        return {"anyOf": [{"not": {"type": "integer"}}, {"minimum": limits[0], "maximum": limits[1]}]}


def _is_hint(keyword: str, value: Any) -> bool:
    return keyword == "format" and value in HINTS


class _Inlining:
    def __init__(self, side: Side) -> None:
        self._side = side
        self._count = 0

    def schema(self, part: Part, within: tuple[str, ...]) -> Any:
        """Return the part's schema without references; `within` are the places that were entered on the way."""
        self._count += 1
        if part.pointer in within:
            raise NotInlined("the schema holds itself")
        if self._count > LARGEST or len(within) > DEEPEST:
            raise NotInlined(
                f"it is made of more than {LARGEST:,} schemas, or of more than {DEEPEST} inside each other"
            )
        schema = self._side.document.schema(part.pointer)
        if not isinstance(schema, dict):
            return schema
        kept, within = self._side.keywords(part), (*within, part.pointer)
        made: dict[str, Any] = {}
        beside: list[Any] = []
        for keyword, value in kept.items():
            if keyword == "$ref":
                beside.append(self.schema(Part("#" + to_pointer(*from_pointer(value))), within))
            elif keyword == "format":
                beside.append(self._side.bounded(keyword, value))
            else:
                made[keyword] = self._keyword(part.pointer, keyword, value, within)
        if union := self._side.union(part):
            # An object has the branch that its tag claims, and where the keyword is oneOf no other one.
            branches = made["oneOf"] if union.keyword == "oneOf" else made.pop("anyOf")
            beside.append({"anyOf": self._pinned(union, [*branches])})
        return {**made, "allOf": [*made.get("allOf", ()), *beside]} if beside else made

    def _keyword(self, pointer: str, keyword: str, value: Any, within: tuple[str, ...]) -> Any:
        paths = [path for path, _ in subschemas({keyword: value})]
        if not paths:
            return value
        every = [self.schema(Part(pointer + to_pointer(*path)), within) for path in paths]
        if isinstance(value, list):
            return every
        if len(paths[0]) == 1:
            return every[0]
        return {path[1]: each for path, each in zip(paths, every, strict=True)}

    def _pinned(self, union: Union, branches: list[Any]) -> list[Any]:
        for branch in union.tagged:
            index = int(branch.pointer.rsplit("/", 1)[-1])
            branches[index] = {"allOf": [branches[index], pin(union.tag, branch.tags)]}
        return branches


def pin(tag: str, tags: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of objects whose tag is present and one of these."""
    return {"type": "object", "required": [tag], "properties": {tag: {"enum": list(tags)}}}
