"""Every response-side rule of oasdiff with an edit that it reports, and what we say of it: `oasdiff_rules.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from contracts.openapi import Document
from tests.support.differing import REF, thing
from tests.support.tiny import JSON, document_of

COMPONENTS = {
    name.title(): {**thing(kind={"type": "string"}, **{name: {"type": "integer"}}), "required": [name]}
    for name in ("cat", "dog")
}
"""The components that the edits refer to."""

assert REF == "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Row:
    """Rules of one level with an edit: what is edited, its contents before and after, what we say, and why."""

    rules: tuple[str, ...]
    level: str
    at: str = ""
    old: Any = None
    new: Any = None
    ours: str = ""
    why: str = ""

    def names(self) -> Iterator[str]:
        """Yield the rules, each by itself."""
        for rule in self.rules:
            yield from (rule.replace("{body,property}", place) for place in ("body", "property") if "{" in rule)
            yield from () if "{" in rule else (rule,)


def rows() -> tuple[Row, ...]:
    """All rows, in the order of the table."""
    found = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
    return tuple(Row(**{**each, "rules": tuple(each["rules"])}) for each in found)


def documents(row: Row, rule: str) -> tuple[Document, Document]:
    """The documents before and after the edit of a row, at the place that the rule is about."""
    old, new = (_document(row.at, each, inside="-property-" in rule) for each in (row.old, row.new))
    return old, new


def _document(at: str, edited: Any, *, inside: bool) -> Document:
    if at == "headers":
        return document_of(responses={"200": {"description": "", "headers": edited}})
    if at == "answers":
        return document_of(responses=_answers(edited))
    return document_of(thing(it=edited) if inside and at == "schema" else edited, COMPONENTS)


def _answers(described: dict[str, Any]) -> dict[str, Any]:
    """The responses of these statuses, or one with these media types."""
    if all(key.isdigit() for key in described):
        return {key: {"description": "", "content": {JSON: {"schema": each}}} for key, each in described.items()}
    content = {key: {"schema": each} if each else {} for key, each in described.items()}
    return {"200": {"description": "", "content": content}}


def table() -> Iterator[str]:
    """The rows as a table in Markdown."""
    yield "| rule of oasdiff | its level | ours | why |"
    yield "| --- | --- | --- | --- |"
    for row in rows():
        names = ", ".join(f"`{name}`" for name in row.rules)
        yield f"| {names} | {row.level} | {row.ours} | {row.why} |".replace("|  |", "| |").replace("|  |", "| |")
