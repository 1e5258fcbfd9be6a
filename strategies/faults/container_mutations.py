"""Break the keywords of objects and arrays: their size, and which properties and items they hold.

Hides how a value is enlarged, cut or rearranged so that the other keywords are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, Final

from contracts.openapi import matches_pattern, to_pointer
from strategies.faults.mutation_search import (
    UNDECLARED,
    Breaks,
    SchemaMutation,
    built,
    changed_or_built,
    first_sound,
    mutation,
    some_values,
)
from strategies.faults.mutations import NOTHING
from strategies.faults.schema_locations import Site, places, without_keywords
from strategies.values import Node, Walk, inline, property_node, undeclared


def _required(walk: Walk, site: Site, names: list[str]) -> Iterator[SchemaMutation]:
    for name in names:
        if name in site.tags:
            continue

        def without(value: Any, name: str = name) -> Any:
            if not isinstance(value, dict) or name not in value:
                return NOTHING
            return {key: item for key, item in value.items() if key != name}

        yield mutation(site, "required", "absent", _steady(site, without), inside=to_pointer(name))


def _steady(site: Site, change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the change, which gives NOTHING if the site would no longer judge the changed value."""

    def changed(value: Any) -> Any:
        broken = change(value)
        return broken if not site.conditional or list(places(broken, site.steps[-1:])) else NOTHING

    return changed


def _dependent_required(walk: Walk, site: Site, rules: dict[str, list[str]]) -> Iterator[SchemaMutation]:
    for holder, names in rules.items():
        for name in names:

            def without(value: Any, holder: str = holder, name: str = name) -> Any:
                if not isinstance(value, dict) or holder not in value or name not in value:
                    return NOTHING
                return {key: item for key, item in value.items() if key != name}

            yield mutation(site, "dependentRequired", f"absent beside {holder}", without, inside=to_pointer(name))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _min_items(walk: Walk, site: Site, bound: int) -> Iterator[SchemaMutation]:
    if bound:
        yield changed_or_built(walk, site, "minItems", "one too few", lambda value: [_list(value)[: bound - 1]])


def _max_items(walk: Walk, site: Site, bound: int) -> Iterator[SchemaMutation]:
    def changed(there: Any) -> Iterator[list[Any]]:
        value = _list(there)
        missing = bound + 1 - len(value)
        yield from ([*value, *[item] * missing] for item in value[-1:])
        yield from (
            [*value, *extra[:missing]] for extra in (list(range(missing)), [f"extra-{n}" for n in range(missing)])
        )

    yield changed_or_built(walk, site, "maxItems", "one too many", changed)


def _unique_items(walk: Walk, site: Site, unique: bool) -> Iterator[SchemaMutation]:
    def changed(there: Any) -> Iterator[list[Any]]:
        value = _list(there)
        yield from ([*value, value[0]], [value[0], *value[:-1]], [value[0]] * len(value)) if value else ()

    if unique:
        yield changed_or_built(walk, site, "uniqueItems", "one twice", changed)


def _min_properties(walk: Walk, site: Site, bound: int) -> Iterator[SchemaMutation]:
    def changed(there: Any) -> Iterator[dict[str, Any]]:
        value = _dict(there)
        required = set(site.schema.get("required", ()))
        names = sorted(value, key=lambda name: name not in required)[: bound - 1]
        yield {name: value[name] for name in names}

    if bound:
        yield changed_or_built(walk, site, "minProperties", "one too few", changed)


def _max_properties(walk: Walk, site: Site, bound: int) -> Iterator[SchemaMutation]:
    def changed(there: Any) -> Iterator[dict[str, Any]]:
        value = _dict(there)
        missing = range(bound + 1 - len(value))
        yield {**value, **{f"{UNDECLARED}-{number}": next(iter(value.values()), None) for number in missing}}

    yield changed_or_built(walk, site, "maxProperties", "one too many", changed)


def _additional_properties(walk: Walk, site: Site, allowed: Any) -> Iterator[SchemaMutation]:
    declared, patterns = site.schema.get("properties", ()), site.schema.get("patternProperties", ())
    for name in (UNDECLARED, "0", "A", "~") if allowed is False else ():
        if name not in declared and not any(matches_pattern(pattern, name) for pattern in patterns):
            added = partial(_with_property, name)
            yield mutation(site, "additionalProperties", "undeclared", added, inside=to_pointer(name))
            return


