"""What is known before anything is asked: the run's settings, and the resources that exist."""

from __future__ import annotations

import pytest

from contracts.document import Operation
from contracts.settings import Settings
from strategies.answers import catalogue

SETTINGS = pytest.StashKey[Settings]()


def known_resources(config: pytest.Config, operation: Operation) -> tuple[tuple[str, ...], ...]:
    """The resources known to exist: those that the user named or, on the embedded mock, its catalogue."""
    chosen = config.stash[SETTINGS]
    return chosen.resources(operation) if chosen.base_url else tuple(catalogue(operation))
