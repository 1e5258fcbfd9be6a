"""Violations that are known and borne until a date: a TOML file of `[[waiver]]` entries.

    [[waiver]]
    rule = "schema.format"           # a rule's code; patterns may hold * and ?
    place = "body/created_at"        # where in the answer
    reason = "old rows lack an offset; API-1234"
    owner = "jobs team"
    expires = 2026-12-31             # the last day on which it holds

Beside these an entry may name a `status`, the `branch` of a union, and patterns of the `value` (as JSON text) and of
the `id` (path parameters, joined by slashes). It covers what fits all that it names, sighting by sighting.
"""

from __future__ import annotations

import datetime
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

import tomli_w

from contracts.errors import ConfigurationError
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
    value: str = ""
    id: str = ""

    def covers(self, violation: Violation, resource: Resource) -> bool:
        """Whether this sighting of a violation fits all that the waiver names."""
        return (
            fnmatchcase(violation.rule, self.rule)
            and fnmatchcase(violation.place, self.place)
            and self.status in (0, violation.status)
            and self.branch in ("", violation.branch)
            and (not self.value or fnmatchcase(violation.actual, self.value))
            and (not self.id or fnmatchcase("/".join(resource), self.id))
        )

    def holds(self, day: datetime.date) -> bool:
        """Whether it has not expired by that day."""
        return day <= self.expires

    def __str__(self) -> str:
        named = {name: getattr(self, name) for name in ("status", "branch", "value", "id")}
        return ", ".join(
            [f"{self.rule} at {self.place}", *(f"{name} {value}" for name, value in named.items() if value)]
        )


_REQUIRED: Final = ("rule", "place", "reason", "owner", "expires")
_TYPES: Final[Mapping[str, tuple[type, str]]] = {
    **dict.fromkeys(("rule", "place", "reason", "owner", "branch", "value", "id"), (str, "text")),
    "status": (int, "a number"),
    "expires": (datetime.date, "a date, such as 2026-12-31"),
}


def load(path: Path) -> tuple[Waiver, ...]:
    """Read a file of waivers; raises ConfigurationError, in one line, for what makes no sense in it."""
    try:
        contents = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigurationError(f"--waivers {path} cannot be read: {error.strerror}; name a readable file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--waivers {path} is no TOML: {error}; mend its syntax") from None
    entries = contents.pop("waiver", [])
    if contents or not isinstance(entries, list):
        raise ConfigurationError(f"--waivers {path} holds something else than [[waiver]] entries; take it out")
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
        if not entry.get(name):
            raise _refused(path, number, f"has no {name}", "every waiver has a rule, place, reason, owner and expiry")
    for name in ("reason", "owner"):
        if entry[name].startswith(UNFINISHED):
            raise _refused(path, number, f"has no {name} yet", "say why it is borne, and by whom")
    made = Waiver(number=number, **entry)
    if not any(fnmatchcase(code, made.rule) for code in RULES):
        mend = _nearest(made.rule, RULES) or "docs/rules.md lists the rules"
        raise _refused(path, number, f"names no rule: {made.rule}", mend)
    if _covers_all(made):
        raise _refused(path, number, "would cover everything", "name a rule or a place")
    return made


def _check_field(path: Path, number: int, name: str, value: Any) -> None:
    if name not in _TYPES:
        mend = _nearest(name, _TYPES) or f"known are {', '.join(_TYPES)}"
        raise _refused(path, number, f"has an unknown field {name}", mend)
    kind, words = _TYPES[name]
    if not isinstance(value, kind) or isinstance(value, (bool, datetime.datetime)):
        raise _refused(path, number, f"has {name} = {value!r}", f"write {words}")


def _nearest(text: str, known: Iterable[str]) -> str:
    near = get_close_matches(text, list(known), n=1)
    return f"did it mean {near[0]}?" if near else ""


def _covers_all(waiver: Waiver) -> bool:
    narrow = any(pattern.strip("*") for pattern in (waiver.place, waiver.branch, waiver.value, waiver.id))
    return not narrow and not waiver.status and all(fnmatchcase(code, waiver.rule) for code in RULES)


class Waivers:
    """The waivers of a run, by the day on which it began."""

    def __init__(self, waivers: Iterable[Waiver], day: datetime.date) -> None:
        self._all = tuple(waivers)
        self._live = tuple(each for each in self._all if each.holds(day))
        self._expired = tuple(each for each in self._all if not each.holds(day))

    def covering(self, violation: Violation, resource: Resource) -> int:
        """The number of the first waiver that covers the sighting and has not expired; 0 where there is none."""
        return next((each.number for each in self._live if each.covers(violation, resource)), 0)

    def expired(self, violation: Violation, resources: Iterable[Resource]) -> Waiver | None:
        """A waiver that covered the violation on one of the resources until it expired."""
        named = tuple(resources)
        return next((each for each in self._expired if any(each.covers(violation, one) for one in named)), None)

    def numbered(self, number: int) -> Waiver:
        """The waiver of that number."""
        return self._all[number - 1]

    def stale(self, used: Iterable[int]) -> tuple[Waiver, ...]:
        """Those that hold, and that cover nothing of what was found."""
        known = set(used)
        return tuple(each for each in self._live if each.number not in known)


def draft(violations: Iterable[Violation], day: datetime.date) -> str:
    """A file of waivers for these violations, to be finished by hand: every reason and owner is still to be said."""
    entries = [_entry(violation, day) for violation in violations]
    unique = {str(sorted(entry.items(), key=str)): entry for entry in entries}
    head = "# Drafted from a run. Say of each why it is borne and by whom, and make it as narrow as it can be.\n\n"
    return head + tomli_w.dumps({"waiver": list(unique.values())})


def _entry(violation: Violation, day: datetime.date) -> dict[str, Any]:
    place = "/".join("*" if part.isdigit() else part for part in violation.place.split("/"))
    narrower = {"status": violation.status, "branch": violation.branch}
    return {
        "rule": violation.rule,
        "place": _literal(place.partition("@")[0] + ("@*" if "@" in place else "")),
        **{name: value for name, value in narrower.items() if value},
        **({"value": _literal(violation.actual)} if violation.cause and violation.actual else {}),
        "reason": f"{UNFINISHED}: say why",
        "owner": f"{UNFINISHED}: say who",
        "expires": day + DRAFTED,
    }


def _literal(text: str) -> str:
    """A pattern that only the text fits, but for the stars in it."""
    return "".join(f"[{char}]" if char in "[?" else char for char in text)
