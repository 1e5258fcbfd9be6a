"""JSON pointers (RFC 6901), plain for places in a response and as URI fragments for places in a document."""

import json
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote

_FRAGMENT: Final = re.compile("#(/|$)")


def to_pointer(*parts: str | int) -> str:
    """Return the pointer of the parts: `("a", 0, "x/y")` to `/a/0/x~1y`; no parts to the empty pointer."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def from_pointer(pointer: str) -> list[str]:
    """Return the parts of a pointer or URI fragment (`#/a%20b`), all as text: the inverse of `to_pointer`."""
    if pointer.startswith("#"):
        pointer = unquote(pointer[1:])
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


@lru_cache(maxsize=4096)
def pointer_steps(pointer: str) -> tuple[str, ...]:
    """Return the parts of a pointer as `from_pointer` does, split once for all of many values."""
    return tuple(from_pointer(pointer))


def to_json_path(pointer: str, contents: object = None) -> str:
    """Return the JSONPath of a place in an OpenAPI document, by which an Overlay names it (RFC 9535, section 2.7).

    A number is an index in an array of the contents or, if they are not given, behind a field that holds an array, and
    else a name, such as a status.
    """
    parts = from_pointer(pointer)
    if contents is not None:
        return "$" + "".join(_step(contents, parts[:length], part) for length, part in enumerate(parts))
    pairs = zip(["", *parts], parts, strict=False)
    return "$" + "".join(f"[{part if part.isdigit() and of in _ARRAYS else _quoted(part)}]" for of, part in pairs)


_ARRAYS: Final = frozenset("allOf anyOf enum oneOf parameters prefixItems required".split())
"""Fields that hold an array."""


def _step(contents: object, holder: Sequence[str], part: str) -> str:
    return f"[{part if isinstance(resolve_pointer(contents, holder), list) else _quoted(part)}]"


def _quoted(name: str) -> str:
    # The escapes are JSON's, but for the quotes (RFC 9535, section 2.3.1.1).
    escaped = json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"')
    return "'" + escaped.replace("'", "\\'") + "'"


def resolve_pointer(value: object, parts: Iterable[str]) -> object:
    """Return the value at the place; raise LookupError or ValueError if there is none."""
    for part in parts:
        if isinstance(value, dict):
            value = value[part]
        elif isinstance(value, list) and part.isascii() and part.isdigit():
            value = value[int(part)]
        else:
            raise LookupError(part)
    return value


def is_local_reference(reference: str) -> bool:
    """Return whether the text of a `$ref` is a JSON pointer into its own file."""
    return _FRAGMENT.match(reference) is not None


def follow_references(contents: object, pointer: str, beside: Iterable[str] = ()) -> tuple[str, Any]:
    """Return the place and value that a place means, with every `$ref` followed to its end.

    A `$ref` with siblings other than `beside` ends the search, because they change its meaning. Raises LookupError
    or ValueError where a reference is circular, leaves the file or leads nowhere.
    """
    seen = set()
    while True:
        if pointer in seen or not is_local_reference(pointer):
            raise LookupError(pointer)
        seen.add(pointer)
        parts = from_pointer(pointer)
        value = resolve_pointer(contents, parts)
        if not (isinstance(value, dict) and isinstance(value.get("$ref"), str) and {*value} <= {"$ref", *beside}):
            return "#" + to_pointer(*parts), value
        pointer = value["$ref"]


def replaced(value: Any, parts: Sequence[str], new: Any) -> Any:
    """Return the value with another at the place; only the containers on the way there are copied."""
    if not parts:
        return new
    copy = value.copy()
    part = int(parts[0]) if isinstance(value, list) else parts[0]
    copy[part] = replaced(value[part], parts[1:], new)
    return copy
