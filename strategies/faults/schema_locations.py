"""Find every schema that judges a part of a value, the other schemas that judge it, and the steps that lead there.

Hides references, unions and conditions: whether a schema judges a value may depend on the value itself.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from operator import eq
from typing import Any

from contracts.openapi import Union, json_type, matches_pattern, to_pointer
from strategies.values import Fits, Node, Part, Walk, inline, pin, property_node, without

Path = tuple[str | int, ...]
"""The names and indexes that lead to a part of a value."""

Step = Callable[[Any], Iterable[tuple[Path, Any]]]
"""Returns the parts of a value that it leads to, with their paths; a condition leads to the value itself or nowhere."""


@dataclass(frozen=True, slots=True)
class Site:
    """A schema, and the way to the values that it judges.

    `node` holds all schemas that judge the same values, and `tags` the properties that tell their branches apart. In
    `place`, a JSON pointer, `*` stands for the index of an item and for a property that no document declares. It is
    `conditional` if the last step is a condition, so that a changed value may no longer be this schema's to judge.
    """

    walk: Walk
    part: Part
    node: Node
    name: str = ""
    place: str = ""
    steps: tuple[Step, ...] = ()
    tags: frozenset[str] = frozenset()
    conditional: bool = False

    @property
    def schema(self) -> Any:
        """The schema, with a `$ref` not followed."""
        return self.part.schema

    @property
    def union(self) -> Union | None:
        """The union with a discriminator that the schema is, if it is one."""
        return self.walk.schemas.document.unions.get(self.part.pointer or "")

    def without(self, *keywords: str) -> Node:
        """Return the flat node without these keywords of the site's own schema."""
        flat = self.walk.schemas.flat(self.node)
        own = next((part for part in flat if part.pointer and part.pointer == self.part.pointer), None)
        return without(flat, own, *keywords) if own else flat


def sites(walk: Walk, pointer: str) -> Iterator[Site]:
    """Yield every site of the schema at a JSON pointer that a value can reach, in the document's order.

    The tag of a union is no site, because the union's own mutations break it.
    """
    start = walk.schemas.at(pointer)
    yield from _sites(Site(walk, start, (start,)), frozenset())


def _sites(site: Site, trail: frozenset[str]) -> Iterator[Site]:
    if not isinstance(site.schema, dict) or site.part.key in trail:
        return
    yield site
    for rule in (_in_place, _properties, _items, _conditions, _alternatives):
        for inner in rule(site):
            yield from _sites(inner, trail | {site.part.key})


def _in_place(site: Site) -> Iterator[Site]:
    if "$ref" in site.schema:
        yield replace(site, part=site.walk.schemas.at(site.schema["$ref"]))
    for index in range(len(site.schema.get("allOf", ()))):
        yield replace(site, part=site.part.child("allOf", index))


def _properties(site: Site) -> Iterator[Site]:
    declared = tuple(site.schema.get("properties", ()))
    patterns = tuple(site.schema.get("patternProperties", ()))
    for name in declared:
        if name not in site.tags:
            step = partial(_members, partial(eq, name))
            yield _inside(site, step, to_pointer(name), site.part.child("properties", name), name)
    for pattern in patterns:
        step = partial(_members, partial(matches_pattern, pattern))
        yield _inside(site, step, f"/{{{pattern}}}", site.part.child("patternProperties", pattern))

    def is_other(name: str) -> bool:
        return name not in declared and not any(matches_pattern(pattern, name) for pattern in patterns)

    if isinstance(site.schema.get("additionalProperties"), dict):
        yield _inside(site, partial(_members, is_other), "/*", site.part.child("additionalProperties"))


def _members(is_chosen: Callable[[str], bool], value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict):
        yield from (((name,), item) for name, item in value.items() if is_chosen(name))


def _items(site: Site) -> Iterator[Site]:
    known = len(site.schema.get("prefixItems", ()))
    for index in range(known):
        step = partial(_slice, slice(index, index + 1))
        yield _inside(site, step, to_pointer(index), site.part.child("prefixItems", index))
    if isinstance(site.schema.get("items"), dict):
        yield _inside(site, partial(_slice, slice(known, None)), "/*", site.part.child("items"))


