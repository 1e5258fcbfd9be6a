"""Violations that are known and borne until a date: a TOML file of `[[waiver]]` entries.

    [[waiver]]
    rule = "schema.format"           # a rule's code
    place = "/created_at"            # where in the answer, as the verdict tells it
    reason = "old rows lack an offset; API-1234"
    owner = "jobs team"
    expires = 2026-12-31             # the last day on which it holds (UTC)

Beside these an entry may name a `status`, the `branch` of a union, the place in the `document` (a JSON pointer), the
`value` that came (as JSON text) and the `id` (path parameters, joined by slashes). All texts but the reason and the
owner are patterns, in which `*` stands for anything and `?` for one character, and nothing else is special.

A waiver covers what fits all that it names, sighting by sighting: a violation that was seen on other resources too, or
with other values, is told twice, once as waived and once as standing, each with its own count and resources.
"""

from __future__ import annotations

import datetime
import functools
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

import tomli_w

from contracts.errors import ConfigurationError
from contracts.json_text import text_of
from contracts.violation import RULES, Violation

Resource = tuple[str, ...]

UNFINISHED: Final = "TODO"
"""How a drafted reason and owner begin; such a waiver is refused until somebody has said why, and who."""

DRAFTED: Final = datetime.timedelta(days=30)
"""How long a drafted waiver holds."""


@dataclass(frozen=True, slots=True, order=True)
class Waiver:
    """One entry; `number` counts from 1. Empty patterns, and status 0, stand for anything."""

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

    def covers(self, violation: Violation, resource: Resource) -> bool:
        """Whether this sighting of a violation fits all that the waiver names."""
        return (
            _fits(self.rule, violation.rule)
            and _fits(self.place, violation.place)
            and self.status in (0, violation.status)
            and _fits(self.branch or "*", violation.branch)
            and _fits(self.document or "*", violation.document)
            and _fits(self.value or "*", violation.actual)
            and _fits(self.id or "*", "/".join(resource))
        )

    def holds(self, day: datetime.date) -> bool:
        """Whether it has not expired by that day."""
        return day <= self.expires

    def __str__(self) -> str:
        named = {name: getattr(self, name) for name in _NARROWER}
        return ", ".join(
            [f"{self.rule} at {self.place}", *(f"{name} {value}" for name, value in named.items() if value)]
        )


@dataclass(frozen=True, slots=True)
class Cover:
    """What waivers make of one sighting: the number of the one that covers it, 0 if none does that still holds; and the
    numbers of all that fit it, those that have expired too.
    """

    waiver: int = 0
    fitting: frozenset[int] = frozenset()


_NARROWER: Final = ("status", "branch", "document", "value", "id")
_REQUIRED: Final = ("rule", "place", "reason", "owner", "expires")
_PLACES: Final = ("status", "head", "header", "body", "message", "transport")
"""What the place of a violation begins with (see `Violation`)."""

_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    **dict.fromkeys(("rule", "place", "reason", "owner", "branch", "document", "value", "id"), (str, "text")),
    "status": (int, "a number"),
    "expires": (datetime.date, "a date, such as 2026-12-31"),
}


@functools.lru_cache(maxsize=1024)
def _pattern(text: str) -> re.Pattern[str]:
    # Not fnmatch: to it the brackets of a JSON array are a set of characters.
    return re.compile("".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in text), re.DOTALL)


def _fits(pattern: str, text: str) -> bool:
    return _pattern(pattern).fullmatch(text) is not None


