"""Find the operation of a document that a captured request belongs to.

Hides what stands before the document's paths: the base path of a server that is named, or of the document's own
`servers`, and the path at which an application is mounted. Hides the secrets that a captured URL may hold.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from contracts.openapi import TEMPLATE, ConfigurationError, Document, Operation, operation_at

FEW: Final = 4
"""So many operations are tried one after another faster than looked up."""

MAX_FOLDERS: Final = 1024
"""Of how many folders of URLs it is remembered which operation reads the names in them."""


class OperationFinder:
    """Finds operations by method and URL; with a `server`, only those of its host and behind its path.

    Raises ConfigurationError for a server with a user or password, which reports would hold.
    """

    def __init__(self, document: Document, server: str = "") -> None:
        if "@" in urlsplit(server if "//" in server else f"//{server}").netloc:
            raise ConfigurationError("the server's URL carries credentials; take them out, for nothing is sent")
        self._places = tuple(_places(document, server))
        self._few = document.operations if len(document.operations) <= FEW else ()
        self._by_start: dict[tuple[int, str], tuple[Operation, ...]] = {}
        for each in document.operations:
            start = _start(each.path)
            self._by_start[start] = (*self._by_start.get(start, ()), each)
        self._members: dict[str, tuple[Operation, dict[str, str], str]] = {}

    def find(self, method: str, url: str, mount: str = "") -> tuple[Operation, Mapping[str, str]] | None:
        """Return the operation that reads the URL, which may be a path alone, with its path parameters, decoded.

        The document's paths begin behind the server's, or behind the path `mount` of the application that answered.
        """
        if method != "GET":
            return None
        folder, slash, name = url.rpartition("/")
        member = self._members.get(folder) if slash and not mount else None
        if member is not None and name and not ("%" in name or "?" in name or "#" in name):
            operation, values, parameter = member
            return operation, {**values, parameter: name}
        found = self._find(url, mount)
        if found and slash and not mount and len(self._members) < MAX_FOLDERS:
            self._learn(folder, name, *found)
        return found

    def _learn(self, folder: str, name: str, operation: Operation, values: Mapping[str, str]) -> None:
        """Keep which operation a name in the folder is a parameter of, if that is so whatever the name is."""
        parameter = TEMPLATE.fullmatch(operation.path.rpartition("/")[2])
        path = path_of(f"{folder}/")
        if parameter and "?" not in folder + name and "#" not in folder + name and self._reads_all_alike(path):
            rest = {each: value for each, value in values.items() if each != parameter[1]}
            self._members[folder] = operation, rest, parameter[1]

    def _reads_all_alike(self, folder: str) -> bool:
        """Return whether no operation reads only some names in the folder, a path with a slash at its end."""
        for _, base in self._places:
            inner = folder.removeprefix(base)
            if inner == "/":
                return False  # Operations are looked up by the first segment, which here is the name.
            for each in self._candidates(inner):
                last = each.path.rpartition("/")[2]
                if not TEMPLATE.fullmatch(last) and each.match(inner + TEMPLATE.sub("x", last)) is not None:
                    return False
        return True

    def _find(self, url: str, mount: str) -> tuple[Operation, Mapping[str, str]] | None:
        host, whole = _split(url)
        host = host.rpartition("@")[2]
        paths = dict.fromkeys((whole, whole.removeprefix(mount.rstrip("/")))) if mount else (whole,)
        for wanted, base in self._places:
            for path in paths:
                if (not host or wanted in ("", host)) and path.startswith(base):
                    inner = path[len(base) :]
                    if (found := operation_at(self._candidates(inner), inner)) is not None:
                        return found
        return None

    def _candidates(self, path: str) -> tuple[Operation, ...]:
        """Return the operations with as many segments and the same first one, of which a document has few."""
        if self._few:
            return self._few
        count, first = _start(path)
        return self._by_start.get((count, first), ()) + self._by_start.get((count, ""), ())


def _start(path: str) -> tuple[int, str]:
    """Return the number of a path's segments, and the first one; empty if it has a parameter."""
    first = path.split("/", 2)[1] if "/" in path else path
    return path.count("/"), "" if "{" in first else first


def path_of(url: str) -> str:
    """Return the path of a URL, encoded as it is there."""
    return _split(url)[1]


def _split(url: str) -> tuple[str, str]:
    """Return the host, which is empty in a path alone, and the path (RFC 3986, section 3)."""
    found = _URL.match(url)
    assert found
    return found[1] or "", found[2] or "/"


_URL: Final = re.compile(r"(?:(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*))?([^?#]*)")


def without_secrets(url: str, document: Document) -> str:
    """Return the URL without user and password, and with a mask for each query value that is a key by the document.

    A client that something else wrote may put them there; our own sessions keep them out of every URL.
    """
    names = frozenset(_key_parameters(document))
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    given = [pair.partition("=") for pair in parts.query.split("&")]
    if "@" not in parts.netloc and not any(unquote_plus(name) in names for name, _, _ in given):
        return url
    kept = (f"{name}={_MASK}" if unquote_plus(name) in names else name + sign + value for name, sign, value in given)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="&".join(kept)))


_MASK: Final = "[masked]"


def _key_parameters(document: Document) -> Iterator[str]:
    """Yield the names of the query parameters that carry an API key by a security scheme."""
    components = document.contents.get("components")
    schemes = components.get("securitySchemes") if isinstance(components, dict) else None
    for scheme in schemes.values() if isinstance(schemes, dict) else ():
        if isinstance(scheme, dict) and scheme.get("in") == "query":
            yield str(scheme.get("name"))


def _places(document: Document, server: str) -> Iterator[tuple[str, str]]:
    """Yield the host, which may be empty for any, and the path that stands before the document's paths.

    Without a server these are the paths of the document's own `servers`, the longest first, and the empty one.
    """
    if server:
        parts = urlsplit(server if "//" in server else f"//{server}")
        yield parts.netloc, parts.path.rstrip("/")
        return
    servers = document.contents.get("servers")
    urls = [each.get("url") for each in servers if isinstance(each, dict)] if isinstance(servers, list) else []
    paths = {urlsplit(url).path.rstrip("/") for url in urls if isinstance(url, str) and "{" not in url}
    yield from (("", path) for path in sorted({*paths, ""}, key=len, reverse=True))
