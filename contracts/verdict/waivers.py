"""Accept known violations, and changes of the document, until a date, by a TOML file of `[[waiver]]` entries.

Hides how an entry is read, checked and matched:

    [[waiver]]
    rule = "schema.format"           # a rule's code
    place = "/created_at"            # where in the answer, as the verdict shows it
    reason = "old rows lack an offset; API-1234"
    owner = "jobs team"
    expires = 2026-12-31             # the last day on which it holds (UTC)

An entry may also name a `status`, the `branch` of a union, the place in the `document` (a JSON pointer), the `value`
that came (as JSON text) and the `id` (path parameters, joined by slashes). Beside or in place of that stand
`id_encoded`, the id as URLs have it (`*%FF*`, for TOML holds no bytes that are not UTF-8), and `id_class`, the words by
which a run tells strange ids (`a control character`). All texts except the class, the reason and the owner are
patterns, in which `*` stands for any text and `?` for one character; no other character is special.

An entry whose rule begins with `change.` accepts a change between two documents. It may name the `operation` (a path)
that changed, and no id, for a change is of no resource.

A waiver covers a violation in those exchanges that fit everything it names. A violation that was also seen on other
resources, or with other values, is reported twice, as waived and as standing, with separate counts and resources.
"""

from __future__ import annotations

import datetime
import functools
import re
import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from contracts.judge import ID_CLASSES, Violation, id_classes
from contracts.openapi import ConfigurationError, Resource
from contracts.rules import CHANGE_KINDS, OF_CHANGES, RULES

UNFINISHED: Final = "TODO"
"""How a drafted reason and owner begin; such a waiver is refused until both are filled in."""


@dataclass(frozen=True, slots=True, order=True)
class Waiver:
    """One entry of the file; `number` counts from 1. Empty patterns, and status 0, match anything."""

    number: int
    rule: str
    place: str
    reason: str
    owner: str
    expires: datetime.date
    status: int = 0
    branch: str = ""
    document: str = ""
    value: str = ""
    id: str = ""
    id_encoded: str = ""
    id_class: str = ""
    operation: str = ""

    @property
    def is_of_changes(self) -> bool:
        """Whether it accepts changes between two documents, and no violations."""
        return self.rule.startswith(OF_CHANGES)

    def covers(self, violation: Violation, resource: Resource, operation: str = "") -> bool:
        """Return whether the violation on the resource fits everything that the waiver names.

        A change is shown as a violation, with the path of its operation.
        """
        named = [(self.rule, violation.rule), (self.place, violation.place), (self.branch, violation.branch)]
        named += [(self.document, violation.pointer), (self.value, violation.actual), (self.id, "/".join(resource))]
        named.append((self.operation, operation))
        if self.id_encoded:
            named.append((_PERCENT.sub(lambda found: found[0].upper(), self.id_encoded), encoded_id(resource)))
        fits = all(_fits(pattern or "*", text) for pattern, text in named) and self.status in (0, violation.status)
        return fits and (not self.id_class or self.id_class in id_classes(resource))

    def holds(self, day: datetime.date) -> bool:
        """Return whether the waiver has not expired by that day."""
        return day <= self.expires

    def to_json(self) -> dict[str, Any]:
        """Return the waiver as JSON values, for `from_json`."""
        return {**asdict(self), "expires": self.expires.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Waiver:
        """Return the waiver that `to_json` wrote; raise LookupError, TypeError or ValueError for other values."""
        return cls(**{**data, "expires": datetime.date.fromisoformat(data["expires"])})

    def __str__(self) -> str:
        named = (f"{name} {value}" for name in _NARROWER if (value := getattr(self, name)))
        return ", ".join([f"{self.rule} at {self.place}", *named])


@dataclass(frozen=True, slots=True)
class WaiverMatch:
    """The waivers of one violation on one resource: the valid one that covers it, if any, and all that fit.

    Expired waivers fit, and do not cover.
    """

    waiver: Waiver | None = None
    fitting: frozenset[Waiver] = frozenset()


_IDS: Final = ("id", "id_encoded", "id_class")
_NARROWER: Final = ("operation", "status", "branch", "document", "value", *_IDS)
_REQUIRED: Final = ("rule", "place", "reason", "owner", "expires")

_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    **dict.fromkeys(("rule", "place", "reason", "owner", "branch", "document", "value"), (str, "text")),
    **dict.fromkeys(("operation", *_IDS), (str, "text")),
    "status": (int, "a number"),
    "expires": (datetime.date, "a date, such as 2026-12-31"),
}


