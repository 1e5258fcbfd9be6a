"""Find every schema that judges a part of a value, the other schemas that judge it, and the steps that lead there.

Hides references, unions and conditions: whether a schema judges a value may depend on the value itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from contracts.openapi import json_type, matches_pattern, to_pointer
from strategies.values import Node, Part, Schemas, inline, pin, property_node


class Step(NamedTuple):
    """One step into a value, or a condition that the value has to meet.

    A step leads to a `property`, to the item at an `index`, to any `item` from an index on, to any property `matching`
    a pattern, or to any `other` property than the declared ones. The conditions are that the object's `tag` has the
    value, that the value is of the JSON `type`, that it `holds` a property, or that it passes the test `if`.
    """

    kind: str
    name: Any = None
    value: Any = None


_CONDITIONS: Final = ("tag", "type", "holds", "if")


@dataclass(frozen=True, slots=True)
class Site:
    """A schema, and the way to the values that it judges.

    `node` holds all schemas that judge the same values, and `tags` the properties that tell their branches apart. In
    `place`, a JSON pointer, `*` stands for the index of an item and for a property that no document declares.
    """

    part: Part
    node: Node
    name: str = ""
    place: str = ""
    steps: tuple[Step, ...] = ()
    tags: frozenset[str] = frozenset()

    @property
    def schema(self) -> Any:
        """The schema, with a `$ref` not followed."""
        return self.part.schema

    @property
    def conditional(self) -> bool:
        """Whether the last step is a condition, so that a changed value may no longer be this schema's to judge."""
        return bool(self.steps) and self.steps[-1].kind in _CONDITIONS


def sites(schemas: Schemas, pointer: str) -> Iterator[Site]:
    """Yield every site of the schema at a JSON pointer that a value can reach, in the document's order.

    The tag of a union is no site, because the union's own mutations break it.
    """
    start = schemas.at(pointer)
    yield from _sites(schemas, Site(start, (start,)), frozenset())


def _sites(schemas: Schemas, site: Site, trail: frozenset[str]) -> Iterator[Site]:
    if not isinstance(site.schema, dict) or site.part.key in trail:
        return
    yield site
    for rule in (_in_place, _properties, _items, _conditions, _alternatives):
        for inner in rule(schemas, site):
            yield from _sites(schemas, inner, trail | {site.part.key})


def _in_place(schemas: Schemas, site: Site) -> Iterator[Site]:
    if "$ref" in site.schema:
        yield replace(site, part=schemas.at(site.schema["$ref"]))
    for index in range(len(site.schema.get("allOf", ()))):
        yield replace(site, part=site.part.child("allOf", index))


def _properties(schemas: Schemas, site: Site) -> Iterator[Site]:
    declared = tuple(site.schema.get("properties", ()))
    patterns = tuple(site.schema.get("patternProperties", ()))
    for name in declared:
        if name not in site.tags:
            step = Step("property", name)
            yield _inside(schemas, site, step, to_pointer(name), site.part.child("properties", name), name)
    for pattern in patterns:
        step = Step("matching", pattern)
        yield _inside(schemas, site, step, f"/{{{pattern}}}", site.part.child("patternProperties", pattern))
    if isinstance(site.schema.get("additionalProperties"), dict):
        step = Step("other", declared, patterns)
        yield _inside(schemas, site, step, "/*", site.part.child("additionalProperties"))


def _items(schemas: Schemas, site: Site) -> Iterator[Site]:
    known = len(site.schema.get("prefixItems", ()))
    for index in range(known):
        yield _inside(schemas, site, Step("index", index), to_pointer(index), site.part.child("prefixItems", index))
    if isinstance(site.schema.get("items"), dict):
        yield _inside(schemas, site, Step("item", known), "/*", site.part.child("items"))


def _inside(schemas: Schemas, site: Site, step: Step, label: str, part: Part, name: str | None = None) -> Site:
    node = property_node(schemas.flat(site.node), name) if name is not None else ()
    found = node if part in node else (*node, part)
    return Site(part, found, site.name + label, site.place + ("/*" if name is None else label), (*site.steps, step))


def _conditions(schemas: Schemas, site: Site) -> Iterator[Site]:
    if "if" in site.schema:
        rest = without_keywords(schemas, site, "if", "then", "else")
        condition = site.part.child("if")
        holds = schemas.fits((condition,))
        for keyword, own, test in (
            ("then", condition, holds),
            ("else", inline({"not": condition.schema}), lambda value: not holds(value)),
        ):
            if isinstance(site.schema.get(keyword), dict):
                part = site.part.child(keyword)
                yield _where(site, part, (*rest, own, part), Step("if", value=test), keyword)
    for name, schema in site.schema.get("dependentSchemas", {}).items():
        if isinstance(schema, dict):
            part = site.part.child("dependentSchemas", name)
            node = (*without_keywords(schemas, site, "dependentSchemas"), inline({"required": [name]}), part)
            yield _where(site, part, node, Step("holds", name), f"beside {name}")


