"""Validators cross-examined: on answers drawn and on answers broken they say the same, or it is settled why not."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given

from contracts.checks import judge
from contracts.document import PINNED, Operation, load
from contracts.exchange import Exchange, Failure, Request, Response
from contracts.validation import LARGE
from contracts.violation import RULES
from strategies.answers import answers
from strategies.second_opinion import SecondOpinion, settled
from strategies.self_test import faulty_answers
from tests.properties.invented import PINNED_DOCUMENT, SHOP, UNIONS
from tests.unit.tiny import answer, document_of

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


TREE = {
    "type": "object",
    "properties": {
        "leaf": {"type": "integer"},
        "when": {"format": "date-time"},
        "sub": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
    },
}


@pytest.mark.parametrize("size", [0, LARGE])
@pytest.mark.parametrize("leaf", ['{"leaf": 1, "when": "2020-01-01T00:00:00Z"}', '{"leaf": "x"}'])
def test_about_what_is_nested_deeply_all_are_of_one_mind_or_of_none(leaf: str, size: int) -> None:
    document = document_of({"$ref": "#/components/schemas/Tree"}, {"Tree": TREE})
    (operation,), opinion = document.operations, SecondOpinion(document)
    told = set()
    # One after another, so that each function is the one that goes too deep.
    for depth in (*range(60, 140), 450):
        body = '{"sub": [' * depth + leaf + "]}" * depth
        outcome = answer(200, body[:1].encode() + b" " * size + body[1:].encode())
        told |= {each.rule for each in judge(operation, asked(operation, outcome))}
        assert opinion(asked(operation, outcome)) == ()
    assert told == ({"json.depth", "schema.type"} if "x" in leaf else {"json.depth"} if size == 0 else set())


NUMBERS = {"type": "object", "properties": {"whole": {"type": "integer"}}}


@pytest.mark.parametrize("name", ["whole", "any"])
@pytest.mark.parametrize("number", ["7" * 4_000, "7" * 6_000, "-" + "9" * 6_000, "1e308", "1e400", "-1e400"])
def test_about_a_number_too_large_for_python_all_are_of_one_mind(name: str, number: str) -> None:
    document = document_of(NUMBERS)
    response = answer(200, f'{{"{name}": {number}}}'.encode())
    exchange = asked(document.operations[0], response)
    assert judge(document.operations[0], exchange) == ()
    assert SecondOpinion(document)(exchange) == ()


@pytest.mark.parametrize("number", ["7" * 6_000, "1e400"])
def test_what_is_wrong_beside_a_large_number_is_no_difference(number: str) -> None:
    document = document_of({**NUMBERS, "required": ["more"]})
    exchange = asked(document.operations[0], answer(200, f'{{"whole": {number}}}'.encode()))
    assert [each.rule for each in judge(document.operations[0], exchange)] == ["schema.required"]
    assert SecondOpinion(document)(exchange) == ()


@pytest.mark.parametrize(
    ("name", "text"), [("date-time", "-026-01-01T00:00:00Z"), ("date", "+026-01-01"), ("time", "0.:00:00Z")]
)
def test_what_jsonschema_rs_takes_for_a_digit_is_told_by_us_alone_and_settled(name: str, text: str) -> None:
    document = document_of({"format": name})
    exchange = asked(document.operations[0], answer(200, text))
    assert [each.rule for each in judge(document.operations[0], exchange)] == ["schema.format"]
    assert SecondOpinion(document)(exchange) == ()


def test_what_is_settled_names_a_rule_or_what_another_tells_and_its_source() -> None:
    for each in settled():
        assert bool(each.rule) != bool(each.theirs)
        assert not each.rule or each.rule in RULES
        assert each.why
        assert each.source
