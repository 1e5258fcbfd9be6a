"""What an API promises in its OpenAPI document, and how answers are judged against it.

Hands out what a test of one's own needs: `load` and `assert_conforms`. Both import what they work with when they are
called, so that `import contracts`, and with it the help of every command, costs nothing. Everything else is asked of
its wing, such as `contracts.judge`. Imports no pytest, no Hypothesis and no Schemathesis.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from contracts.openapi import Document

__all__ = ["assert_conforms", "load"]


def load(path: Path | str | None = None, overlays: Path | str | Iterable[Path | str] = ()) -> "Document":
    """Read a document with its overlays, one file or several: the file, or the document that this harness was made for.

    Raises DocumentError, with the place and the fix, if nothing of it can be judged; see `contracts.openapi.load`.
    """
    from contracts import openapi

    files = (overlays,) if isinstance(overlays, (Path, str)) else overlays
    return openapi.load(openapi.PINNED if path is None else Path(path), map(Path, files))


def assert_conforms(
    response: Any,
    document: "Document | Path | str | None" = None,
    *,
    method: str = "",
    path: str = "",
    body: bytes | None = None,
    server: str = "",
) -> None:
    """Raise AssertionError, in the words of a verdict, if a response breaks what the document promises.

    `contracts.assertion` says which responses it takes, and when to name `method`, `path`, `body` and `server`.
    """
    __tracebackhide__ = True  # pytest shows the line of the test.
    from contracts import assertion

    assertion.assert_conforms(response, document, method=method, path=path, body=body, server=server)
