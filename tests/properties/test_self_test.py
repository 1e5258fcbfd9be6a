"""The self-test of a judge: one with a defect is detected, and a sample of many faults stands for all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest

from contracts.judge import checks, parsed_response
from contracts.judge.history import History
from contracts.openapi import Operation
from strategies.faults.fault_table import faults
from strategies.faults.mutations import Fault
from strategies.faults.self_test import sample, self_test
from tests.support.tiny import document_at


@pytest.fixture(scope="module")
def lodge() -> Operation:
    """An operation with every kind of promise and few answers, so that its self-test is quick."""
    schema = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string", "x-equals": "$request.path.lodge"},
            "built": {"type": "integer", "x-immutable": True},
        },
    }
    content = {"application/json": {"schema": schema}}
    headers = {"X-Beds": {"required": True, "schema": {"type": "integer", "minimum": 1}}}
    operation = {
        "parameters": [{"name": "lodge", "in": "path", "required": True, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "", "content": content, "headers": headers}, "404": {"description": ""}},
        "x-refuses-unknown": True,
    }
    info = {"title": "Lodges", "version": "1"}
    return document_at({"openapi": "3.1.0", "info": info, "paths": {"/lodges/{lodge}": {"get": operation}}}).operations[
        0
    ]


@pytest.fixture
def forgetful() -> Iterator[None]:
    """Nothing that was read before or during the test is remembered."""
    remembered = parsed_response._parse_small
    remembered.cache_clear()
    yield
    remembered.cache_clear()


def test_the_judge_misses_no_fault(lodge: Operation) -> None:
    result = self_test(lodge)
    assert (result.survivors, result.idle) == ((), ())
    assert result.caught == len(faults(lodge))


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize(
    ("module", "table", "check"),
    [
        (module, table, check)
        for module, table in ((parsed_response, "RESPONSE_CHECKS"), (checks, "EXCHANGE_CHECKS"))
        for check in getattr(module, table)
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_judge_without_one_of_its_checks_is_detected(
    module: ModuleType, table: str, check: Callable[..., Any], lodge: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, table, tuple(each for each in getattr(module, table) if each is not check))
    survivors = self_test(lodge).survivors
    assert survivors
    names = {fault.name for fault in faults(lodge)}
    assert {survivor.fault for survivor in survivors} <= names


def test_a_judge_without_a_memory_is_detected(lodge: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "changes", lambda self, exchange: iter(()))
    (survivor,) = self_test(lodge).survivors
    assert survivor.fault == "overlay.immutable 200/built"


@pytest.mark.usefixtures("forgetful")
def test_a_judge_that_reports_the_wrong_place_is_detected(lodge: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    def displaced(subject: Any) -> Iterator[Any]:
        for violation in parsed_response.content_type(subject):
            yield subject.violation(violation.rule, "header Elsewhere")

    table = parsed_response.RESPONSE_CHECKS
    changed = tuple(displaced if each is parsed_response.content_type else each for each in table)
    monkeypatch.setattr(parsed_response, "RESPONSE_CHECKS", changed)
    found = [survivor for survivor in self_test(lodge).survivors if survivor.fault == "content-type.missing 200"]
    assert [str(each) for each in found] == [
        "content-type.missing 200: content-type.missing at header Elsewhere was reported"
    ]


@pytest.mark.usefixtures("forgetful")
def test_a_judge_that_reports_too_much_is_detected(lodge: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    def nervous(subject: Any) -> Iterator[Any]:
        yield subject.violation("header.missing", "header Nowhere")

    monkeypatch.setattr(parsed_response, "RESPONSE_CHECKS", (*parsed_response.RESPONSE_CHECKS, nervous))
    silent = ("method.", "transport.")
    # A refusal before the operation excuses what is reported of its header fields.
    answered = {
        fault.name
        for fault in faults(lodge)
        if not fault.rule.startswith(silent) and not (fault.id_class and fault.rule == "framing.head")
    }
    assert {survivor.fault for survivor in self_test(lodge).survivors} == answered


@pytest.mark.parametrize("most", [1, 60, 120])
def test_a_sample_of_faults_has_every_rule_and_sort_of_place_and_is_the_same_each_time(
    lodge: Operation, most: int
) -> None:
    def sort(each: Fault) -> tuple[str, int, bool, str]:
        return each.rule, str(each.place).count("/"), "*" in str(each.place), each.id_class

    every = faults(lodge)
    chosen = sample(every, most)
    assert {*map(sort, chosen)} == {*map(sort, every)}
    assert len(chosen) == max(most, len({*map(sort, every)}))
    assert list(chosen) == [each for each in every if each in chosen]
    assert chosen == sample(every, most)


def test_few_faults_are_all_tried(lodge: Operation) -> None:
    assert sample(faults(lodge)) == faults(lodge)
    assert self_test(lodge).left_out == 0


def test_a_self_test_by_a_sample_says_how_many_faults_it_left_out(lodge: Operation) -> None:
    result = self_test(lodge, most=60)
    tried = result.caught + len(result.survivors) + len(result.idle)
    assert result.left_out == len(faults(lodge)) - tried > 0
    assert not result.survivors
