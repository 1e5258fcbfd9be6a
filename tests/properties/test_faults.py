"""Every promise has a fault, and the judge catches every fault."""

from __future__ import annotations

import os
import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from contracts.judge import parsed_response
from contracts.openapi import PINNED, Document, Operation, load, schema_keywords
from contracts.rules import RULES
from strategies.answers import catalogue, covering_answers
from strategies.faults.fault_table import faults
from strategies.faults.mutations import NOTHING, AnswerContext
from strategies.faults.schema_mutations import schema_mutations
from strategies.faults.self_test import self_test
from strategies.values.covering import covering_set
from tests.support.invented import EVERY_ANSWER, IT, PINNED_DOCUMENT, SCHEMAS, SHOP, UNIONS, answer_schemas
from tests.support.tiny import document_of

BARE = load(PINNED)
OPERATIONS = [
    pytest.param(operation, id=f"{name}-{operation}")
    for name, document in (("pinned", PINNED_DOCUMENT), ("bare", BARE), ("shop", SHOP), ("unions", UNIONS))
    for operation in document.operations
]
(PINNED_OPERATION,) = PINNED_DOCUMENT.operations


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_fault_is_caught_by_its_rule_at_its_place(operation: Operation) -> None:
    assert not [str(survivor) for survivor in self_test(operation).survivors]


CLOSED = {"type": "object", "required": ["text"], "properties": {"text": {}}, "unevaluatedProperties": False}


@pytest.mark.parametrize(
    "schema",
    [
        {**CLOSED, "properties": {"text": {"type": "string"}}},
        {"type": "array", "maxItems": 1, "items": {**CLOSED, "properties": {"text": {"type": "string"}}}},
        {"type": "string", "pattern": "^[0-9,]*$"},
        {"type": "integer", "minimum": 3},
        {"type": "boolean"},
        {"type": "null"},
    ],
    ids=lambda schema: str(schema["type"]),
)
def test_a_fault_of_the_text_keeps_the_schema_of_the_value(schema: dict[str, Any]) -> None:
    (operation,) = document_of(schema).operations
    assert not [str(survivor) for survivor in self_test(operation).survivors]


