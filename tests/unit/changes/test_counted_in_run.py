"""How many answers of a run show a change, by the features that runs count."""

from __future__ import annotations

from typing import Any

from contracts.changes import counted_in_run
from contracts.openapi import Document
from tests.support.differing import compared, thing
from tests.support.tiny import JSON, PETS, answer, document_of, exchange_of
from tests.support.verdicts import tally_on, verdict_on


def counted(old: Document, new: Document, *answers: Any) -> dict[str, tuple[int, int]]:
    """Return how many of these answers show each change that is counted, and of how many, by its kind and place."""
    (operation,) = new.operations
    made = (each if hasattr(each, "status") else answer(200, each) for each in answers)
    verdict = verdict_on(tally_on(exchange_of(operation, each) for each in made), new)
    counts = {feature: seen.count if seen else 0 for feature, seen in verdict.coverage.items()}
    found = counted_in_run(compared(old, new), counts)
    return {f"{each.kind} {each.place}": (each.seen.count, each.seen.of) for each in found if each.seen}


def test_a_value_and_a_property_that_may_be_absent_are_counted() -> None:
    old = document_of({**thing(state={"enum": ["a"]}, size={"type": "integer"}), "required": ["size"]})
    new = document_of(thing(state={"enum": ["a", "b"]}, size={"type": "integer"}))
    found = counted(old, new, {"state": "b", "size": 1}, {"state": "b"}, {"state": "a", "size": 2})
    assert found == {"value-added body/state": (2, 3), "optional body": (1, 3)}


def test_a_status_is_counted_and_answers_of_others_are_not_among_those_that_it_is_of() -> None:
    body = {"description": "", "content": {JSON: {"schema": {"type": "string"}}}}
    old = document_of(responses={"200": body})
    new = document_of(responses={"200": body, "202": body})
    assert counted(old, new, "x", answer(202, "y")) == {"status-added status": (1, 1)}


def test_a_branch_is_counted_where_its_tag_names_it() -> None:
    pet = {"$ref": "#/components/schemas/Pet"}
    union = PETS["Pet"]
    mapping = {name: to for name, to in union["discriminator"]["mapping"].items() if name != "EEL"}
    fewer = {"oneOf": union["oneOf"][:2], "discriminator": {**union["discriminator"], "mapping": mapping}}
    old, new = document_of(thing(pet=pet), {**PETS, "Pet": fewer}), document_of(thing(pet=pet), PETS)
    found = counted(old, new, {"pet": {"kind": "EEL"}}, {"pet": {"kind": "CAT"}}, {})
    assert found["branch-added body/pet"] == (1, 3)


def test_a_value_of_one_branch_is_counted_in_that_branch_alone() -> None:
    def pets(*values: str) -> dict[str, Any]:
        sized = {
            name: {"type": "object", "properties": {"kind": {"const": name.upper()}, "size": {"enum": ["s", "m"]}}}
            for name in ("Cat", "Dog", "Eel")
        }
        sized["Dog"]["properties"]["size"] = {"enum": [*values]}  # type: ignore[index]
        return {**PETS, **sized}

    pet = {"$ref": "#/components/schemas/Pet"}
    old, new = document_of(thing(pet=pet), pets("s")), document_of(thing(pet=pet), pets("s", "m"))
    found = counted(old, new, {"pet": {"kind": "CAT", "size": "m"}}, {"pet": {"kind": "DOG", "size": "m"}})
    assert found["value-added body/pet/size"] == (1, 2)
