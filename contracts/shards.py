"""One run cut into shards for several machines, and their tallies merged into one verdict.

Every shard writes a file of what it saw and by which terms; no shard alone is a verdict.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from contracts.document import Document
from contracts.errors import ConfigurationError
from contracts.tally import Tally
from contracts.verdict import Recurrence, Verdict
from contracts.violation import Violation
from contracts.waivers import Waiver

FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts of a run, counted from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """`2/5`; raises ConfigurationError for what is none."""
        said = re.fullmatch(r"([1-9][0-9]*)/([1-9][0-9]*)", text)
        if said is None or int(said[1]) > int(said[2]):
            raise ConfigurationError(f"--shard {text!r} is no shard; write 2/5 for the second of five")
        return cls(int(said[1]), int(said[2]))

    def takes(self, index: int) -> bool:
        """Whether the item at the index of all items is this shard's."""
        return index % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True)
class Part:
    """What one shard wrote: which it was, the options that its contract and terms come from, and what it saw."""

    shard: Shard
    options: Mapping[str, Any]
    waivers: tuple[Waiver, ...]
    sha256: str
    """Of the `contract`."""
    run: Mapping[str, Any]
    tally: Tally
    known: str
    """Equal for shards that knew of the same resources."""
    again: Mapping[tuple[str, ...], Recurrence]
    """By the violation's identity, how it fared when it was asked for again."""


TERMS: Final = ("document", "overlays", "no_overlay", "annotations", "require")
"""Options that the contract and its terms come from."""

_FACTS: Final = ("target", "profile", "seed", "seconds", "keyed", "account", "incident")


def contract(document: Document) -> str:
    """The SHA-256 of what a document promises once its overlays are applied."""
    return hashlib.sha256(json.dumps(document.contents, default=str).encode()).hexdigest()


def render(
    shard: Shard,
    options: Mapping[str, Any],
    waivers: Sequence[Waiver],
    known: Iterable[tuple[str, ...]],
    verdict: Verdict,
    tally: Tally,
    file: TextIO,
) -> None:
    """Write the shard's file; `known` are the resources that the whole run knows of, behind the operation's path."""
    run = verdict.run
    kept = {name: getattr(run, name) for name in _FACTS}
    again = ((each.violation.identity, each.recurrence) for each in verdict.findings if each.recurrence)
    contents = {
        "format": FORMAT,
        "shard": str(shard),
        "options": dict(options),
        "waivers": [{**asdict(each), "expires": each.expires.isoformat()} for each in waivers],
        "sha256": contract(run.document),
        "run": {**kept, "started": run.started.isoformat(), "notes": list(run.notes)},
        "tally": tally.to_json(),
        "known": hashlib.sha256(json.dumps(list(known)).encode()).hexdigest(),
        "again": [[identity, asdict(recurrence)] for identity, recurrence in again],
    }
    json.dump(contents, file)


def read(path: Path) -> Part:
    """A shard's file; raises ConfigurationError, in one line, when it is none."""
    try:
        raw = json.loads(path.read_bytes())
        assert raw["format"] == FORMAT
        assert raw["options"].keys() == {*TERMS}
        waivers = (
            Waiver(**{**each, "expires": datetime.date.fromisoformat(each["expires"])}) for each in raw["waivers"]
        )
        tally, shard = Tally.from_json(raw["tally"]), Shard.parse(raw["shard"])
        again = {tuple(identity): Recurrence(**each) for identity, each in raw["again"]}
        run = {name: raw["run"][name] for name in (*_FACTS, "started", "notes")}
        return Part(shard, raw["options"], tuple(waivers), raw["sha256"], run, tally, raw["known"], again)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}; name files that --tally wrote") from None
    except (AssertionError, AttributeError, ConfigurationError, ValueError, LookupError, RecursionError, TypeError):
        raise ConfigurationError(f"{path} is no tally of this version; name files that --tally wrote") from None


def merged(parts: Sequence[Part]) -> tuple[Tally, dict[str, Any], list[str]]:
    """All shards' tallies as one, the facts of the whole run, and what is missing, in words.

    Raises ConfigurationError for shards of different runs, or one that is there twice.
    """
    first = parts[0]
    for part in parts[1:]:
        if (part.sha256, dict(part.options), part.waivers) != (first.sha256, dict(first.options), first.waivers):
            raise ConfigurationError(f"shards {first.shard} and {part.shard} judged by different documents or terms")
        if any(part.run[name] != first.run[name] for name in _SHARED) or part.shard.of != first.shard.of:
            raise ConfigurationError(f"shards {first.shard} and {part.shard} are not of one run; merge those of one")
    numbers = [part.shard.number for part in parts]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise ConfigurationError(f"shard {twice[0]}/{first.shard.of} is there twice; name each file once")
    tally = Tally()
    for part in parts:
        tally.merge(part.tally)
    missing = [f"{number}/{first.shard.of}" for number in range(1, first.shard.of + 1) if number not in numbers]
    return tally, _facts(parts), missing


_SHARED: Final = ("target", "profile", "seed")
"""What the shards of one run have in common."""


def recurrence(parts: Iterable[Part], violation: Violation) -> Recurrence | None:
    """How a violation fared in all shards that asked for it again; None if none did."""
    told = [part.again[violation.identity] for part in parts if violation.identity in part.again]
    if not told:
        return None
    siblings = [each.sibling for each in told if each.sibling is not None]
    return Recurrence(
        sum(each.times for each in told), sum(each.of for each in told), any(siblings) if siblings else None
    )


def _facts(parts: Sequence[Part]) -> dict[str, Any]:
    runs = [part.run for part in parts]
    notes = [note for run in runs for note in run["notes"]]
    if len({part.known for part in parts}) > 1:
        notes.append("the shards did not know of the same resources: give them the same --job-ids, or no part is sure")
    return {
        **{name: runs[0][name] for name in _SHARED},
        "started": min(datetime.datetime.fromisoformat(run["started"]) for run in runs),
        "seconds": max(run["seconds"] for run in runs),
        "keyed": any(run["keyed"] for run in runs),
        "account": any(run["account"] for run in runs),
        "incident": "; ".join(dict.fromkeys(run["incident"] for run in runs if run["incident"])),
        "notes": tuple(dict.fromkeys(notes)),
    }
