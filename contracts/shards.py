"""One run cut into shards for several machines, and their tallies merged into one verdict.

Every shard writes a file of what it saw and by which terms; no shard alone is a verdict.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, TextIO

from contracts.errors import ConfigurationError
from contracts.tally import Tally
from contracts.verdict import Run
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
    run: Mapping[str, Any]
    tally: Tally


def render(
    shard: Shard, options: Mapping[str, Any], waivers: Sequence[Waiver], run: Run, tally: Tally, file: TextIO
) -> None:
    """Write the shard's file."""
    kept = {name: getattr(run, name) for name in ("target", "profile", "seed", "seconds", "keyed", "incident")}
    contents = {
        "format": FORMAT,
        "shard": str(shard),
        "options": dict(options),
        "waivers": [{**asdict(each), "expires": each.expires.isoformat()} for each in waivers],
        "sha256": run.document.sha256,
        "run": {**kept, "started": run.started.isoformat(), "notes": list(run.notes)},
        "tally": tally.to_json(),
    }
    json.dump(contents, file)


def read(path: Path) -> Part:
    """A shard's file; raises ConfigurationError, in one line, when it is none."""
    try:
        raw = json.loads(path.read_bytes())
        assert raw["format"] == FORMAT
        waivers = (
            Waiver(**{**each, "expires": datetime.date.fromisoformat(each["expires"])}) for each in raw["waivers"]
        )
        tally, shard = Tally.from_json(raw["tally"]), Shard.parse(raw["shard"])
        return Part(shard, raw["options"], tuple(waivers), raw["sha256"], raw["run"], tally)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}; name files that --tally wrote") from None
    except (AssertionError, ValueError, LookupError, TypeError):
        raise ConfigurationError(f"{path} is no tally of this version; name files that --tally wrote") from None


def merged(parts: Sequence[Part]) -> tuple[Tally, dict[str, Any], list[str]]:
    """All shards' tallies as one, the facts of the whole run, and what is missing, in words.

    Raises ConfigurationError for shards of different runs, or one that is there twice.
    """
    first = parts[0]
    for part in parts[1:]:
        if (part.sha256, dict(part.options), part.waivers) != (first.sha256, dict(first.options), first.waivers):
            raise ConfigurationError(f"shards {first.shard} and {part.shard} judged by different documents or terms")
        if part.shard.of != first.shard.of or part.run["target"] != first.run["target"]:
            raise ConfigurationError(f"shards {first.shard} and {part.shard} are not of one run; merge those of one")
    numbers = [part.shard.number for part in parts]
    twice = sorted({number for number in numbers if numbers.count(number) > 1})
    if twice:
        raise ConfigurationError(f"shard {twice[0]}/{first.shard.of} is there twice; name each file once")
    tally = Tally()
    for part in parts:
        tally.merge(part.tally)
    tally.faults.clear()
    tally.faults.update(max((part.tally.faults for part in parts), key=lambda faults: faults["all"]))
    missing = [f"{number}/{first.shard.of}" for number in range(1, first.shard.of + 1) if number not in numbers]
    return tally, _facts(parts), missing


def _facts(parts: Sequence[Part]) -> dict[str, Any]:
    runs = [part.run for part in parts]
    return {
        "target": runs[0]["target"],
        "profile": runs[0]["profile"],
        "seed": ", ".join(dict.fromkeys(run["seed"] for run in runs if run["seed"])),
        "started": min(datetime.datetime.fromisoformat(run["started"]) for run in runs),
        "seconds": max(run["seconds"] for run in runs),
        "keyed": any(run["keyed"] for run in runs),
        "incident": "; ".join(dict.fromkeys(run["incident"] for run in runs if run["incident"])),
        "notes": tuple(dict.fromkeys(note for run in runs for note in run["notes"])),
    }