def _slice(chosen: slice, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list):
        yield from (((index,), value[index]) for index in range(len(value))[chosen])


def _inside(site: Site, step: Step, label: str, part: Part, name: str | None = None) -> Site:
    node = property_node(site.walk.schemas.flat(site.node), name) if name is not None else ()
    found = node if part in node else (*node, part)
    place = site.place + ("/*" if name is None else label)
    return Site(site.walk, part, found, site.name + label, place, (*site.steps, step))


def _conditions(site: Site) -> Iterator[Site]:
    if "if" in site.schema:
        rest = site.without("if", "then", "else")
        condition = site.part.child("if")
        holds = site.walk.schemas.fits((condition,))
        for keyword, own, test in (
            ("then", condition, holds),
            ("else", inline({"not": condition.schema}), lambda value: not holds(value)),
        ):
            if isinstance(site.schema.get(keyword), dict):
                part = site.part.child(keyword)
                yield _where(site, part, (*rest, own, part), test, keyword)
    for name, schema in site.schema.get("dependentSchemas", {}).items():
        if isinstance(schema, dict):
            part = site.part.child("dependentSchemas", name)
            node = (*site.without("dependentSchemas"), inline({"required": [name]}), part)
            yield _where(site, part, node, partial(_holds, name), f"beside {name}")


def _where(site: Site, part: Part, node: Node, test: Fits, label: str, tags: frozenset[str] = frozenset()) -> Site:
    """Return the site of a schema that judges only those of the same values that pass the test."""

    def condition(value: Any) -> Iterable[tuple[Path, Any]]:
        return [((), value)] if test(value) else []

    name, steps = f"{site.name}[{label}]", (*site.steps, condition)
    return Site(site.walk, part, node, name, site.place, steps, site.tags | tags, conditional=True)


def _alternatives(site: Site) -> Iterator[Site]:
    schemas, union = site.walk.schemas, site.union
    if union is not None:
        rest = site.without(union.keyword)
        for branch in union.tagged:
            for tag in branch.tags:
                part = schemas.at(branch.target)
                node = (*rest, inline(pin(union.tag, (tag,))), part)
                if schemas.feasible(node):
                    yield _where(site, part, node, partial(_is_tagged, union.tag, tag), tag, frozenset({union.tag}))
        return
    for keyword in ("anyOf", "oneOf"):
        rest = site.without(keyword)
        found = kinds(site, keyword)
        for index, kind in enumerate(found):
            # Unless the alternatives differ in type, no rule says which of them a broken value was meant to be.
            if kind is not None and found.count(kind) == 1 and None not in found:
                part = site.part.child(keyword, index)
                yield _where(site, part, (*rest, part), partial(is_of, name=kind), kind)


def _holds(name: str, value: Any) -> bool:
    return isinstance(value, dict) and name in value


def _is_tagged(name: str, tag: str, value: Any) -> bool:
    return isinstance(value, dict) and value.get(name) == tag


def is_of(value: Any, name: str) -> bool:
    """Return whether the value is of the JSON type."""
    kind = json_type(value)
    return kind == name or (kind == "integer" and name == "number")


def kinds(site: Site, keyword: str) -> list[str | None]:
    """Return the JSON type of every alternative; None for an alternative with no type or several."""
    found = []
    for index in range(len(site.schema.get(keyword, ()))):
        inner = site.part.child(keyword, index)
        while isinstance(inner.schema, dict) and inner.schema.keys() == {"$ref"}:
            inner = site.walk.schemas.at(inner.schema["$ref"])
        kind = inner.schema.get("type") if isinstance(inner.schema, dict) else None
        found.append(kind if isinstance(kind, str) else None)
    return found


def places(value: Any, steps: tuple[Step, ...]) -> list[tuple[Path, Any]]:
    """Return the parts of a value to which the steps lead, with their paths."""
    found: list[tuple[Path, Any]] = [((), value)]
    for step in steps:
        found = [((*path, *further), inner) for path, at in found for further, inner in step(at)]
    return found
