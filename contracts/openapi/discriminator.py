"""Read a union: `oneOf` or `anyOf` with a `discriminator`, its branches and the tag values that claim them.

Hides how tag values and branches find each other: by mapping, by `const` or `enum`, or by the schema's name. A union is
found by its keywords, never by its name. Source: OpenAPI 3.1.0, "Discriminator Object".
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contracts.errors import DocumentError
from contracts.openapi.pointer import from_pointer, to_pointer

_FIX = "name it in the mapping, or give the tag a const or an enum in the branch"

Resolve = Callable[[str], tuple[str, Any]]
"""A function from a place in the document to the place and schema that it means, `$ref` followed to its end."""

Refuse = Callable[[str, str, str], DocumentError]
"""A function from a place, the problem there and the fix to the error that refuses the document."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative: its place in the union, the place of its schema, its name, and the tag values that claim it."""

    pointer: str
    target: str
    name: str
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """A tagged union at `pointer`, by `keyword` (`oneOf` or `anyOf`).

    The property `tag` distinguishes the branches `tagged`; `untagged` are for instances other than objects, as null.
    """

    pointer: str
    keyword: str
    tag: str
    tagged: tuple[Branch, ...]
    untagged: tuple[Branch, ...]

    @property
    def tags(self) -> tuple[str, ...]:
        """Return every tag value, in the document's order."""
        return tuple(tag for branch in self.tagged for tag in branch.tags)

    def claimed(self, instance: Any) -> Branch | None:
        """Return the branch that the instance's tag names; None if it has no tag, or an unknown one."""
        tag = instance.get(self.tag) if isinstance(instance, dict) else None
        return next((branch for branch in self.tagged if tag in branch.tags), None)


def declares_tags_apart(union: Union, resolve: Resolve) -> bool:
    """Return whether every branch declares the values of its tag by `const` or `enum`, and no two share one."""
    declared = [_declared(branch.target, union.tag, resolve) for branch in union.tagged]
    every = [tag for tags in declared for tag in tags]
    return all(declared) and len(every) == len(set(every))


def union_at(pointer: str, schema: Any, resolve: Resolve, refuse: Refuse) -> Union | None:
    """Return the union of the schema at the place, or None; raise what `refuse` makes if it has indistinct branches."""
    if not isinstance(schema, dict) or "discriminator" not in schema:
        return None
    keyword = next((name for name in ("oneOf", "anyOf") if name in schema), None)
    if keyword is None:
        return None
    discriminator = schema["discriminator"]
    place = pointer + to_pointer("discriminator")
    tag = discriminator.get("propertyName") if isinstance(discriminator, dict) else None
    if not isinstance(tag, str):
        raise refuse(place, "names no property", "give it a propertyName")
    if "defaultMapping" in discriminator:
        problem = 'lets the tag be absent or unknown (OpenAPI 3.2.0, "Discriminator Object")'
        raise refuse(place + to_pointer("defaultMapping"), problem, f"the branches are judged by {keyword}")
    mapped = _mapping(place, discriminator.get("mapping", {}), resolve, refuse)
    tagged, untagged = [], []
    for index in range(len(schema[keyword])):
        at = pointer + to_pointer(keyword, index)
        target, value = resolve(at)
        meant = _meant(target, value, resolve)
        if _is_scalar(value):
            untagged.append(Branch(at, target, _name(meant), ()))
            continue
        tags = tuple(name for name, to in mapped.items() if to == meant) or _declared(target, tag, resolve)
        if not tags and meant == at:
            raise refuse(at, f"has no value of the tag {tag!r}", _FIX)
        tagged.append(Branch(at, target, _name(meant), tags or (_name(meant),)))
    _refuse_shared(tagged, refuse)
    return Union(pointer, keyword, tag, tuple(tagged), tuple(untagged))


def _meant(pointer: str, schema: Any, resolve: Resolve) -> str:
    """Return the place of the component behind a `$ref` that has siblings, such as a title."""
    while isinstance(schema, dict) and "$ref" in schema:
        pointer, schema = resolve(schema["$ref"])
    return pointer


def _mapping(place: str, mapping: Any, resolve: Resolve, refuse: Refuse) -> dict[str, str]:
    if not isinstance(mapping, dict):
        raise refuse(place + to_pointer("mapping"), "is no object", "map tag values to schemas")
    found = {}
    for value, ref in mapping.items():
        # Some generators write Reference Objects here, against the specification; their meaning is clear.
        text = ref.get("$ref") if isinstance(ref, dict) else ref
        if not isinstance(text, str):
            raise refuse(place + to_pointer("mapping", value), "is no reference", "name a schema or give its pointer")
        # "mapping values may be a schema name or a reference": a bare name means the component.
        pointer = text if text.startswith("#") else "#" + to_pointer("components", "schemas", text)
        try:
            found[value] = resolve(pointer)[0]
        except LookupError:
            fix = "name a schema that exists"
            raise refuse(place + to_pointer("mapping", value), f"leads nowhere: {text}", fix) from None
    return found


def _declared(pointer: str, tag: str, resolve: Resolve) -> tuple[str, ...]:
    """Return the tag values that a branch allows by `const` or `enum`, also through `allOf` and nested unions."""
    # The recursion ends, because a document whose schemas hold themselves in place was refused before.
    pointer, schema = resolve(pointer)
    if not isinstance(schema, dict):
        return ()
    if tag in schema.get("properties", {}):
        _, value = resolve(pointer + to_pointer("properties", tag))
        if isinstance(value, dict):
            allowed = [value["const"]] if "const" in value else value.get("enum", [])
            return tuple(item for item in allowed if isinstance(item, str))
    inner = [
        pointer + to_pointer(key, i) for key in ("allOf", "oneOf", "anyOf") for i in range(len(schema.get(key, ())))
    ]
    inner += [schema["$ref"]] if "$ref" in schema else []
    return tuple(dict.fromkeys(value for at in inner for value in _declared(at, tag, resolve)))


def _refuse_shared(branches: list[Branch], refuse: Refuse) -> None:
    seen: dict[str, Branch] = {}
    for branch in branches:
        for tag in branch.tags:
            if tag in seen:
                problem = f"is claimed by the tag value {tag!r}, and so is {seen[tag].target}"
                raise refuse(branch.pointer, problem, "give each branch tag values of its own")
            seen[tag] = branch


def _is_scalar(schema: Any) -> bool:
    if not isinstance(schema, dict) or "type" not in schema:
        return isinstance(schema, dict) and ("const" in schema or "enum" in schema)
    # The test serves one name and an array of names, because no other type's name contains this one.
    return "object" not in schema["type"]


def _name(pointer: str) -> str:
    return from_pointer(pointer)[-1]
