"""Instances of tagged unions: judged in the branch that the tag claims."""

from __future__ import annotations

from typing import Any

import pytest

from contracts.judge.validation import LARGE, compiled
from contracts.judge.violation import Violation
from contracts.reports.messages import violation_line
from tests.support.judging import ABSENT, JOB_TABLE, PET_TABLE, judged, pinned, reported
from tests.support.tiny import PETS, body_schema

PET = {"$ref": "#/components/schemas/Pet"}
NESTED = {
    **PETS,
    "Beast": {"oneOf": [PET, {"$ref": "#/components/schemas/Rock"}], "discriminator": {"propertyName": "kind"}},
    "Rock": {"type": "object", "properties": {"kind": {"const": "ROCK"}}, "required": ["kind"]},
}
PLACES = [
    pytest.param(PET, PETS, "", lambda value: value, id="at the top"),
    pytest.param(PETS["Pet"], PETS, "", lambda value: value, id="written out"),
    pytest.param({"items": {"items": PET}}, PETS, "/0/1", lambda value: [[{"kind": "CAT"}, value]], id="in arrays"),
    pytest.param({"properties": {"pet": PET}}, PETS, "/pet", lambda value: {"pet": value}, id="in a property"),
    pytest.param({"additionalProperties": {"allOf": [PET]}}, PETS, "/a", lambda value: {"a": value}, id="in allOf"),
    pytest.param({"patternProperties": {"a": PET}}, PETS, "/a", lambda value: {"a": value}, id="in patternProperties"),
    pytest.param({"$ref": "#/components/schemas/Beast"}, NESTED, "", lambda value: value, id="in another union"),
]


def facts(violation: Violation) -> tuple[str, str, str, str, str]:
    return (
        violation.rule,
        violation.place.removeprefix("body"),
        violation.variant,
        violation.branch,
        violation.suggestion,
    )


@pytest.mark.parametrize(("schema", "schemas", "place", "wrap"), PLACES)
@pytest.mark.parametrize(("instance", "expected"), PET_TABLE)
@pytest.mark.parametrize("size", [0, LARGE])
def test_a_union_is_judged_in_the_branch_that_the_tag_claims(
    schema: Any, schemas: Any, place: str, wrap: Any, instance: Any, expected: Any, size: int
) -> None:
    document, found = judged(schema, wrap(instance), schemas, size=size)
    wanted = [(expected[0], place + expected[1], *expected[2:])] if expected else []
    assert [facts(each) for each in found] == wanted
    assert compiled(document).opinion(body_schema(document), wrap(instance)) is (not wanted)


def job(**changes: Any) -> dict[str, Any]:
    made = {
        "id": "j",
        "status": "RUNNING",
        "account_id": "a",
        "created_at": "2026-01-01T00:00:00Z",
        "created_by_user_id": "u",
        "created_by_identity_type": "user",
        "training_dataset_id": "t",
        **changes,
    }
    return {name: value for name, value in made.items() if value is not ABSENT}


@pytest.mark.parametrize(("instance", "expected"), JOB_TABLE)
@pytest.mark.parametrize("size", [0, LARGE])
def test_the_pinned_union_is_judged_in_the_branch_that_the_vendor_claims(
    instance: Any, expected: Any, size: int
) -> None:
    document = pinned()
    found = compiled(document).violations(body_schema(document), job(vendor_configuration=instance), size=size)
    wanted = [(expected[0], "/vendor_configuration" + expected[1], *expected[2:])] if expected else []
    assert [facts(each) for each in found] == wanted
    for violation in found:
        document.schema(violation.pointer)


@pytest.mark.parametrize(
    ("pet", "document", "expected", "actual"),
    [
        (None, "/Pet/oneOf", '["object"]', "null"),
        ({}, "/Pet/discriminator", '["CAT", "DOG", "EEL"]', ""),
        ({"kind": 5}, "/Pet/discriminator", '["CAT", "DOG", "EEL"]', "5"),
        ({"kind": "COW"}, "/Pet/discriminator", '["CAT", "DOG", "EEL"]', '"COW"'),
        ({"kind": "CAT", "toys": 5}, "/Cat/properties/toys/type", '"object"', "5"),
    ],
)
def test_a_violation_of_a_union_has_its_place_in_the_document(
    pet: Any, document: str, expected: str, actual: str
) -> None:
    _, found = judged({"properties": {"pet": PET}}, {"pet": pet}, PETS)
    assert [(each.pointer, each.expected, each.actual) for each in found] == [
        ("#/components/schemas" + document, expected, actual)
    ]