_PERCENT: Final = re.compile("%[0-9A-Fa-f]{2}")


def encoded_id(resource: Resource) -> str:
    """Return the resource's id as URLs have it: percent-encoded values of path parameters, joined by slashes."""
    return "/".join(quote(value, safe="", errors="surrogateescape") for value in resource)


@functools.lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    # fnmatch would take the brackets of a JSON array for a set of characters.
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text), re.DOTALL)


def _fits(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


@dataclass(frozen=True, slots=True)
class _Waivable:
    """What waivers of one sort are about: the rules' codes, the words that places begin with, and who lists them."""

    codes: Collection[str]
    places: tuple[str, ...]
    listed: str


_VIOLATIONS: Final = _Waivable(
    RULES, ("status", "head", "header", "body", "message", "transport"), "docs/rules.md lists the rules"
)
"""What waivers of violations are about, whose places begin with these words (see `Violation`)."""

_CHANGES: Final = _Waivable(
    [OF_CHANGES + kind for kind in CHANGE_KINDS],
    ("body", "status", "header", "path", "query", "cookie", "request"),
    "docs/diff.md lists the kinds of changes",
)


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a TOML file, those of violations and those of changes, in its order.

    Raise ConfigurationError, in one line with the fix, for a file that cannot be read and for an entry that is wrong.
    """
    try:
        contents = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"--waivers {path} cannot be read: {error.strerror}; name a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--waivers {path} is no TOML: {error}; fix its syntax") from None
    except RecursionError:
        raise ConfigurationError(f"--waivers {path} is nested too deeply; write [[waiver]] entries") from None
    entries = contents.pop("waiver", [])
    if contents or not isinstance(entries, list):
        name = f"{next(iter(contents))}, " if contents else ""
        raise ConfigurationError(f"--waivers {path} holds {name}something else than [[waiver]] entries; remove it")
    waivers = tuple(_waiver(path, number, entry) for number, entry in enumerate(entries, 1))
    first: dict[str, int] = {}
    for waiver in waivers:
        number = first.setdefault(str(waiver), waiver.number)
        if number != waiver.number:
            raise _refused(path, waiver.number, f"says the same as waiver {number}", "remove one of them")
    return waivers


def _refused(path: Path, number: int, problem: str, fix: str) -> ConfigurationError:
    return ConfigurationError(f"--waivers {path}: waiver {number} {problem}; {fix}")


def _waiver(path: Path, number: int, entry: Any) -> Waiver:
    if not isinstance(entry, dict):
        raise _refused(path, number, "is no table", "write it under [[waiver]]")
    for name, value in entry.items():
        _check_field(path, number, name, value)
    for name in _REQUIRED:
        if name not in entry:
            raise _refused(path, number, f"has no {name}", "every waiver has a rule, place, reason, owner and expiry")
    for name in ("reason", "owner"):
        if entry[name].strip().startswith(UNFINISHED):
            raise _refused(path, number, f"has no {name} yet", "say why it is accepted, and by whom")
    place = entry["place"]
    waiver = Waiver(number=number, **{**entry, "place": "body" + place if place.startswith("/") else place})
    _check_reach(path, waiver)
    return waiver


def _check_field(path: Path, number: int, name: str, value: Any) -> None:
    if name not in _TYPES:
        fix = _nearest(name, _TYPES) or f"known are {', '.join(_TYPES)}"
        raise _refused(path, number, f"has an unknown field {name}", fix)
    kind, words = _TYPES[name]
    if not isinstance(value, kind) or isinstance(value, (bool, datetime.datetime)):
        raise _refused(path, number, f"has {name} = {value!r}", f"write {words}")
    if isinstance(value, str) and not value.strip():
        raise _refused(path, number, f"has no {name}: it is empty", "fill it in, or leave it out to match anything")
    if isinstance(value, int) and not 100 <= value <= 999:
        raise _refused(path, number, f"has status = {value}", "write an HTTP status, of three digits from 100")


def _check_reach(path: Path, waiver: Waiver) -> None:
    """Raise ConfigurationError for a waiver that could cover nothing, or would cover everything."""
    rules, useless = (_CHANGES, _IDS) if waiver.is_of_changes else (_VIOLATIONS, ("operation",))
    for name in useless:
        if getattr(waiver, name):
            fix = "changes are of no resource" if waiver.is_of_changes else "only waivers of changes do; name a place"
            raise _refused(path, waiver.number, f"names the {name} {getattr(waiver, name)}", fix)
    if not any(_fits(waiver.rule, code) for code in rules.codes):
        fix = _nearest(waiver.rule, (*_VIOLATIONS.codes, *_CHANGES.codes)) or rules.listed
        raise _refused(path, waiver.number, f"names no rule: {waiver.rule}", fix)
    beginning = re.split(r"[/@ *?]", waiver.place, maxsplit=1)[0]
    open_end = waiver.place.startswith((beginning + "*", beginning + "?"))
    if not any(beginning == word or (open_end and word.startswith(beginning)) for word in rules.places):
        words = f"{', '.join(rules.places[:-1])} or {rules.places[-1]}"
        fix = f"write {words}, or a value's place in the body as /{waiver.place}"
        raise _refused(path, waiver.number, f"has place = {waiver.place!r}, which is nowhere in an answer", fix)
    if waiver.id_class and waiver.id_class not in (known := [each.words for each in ID_CLASSES]):
        fix = _nearest(waiver.id_class, known) or f"known are {', '.join(known)}"
        raise _refused(path, waiver.number, f"names no class of ids: {waiver.id_class}", fix)
    if _covers_all(waiver, rules):
        raise _refused(path, waiver.number, "would cover everything", "name a rule or a place")


def _nearest(text: str, known: Iterable[str]) -> str:
    near = get_close_matches(text, list(known), n=1)
    return f"did it mean {near[0]}?" if near else ""


def _covers_all(waiver: Waiver, rules: _Waivable) -> bool:
    """Return whether the waiver would cover every violation, or every one of a status."""
    ids = (waiver.id, waiver.id_encoded, waiver.id_class)
    patterns = (waiver.branch, waiver.value, *ids, waiver.operation, waiver.document.strip("#"))
    is_narrow = any(pattern.strip("*?") for pattern in patterns)
    everywhere = all(_fits(waiver.place, f"{word}/") for word in rules.places)
    everywhere = everywhere or waiver.place.rstrip("/*?") == "body"
    return not is_narrow and everywhere and all(_fits(waiver.rule, code) for code in rules.codes)


class Waivers:
    """The waivers of violations, or those of changes, valid or expired as of the day on which a run began."""

    def __init__(self, waivers: Iterable[Waiver], day: datetime.date) -> None:
        self.day = day
        self._all = tuple(waivers)
        # The order of the entries in the file must not matter: of several that fit, the one valid longest is reported.
        self._longest_first = sorted(self._all, key=lambda waiver: (-waiver.expires.toordinal(), str(waiver)))

    def match(self, violation: Violation, resource: Resource, operation: str = "") -> WaiverMatch:
        """Return the waivers that match the violation on the resource, or a change of the operation."""
        fitting = [waiver for waiver in self._longest_first if waiver.covers(violation, resource, operation)]
        return WaiverMatch(next((waiver for waiver in fitting if waiver.holds(self.day)), None), frozenset(fitting))

    def longest(self, waivers: Iterable[Waiver]) -> Waiver | None:
        """Return that of these waivers which is or was valid longest; None if there are none."""
        known = frozenset(waivers)
        return next((waiver for waiver in self._longest_first if waiver in known), None)

    def stale(self, fitting: Iterable[Waiver]) -> tuple[Waiver, ...]:
        """Return the waivers, expired or not, that are not among those that fit a violation of the run."""
        known = frozenset(fitting)
        return tuple(waiver for waiver in self._all if waiver not in known)
