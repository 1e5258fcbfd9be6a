"""The request headers that carry the API key and the account, and the environment variables that hold their values.

Hides the keywords by which a security scheme says so (see `overlay_keywords`). Source: OpenAPI 3.1.0, "Security Scheme
Object"; a header's name is a token (RFC 9110, section 5.1).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.openapi.errors import DocumentError
from contracts.openapi.pointer import follow_references, to_pointer

_ENVIRONMENT: Final = "x-environment"
_SECRET: Final = "x-secret"
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Credential:
    """A request header, and the environment variable that its value is read from."""

    header: str
    environment: str


def credentials(path: Path, contents: Any) -> tuple[Credential | None, Credential | None]:
    """Return the credential of the API key and that of the account, None for those that no scheme describes.

    The first scheme of each kind counts. `path` is the document's file; raises DocumentError for a malformed keyword.
    """
    first: dict[bool, Credential] = {}
    for is_secret, credential in _described(path, contents):
        first.setdefault(is_secret, credential)
    return first.get(True), first.get(False)


def _described(path: Path, contents: Any) -> Iterator[tuple[bool, Credential]]:
    components = contents.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    for name in schemes if isinstance(schemes, dict) else ():
        try:
            at, scheme = follow_references(contents, "#" + to_pointer("components", "securitySchemes", name))
        except (LookupError, ValueError):
            continue  # Security schemes are not judged, so that a dangling one harms no check.
        if not isinstance(scheme, dict) or _ENVIRONMENT not in scheme:
            continue
        if (scheme.get("type"), scheme.get("in")) == ("apiKey", "header"):
            yield _read(path, at, scheme)


def _read(path: Path, at: str, scheme: dict[str, Any]) -> tuple[bool, Credential]:
    header, environment, is_secret = scheme.get("name"), scheme[_ENVIRONMENT], scheme.get(_SECRET, True)
    if not isinstance(header, str) or not _TOKEN.fullmatch(header):
        raise DocumentError(path, at + to_pointer("name"), "is no header name", "name the header, such as x-api-key")
    if not isinstance(environment, str) or not _VARIABLE.fullmatch(environment):
        problem = f"is no environment variable: {environment}"
        raise DocumentError(path, at + to_pointer(_ENVIRONMENT), problem, "use letters, digits and underscores")
    if not isinstance(is_secret, bool):
        problem = f"is no boolean: {is_secret}"
        raise DocumentError(path, at + to_pointer(_SECRET), problem, "write false for a value that may be shown")
    return is_secret, Credential(header, environment)