def _where(site: Site, part: Part, node: Node, step: Step, label: str) -> Site:
    tags = site.tags | ({step.name} if step.kind == "tag" else frozenset())
    return Site(part, node, f"{site.name}[{label}]", site.place, (*site.steps, step), tags)


def _alternatives(schemas: Schemas, site: Site) -> Iterator[Site]:
    union = schemas.document.unions.get(site.part.pointer or "")
    if union is not None:
        rest = without_keywords(schemas, site, union.keyword)
        for branch in union.tagged:
            for tag in branch.tags:
                part = schemas.at(branch.target)
                node = (*rest, inline(pin(union.tag, (tag,))), part)
                if schemas.feasible(node):
                    yield _where(site, part, node, Step("tag", union.tag, tag), tag)
        return
    for keyword in ("anyOf", "oneOf"):
        rest = without_keywords(schemas, site, keyword)
        found = kinds(schemas, site.part, keyword)
        for index, kind in enumerate(found):
            # Unless the alternatives differ in type, no rule says which of them a broken value was meant to be.
            if kind is not None and found.count(kind) == 1 and None not in found:
                part = site.part.child(keyword, index)
                yield _where(site, part, (*rest, part), Step("type", kind), kind)


def kinds(schemas: Schemas, part: Part, keyword: str) -> list[str | None]:
    """Return the JSON type of every alternative; None for an alternative with no type or several."""
    found = []
    for index in range(len(part.schema.get(keyword, ()))):
        inner = part.child(keyword, index)
        while isinstance(inner.schema, dict) and inner.schema.keys() == {"$ref"}:
            inner = schemas.at(inner.schema["$ref"])
        kind = inner.schema.get("type") if isinstance(inner.schema, dict) else None
        found.append(kind if isinstance(kind, str) else None)
    return found


def without_keywords(schemas: Schemas, site: Site, *keywords: str) -> Node:
    """Return the site's flat node without these keywords of the site's own schema."""
    flat = schemas.flat(site.node)
    own = next((part for part in flat if part.pointer and part.pointer == site.part.pointer), None)
    if own is None or not isinstance(own.schema, dict):
        return flat
    rest = own.without(*keywords)
    return (*(part for part in flat if part is not own), *((rest,) if rest.schema else ()))


def places(value: Any, steps: tuple[Step, ...]) -> Iterator[tuple[str | int, ...]]:
    """Return the paths, of names and indexes, to which the steps lead in a value."""
    found: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    for step in steps:
        found = [((*path, *further), inner) for path, at in found for further, inner in _STEPS[step.kind](at, step)]
    return (path for path, _ in found)


_Reached = Iterator[tuple[tuple[str | int, ...], Any]]


def _property(value: Any, step: Step) -> _Reached:
    if isinstance(value, dict) and step.name in value:
        yield (step.name,), value[step.name]


def _index(value: Any, step: Step) -> _Reached:
    if isinstance(value, list) and step.name < len(value):
        yield (step.name,), value[step.name]


def _item(value: Any, step: Step) -> _Reached:
    if isinstance(value, list):
        yield from (((index,), value[index]) for index in range(step.name, len(value)))


def _matching(value: Any, step: Step) -> _Reached:
    if isinstance(value, dict):
        yield from (((name,), value[name]) for name in value if matches_pattern(step.name, name))


def _other(value: Any, step: Step) -> _Reached:
    if isinstance(value, dict):
        for name in value:
            if name not in step.name and not any(matches_pattern(pattern, name) for pattern in step.value):
                yield (name,), value[name]


def _condition(test: Callable[[Any, Step], bool]) -> Callable[[Any, Step], _Reached]:
    def reached(value: Any, step: Step) -> _Reached:
        if test(value, step):
            yield (), value

    return reached


def is_of(value: Any, name: str) -> bool:
    """Return whether the value is of the JSON type."""
    kind = json_type(value)
    return kind == name or (kind == "integer" and name == "number")


_STEPS: Final = {
    "property": _property,
    "index": _index,
    "item": _item,
    "matching": _matching,
    "other": _other,
    "tag": _condition(lambda value, step: isinstance(value, dict) and value.get(step.name) == step.value),
    "type": _condition(lambda value, step: is_of(value, step.name)),
    "holds": _condition(lambda value, step: isinstance(value, dict) and step.name in value),
    "if": _condition(lambda value, step: step.value(value)),
}
