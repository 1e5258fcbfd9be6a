"""A document with its overlays, read and checked, and its GET operations: paths, parameters and possible responses.

Hides how a path template is filled in and matched. An operation belongs to one document, and a document makes one
object per operation, so that identity is equality for both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, unquote

from contracts.errors import DocumentError
from contracts.openapi.credential import Credential
from contracts.openapi.discriminator import Union
from contracts.openapi.parameter import Parameter
from contracts.openapi.pointer import follow_references, from_pointer, resolve_pointer

TEMPLATE: Final = re.compile(r"\{([^{}]+)\}")
"""A template expression in a path (OpenAPI 3.1.0, "Path Templating"); its group is the parameter's name."""

Resource = tuple[str, ...]
"""The values of an operation's path parameters, decoded, in the path's order."""


@dataclass(frozen=True, slots=True)
class Header:
    """A response header that the document declares; `schema` is a JSON pointer, or None if it declares no schema.

    With `explode` an object is written `R=100,G=200`, without it `R,100,G,200` (OpenAPI 3.1.0, "Style Values").
    """

    name: str
    pointer: str
    required: bool
    schema: str | None
    explode: bool = False


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


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is not judged, with the reasons: an operation, by its path, or if there is a `part` that part of it alone.

    A part is named by its status and its media type or header (`500 application/json`, `200 header ETag`).
    """

    path: str
    part: str
    reasons: tuple[DocumentError, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """One GET operation of its document, compared and hashed by identity."""

    document: Document = field(repr=False)
    path: str
    pointer: str
    parameters: tuple[Parameter, ...]
    responses: tuple[ResponseSpec, ...]
    methods: tuple[str, ...]
    """Every method that the document has for the path, in upper case."""
    other_parameters: tuple[Parameter, ...] = ()
    """The parameters of its query, header fields and cookies; `parameters` are those of its path."""
    operation_id: str = ""

    def __str__(self) -> str:
        return f"GET {self.path}"

    def response_for(self, status: int) -> ResponseSpec | None:
        """Return the description of a status: by its code, else by its class (`4XX`), else `default`, else None."""
        by_status = {spec.status: spec for spec in self.responses}
        return by_status.get(str(status)) or by_status.get(f"{status // 100}XX") or by_status.get("default")

    @property
    def granted(self) -> tuple[ResponseSpec, ...]:
        """Return the responses for a resource that exists: the successful ones.

        Without any these are its redirects, such as that of a login, and else `default`.
        """
        kinds = (
            lambda spec: spec.is_success,
            lambda spec: spec.status.startswith("3"),
            lambda spec: spec.status == "default",
        )
        found = (tuple(filter(kind, self.responses)) for kind in kinds)
        return next((specs for specs in found if specs), ())

    def grants(self, status: int) -> bool:
        """Return whether a response of the status is one for a resource that exists."""
        spec = self.response_for(status)
        is_success = 200 <= status < 300
        return is_success or (spec in self.granted and spec is not None and spec.status != "default")

    def bind(self, values: Sequence[str]) -> dict[str, str]:
        """Return the values, given in the path's order, by parameter name; raise ValueError if their number differs."""
        return dict(zip((parameter.name for parameter in self.parameters), values, strict=True))

    def url_path(self, values: Mapping[str, str]) -> str:
        r"""Return the path with its parameters filled in, percent-encoded as one segment each (RFC 3986, section 3.3).

        Bytes that are not UTF-8 are held as `surrogateescape` does: `"\udcff"` is sent as `%FF`.
        """
        plain = {each.name: each.separators for each in self.parameters if each.separators}
        return TEMPLATE.sub(
            lambda name: quote(values[name[1]], safe=plain.get(name[1], ""), errors="surrogateescape"), self.path
        )

    def match(self, url_path: str) -> dict[str, str] | None:
        """Return the path parameters of a request's path, decoded, by name; None if it is another path."""
        pattern, names = _matcher(self.path)
        found = pattern.fullmatch(url_path)
        if found is None:
            return None
        return {
            name: unquote(text, errors="surrogateescape") if "%" in text else text
            for name, text in zip(names, found.groups(), strict=True)
        }


