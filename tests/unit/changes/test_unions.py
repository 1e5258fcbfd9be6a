"""What a change of a tagged union means: a reader of OLD takes the wrong class, or finds none."""

from __future__ import annotations

import copy
from typing import Any

from tests.support.differing import REF, assert_proved, compared, thing, told
from tests.support.tiny import PETS, document_of

PET = {"$ref": REF + "Pet"}


def pets(**kinds: str) -> dict[str, Any]:
    """The union of PETS with these tag values, by the name of the schema."""
    made = copy.deepcopy(PETS)
    made["Pet"]["oneOf"] = [{"$ref": REF + name} for name in kinds]
    made["Pet"]["discriminator"]["mapping"] = {value: REF + name for name, value in kinds.items()}
    for name, value in kinds.items():
        made.setdefault(name, thing())["properties"]["kind"] = {"const": value}
    return made


def told_of(old: dict[str, Any], new: dict[str, Any]) -> set[tuple[str, str, str, str]]:
    """Classification, kind, place and branch of each change, which are proved as well."""
    before, after = document_of(PET, old), document_of(PET, new)
    found = compared(before, after)
    assert_proved(before, after, found)
    assert all(each.witness for each in found if each.classification != "equivalent")
    return {(str(each.classification), each.kind, each.place, each.branch) for each in found}


BEFORE = pets(Cat="CAT", Dog="DOG", Eel="EEL")


def test_a_new_branch_is_breaking_and_a_branch_that_is_gone_is_narrowing() -> None:
    after = pets(Cat="CAT", Dog="DOG")
    assert told_of(after, BEFORE) == {("breaking", "branch-added", "body", "EEL")}
    assert told_of(BEFORE, after) == {("narrowing", "branch-removed", "body", "EEL")}


def test_another_tag_value_of_a_branch_is_told_as_that() -> None:
    assert told_of(BEFORE, pets(Cat="CAT", Dog="DOG", Eel="eel")) == {("breaking", "tag-value", "body", "eel")}


def test_a_further_tag_value_of_a_branch_is_told_as_that() -> None:
    after = copy.deepcopy(BEFORE)
    after["Pet"]["discriminator"]["mapping"]["KITTEN"] = REF + "Cat"
    after["Cat"]["properties"]["kind"] = {"enum": ["CAT", "KITTEN"]}
    assert told_of(BEFORE, after) == {("breaking", "tag-added", "body", "KITTEN")}
    assert told_of(after, BEFORE) == {("narrowing", "tag-removed", "body", "KITTEN")}


def test_a_tag_of_another_name_is_told_as_that() -> None:
    after = copy.deepcopy(BEFORE)
    after["Pet"]["discriminator"]["propertyName"] = "sort"
    for name in ("Cat", "Dog", "Eel"):
        after[name]["properties"]["sort"] = after[name]["properties"].pop("kind")
    assert told_of(BEFORE, after) == {("breaking", "tag-name", "body", "")}


def test_a_change_in_a_branch_is_told_there() -> None:
    after = copy.deepcopy(BEFORE)
    after["Dog"]["properties"]["home"] = {"type": ["string", "null"]}
    assert told_of(BEFORE, after) == {("breaking", "type", "body/home", "DOG")}


def test_a_mapping_that_moves_is_told_as_that() -> None:
    schemas = {
        "Pet": {"oneOf": [{"$ref": REF + "Cat"}, {"$ref": REF + "Dog"}]},
        "Cat": {**thing(kind={"type": "string"}, lives={"type": "integer"}), "required": ["lives"]},
        "Dog": {**thing(kind={"type": "string"}, home={"type": "string"}), "required": ["home"]},
    }
    old, new = copy.deepcopy(schemas), copy.deepcopy(schemas)
    old["Pet"]["discriminator"] = {"propertyName": "kind", "mapping": {"a": REF + "Cat", "b": REF + "Dog"}}
    new["Pet"]["discriminator"] = {"propertyName": "kind", "mapping": {"b": REF + "Cat", "a": REF + "Dog"}}
    assert told_of(old, new) == {("breaking", "mapping-moved", "body", "a"), ("breaking", "mapping-moved", "body", "b")}


def test_a_tag_that_is_no_longer_told_is_a_change_of_its_own() -> None:
    after = copy.deepcopy(BEFORE)
    del after["Pet"]["discriminator"]
    after["Cat"]["required"] = ["toys"]
    found = told(compared(document_of(PET, BEFORE), document_of(PET, after)))
    assert ("breaking", "tags", "body") in found


def test_null_beside_tagged_branches_is_an_alternative() -> None:
    after = copy.deepcopy(BEFORE)
    after["Pet"]["oneOf"].append({"type": "null"})
    assert told_of(BEFORE, after) == {("breaking", "alternative-added", "body", "")}


def test_branches_in_another_order_and_of_other_names_are_equivalent() -> None:
    after = pets(Eel="EEL", Dog="DOG", Tom="CAT")
    after["Tom"] = {**copy.deepcopy(PETS["Cat"])}
    del after["Cat"]
    assert {each[:2] for each in told_of(BEFORE, after)} <= {("equivalent", "renamed"), ("equivalent", "rewritten")}


def test_what_only_a_whole_value_shows_is_found_by_samples() -> None:
    # Dog was what every Cat is as well: now that it asks for more, a Cat is a Cat alone.
    schemas = {
        "Pet": {
            "oneOf": [{"$ref": REF + "Cat"}, {"$ref": REF + "Dog"}],
            "discriminator": {"propertyName": "kind", "mapping": {"a": REF + "Cat", "b": REF + "Dog"}},
        },
        "Cat": thing(kind={"type": "string"}, toys={"type": "object"}),
        "Dog": thing(kind={"type": "string"}, toys={"type": "object"}),
    }
    after = copy.deepcopy(schemas)
    after["Dog"]["required"] = ["toys"]
    assert ("breaking", "schema", "body") in told(compared(document_of(PET, schemas), document_of(PET, after)))
