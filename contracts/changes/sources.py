"""Read one side of a comparison: a file, a file as it was in git (`REV:path`), a URL, or the pinned document.

Hides git, and that what does not stand in a file is kept in one for the time of the comparison.
"""

import os
import posixpath
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from contracts.http import download, plain_url
from contracts.openapi import (
    PINNED,
    ConfigurationError,
    Document,
    DocumentError,
    check_overlay_keywords,
    load,
    pointer_lines,
)

PINNED_NAME: Final = "pinned"
"""What stands for the document that comes with the harness."""

_URL: Final = re.compile("https?://", re.IGNORECASE)
_OUTSIDE: Final = re.compile(rb"""\$ref["']?\s*:\s*["']?[^#"'\s]""")
"""A reference to another file, in YAML or JSON."""


@dataclass(frozen=True, slots=True)
class Source:
    """One of the two documents as it was named: the file that holds it, and the name and file for people."""

    path: Path
    name: str
    file: str
    """The file in the repository or on disk whose lines reports point at; empty for what came from a URL."""

    def load(self, overlays: Sequence[Path], annotations: Sequence[str]) -> tuple[Document, Mapping[str, int]]:
        """Return the document and the lines of its pointers; raise ConfigurationError, in one line."""
        try:
            document = load(self.path, overlays, annotations)
            for operation in document.operations:
                check_overlay_keywords(operation)
        except DocumentError as error:
            # What came from git or a URL is kept in a file that nobody named.
            raise ConfigurationError(str(error).replace(str(self.path), self.name)) from None
        return document, pointer_lines(self.path)


def find_source(word: str, folder: Path, *, number: int) -> Source:
    """Return where the word leads; files that are not there yet are put into the folder.

    Raises ConfigurationError or TargetError, in one line, for a word that leads nowhere.
    """
    if not word:
        raise ConfigurationError("a document is named by an empty word; give a file, REV:path or a URL")
    if word == PINNED_NAME and not Path(word).exists():
        return Source(PINNED, PINNED.name, str(PINNED))
    if _URL.match(word):
        name = plain_url(word)
        path = folder / str(number) / (Path(name).name or "document")
        path.parent.mkdir(parents=True)
        path.write_bytes(download(word))
        return Source(path, name, "")
    if Path(word).exists() or ":" not in word:
        return Source(Path(word), word, word)
    return _from_git(word, folder / str(number))


def _from_git(word: str, folder: Path) -> Source:
    """Return the file of a revision, with the files in its folder that it may refer to."""
    revision, _, name = word.partition(":")
    if shutil.which("git") is None:
        raise ConfigurationError(f"{word} names a revision, and git is not installed; install it, or name a file")
    if not revision or revision.startswith("-"):
        raise ConfigurationError(f"{word} names no revision; write REV:path, such as main:openapi.yaml")
    if _git("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}") is None:
        if _git("rev-parse", "--git-dir") is None:
            raise ConfigurationError(f"{word} names a revision, and this folder is in no git repository; name a file")
        fix = "name one that `git log` knows, or fetch it first"
        raise ConfigurationError(f"{word}: git knows no revision {revision!r}; {fix}")
    here = (_git("rev-parse", "--show-prefix") or b"").decode().strip()
    # Git means paths from the top of the repository, and people paths from where they are.
    for inside in dict.fromkeys((posixpath.normpath(name), posixpath.normpath(posixpath.join(here, name)))):
        data = _git("cat-file", "blob", f"{revision}:{inside}")
        if data is not None:
            break
    else:
        inside = posixpath.normpath(name)
        known = (
            (_git("ls-tree", "-r", "--name-only", "--full-tree", revision) or b"").decode(errors="replace").splitlines()
        )
        near = [each for each in known if Path(each).name == Path(name).name][:3]
        fix = f"it has {', '.join(near)}" if near else f"`git ls-tree -r {revision}` lists what it has"
        raise ConfigurationError(f"{word}: the revision {revision!r} has no file {inside}; {fix}")
    path = folder / inside
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    if _OUTSIDE.search(data):
        _write_neighbours(revision, inside, folder)
    return Source(path, word, inside)


def _write_neighbours(revision: str, inside: str, folder: Path) -> None:
    """Write the YAML and JSON files beside and below a file of a revision."""
    beside = str(Path(inside).parent)
    names = _git(
        "ls-tree", "-r", "-z", "--name-only", "--full-tree", revision, *([] if beside == "." else [beside + "/"])
    )
    for name in (names or b"").decode(errors="replace").split("\0"):
        path = folder / name
        if path.suffix in (".yaml", ".yml", ".json") and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_git("cat-file", "blob", f"{revision}:{name}") or b"")


def _git(*words: str) -> bytes | None:
    """Return what git prints, or None if it fails; nothing is asked of anybody."""
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    done = subprocess.run(["git", *words], capture_output=True, check=False, env=environment)  # noqa: S603, S607
    return done.stdout if done.returncode == 0 else None
