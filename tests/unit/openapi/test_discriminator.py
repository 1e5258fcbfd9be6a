"""Tagged unions: how their branches are found and distinguished, and which are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from contracts.errors import DocumentError
from contracts.openapi import Document, load
from contracts.openapi.discriminator import Branch, Union, declares_tags_apart

AT = "#/paths/~1tree/get/responses/200/content/application~1json/schema"

Load = Callable[..., Document]


def ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def tagged(*values: str) -> dict[str, Any]:
    """A branch that declares its own tag values."""
    allowed = {"const": values[0]} if len(values) == 1 else {"enum": [*values]}
    return {"type": "object", "properties": {"kind": allowed}, "required": ["kind"]}


SCHEMAS: dict[str, Any] = {
    "Oak": {"type": "object"},
    "Elm": {"type": "object"},
    "TaggedOak": tagged("oak"),
    "TaggedElm": tagged("elm", "wych-elm"),
    "Null": {"type": "null"},
    "Alias": ref("TaggedOak"),
    "Kind": {"const": "ash"},
    "Ash": {"properties": {"kind": ref("Kind")}},
    "OldOak": {"allOf": [{"required": ["kind"]}, ref("TaggedOak")]},
    "Broadleaf": {"oneOf": [ref("TaggedOak"), ref("TaggedElm")], "discriminator": {"propertyName": "kind"}},
    "Loop": {"properties": {"next": ref("Loop"), "kind": {"const": "loop"}}},
}


@pytest.fixture
def read(tmp_path: Path) -> Load:
    """Load a document whose one response is the union of the branches."""

    def load_union(*branches: Any, keyword: str = "oneOf", discriminator: Any = None, **schemas: Any) -> Document:
        union = {keyword: [*branches], "discriminator": discriminator or {"propertyName": "kind"}}
        answer = {"content": {"application/json": {"schema": union}}}
        path = tmp_path / "trees.json"
        contents = {
            "openapi": "3.1.0",
            "paths": {"/tree": {"get": {"responses": {"200": answer}}}},
            "components": {"schemas": SCHEMAS | schemas},
        }
        path.write_text(json.dumps(contents))
        return load(path)

    return load_union


def mapped(**mapping: Any) -> dict[str, Any]:
    return {"propertyName": "kind", "mapping": mapping}


def tags(union: Union) -> dict[str, tuple[str, ...]]:
    return {branch.name: branch.tags for branch in union.tagged}


@pytest.mark.parametrize(
    ("oak", "elm"),
    [
        ("#/components/schemas/Oak", "#/components/schemas/Elm"),
        ("Oak", "Elm"),
        (ref("Oak"), ref("Elm")),
        ("Oak", ref("Elm")),
    ],
    ids=["pointers", "bare names", "reference objects", "both"],
)
def test_a_mapping_names_the_branches(read: Load, oak: Any, elm: Any) -> None:
    union = read(ref("Oak"), ref("Elm"), discriminator=mapped(o=oak, e=elm)).unions[AT]
    assert tags(union) == {"Oak": ("o",), "Elm": ("e",)}
    assert (union.keyword, union.tag, union.tags, union.untagged) == ("oneOf", "kind", ("o", "e"), ())


@pytest.mark.parametrize(
    ("names", "mapping", "apart"),
    [
        (["TaggedOak", "TaggedElm"], {}, True),
        (["TaggedOak", "TaggedElm", "Null"], {}, True),
        (["Alias", "Ash", "TaggedElm"], {}, True),
        (["Oak", "Elm"], {}, False),
        (["TaggedOak", "Elm"], {}, False),
        (["Oak", "Elm"], {"o": "Oak", "e": "Elm"}, False),
        (["TaggedOak", "OldOak"], {"o": "TaggedOak", "old": "OldOak"}, False),
    ],
    ids=str,
)
def test_tags_are_apart_if_every_branch_declares_its_own(
    read: Load, names: list[str], mapping: dict[str, str], apart: bool
) -> None:
    document = read(*map(ref, names), discriminator=mapped(**mapping))
    assert declares_tags_apart(document.unions[AT], document.resolve) is apart


def test_a_mapping_of_objects_is_noted_and_one_of_strings_is_not(read: Load) -> None:
    def noted(value: Any) -> bool:
        branches = read(ref("TaggedOak"), discriminator=mapped(o=value))
        return f"{AT}/discriminator/mapping holds objects where OpenAPI 3.1 wants strings" in branches.notes

    assert noted(ref("TaggedOak"))
    assert not noted("TaggedOak")


def test_several_tag_values_may_claim_one_branch(read: Load) -> None:
    union = read(ref("Oak"), ref("Elm"), discriminator=mapped(o="Oak", e="Elm", oak="Oak")).unions[AT]
    assert tags(union) == {"Oak": ("o", "oak"), "Elm": ("e",)}


def test_a_mapping_overrides_the_tag_values_that_a_branch_declares(read: Load) -> None:
    union = read(ref("TaggedOak"), ref("TaggedElm"), ref("Elm"), discriminator=mapped(o="TaggedOak")).unions[AT]
    assert tags(union) == {"TaggedOak": ("o",), "TaggedElm": ("elm", "wych-elm"), "Elm": ("Elm",)}


@pytest.mark.parametrize("kind", [True, {}, {"type": "string"}, {"enum": [5]}], ids=str)
def test_a_component_without_a_tag_value_is_claimed_by_its_name(read: Load, kind: Any) -> None:
    # OpenAPI 3.1.0, "Discriminator Object": the implicit mapping.
    yew = {"type": "object", "properties": {"kind": kind}}
    assert read(ref("Oak"), ref("Yew"), ref("Elm"), Yew=yew).unions[AT].tags == ("Oak", "Yew", "Elm")


def test_inline_branches_declare_their_tag(read: Load) -> None:
    union = read(tagged("oak"), tagged("elm", "ash")).unions[AT]
    assert [branch.tags for branch in union.tagged] == [("oak",), ("elm", "ash")]
    assert [branch.pointer for branch in union.tagged] == [f"{AT}/oneOf/0", f"{AT}/oneOf/1"]
    assert [branch.target for branch in union.tagged] == [branch.pointer for branch in union.tagged]


@pytest.mark.parametrize(
    ("branch", "target", "value"),
    [
        ("TaggedOak", "TaggedOak", "oak"),
        ("Alias", "TaggedOak", "oak"),
        ("Ash", "Ash", "ash"),
        ("OldOak", "OldOak", "oak"),
        ("Loop", "Loop", "loop"),
    ],
)
def test_a_tag_is_found_through_references_and_all_of(read: Load, branch: str, target: str, value: str) -> None:
    (found,) = read(ref(branch)).unions[AT].tagged
    assert (found.pointer, found.target, found.tags) == (f"{AT}/oneOf/0", f"#/components/schemas/{target}", (value,))


@pytest.mark.parametrize("discriminator", [None, mapped(o="TaggedOak")], ids=["declared", "mapped"])
def test_a_reference_with_a_title_beside_it_is_the_branch_it_refers_to(read: Load, discriminator: Any) -> None:
    (branch,) = read(ref("TaggedOak") | {"title": "Oak"}, discriminator=discriminator).unions[AT].tagged
    assert (branch.name, branch.tags) == ("TaggedOak", ("o" if discriminator else "oak",))
    assert branch.target == branch.pointer


def test_a_tag_is_found_however_deep_all_of_holds_it(read: Load) -> None:
    branch = tagged("oak")
    for _ in range(20):
        branch = {"allOf": [branch]}
    assert read(branch).unions[AT].tags == ("oak",)


@pytest.mark.parametrize("keyword", ["oneOf", "anyOf"])
def test_a_union_within_a_union_offers_all_its_tags(read: Load, keyword: str) -> None:
    broadleaf = {keyword: SCHEMAS["Broadleaf"]["oneOf"], "discriminator": {"propertyName": "kind"}}
    found = read(ref("Broadleaf"), ref("Ash"), Broadleaf=broadleaf)
    assert tags(found.unions[AT]) == {"Broadleaf": ("oak", "elm", "wych-elm"), "Ash": ("ash",)}
    assert found.unions["#/components/schemas/Broadleaf"].tags == ("oak", "elm", "wych-elm")


@pytest.mark.parametrize(
    "null", [{"type": "null"}, {"type": ["null"]}, ref("Null"), {"const": None}, {"enum": [None]}], ids=str
)
def test_a_branch_for_null_has_no_tag(read: Load, null: Any) -> None:
    union = read(null, ref("TaggedOak")).unions[AT]
    assert union.pointer == AT
    assert tags(union) == {"TaggedOak": ("oak",)}
    at = f"{AT}/oneOf/0"
    target = "#/components/schemas/Null" if "$ref" in null else at
    assert union.untagged == (Branch(at, target, target.rpartition("/")[2], ()),)
    assert union.claimed(None) is None


def test_a_branch_that_may_be_an_object_or_null_is_tagged(read: Load) -> None:
    assert read(tagged("oak") | {"type": ["object", "null"]}).unions[AT].tags == ("oak",)


def test_any_of_with_a_discriminator_is_a_union_too(read: Load) -> None:
    assert read(ref("Oak"), keyword="anyOf").unions[AT].keyword == "anyOf"


def test_a_discriminator_alone_is_no_union(read: Load) -> None:
    assert read({"type": "object"}, keyword="allOf").unions == {}


def test_unions_are_found_at_any_depth(read: Load) -> None:
    found = read(tagged("oak") | {"items": {"additionalProperties": ref("Broadleaf")}})
    assert [*found.unions] == [AT, "#/components/schemas/Broadleaf"]


def test_branches_that_do_not_require_their_tag_are_noted(read: Load) -> None:
    assert not read(ref("TaggedOak")).notes
    assert "the tag 'kind'" in "".join(read(ref("TaggedOak"), ref("Ash")).notes)


@pytest.mark.parametrize(
    ("instance", "claimed"),
    [
        ({"kind": "oak"}, "TaggedOak"),
        ({"kind": "wych-elm", "rings": 3}, "TaggedElm"),
        ({"kind": "Oak"}, None),
        ({"kind": ""}, None),
        ({"kind": None}, None),
        ({"kind": ["oak"]}, None),
        ({"kind": {}}, None),
        ({}, None),
        ([], None),
        ("oak", None),
        (None, None),
    ],
    ids=str,
)
def test_the_tag_of_an_instance_claims_a_branch(read: Load, instance: Any, claimed: str | None) -> None:
    branch = read(ref("TaggedOak"), ref("TaggedElm")).unions[AT].claimed(instance)
    assert (branch.name if branch else None) == claimed


OWN = "give each branch tag values of its own"
NAMED = "give it a propertyName"
VALUE = "name it in the mapping, or give the tag a const or an enum in the branch"
EXISTS = "name a schema that exists"
MEANT = "name a schema or give its pointer"
MAPPED = "map tag values to schemas"


@pytest.mark.parametrize(
    ("branches", "discriminator", "place", "problem", "fix"),
    [
        (
            [tagged("oak"), tagged("elm", "oak")],
            None,
            "/oneOf/1",
            f"is claimed by the tag value 'oak', and so is {AT}/oneOf/0",
            OWN,
        ),
        (
            [ref("TaggedOak"), ref("Alias")],
            None,
            "/oneOf/1",
            "is claimed by the tag value 'oak', and so is #/components/schemas/TaggedOak",
            OWN,
        ),
        (
            [ref("Broadleaf"), ref("TaggedElm")],
            None,
            "/oneOf/1",
            "is claimed by the tag value 'elm', and so is #/components/schemas/Broadleaf",
            OWN,
        ),
        (
            [ref("Oak"), tagged("Oak")],
            None,
            "/oneOf/1",
            "is claimed by the tag value 'Oak', and so is #/components/schemas/Oak",
            OWN,
        ),
        (
            [ref("Oak"), tagged("o")],
            mapped(o="Oak"),
            "/oneOf/1",
            "is claimed by the tag value 'o', and so is #/components/schemas/Oak",
            OWN,
        ),
        ([ref("Oak")], {"mapping": {}}, "/discriminator", "names no property", NAMED),
        ([ref("Oak")], {"propertyName": 5}, "/discriminator", "names no property", NAMED),
        ([ref("Oak")], ["kind"], "/discriminator", "names no property", NAMED),
        ([ref("Oak")], "kind", "/discriminator", "names no property", NAMED),
        ([{"type": "object"}], None, "/oneOf/0", "has no value of the tag 'kind'", VALUE),
        ([tagged("oak"), {}], None, "/oneOf/1", "has no value of the tag 'kind'", VALUE),
        ([True], None, "/oneOf/0", "has no value of the tag 'kind'", VALUE),
        ([{"properties": {"kind": {"const": 5}}}], None, "/oneOf/0", "has no value of the tag 'kind'", VALUE),
        ([ref("Oak")], mapped(o="Yew"), "/discriminator/mapping/o", "leads nowhere: Yew", EXISTS),
        ([ref("Oak")], mapped(o="yew.json"), "/discriminator/mapping/o", "leads nowhere: yew.json", EXISTS),
        ([ref("Oak")], mapped(o="#/yew"), "/discriminator/mapping/o", "leads nowhere: #/yew", EXISTS),
        (
            [ref("Oak")],
            mapped(o=ref("Yew")),
            "/discriminator/mapping/o",
            "leads nowhere: #/components/schemas/Yew",
            EXISTS,
        ),
        ([ref("Oak")], mapped(o=5), "/discriminator/mapping/o", "is no reference", MEANT),
        ([ref("Oak")], mapped(o={"ref": "Oak"}), "/discriminator/mapping/o", "is no reference", MEANT),
        ([ref("Oak")], {"propertyName": "kind", "mapping": ["Oak"]}, "/discriminator/mapping", "is no object", MAPPED),
        (
            [ref("TaggedOak"), ref("TaggedElm")],
            {"propertyName": "kind", "defaultMapping": "TaggedOak"},
            "/discriminator/defaultMapping",
            'lets the tag be absent or unknown (OpenAPI 3.2.0, "Discriminator Object")',
            "the branches are judged by oneOf",
        ),
    ],
)
def test_a_discriminator_that_distinguishes_nothing_is_noted_by_its_place_and_the_keyword_alone_is_judged(
    read: Load, branches: list[Any], discriminator: Any, place: str, problem: str, fix: str
) -> None:
    document = read(*branches, discriminator=discriminator)
    assert AT not in document.unions
    assert any(
        note.startswith(f"{AT}{place} {problem}: ") and note.endswith(f"{fix}, or leave it out")
        for note in document.notes
    )


@pytest.mark.parametrize(
    "branch",
    [ref("A"), {"allOf": [ref("Yew")]}, {"properties": {"kind": ref("Yew")}}, {"properties": 5}, {"oneOf": 5}],
    ids=str,
)
def test_a_branch_that_is_broken_itself_is_refused_as_any_schema_is(read: Load, branch: Any) -> None:
    with pytest.raises(DocumentError, match=r"endlessly|dangles|holds no schemas"):
        read(branch, A=ref("B"), B=ref("A"))
