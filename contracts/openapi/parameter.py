"""Describe a parameter of any place, and the query and header fields that values of parameters come to.

Hides where a parameter's value is written, and which header fields can carry one.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote_plus

from contracts.openapi.parameter_styles import DEFAULTS, Style

_FIELD_VALUE: Final = re.compile(r"[!-~](?:[ -~]*[!-~])?")
"""A field value is visible ASCII, with blanks only inside (RFC 9110, section 5.5)."""

RESERVED_FIELDS: Final = frozenset({"accept", "content-type", "authorization"})
"""Header parameters of these names SHALL be ignored (OpenAPI 3.1.0, Parameter Object, `name`)."""

FRAMING_FIELDS: Final = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "expect", "cookie"}
)
"""Fields that a client library writes itself: as parameters they would change how the message is read."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter: its name, the JSON pointer of its schema (empty if any value suits), and how it is written.

    `pointer` is its own place in the document. With `is_json` the value is sent as JSON text (`content`). `candidates`
    are the values that the document gives: example, examples, default, enum, const, in this order.
    """

    name: str
    schema: str
    place: str = "path"
    style: str = "simple"
    explode: bool = False
    required: bool = True
    is_json: bool = False
    allow_reserved: bool = False
    pointer: str = ""
    candidates: tuple[Any, ...] = ()
    is_composite: bool = False
    """Whether the schema's type is an array or an object."""

    @property
    def separators(self) -> str:
        """The characters that are not percent-encoded in a path segment, because they separate elements."""
        is_plain = self.style == "simple" and not self.is_composite
        return "" if self.place != "path" or is_plain or self.is_json else self._style.separators

    @property
    def _style(self) -> Style:
        is_encoded = self.place == "query" or (self.place == "cookie" and self.style == "form")
        return Style(self.style or DEFAULTS[self.place], self.explode, is_encoded, self.allow_reserved)

    def write(self, value: Any) -> str | None:
        """Return the value as it is sent, of a path parameter decoded; None if it cannot be sent as what it is."""
        if self.is_json:
            whole = Style({"query": "form", "cookie": "form"}.get(self.place, "simple"), False, self._style.encoded)
            written = whole.write(self.name, json.dumps(value))
        else:
            written = self._style.write(self.name, value)
        if written is not None and self.place in ("header", "cookie") and not _FIELD_VALUE.fullmatch(written):
            return None
        return written


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a request carries beside its path: its query as sent, without `?`, and its header fields.

    `names` are those of the parameters, each with its place. With `made_up` a value is neither the user's nor the
    document's, or a parameter is sent that need not be.
    """

    query: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    names: frozenset[tuple[str, str]] = frozenset()
    made_up: bool = False

    def names_query(self, pair: str) -> bool:
        """Return whether a pair of a query, percent-encoded, is of one of the parameters: `deepObject` has brackets."""
        name = unquote_plus(pair.partition("=")[0])
        return not {("query", name), ("query", name.partition("[")[0])}.isdisjoint(self.names)


def inputs_of(values: Iterable[tuple[Parameter, str]], *, made_up: bool = False) -> Inputs:
    """Return what written values of parameters come to; those of cookies are one field (RFC 6265, section 5.4)."""
    pairs = tuple(values)
    query = "&".join(text for parameter, text in pairs if parameter.place == "query")
    fields = [(parameter.name, text) for parameter, text in pairs if parameter.place == "header"]
    cookies = "; ".join(text for parameter, text in pairs if parameter.place == "cookie")
    names = frozenset((parameter.place, parameter.name) for parameter, _ in pairs)
    return Inputs(query, (*fields, *([("Cookie", cookies)] if cookies else [])), names, made_up)
