"""Every rule is explained, and its examples are what they claim: one keeps the rule, the other breaks it alone."""

from __future__ import annotations

import pytest

from contracts.http import Exchange, Request
from contracts.judge import RULES, judge
from contracts.openapi import ConfigurationError
from contracts.reports.explanations import explain, explanations
from tests.support.tiny import answer, document_of

SCHEMAS = {code: about for code, about in explanations().items() if about.has_schema and code.startswith("schema.")}


def rules_of(schema: object, value: object) -> set[str]:
    (operation,) = document_of(schema).operations
    exchange = Exchange(operation, Request("http://a/things/1", (("thing", "1"),)), answer(200, value))
    return {violation.rule for violation in judge(operation, exchange)}


def test_every_rule_is_explained() -> None:
    assert explanations().keys() == RULES.keys()


@pytest.mark.parametrize("code", RULES)
def test_an_explanation_names_the_meaning_the_source_both_examples_and_what_to_do(code: str) -> None:
    lines = list(explain(code))
    assert lines[0] == f"{code}: {RULES[code].meaning}"
    assert f"source      {RULES[code].source}" in lines
    assert [line[:12].strip() for line in lines[-4:]] == ["keeps it", "breaks it", "what to do", "waive it"]
    assert all(len(line) <= 160 and line[12:].strip() for line in lines)


@pytest.mark.parametrize("code", SCHEMAS)
def test_the_examples_of_a_schema_keep_and_break_the_rule(code: str) -> None:
    about = SCHEMAS[code]
    assert rules_of(about.schema, about.keeps) == set()
    assert rules_of(about.schema, about.breaks) == {code}


def test_the_nearest_rules_are_offered_for_what_is_none() -> None:
    with pytest.raises(ConfigurationError, match=r"^schema\.enums is no rule; near are schema\.enum"):
        list(explain("schema.enums"))
