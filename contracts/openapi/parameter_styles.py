"""Write a parameter's value as its style and `explode` say, for the place that it is sent in.

Hides RFC 6570 and the styles beyond it. A value that no reader could read back as what it was is not written at all:
one with nested containers, an empty array or object, or a text that holds what separates elements where it is not
encoded.
Source: OpenAPI 3.1.0, Parameter Object, "Style Values" and "Style Examples"; 3.2.0 for `cookie`.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote

DEFAULTS: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
"""The style of a parameter that names none, by its place."""

STYLES: Final = {
    "path": frozenset({"simple", "label", "matrix"}),
    "query": frozenset({"form", "spaceDelimited", "pipeDelimited", "deepObject"}),
    "header": frozenset({"simple"}),
    "cookie": frozenset({"form", "cookie"}),
}
"""The styles that a parameter may have, by its place."""

_SEPARATORS: Final = {
    "simple": (",", ","),
    "label": (",", "."),
    "matrix": (",", ";"),
    "form": (",", "&"),
    "cookie": (",", "; "),
    "spaceDelimited": ("%20", "&"),
    "pipeDelimited": ("%7C", "&"),
    "deepObject": ("", "&"),
}
"""Style to its separator without `explode`, and with it."""

_RESERVED: Final = "/?:@!$'()*;"
"""Reserved characters (RFC 3986, section 2.2) that separate nothing in a query."""

_NAMED: Final = frozenset({"matrix", "form", "cookie", "spaceDelimited", "pipeDelimited", "deepObject"})
"""Styles that write the parameter's name with its value."""


@dataclass(frozen=True, slots=True)
class Style:
    """How a value is written. With `encoded` False nothing is percent-encoded: a header field, or a decoded path.

    `allow_reserved` leaves reserved characters as they are in a query.
    """

    name: str
    explode: bool
    encoded: bool = True
    allow_reserved: bool = False

    @property
    def separators(self) -> str:
        """The characters that this style writes unencoded in a path segment."""
        return {"simple": ",=", "label": ".,=", "matrix": ";,="}.get(self.name, "")

    def write(self, name: str, value: Any) -> str | None:
        """Return the value of the parameter as it is sent; None if it cannot be written so that it can be read."""
        if isinstance(value, (list, dict)):
            return self._container(name, value)
        if self.name in ("spaceDelimited", "pipeDelimited", "deepObject"):
            return None  # OpenAPI defines them for arrays and objects alone.
        text = self._piece(scalar_text(value), alone=True)
        if text is None:
            return None
        if self.name == "matrix":
            return f";{name}={text}" if text else f";{name}"
        return {"label": ".", "simple": ""}.get(self.name, f"{self._name(name)}=") + text

    def _container(self, name: str, value: list[Any] | dict[str, Any]) -> str | None:
        pairs = [*value.items()] if isinstance(value, dict) else [("element", each) for each in value]
        if not pairs or any(isinstance(each, (list, dict)) for _, each in pairs):
            return None
        written = [(self._piece(key), self._piece(scalar_text(each))) for key, each in pairs]
        if any(key is None or text is None for key, text in written):
            return None
        texts = [(str(key), str(text)) for key, text in written]
        if self.name == "deepObject":
            named = [f"{self._name(name)}%5B{key}%5D={text}" for key, text in texts]
            return "&".join(named) if isinstance(value, dict) else None
        # Of an array every element carries the name if it is exploded, of an object every one its own.
        between = _SEPARATORS[self.name][self.explode]
        if isinstance(value, dict):
            parts = (
                [f"{key}={text}" for key, text in texts] if self.explode else [part for pair in texts for part in pair]
            )
            repeats_name = False
        else:
            parts = [text for _, text in texts]
            repeats_name = self.explode and self.name in _NAMED
        return self._framed(name, parts, between, repeats_name=repeats_name, is_object=isinstance(value, dict))

    def _framed(
        self, name: str, parts: Sequence[str], between: str, *, repeats_name: bool, is_object: bool
    ) -> str | None:
        """Return the parts with what the style writes before and between them."""
        first = {"label": ".", "matrix": ";"}.get(self.name, "")
        own = self._name(name)
        if repeats_name:
            parts = [f"{own}={part}" for part in parts]
        elif self.name in _NAMED and not (is_object and self.explode):
            return f"{first}{own}={between.join(parts)}"
        return first + between.join(parts)

    def _name(self, name: str) -> str:
        return quote(name, safe="[]") if self.encoded else name

    def _piece(self, text: str, *, alone: bool = False) -> str | None:
        """Return one element's text as it is sent; `alone` if no other element stands beside it."""
        if any("\ud800" <= char <= "\udfff" for char in text):
            return None
        if not self.encoded:
            unreadable = {"simple": "" if alone else ",=", "cookie": ';,"\\ '}.get(self.name, self.separators)
            return None if any(char in text for char in unreadable) or (not alone and not text) else text
        if not alone and not text:
            return None
        if not alone and self.name in ("spaceDelimited", "pipeDelimited") and re.search("[ |]", text):
            return None  # The separator itself is percent-encoded, so that an element's own could not be told from it.
        return quote(text, safe=_RESERVED + ("," if alone else "") if self.allow_reserved else "")


def scalar_text(value: Any) -> str:
    """Return a text as it is, and any other value that is no container as JSON text."""
    return value if isinstance(value, str) else json.dumps(value)