def test_a_violation_inside_two_unions_names_the_branch_of_the_inner_one() -> None:
    box = {"properties": {"kind": {"const": "BOX"}, "size": {"type": "integer"}, "pet": PET}}
    schema = {"oneOf": [{"$ref": "#/components/schemas/Box"}], "discriminator": {"propertyName": "kind"}}
    _, found = judged(schema, {"kind": "BOX", "size": "x", "pet": {"kind": "CAT", "toys": 5}}, {**PETS, "Box": box})
    assert {(each.place, each.branch) for each in found} == {("body/size", "BOX"), ("body/pet/toys", "CAT")}


def test_an_instance_that_breaks_its_branch_is_not_reported_as_ambiguous() -> None:
    _, found = judged(PETS["Pet"], {"kind": "CAT", "toys": 5}, {**PETS, "Eel": {"type": "object"}})
    assert [(each.rule, each.place) for each in found] == [("union.wrong-branch", "body/toys")]
    assert found[0].pointer == "#/components/schemas/Cat/properties/toys/type"
    expected = "what Cat asks for (type), while all fits Eel"
    assert violation_line(found[0]) == f"union.wrong-branch at /toys (CAT): expected {expected}, got 5"


@pytest.mark.parametrize(
    ("keyword", "fitting", "wrong"),
    [
        ("anyOf", "", ""),
        ("anyOf", "B", "B"),
        ("anyOf", "BC", "B and C"),
        ("anyOf", "BCD", "B and C and D"),
        ("oneOf", "", ""),
        ("oneOf", "B", "B"),
        ("oneOf", "BC", ""),
    ],
)
def test_a_value_that_keeps_the_keyword_alone_is_of_the_wrong_branch(keyword: str, fitting: str, wrong: str) -> None:
    size = {name: {"type": "string" if name in fitting else "integer"} for name in "ABCD"}
    schemas = {name: {"type": "object", "properties": {"size": size[name]}} for name in "ABCD"}
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    schema = {keyword: branches, "discriminator": {"propertyName": "kind"}}
    _, found = judged(schema, {"kind": "A", "size": "x"}, schemas)
    expected = f'"what A asks for (type), while all fits {wrong}"' if wrong else '"integer"'
    rule, pointer = "union.wrong-branch" if wrong else "schema.type", "#/components/schemas/A/properties/size/type"
    variant = "" if wrong else "string"
    assert found == [Violation(rule, 0, "body/size", pointer, expected, '"x"', variant, "A")]


def test_a_branch_that_allows_nothing_is_reported_at_its_place_in_the_union() -> None:
    schema = {"oneOf": [{"$ref": "#/components/schemas/No"}], "discriminator": {"propertyName": "kind"}}
    assert reported(schema, {"kind": "No"}, {"No": False}) == [("schema.false", "", "/oneOf/0")]


def test_a_violation_of_an_alternative_inside_a_branch_names_that_branch() -> None:
    toy = {"anyOf": [{"type": "null"}, {"type": "array", "items": {"anyOf": [{"type": "string", "minLength": 2}]}}]}
    schemas = {"Ape": {"properties": {"kind": {"const": "APE"}, "toys": toy}}}
    schema = {"anyOf": [{"$ref": "#/components/schemas/Ape"}], "discriminator": {"propertyName": "kind"}}
    _, found = judged(schema, {"kind": "APE", "toys": ["ab", "a"]}, schemas)
    assert [(each.rule, each.place, each.branch) for each in found] == [("schema.minLength", "body/toys/1", "APE")]


NULLABLE = [
    ("oneOf", None, []),
    ("anyOf", None, []),
    ("oneOf", 5, ["schema.type"]),
    ("anyOf", 5, ["schema.type"]),
    ("oneOf", {}, ["union.tag-missing"]),
    ("oneOf", {"kind": "DOG"}, []),
    ("anyOf", {"kind": "DOG", "toys": 1}, ["schema.type"]),
]


@pytest.mark.parametrize(("keyword", "instance", "rules"), NULLABLE)
def test_a_union_may_allow_null_beside_its_branches(keyword: str, instance: Any, rules: list[str]) -> None:
    branches = [*PETS["Pet"]["oneOf"], {"type": "null"}]
    schema = {keyword: branches, "discriminator": PETS["Pet"]["discriminator"]}
    document, found = judged(schema, instance, PETS)
    assert [each.rule for each in found] == rules
    assert compiled(document).is_valid(body_schema(document), instance) is not bool(rules)
    if rules and instance == 5:
        assert found[0].expected == '["object", "null"]'


def test_an_instance_that_fits_two_branches_of_one_of_is_ambiguous() -> None:
    schemas = {"A": {"type": "object", "properties": {"kind": {"enum": ["A"]}}}, "B": {"type": "object"}}
    mapping = {name: f"#/components/schemas/{name}" for name in "AB"}
    branches = [{"$ref": place} for place in mapping.values()]
    discriminator = {"propertyName": "kind", "mapping": mapping}
    one = {"oneOf": branches, "discriminator": discriminator}
    assert reported(one, {"kind": "A"}, schemas) == [("union.ambiguous", "", "/oneOf")]
    assert reported(one, {"kind": "B"}, schemas) == []
    assert reported({"anyOf": branches, "discriminator": discriminator}, {"kind": "A"}, schemas) == []


