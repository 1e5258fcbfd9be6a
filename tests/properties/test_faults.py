"""Every promise of every document has a fault, every fault is caught, and a judge that sees less is found out."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from contracts import checks, dialect
from contracts.document import PINNED, Document, Operation, load
from contracts.history import History
from contracts.violation import RULES
from strategies.answers import catalogue, covering_answers
from strategies.breakage import Breakage, breakages
from strategies.covering import covering_set
from strategies.faults import Turn, faults
from strategies.self_test import self_test
from strategies.sites import places
from tests.properties.invented import EVERY_ANSWER, IT, PINNED_DOCUMENT, SCHEMAS, SHOP, UNIONS, answer_schemas
from tests.unit.tiny import document_at, document_of

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
def test_a_flaw_in_the_text_breaks_no_promise_of_the_value(schema: dict[str, Any]) -> None:
    (operation,) = document_of(schema).operations
    assert not [str(survivor) for survivor in self_test(operation).survivors]


def test_a_path_that_names_one_resource_hides_no_fault() -> None:
    item = {"type": "object", "required": ["a"], "properties": {"a": {"enum": ["x", "y"]}, "b": {"type": "string"}}}
    (operation,) = document_of({"type": "array", "items": item}, path="/things").operations
    assert self_test(operation).idle == ()
    assert self_test(operation).survivors == ()


@pytest.mark.parametrize("operation", [*PINNED_DOCUMENT.operations, *BARE.operations], ids=["pinned", "bare"])
def test_every_fault_of_the_pinned_document_finds_an_answer_to_break(operation: Operation) -> None:
    assert self_test(operation).idle == ()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_a_fault_finds_in_no_answer_another_one_breaks(operation: Operation) -> None:
    idle = set(self_test(operation).idle)
    broken = {(fault.rule, fault.place) for fault in faults(operation) if fault.name not in idle}
    assert {(fault.rule, fault.place) for fault in faults(operation) if fault.name in idle} <= broken


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_fault_breaks_a_rule_that_there_is(operation: Operation) -> None:
    assert {fault.rule for fault in faults(operation)} <= RULES.keys()


NEVER_BROKEN = {
    "body.unexpected": "every status that it promises has content",
    "flaky": "no single answer shows it, only one that was asked for again",
    "header": "it promises no header fields",
    "transport.failed": "stands for what no other kind of failure names",
    "framing.body": "no status of the document is one that HTTP gives no body",
    "transport.refused": "nothing listens, so there is no answer to break",
    "transport.tls": "nobody is connected, so there is no answer to break",
    "transport.unresolved": "there is no host, so there is no answer to break",
    "union.ambiguous": "the constant tags of the branches exclude each other",
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
    """The keywords of all schemas of the document's answers, but for those that say nothing there or whose own part is
    elsewhere: the tags of a union, what an array must contain, and conditions.
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
        for path, _ in dialect.children(schema):
            if path[0] not in ("contains", "if", "not", "propertyNames") and not (
                path[0] == "properties" and path[1] in tags
            ):
                waiting.append((at + "".join(f"/{step.replace('~', '~0').replace('/', '~1')}" for step in path), tags))
    return found


def rules_of(keyword: str) -> set[str]:
    """The rules that break the keyword."""
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
    "closed but for a pattern": {"type": "object", "patternProperties": {"^z": True}, "additionalProperties": False},
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

NOBODY_CAN_SAY = {
    "closed, and open all the same": {"schema.unevaluatedProperties"},
    "anyOf beside a type": {"schema.anyOf", "schema.maxLength", "schema.minLength"},
    "oneOf that overlap": {"schema.maximum", "schema.minimum"},
}
"""Where alternatives are of one type, nobody can say which of them a value that fits none was meant to be; and where
every property is allowed in one place, it cannot be ruled out in another.
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
    assert used - NOBODY_CAN_SAY.get(name, set()) <= broken


@pytest.mark.parametrize("operation", OPERATIONS)
def test_names_are_unique(operation: Operation) -> None:
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
def test_names_are_kept(name: str) -> None:
    names = {
        fault.name for document in (SHOP, UNIONS) for operation in document.operations for fault in faults(operation)
    }
    assert name in names


PROGRAM = """
from tests.properties.invented import SHOP, UNIONS
from strategies.faults import faults
for operation in (*SHOP.operations, *UNIONS.operations):
    print(*(fault.name for fault in faults(operation)), sep="\\n")