def test_an_operation_with_a_single_resource_hides_no_fault() -> None:
    item = {"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "string"}}}
    (operation,) = document_of({"type": "array", "items": item}, path="/things").operations
    assert self_test(operation).idle == ()
    assert self_test(operation).survivors == ()


@pytest.mark.parametrize("operation", [*PINNED_DOCUMENT.operations, *BARE.operations], ids=["pinned", "bare"])
def test_every_fault_of_the_pinned_document_finds_an_answer_to_break(operation: Operation) -> None:
    assert self_test(operation).idle == ()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_rule_and_place_of_an_idle_fault_is_broken_by_another(operation: Operation) -> None:
    idle = set(self_test(operation).idle)
    broken = {(fault.rule, fault.place) for fault in faults(operation) if fault.name not in idle}
    assert {(fault.rule, fault.place) for fault in faults(operation) if fault.name in idle} <= broken


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_makes_the_same_of_every_read_unless_it_is_of_later_ones(operation: Operation) -> None:
    for fault in faults(operation):
        made = [
            (fault.mutation(first), fault.mutation(replace(first, reads=1)))
            for resource, response in list(catalogue(operation).items())[:6]
            for first in [AnswerContext(operation, resource, True, 0, response)]
        ]
        changed = [first != second for first, second in made]
        assert any(changed) if fault.is_later and any(second for _, second in made) else not any(changed)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_fault_breaks_an_existing_rule(operation: Operation) -> None:
    assert {fault.rule for fault in faults(operation)} <= RULES.keys()


NEVER_BROKEN = {
    "body.unexpected": "every status that it promises has content",
    "flaky": "no single answer shows it, only one that was asked for again",
    "header": "it promises no header fields",
    "transport.failed": "stands for failures of no other kind",
    "framing.body": "no status of the document is one that HTTP gives no body",
    "transport.refused": "nothing listens, so there is no answer to break",
    "transport.tls": "no connection is made, so there is no answer to break",
    "transport.unresolved": "there is no host, so there is no answer to break",
    "union.ambiguous": "the constant tags of the branches exclude each other",
    "union.wrong-branch": "the constant tags of the branches exclude each other",
}
"""Rules, or the first part of their codes, that no answer of the pinned document can break, and why."""


def test_every_rule_that_the_pinned_document_can_break_has_a_fault() -> None:
    broken = {fault.rule for fault in faults(PINNED_OPERATION)}
    used = {rule for keyword in used_keywords(PINNED_DOCUMENT) for rule in rules_of(keyword)}
    other = {code for code in RULES if not code.startswith("schema.")}
    excused = {code for code in other if code in NEVER_BROKEN or code.partition(".")[0] in NEVER_BROKEN}
    assert broken == (other - excused) | used
    assert all(any(code.startswith(name) for code in excused) for name in NEVER_BROKEN)


def used_keywords(document: Document) -> set[str]:
    """Return the keywords that assert something in the schemas of the document's answers.

    Tags of unions, the items that an array must contain, and conditions are left out: other keywords judge them.
    """
    found: set[str] = set()
    waiting = [(pointer, frozenset[str]()) for pointer in answer_schemas(document)]
    seen = set()
    while waiting:
        pointer, tags = waiting.pop()
        if pointer in seen:
            continue
        seen.add(pointer)
        at, schema = document.resolve(pointer)
        union = document.unions.get(at)
        tags |= {union.tag} if union else set()
        for keyword, value in schema.items() if isinstance(schema, dict) else ():
            silent = value is True or (keyword in ("additionalProperties", "items") and value is not False)
            if not silent and not (union and keyword == union.keyword):
                found.add(keyword)
        if isinstance(schema, dict) and "$ref" in schema:
            waiting.append((schema["$ref"], tags))
        for path, _ in schema_keywords.subschemas(schema):
            if path[0] not in ("contains", "if", "not", "propertyNames") and not (
                path[0] == "properties" and path[1] in tags
            ):
                waiting.append((at + "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path), tags))
    return found


def rules_of(keyword: str) -> set[str]:
    """Return the rules for violations of the keyword."""
    if keyword in ("minContains", "maxContains"):
        return {"schema.contains"}
    return {f"schema.{keyword}"} & RULES.keys()


@pytest.mark.parametrize("document", [SHOP, UNIONS], ids=["shop", "unions"])
def test_every_keyword_that_a_document_uses_has_a_fault(document: Document) -> None:
    broken = {fault.rule for operation in document.operations for fault in faults(operation)}
    wanted = {rule for keyword in used_keywords(document) for rule in rules_of(keyword)}
    assert wanted
    assert wanted <= broken


MORE_SCHEMAS = {
    **SCHEMAS,
    "bounds without a type": {
        "minItems": 1,
        "maxItems": 2,
        "uniqueItems": True,
        "minProperties": 1,
        "maxProperties": 2,
    },
    "bounds of a text or number without a type": {"multipleOf": 2, "maxLength": 3, "pattern": "^a", "maximum": 9},
    "bounds of what may be null": {"type": ["array", "null"], "minItems": 1, "maxItems": 2, "uniqueItems": True},
    "closed except for a pattern": {"type": "object", "patternProperties": {"^z": True}, "additionalProperties": False},
    "closed, and open all the same": {
        "type": "object",
        "allOf": [{"additionalProperties": True}],
        "unevaluatedProperties": False,
    },
    "a condition that requires what it asks": {
        "type": "object",
        "properties": {"a": {"type": "null"}},
        "if": {"required": ["a"]},
        "then": {"required": ["a", "b"]},
    },
    "a dependency on itself": {
        "type": "object",
        "properties": {"a": {"type": "null"}},
        "dependentSchemas": {"a": {"type": "object", "required": ["a", "b"]}},
    },
    "unevaluatedItems": {"type": "array", "prefixItems": [{"type": "null"}], "unevaluatedItems": False},
    "a constant": {"const": {"a": [1]}},
    "a date or nothing": {"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]},
}

UNDECIDABLE = {
    "closed, and open all the same": {"schema.unevaluatedProperties"},
    "anyOf beside a type": {"schema.anyOf", "schema.maxLength", "schema.minLength"},
    "oneOf that overlap": {"schema.maximum", "schema.minimum"},
}
"""Rules that cannot be broken alone. If alternatives have one type, a value that fits none was not meant to be one of
them in particular; and a property that is allowed in one place cannot be ruled out in another.
"""


@pytest.mark.parametrize(("name", "schema"), MORE_SCHEMAS.items(), ids=MORE_SCHEMAS)
def test_faults_of_any_schema_are_caught(name: str, schema: Any) -> None:
    holder = {"type": "object", "required": ["it"], "properties": {"it": {"$ref": IT}}}
    document = document_of(holder, {"It": schema})
    (operation,) = document.operations
    result = self_test(operation)
    assert not [str(survivor) for survivor in result.survivors]
    broken = {fault.rule for fault in faults(operation) if fault.name not in result.idle}
    used = {rule for keyword in used_keywords(document) for rule in rules_of(keyword)}
    assert used - UNDECIDABLE.get(name, set()) <= broken


@pytest.mark.parametrize("operation", OPERATIONS)
def test_names_of_faults_are_unique(operation: Operation) -> None:
    names = [fault.name for fault in faults(operation)]
    assert len(set(names)) == len(names)


NAMES = [
    "schema.type 200/goods/*/price string",
    "schema.minimum 200/goods/*/weight[integer] beyond",
    "schema.false 200/place/* one too many",
    "header.missing 200 X-Version",
    "header.schema 200 X-Version",
    "json.encoding 200 UTF-16",
    "schema.type default/code null",
    "status.known-resource default",
    "schema.contains 200/sides too many",
    "schema.not 200/odd of that kind",
    "schema.propertyNames 200/marks/* another name",
    "schema.type 200/marks/{^x-[a-z]+$} null",
    "schema.required 200[then]/sides absent",
    "schema.false 200[else]/sides there",
    "schema.format 200/history/* another text",
    "schema.unevaluatedProperties 200/sender undeclared",
    "body.unexpected 410",
    "union.tag-missing 200/tenants/*/kind absent",
    "union.ambiguous 200/tenants/* bird, and Cat too",
    "schema.required 200/keeper/badge absent",
    "schema.oneOf 200/overlap fits 0 and 1",
    "content-type.charset 404 application/problem+json; charset=iso-8859-1",
    "transport.cut",
]


@pytest.mark.parametrize("name", NAMES)
def test_names_of_faults_stay_the_same(name: str) -> None:
    names = {
        fault.name for document in (SHOP, UNIONS) for operation in document.operations for fault in faults(operation)
    }
    assert name in names


PROGRAM = """
from tests.support.invented import SHOP, UNIONS
from strategies.faults.fault_table import faults
for operation in (*SHOP.operations, *UNIONS.operations):
    print(*(fault.name for fault in faults(operation)), sep="\\n")
"""


def test_names_and_their_order_are_the_same_in_every_process() -> None:
    # This process has a seed of its own, and the other one a different one.
    seed = "1" if os.environ.get("PYTHONHASHSEED") != "1" else "2"
    environment = {"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PROGRAM]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    operations = (*SHOP.operations, *UNIONS.operations)
    assert run.stdout.splitlines() == [fault.name for operation in operations for fault in faults(operation)]


@pytest.mark.parametrize(("document", "pointer"), EVERY_ANSWER)
def test_a_mutation_does_not_change_its_argument(document: Document, pointer: str) -> None:
    values = covering_set(document, pointer, 10)
    before = deepcopy(values)
    for mutation in schema_mutations(document, pointer):
        for value in values:
            broken = mutation.change(value)
            assert broken is NOTHING or broken is not value
    assert values == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_does_not_change_its_argument(operation: Operation) -> None:
    before = dict(catalogue(operation))
    resource, response = next(iter(before.items()))
    for fault in faults(operation):
        context = AnswerContext(operation, resource, True, 1, response)
        broken = fault.mutation(context)
        assert broken is None or broken != response or broken.message != response.message
    assert catalogue(operation) == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_always_breaks_the_same_answer_in_the_same_way(operation: Operation) -> None:
    resource, response = next(iter(catalogue(operation).items()))
    for fault in faults(operation):
        context = AnswerContext(operation, resource, True, 1, response)
        assert fault.mutation(context) == fault.mutation(context)


def test_covering_answers_have_no_violation() -> None:
    for operation in (*PINNED_DOCUMENT.operations, *SHOP.operations, *UNIONS.operations):
        for spec in operation.responses:
            for response in covering_answers(operation, spec.status):
                assert parsed_response.parse_response(operation, response).violations == ()
