"""Documents made by chance, and edits of them whose meaning for readers is known by construction."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from random import Random
from typing import Any, NamedTuple

REF = "#/components/schemas/"

Schema = dict[str, Any]
Edit = Callable[[Random, Schema], Schema | None]
"""Returns the edited copy of a schema; None if the edit does not apply to it."""


class Edited(NamedTuple):
    """A schema with its components before and after an edit, and what the edit is and means."""

    old: Schema
    new: Schema
    old_components: Schema
    new_components: Schema
    name: str
    meaning: str


def schema_by_chance(chance: Random, components: Schema, depth: int = 3) -> Schema:
    """A schema that some value satisfies at every place; larger ones become components, now and then."""
    kinds = ["enum", "text", "number", "nullable"] + ["object", "object", "array", "union", "alternatives"] * (
        depth > 0
    )
    made = _MAKERS[chance.choice(kinds)](chance, components, depth - 1)
    if depth and chance.random() < 0.3:
        name = f"Part{len(components)}"
        components[name] = made
        return {"$ref": REF + name}
    return made


def _object(chance: Random, components: Schema, depth: int) -> Schema:
    names = [f"p{number}" for number in range(chance.randrange(1, 4))]
    properties = {name: schema_by_chance(chance, components, depth) for name in names}
    return {"type": "object", "properties": properties, "required": [each for each in names if chance.random() < 0.5]}


def _union(chance: Random, components: Schema, depth: int) -> Schema:
    branches = []
    for number in range(chance.randrange(2, 4)):
        name = f"Branch{len(components)}"
        components[name] = {}  # The name is taken.
        inner = _object(chance, components, depth)
        inner["properties"]["tag"] = {"const": f"t{number}"}
        components[name] = inner
        branches.append(name)
    mapping = {f"t{number}": REF + name for number, name in enumerate(branches)}
    discriminator = {"propertyName": "tag", "mapping": mapping}
    return {"oneOf": [{"$ref": REF + name} for name in branches], "discriminator": discriminator}


_MAKERS: dict[str, Callable[[Random, Schema, int], Schema]] = {
    "enum": lambda chance, *_: {"type": "string", "enum": [f"v{n}" for n in range(chance.randrange(2, 5))]},
    "text": lambda chance, *_: {
        "type": "string",
        "minLength": chance.randrange(3),
        "maxLength": chance.randrange(5, 9),
    },
    "number": lambda chance, *_: {
        "type": "integer",
        "minimum": chance.randrange(-9, 0),
        "maximum": chance.randrange(9),
    },
    "nullable": lambda chance, *_: {"type": [chance.choice(["string", "boolean", "number"]), "null"]},
    "object": _object,
    "array": lambda chance, *rest: {"type": "array", "items": schema_by_chance(chance, *rest), "maxItems": 5},
    "union": _union,
    "alternatives": lambda chance, *rest: {"anyOf": [{"type": "null"}, _object(chance, *rest)]},
}


def _changed(schema: Schema, **keywords: Any) -> Schema:
    return {**schema, **keywords}


def _add_value(_: Random, schema: Schema) -> Schema | None:
    return _changed(schema, enum=[*schema["enum"], "new"]) if "enum" in schema else None


def _drop_value(chance: Random, schema: Schema) -> Schema | None:
    if len(schema.get("enum", ())) < 2:
        return None
    gone = chance.choice(schema["enum"])
    return _changed(schema, enum=[value for value in schema["enum"] if value != gone])


def _move(keyword: str, by: int) -> Edit:
    return lambda chance, schema: _changed(schema, **{keyword: schema[keyword] + by}) if keyword in schema else None


def _add_null(_: Random, schema: Schema) -> Schema | None:
    kind = schema.get("type")
    fits = kind in ("string", "integer") and "enum" not in schema  # An object may have null as an alternative already.
    return _changed(schema, type=[kind, "null"]) if fits else None


def _drop_null(_: Random, schema: Schema) -> Schema | None:
    kinds = schema.get("type")
    return _changed(schema, type=kinds[0]) if isinstance(kinds, list) else None


def _require(chance: Random, schema: Schema) -> Schema | None:
    names = [name for name in schema.get("properties", ()) if name not in schema.get("required", ())]
    names = [name for name in names if name != "tag"]  # The tag rule requires it already.
    return _changed(schema, required=[*schema.get("required", ()), chance.choice(names)]) if names else None


def _release(chance: Random, schema: Schema) -> Schema | None:
    names = schema.get("required")
    gone = chance.choice(names) if names else None
    return _changed(schema, required=[name for name in names if name != gone]) if names else None


def _describe(chance: Random, schema: Schema) -> Schema | None:
    if "properties" not in schema:
        return None
    return _changed(schema, properties={**schema["properties"], "more": {"type": "integer"}})


def _forget(chance: Random, schema: Schema) -> Schema | None:
    names = [each for each in schema.get("properties", ()) if each not in (*schema.get("required", ()), "tag")]
    if not names:
        return None
    gone = chance.choice(names)
    return _changed(schema, properties={name: each for name, each in schema["properties"].items() if name != gone})


def _close(_: Random, schema: Schema) -> Schema | None:
    return _changed(schema, additionalProperties=False) if "properties" in schema else None


def _add_branch(_: Random, schema: Schema) -> Schema | None:
    if "discriminator" not in schema:
        return None
    branch = {"type": "object", "properties": {"tag": {"const": "new"}}}
    mapping = schema["discriminator"]["mapping"]
    return _changed(schema, oneOf=[*schema["oneOf"], branch], discriminator={"propertyName": "tag", "mapping": mapping})


def _drop_branch(chance: Random, schema: Schema) -> Schema | None:
    if "discriminator" not in schema:
        return None
    gone = chance.choice(schema["oneOf"])
    mapping = {tag: ref for tag, ref in schema["discriminator"]["mapping"].items() if ref != gone["$ref"]}
    kept = [branch for branch in schema["oneOf"] if branch != gone]
    return _changed(schema, oneOf=kept, discriminator={"propertyName": "tag", "mapping": mapping})


def _rename_tag(chance: Random, schema: Schema) -> Schema | None:
    tag = schema.get("properties", {}).get("tag")
    return _changed(schema, properties={**schema["properties"], "tag": {"const": "other"}}) if tag else None


def _add_alternative(_: Random, schema: Schema) -> Schema | None:
    return _changed(schema, anyOf=[*schema["anyOf"], {"type": "string"}]) if "anyOf" in schema else None


def _drop_alternative(_: Random, schema: Schema) -> Schema | None:
    return _changed(schema, anyOf=schema["anyOf"][1:]) if "anyOf" in schema else None


def _annotate(_: Random, schema: Schema) -> Schema | None:
    return _changed(schema, description="new", deprecated=True)


def _fold(_: Random, schema: Schema) -> Schema | None:
    return {"allOf": [copy.deepcopy(schema)]} if "discriminator" not in schema else None


def _reorder(chance: Random, schema: Schema) -> Schema | None:
    made = dict(reversed(schema.items()))
    for keyword in ("enum", "required", "anyOf", "oneOf"):
        if keyword in made:
            made[keyword] = made[keyword][::-1]
    return made


EDITS: dict[str, tuple[str, Edit]] = {
    "a value more": ("breaking", _add_value),
    "a value less": ("narrowing", _drop_value),
    "a higher maximum": ("breaking", _move("maximum", 2)),
    "a lower maximum": ("narrowing", _move("maximum", -1)),
    "a higher minimum": ("narrowing", _move("minimum", 1)),
    "a longer text": ("breaking", _move("maxLength", 1)),
    "a text no shorter than more": ("narrowing", _move("minLength", 1)),
    "more items": ("breaking", _move("maxItems", 1)),
    "fewer items": ("narrowing", _move("maxItems", -1)),
    "null": ("breaking", _add_null),
    "no null": ("narrowing", _drop_null),
    "required": ("narrowing", _require),
    "optional": ("breaking", _release),
    "a property more": ("narrowing", _describe),
    "a property less": ("widening", _forget),
    "closed": ("narrowing", _close),
    "a branch more": ("breaking", _add_branch),
    "a branch less": ("narrowing", _drop_branch),
    "an alternative more": ("breaking", _add_alternative),
    "an alternative less": ("narrowing", _drop_alternative),
    "annotations": ("equivalent", _annotate),
    "allOf": ("equivalent", _fold),
    "another order": ("equivalent", _reorder),
}


def _places(schema: Any) -> Iterator[tuple[Any, str | int]]:
    """Every schema inside another, as its holder and the name there."""
    for keyword in ("properties",):
        for name, inner in schema.get(keyword, {}).items():
            yield schema[keyword], name
            yield from _places(inner)
    for keyword in ("oneOf", "anyOf"):
        for index, inner in enumerate(schema.get(keyword, ())):
            if "$ref" not in inner:
                yield schema[keyword], index
                yield from _places(inner)
    if "items" in schema:
        yield schema, "items"
        yield from _places(schema["items"])


def edited(chance: Random, count: int = 1) -> Edited:
    """A document made by chance with edits at places of its own, of which the first gives the name and the meaning."""
    while True:
        components: Schema = {}
        old = {"root": schema_by_chance(chance, components)}
        whole = {"": old, **{name: {"root": schema} for name, schema in components.items()}}
        before = copy.deepcopy(whole)
        names = [name for _ in range(count) if (name := _one_edit(chance, whole))]
        ours, theirs = ({key: each["root"] for key, each in side.items() if key} for side in (before, whole))
        if len(names) == count and _is_reachable(before[""]["root"], ours):
            return Edited(before[""]["root"], whole[""]["root"], ours, theirs, names[0], EDITS[names[0]][0])


def _one_edit(chance: Random, whole: dict[str, Any]) -> str:
    """Make an edit somewhere, and return its name; empty if it applies nowhere."""
    name = chance.choice(list(EDITS))
    places: list[tuple[Any, str | int]] = [(each, "root") for each in whole.values()]
    places += [place for each in whole.values() for place in _places(each["root"])]
    chance.shuffle(places)
    for holder, at in places:
        schema = holder[at]
        made = EDITS[name][1](chance, schema) if "$ref" not in schema and "const" not in schema else None
        if made is not None:
            holder[at] = made
            return name
    return ""


def _is_reachable(root: Schema, components: Schema) -> bool:
    """Whether every component is used: an edit of one that is not would change nothing."""
    text = json.dumps([root, *components.values()])
    return all(f'"{REF}{name}"' in text for name in components)
