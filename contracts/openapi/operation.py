"""One GET operation of a document: its path, its parameters and the responses it may get.

Hides how a path template is filled in and matched. Operations are made by `Document.operations` alone, one object per
path, so that identity is equality.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from contracts.openapi.document import Document

TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")
"""A template expression in a path (OpenAPI 3.1.0, "Path Templating"); its group is the parameter's name."""

Resource = tuple[str, ...]
"""The values of an operation's path parameters, decoded, in the path's order."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path parameter: its name, and the JSON pointer of its schema in the document."""

    name: str
    schema: str


@dataclass(frozen=True, slots=True)
class Header:
    """A response header that the document declares; `schema` is a JSON pointer, or None if it declares no schema."""

    name: str
    pointer: str
    required: bool
    schema: str | None


@dataclass(frozen=True, slots=True, eq=False)
class ResponseSpec:
    """The response that the document describes for one status code, class of codes (`4XX`) or `default`.

    `content` maps each media type to the JSON pointer of its schema, or to None if any content is allowed.
    """

    status: str
    pointer: str
    content: Mapping[str, str | None]
    headers: tuple[Header, ...] = ()

    @property
    def is_success(self) -> bool:
        """Whether the request was received, understood and accepted (2xx: RFC 9110, section 15.3)."""
        return self.status.startswith("2")


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One GET operation of its document. A document has one object per path, compared and hashed by identity."""

    document: Document = field(repr=False)
    path: str
    pointer: str
    parameters: tuple[Parameter, ...]
    responses: tuple[ResponseSpec, ...]
    methods: tuple[str, ...]
    """Every method that the document has for the path, in upper case."""

    def __str__(self) -> str:
        return f"GET {self.path}"

    def response_for(self, status: int) -> ResponseSpec | None:
        """Return the description of a status: by its code, else by its class (`4XX`), else `default`, else None."""
        by_status = {spec.status: spec for spec in self.responses}
        return by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or by_status.get("default")

    def bind(self, values: Sequence[str]) -> dict[str, str]:
        """Return the values, given in the path's order, by parameter name; raise ValueError if their number differs."""
        return dict(zip((parameter.name for parameter in self.parameters), values, strict=True))

    def url_path(self, values: Mapping[str, str]) -> str:
        r"""Return the path with its parameters filled in, percent-encoded as one segment each (RFC 3986, section 3.3).

        Bytes that are not UTF-8 are held as `surrogateescape` does: `"\udcff"` is sent as `%FF`.
        """
        return TEMPLATE.sub(lambda name: quote(values[name[1]], safe="", errors="surrogateescape"), self.path)

    def match(self, url_path: str) -> dict[str, str] | None:
        """Return the path parameters of a request's path, decoded, by name; None if it is another path."""
        literal = TEMPLATE.split(self.path)
        pattern = "".join(re.escape(part) if i % 2 == 0 else "([^/?#]+)" for i, part in enumerate(literal))
        found = re.fullmatch(pattern, url_path)
        if found is None:
            return None
        raw = zip(literal[1::2], found.groups(), strict=True)
        return {name: unquote(text, errors="surrogateescape") for name, text in raw}


def operation_at(operations: Iterable[Operation], url_path: str) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation of a request's path with its path parameters, decoded; None if no operation matches.

    A concrete path is matched before its templated counterparts (OpenAPI 3.1.0, "Paths Object").
    """
    matches = [(operation, values) for operation in operations if (values := operation.match(url_path)) is not None]
    return min(matches, key=lambda match: len(match[1]), default=None)
