"""Set up the template engine of the page, and word values for it."""

import datetime
import functools
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from contracts.reports.page import figures

MAX_SHOWN: Final = 2000
"""The number of characters of one text that are shown."""


@functools.cache
def environment() -> jinja2.Environment:
    """Return the template engine, which escapes every value and raises an error for a missing one."""
    engine = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    engine.filters |= {
        "duration": figures.duration,
        "instant": _instant,
        "kind": _kind,
        "others": _others,
        "sentence": _sentence,
        "whole": _whole,
        "sparkline": figures.sparkline,
        "numeric": _is_numeric,
    }
    engine.globals |= {"WIDTH": figures.WIDTH, "HEIGHT": figures.HEIGHT}
    return engine


def visible(value: Any) -> Any:
    """Return a text with the codes of characters that would hide it, break it or turn it around.

    A text longer than MAX_SHOWN is cut, and its length is added. Markup and values of other types are not changed.
    """
    if not isinstance(value, str) or isinstance(value, Markup):
        return value
    text = value if len(value) <= MAX_SHOWN else f"{value[:MAX_SHOWN]}… ({len(value):,} characters)"
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _code(char) for char in text)


def _whole(text: str) -> Markup:
    """Return the visible text uncut, because a command without its end would do something else."""
    return Markup().join(visible(text[start : start + MAX_SHOWN]) for start in range(0, len(text), MAX_SHOWN))


def _code(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def _instant(text: str) -> str:
    return f"{datetime.datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"


def _kind(feature: Mapping[str, Any]) -> str:
    """Return a feature's name: its value, or the thing that can be seen at its place."""
    if feature["kind"] in ("status", "branch", "value", "alternative", "bound"):
        return str(feature["which"] if feature["kind"] != "status" else "answers")
    return f"{feature['kind']} {feature['which']}".rstrip() if feature["kind"] != "extra" else "undeclared"


def _others(fields: Mapping[str, Any], known: Collection[str] = ()) -> dict[str, Any]:
    """Return the unknown fields that are not empty, so that fields of a newer report are shown by their names."""
    empty: tuple[Any, ...] = ("", None, [], {})
    return {name: value for name, value in fields.items() if name not in known and value not in empty}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _is_numeric(rows: list[Mapping[str, Any]], column: str) -> bool:
    values = [row.get(column) for row in rows]
    return len(values) > 1 and all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
