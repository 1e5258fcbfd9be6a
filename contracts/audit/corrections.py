"""Make the Overlay actions that correct a document (Overlay 1.1.0, "Action Object").

Hides what an action cannot do at once: replace a value by one of another kind, which takes a removal first.
"""

from collections.abc import Iterable
from typing import Any

from contracts.audit.finding import OverlayAction
from contracts.openapi import Document, to_json_path, to_pointer


def update(document: Document, place: str, value: Any) -> OverlayAction:
    """Return the action that merges a value into what stands at a place."""
    return {"target": to_json_path(place, document.written), "update": value}


def remove(document: Document, place: str) -> OverlayAction:
    """Return the action that removes what stands at a place."""
    return {"target": to_json_path(place, document.written), "remove": True}


def replace_keywords(
    document: Document, place: str, removed: Iterable[str], added: dict[str, Any]
) -> tuple[OverlayAction, ...]:
    """Return the actions that remove some keywords of the schema at a place and add others."""
    removals = tuple(remove(document, place + to_pointer(name)) for name in removed)
    return (*removals, update(document, place, added)) if added else removals


def one_of_to_any_of(document: Document, place: str) -> tuple[OverlayAction, ...]:
    """Return the actions that make an `anyOf` of the `oneOf` at a place; `copy` keeps each branch as it is written."""
    path = to_json_path(place, document.written)
    source = f"{path}['oneOf']"
    if isinstance(document.schema(place), dict) and "anyOf" in document.schema(place):
        inner: dict[str, Any] = {"allOf": [{"anyOf": []}]}
        target = f"{path}['allOf'][-1:]['anyOf']"
    else:
        inner, target = {"anyOf": []}, f"{path}['anyOf']"
    return ({"target": path, "update": inner}, {"target": target, "copy": source}, {"target": source, "remove": True})


def with_null(document: Document, place: str, schema: dict[str, Any]) -> tuple[OverlayAction, ...]:
    """Return the actions by which the schema at a place admits null, where 3.0 said `nullable`."""
    path = to_json_path(place, document.written)
    drop = remove(document, place + to_pointer("nullable"))
    if "type" in schema:
        kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        added: dict[str, Any] = {"type": [*kinds, "null"]}
        if isinstance(schema.get("enum"), list) and None not in schema["enum"]:
            added["enum"] = [None]
        return (drop, *replace_keywords(document, place, ["type"], added))
    for keyword in ("anyOf", "oneOf"):
        if isinstance(schema.get(keyword), list):
            return drop, {"target": path, "update": {keyword: [{"type": "null"}]}}
    for keyword, empty in (("$ref", None), ("allOf", [])):
        if keyword in schema:
            whole = {keyword: schema[keyword] if empty is None else empty}
            grown: OverlayAction = {"target": path, "update": {"anyOf": [whole, {"type": "null"}]}}
            source = f"{path}['{keyword}']"
            moved: tuple[OverlayAction, ...] = ({"target": source, "remove": True},)
            if empty is not None:
                moved = ({"target": f"{path}['anyOf'][0]['{keyword}']", "copy": source}, *moved)
            return drop, grown, *moved
    return (drop, update(document, place, {"enum": [None]})) if isinstance(schema.get("enum"), list) else ()
