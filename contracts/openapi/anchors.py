"""Rewrite references by `$id`, `$anchor` and `$dynamicAnchor` as JSON pointers: all that follows knows only these.

Hides base URIs. A `$dynamicRef` is read as a `$ref` to its anchor: that is what it means wherever one schema alone has
the anchor. Source: JSON Schema 2020-12 Core, sections 8.2 and 9; OpenAPI 3.2.0, `$self`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urldefrag, urljoin

from contracts.openapi.pointer import to_pointer

DATA: Final = frozenset("const default enum example examples".split())
"""Fields whose values are data, in which `$ref` is a name like any other."""

NAME_MAPS: Final = frozenset(
    "$defs definitions dependentSchemas patternProperties properties schemas responses parameters headers".split()
)
"""Fields that hold an object of schemas or other objects by name."""

_ANCHORS: Final = ("$anchor", "$dynamicAnchor")
_REFERENCES: Final = ("$ref", "$dynamicRef")


@dataclass(slots=True)
class _Targets:
    resources: dict[str, str]
    """Absolute URI, without fragment, to the pointer of the schema that it names."""
    anchors: dict[tuple[str, str], str] = field(default_factory=dict)
    """URI and anchor to the pointer of the schema that they name."""


def with_plain_references(contents: Any) -> Any:
    """Return the contents of a file with a JSON pointer in each reference that names a schema of it in another way."""
    base = str(contents.get("$self", "")) if isinstance(contents, dict) else ""
    targets = _Targets({_resolved(base, "")[0]: ""})
    if not _collect(contents, base, "", targets):
        return contents
    return _rewritten(contents, base, targets)


def _collect(value: Any, base: str, pointer: str, targets: _Targets, *, names: bool = False) -> bool:
    """Take in every schema that is named; return whether there is any."""
    found = False
    if isinstance(value, dict) and not names:
        base, found = _base(value, base), "$id" in value
        if found:
            targets.resources[base] = pointer
        for keyword in _ANCHORS:
            if isinstance(anchor := value.get(keyword), str):
                targets.anchors.setdefault((base, anchor), pointer)
                found = True
    for name, item, are_names in _parts(value, names=names):
        found |= _collect(item, base, pointer + to_pointer(name), targets, names=are_names)
    return found


def _parts(value: Any, *, names: bool) -> Iterator[tuple[str | int, Any, bool]]:
    """Yield the parts of a value that are no data, and whether their members are names."""
    if isinstance(value, list):
        yield from ((index, item, False) for index, item in enumerate(value))
    elif isinstance(value, dict):
        for name, item in value.items():
            if names or name not in DATA:
                yield name, item, name in NAME_MAPS and not names


def _base(schema: dict[str, Any], base: str) -> str:
    own = schema.get("$id")
    return _resolved(base, own if isinstance(own, str) else "")[0]


def _resolved(base: str, reference: str) -> tuple[str, str]:
    """Return the URI that a reference means, and its fragment (RFC 3986, section 5); as it is, if it is none."""
    try:
        uri, fragment = urldefrag(urljoin(base, reference))
    except ValueError:  # An address of IPv6 that is none.
        return reference, ""
    return uri, fragment


def _rewritten(value: Any, base: str, targets: _Targets, *, names: bool = False) -> Any:
    if isinstance(value, list):
        return [_rewritten(item, base, targets) for item in value]
    if not isinstance(value, dict):
        return value
    parts = {name: (item, are_names) for name, item, are_names in _parts(value, names=names)}
    if names:
        return {str(name): _rewritten(item, base, targets) for name, (item, _) in parts.items()}
    base = _base(value, base)
    changed: dict[str, Any] = {}
    for name, item in value.items():
        if name in _REFERENCES and isinstance(item, str):
            _refer(changed, name, item, base, targets)
        elif name not in ("$id", *_ANCHORS):
            inner = parts.get(name)
            changed[name] = _rewritten(item, base, targets, names=inner[1]) if inner else item
    return changed


def _refer(changed: dict[str, Any], keyword: str, reference: str, base: str, targets: _Targets) -> None:
    uri, fragment = _resolved(base, reference)
    root = targets.resources.get(uri)
    pointer = targets.anchors.get((uri, fragment)) if fragment and fragment[:1] != "/" else None
    if pointer is None and root is not None and fragment[:1] in ("", "/"):
        pointer = root + fragment
    if pointer is None:
        changed[keyword] = reference
    elif keyword == "$ref" or "$ref" not in changed:
        changed["$ref"] = "#" + pointer
