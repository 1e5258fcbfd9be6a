"""Load OpenAPI Overlays 1.0 to 1.2 and apply them: actions that add to a document, change it or remove parts of it.

Hides JSONPath, the order of actions, and where the shipped overlays are kept. Source: https://spec.openapis.org/overlay/v1.1.0.html
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import jsonpath

from contracts.errors import ConfigurationError, DocumentError
from contracts.openapi.pointer import to_pointer
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


def overlay_files(
    given: Iterable[str], *, no_overlay: bool = False, pinned: bool = True, option: str = "--overlay"
) -> tuple[Path, ...]:
    """Return the overlays to apply, in their order, without repetition.

    `given` holds files, which replace the pinned overlay, and names of shipped overlays, which add to it; a file with
    such a name is given as `./name`. `option` is what named them. Raises ConfigurationError for a word that is neither.
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
            raise ConfigurationError(f"{option} {word} is no file, and no overlay of that name comes along: {names}")
    if no_overlay and files:
        raise ConfigurationError("--overlay FILE and --no-overlay contradict each other; give one of them")
    base = files or ([PINNED_OVERLAY] if pinned and not no_overlay else [])
    return tuple(dict.fromkeys([*base, *named]))


@dataclass(frozen=True, slots=True)
class Action:
    """One change at a target (a JSONPath, RFC 9535): to remove it, to merge an update into it, or what a `copy` names.

    `has_update` is False for an action that changes nothing.
    """

    target: str
    update: Any
    has_update: bool
    copy: str
    remove: bool


@dataclass(frozen=True, slots=True)
class Overlay:
    """An overlay file, checked; its actions apply in their order.

    From version 1.1 on (`is_later`), a plain value may be replaced, an array is joined to a target array, where 1.0
    appends it as one item, and values of two kinds are not merged.
    """

    path: Path
    title: str
    actions: tuple[Action, ...]
    is_later: bool


_FIELDS: Final[dict[str, dict[str, type]]] = {
    "overlay": {"overlay": str, "info": dict, "extends": str, "actions": list},
    "info": {"title": str, "version": str, "description": str},
    "action": {"target": str, "description": str, "update": object, "copy": str, "remove": bool},
}
"""The fields of each object of an overlay, with their types."""

_NOUNS: Final[dict[type, str]] = {str: "a string", dict: "an object", list: "an array", bool: "a boolean"}


def load_overlay(path: Path) -> Overlay:
    """Read an overlay; raise DocumentError if the file is not one, or not of version 1.0 to 1.2."""
    contents, _ = read_file(path, "OpenAPI Overlay document")
    version = str(contents.get("overlay", "")) if isinstance(contents, dict) else ""
    if not re.fullmatch(r"1\.[012]\.\d+", version):
        fix = "give an OpenAPI Overlay document of version 1.0.0 to 1.2.0"
        raise DocumentError(path, "#/overlay", f"is {version or 'missing'}", fix)
    _check_fields(path, "#", "overlay", contents, ("info", "actions"))
    _check_fields(path, "#/info", "info", contents["info"], ("title", "version"))
    actions = contents["actions"]
    if not actions:
        raise DocumentError(path, "#/actions", "holds no action", "list at least one action")
    for index, raw in enumerate(actions):
        if raw in actions[:index]:
            raise DocumentError(path, f"#/actions/{index}", "repeats an earlier action", "write it once")
    checked = tuple(_action(path, f"#/actions/{index}", raw) for index, raw in enumerate(actions))
    return Overlay(path, contents["info"]["title"], checked, not version.startswith("1.0."))


def _check_fields(path: Path, place: str, kind: str, raw: Any, required: Iterable[str]) -> None:
    """Raise DocumentError unless the value is an object with the fields of its kind, and those required among them."""
    if not isinstance(raw, dict):
        raise DocumentError(path, place, "is no object", f"see the Overlay Specification on the {kind}'s fields")
    for name in required:
        if name not in raw:
            raise DocumentError(path, place, f"has no {name}", "the Overlay Specification requires it")
    fields = _FIELDS[kind]
    for name, value in raw.items():
        at = place + to_pointer(name)
        if name not in fields and not str(name).startswith("x-"):
            raise DocumentError(path, at, f"is no field of an {kind}", f"write one of {', '.join(fields)}, or x-{name}")
        if not isinstance(value, fields.get(name, object)):
            raise DocumentError(path, at, f"is not {_NOUNS[fields[name]]}", f"make it {_NOUNS[fields[name]]}")


def _action(path: Path, place: str, raw: Any) -> Action:
    if not isinstance(raw, dict) or not str(raw.get("target", "")).strip():
        raise DocumentError(path, place, "has no target", "give the JSONPath of what it changes")
    _check_fields(path, place, "action", raw, ())
    if "update" in raw and "copy" in raw:
        raise DocumentError(path, place, "has both an update and a copy", "leave one of them out")
    for field in ("target", "copy"):
        try:
            jsonpath.compile(raw.get(field, "$").strip(), strict=True)
        except jsonpath.JSONPathError as error:
            problem = f"is no JSONPath: {str(error).splitlines()[0]}"
            raise DocumentError(path, f"{place}/{field}", problem, "see RFC 9535") from None
    return Action(
        raw["target"].strip(), raw.get("update"), "update" in raw, raw.get("copy", "").strip(), raw.get("remove", False)
    )


