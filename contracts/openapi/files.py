"""Read the files that a document refers to, and make one document of all.

Hides relative references: each file is kept, once, under `x-files` at the top of the document, and every `$ref` to it
names its place there, so that all that follows knows local references alone. Only files in the document's own folder,
and below, are read; nothing is fetched. Sources: RFC 3986, section 5; OpenAPI 3.1.0, "Reference Object".
"""

import re
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote

from contracts.errors import DocumentError
from contracts.openapi.anchors import DATA, NAME_MAPS, with_plain_references
from contracts.openapi.pointer import to_pointer
from contracts.openapi.source import read_file

FILES: Final = "x-files"
"""Under which field of the document the other files are kept."""

_SCHEMES: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*:|//")


def with_other_files(path: Path, contents: Any) -> tuple[Any, tuple[str, ...]]:
    """Return the contents with the files that they refer to, and the hashes of these files.

    A reference to a file that cannot be read stays as it is: `unread_reference` says why, where it matters.
    """
    contents = with_plain_references(contents)
    bundle = _Bundle(path)
    changed = bundle.rewritten(contents, path)
    if not bundle.files:
        return contents, ()
    return {**changed, FILES: bundle.files}, tuple(bundle.hashes)


def unread_reference(path: Path, place: str, reference: str) -> DocumentError:
    """Return the error of a reference that leads out of the document and was not read."""
    if _SCHEMES.match(reference):
        problem, fix = f"refers to a URL, which is not fetched: {reference}", "save it beside the document"
        return DocumentError(path, place, problem, f"{fix}, or bundle the document into one file")
    name, _, fragment = reference.partition("#")
    file = _file_of(path, name)
    if not _is_inside(file, path):
        problem, fix = f"refers to a file outside the document's folder: {reference}", "move the file there"
        return DocumentError(path, place, problem, f"{fix}, or bundle the document into one file")
    try:
        read_file(file)
    except DocumentError as error:
        problem = f"refers to another file: {reference}, which {error.problem}"
        return DocumentError(path, place, problem, "correct the reference, or bundle the document into one file")
    problem = f"refers to #{fragment} of another file: {reference}"
    return DocumentError(path, place, problem, f"write the JSON pointer of the schema, as {name}#/...")


def _file_of(base: Path, name: str) -> Path:
    return (base.parent / unquote(name)).resolve()


def _is_inside(file: Path, document: Path) -> bool:
    return file.is_relative_to(document.parent.resolve())


class _Bundle:
    def __init__(self, path: Path) -> None:
        self.files: dict[str, Any] = {}
        self.hashes: list[str] = []
        self._path, self._home = path, path.parent.resolve()
        self._unread: set[Path] = set()

    def rewritten(self, value: Any, base: Path, *, names: bool = False) -> Any:
        """Return the value with every reference to another file as one to its place here.

        `base` is the file that it stands in; `names` says that the members of an object are names, not fields.
        """
        if isinstance(value, list):
            return [self.rewritten(item, base) for item in value]
        if not isinstance(value, dict):
            return value
        changed = {}
        for name, item in value.items():
            if name == "$ref" and isinstance(item, str) and not names:
                changed[name] = self._reference(item, base)
            elif name in DATA and not names:
                changed[name] = item
            else:
                changed[name] = self.rewritten(item, base, names=name in NAME_MAPS and not names)
        return changed

    def _reference(self, reference: str, base: Path) -> str:
        name, _, fragment = reference.partition("#")
        if _SCHEMES.match(reference) or fragment[:1] not in ("", "/"):
            return reference
        file = _file_of(base, name) if name else base.resolve()
        if file == self._path.resolve():
            return f"#{fragment}"
        if not _is_inside(file, self._path) or not self._read(file):
            return reference
        return "#" + to_pointer(FILES, self._name(file)) + fragment

    def _name(self, file: Path) -> str:
        return file.relative_to(self._home).as_posix()

    def _read(self, file: Path) -> bool:
        """Read the file, once; return whether it could be read."""
        name = self._name(file)
        if name in self.files or file in self._unread:
            return name in self.files
        try:
            contents, sha256 = read_file(file)
        except DocumentError:
            self._unread.add(file)
            return False
        self.hashes.append(sha256)
        self.files[name] = None  # Files may refer to each other.
        self.files[name] = self.rewritten(with_plain_references(contents), file)
        return True
