"""Read files of YAML or JSON as JSON values.

Hides the differences of YAML 1.1 and 1.2, and limits of depth.
"""

import codecs
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Final

import yaml

from contracts.errors import DocumentError
from contracts.openapi import json_text
from contracts.openapi.pointer import to_pointer

DEPTH: Final = 100
"""The deepest nesting that is read, because every reader of a document recurses into it."""

MAX_VALUES: Final = 5_000_000
"""How many values a document may hold, those behind aliases counted each time; large published ones hold a fifth."""

_KIND: Final = "OpenAPI 3.1 document"

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_TAG: Final = "tag:yaml.org,2002:"


class _JsonLoader(_Loader):  # type: ignore[misc]
    """Loads YAML as OpenAPI 3.1.0 requires ("Format"): only JSON's types, names are text, no name twice."""

    # These are YAML 1.2's. PyYAML has 1.1's, where `on` is a boolean, 010 is eight, 12:30 a number and 1e3 is not.
    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        "<": [(_TAG + "merge", re.compile("<<$"))],
        **{first: [(_TAG + "null", re.compile("(|~|null|Null|NULL)$"))] for first in ("", "~", "n", "N")},
        **{first: [(_TAG + "bool", re.compile("(true|True|TRUE|false|False|FALSE)$"))] for first in "tTfF"},
        **{
            first: [
                (_TAG + "int", re.compile("-?(0|[1-9][0-9]*)$")),
                (_TAG + "float", re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?$")),
            ]
            for first in "-0123456789"
        },
    }
    yaml_constructors: ClassVar[dict[Any, Any]] = {
        tag: _Loader.yaml_constructors[tag]
        for tag in (None, *(_TAG + name for name in ("null", "bool", "int", "float", "str", "seq")))
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        if not isinstance(node, yaml.MappingNode):
            raise _error("names and values are needed", node)
        own: set[str] = set()
        for key, _ in node.value:
            name = self.construct_name(key)
            if name in own and key.tag != _TAG + "merge":
                raise _error(f"{name!r} stands twice", key)
            own.add(name)
        self.flatten_mapping(node)
        return {self.construct_name(key): self.construct_object(value, deep=True) for key, value in node.value}

    def construct_name(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise _error("a name must be text", node)
        return str(node.value)


_JsonLoader.add_constructor(_TAG + "map", lambda loader, node: loader.construct_mapping(node, deep=True))


def _error(problem: str, node: Any) -> yaml.YAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def read_file(path: Path, kind: str = _KIND) -> tuple[Any, str]:
    """Return the file's contents and the SHA-256 of its bytes; raise DocumentError if it is neither YAML nor JSON.

    `kind` is what the file should be.
    """
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise DocumentError(path, "", problem, "name a readable file") from None
    return parse_bytes(path, data, kind)


def parse_bytes(path: Path, data: bytes, kind: str = _KIND) -> tuple[Any, str]:
    """Return the contents of a file with these bytes and their SHA-256; raise DocumentError as `read_file` does."""
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(path, "", f"is not UTF-8 at byte {error.start}", "save it as UTF-8") from None
    contents = _json(path, text) if text.lstrip()[:1] == "{" else json_text.UNREADABLE
    if contents is json_text.UNREADABLE:
        contents = _yaml(path, text)
    if contents is None:
        raise DocumentError(path, "", "is empty", f"give an {kind} in YAML or JSON")
    return contents, hashlib.sha256(data).hexdigest()


def joint_hash(sha256: str, others: Iterable[str]) -> str:
    """Return the SHA-256 of a document: of its own bytes or, if it consists of several files, of all their hashes."""
    every = [sha256, *others]
    return sha256 if len(every) == 1 else hashlib.sha256("".join(every).encode()).hexdigest()


def _json(path: Path, text: str) -> Any:
    # YAML does not contain JSON: it has no pairs of surrogate escapes, which many writers make of an emoji.
    value, flaws = json_text.parse_json(text.encode())
    for flaw in flaws:
        if flaw.rule not in ("json.malformed", "json.depth"):
            place = "#" + flaw.place if flaw.place.startswith("/") else ""
            raise DocumentError(path, place, f"is flawed: {flaw.rule}, {flaw.detail}", "see RFC 8259")
    if any(place.count("/") > DEPTH for place, _ in json_text.walk_json(value)):
        raise _too_deep(path)
    return value


def _yaml(path: Path, text: str) -> Any:
    try:
        _check_events(path, text)
        return yaml.load(text, Loader=_JsonLoader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, KeyError) as error:
        if "maximum nesting depth" in str(error):  # PyYAML has a limit of its own from 6.0.4 on.
            raise _too_deep(path) from None
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        problem = f"is neither YAML nor JSON{where}: {getattr(error, 'problem', None) or error}"
        raise DocumentError(path, "", problem, "correct its syntax") from None


def _check_events(path: Path, text: str) -> None:
    """Raise DocumentError for a document too deep or too large, before anything is built.

    The C library recurses until the stack ends, and aliases of aliases multiply what they stand for.
    """
    # Of each collection that is open: its anchor, and the number of values in it so far.
    opened: list[tuple[str | None, int]] = []
    sizes: dict[str, int] = {}
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, 1))
            if len(opened) > DEPTH:
                raise _too_deep(path)
            continue
        if isinstance(event, yaml.CollectionEndEvent):
            anchor, size = opened.pop()
            sizes |= {anchor: size} if anchor else {}
        elif isinstance(event, yaml.AliasEvent):
            size = sizes.get(event.anchor or "", 1)
        elif isinstance(event, yaml.ScalarEvent):
            size = 1
        else:
            continue
        if opened:
            opened[-1] = (opened[-1][0], opened[-1][1] + size)
            if opened[-1][1] > MAX_VALUES:
                problem = f"holds more than {MAX_VALUES:,} values"
                raise DocumentError(path, "", problem, "use fewer aliases (*name) of aliases, or split the document")


def _too_deep(path: Path) -> DocumentError:
    return DocumentError(path, "", f"is nested more than {DEPTH} deep", "make its schemas components")


def pointer_lines(path: Path) -> dict[str, int]:
    """Return for each JSON pointer the line, counted from 1, on which its value begins; for a member, its name's line.

    The result is empty for a file that cannot be read any more, because lines are only hints.
    """
    try:
        root = yaml.compose(path.read_text("utf-8-sig"), Loader=_Loader)
    except (OSError, ValueError, yaml.YAMLError):
        return {}
    found: dict[str, int] = {}
    waiting: list[tuple[str, Any, Any]] = [("", root, root)]
    while waiting:
        pointer, name, node = waiting.pop()
        found["#" + pointer] = name.start_mark.line + 1
        if pointer.count("/") > DEPTH:
            continue
        if isinstance(node, yaml.MappingNode):
            waiting += [(pointer + to_pointer(str(key.value)), key, value) for key, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            waiting += [(pointer + to_pointer(index), item, item) for index, item in enumerate(node.value)]
    return found


def line_of(known: Mapping[str, int], pointer: str) -> int:
    """Return the line of the place or, if an overlay added it, of the closest place around it; 1 if none is known."""
    while pointer and pointer not in known:
        pointer = pointer.rpartition("/")[0]
    return known.get(pointer, 1)
