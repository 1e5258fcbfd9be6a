"""The product under pytest: a test for each item that a run asks a server.

Answers are judged as they come and nothing stops at the first violation: a test fails when it has asked everything.
"""

from __future__ import annotations

import pytest

from contracts.openapi import ContractError
from contracts.run import BrokenPromise, Item
from tests.api.driver import RUN


def test_answers_keep_the_contract(pytestconfig: pytest.Config, contract_item: Item) -> None:
    run = pytestconfig.stash[RUN]
    try:
        run.ask(contract_item)
    except (BrokenPromise, ContractError) as error:
        # pytest prints a cause as a second failure with the same words, and a traceback says nothing more; the driver
        # reads the context instead.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    if run.rejected:
        pytest.skip(str(run.rejected))
