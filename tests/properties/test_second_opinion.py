"""Other validators agree with the judge on drawn and on broken answers, except for settled differences."""

from __future__ import annotations

from itertools import islice

import pytest
from hypothesis import given

from contracts.http.exchange import Exchange, Failure, Request, Response
from contracts.judge.checks import judge
from contracts.judge.validation import LARGE
from contracts.openapi import PINNED, Operation, load
from contracts.rules import RULES
from strategies.answers import answers
from strategies.faults.self_test import faulty_answers, self_test
from strategies.second_opinion import SecondOpinion
from strategies.settled import settled
from tests.support.invented import PINNED_DOCUMENT, SHOP, UNIONS
from tests.support.tiny import answer, document_of

DOCUMENTS = {"pinned": PINNED_DOCUMENT, "bare": load(PINNED), "shop": SHOP, "unions": UNIONS}
OPERATIONS = [
    pytest.param(operation, SecondOpinion(document), id=f"{name}-{operation}")
    for name, document in DOCUMENTS.items()
    for operation in document.operations
]


def exchange_with(operation: Operation, outcome: Response | Failure) -> Exchange:
    return Exchange(
        operation, Request("http://self.test/", tuple((each.name, "x") for each in operation.parameters)), outcome
    )


@pytest.mark.parametrize(("operation", "opinion"), OPERATIONS)
def test_all_validators_agree_on_a_drawn_answer(operation: Operation, opinion: SecondOpinion) -> None:
    @given(answers(operation))
    def check(response: Response) -> None:
        assert opinion(exchange_with(operation, response)) == ()

    check()


