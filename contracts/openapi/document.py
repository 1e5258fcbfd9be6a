"""An OpenAPI 3.1 document with its overlays, read and checked: every part of it can be judged.

Hides the order of reading: the file, its overlays, the checks of `reader`, the frozen Document.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from contracts.openapi import overlay, reader, schema_keywords, source
from contracts.openapi.credential import Credential, credentials
from contracts.openapi.discriminator import Union
from contracts.openapi.operation import Operation
from contracts.openapi.pointer import follow_references, from_pointer, resolve_pointer

PINNED: Final = Path(__file__).parent / "documents" / "sgp-v4.openapi.yaml"
"""The document this harness was made for."""


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
    overlays: tuple[str, ...]
    schemas: frozenset[str] = field(repr=False)
    """The JSON pointer of every schema that a parameter or response reaches."""
    unions: Mapping[str, Union] = field(repr=False)
    annotations: frozenset[str] = field(repr=False)
    notes: tuple[str, ...]
    api_key: Credential | None
    account: Credential | None
    makers: tuple[Callable[[Document], Operation], ...] = field(repr=False)
    """One for each operation; `operations` calls it once, with this document."""

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """Every GET operation, in the document's order, always as the same objects."""
        return tuple(make(self) for make in self.makers)

    def schema(self, pointer: str) -> Any:
        """Return the schema, or anything else, at a place of the document; raise LookupError if there is none."""
        return resolve_pointer(self.contents, from_pointer(pointer))

    def resolve(self, pointer: str) -> tuple[str, Any]:
        """Return the place and schema that a place means: a `$ref` without siblings is followed to its end."""
        return follow_references(self.contents, pointer)


def load(path: Path = PINNED, overlays: Iterable[Path] = (), annotations: Iterable[str] = ()) -> Document:
    """Read a document and its overlays.

    `annotations` are keywords that assert nothing, by the caller's word. Raises DocumentError, with the place and the
    fix, for anything that could not be judged.
    """
    contents, sha256 = source.read_file(path)
    reader.refuse_other_versions(path, contents)
    loaded = tuple(overlay.load_overlay(file) for file in overlays)
    contents, idle = overlay.apply_overlays(loaded, contents)
    known = frozenset({*schema_keywords.declared_annotations(), *annotations})
    read = reader.read(path, contents, known)
    api_key, account = credentials(path, contents)
    info = contents.get("info") if isinstance(contents.get("info"), dict) else {}
    return Document(
        path=path,
        sha256=sha256,
        title=str(info.get("title", path.name)),
        version=str(info.get("version", "")),
        contents=read.contents,
        overlays=tuple(layer.path.name for layer in loaded),
        schemas=read.schemas,
        unions=read.unions,
        annotations=known,
        notes=(*idle, *read.notes),
        api_key=api_key,
        account=account,
        makers=read.makers,
    )
