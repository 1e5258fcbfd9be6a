"""Read off a node what its schemas say together of one thing: a group of keywords, a property, an item.

Hides in which of several schemas of a conjunction a keyword stands.
"""

from typing import Any

from contracts.changes.nodes import Node, Part, Side
from contracts.openapi import identity, matches_pattern, text_of, to_pointer

Keywords = list[tuple[str, dict[str, Any]]]
"""Places of schemas, with some of the keywords there."""


def first_pointer(node: Node) -> str:
    """Return where the first schema of a node stands; empty without any."""
    return node[0].pointer if node else ""


def facet_of(side: Side, node: Node, keywords: tuple[str, ...]) -> Keywords:
    """Return those of the keywords that the node's schemas have."""
    found = []
    for part in node:
        own = {word: value for word, value in side.keywords(part).items() if word in keywords}
        found += [(part.pointer, own)] if own else []
    return found


def pointer_of(facet: Keywords, node: Node) -> str:
    """Return the pointer of a facet's keyword; where it is not written, that of the schema."""
    if not facet:
        return first_pointer(node)
    pointer, own = facet[0]
    return pointer + to_pointer(next(iter(own)))


def pointer_of_value(facet: Keywords, key: str) -> str:
    """Return the pointer of a listed value."""
    for pointer, own in facet:
        for word, value in own.items():
            if word == "enum":
                at = [identity(each) for each in value].index(key)
                return pointer + to_pointer("enum", at)
    return pointer_of(facet, ())


def words_of(facet: Keywords) -> str:
    """Return the keywords with their values as text."""
    return ", ".join(f"{word} {text_of(value)}" for _, own in facet for word, value in own.items())


def required_names(facet: Keywords) -> dict[str, None]:
    """Return the names of required properties, in order."""
    return dict.fromkeys(name for _, own in facet for name in own["required"])


def listed_values(facet: Keywords) -> dict[str, Any] | None:
    """Return the values that a facet lists, by identity; None if it lists none."""
    lists = [[own["const"]] if word == "const" else own["enum"] for _, own in facet for word in own]
    if not lists:
        return None
    shared = [value for value in lists[0] if all(identity(value) in map(identity, each) for each in lists[1:])]
    return {identity(value): value for value in shared}


def types_of(side: Side, node: Node) -> frozenset[str]:
    """Return the JSON types of which a value may be, as far as `type` says it."""
    kinds = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
    for part in node:
        named = side.keywords(part).get("type")
        if named is not None:
            kinds &= frozenset([named] if isinstance(named, str) else named)
    return kinds


def declared_names(side: Side, node: Node) -> dict[str, None]:
    """Return the names of the properties that the node describes, in order."""
    return dict.fromkeys(name for part in node for name in side.keywords(part).get("properties", ()))


def name_patterns(side: Side, node: Node) -> list[str]:
    """Return the patterns of names that the node describes properties by."""
    return [pattern for part in node for pattern in side.keywords(part).get("patternProperties", ())]


def property_node(side: Side, node: Node, name: str | None) -> Node:
    """Return what judges the property of this name; None stands for a name that no document mentions."""
    found: list[Part] = []
    for part in node:
        own = side.keywords(part)
        declared = name is not None and name in own.get("properties", ())
        fitting = [
            each for each in own.get("patternProperties", ()) if name is not None and matches_pattern(each, name)
        ]
        found += [Part(part.pointer + to_pointer("properties", name))] if declared and name is not None else []
        found += [Part(part.pointer + to_pointer("patternProperties", each)) for each in fitting]
        if not declared and not fitting and "additionalProperties" in own:
            found.append(Part(part.pointer + to_pointer("additionalProperties")))
    return side.flat(tuple(found))


def pattern_node(side: Side, node: Node, pattern: str) -> Node:
    """Return what judges the properties whose names match the pattern, and no other of the document."""
    found = []
    for part in node:
        own = side.keywords(part)
        if pattern in own.get("patternProperties", ()):
            found.append(Part(part.pointer + to_pointer("patternProperties", pattern)))
        elif "additionalProperties" in own:
            found.append(Part(part.pointer + to_pointer("additionalProperties")))
    return side.flat(tuple(found))


def prefix_length(side: Side, node: Node) -> int:
    """Return of how many items the node describes each by its position."""
    return max((len(side.keywords(part).get("prefixItems", ())) for part in node), default=0)


def item_node(side: Side, node: Node, index: int | None) -> Node:
    """Return what judges the item at the index; None stands for one behind all that have schemas of their own."""
    found = []
    for part in node:
        own = side.keywords(part)
        if index is not None and index < len(own.get("prefixItems", ())):
            found.append(Part(part.pointer + to_pointer("prefixItems", index)))
        elif "items" in own:
            found.append(Part(part.pointer + to_pointer("items")))
    return side.flat(tuple(found))