@pytest.mark.parametrize(("operation", "opinion"), OPERATIONS)
def test_all_validators_agree_on_a_broken_answer(operation: Operation, opinion: SecondOpinion) -> None:
    differ = {
        fault.name: words
        for fault, broken in faulty_answers(operation)
        for outcome in islice(broken, 1)
        if (words := opinion(exchange_with(operation, outcome)))
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
def test_validators_agree_or_have_no_opinion_on_a_deeply_nested_answer(leaf: str, size: int) -> None:
    document = document_of({"$ref": "#/components/schemas/Tree"}, {"Tree": TREE})
    (operation,), opinion = document.operations, SecondOpinion(document)
    reported = set()
    # With every depth tried, every function is once the one that exceeds the limit.
    for depth in (*range(60, 140), 450):
        body = '{"sub": [' * depth + leaf + "]}" * depth
        outcome = answer(200, body[:1].encode() + b" " * size + body[1:].encode())
        reported |= {each.rule for each in judge(operation, exchange_with(operation, outcome))}
        assert opinion(exchange_with(operation, outcome)) == ()
    assert reported == ({"json.depth", "schema.type"} if "x" in leaf else {"json.depth"} if size == 0 else set())


NUMBERS = {"type": "object", "properties": {"whole": {"type": "integer"}}}


@pytest.mark.parametrize("name", ["whole", "any"])
@pytest.mark.parametrize("number", ["7" * 4_000, "7" * 6_000, "-" + "9" * 6_000, "1e308", "1e400", "-1e400"])
def test_all_validators_agree_on_a_number_too_large_for_python(name: str, number: str) -> None:
    document = document_of(NUMBERS)
    response = answer(200, f'{{"{name}": {number}}}'.encode())
    exchange = exchange_with(document.operations[0], response)
    assert judge(document.operations[0], exchange) == ()
    assert SecondOpinion(document)(exchange) == ()


@pytest.mark.parametrize("number", ["7" * 6_000, "1e400"])
def test_a_violation_beside_a_large_number_is_no_difference(number: str) -> None:
    document = document_of({**NUMBERS, "required": ["more"]})
    exchange = exchange_with(document.operations[0], answer(200, f'{{"whole": {number}}}'.encode()))
    assert [each.rule for each in judge(document.operations[0], exchange)] == ["schema.required"]
    assert SecondOpinion(document)(exchange) == ()


@pytest.mark.parametrize(
    ("name", "text"), [("date-time", "-026-01-01T00:00:00Z"), ("date", "+026-01-01"), ("time", "0.:00:00Z")]
)
def test_a_character_that_only_jsonschema_rs_reads_as_a_digit_is_a_settled_difference(name: str, text: str) -> None:
    document = document_of({"format": name})
    exchange = exchange_with(document.operations[0], answer(200, text))
    assert [each.rule for each in judge(document.operations[0], exchange)] == ["schema.format"]
    assert SecondOpinion(document)(exchange) == ()


def test_every_settled_difference_names_one_side_a_reason_and_a_source() -> None:
    for each in settled():
        assert bool(each.rule) != bool(each.theirs)
        assert not each.rule or each.rule in RULES
        assert each.why
        assert each.source


@pytest.mark.parametrize(
    ("step", "kept", "broken"),
    [
        (0.01, ["19.99", "4.35", "0.07", "1e22", "-0.01", "1.10", "5", "1e2"], ["0.005", "19.999", "1e-7"]),
        (1e-7, ["1e-7", "0.1", "3e-7", "12"], ["1e-8", "1.5e-7"]),
        (3, ["9007199254740993", "3e22", "123456789012345678901234567890"], ["1e22", "9007199254740992", "1.5"]),
        (0.1, ["1e22", "1e308", "0.3", "7" * 400], ["0.05", "1e-300"]),
    ],
)
def test_multiples_are_those_of_the_decimal_numbers_that_were_written(
    step: float, kept: list[str], broken: list[str]
) -> None:
    document = document_of({"type": "array", "items": {"type": "number", "multipleOf": step}})
    (operation,), opinion = document.operations, SecondOpinion(document)
    for size in (0, LARGE):
        body = f"[{' ' * size}{', '.join([*kept, *broken])}]"
        exchange = exchange_with(operation, answer(200, body.encode()))
        found = {each.place: each.rule for each in judge(operation, exchange)}
        assert found == {f"body/{len(kept) + index}": "schema.multipleOf" for index in range(len(broken))}
        assert opinion(exchange) == ()


OPEN_TAG = {
    "Wolf": {"type": "object", "required": ["kind", "pack"], "properties": {"kind": {"type": "string"}}},
    "Bear": {
        "type": "object",
        "required": ["kind", "den"],
        "properties": {"kind": {"type": "string"}, "den": {"type": "string"}},
    },
}


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
@pytest.mark.parametrize(
    ("value", "rules"),
    [
        ({"kind": "Bear", "den": "x"}, []),
        ({"kind": "Bear", "pack": 1}, ["union.wrong-branch at body/den"]),
        ({"kind": "Bear"}, ["schema.required at body/den"]),
        ({"kind": "Wolf", "den": "x"}, ["union.wrong-branch at body/pack"]),
        ({"kind": "Bear", "den": 5, "pack": 1}, ["union.wrong-branch at body/den"]),
    ],
)
def test_a_tag_that_names_another_branch_than_the_fitting_one_has_a_rule(
    keyword: str, value: object, rules: list[str]
) -> None:
    union = {keyword: [{"$ref": f"#/components/schemas/{name}"} for name in OPEN_TAG]}
    document = document_of({**union, "discriminator": {"propertyName": "kind"}}, OPEN_TAG)
    (operation,), opinion = document.operations, SecondOpinion(document)
    exchange = exchange_with(operation, answer(200, value))
    assert [f"{each.rule} at {each.place}" for each in judge(operation, exchange)] == rules
    assert opinion(exchange) == ()
    names = {fault.name.partition(" ")[0] for fault, broken in faulty_answers(operation) if next(broken, None)}
    assert "union.wrong-branch" in names
    assert self_test(operation).survivors == ()


def test_an_answer_without_a_body_is_reported_as_missing_alone() -> None:
    document = document_of({"type": "object"})
    (operation,) = document.operations
    for media_type in (None, "application/json"):
        exchange = exchange_with(operation, answer(200, b"", media_type=media_type))
        assert [each.rule for each in judge(operation, exchange)] == ["body.missing"]
        assert SecondOpinion(document)(exchange) == ()
