"""Load OpenAPI Overlays 1.0 and apply them: actions that add to a document, change it or remove parts of it.

Hides JSONPath, the order of actions, and where the shipped overlays are kept. Source: https://spec.openapis.org/overlay/v1.0.0.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonpath

from contracts.openapi.errors import ConfigurationError, DocumentError
from contracts.openapi.source import read_file

PINNED_OVERLAY: Final = Path(__file__).parent / "documents" / "sgp-v4.overlay.yaml"
"""The overlay that adds to the pinned document the facts about its API that it leaves out."""

_SHIPPED: Final = Path(__file__).parent / "documents" / "overlays"
_SUFFIX: Final = ".overlay.yaml"


def shipped_overlays() -> dict[str, tuple[Path, ...]]:
    """Return the overlays that come with the harness: name to file or, for a bundle, to its files."""
    single = {file.name.removesuffix(_SUFFIX): (file,) for file in sorted(_SHIPPED.glob("*" + _SUFFIX))}
    bundles, _ = read_file(_SHIPPED / "bundles.yaml")
    return single | {name: tuple(single[part][0] for part in parts) for name, parts in bundles.items()}


def overlay_files(given: Iterable[str], *, no_overlay: bool = False, pinned: bool = True) -> tuple[Path, ...]:
    """Return the overlays to apply, in their order, without repetition.

    `given` holds files, which replace the pinned overlay, and names of shipped overlays, which add to it; a file with
    such a name is given as `./name`. Raises ConfigurationError for a word that is neither.
    """
    known = shipped_overlays()
    files: list[Path] = []
    named: list[Path] = []
    for word in given:
        if word in known:
            named += known[word]
        elif Path(word).name != word or Path(word).suffix or Path(word).is_file():
            files.append(Path(word))
        else:
            names = ", ".join(sorted(known))
            raise ConfigurationError(f"--overlay {word} is no file, and no overlay of that name comes along: {names}")
    if no_overlay and files:
        raise ConfigurationError("--overlay FILE and --no-overlay contradict each other; give one of them")
    base = files or ([PINNED_OVERLAY] if pinned and not no_overlay else [])
    return tuple(dict.fromkeys([*base, *named]))


@dataclass(frozen=True, slots=True)
class Action:
    """One change: its target (a JSONPath, RFC 9535), and the update to merge there or the order to remove it."""

    target: str
    update: Any
    remove: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay file, checked; its actions apply in their order."""

    path: Path
    title: str
    actions: tuple[Action, ...]


def load_overlay(path: Path) -> Overlay:
    """Read an overlay; raise DocumentError if the file is not one, or not of version 1.0."""
    contents, _ = read_file(path)
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


def apply_overlays(overlays: Iterable[Overlay], contents: Any) -> tuple[Any, tuple[str, ...]]:
    """Return a changed copy of the document's contents, and in words the actions whose target is not in it.

    Raises DocumentError for an action that its target does not allow.
    """
    contents = _unshared(contents)
    idle = []
    for overlay in overlays:
        for index, action in enumerate(overlay.actions):
            matches = list(jsonpath.finditer(action.target, contents, strict=True))
            if not matches:
                idle.append(f"{overlay.path.name}: action {index + 1} finds nothing at {action.target}")
            try:
                _remove(matches) if action.remove else _update(matches, action.update)
            except _MisfitError as error:
                fix = "target an object or array that it can change (Overlay 1.0, Action Object)"
                raise DocumentError(overlay.path, f"#/actions/{index}", str(error), fix) from None
    return contents, tuple(idle)


class _MisfitError(Exception):
    """An action that its target does not allow, with the reason."""


def _unshared(value: Any) -> Any:
    """Return a copy in which no two places share a value, as the places of a YAML alias do."""
    if isinstance(value, dict):
        return {name: _unshared(item) for name, item in value.items()}
    return [_unshared(item) for item in value] if isinstance(value, list) else value


def _remove(matches: list[jsonpath.JSONPathMatch]) -> None:
    holders: dict[tuple[int | str, ...], Any] = {}
    for match in matches:
        if match.parent is None:
            raise _MisfitError("removes the whole document")
        holders[match.parts] = match.parent.obj
    # Removal starts at the back, so that the places before an array's item keep their indexes.
    for parts in sorted(holders, key=_index, reverse=True):
        del holders[parts][parts[-1]]


def _index(parts: tuple[int | str, ...]) -> int:
    last = parts[-1]
    return last if isinstance(last, int) else 0


def _update(matches: list[jsonpath.JSONPathMatch], update: Any) -> None:
    for match in matches:
        if isinstance(match.obj, list):
            match.obj.append(_unshared(update))
        elif isinstance(match.obj, dict) and isinstance(update, dict):
            _merge(match.obj, update)
        else:
            raise _MisfitError(f"has an update that does not fit what stands at {match.path}")


def _merge(target: dict[str, Any], update: dict[str, Any]) -> None:
    """Merge objects, concatenate arrays and replace all other values (Overlay 1.0, "Action Object")."""
    for name, value in update.items():
        old = target.get(name)
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value)
        elif isinstance(old, list) and isinstance(value, list):
            old.extend(_unshared(value))
        else:
            target[name] = _unshared(value)
