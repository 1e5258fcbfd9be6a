"""Where a request carries the API key, the account and other secrets, and the environment variables of their values.

Hides the keywords by which a security scheme says so (see `overlay_keywords`). Source: OpenAPI 3.1.0, "Security Scheme
Object"; the name of a header or a cookie is a token (RFC 9110, section 5.1; RFC 6265, section 4.1.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.errors import DocumentError
from contracts.openapi.pointer import follow_references, to_pointer

_ENVIRONMENT: Final = "x-environment"
_SECRET: Final = "x-secret"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLACES: Final = ("header", "query", "cookie")
_SCHEMES: Final = ("bearer", "basic")
_AUTHORIZATION: Final = "Authorization"


@dataclass(frozen=True, slots=True)
class Credential:
    """A header, query parameter or cookie, and the environment variable that its value is read from.

    `scheme` is that of an Authorization header: `bearer`, whose value is a token, or `basic`, whose value is a user's
    name and password with a colon between them. It is `none` for a header that no security scheme describes.
    """

    name: str
    environment: str
    place: str = "header"
    scheme: str = ""
    is_secret: bool = True


def is_token(name: object) -> bool:
    """Return whether a header or cookie can have the name."""
    return isinstance(name, str) and bool(_TOKEN.fullmatch(name))


def credentials(path: Path, contents: Any) -> tuple[Credential, ...]:
    """Return the credentials that security schemes describe, in the document's order.

    `path` is the document's file; raises DocumentError for a malformed keyword.
    """
    return tuple(dict.fromkeys(_described(path, contents)))


def _described(path: Path, contents: Any) -> Iterator[Credential]:
    components = contents.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    for name in schemes if isinstance(schemes, dict) else ():
        try:
            at, scheme = follow_references(contents, "#" + to_pointer("components", "securitySchemes", name))
        except (LookupError, ValueError):
            continue  # Security schemes are not judged, so that a dangling one harms no check.
        if not isinstance(scheme, dict) or _ENVIRONMENT not in scheme:
            continue
        kind, authorization = scheme.get("type"), str(scheme.get("scheme")).lower()
        if (kind == "apiKey" and scheme.get("in") in _PLACES) or (kind == "http" and authorization in _SCHEMES):
            yield _read(path, at, scheme)


def _read(path: Path, at: str, scheme: dict[str, Any]) -> Credential:
    environment, is_secret = scheme[_ENVIRONMENT], scheme.get(_SECRET, True)
    if not isinstance(environment, str) or not _VARIABLE.fullmatch(environment):
        problem = f"is no environment variable: {environment}"
        raise DocumentError(path, at + to_pointer(_ENVIRONMENT), problem, "use letters, digits and underscores")
    if not isinstance(is_secret, bool):
        problem = f"is no boolean: {is_secret}"
        raise DocumentError(path, at + to_pointer(_SECRET), problem, "write false for a value that may be shown")
    if scheme["type"] == "http":
        return Credential(_AUTHORIZATION, environment, scheme=scheme["scheme"].lower(), is_secret=is_secret)
    name, place = scheme.get("name"), scheme["in"]
    if not isinstance(name, str) or not (name if place == "query" else is_token(name)):
        raise DocumentError(path, at + to_pointer("name"), f"is no {place} name", "name the header, such as x-api-key")
    return Credential(name, environment, place, is_secret=is_secret)
