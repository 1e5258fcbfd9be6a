"""The items of a run as tests of pytest."""

from __future__ import annotations

import pytest

from contracts.run import Run
from tests.api.driver import RUN


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make a test of every item that the run asks."""
    if "item" in metafunc.fixturenames:
        items = metafunc.config.stash[RUN].items
        rows = [pytest.param(item, id=item.name, marks=pytest.mark.contract_item(item)) for item in items]
        metafunc.parametrize("item", rows)


@pytest.fixture
def run(pytestconfig: pytest.Config) -> Run:
    """The run of this process."""
    return pytestconfig.stash[RUN]
