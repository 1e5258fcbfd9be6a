"""Validators cross-examined: on answers drawn and on answers broken they say the same, or it is settled why not."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given

from contracts.document import PINNED, Operation, load
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.violation import RULES
from strategies.answers import answers
from strategies.second_opinion import SecondOpinion, settled
from strategies.self_test import faulty_answers
from tests.properties.invented import PINNED_DOCUMENT, SHOP, UNIONS

DOCUMENTS = {"pinned": PINNED_DOCUMENT, "bare": load(PINNED), "shop": SHOP, "unions": UNIONS}
OPERATIONS = [
    pytest.param(operation, SecondOpinion(document), id=f"{name}-{operation}")
    for name, document in DOCUMENTS.items()
    for operation in document.operations
]


def asked(operation: Operation, outcome: Response | Failure) -> Exchange:
    return Exchange(
        operation, Request("http://self.test/", tuple((each.name, "x") for each in operation.parameters)), outcome
    )


@pytest.mark.parametrize(("operation", "opinion"), OPERATIONS)
def test_about_a_drawn_answer_all_are_of_one_mind(operation: Operation, opinion: SecondOpinion) -> None:
    @given(answers(operation))
    def check(response: Response) -> None:
        assert opinion(asked(operation, response)) == ()

    check()


@pytest.mark.parametrize(("operation", "opinion"), OPERATIONS)
def test_about_a_broken_answer_all_are_of_one_mind(operation: Operation, opinion: SecondOpinion) -> None:
    differ = {
        fault.name: words
        for fault, broken in faulty_answers(operation)
        for outcome in islice(broken, 2)
        if (words := opinion(asked(operation, outcome)))
    }
    assert differ == {}


def test_what_is_settled_names_a_rule_or_what_another_tells_and_its_source() -> None:
    for each in settled():
        assert bool(each.rule) != bool(each.theirs)
        assert not each.rule or each.rule in RULES
        assert each.why
        assert each.source