def _with_property(name: str, value: Any) -> Any:
    return {**value, name: 1} if isinstance(value, dict) else NOTHING


def _unevaluated_properties(walk: Walk, site: Site, allowed: Any) -> Iterator[SchemaMutation]:
    if allowed is False:
        node = (*without_keywords(walk.schemas, site, "unevaluatedProperties"), inline({"required": [UNDECLARED]}))
        broken = ("unevaluatedProperties",)
        yield mutation(site, broken[0], "undeclared", first_sound(walk, site, broken, built(walk, site, node)))


def _unevaluated_items(walk: Walk, site: Site, allowed: Any) -> Iterator[SchemaMutation]:
    if allowed is False:
        yield changed_or_built(walk, site, "unevaluatedItems", "one too many", lambda value: _longer(value, (1,)))


def _longer(value: Any, more: Iterable[Any]) -> Iterator[Any]:
    if isinstance(value, list):
        yield from ([*value, item] for item in more)


def _properties(walk: Walk, site: Site, properties: dict[str, Any]) -> Iterator[SchemaMutation]:
    """Add a property that a `false` schema rules out."""
    for name in (name for name, schema in properties.items() if schema is False):
        others = property_node(walk.schemas.flat(site.node), name)
        node = tuple(part for part in others if part.schema is not False)

        def added(value: Any, name: str = name, node: Node = node) -> Iterator[Any]:
            if isinstance(value, dict):
                yield from ({**value, name: item} for item in some_values(walk, node))

        yield mutation(site, "false", "there", first_sound(walk, site, (None,), added), inside=to_pointer(name))


def _items(walk: Walk, site: Site, items: Any) -> Iterator[SchemaMutation]:
    """Add an item that a `false` schema rules out."""
    if items is False:
        known = len(site.schema.get("prefixItems", ()))

        def longer(value: Any) -> Iterator[Any]:
            if isinstance(value, list) and len(value) >= known:
                yield from _longer(value, (*value[-1:], 1))

        yield mutation(site, "false", "one too many", first_sound(walk, site, ("items",), longer), inside="/*")


def _property_names(walk: Walk, site: Site, names: Any) -> Iterator[SchemaMutation]:
    ruled_out = inline({"not": names})

    def misnamed(value: Any) -> Iterator[Any]:
        if isinstance(value, dict):
            for extra in undeclared(walk.schemas, without_keywords(walk.schemas, site, "propertyNames")):
                items = some_values(walk, extra.values)[:1]
                ruled_out_names = some_values(walk, (*extra.names, ruled_out))
                yield from ({**value, name: item} for name in ruled_out_names for item in items)

    # jsonschema reports a name by the keyword inside `propertyNames` that it breaks.
    broken = tuple(names) if isinstance(names, dict) else (None,)
    yield mutation(site, "propertyNames", "another name", first_sound(walk, site, broken, misnamed), inside="/*")


def _contains(walk: Walk, site: Site, wanted: Any) -> Iterator[SchemaMutation]:
    rest = without_keywords(walk.schemas, site, "contains", "minContains", "maxContains")
    few, most = site.schema.get("minContains", 1), site.schema.get("maxContains")
    broken = ("contains", "minContains", "maxContains")
    for what, counts in (
        ("too few", {"minContains": 0, "maxContains": few - 1} if few else None),
        ("too many", {"minContains": most + 1} if most is not None else None),
    ):
        if counts is not None:
            build = built(walk, site, (*rest, inline({"contains": wanted, **counts})))
            yield mutation(site, "contains", what, first_sound(walk, site, broken, build))


CONTAINER_KEYWORDS: Final[dict[str, Breaks]] = {
    "required": _required,
    "dependentRequired": _dependent_required,
    "minItems": _min_items,
    "maxItems": _max_items,
    "uniqueItems": _unique_items,
    "minProperties": _min_properties,
    "maxProperties": _max_properties,
    "additionalProperties": _additional_properties,
    "unevaluatedProperties": _unevaluated_properties,
    "unevaluatedItems": _unevaluated_items,
    "properties": _properties,
    "propertyNames": _property_names,
    "items": _items,
    "contains": _contains,
}
"""Keyword to the function that breaks it."""
