"""OpenAPI Overlay 1.0: actions that add to a document, mend it or take from it.

Source: https://spec.openapis.org/overlay/v1.0.0.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonpath

from contracts.errors import DocumentError
from contracts.source import read

_SHIPPED: Final = Path(__file__).parent / "documents" / "overlays"
_SUFFIX: Final = ".overlay.yaml"


def shipped() -> dict[str, tuple[Path, ...]]:
    """The overlays that come with the harness: name to file or, of a bundle, to the files it stands for."""
    single = {file.name.removesuffix(_SUFFIX): (file,) for file in sorted(_SHIPPED.glob("*" + _SUFFIX))}
    bundles, _ = read(_SHIPPED / "bundles.yaml")
    return single | {name: tuple(single[part][0] for part in parts) for name, parts in bundles.items()}


@dataclass(frozen=True, slots=True)
class Action:
    """One change: where (a JSONPath, RFC 9535), and what is merged there or whether all of it is removed."""

    target: str
    update: Any
    remove: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay file, checked; its actions apply in their order."""

    path: Path
    title: str
    actions: tuple[Action, ...]


def load(path: Path) -> Overlay:
    """Read an overlay; raises DocumentError when it is none, or not of version 1.0."""
    contents, _ = read(path)
    version = str(contents.get("overlay", "")) if isinstance(contents, dict) else ""
    if not re.fullmatch(r"1\.0(\.\d+)?", version):
        raise DocumentError(path, "#/overlay", f"is {version or 'missing'}", "give an OpenAPI Overlay 1.0 document")
    actions = contents.get("actions")
    if not isinstance(actions, list) or not actions:
        raise DocumentError(path, "#/actions", "holds no action", "list at least one action")
    info = contents.get("info")
    title = str(info.get("title", path.name)) if isinstance(info, dict) else path.name
    return Overlay(path, title, tuple(_action(path, index, raw) for index, raw in enumerate(actions)))


def _action(path: Path, index: int, raw: Any) -> Action:
    place = f"#/actions/{index}"
    if not isinstance(raw, dict) or not isinstance(raw.get("target"), str) or not raw["target"].strip():
        raise DocumentError(path, place, "has no target", "give the JSONPath of what it changes")
    try:
        jsonpath.compile(raw["target"].strip(), strict=True)
    except jsonpath.JSONPathError as error:
        problem = f"is no JSONPath: {str(error).splitlines()[0]}"
        raise DocumentError(path, place + "/target", problem, "see RFC 9535") from None
    if "update" not in raw and raw.get("remove") is not True:
        raise DocumentError(path, place, "changes nothing", "give it an update, or remove: true")
    return Action(raw["target"].strip(), raw.get("update"), raw.get("remove") is True)


def apply(overlays: Iterable[Overlay], contents: Any) -> tuple[Any, tuple[str, ...]]:
    """A changed copy of the document's contents, and the actions that found no place in it, in words.

    Raises DocumentError for an action that cannot be done where it leads.
    """
    contents = _apart(contents)
    idle = []
    for overlay in overlays:
        for index, action in enumerate(overlay.actions):
            matches = list(jsonpath.finditer(action.target, contents, strict=True))
            if not matches:
                idle.append(f"{overlay.path.name}: action {index + 1} finds nothing at {action.target}")
            try:
                _remove(matches) if action.remove else _update(matches, action.update)
            except _MisfitError as error:
                mend = "target an object or array that it can change (Overlay 1.0, Action Object)"
                raise DocumentError(overlay.path, f"#/actions/{index}", str(error), mend) from None
    return contents, tuple(idle)


class _MisfitError(Exception):
    """An action that makes no sense at the place it found, and why."""


def _apart(value: Any) -> Any:
    """A copy in which no two places share a value, as those of a YAML alias do."""
    if isinstance(value, dict):
        return {name: _apart(item) for name, item in value.items()}
    return [_apart(item) for item in value] if isinstance(value, list) else value


def _remove(matches: list[jsonpath.JSONPathMatch]) -> None:
    holders: dict[tuple[int | str, ...], Any] = {}
    for match in matches:
        if match.parent is None:
            raise _MisfitError("removes the whole document")
        holders[match.parts] = match.parent.obj
    # From the back, so that removing an array's item leaves the places before it where they are.
    for parts in sorted(holders, key=_index, reverse=True):
        del holders[parts][parts[-1]]


def _index(parts: tuple[int | str, ...]) -> int:
    last = parts[-1]
    return last if isinstance(last, int) else 0


def _update(matches: list[jsonpath.JSONPathMatch], update: Any) -> None:
    for match in matches:
        if isinstance(match.obj, list):
            match.obj.append(_apart(update))
        elif isinstance(match.obj, dict) and isinstance(update, dict):
            _merge(match.obj, update)
        else:
            raise _MisfitError(f"has an update that does not fit what stands at {match.path}")


def _merge(target: dict[str, Any], update: dict[str, Any]) -> None:
    """Overlay 1.0, "Action Object": objects merge, arrays are concatenated, anything else is replaced."""
    for name, value in update.items():
        old = target.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            old.extend(_apart(value))
        else:
            target[name] = _apart(value)
