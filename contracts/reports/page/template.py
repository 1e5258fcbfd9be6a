"""What the page's template is rendered by, and how it says each kind of value."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from contracts.reports.page import figures

READ: Final = 2000
"""Characters of any one text that are shown."""


@functools.cache
def environment() -> jinja2.Environment:
    """The template's engine: everything is escaped, and nothing that is missing passes for empty."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "duration": figures.duration,
        "instant": _instant,
        "kind": _kind,
        "named": _named,
        "others": _others,
        "sentence": _sentence,
        "told": _told,
        "whole": _whole,
        "sparkline": figures.sparkline,
        "shares": figures.shares,
        "numeric": _is_numeric,
    }
    made.globals |= {"WIDTH": figures.WIDTH, "HEIGHT": figures.HEIGHT, "heat": _heat}
    return made


def visible(value: Any) -> Any:
    """What the template puts out: text with the characters that hide, break or turn it around told by their codes.

    What is longer than anybody reads is cut, and its length told.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = value if len(value) <= READ else f"{value[:READ]}… ({len(value):,} characters)"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _code(char) for char in text)


def _whole(text: str) -> Markup:
    """The text uncut: a command that lacks its end would do something else."""
    return Markup().join(visible(text[start : start + READ]) for start in range(0, len(text), READ))


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _instant(text: str) -> str:
    return f"{datetime.datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"


def _kind(feature: Mapping[str, Any]) -> str:
    """What a feature is called: its value, or what can be seen at its place."""
    if feature["kind"] in ("status", "branch", "value", "alternative", "bound"):
        return str(feature["which"] if feature["kind"] != "status" else "answers")
    return f"{feature['kind']} {feature['which']}".rstrip() if feature["kind"] != "extra" else "undeclared"


def _named(field: str) -> str:
    """A field's name as a heading says it."""
    return field.replace("_", " ")


def _others(fields: Mapping[str, Any], known: Collection[str] = ()) -> dict[str, Any]:
    """The fields that hold something and are not known: those of a newer report are shown too, by their names."""
    empty: tuple[Any, ...] = ("", None, [], {})
    return {name: value for name, value in fields.items() if name not in known and value not in empty}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _told(resource: list[str]) -> str:
    """A resource as one line: the values of its path parameters."""
    return " / ".join(resource)


def _heat(count: int, most: int) -> int:
    """How strongly a cell is coloured, from 0 to 5."""
    return 0 if not count else 1 + round(4 * count / most)


def _is_numeric(rows: list[Mapping[str, Any]], column: str) -> bool:
    values = [row.get(column) for row in rows]
    return len(values) > 1 and all(isinstance(each, (int, float)) and not isinstance(each, bool) for each in values)