@lru_cache(maxsize=4096)
def _matcher(path: str) -> tuple[re.Pattern[str], list[str]]:
    """Return the pattern of the URL paths that a templated path stands for, with the names of its groups."""
    literal = TEMPLATE.split(path)
    parts = (re.escape(part) if i % 2 == 0 else "([^/?#]+)" for i, part in enumerate(literal))
    return re.compile("".join(parts)), literal[1::2]


@dataclass(frozen=True, eq=False)
class Document:
    """A document that can be judged, compared and hashed by identity.

    `sha256` is that of the file's bytes, without overlays. `contents` has every overlay applied and each writeOnly
    property closed; it must not be changed. `unions` is keyed by JSON pointer. `annotations` are the keywords that
    assert nothing. `notes` are sentences on odd but legal parts of the document.
    """

    path: Path
    sha256: str
    title: str
    version: str
    contents: Mapping[str, Any] = field(repr=False)
    written: Mapping[str, Any] = field(repr=False)
    """The contents with every overlay applied and nothing else changed, of which a part may be illegal."""
    overlays: tuple[str, ...]
    schemas: frozenset[str] = field(repr=False)
    """The JSON pointer of every schema that a parameter or response reaches."""
    unjudged: frozenset[str] = field(repr=False)
    """Those of them that reach a schema of which something was refused, and itself left out of the contents."""
    unions: Mapping[str, Union] = field(repr=False)
    annotations: frozenset[str] = field(repr=False)
    notes: tuple[str, ...]
    credentials: tuple[Credential, ...]
    """What security schemes say of the environment, in the document's order."""
    makers: tuple[Callable[[Document], Operation], ...] = field(repr=False)
    """One for each operation; `operations` calls it once, with this document."""
    left_out: tuple[LeftOut, ...] = field(default=(), repr=False)
    """The operations, and the parts of operations, that cannot be judged."""
    skipped: int = 0
    """How many operations the user did not choose."""
    overlay_paths: tuple[Path, ...] = ()
    """The files of its overlays, which `overlays` names."""

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every GET operation, in the document's order, always as the same objects."""
        return tuple(make(self) for make in self.makers)

    def only(self, paths: Container[str]) -> Document:
        """Return the document with the operations of these paths alone; the others count as not chosen."""
        kept = tuple(make for make, each in zip(self.makers, self.operations, strict=True) if each.path in paths)
        return replace(self, makers=kept, skipped=self.skipped + len(self.makers) - len(kept))

    @property
    def described(self) -> int:
        """How many operations were to be judged: those that are, and those that are left out."""
        return len(self.makers) + sum(not each.part for each in self.left_out)

    @property
    def api_key(self) -> Credential | None:
        """The first credential that is a secret."""
        return next((each for each in self.credentials if each.is_secret), None)

    def schema(self, pointer: str) -> Any:
        """Return the schema, or anything else, at a place of the document; raise LookupError if there is none."""
        return resolve_pointer(self.contents, from_pointer(pointer))

    def resolve(self, pointer: str) -> tuple[str, Any]:
        """Return the place and schema that a place means: a `$ref` without siblings is followed to its end."""
        return follow_references(self.contents, pointer)


def operation_at(operations: Iterable[Operation], url_path: str) -> tuple[Operation, dict[str, str]] | None:
    """Return the operation of a request's path with its path parameters, decoded; None if no operation matches.

    A concrete path is matched before its templated counterparts (OpenAPI 3.1.0, "Paths Object").
    """
    best = None
    for operation in operations:
        values = operation.match(url_path)
        if values is not None and (best is None or len(values) < len(best[1])):
            best = operation, values
    return best
