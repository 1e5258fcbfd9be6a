"""ECMA-262 patterns are matched by one engine, and every library of another engine is given a form that it reads."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.http.exchange import Exchange, Request, Response
from contracts.judge.checks import judge
from contracts.openapi import Document
from contracts.openapi.patterns import matches_pattern
from strategies import answers, catalogue, covering_answers, path_values
from strategies.faults.self_test import self_test
from strategies.second_opinion import SecondOpinion
from strategies.values.covering import covering_set
from strategies.values.patterns import ecma_validator, is_readable, portable, with_portable_patterns
from strategies.values.schemas import Unsatisfiable
from tests.support.invented import IT, with_schema
from tests.support.tiny import JSON, answer, document_at, document_of

PATTERNS = {
    r"^\p{L}+$": ["aé", "Ж"],
    r"^(?<year>\d{4})-\d\d$": ["2024-12"],
    r"^\u{61}+$": ["aa"],
    r"^\u0061\x62$": ["ab"],
    r"^\ud83d\ude00$": ["😀"],
    r"^\p{Script=Greek}+$": ["αβ"],
    r"^[\w-]+$": ["a-_0"],
    r"^a\/b\.$": ["a/b."],
    r"^\cA\0\t$": ["\x01\0\t"],
    r"^[^]$": ["\n", "é"],
    r"^[\p{L}\d]+$": ["é5"],
    r"^[^\P{L}]$": ["é"],
    r"^\P{Lu}$": ["é"],
    r"^(?<y>a|b)\k<y>0$": ["aa0", "bb0"],
    r"^(a|b)\1$": ["aa"],
    r"^\k<z>(?<z>a)$": ["a"],
    r"^(?!a)\w+$": ["b"],
    r"^.$": ["é", "\x85"],
    r"^\S$": ["é", "\x85"],
    r"^\s$": ["\ufeff", "\u3000"],
    r"^\d$": ["7"],
    r"^[a&&b]$": ["&", "b"],
    r"^[[a]$": ["[", "a"],
    r"[\b]": ["\b"],
    r"(?<=ab)c": ["abc"],
    r"(?<!a)b": ["b"],
}
"""Patterns that are legal in ECMA-262, with texts that match."""

OTHERS = [
    "",
    "a",
    "b",
    "é",
    "٣",
    "\n",
    "\u2028",
    "\ud800",
    "a\n",
    "😀",
    "abc",
    "ab",
    "aa1",
    "-",
    "]",
    "\\",
    "$",
    "[",
    "&",
]
"""Texts that match some of the patterns; `٣` is a digit to Unicode and none to ECMA-262."""

UNREADABLE = (r"^\p{L}{1,256}$", r"(?<=a|bc)b", r"(?<!a|bc)b", r"^a{0,4294967295}$")
"""Patterns that Rust's regex refuses for their size, or that Python's `re` cannot read in any form."""


@pytest.mark.parametrize("pattern", PATTERNS, ids=ascii)
def test_the_portable_form_matches_the_same_texts_in_every_engine(pattern: str) -> None:
    form = portable(pattern)
    in_rust = jsonschema_rs.Draft202012Validator({"pattern": form})
    for text in (*PATTERNS[pattern], *OTHERS):
        expected = matches_pattern(pattern, text)
        assert matches_pattern(form, text) is expected
        if not text.endswith("\n"):  # In Python, `$` matches before a last line feed as well.
            assert (re.search(form, text) is not None) is expected
        if text.isprintable() and "\ud800" not in text:
            assert in_rust.is_valid(text) is expected


@given(st.sampled_from([r"\p{L}", r"\w", r"\s", r"[^a-f]", ".", r"\P{Lu}"]), st.characters())
def test_a_class_matches_the_same_characters_in_python(matcher: str, char: str) -> None:
    assert (re.fullmatch(portable(matcher), char) is not None) is matches_pattern(f"^{matcher}$", char)


def test_patterns_of_a_schema_are_rewritten_and_names_and_values_are_not() -> None:
    schema = {
        "pattern": r"\d",
        "patternProperties": {r"\d": {"pattern": r"\d"}},
        "properties": {"pattern": {"pattern": r"\d"}, "enum": {"pattern": r"\d"}},
        "enum": [{"pattern": r"\d"}],
        "allOf": [{"pattern": r"\d"}],
    }
    assert with_portable_patterns(schema) == {
        "pattern": "[0-9]",
        "patternProperties": {"[0-9]": {"pattern": "[0-9]"}},
        "properties": {"pattern": {"pattern": "[0-9]"}, "enum": {"pattern": "[0-9]"}},
        "enum": [{"pattern": r"\d"}],
        "allOf": [{"pattern": "[0-9]"}],
    }


@pytest.mark.parametrize(
    ("schema", "valid", "invalid"),
    [
        ({"pattern": r"^\p{L}$"}, "é", "5"),
        ({"patternProperties": {r"^\p{L}$": False}}, {"5": 1}, {"é": 1}),
        ({"patternProperties": {r"^\p{L}$": True}, "additionalProperties": False}, {"é": 1}, {"5": 1}),
        ({"patternProperties": {r"^\p{L}$": True}, "additionalProperties": {"type": "null"}}, {"5": None}, {"5": 1}),
        (
            {"allOf": [{"patternProperties": {portable(r"^\p{L}$"): True}}], "unevaluatedProperties": False},
            {"é": 1},
            {"5": 1},
        ),
    ],
)
def test_jsonschema_reads_patterns_as_ecma_262(schema: Any, valid: Any, invalid: Any) -> None:
    assert ecma_validator(schema).is_valid(valid)
    assert not ecma_validator(schema).is_valid(invalid)


@pytest.mark.parametrize("pattern", [*PATTERNS, *UNREADABLE], ids=ascii)
@pytest.mark.parametrize("keyword", ["pattern", "patternProperties", "propertyNames", "not"])
def test_covering_values_match_any_pattern(pattern: str, keyword: str) -> None:
    names = {"type": "object", "minProperties": 1, "additionalProperties": False}
    schemas: dict[str, dict[str, Any]] = {
        "pattern": {"type": "string", "pattern": pattern},
        "patternProperties": {**names, "patternProperties": {pattern: {"type": "integer"}}},
        "propertyNames": {**names, "propertyNames": {"pattern": pattern}, "additionalProperties": {"type": "null"}},
        "not": {"type": "string", "not": {"pattern": pattern}},
    }
    values = covering_set(with_schema(schemas[keyword]), IT)
    texts = [text for value in values for text in ([value] if isinstance(value, str) else value)]
    assert texts
    assert all(matches_pattern(pattern, text) is (keyword != "not") for text in texts)


@pytest.mark.parametrize("pattern", [*PATTERNS, *UNREADABLE[:3]], ids=ascii)
def test_drawn_answers_match_any_pattern(pattern: str) -> None:
    (operation,) = document_of({"type": "string", "pattern": pattern}).operations

    @settings(max_examples=30, suppress_health_check=list(HealthCheck))
    @given(answers(operation))
    def check(response: Response) -> None:
        assert judge(operation, exchange_with(operation.document, response)) == ()

    check()


def test_a_pattern_for_which_no_text_is_found_is_an_error_with_place_and_fix() -> None:
    document = with_schema({"type": "string", "pattern": r"^(?=a)(?=b)c$"})
    expected = f"{re.escape(IT)}.*needs a text for the pattern .* none was found; give .* an enum"
    with pytest.raises(Unsatisfiable, match=expected):
        covering_set(document, IT)


def exchange_with(document: Document, outcome: Response) -> Exchange:
    (operation,) = document.operations
    return Exchange(
        operation, Request("http://self.test/", tuple((each.name, "x") for each in operation.parameters)), outcome
    )


@pytest.mark.parametrize("pattern", [*PATTERNS, *UNREADABLE], ids=ascii)
@pytest.mark.parametrize("keyword", ["pattern", "patternProperties"])
def test_other_validators_agree_about_any_pattern_or_have_no_opinion(pattern: str, keyword: str) -> None:
    names = {"type": "object", "patternProperties": {pattern: {"type": "integer"}}, "additionalProperties": False}
    document = document_of({"type": "string", "pattern": pattern} if keyword == "pattern" else names)
    (operation,), opinion = document.operations, SecondOpinion(document)
    texts = [text for text in (*PATTERNS.get(pattern, ()), *OTHERS) if "\ud800" not in text]
    values = texts if keyword == "pattern" else [{text: 1} for text in texts]
    for response in (*covering_answers(operation, 200), *(answer(200, value) for value in values)):
        assert opinion(exchange_with(document, response)) == ()
    assert bool(opinion.notes) is not is_readable(pattern)
    assert not self_test(operation).survivors


def with_parameter(pattern: str) -> Document:
    parameter = {"name": "it", "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}
    content = {JSON: {"schema": {"type": "string"}}}
    operation = {"parameters": [parameter], "responses": {"200": {"description": "", "content": content}}}
    return document_at(
        {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/{it}": {"get": operation}}}
    )


@pytest.mark.parametrize("pattern", [*PATTERNS, *UNREADABLE[:3]], ids=ascii)
def test_resources_match_the_pattern_of_their_parameter(pattern: str) -> None:
    (operation,) = with_parameter(pattern).operations
    assert catalogue(operation)
    assert all(matches_pattern(pattern, name) for (name,) in catalogue(operation))


@pytest.mark.parametrize("pattern", [r"^a\/b$", *UNREADABLE[1:3]], ids=ascii)
def test_a_parameter_that_schemathesis_cannot_draw_is_noted(pattern: str) -> None:
    document = with_parameter(pattern)
    opinion = SecondOpinion(document)
    opinion.cases(document.operations[0])
    assert [note for note in opinion.notes if note.startswith("Schemathesis draws no cases of GET /{it} (")]


@pytest.mark.parametrize("pattern", [r"^\p{L}+$", r"^\cA$", r"^a\/b$", *UNREADABLE], ids=ascii)
def test_any_pattern_of_a_parameter_leaves_ids_and_cases_to_draw(pattern: str) -> None:
    document = with_parameter(pattern)
    (operation,), opinion = document.operations, SecondOpinion(document)
    drawn, cases = [], opinion.cases(operation)
    assert cases is not None

    @settings(max_examples=5, suppress_health_check=list(HealthCheck))
    @given(cases, path_values(operation))
    def draw(case: Any, values: dict[str, str]) -> None:
        drawn.append((case.path_parameters, values))

    draw()
    assert drawn