def load(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers; raises ConfigurationError, in one line, for what makes no sense in it."""
    try:
        contents = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise ConfigurationError(f"--waivers {path} cannot be read: {error.strerror}; name a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--waivers {path} is no TOML: {error}; mend its syntax") from None
    except RecursionError:
        raise ConfigurationError(f"--waivers {path} is nested too deeply; write [[waiver]] entries") from None
    entries = contents.pop("waiver", [])
    if contents or not isinstance(entries, list):
        what = f"{next(iter(contents))}, " if contents else ""
        raise ConfigurationError(f"--waivers {path} holds {what}something else than [[waiver]] entries; take it out")
    found = tuple(_waiver(path, number, entry) for number, entry in enumerate(entries, 1))
    seen: dict[str, int] = {}
    for each in found:
        if str(each) in seen:
            raise _refused(path, each.number, f"says the same as waiver {seen[str(each)]}", "remove one of them")
        seen[str(each)] = each.number
    return found


def _refused(path: Path, number: int, problem: str, mend: str) -> ConfigurationError:
    return ConfigurationError(f"--waivers {path}: waiver {number} {problem}; {mend}")


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
            raise _refused(path, number, f"has no {name} yet", "say why it is borne, and by whom")
    place = entry["place"]
    made = Waiver(number=number, **{**entry, "place": "body" + place if place.startswith("/") else place})
    _check_reach(path, made)
    return made


def _check_field(path: Path, number: int, name: str, value: Any) -> None:
    if name not in _TYPES:
        mend = _nearest(name, _TYPES) or f"known are {', '.join(_TYPES)}"
        raise _refused(path, number, f"has an unknown field {name}", mend)
    kind, words = _TYPES[name]
    if not isinstance(value, kind) or isinstance(value, (bool, datetime.datetime)):
        raise _refused(path, number, f"has {name} = {value!r}", f"write {words}")
    if isinstance(value, str) and not value.strip():
        raise _refused(path, number, f"has no {name}: it is empty", "fill it in, or leave out what may be anything")
    if isinstance(value, int) and not 100 <= value <= 599:
        raise _refused(path, number, f"has status = {value}", "write an HTTP status, from 100 to 599")


def _check_reach(path: Path, made: Waiver) -> None:
    """Raises ConfigurationError for a waiver that could cover nothing, or would cover everything."""
    if not any(_fits(made.rule, code) for code in RULES):
        mend = _nearest(made.rule, RULES) or "docs/rules.md lists the rules"
        raise _refused(path, made.number, f"names no rule: {made.rule}", mend)
    begins = re.split(r"[/@ *?]", made.place, maxsplit=1)[0]
    open_end = made.place.startswith((begins + "*", begins + "?"))
    if not any(begins == each or (open_end and each.startswith(begins)) for each in _PLACES):
        mend = f"write {', '.join(_PLACES[:-1])} or {_PLACES[-1]}, or a value's place in the body as /{made.place}"
        raise _refused(path, made.number, f"has place = {made.place!r}, which is nowhere in an answer", mend)
    if _covers_all(made):
        raise _refused(path, made.number, "would cover everything", "name a rule or a place")


def _nearest(text: str, known: Iterable[str]) -> str:
    near = get_close_matches(text, list(known), n=1)
    return f"did it mean {near[0]}?" if near else ""


def _covers_all(waiver: Waiver) -> bool:
    """Whether all it asks is what any answer, or any of one status, could be."""
    narrow = any(
        pattern.strip("*?") for pattern in (waiver.branch, waiver.value, waiver.id, waiver.document.strip("#"))
    )
    everywhere = all(_fits(waiver.place, f"{each}/") for each in _PLACES) or waiver.place.rstrip("/*?") == "body"
    return not narrow and everywhere and all(_fits(waiver.rule, code) for code in RULES)


class Waivers:
    """The waivers of a run, by the day on which it began."""

    def __init__(self, waivers: Iterable[Waiver], day: datetime.date) -> None:
        self.day = day
        self._all = tuple(waivers)
        # Of several that fit, the one that holds longest is told, wherever in the file each stands.
        self._longest_first = sorted(self._all, key=lambda each: (-each.expires.toordinal(), str(each)))

    def covering(self, violation: Violation, resource: Resource) -> Cover:
        """What the waivers make of a sighting of the violation on the resource."""
        fitting = [each for each in self._longest_first if each.covers(violation, resource)]
        first = next((each.number for each in fitting if each.holds(self.day)), 0)
        return Cover(first, frozenset(each.number for each in fitting))

    def longest(self, numbers: Iterable[int]) -> Waiver | None:
        """Of the waivers of these numbers the one that held longest."""
        known = frozenset(numbers)
        return next((each for each in self._longest_first if each.number in known), None)

    def stale(self, fitting: Iterable[int]) -> tuple[Waiver, ...]:
        """Those that fit nothing of what was found, expired or not: they are to be taken out."""
        known = frozenset(fitting)
        return tuple(each for each in self._all if each.number not in known)


def draft(violations: Iterable[Violation], day: datetime.date) -> str:
    """A file of waivers for these violations, to be finished by hand: every reason and owner is still to be said."""
    entries = [_entry(violation, day) for violation in violations]
    unique = {str(sorted(entry.items(), key=str)): entry for entry in entries}
    head = "# Drafted from a run. Say of each why it is borne and by whom, and make it as narrow as it can be.\n\n"
    return head + tomli_w.dumps({"waiver": list(unique.values())})


def _entry(violation: Violation, day: datetime.date) -> dict[str, Any]:
    # Taken as a pattern, any text fits itself.
    narrower = {"status": violation.status, "branch": violation.branch, "value": _value(violation)}
    return {
        "rule": violation.rule,
        "place": violation.identity[2],
        **{name: value for name, value in narrower.items() if value},
        "reason": f"{UNFINISHED}: say why",
        "owner": f"{UNFINISHED}: say who",
        "expires": day + DRAFTED,
    }


_KINDS: Final = {"array": "[*", "object": "{*", "string": '"*', "null": "null"}
"""Types of JSON values whose texts a pattern can tell."""


def _value(violation: Violation) -> str:
    """A pattern of the values that are of one cause with this one; empty where only the cause itself tells them."""
    exactly = violation.cause and violation.actual in (violation.cause, text_of(violation.cause))
    return violation.actual if exactly else _KINDS.get(violation.cause, "")
