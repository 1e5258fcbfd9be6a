"""One run cut into shards for several machines, and merged into one verdict.

Every shard writes a file of what it saw and by which contract and criteria; no shard alone is a verdict.
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

from contracts.judge import Violation
from contracts.openapi import ConfigurationError, Credential, Document
from contracts.verdict import RecheckResult, RunFacts, Tally, Verdict, Waiver

FORMAT: Final = 5

CONTRACT_OPTIONS: Final = (
    "document",
    "overlay",
    "no_overlay",
    "annotation",
    "operation",
    "skip",
    "parameter",
    "parameters",
    "require",
    "strict_refusals",
    "changes_since",
)
"""The options that the contract and the criteria of acceptance come from."""

_FACTS: Final = ("target", "profile", "seed", "seconds", "incident")

_SHARED: Final = ("target", "profile", "seed")
"""The facts that the shards of one run have in common."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One of several parts of a run, counted from 1."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read `2/5`; raises ConfigurationError for a text that names no shard."""
        found = re.fullmatch(r"([1-9][0-9]*)/([1-9][0-9]*)", text)
        if found is None or int(found[1]) > int(found[2]):
            raise ConfigurationError(f"--shard {text!r} is no shard; write 2/5 for the second of five")
        return cls(int(found[1]), int(found[2]))

    def takes(self, index: int) -> bool:
        """Whether the item at the index of all items belongs to this shard."""
        return index % self.of == self.number - 1

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"


@dataclass(frozen=True, slots=True)
class ShardFile:
    """What one shard wrote: which it was, the options that its contract and criteria come from, and what it saw."""

    shard: Shard
    options: Mapping[str, Any]
    waivers: tuple[Waiver, ...]
    sha256: str
    """The `contract_sha256` of its document."""
    facts: Mapping[str, Any]
    tally: Tally
    known: str
    """Equal for shards that knew of the same resources."""
    rechecked: Mapping[tuple[str, ...], RecheckResult]
    """By the violation's identity, how often it was there when it was asked for again."""


def contract_sha256(document: Document) -> str:
    """Return the SHA-256 of what a document promises once its overlays are applied."""
    return hashlib.sha256(json.dumps(document.contents, default=str).encode()).hexdigest()


def write_shard(
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
    rechecked = ((each.violation.identity, each.recurrence) for each in verdict.findings if each.recurrence)
    contents = {
        "format": FORMAT,
        "shard": str(shard),
        "options": dict(options),
        "waivers": [each.to_json() for each in waivers],
        "sha256": contract_sha256(run.document),
        "run": {
            **{name: getattr(run, name) for name in _FACTS},
            "started": run.started.isoformat(),
            "notes": list(run.notes),
            "sent": [asdict(each) for each in run.sent],
        },
        "tally": tally.to_json(),
        "known": hashlib.sha256(json.dumps(list(known)).encode()).hexdigest(),
        "rechecked": [[identity, asdict(result)] for identity, result in rechecked],
    }
    json.dump(contents, file)


def read_shard(path: Path) -> ShardFile:
    """Read a shard's file; raises ConfigurationError, in one line with the fix, for a file that is none."""
    try:
        raw = json.loads(path.read_bytes())
        options = {FORMAT: raw["options"]}[raw["format"]]  # Of another format there are none.
        return ShardFile(
            shard=Shard.parse(raw["shard"]),
            options={name: options[name] for name in CONTRACT_OPTIONS},
            waivers=tuple(map(Waiver.from_json, raw["waivers"])),
            sha256=raw["sha256"],
            facts={
                **{name: raw["run"][name] for name in _FACTS},
                "started": datetime.datetime.fromisoformat(raw["run"]["started"]),
                "notes": tuple(raw["run"]["notes"]),
                "sent": tuple(Credential(**each) for each in raw["run"]["sent"]),
            },
            tally=Tally.from_json(raw["tally"]),
            known=raw["known"],
            rechecked={tuple(identity): RecheckResult(**each) for identity, each in raw["rechecked"]},
        )
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}; name files that --tally wrote") from None
    except (AttributeError, ConfigurationError, ValueError, LookupError, RecursionError, TypeError):
        raise ConfigurationError(f"{path} is no tally of this version; name files that --tally wrote") from None


@dataclass(frozen=True, slots=True)
class MergedShards:
    """The shards of one run, read and found to belong together."""

    files: tuple[ShardFile, ...]

    @classmethod
    def of(cls, files: Sequence[ShardFile]) -> MergedShards:
        """Check the files; raises ConfigurationError for shards of different runs, or one that is there twice."""
        first = files[0]
        for file in files[1:]:
            both = f"shards {first.shard} and {file.shard}"
            if (file.sha256, file.options, file.waivers) != (first.sha256, first.options, first.waivers):
                raise ConfigurationError(f"{both} judged by different documents or criteria; merge those of one run")
            if any(file.facts[name] != first.facts[name] for name in _SHARED) or file.shard.of != first.shard.of:
                raise ConfigurationError(f"{both} are not of one run; merge those of one")
        numbers = [file.shard.number for file in files]
        twice = sorted({number for number in numbers if numbers.count(number) > 1})
        if twice:
            raise ConfigurationError(f"shard {twice[0]}/{first.shard.of} is there twice; name each file once")
        return cls(tuple(files))

    def check_document(self, document: Document) -> None:
        """Raise ConfigurationError for another document than the shards were judged by."""
        if contract_sha256(document) != self.files[0].sha256:
            problem = f"{document.path} with its overlays is not what the shards were judged by"
            raise ConfigurationError(f"{problem}; merge where they ran")

    def tally(self) -> Tally:
        """Return what all of them saw, as one tally."""
        tally = Tally()
        for file in self.files:
            tally.merge(file.tally)
        return tally

    def facts(self, document: Document) -> RunFacts:
        """Return the facts of the whole run; a shard that is missing is an incident."""
        every = [file.facts for file in self.files]
        notes = [note for facts in every for note in facts["notes"]]
        if len({file.known for file in self.files}) > 1:
            notes.append(
                "the shards did not know of the same resources: give all the same --job-ids, or parts are missing"
            )
        incidents = dict.fromkeys(filter(None, [*(facts["incident"] for facts in every), self._missing()]))
        return RunFacts(
            document=document,
            **{name: every[0][name] for name in _SHARED},
            started=min(facts["started"] for facts in every),
            seconds=max(facts["seconds"] for facts in every),
            sent=tuple(dict.fromkeys(each for facts in every for each in facts["sent"])),
            incident="; ".join(incidents),
            notes=tuple(dict.fromkeys(notes)),
        )

    def recheck(self, violation: Violation) -> RecheckResult | None:
        """Return how often a violation was there in all shards that asked for it again; None if none did."""
        results = [each for file in self.files if (each := file.rechecked.get(violation.identity))]
        if not results:
            return None
        siblings = [each.sibling for each in results if each.sibling is not None]
        shown = any(siblings) if siblings else None
        return RecheckResult(sum(each.times for each in results), sum(each.of for each in results), shown)

    def _missing(self) -> str:
        of, there = self.files[0].shard.of, {file.shard.number for file in self.files}
        missing = [f"{number}/{of}" for number in range(1, of + 1) if number not in there]
        if not missing:
            return ""
        more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
        return f"shard {', '.join(missing[:5])}{more} is missing"