@pytest.mark.parametrize("size", [0, LARGE])
@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_the_branch_that_is_claimed_decides_even_if_another_one_alone_fits(keyword: str, size: int) -> None:
    schemas = {
        "A": {"type": "object", "properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}},
        "B": {"type": "object", "properties": {"y": {"type": "string"}}},
    }
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in schemas]
    schema = {"items": {keyword: branches, "discriminator": {"propertyName": "kind"}}}
    wrong = [{"kind": "A", "x": "s", "y": "s"}, {"kind": "B", "x": 1, "y": 1}]
    for instance, places in zip(wrong, (["/0/x", "/0/y"], ["/0/y"]), strict=True):
        document, found = judged(schema, [instance], schemas, size=size)
        assert [each.place.removeprefix("body") for each in found] == places
        assert not compiled(document).is_valid(body_schema(document), [instance])
    for instance in ({"kind": "B", "x": "s", "y": "s"}, {"kind": "A", "x": 1, "y": 1}):
        document, found = judged(schema, [instance], schemas, size=size)
        assert found == []
        assert compiled(document).is_valid(body_schema(document), [instance])


@pytest.mark.parametrize("size", [0, LARGE])
@pytest.mark.parametrize("null", [[], [{"type": "null"}]], ids=["no null", "null"])
@pytest.mark.parametrize(
    ("instance", "rule"),
    [
        ({}, "union.tag-missing"),
        ({"kind": "C"}, "union.tag-unknown"),
        ({"kind": 5}, "union.tag-type"),
        (5, "schema.type"),
        ([], "schema.type"),
    ],
)
def test_branches_that_allow_anything_still_require_their_tag(
    instance: Any, rule: str, null: list[Any], size: int
) -> None:
    branches = [{"$ref": f"#/components/schemas/{name}"} for name in "AB"]
    schema = {"items": {"anyOf": [*branches, *null], "discriminator": {"propertyName": "kind"}}}
    document, found = judged(schema, [instance], {"A": {}, "B": {}}, size=size)
    assert [each.rule for each in found] == [rule]
    assert compiled(document).opinion(body_schema(document), [instance]) is False
    assert compiled(document).opinion(body_schema(document), [None]) is bool(null)


def test_a_scalar_that_fits_an_open_branch_too_is_ambiguous() -> None:
    schemas = {name: {"properties": {"kind": {"const": name}}} for name in "AB"}
    branches = [*({"$ref": f"#/components/schemas/{name}"} for name in schemas), {"type": "integer"}]
    union = {"oneOf": branches, "discriminator": {"propertyName": "kind"}}
    document, found = judged({"$ref": "#/components/schemas/Union"}, 5, {**schemas, "Union": union})
    assert [(each.rule, each.pointer, each.expected, each.actual) for each in found] == [
        ("union.ambiguous", "#/components/schemas/Union/oneOf", '"no branch but the claimed one, fits A, B too"', "5")
    ]
    assert not compiled(document).is_valid(body_schema(document), 5)


@pytest.mark.parametrize(
    ("scalar", "kinds"),
    [
        ({"type": ["null", "boolean"]}, '["object", "null", "boolean"]'),
        ({"type": "null"}, '["object", "null"]'),
        ({"const": None}, '["object"]'),
    ],
)
def test_a_scalar_that_no_branch_allows_is_reported_with_the_allowed_types(scalar: dict[str, Any], kinds: str) -> None:
    _, found = judged({**PETS["Pet"], "oneOf": [*PETS["Pet"]["oneOf"], scalar]}, 5, PETS)
    assert [(each.rule, each.expected, each.actual) for each in found] == [("schema.type", kinds, "5")]


@pytest.mark.parametrize("rule", [("enum", ["RUNNING", "DONE"]), ("const", "RUNNING")])
def test_a_nearly_legal_value_is_reported_with_the_legal_one_as_suggestion(rule: tuple[str, Any]) -> None:
    _, found = judged({rule[0]: rule[1]}, "running ")
    assert [each.suggestion for each in found] == ["RUNNING"]


@pytest.mark.parametrize("schema", [{"type": "integer"}, {"format": "date-time"}, {"pattern": "^x+$"}])
def test_only_a_listed_value_is_suggested(schema: dict[str, Any]) -> None:
    _, found = judged(schema, next(iter(schema.values())))
    assert [each.suggestion for each in found] == [""]