"""


def test_names_and_their_order_are_the_same_in_every_process() -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={"PYTHONPATH": ":".join(sys.path), "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        for seed in ("1", "2")
    ]
    operations = (*SHOP.operations, *UNIONS.operations)
    names = [fault.name for operation in operations for fault in faults(operation)]
    assert [run.stdout.splitlines() for run in runs] == [names, names]


@pytest.mark.parametrize(("document", "pointer"), EVERY_ANSWER)
def test_a_breakage_leaves_the_value_that_it_breaks_as_it_was(document: Document, pointer: str) -> None:
    values = covering_set(document, pointer, 10)
    before = deepcopy(values)
    for breakage in breakages(document, pointer):
        for value in values:
            for path in places(value, breakage.steps):
                at: Any = value
                for step in path:
                    at = at[step]
                broken = breakage.change(at)
                assert broken is Breakage.NOTHING or broken is not at
    assert values == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_leaves_the_answer_that_it_breaks_as_it_was(operation: Operation) -> None:
    before = dict(catalogue(operation))
    resource, response = next(iter(before.items()))
    for fault in faults(operation):
        turn = Turn(operation, resource, True, 1, response)
        broken = fault.sabotage(turn)
        assert broken is None or broken != response or broken.message != response.message
    assert catalogue(operation) == before


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_fault_breaks_the_same_answer_the_same_way(operation: Operation) -> None:
    resource, response = next(iter(catalogue(operation).items()))
    for fault in faults(operation):
        turn = Turn(operation, resource, True, 1, response)
        assert fault.sabotage(turn) == fault.sabotage(turn)


@pytest.fixture(scope="module")
def lodge() -> Operation:
    """An operation that makes every kind of promise and has few answers, so that it is quickly tested."""
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
    remembered = checks._remembered
    remembered.cache_clear()
    yield
    remembered.cache_clear()


def test_a_judge_that_is_whole_misses_nothing(lodge: Operation) -> None:
    result = self_test(lodge)
    assert (result.survivors, result.idle) == ((), ())
    assert result.caught == len(faults(lodge))


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize(
    ("table", "check"),
    [(table, check) for table in ("ANSWER_CHECKS", "EXCHANGE_CHECKS") for check in getattr(checks, table)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_judge_without_one_of_its_checks_is_found_out(
    table: str, check: Callable[..., Any], lodge: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, table, tuple(each for each in getattr(checks, table) if each is not check))
    survivors = self_test(lodge).survivors
    assert survivors
    names = {fault.name for fault in faults(lodge)}
    assert {survivor.fault for survivor in survivors} <= names


def test_a_judge_without_a_memory_is_found_out(lodge: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(History, "note", lambda self, exchange: iter(()))
    (survivor,) = self_test(lodge).survivors
    assert survivor.fault == "overlay.immutable 200/built"


@pytest.mark.usefixtures("forgetful")
def test_a_judge_that_tells_the_right_rule_at_the_wrong_place_is_found_out(
    lodge: Operation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def displaced(answer: Any) -> Iterator[Any]:
        for violation in checks.content_type(answer):
            yield answer.broken(violation.rule, "header Elsewhere")

    changed = tuple(displaced if each is checks.content_type else each for each in checks.ANSWER_CHECKS)
    monkeypatch.setattr(checks, "ANSWER_CHECKS", changed)
    told = [survivor for survivor in self_test(lodge).survivors if survivor.fault == "content-type.missing 200"]
    assert [str(each) for each in told] == [
        "content-type.missing 200: content-type.missing at header Elsewhere was told"
    ]


@pytest.mark.usefixtures("forgetful")
def test_a_judge_that_tells_more_than_is_broken_is_found_out(lodge: Operation, monkeypatch: pytest.MonkeyPatch) -> None:
    def nervous(answer: Any) -> Iterator[Any]:
        yield answer.broken("header.missing", "header Nowhere")

    monkeypatch.setattr(checks, "ANSWER_CHECKS", (*checks.ANSWER_CHECKS, nervous))
    answered = {fault.name for fault in faults(lodge) if not fault.rule.startswith(("method.", "transport."))}
    assert {survivor.fault for survivor in self_test(lodge).survivors} == answered


def test_answers_that_no_fault_touched_are_found_in_order() -> None:
    for operation in (*PINNED_DOCUMENT.operations, *SHOP.operations, *UNIONS.operations):
        for promise in operation.promises:
            for response in covering_answers(operation, promise.status):
                assert checks.read(operation, response).violations == ()