@dataclass(frozen=True, slots=True)
class IdleAction:
    """An action that changes nothing: its overlay's file, its index there, and why."""

    path: Path
    index: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path.name}: action {self.index + 1} {self.problem}"


def idle_actions(document: Path, overlays: Iterable[Path]) -> tuple[IdleAction, ...]:
    """Return the actions of overlays, applied to a document one after the other, that change nothing."""
    files = tuple(overlays)
    return apply_overlays(map(load_overlay, files), read_file(document)[0])[1] if files else ()


def apply_overlays(overlays: Iterable[Overlay], contents: Any) -> tuple[Any, tuple[IdleAction, ...]]:
    """Return a changed copy of the document's contents, and the actions that change nothing.

    Raises DocumentError for an action that its target does not allow.
    """
    contents = _unshared(contents)
    idle = []
    for overlay in overlays:
        for index, action in enumerate(overlay.actions):
            matches = list(jsonpath.finditer(action.target, contents, strict=True))
            if not matches:
                idle.append(IdleAction(overlay.path, index, f"finds nothing at {action.target}"))
            elif not (action.remove or action.copy or action.has_update):
                idle.append(IdleAction(overlay.path, index, "has no update, copy or remove"))
            try:
                _apply(action, matches, contents, is_later=overlay.is_later)
            except _MisfitError as error:
                fix = "give a target, and an update or copy, that go together (Overlay Specification, Action Object)"
                raise DocumentError(overlay.path, f"#/actions/{index}", str(error), fix) from None
    return contents, tuple(idle)


def written_places(overlay: Path, contents: Any) -> dict[str, str]:
    """Return for each place of the changed contents that an update of the overlay wrote the update's place in its file.

    Items of arrays are left out, because those that were joined have other indexes.
    """
    found: dict[str, str] = {}
    for index, action in enumerate(load_overlay(overlay).actions):
        for match in jsonpath.finditer(action.target, contents, strict=True) if action.has_update else ():
            holder, source = "#" + to_pointer(*match.parts), f"#/actions/{index}/update"
            found |= {holder + inner: source + inner for inner in _members(action.update)}
    return found


def _members(value: Any) -> Iterator[str]:
    for name, item in value.items() if isinstance(value, dict) else ():
        yield to_pointer(name)
        yield from (to_pointer(name) + inner for inner in _members(item))


class _MisfitError(Exception):
    """An action that its target does not allow, with the reason."""


def _apply(action: Action, matches: list[jsonpath.JSONPathMatch], contents: Any, *, is_later: bool) -> None:
    if action.remove:
        _remove(matches)
    elif action.copy:
        sources = list(jsonpath.finditer(action.copy, contents, strict=True))
        if len(sources) != 1:
            raise _MisfitError(f"copies {len(sources)} places, and not one: {action.copy}")
        _update(matches, _unshared(sources[0].obj), is_later=is_later)
    elif action.has_update:
        _update(matches, action.update, is_later=is_later)


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


def _update(matches: list[jsonpath.JSONPathMatch], update: Any, *, is_later: bool) -> None:
    kinds = {_kind(match.obj) for match in matches}
    if len(kinds) > 1:
        raise _MisfitError("selects places of several kinds: objects, arrays or plain values")
    for match in matches:
        if isinstance(match.obj, list):
            match.obj.extend(_unshared(update) if is_later and isinstance(update, list) else [_unshared(update)])
        elif isinstance(match.obj, dict) and isinstance(update, dict):
            _merge(match.obj, update, is_later=is_later)
        elif is_later and _kind(match.obj) is _kind(update) is None and match.parent is not None:
            holder: Any = match.parent.obj
            holder[match.parts[-1]] = update
        else:
            raise _MisfitError(f"has an update that does not fit what stands at {match.path}")


def _kind(value: Any) -> type | None:
    """Return the type of an object or array; None for a plain value."""
    return type(value) if isinstance(value, (dict, list)) else None


def _merge(target: dict[str, Any], update: dict[str, Any], *, is_later: bool) -> None:
    """Merge objects, concatenate arrays and replace all other values (Overlay 1.1, "Action Object")."""
    for name, value in update.items():
        old = target.get(name)
        if is_later and name in target and _kind(old) is not _kind(value):
            raise _MisfitError(f"has an update that does not fit the {name} that stands there")
        if isinstance(old, dict) and isinstance(value, dict):
            _merge(old, value, is_later=is_later)
        elif isinstance(old, list) and isinstance(value, list):
            old.extend(_unshared(value))
        else:
            target[name] = _unshared(value)
