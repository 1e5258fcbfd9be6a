"""Find the operation of a document that a captured request belongs to.

Hides what stands before the document's paths: the base path of a server that is named, or of the document's own
`servers`.
"""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from contracts.openapi import Document, Operation, operation_at


class OperationFinder:
    """Finds operations by method and URL; with a `server`, only those of its host and behind its path."""

    def __init__(self, document: Document, server: str = "") -> None:
        self._operations = document.operations
        self._places = tuple(_places(document, server))

    def find(self, method: str, url: str) -> tuple[Operation, Mapping[str, str]] | None:
        """Return the operation that reads the URL, which may be a path alone, with its path parameters, decoded."""
        if method != "GET":
            return None
        path = path_of(url)
        host = url.partition("//")[2].partition("/")[0]
        for wanted, base in self._places:
            if (wanted in ("", host) or not host) and path.startswith(base):
                found = operation_at(self._operations, path.removeprefix(base))
                if found is not None:
                    return found
        return None


def path_of(url: str) -> str:
    """Return the path of a URL, encoded as it is there; the whole text if it is no URL."""
    try:
        return urlsplit(url).path or "/"
    except ValueError:  # An address of IPv6 that is none.
        return url


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
