"""What is known before anything is asked: the run's settings, and the resources that exist."""

from __future__ import annotations

import datetime
import zlib

import pytest

from contracts.admission import Admission
from contracts.discovery import Resource
from contracts.document import Operation
from contracts.pace import Pace
from contracts.settings import Settings
from contracts.tally import Judge
from contracts.waivers import Waivers
from strategies.answers import catalogue
from strategies.memory import Memory
from tests.api.ending import Shared, Signals, Worker

SETTINGS = pytest.StashKey[Settings]()
STARTED = pytest.StashKey[datetime.datetime]()
SHARED = pytest.StashKey[Shared]()
"""The folder that the processes of the run share."""

PACE = pytest.StashKey[Pace]()
"""What gives every request of this process its turn."""

ADMISSION = pytest.StashKey[Admission]()
"""Whether the target lets this run in."""

SIGNALS = pytest.StashKey[Signals]()

WORKER = pytest.StashKey[Worker]()
"""This process, where it is a worker of pytest-xdist."""

JUDGE = pytest.StashKey[Judge]()
"""What judges the answers of this process, from the first one on."""

WAIVERS = pytest.StashKey[Waivers]()

MEMORIES = pytest.StashKey[dict[Operation, Memory]]()
"""Where resources are remembered of each operation; empty where nothing is kept, and in workers."""

REMEMBERED = pytest.StashKey[dict[Operation, tuple[Resource, ...]]]()
"""Resources that broke a promise in earlier runs; the same for all workers, which the controller tells them to."""

DISCOVERED = pytest.StashKey[dict[Operation, tuple[Resource, ...]]]()
"""Resources that the target listed; the same for all workers, which the controller tells them to."""


def known_resources(config: pytest.Config, operation: Operation) -> tuple[tuple[str, ...], ...]:
    """The resources known to exist: those that the user named or, on the embedded mock, its catalogue."""
    chosen = config.stash[SETTINGS]
    if not chosen.base_url:
        return tuple(catalogue(operation))
    return tuple(dict.fromkeys((*chosen.resources(operation), *config.stash[DISCOVERED].get(operation, ()))))


def part_seed(config: pytest.Config, part: int) -> int:
    """What a part of the drawing is seeded with: the same in every run of a repeatable profile, or of one seed."""
    return zlib.crc32(f"{config.stash[SETTINGS].seed}/{part}".encode())


def part_examples(config: pytest.Config) -> int:
    """How many inputs a part draws."""
    profile = config.stash[SETTINGS].profile
    return max(1, profile.examples // profile.parts)
