"""Read the text of a header field as its schema describes it (OpenAPI 3.1.0, Header Object: style `simple`).

Hides how lists and objects are written in a field: with commas and optional white space, and what a member's type is.
"""

from collections.abc import Iterator
from typing import Any

from contracts.judge.validation import compiled
from contracts.openapi import UNREADABLE, Document, Header, parse_json, to_pointer


def is_legal(document: Document, header: Header, text: str) -> bool:
    """Return whether the text is valid in any reading: as a text, a number, a list or an object."""
    at = header.schema
    return at is None or any(compiled(document).is_valid(at, value) for value in _readings(document, header, text, at))


def scalar(text: str) -> Any:
    """Return the number, boolean or null that the text is as JSON, otherwise the text."""
    value, _ = parse_json(text.encode(errors="surrogatepass"))
    return text if value is UNREADABLE or isinstance(value, (str, list, dict)) else value


def _readings(document: Document, header: Header, text: str, at: str) -> Iterator[Any]:
    yield text
    yield scalar(text)
    place, schema = document.resolve(at)
    known = schema if isinstance(schema, dict) else {}
    parts = _elements(text)
    yield [_typed(document, _of_item(place, known, index), part) for index, part in enumerate(parts)]
    yield [scalar(part) for part in parts]
    members = _members(text, explode=header.explode)
    if members is not None:
        yield {name: _typed(document, _of_member(place, known, name), part) for name, part in members.items()}
        yield {name: scalar(part) for name, part in members.items()}


def _elements(text: str) -> list[str]:
    """Return the elements of a list; empty ones do not count (RFC 9110, section 5.6.1.2)."""
    return [part for each in text.split(",") if (part := each.strip(" \t"))]


def _members(text: str, *, explode: bool) -> dict[str, str] | None:
    """Return the members of an object, `R=100,G=200` or without explode `R,100,G,200`; None if it is none."""
    if explode:
        pairs = [part.partition("=") for part in _elements(text)]
        return {name: value for name, _, value in pairs} if all(equals for _, equals, _ in pairs) else None
    parts = [part.strip(" \t") for part in text.split(",")] if text else []
    return dict(zip(parts[::2], parts[1::2], strict=True)) if len(parts) % 2 == 0 else None


def _of_item(place: str, schema: dict[str, Any], index: int) -> str:
    """Return the place of the schema of an array's item; empty if there is none."""
    if index < len(schema.get("prefixItems", ())):
        return place + to_pointer("prefixItems", index)
    return place + to_pointer("items") if "items" in schema else ""


def _of_member(place: str, schema: dict[str, Any], name: str) -> str:
    """Return the place of the schema of an object's property; empty if there is none."""
    if name in schema.get("properties", ()):
        return place + to_pointer("properties", name)
    return place + to_pointer("additionalProperties") if "additionalProperties" in schema else ""


def _typed(document: Document, place: str, text: str) -> Any:
    """Return the text as its schema wants it: as it is, or else as the number, boolean or null that it is."""
    return text if not place or compiled(document).is_valid(place, text) else scalar(text)
